use serde_json::json;

use super::*;
use crate::domain::customer::Email;
use crate::domain::effect::{ApprovalState, EffectKind, EffectState};
use crate::domain::event::*;
use crate::domain::id::{ApprovalId, CallId, EffectId, MessageId, StoreId, TurnId};
use crate::domain::identity::{Identity, Proof};

/// One of each kind, with a canary in every personal field. A new kind of event does not compile until it is here.
fn one_of_each() -> Vec<EventBody> {
    let turn = || TurnId::new("turn_1");
    let text = || "canary".to_owned();
    let events = vec![
        EventBody::Opened {
            store: StoreId::new("s"),
            channel: "web".to_owned(),
            key: None,
            customer: Some(json!({ "email": "canary@example.com" })),
            metadata: Some(json!(["canary"])),
        },
        EventBody::MessageReceived {
            message: MessageId::new("m"),
            client_message_id: None,
            content: text(),
            remote: None,
        },
        EventBody::TurnStarted { turn: turn(), through: 2 },
        EventBody::Routed {
            turn: turn(),
            agent: "wismo".to_owned(),
            from: None,
            analysis: Analysis {
                intent: Intent::OrderStatus,
                confidence: 0.5,
                sentiment: Sentiment::Angry,
                language: "en".to_owned(),
                entities: Entities { emails: vec![text()], ..Entities::default() },
            },
            versions: Some(Box::new(Versions {
                prompt: "0a1b2c3d4e5f".to_owned(),
                policy: "1b2c3d4e5f60".to_owned(),
                tools: "2c3d4e5f6071".to_owned(),
                articles: Some("3d4e5f607182".to_owned()),
                weights: Some("4e5f60718293".to_owned()),
                model: "offline".to_owned(),
            })),
        },
        EventBody::ModelAnswered {
            turn: turn(),
            attempt: 1,
            calls: vec![ToolCall { id: CallId::new("c"), name: "find_order".to_owned(), arguments: text() }],
            model: "offline".to_owned(),
            usage: Usage::default(),
        },
        EventBody::MessageReset { turn: turn(), attempt: 1, reason: "retry".to_owned() },
        EventBody::ClaimWithheld { turn: turn(), attempt: 1, sentence: text(), reason: "no receipt".to_owned() },
        EventBody::ToolStarted { turn: turn(), call: CallId::new("c"), tool: "find_order".to_owned() },
        EventBody::ToolCompleted {
            turn: turn(),
            call: CallId::new("c"),
            tool: "find_order".to_owned(),
            outcome: ToolOutcome::Done,
            receipt: json!({ "a": [1, { "b": "canary \"quoted\" }{" }] }).into(),
            projection: json!("canary"),
        },
        EventBody::PolicyDecided {
            turn: Some(turn()),
            acts: true,
            subject: "refund".to_owned(),
            verdict: "deny".to_owned(),
            code: "outside_window".to_owned(),
            judged: json!({ "basis": { "order": "canary" } }),
        },
        EventBody::IdentityProved {
            turn: None,
            proof: Proof::Code { email: Email::parse("canary@example.com").unwrap() },
        },
        EventBody::EffectMoved {
            effect: EffectId::new("e"),
            kind: EffectKind::Ticket,
            state: EffectState::Sent,
            vendor_reference: None,
        },
        EventBody::ApprovalRequested {
            approval: ApprovalId::new("a"),
            effect: EffectId::new("e"),
            kind: EffectKind::Refund,
            reason: "above_order_limit".to_owned(),
            amount: None,
            expires_at: jiff::Timestamp::UNIX_EPOCH,
        },
        EventBody::ApprovalDecided {
            approval: ApprovalId::new("a"),
            effect: EffectId::new("e"),
            state: ApprovalState::Denied,
            by: "key_1".to_owned(),
            amount: None,
        },
        EventBody::MessageCompleted {
            turn: None,
            message: MessageId::new("m"),
            attempt: 1,
            author: Author::Agent,
            content: text(),
        },
        EventBody::CodeChecked { right: false, tries_left: 2 },
        EventBody::Drafted { turn: turn(), content: text() },
        EventBody::HandedOff { number: 1, reason: HandoffReason::Asked, ticket: None },
        EventBody::HumanMessage {
            message: MessageId::new("m"),
            remote: "218".to_owned(),
            name: Some("Nora".to_owned()),
            content: text(),
        },
        EventBody::ColleagueAsked { turn: turn(), text: text() },
        EventBody::ColleagueAnswered {
            remote: "219".to_owned(),
            by: "helpdesk:7".to_owned(),
            name: Some("Nora".to_owned()),
            text: text(),
            article: true,
        },
        EventBody::TicketWanted { why: TicketCause::Approval },
        EventBody::TicketOpened { ticket: TicketReference { id: "82".to_owned(), url: None }, home: false },
        EventBody::Noted { text: text(), about: None },
        EventBody::Mirrored { ticket: "82".to_owned(), through: 4, missing: false },
        EventBody::TicketSeen { ticket: "82".to_owned(), open: true, tags: vec!["vip".to_owned()], assignee: None },
        EventBody::StatusChanged { status: Status::Resolved, by: "key_1".to_owned() },
        EventBody::Failed { turn: None, code: "x".to_owned(), message: "y".to_owned() },
        EventBody::TurnCompleted { turn: turn(), through: 2, helped: true },
    ];
    let kinds = events.iter().map(kind).collect::<std::collections::BTreeSet<_>>();
    assert_eq!(kinds.len(), events.len());
    events
}

fn kind(event: &EventBody) -> u8 {
    match event {
        EventBody::Opened { .. } => 0,
        EventBody::MessageReceived { .. } => 1,
        EventBody::TurnStarted { .. } => 2,
        EventBody::Routed { .. } => 3,
        EventBody::ModelAnswered { .. } => 4,
        EventBody::MessageReset { .. } => 5,
        EventBody::ClaimWithheld { .. } => 6,
        EventBody::ToolStarted { .. } => 7,
        EventBody::ToolCompleted { .. } => 8,
        EventBody::IdentityProved { .. } => 9,
        EventBody::EffectMoved { .. } => 10,
        EventBody::MessageCompleted { .. } => 11,
        EventBody::HandedOff { .. } => 12,
        EventBody::StatusChanged { .. } => 13,
        EventBody::Failed { .. } => 14,
        EventBody::TurnCompleted { .. } => 15,
        EventBody::CodeChecked { .. } => 16,
        EventBody::Drafted { .. } => 17,
        EventBody::ApprovalRequested { .. } => 18,
        EventBody::ApprovalDecided { .. } => 19,
        EventBody::PolicyDecided { .. } => 20,
        EventBody::HumanMessage { .. } => 21,
        EventBody::Mirrored { .. } => 22,
        EventBody::TicketSeen { .. } => 23,
        EventBody::TicketWanted { .. } => 24,
        EventBody::TicketOpened { .. } => 25,
        EventBody::Noted { .. } => 26,
        EventBody::ColleagueAsked { .. } => 27,
        EventBody::ColleagueAnswered { .. } => 28,
    }
}

#[test]
fn a_split_event_joins_to_itself() {
    for event in one_of_each() {
        let parts = split(&event).unwrap();
        assert!(!parts.plain.contains("canary"), "{}", parts.plain);
        assert_eq!(join(&parts.plain, parts.personal.as_deref()).unwrap(), event);
    }
}

#[test]
fn an_erased_event_still_reads_and_says_nothing() {
    for event in one_of_each() {
        let parts = split(&event).unwrap();
        let erased = join_erased(&parts.plain).unwrap();
        assert_eq!(kind(&erased), kind(&event));
        let text = serde_json::to_string(&erased).unwrap();
        assert!(!text.contains("canary"), "{text}");
        if parts.personal.is_none() {
            assert_eq!(erased, event, "nothing in it was personal");
        }
    }
}

#[test]
fn an_erased_proof_proves_nothing_of_anyone() {
    let proof = Proof::Token { email: Email::parse("ana@example.com").unwrap() };
    let parts = split(&EventBody::IdentityProved { turn: None, proof }).unwrap();
    let EventBody::IdentityProved { proof, .. } = join_erased(&parts.plain).unwrap() else { panic!("another event") };
    let mut identity = Identity::default();
    identity.learn(&proof);
    assert_eq!((identity.verified(), identity.address_on_file()), (None, None));
}

#[test]
fn what_is_null_is_not_worth_a_seal() {
    let event = EventBody::Opened {
        store: StoreId::new("s"),
        channel: "web".to_owned(),
        key: None,
        customer: None,
        metadata: None,
    };
    let parts = split(&event).unwrap();
    assert!(parts.personal.is_none());
    assert_eq!(join(&parts.plain, None).unwrap(), event);
}

#[test]
fn what_does_not_read_back_is_said() {
    for (plain, personal) in [("", None), ("[]", None), ("{}", Some("x")), (r#"{"type":"no.such"}"#, None)] {
        assert!(matches!(join(plain, personal), Err(StorageError::Corrupt(_))), "{plain}");
    }
}
