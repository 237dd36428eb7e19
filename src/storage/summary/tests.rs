use serde_json::json;

use super::*;
use crate::domain::id::{MessageId, StoreId, TurnId};

fn said() -> EventBody {
    EventBody::MessageReceived { message: MessageId::new("m"), client_message_id: None, content: "hi".to_owned() }
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
fn the_last_of_each_counts() {
    let events = [said(), status(Status::HandoffPending), said(), completed(7), status(Status::Resolved), completed(3)];
    let change = fold(10, &events);
    assert_eq!(change.status, Some(Status::Resolved));
    assert_eq!(change.last_customer, Some(12));
    assert_eq!(change.answered, Some(7), "a late turn does not take an answer back");
    assert_eq!(change.turns, [13, 15]);
    assert!(change.touches_columns());
}

#[test]
fn a_claimed_address_counts_and_nonsense_does_not() {
    assert_eq!(
        fold(1, &[opened(json!({ "email": " ANA@example.com" }))]).emails,
        [Email::parse("ana@example.com").unwrap()]
    );
    for customer in [json!({ "email": 7 }), json!("ana@example.com"), json!({ "email": "ana" }), json!(null)] {
        assert!(fold(1, &[opened(customer)]).emails.is_empty());
    }
}

#[test]
fn most_events_change_no_column() {
    let event = EventBody::MessageReset { turn: TurnId::new("t"), attempt: 1, reason: "retry".to_owned() };
    assert_eq!(fold(4, &[event]), Change::default());
    assert!(!Change::default().touches_columns());
}
