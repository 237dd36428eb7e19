//! The event log and the lease on a conversation's turn.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use thiserror::Error;

use super::StorageError;
use super::tries::Admission;
use crate::domain::event::{Event, EventBody, Status};
use crate::domain::id::{ConversationId, StoreId};

/// The number of a claim on a conversation's turn. Each claim has a higher one; an append under a lower one is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fence(pub u64);

/// Who appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// The inbox, a person, a webhook: anyone who may add to the log at any time.
    Anyone,
    /// The owner of the turn.
    Turn(Fence),
    /// The owner of the turn, who gives it back in the same write.
    Leaving(Fence),
}

impl Writer {
    /// The claim under which is written.
    pub fn fence(self) -> Option<Fence> {
        match self {
            Self::Anyone => None,
            Self::Turn(fence) | Self::Leaving(fence) => Some(fence),
        }
    }
}

/// Events to add, under the condition that the log still has `expected_len` entries.
#[derive(Clone, Debug)]
pub struct Append {
    pub conversation: ConversationId,
    pub expected_len: u64,
    pub writer: Writer,
    pub at: Timestamp,
    pub events: Vec<EventBody>,
    /// Work that becomes due in the same transaction.
    pub outbox: Vec<super::outbox::NewJob>,
    /// Tries that the events show to have been right: they count no more from the same transaction on.
    pub forgiven: Vec<Admission>,
}

#[derive(Debug, Error)]
pub enum AppendError {
    /// Someone else was first, or a `client_message_id` among the events is already in the log: look it up with
    /// [`EventLog::by_client_message`], read from `len` on, and decide again.
    #[error("the log has grown to {len} entries")]
    Changed { len: u64 },
    /// Another owner has the turn: stop.
    #[error("another owner has taken the turn")]
    Fenced,
    #[error("no such conversation")]
    Unknown,
    /// [`StorageError::Erased`] where the person was erased: nothing more is kept of them.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A conversation in a list.
#[derive(Clone, Debug)]
pub struct Summary {
    pub conversation: ConversationId,
    pub store: StoreId,
    pub status: Status,
    pub intent: Option<String>,
    pub opened_at: Timestamp,
    pub updated_at: Timestamp,
    pub len: u64,
}

/// What a list shows: the newest conversation first. `customer_email` finds conversations by a digest of the address that they proved or claimed.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub store: Option<StoreId>,
    pub status: Option<Status>,
    pub intent: Option<String>,
    pub customer_email: Option<String>,
    /// From an earlier page's end; another text is [`StorageError::InvalidCursor`].
    pub cursor: Option<String>,
    /// From 1 to 500; what lies outside is moved to the nearer end.
    pub limit: u32,
}

#[derive(Clone, Debug)]
pub struct Page {
    pub conversations: Vec<Summary>,
    pub next: Option<String>,
}

#[async_trait]
pub trait EventLog: Send + Sync {
    /// Starts a log with its first event(s), the first of them `conversation.opened`. Personal fields are sealed under a
    /// fresh key. Opening one that exists is `Changed`.
    async fn open(
        &self,
        conversation: &ConversationId,
        at: Timestamp,
        events: Vec<EventBody>,
    ) -> Result<Vec<Event>, AppendError>;

    /// All or nothing. The summary columns (status, intent, proved or claimed e-mail digest, what awaits an answer)
    /// move in the same transaction; they are derived from the events alone. The status moves by `status` events only:
    /// a `handoff` event needs one beside it. A turn's messages are answered by `turn.completed`, up to its `through`.
    ///
    /// Moments are kept to the millisecond. A caller who goes away before the answer may still have appended.
    async fn append(&self, append: Append) -> Result<Vec<Event>, AppendError>;

    /// [`EventLog::claim`] and the first append under it, in one write: both are done, or neither. `Fenced` where another
    /// owner holds the turn. Whom the append names as its writer does not matter.
    async fn begin(&self, owner: &str, ttl: Duration, append: Append) -> Result<(Fence, Vec<Event>), AppendError>;

    /// The events after `after`, in order; empty where there is nothing yet. `Unknown` where there is no such log.
    async fn read(&self, conversation: &ConversationId, after: u64) -> Result<Vec<Event>, AppendError>;

    /// The event that carried this client message id, if any.
    async fn by_client_message(
        &self,
        conversation: &ConversationId,
        client_message_id: &str,
    ) -> Result<Option<Event>, StorageError>;

    async fn list(&self, filter: &Filter) -> Result<Page, StorageError>;

    /// Takes the turn for `owner` until `ttl` from now, unless another owner holds it and its lease still runs (machine
    /// time). An owner that holds it already gets a new fence, and fences its own earlier claim: tasks that must keep
    /// each other out need names of their own.
    async fn claim(
        &self,
        conversation: &ConversationId,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Fence>, StorageError>;

    /// Extends a lease, even one that ran out as long as nobody took it. `false`: it is lost.
    async fn renew(&self, conversation: &ConversationId, fence: Fence, ttl: Duration) -> Result<bool, StorageError>;

    /// Gives the turn back, if it is still held under this fence.
    async fn release(&self, conversation: &ConversationId, fence: Fence) -> Result<(), StorageError>;

    /// Conversations in `ai_handling` with an unanswered customer message, which nobody holds: what a start, or a sweep,
    /// has to take up again.
    async fn unanswered(&self, limit: u32) -> Result<Vec<ConversationId>, StorageError>;

    /// The text of a message in the making, so that a reader elsewhere, or after a crash, knows what was already seen.
    /// `None` clears it. Never part of the log. Sealed. Under a fence that is no longer the last, nothing happens.
    async fn checkpoint(
        &self,
        conversation: &ConversationId,
        fence: Fence,
        text: Option<Checkpoint>,
    ) -> Result<(), StorageError>;

    async fn read_checkpoint(&self, conversation: &ConversationId) -> Result<Option<Checkpoint>, StorageError>;

    /// Destroys the keys of every conversation that proved or claimed this address, and what they sealed. The logs stay;
    /// what was personal in them reads as `(erased)`, an empty list or a neutral value, an identity proof as one of no
    /// order at all. Jobs, codes and checkpoints are gone; effects that were only proposed become `failed`, others are
    /// still settled. Nothing can be appended any more, except the outcome of an effect, without what is personal in it.
    /// Returns how many conversations were touched.
    async fn erase(&self, store: &StoreId, email: &str) -> Result<u64, StorageError>;
}

/// A message in the making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    pub turn: crate::domain::id::TurnId,
    pub attempt: u32,
    pub text: String,
}
