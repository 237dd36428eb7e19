//! The event log on SQLite: reading, and the doors to all that writes.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::append::event_place;
use super::lease::{PutCheckpoint, Renew};
use super::row::row;
use super::{SqliteStorage, machine_now, signed, unseal_with, unsigned};
use crate::domain::clock::from_millis;
use crate::domain::event::{Event, EventBody};
use crate::domain::id::{ConversationId, StoreId};
use crate::storage::log::{Append, AppendError, Checkpoint, EventLog, Fence, Filter, Page};
use crate::storage::vault::Key;
use crate::storage::{StorageError, personal};

const CHECKPOINT_PLACE: &str = "checkpoint";

row! {
    /// A row of the log: its number, when, and its two parts.
    struct Stored {
        seq: i64,
        at: i64,
        body: String,
        sealed: Option<String>,
    }
}

impl Stored {
    fn is_sealed(&self) -> bool {
        self.sealed.as_ref().is_some_and(|sealed| !sealed.is_empty())
    }

    /// A sealed part that is empty, or that has no key any more, was erased.
    fn read(self, conversation: &ConversationId, key: Option<&Key>) -> Result<Event, StorageError> {
        let seq = unsigned(self.seq);
        let body = match (&self.sealed, key) {
            (None, _) => personal::join(&self.body, None)?,
            (Some(sealed), Some(key)) if !sealed.is_empty() => {
                let text = unseal_with(key, conversation, &event_place(seq), sealed)?;
                personal::join(&self.body, Some(&text))?
            }
            (Some(_), _) => personal::join_erased(&self.body)?,
        };
        Ok(Event { conversation: conversation.clone(), seq, at: from_millis(self.at), body })
    }
}

impl SqliteStorage {
    async fn read_rows(&self, conversation: &ConversationId, rows: Vec<Stored>) -> Result<Vec<Event>, StorageError> {
        let key = if rows.iter().any(Stored::is_sealed) { self.data_key(conversation).await? } else { None };
        rows.into_iter().map(|row| row.read(conversation, key.as_ref())).collect()
    }

    async fn has_log(&self, conversation: &ConversationId) -> Result<bool, StorageError> {
        let row: Option<(i64,)> = sqlx::query_as("SELECT id FROM conversations WHERE conversation = $1")
            .bind(conversation.as_str())
            .fetch_optional(self.readers())
            .await?;
        Ok(row.is_some())
    }
}

#[async_trait]
impl EventLog for SqliteStorage {
    async fn open(
        &self,
        conversation: &ConversationId,
        at: Timestamp,
        events: Vec<EventBody>,
    ) -> Result<Vec<Event>, AppendError> {
        self.open_log(conversation, at, events).await
    }

    async fn append(&self, append: Append) -> Result<Vec<Event>, AppendError> {
        self.append_events(append).await
    }

    async fn begin(&self, owner: &str, ttl: Duration, append: Append) -> Result<(Fence, Vec<Event>), AppendError> {
        self.begin_turn(owner, ttl, append).await
    }

    async fn read(&self, conversation: &ConversationId, after: u64) -> Result<Vec<Event>, AppendError> {
        let rows: Vec<Stored> = sqlx::query_as(
            "SELECT seq, at, body, sealed FROM events \
             WHERE conversation = (SELECT id FROM conversations WHERE conversation = $1) AND seq > $2 ORDER BY seq",
        )
        .bind(conversation.as_str())
        .bind(signed(after))
        .fetch_all(self.readers())
        .await
        .map_err(StorageError::from)?;
        if rows.is_empty() && !self.has_log(conversation).await? {
            return Err(AppendError::Unknown);
        }
        Ok(self.read_rows(conversation, rows).await?)
    }

    async fn by_client_message(
        &self,
        conversation: &ConversationId,
        client_message_id: &str,
    ) -> Result<Option<Event>, StorageError> {
        let row: Option<Stored> = sqlx::query_as(
            "SELECT e.seq, e.at, e.body, e.sealed FROM conversations c JOIN events e ON e.conversation = c.id \
             WHERE c.conversation = $1 AND e.client_message_id = $2",
        )
        .bind(conversation.as_str())
        .bind(client_message_id)
        .fetch_optional(self.readers())
        .await?;
        Ok(self.read_rows(conversation, row.into_iter().collect()).await?.pop())
    }

    async fn list(&self, filter: &Filter) -> Result<Page, StorageError> {
        self.list_page(filter).await
    }

    async fn claim(
        &self,
        conversation: &ConversationId,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Fence>, StorageError> {
        self.claim_turn(conversation, owner, ttl).await
    }

    async fn renew(&self, conversation: &ConversationId, fence: Fence, ttl: Duration) -> Result<bool, StorageError> {
        self.write(Renew { conversation: conversation.clone(), fence, ttl }).await
    }

    async fn release(&self, conversation: &ConversationId, fence: Fence) -> Result<(), StorageError> {
        self.release_turn(conversation, fence).await
    }

    async fn unanswered(&self, limit: u32) -> Result<Vec<ConversationId>, StorageError> {
        let rows: Vec<(String,)> = sqlx::query_as(
            "SELECT conversation FROM conversations \
             WHERE (turn_open OR (status = 'ai_handling' AND last_customer > answered)) AND erased_at IS NULL AND lease_until <= $1 \
             ORDER BY id LIMIT +$2",
        )
        .bind(machine_now())
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        Ok(rows.into_iter().map(|(conversation,)| ConversationId::new(conversation)).collect())
    }

    async fn checkpoint(
        &self,
        conversation: &ConversationId,
        fence: Fence,
        text: Option<Checkpoint>,
    ) -> Result<(), StorageError> {
        let sealed = match text {
            Some(checkpoint) => {
                let text = serde_json::to_string(&(checkpoint.turn, checkpoint.attempt, checkpoint.text))?;
                Some(self.seal(conversation, CHECKPOINT_PLACE, &text).await?)
            }
            None => None,
        };
        self.write(PutCheckpoint { conversation: conversation.clone(), fence, sealed }).await
    }

    async fn read_checkpoint(&self, conversation: &ConversationId) -> Result<Option<Checkpoint>, StorageError> {
        let row: Option<(String,)> = sqlx::query_as(
            "SELECT k.sealed FROM conversations c JOIN checkpoints k ON k.conversation = c.id WHERE c.conversation = $1",
        )
        .bind(conversation.as_str())
        .fetch_optional(self.readers())
        .await?;
        let Some((sealed,)) = row else { return Ok(None) };
        let text = match self.unseal(conversation, CHECKPOINT_PLACE, &sealed).await {
            Err(StorageError::Erased) => return Ok(None),
            text => text?,
        };
        let (turn, attempt, text) = serde_json::from_str(&text)?;
        Ok(Some(Checkpoint { turn, attempt, text }))
    }

    async fn erase(&self, store: &StoreId, email: &str) -> Result<u64, StorageError> {
        self.erase_person(store, email).await
    }
}
