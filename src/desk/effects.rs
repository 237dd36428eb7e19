//! The gate: the only place that holds the vendors' writers. An effect passes policy, is recorded as `proposed`, then as
//! `sent`, both on disk, before its request leaves; whatever comes back is recorded before anyone is told.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::driver::Session;
use super::{Inner, Stop, StoreSetup};
use crate::domain::clock::Clock;
use crate::domain::customer::Email;
use crate::domain::effect::{Effect, EffectKind, EffectState, Permit};
use crate::domain::event::{EventBody, TicketReference};
use crate::domain::id::{ConversationId, EffectId};
use crate::integrations::messaging::Mail;
use crate::integrations::{Urgency, WriteError};
use crate::policy::Mode;
use crate::storage::ledger::{Move, NewEffect, Proposed};
use crate::storage::log::{Append, Writer};
use crate::storage::tries::{Limits, Scope};
use crate::tools::ToolError;

/// Stands for the code in the stored request: the code itself is never stored.
const CODE_PLACEHOLDER: &str = "{{one-time-code}}";

/// How far a ticket has come.
pub(super) enum Ticket {
    Open,
    /// Again later.
    Later(String),
    /// Never: a person has to look.
    Never(String),
}

impl Inner {
    /// Marks a row as sent, on disk, and makes the permit for it. `None`: someone else has it in hand, or it is settled.
    async fn let_out(&self, effect: &Effect) -> Result<Option<Permit>, Stop> {
        let sent = self.storage.advance(&effect.id, Move::Send, Clock::machine(), None).await?;
        #[expect(clippy::disallowed_methods, reason = "this is the gate: the row is on disk as sent")]
        let permit = sent.as_ref().map(Permit::issue);
        Ok(permit)
    }

    /// Records a step and tells the conversation's followers.
    async fn settle(&self, effect: &Effect, step: Move, state: EffectState, also: Vec<EventBody>) -> Result<(), Stop> {
        let vendor_reference = match &step {
            Move::Confirm { vendor_reference } => vendor_reference.clone(),
            _ => None,
        };
        let moved = EventBody::EffectMoved { effect: effect.id.clone(), kind: effect.kind, state, vendor_reference };
        let append = Append {
            conversation: effect.conversation.clone(),
            expected_len: 0,
            writer: Writer::Anyone,
            at: self.clock.now(),
            events: std::iter::once(moved).chain(also).collect(),
            outbox: Vec::new(),
            forgiven: Vec::new(),
        };
        self.storage.advance(&effect.id, step, Clock::machine(), Some(append)).await?;
        self.hub.grown(&effect.conversation);
        Ok(())
    }

    /// Opens the ticket of a hand-off, or finds out what became of an earlier try to.
    pub(super) async fn open_ticket(
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

    async fn propose(
        &self,
        setup: &StoreSetup,
        kind: EffectKind,
        identity: String,
        conversation: &ConversationId,
        request: impl FnOnce(&EffectId) -> String,
    ) -> Result<Effect, Stop> {
        let id = EffectId::generate();
        let proposal = NewEffect {
            request: request(&id),
            id,
            store: setup.profile.id.clone(),
            conversation: conversation.clone(),
            kind,
            identity,
            at: Clock::machine(),
        };
        let (Proposed::New(effect) | Proposed::Existing(effect)) = self.storage.propose(proposal).await?;
        Ok(effect)
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
        let confirm = Move::Confirm { vendor_reference: Some(recorded(&ticket)) };
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

impl Session<'_> {
    /// Sends a one-time code to the address on file: the business effect is this conversation's next send, so that a call
    /// made again after a crash is the same effect.
    pub(super) async fn send_code(&self, tool: &str, to: &Email) -> Result<Result<Value, ToolError>, Stop> {
        let caps = self.setup.policy.caps;
        let number = self.conversation.code.sent + 1;
        if self.setup.policy.mode_of(tool) < Mode::Act {
            return Ok(Err(ToolError::NotPossible("The store lets only people send codes. Hand over to a person.")));
        }
        if number > caps.codes_per_conversation {
            return Ok(Err(ToolError::NotPossible("No more codes can be sent here. Offer a person.")));
        }
        let effect = self.propose_code(number, to).await?;
        match effect.state {
            EffectState::Proposed => self.mail_code(&effect, number, to).await,
            EffectState::Confirmed => Ok(Ok(self.code_receipt(to, json!(true)))),
            EffectState::Failed => Ok(Err(ToolError::NotPossible("The code could not be sent. Offer a person."))),
            EffectState::Sent | EffectState::Unknown | EffectState::Other(_) => {
                Ok(Ok(self.code_receipt(to, json!("maybe"))))
            }
        }
    }

    async fn propose_code(&self, number: u32, to: &Email) -> Result<Effect, Stop> {
        let (desk, setup, conversation) = (self.desk, self.setup, &self.conversation.id);
        let request = |effect: &EffectId| setup.writers.mail.request(&self.code_mail(effect, to));
        let identity = format!("code:{conversation}:{number}");
        desk.propose(setup, EffectKind::Code, identity, conversation, request).await
    }

    fn code_mail(&self, effect: &EffectId, to: &Email) -> Mail {
        let store = &self.setup.profile.name;
        let minutes = self.setup.policy.identity.code_minutes;
        let lines = self.desk.lines(self.conversation.language());
        Mail {
            effect: effect.clone(),
            to: to.clone(),
            subject: lines.code_mail_subject(store),
            text: lines.code_mail_body(CODE_PLACEHOLDER, minutes, store),
        }
    }

    async fn mail_code(&self, effect: &Effect, number: u32, to: &Email) -> Result<Result<Value, ToolError>, Stop> {
        let desk = self.desk;
        if !self.within_daily_cap(to).await? {
            let problem = "the address had its codes for today".to_owned();
            desk.storage.advance(&effect.id, Move::Fail { problem }, Clock::machine(), None).await?;
            return Ok(Err(ToolError::NotPossible("No more codes can be sent today. Offer a person.")));
        }
        let code = crate::domain::id::six_digits();
        let minutes = i64::from(self.setup.policy.identity.code_minutes);
        let expires = desk.clock.now() + SignedDuration::from_mins(minutes);
        desk.storage.put_code(&self.conversation.id, number, to, &code, expires).await?;
        let Some(permit) = desk.let_out(effect).await? else { return Ok(Ok(self.code_receipt(to, json!("maybe")))) };
        let request = effect.request.replace(CODE_PLACEHOLDER, &code);
        match self.setup.writers.mail.send(permit, &request).await {
            Ok(vendor_reference) => {
                desk.settle(effect, Move::Confirm { vendor_reference }, EffectState::Confirmed, Vec::new()).await?;
                Ok(Ok(self.code_receipt(to, json!(true))))
            }
            Err(WriteError::NotSent(error)) => {
                let problem = error.to_string();
                desk.storage.advance(&effect.id, Move::TurnedAway { problem }, Clock::machine(), None).await?;
                Ok(Err(ToolError::Vendor(error)))
            }
            Err(WriteError::Refused(error)) => {
                let problem = error.to_string();
                desk.settle(effect, Move::Fail { problem }, EffectState::Failed, Vec::new()).await?;
                Ok(Err(ToolError::Vendor(error)))
            }
            Err(WriteError::Unknown(error)) => {
                let problem = error.to_string();
                desk.settle(effect, Move::Lose { problem }, EffectState::Unknown, Vec::new()).await?;
                Ok(Ok(self.code_receipt(to, json!("maybe"))))
            }
        }
    }

    async fn within_daily_cap(&self, to: &Email) -> Result<bool, Stop> {
        let most = self.setup.policy.caps.codes_per_customer_per_day;
        let limits = Limits { recipient: most, ..Limits::default() };
        let scopes = [Scope::Recipient(to.as_str().to_owned())];
        let admitted = self.desk.storage.admit(&self.setup.profile.id, &scopes, limits, Clock::machine()).await?;
        Ok(admitted.is_some())
    }

    fn code_receipt(&self, to: &Email, sent: Value) -> Value {
        json!({"sent": sent, "sent_to": to.masked(), "valid_minutes": self.setup.policy.identity.code_minutes})
    }
}

/// A ticket as the ledger keeps it: its id, and its address behind a space.
fn recorded(ticket: &TicketReference) -> String {
    ticket.url.as_ref().map_or_else(|| ticket.id.clone(), |url| format!("{} {url}", ticket.id))
}
