//! The runtime: takes messages in, takes turns, lets effects out, hands over to people, publishes what happens.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::BoxStream;
use serde_json::Value;
use thiserror::Error;

use crate::agents::catalog::Catalog;
use crate::agents::conversation::Conversation;
use crate::domain::clock::Clock;
use crate::domain::customer::Email;
use crate::domain::event::{Analysis, Event, HandoffReason, Status};
use crate::domain::id::{ConversationId, KeyId, MessageId, StoreId, TurnId};
use crate::domain::store::StoreProfile;
use crate::integrations::{Readers, Writers};
use crate::model::ChatModel;
use crate::policy::Policy;
use crate::storage::log::{AppendError, Filter, Page};
use crate::storage::{Storage, StorageError};
use crate::tools::help_center::HelpCenter;
use crate::tools::registry::Registry;

/// Everything that a store brings.
pub struct StoreSetup {
    pub profile: StoreProfile,
    pub policy: Policy,
    pub catalog: Catalog,
    pub help: HelpCenter,
    pub readers: Readers,
    pub writers: Writers,
    pub model: Arc<dyn ChatModel>,
    /// Tokens of a request to the model; older messages are left out beyond it.
    pub context_tokens: usize,
}

/// What a desk is made of.
pub struct DeskParts {
    pub storage: Arc<dyn Storage>,
    pub clock: Clock,
    pub registry: Registry,
    pub stores: Vec<StoreSetup>,
    pub pace: Pace,
}

/// Times of the machine, not of the world.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How long a turn's lease runs; after a crash another owner waits this long.
    pub lease: Duration,
    /// How often unanswered conversations and waiting work are looked for.
    pub sweep: Duration,
    /// How long a shopper's turn waits for the ticket's reference.
    pub ticket: Duration,
    /// How far apart two readings of a vendor must lie before "it is not there" is believed.
    pub absence: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            lease: Duration::from_secs(10),
            sweep: Duration::from_secs(2),
            ticket: Duration::from_secs(6),
            absence: Duration::from_secs(60),
        }
    }
}

/// Why the desk did not do what was asked. `Display` is fit for the API's caller.
#[derive(Debug, Error)]
pub enum DeskError {
    #[error("there is no such conversation")]
    UnknownConversation,
    #[error("there is no store {0:?} in the configuration")]
    UnknownStore(String),
    #[error("client_message_id was used before with other content")]
    RepeatedWithOtherContent,
    #[error("the message is empty")]
    EmptyMessage,
    #[error("the message has more than {most} characters")]
    MessageTooLong { most: u32 },
    #[error("the conversation is {status:?}; {advice}")]
    WrongStatus { status: Status, advice: &'static str },
    #[error("the server is stopping; send the message again in a moment")]
    Stopping,
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<AppendError> for DeskError {
    fn from(error: AppendError) -> Self {
        match error {
            AppendError::Unknown => Self::UnknownConversation,
            AppendError::Storage(error) => Self::Storage(error),
            AppendError::Changed { .. } | AppendError::Fenced => Self::Stopping,
        }
    }
}

/// A conversation to be opened.
#[derive(Clone, Debug)]
pub struct Opening {
    pub store: StoreId,
    pub channel: String,
    pub key: Option<KeyId>,
    /// What the opener says of the customer, `{"email": …, "name": …}`: a claim.
    pub customer: Option<Value>,
    /// The address that a signed customer token proves, checked by the caller.
    pub verified: Option<Email>,
    pub metadata: Option<Value>,
}

/// A shopper's message.
#[derive(Clone, Debug)]
pub struct NewMessage {
    pub content: String,
    pub client_message_id: Option<String>,
    /// The client's network address: failed tries are counted under it.
    pub address: Option<String>,
    pub key: Option<KeyId>,
}

/// What became of a message.
#[derive(Clone, Debug)]
pub struct Posted {
    pub message: MessageId,
    pub seq: u64,
    /// A person has the conversation: nobody here will answer.
    pub silent: bool,
    /// It had been posted before; this is the first one's result.
    pub repeated: bool,
}

/// A turn's outcome, for those who wait instead of streaming.
#[derive(Clone, Debug)]
pub struct Answer {
    pub turn: Option<TurnId>,
    /// The last message to the shopper.
    pub message: Option<MessageId>,
    /// All that was said in the turn.
    pub content: Option<String>,
    pub agent: Option<String>,
    pub analysis: Option<Analysis>,
    /// Tool names and their projections, in order.
    pub actions: Vec<(String, Value)>,
    pub status: Status,
}

/// A place in a conversation's stream: after event `seq`, and after `offset` bytes of the message in the making there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub seq: u64,
    pub offset: usize,
}

/// An item of a conversation's stream.
#[derive(Clone, Debug)]
pub enum Item {
    Event(Arc<Event>),
    Delta(Delta),
}

/// A piece of a message in the making: checked, not yet in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    pub turn: TurnId,
    pub attempt: u32,
    /// The log's length when the message began; with the offset it is the stream id `<seq>.<offset>`.
    pub seq: u64,
    /// Bytes of this message before this piece.
    pub offset: usize,
    pub text: Arc<str>,
}

impl Delta {
    /// Where one stands after this piece.
    pub fn end(&self) -> Position {
        Position { seq: self.seq, offset: self.offset + self.text.len() }
    }
}

/// The desk of a process. Clones are the same desk.
#[derive(Clone)]
pub struct Desk(Arc<Inner>);

struct Inner {
    stores: HashMap<StoreId, StoreSetup>,
}

impl Desk {
    /// Settles what an earlier process left behind, then starts to work.
    pub async fn start(parts: DeskParts) -> Result<Self, DeskError> {
        let _ = parts;
        todo!()
    }

    pub fn clock(&self) -> &Clock {
        todo!()
    }

    pub fn storage(&self) -> &Arc<dyn Storage> {
        todo!()
    }

    pub fn store(&self, id: &StoreId) -> Option<&StoreSetup> {
        self.0.stores.get(id)
    }

    pub fn stores(&self) -> impl Iterator<Item = &StoreSetup> {
        self.0.stores.values()
    }

    pub async fn open(&self, opening: Opening) -> Result<ConversationId, DeskError> {
        let _ = opening;
        todo!()
    }

    /// Takes a message in. When this returns, it is in the log, and a turn is on its way unless the result is `silent`.
    pub async fn post(&self, id: &ConversationId, message: NewMessage) -> Result<Posted, DeskError> {
        let _ = (id, message);
        todo!()
    }

    /// Waits for the turn that answers what was posted.
    pub async fn answer(&self, id: &ConversationId, posted: &Posted) -> Result<Answer, DeskError> {
        let _ = (id, posted);
        todo!()
    }

    pub async fn conversation(&self, id: &ConversationId) -> Result<Conversation, DeskError> {
        let _ = id;
        todo!()
    }

    pub async fn events(&self, id: &ConversationId, after: u64) -> Result<Vec<Event>, DeskError> {
        let _ = (id, after);
        todo!()
    }

    /// The conversation's stream from a place on: what is in the log, the message in the making, then whatever happens.
    /// It never ends by itself.
    pub async fn follow(&self, id: &ConversationId, after: Position) -> Result<BoxStream<'static, Item>, DeskError> {
        let _ = (id, after);
        todo!()
    }

    pub async fn list(&self, filter: &Filter) -> Result<Page, DeskError> {
        let _ = filter;
        todo!()
    }

    /// Gives the conversation to a person. `Ok` also where one has it already.
    pub async fn escalate(&self, id: &ConversationId, reason: HandoffReason, by: &str) -> Result<(), DeskError> {
        let _ = (id, reason, by);
        todo!()
    }

    pub async fn resolve(&self, id: &ConversationId, by: &str) -> Result<(), DeskError> {
        let _ = (id, by);
        todo!()
    }

    /// Gives the conversation back to the agent.
    pub async fn hand_back(&self, id: &ConversationId, by: &str) -> Result<(), DeskError> {
        let _ = (id, by);
        todo!()
    }

    /// Lets turns finish for `grace`, then parks them: their leases are given back, and the next start resumes them.
    pub async fn shutdown(&self, grace: Duration) {
        let _ = grace;
        todo!()
    }
}
