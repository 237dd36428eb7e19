//! What somebody adds to a conversation who has no turn in it.

use super::Inner;
use super::twin::mirroring;
use crate::agents::conversation::Conversation;
use crate::domain::event::{Event, EventBody};
use crate::storage::log::{Append, AppendError, Writer};
use crate::storage::outbox::NewJob;

impl Inner {
    /// Adds events to a conversation that stands as it was read, with the work that its ticket asks for, and other work.
    pub(super) async fn write_down(
        &self,
        conversation: &Conversation,
        events: Vec<EventBody>,
        also: Vec<NewJob>,
    ) -> Result<Vec<Event>, AppendError> {
        let append = Append {
            conversation: conversation.id.clone(),
            expected_len: conversation.len,
            writer: Writer::Anyone,
            at: self.clock.now(),
            outbox: also.into_iter().chain(mirroring(conversation, &events)).collect(),
            events,
            forgiven: Vec::new(),
        };
        self.storage.append(append).await
    }
}
