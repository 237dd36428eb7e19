//! Starting a log: its row, its key and its first events, in one write.

use jiff::Timestamp;

use super::append::Draft;
use super::entry::Opening;
use super::{SqliteStorage, keys};
use crate::domain::event::{Event, EventBody};
use crate::domain::id::ConversationId;
use crate::storage::StorageError;
use crate::storage::log::AppendError;
use crate::storage::vault::Key;

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
        let (vault, key) = (&self.0.vault, Key::generate());
        let opening = Opening {
            store: store.as_str().into(),
            wrapped: keys::wrap(vault, conversation, &key)?.into(),
            kid: vault.kid().into(),
        };
        let draft = Draft::new(conversation, at, events, Some(key.clone()), vault)?;
        let events = self.write_opening(draft, opening).await?;
        self.0.keys.put(conversation.as_str(), key);
        Ok(events)
    }
}
