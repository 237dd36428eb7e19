//! What every back end must do, as functions over any storage. A back end's own test module lists them with `conform!`
//! and a [`Backend`] that can open the same store again.

use std::sync::Arc;

use async_trait::async_trait;
use deskhand::domain::clock::from_millis;
use deskhand::domain::event::{Event, EventBody, Status};
use deskhand::domain::id::{ConversationId, MessageId, StoreId, TurnId};
use deskhand::storage::Storage;
use deskhand::storage::log::{Append, Writer};
use jiff::Timestamp;
use serde_json::json;

pub mod articles;
pub mod deliveries;
pub mod erase;
pub mod identity;
pub mod lease;
pub mod ledger;
pub mod log;
pub mod orders;
pub mod outbox;
pub mod stores;

/// A place where a store lives.
#[async_trait]
pub trait Backend: Send + Sync {
    /// Opens it, each time the same one, as another process would.
    async fn open(&self) -> Arc<dyn Storage>;
}

pub fn store() -> StoreId {
    StoreId::new("juniper")
}

/// World time, in seconds since some moment of it.
pub fn at(seconds: i64) -> Timestamp {
    from_millis(1_790_000_000_000 + seconds * 1000)
}

pub fn opened(email: Option<&str>) -> EventBody {
    EventBody::Opened {
        store: store(),
        channel: "web".to_owned(),
        key: None,
        customer: email.map(|email| json!({ "email": email })),
        metadata: None,
    }
}

pub fn said(content: &str) -> EventBody {
    said_once(content, None)
}

pub fn said_once(content: &str, client_message_id: Option<&str>) -> EventBody {
    EventBody::MessageReceived {
        message: MessageId::generate(),
        client_message_id: client_message_id.map(str::to_owned),
        content: content.to_owned(),
        remote: None,
    }
}

pub fn turn_started(turn: &TurnId, through: u64) -> EventBody {
    EventBody::TurnStarted { turn: turn.clone(), through }
}

pub fn turn_completed(turn: &TurnId, through: u64) -> EventBody {
    EventBody::TurnCompleted { turn: turn.clone(), through, helped: true }
}

pub fn status(status: Status) -> EventBody {
    EventBody::StatusChanged { status, by: "test".to_owned() }
}

pub fn append(conversation: &ConversationId, expected_len: u64, events: Vec<EventBody>) -> Append {
    Append {
        conversation: conversation.clone(),
        expected_len,
        writer: Writer::Anyone,
        at: at(1),
        events,
        outbox: Vec::new(),
        forgiven: Vec::new(),
    }
}

/// A conversation with nothing in it but its opening.
pub async fn conversation(storage: &dyn Storage) -> ConversationId {
    conversation_of(storage, None).await
}

pub async fn conversation_of(storage: &dyn Storage, email: Option<&str>) -> ConversationId {
    let conversation = ConversationId::generate();
    storage.open(&conversation, at(0), vec![opened(email)]).await.expect("opens");
    conversation
}

pub fn numbers(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.seq).collect()
}
