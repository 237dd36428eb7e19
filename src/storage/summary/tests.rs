use serde_json::json;

use super::*;
use crate::domain::id::{MessageId, StoreId, TurnId};

fn said() -> EventBody {
    EventBody::MessageReceived {
        message: MessageId::new("m"),
        client_message_id: None,
        content: "hi".to_owned(),
        remote: None,
    }
}

fn status(status: Status) -> EventBody {
    EventBody::StatusChanged { status, by: "test".to_owned() }
}

fn completed(through: u64) -> EventBody {
    EventBody::TurnCompleted { turn: TurnId::new("t"), through, helped: true }
}

fn opened(customer: serde_json::Value) -> EventBody {
    EventBody::Opened {
        store: StoreId::new("s"),
        channel: "web".to_owned(),
        key: None,
        customer: Some(customer),
        metadata: None,
    }
}

#[test]
fn each_event_says_what_it_moves() {
    assert_eq!(Change::of(12, &said()).heard, Some(12));
    let done = Change::of(13, &completed(7));
    assert_eq!((done.answered, done.turn_open), (Some(7), Some(false)));
    let taken = Change::of(14, &status(Status::HandoffPending));
    assert_eq!((taken.status, taken.answered), (Some(Status::HandoffPending), None));
    let given_back = Change::of(15, &status(Status::AiHandling));
    assert_eq!(given_back.answered, Some(15), "what came before was the person's to answer");
}

#[test]
fn a_claimed_address_counts_and_nonsense_does_not() {
    assert_eq!(Change::of(1, &opened(json!({ "email": " ANA@example.com" }))).email, Email::parse("ana@example.com"));
    for customer in [json!({ "email": 7 }), json!("ana@example.com"), json!({ "email": "ana" }), json!(null)] {
        assert_eq!(Change::of(1, &opened(customer)).email, None);
    }
}

#[test]
fn most_events_change_nothing() {
    let event = EventBody::MessageReset { turn: TurnId::new("t"), attempt: 1, reason: "retry".to_owned() };
    assert_eq!(Change::of(4, &event), Change::default());
}
