//! The ticket of a conversation.

use std::time::Duration;

use async_trait::async_trait;

use super::Posting;
use crate::agents::conversation::Conversation;
use crate::agents::language::Languages;
use crate::desk::StoreSetup;
use crate::desk::handoff::system_line;
use crate::desk::summary::draft;
use crate::domain::effect::{Effect, EffectKind, Permit};
use crate::domain::event::{EventBody, TicketReference};
use crate::domain::id::EffectId;
use crate::integrations::{Urgency, VendorError, WriteError};
use crate::storage::outbox::NewJob;

pub struct NewTicket<'a> {
    pub setup: &'a StoreSetup,
    pub number: u32,
    /// How often it was refused, and a person had it tried again.
    pub again: u32,
    /// As it was when a ticket was asked for: all of that is in the ticket from its opening on.
    pub then: &'a Conversation,
    /// As it is.
    pub now: &'a Conversation,
    pub languages: &'a Languages,
}

#[async_trait]
impl Posting for NewTicket<'_> {
    fn kind(&self) -> EffectKind {
        EffectKind::Ticket
    }

    fn identity(&self) -> String {
        let first = format!("ticket:{}:{}", self.now.id, self.number);
        if self.again == 0 { first } else { format!("{first}:{}", self.again) }
    }

    fn request(&self, setup: &StoreSetup, effect: &EffectId) -> String {
        setup.writers.helpdesk.request(&draft(effect, setup, self.then))
    }

    async fn send(&self, setup: &StoreSetup, permit: Permit, effect: &Effect) -> Result<TicketReference, WriteError> {
        setup.writers.helpdesk.open_ticket(permit, &effect.request).await
    }

    async fn find(&self, setup: &StoreSetup, effect: &Effect) -> Result<Option<TicketReference>, VendorError> {
        setup.readers.helpdesk.ticket_of(&effect.id, Urgency::Background).await
    }

    /// A second ticket would be a second case for somebody: only where the helpdesk itself knows a repetition.
    fn goes_again(&self, setup: &StoreSetup, age: Duration) -> bool {
        let known_for = setup.readers.helpdesk.capabilities().dedupes_tickets_for;
        known_for.is_some_and(|known_for| age < known_for)
    }

    fn there(&self, _: &Effect, ticket: &TicketReference) -> Vec<EventBody> {
        if !self.now.twin.as_ref().is_some_and(|twin| twin.number == self.number) {
            return Vec::new();
        }
        let waits = self.now.handoff.as_ref().filter(|handoff| handoff.ticket.is_none());
        let mut events = match waits {
            Some(handoff) => {
                let line = self.languages.handoff_reference(self.now.language(), &ticket.id);
                let turn = self.now.turn.as_ref().map(|turn| &turn.id);
                let (number, reason) = (handoff.number, handoff.reason);
                let handed_off = EventBody::HandedOff { number, reason, ticket: Some(ticket.clone()) };
                vec![handed_off, system_line(turn, line)]
            }
            None => vec![EventBody::TicketOpened { ticket: ticket.clone(), home: false }],
        };
        if !self.setup.readers.helpdesk.capabilities().opens_with_note {
            let note = draft(&EffectId::new(String::new()), self.setup, self.then).note;
            events.push(EventBody::Noted { text: note, about: None });
        }
        events
    }

    fn refused(&self, _: &Effect) -> (Vec<EventBody>, Vec<NewJob>) {
        (Vec::new(), Vec::new())
    }
}
