//! How the ticket stands and whose it is, where that follows from what happened here.

use std::time::Duration;

use async_trait::async_trait;
use serde_json::{Value, json};

use super::Posting;
use crate::agents::conversation::{Conversation, Due, Twin};
use crate::desk::StoreSetup;
use crate::desk::manners::{LeftShoppers, Manners};
use crate::desk::summary::reason_tag;
use crate::domain::effect::{Effect, EffectKind, Permit};
use crate::domain::event::{EventBody, TicketReference};
use crate::domain::id::{ConversationId, EffectId};
use crate::integrations::helpdesk::TicketChange;
use crate::integrations::{Urgency, VendorError, WriteError};
use crate::storage::outbox::NewJob;

pub struct NewChange {
    conversation: ConversationId,
    ticket: String,
    /// The number, in the log, of the event that it follows from.
    seq: u64,
    /// Without an effect's id yet.
    change: TicketChange,
    /// How the ticket stands then: nobody is to take it for a person's deed.
    seen: EventBody,
}

impl NewChange {
    /// `None`: the ticket is so already, as far as it was seen.
    pub fn of(
        conversation: &Conversation,
        twin: &Twin,
        ticket: &str,
        seq: u64,
        due: &Due,
        manners: &Manners,
    ) -> Option<Self> {
        let mut change = TicketChange::of(EffectId::new(String::new()));
        match due {
            Due::Customer(email) if manners.left_shoppers == LeftShoppers::Helpdesk => {
                change.customer = Some(email.clone());
            }
            Due::HandedOver(reason) => {
                change.open = Some(true);
                change.add_tags = vec![reason_tag(*reason)];
            }
            Due::HandedBack => {
                // It gives the conversation back once: for the next time, it has to be put there anew.
                let there = twin.tags.iter().find(|tag| tag.eq_ignore_ascii_case(&manners.handback_tag));
                change.remove_tags = vec![there?.clone()];
            }
            Due::Closed if twin.open => change.open = Some(false),
            Due::Customer(_)
            | Due::Closed
            | Due::Said(_)
            | Due::Note(_)
            | Due::Draft(_)
            | Due::Question(_)
            | Due::Approval(_) => return None,
        }
        let is_in = |tags: &[String], tag: &String| tags.iter().any(|own| own.eq_ignore_ascii_case(tag));
        let mut tags: Vec<String> = twin.tags.iter().filter(|tag| !is_in(&change.remove_tags, tag)).cloned().collect();
        tags.extend(change.add_tags.iter().filter(|tag| !is_in(&twin.tags, tag)).cloned());
        let seen = EventBody::TicketSeen {
            ticket: ticket.to_owned(),
            open: change.open.unwrap_or(twin.open),
            tags,
            assignee: twin.assignee.clone(),
        };
        Some(Self { conversation: conversation.id.clone(), ticket: ticket.to_owned(), seq, change, seen })
    }

    fn with(&self, effect: &EffectId) -> TicketChange {
        TicketChange { effect: effect.clone(), ..self.change.clone() }
    }

    fn mirrored(&self) -> EventBody {
        EventBody::Mirrored { ticket: self.ticket.clone(), through: self.seq, missing: false }
    }
}

#[async_trait]
impl Posting for NewChange {
    fn kind(&self) -> EffectKind {
        EffectKind::TicketChange
    }

    fn identity(&self) -> String {
        format!("ticket_change:{}:{}:{}", self.conversation, self.ticket, self.seq)
    }

    fn wish(&self) -> Value {
        json!({"ticket": self.ticket})
    }

    fn request(&self, _: &StoreSetup, effect: &EffectId) -> String {
        self.with(effect).request()
    }

    async fn send(&self, setup: &StoreSetup, permit: Permit, effect: &Effect) -> Result<TicketReference, WriteError> {
        setup.writers.helpdesk.change(permit, &self.ticket, &effect.request).await?;
        Ok(TicketReference { id: self.ticket.clone(), url: None })
    }

    async fn find(&self, setup: &StoreSetup, effect: &Effect) -> Result<Option<TicketReference>, VendorError> {
        let ticket = setup.readers.helpdesk.ticket(&self.ticket, Urgency::Background).await?;
        let change = self.with(&effect.id);
        Ok(ticket.filter(|ticket| change.holds_in(ticket)).map(|ticket| ticket.reference))
    }

    /// The same once or twice.
    fn goes_again(&self, _: &StoreSetup, _: Duration) -> bool {
        true
    }

    fn there(&self, _: &Effect, _: &TicketReference) -> Vec<EventBody> {
        vec![self.mirrored(), self.seen.clone()]
    }

    /// What it will not have stays as it is, and the rest goes on.
    fn refused(&self, _: &Effect) -> (Vec<EventBody>, Vec<NewJob>) {
        (vec![self.mirrored()], Vec::new())
    }
}
