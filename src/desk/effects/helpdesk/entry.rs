//! What is said once there is a ticket, written into it, too.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::Posting;
use crate::desk::StoreSetup;
use crate::desk::twin::mirror_job;
use crate::domain::effect::{Effect, EffectKind, Permit};
use crate::domain::event::{EventBody, TicketReference};
use crate::domain::id::{ConversationId, EffectId};
use crate::integrations::helpdesk::{EntryKind, TicketCustomer, TicketEntry};
use crate::integrations::{Urgency, VendorError, WriteError};
use crate::storage::outbox::NewJob;

/// The ticket, and the last message of the log that the entry holds: a row that was made before may hold fewer than would be
/// written now.
const TICKET: &str = "ticket";
const THROUGH: &str = "through";

pub struct NewEntry {
    pub conversation: ConversationId,
    pub ticket: String,
    pub kind: EntryKind,
    pub customer: TicketCustomer,
    pub text: String,
    pub at: jiff::Timestamp,
    /// Numbers, in the log, of the first and the last message that it holds.
    pub from: u64,
    pub through: u64,
    /// For a reply: as the ticket says.
    pub reply_path: Option<Value>,
}

#[async_trait]
impl Posting for NewEntry {
    fn kind(&self) -> EffectKind {
        EffectKind::TicketEntry
    }

    fn identity(&self) -> String {
        let what = match self.kind {
            EntryKind::Note => "note",
            EntryKind::Customer | EntryKind::Agent | EntryKind::Reply => "said",
        };
        format!("ticket_entry:{}:{}:{what}:{}", self.conversation, self.ticket, self.from)
    }

    fn wish(&self) -> Value {
        json!({TICKET: self.ticket, THROUGH: self.through})
    }

    fn request(&self, setup: &StoreSetup, effect: &EffectId) -> String {
        setup.writers.helpdesk.entry(&TicketEntry {
            effect: effect.clone(),
            kind: self.kind,
            customer: self.customer.clone(),
            text: self.text.clone(),
            at: self.at,
            reply_path: self.reply_path.clone(),
        })
    }

    async fn send(&self, setup: &StoreSetup, permit: Permit, effect: &Effect) -> Result<TicketReference, WriteError> {
        // An answer follows on a look for a person's: later it would need another.
        let permit = if self.kind == EntryKind::Reply { permit.for_now() } else { permit };
        let id = setup.writers.helpdesk.write(permit, &self.ticket, &effect.request).await?;
        Ok(TicketReference { id, url: None })
    }

    async fn find(&self, setup: &StoreSetup, effect: &Effect) -> Result<Option<TicketReference>, VendorError> {
        let Some(ticket) = setup.readers.helpdesk.ticket(&self.ticket, Urgency::Background).await? else {
            return Ok(None);
        };
        let ours = ticket.messages.into_iter().find(|own| own.external_id.as_deref() == Some(effect.id.as_str()));
        Ok(ours.map(|own| TicketReference { id: own.id, url: None }))
    }

    /// Found missing twice, it is: at worst a line that nobody is sent stands twice, where otherwise one is lost. An answer
    /// might reach a customer twice: that is for a person to decide.
    fn goes_again(&self, _: &StoreSetup, _: Duration) -> bool {
        self.kind != EntryKind::Reply
    }

    fn there(&self, effect: &Effect, _: &TicketReference) -> Vec<EventBody> {
        vec![self.mirrored(effect, false)]
    }

    /// The ticket is to say that something is missing, and the rest goes on. A note that it will not have is only missed.
    fn refused(&self, effect: &Effect) -> (Vec<EventBody>, Vec<NewJob>) {
        let missing = self.kind != EntryKind::Note;
        (vec![self.mirrored(effect, missing)], vec![mirror_job(&self.conversation)])
    }
}

impl NewEntry {
    fn mirrored(&self, effect: &Effect, missing: bool) -> EventBody {
        let through = effect.wish.get(THROUGH).and_then(Value::as_u64).unwrap_or(self.from);
        EventBody::Mirrored { ticket: self.ticket.clone(), through, missing }
    }
}
