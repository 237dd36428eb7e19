//! Tickets: opened by whoever holds their job.

use jiff::SignedDuration;

use crate::desk::{Inner, Stop, StoreSetup};
use crate::domain::clock::Clock;
use crate::domain::effect::{Effect, EffectKind, EffectState};
use crate::domain::event::{EventBody, TicketReference};
use crate::domain::id::{ConversationId, EffectId};
use crate::integrations::{Urgency, WriteError};
use crate::storage::ledger::Move;

/// How far a ticket has come.
pub enum Ticket {
    Open,
    /// Again later.
    Later(String),
    /// Never: a person has to look.
    Never(String),
}

impl Inner {
    /// Opens the ticket of a hand-off, or finds out what became of an earlier try to.
    pub(in crate::desk) async fn open_ticket(
        &self,
        setup: &StoreSetup,
        identity: String,
        conversation: &ConversationId,
        request: impl FnOnce(&EffectId) -> String,
        told: impl Fn(&TicketReference) -> Vec<EventBody>,
    ) -> Result<Ticket, Stop> {
        let effect = self.propose(setup, EffectKind::Ticket, identity, conversation, request).await?;
        match effect.state {
            EffectState::Proposed => self.send_ticket(setup, &effect, told).await,
            EffectState::Unknown => self.look_for_ticket(setup, &effect, told).await,
            EffectState::Confirmed => Ok(Ticket::Open),
            EffectState::Failed => Ok(Ticket::Never(effect.problem.unwrap_or_default())),
            EffectState::Sent => {
                self.abandoned(&effect).await?;
                self.look_for_ticket(setup, &effect, told).await
            }
            EffectState::Other(_) => Ok(Ticket::Later("another version of this program has it in hand".to_owned())),
        }
    }

    /// Tickets are sent by whoever holds their job, and one at a time does: a row that its holder finds as sent was left
    /// so by a process that has ended. Whether this conversation's turn has an owner says nothing about that.
    async fn abandoned(&self, effect: &Effect) -> Result<(), Stop> {
        let problem = "its sender ended before the outcome was known".to_owned();
        self.settle(effect, Move::Lose { problem }, EffectState::Unknown, Vec::new()).await
    }

    async fn send_ticket(
        &self,
        setup: &StoreSetup,
        effect: &Effect,
        told: impl Fn(&TicketReference) -> Vec<EventBody>,
    ) -> Result<Ticket, Stop> {
        let Some(permit) = self.let_out(effect).await? else {
            return Ok(Ticket::Later("another task has it in hand".to_owned()));
        };
        match setup.writers.helpdesk.open_ticket(permit, &effect.request).await {
            Ok(ticket) => self.ticket_is_open(effect, ticket, told).await,
            Err(WriteError::NotSent(error)) => {
                let problem = error.to_string();
                self.storage
                    .advance(&effect.id, Move::TurnedAway { problem: problem.clone() }, Clock::machine(), None)
                    .await?;
                Ok(Ticket::Later(problem))
            }
            Err(WriteError::Refused(error)) => {
                let problem = error.to_string();
                self.settle(effect, Move::Fail { problem: problem.clone() }, EffectState::Failed, Vec::new()).await?;
                Ok(Ticket::Never(problem))
            }
            Err(WriteError::Unknown(error)) => {
                let problem = error.to_string();
                let lost = Move::Lose { problem: problem.clone() };
                self.settle(effect, lost, EffectState::Unknown, Vec::new()).await?;
                Ok(Ticket::Later(problem))
            }
        }
    }

    async fn ticket_is_open(
        &self,
        effect: &Effect,
        ticket: TicketReference,
        told: impl Fn(&TicketReference) -> Vec<EventBody>,
    ) -> Result<Ticket, Stop> {
        let confirm = Move::Confirm { vendor_reference: Some(recorded(&ticket)), watched: false };
        self.settle(effect, confirm, EffectState::Confirmed, told(&ticket)).await?;
        Ok(Ticket::Open)
    }

    /// The vendor is asked by the row's own id, which went with the request. Absent twice, some time apart: it is not
    /// sent again, because this vendor does not dedupe; a person has to look.
    async fn look_for_ticket(
        &self,
        setup: &StoreSetup,
        effect: &Effect,
        told: impl Fn(&TicketReference) -> Vec<EventBody>,
    ) -> Result<Ticket, Stop> {
        let found = match setup.readers.helpdesk.ticket_of(&effect.id, Urgency::Background).await {
            Ok(found) => found,
            Err(error) => return Ok(Ticket::Later(error.to_string())),
        };
        if let Some(ticket) = found {
            return self.ticket_is_open(effect, ticket, told).await;
        }
        let now = Clock::machine();
        let apart = SignedDuration::try_from(self.pace.absence).unwrap_or(SignedDuration::MAX);
        let long_ago = effect.absent_at.is_some_and(|first| now.duration_since(first) >= apart);
        if effect.absent == 0 {
            self.storage.advance(&effect.id, Move::Absent, now, None).await?;
        }
        if !long_ago {
            return Ok(Ticket::Later("the helpdesk does not have it yet; it is asked once more".to_owned()));
        }
        let problem = "no answer came, and the helpdesk does not have it: open it by hand".to_owned();
        self.settle(effect, Move::Fail { problem: problem.clone() }, EffectState::Failed, Vec::new()).await?;
        Ok(Ticket::Never(problem))
    }
}

/// A ticket as the ledger keeps it: its id, and its address behind a space.
fn recorded(ticket: &TicketReference) -> String {
    ticket.url.as_ref().map_or_else(|| ticket.id.clone(), |url| format!("{} {url}", ticket.id))
}
