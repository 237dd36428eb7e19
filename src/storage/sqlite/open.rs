//! Starting a log: its row, its key and its first events, in one transaction.

use std::sync::Arc;

use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::append::{Draft, numbered};
use super::writer::Operation;
use super::{SqliteStorage, keys, unsigned};
use crate::domain::event::{Event, EventBody, Status};
use crate::domain::id::ConversationId;
use crate::storage::StorageError;
use crate::storage::log::AppendError;
use crate::storage::vault::Key;

struct OpenOperation {
    draft: Draft,
    store: String,
    key: Key,
    /// The data key as it is stored, and the name of what wrapped it.
    wrapped: String,
    kid: String,
}

impl Operation for OpenOperation {
    type Answer = Result<(), AppendError>;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let Some(id) = self.insert(connection).await? else {
            let (len,): (i64,) = sqlx::query_as(
                "SELECT COUNT(*) FROM events \
                 WHERE conversation = (SELECT id FROM conversations WHERE conversation = $1)",
            )
            .bind(self.draft.conversation.as_str())
            .fetch_one(connection)
            .await?;
            return Ok(Err(AppendError::Changed { len: unsigned(len) }));
        };
        sqlx::query("INSERT INTO data_keys (conversation, kid, wrapped) VALUES ($1, $2, $3)")
            .bind(id)
            .bind(&self.kid)
            .bind(&self.wrapped)
            .execute(&mut *connection)
            .await?;
        self.draft.write(connection, 0, None, Some(&self.key), &self.draft.change(1)).await?;
        Ok(Ok(()))
    }
}

impl OpenOperation {
    /// The new row's number, unless there is one of this name.
    async fn insert(&self, connection: &mut SqliteConnection) -> Result<Option<i64>, StorageError> {
        let row: Option<(i64,)> = sqlx::query_as(
            "INSERT INTO conversations (conversation, store, status, opened_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (conversation) DO NOTHING RETURNING id",
        )
        .bind(self.draft.conversation.as_str())
        .bind(&self.store)
        .bind(Status::AiHandling.as_str())
        .bind(self.draft.at)
        .fetch_optional(connection)
        .await?;
        Ok(row.map(|(id,)| id))
    }
}

impl SqliteStorage {
    pub(super) async fn open_log(
        &self,
        conversation: &ConversationId,
        at: Timestamp,
        events: Vec<EventBody>,
    ) -> Result<Vec<Event>, AppendError> {
        let Some(EventBody::Opened { store, .. }) = events.first() else {
            return Err(StorageError::Corrupt("a log starts with conversation.opened".to_owned()).into());
        };
        let store = store.as_str().to_owned();
        let vault = &self.0.vault;
        let key = Key::generate();
        let wrapped = keys::wrap(vault, conversation, &key)?;
        let draft = Draft::new(conversation, at, events, Some(key.clone()), vault)?;
        let (at, events) = (draft.at, Arc::clone(&draft.events));
        self.write(OpenOperation { draft, store, key: key.clone(), wrapped, kid: vault.kid().to_owned() }).await??;
        self.0.keys.put(conversation.as_str(), key);
        Ok(numbered(conversation, at, 1, events))
    }
}
