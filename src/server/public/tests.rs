use serde_json::json;

use super::*;
use crate::domain::customer::Email;
use crate::domain::event::{Entities, TicketReference, ToolCall};
use crate::domain::id::{KeyId, StoreId};
use crate::domain::order::OrderId;

/// Stands in every field that is not the shopper's.
const PRIVATE: &str = "canary";
/// Stands in every field that is the operator's, and not the shopper's.
const WORKINGS: &str = "workings";

/// One event of each kind.
fn all() -> Vec<EventBody> {
    let turn = || TurnId::new("turn_1");
    let email = || Email::parse("canary@example.com").unwrap();
    let entities = Entities { order_numbers: vec![PRIVATE.into()], emails: vec![PRIVATE.into()], postcodes: vec![] };
    let analysis = Analysis {
        intent: Intent::OrderStatus,
        confidence: 0.5,
        sentiment: Sentiment::Neutral,
        language: "en".into(),
        entities,
    };
    let call = ToolCall { id: CallId::new("call_1"), name: WORKINGS.into(), arguments: PRIVATE.into() };
    let ticket = TicketReference { id: "4711".into(), url: Some(WORKINGS.into()) };
    vec![
        EventBody::Opened {
            store: StoreId::new(PRIVATE),
            channel: PRIVATE.into(),
            key: Some(KeyId::new(PRIVATE)),
            customer: Some(json!(PRIVATE)),
            metadata: Some(json!(PRIVATE)),
        },
        EventBody::MessageReceived {
            message: MessageId::new("msg_1"),
            client_message_id: Some("mine".into()),
            content: "Hello".into(),
            remote: None,
        },
        EventBody::TurnStarted { turn: turn(), through: 2 },
        EventBody::Routed { turn: turn(), agent: "wismo".into(), from: None, analysis, versions: None },
        EventBody::ModelAnswered {
            turn: turn(),
            attempt: 1,
            calls: vec![call],
            model: WORKINGS.into(),
            usage: Usage::default(),
        },
        EventBody::MessageReset { turn: turn(), attempt: 1, reason: WORKINGS.into() },
        EventBody::ClaimWithheld { turn: turn(), attempt: 1, sentence: WORKINGS.into(), reason: WORKINGS.into() },
        EventBody::ToolStarted { turn: turn(), call: CallId::new("call_1"), tool: "find_order".into() },
        EventBody::ToolCompleted {
            turn: turn(),
            call: CallId::new("call_1"),
            tool: "find_order".into(),
            outcome: ToolOutcome::Done,
            receipt: json!({"found": PRIVATE}).into(),
            projection: json!({"found": true}),
        },
        EventBody::CodeChecked { right: false, tries_left: 2 },
        EventBody::PolicyDecided {
            turn: Some(turn()),
            acts: true,
            subject: WORKINGS.into(),
            verdict: WORKINGS.into(),
            code: WORKINGS.into(),
            judged: json!({"basis": PRIVATE}),
        },
        EventBody::IdentityProved {
            turn: None,
            proof: Proof::Order {
                order: OrderId::new(PRIVATE),
                name: "#1".into(),
                matched_by: MatchedBy::Email,
                email: Some(email()),
            },
        },
        EventBody::IdentityProved { turn: None, proof: Proof::Code { email: email() } },
        EventBody::IdentityProved { turn: None, proof: Proof::Token { email: email() } },
        EventBody::EffectMoved {
            effect: EffectId::new("eff_1"),
            kind: EffectKind::Ticket,
            state: EffectState::Confirmed,
            vendor_reference: Some(WORKINGS.into()),
        },
        EventBody::MessageCompleted {
            turn: Some(turn()),
            message: MessageId::new("msg_2"),
            attempt: 1,
            author: Author::Agent,
            content: "Hi".into(),
        },
        EventBody::HumanMessage {
            message: MessageId::new("msg_3"),
            remote: WORKINGS.into(),
            name: Some("Nora".into()),
            content: "I am on it.".into(),
        },
        EventBody::Mirrored { ticket: WORKINGS.into(), through: 2, missing: true },
        EventBody::TicketSeen { ticket: WORKINGS.into(), open: true, tags: vec![WORKINGS.into()], assignee: None },
        EventBody::Drafted { turn: turn(), content: WORKINGS.into() },
        EventBody::HandedOff { number: 1, reason: HandoffReason::Asked, ticket: Some(ticket) },
        EventBody::StatusChanged { status: Status::Resolved, by: WORKINGS.into() },
        EventBody::Failed { turn: Some(turn()), code: "model_unreachable".into(), message: WORKINGS.into() },
        EventBody::TurnCompleted { turn: turn(), through: 2, helped: false },
    ]
}

fn event(body: EventBody) -> Event {
    Event { conversation: ConversationId::new("conv_1"), seq: 3, at: Timestamp::UNIX_EPOCH, body }
}

#[test]
fn shoppers_get_what_is_theirs() {
    let shown: Vec<(&str, String)> = all()
        .into_iter()
        .filter_map(|body| public_event(&event(body)).map(|(name, data)| (name, data.to_string())))
        .collect();
    let names: Vec<&str> = shown.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "message.received",
            "routed",
            "message.reset",
            "tool.started",
            "tool.completed",
            "message.completed",
            "human.message",
            "handoff",
            "status",
            "error",
            "turn.completed"
        ]
    );
    for (name, data) in shown {
        assert!(!data.contains(PRIVATE) && !data.contains(WORKINGS), "{name}: {data}");
    }
}

#[test]
fn operators_get_the_workings_and_no_private_data() {
    for body in all() {
        let hidden = matches!(body, EventBody::Opened { .. });
        let event = event(body);
        let shown = published(&event, View::Operator).map(|(_, data)| serde_json::to_string(&data).unwrap());
        assert_eq!(shown.is_none(), hidden, "{event:?}");
        let text = shown.unwrap_or_default();
        assert!(!text.contains(PRIVATE), "{text}");
    }
}

#[test]
fn each_object_says_where_it_belongs() {
    let body = EventBody::HandedOff { number: 2, reason: HandoffReason::NeverArrived, ticket: None };
    assert_eq!(
        public_event(&event(body)),
        Some((
            "handoff",
            json!({
                "conversation_id": "conv_1", "seq": 3, "at": "1970-01-01T00:00:00Z",
                "number": 2, "reason": "never_arrived", "reference": null,
            })
        ))
    );
}
