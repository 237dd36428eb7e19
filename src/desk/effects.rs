//! The gate: the only place that holds the vendors' writers. An effect passes policy, is recorded as `proposed`, then as
//! `sent`, both on disk, before its request leaves; whatever comes back is recorded before anyone is told.

use serde_json::Value;

use super::twin::{concerns_a_ticket, mirror_job};
use super::{Inner, Stop, StoreSetup};
use crate::domain::clock::Clock;
use crate::domain::effect::{Effect, EffectKind, EffectState, Permit};
use crate::domain::event::EventBody;
use crate::domain::id::{ConversationId, EffectId};
use crate::policy::basis::{Basis, Judged};
use crate::policy::decision::Decision;
use crate::storage::StorageError;
use crate::storage::ledger::{Move, NewEffect, Proposed};
use crate::storage::log::{Append, AppendError, Writer};
use crate::storage::outbox::NewJob;

mod acts;
mod arrivals;
mod code;
mod deed;
mod goodwill;
mod helpdesk;
mod mail;
mod orders;
mod pursuit;
mod refund;
mod returns;

pub(super) use acts::{Acted, Told};
pub(super) use arrivals::processing;
pub(super) use goodwill::goodwill_request;
pub(super) use helpdesk::{NewChange, NewEntry, NewTicket, Posting};
pub(super) use orders::cancelling;
pub(super) use pursuit::Looked;
pub(super) use refund::refund_request;

/// For a further request of an effect that has been let out: the row is on disk as sent, or confirmed.
fn further(effect: &Effect) -> Permit {
    #[expect(clippy::disallowed_methods, reason = "this is the gate, and the effect is on its way")]
    Permit::issue(effect)
}

impl Inner {
    /// Marks a row as sent, on disk, and makes the permit for it. `None`: someone else has it in hand, or it is settled.
    async fn let_out(&self, effect: &Effect) -> Result<Option<Permit>, Stop> {
        let sent = self.storage.advance(&effect.id, Move::Send, Clock::machine(), None).await?;
        #[expect(clippy::disallowed_methods, reason = "this is the gate: the row is on disk as sent")]
        let permit = sent.as_ref().map(Permit::issue);
        Ok(permit)
    }

    /// Records a step and tells the conversation's followers. Returns the effect as it stands then; `None`: it was not in a
    /// state from which this step starts.
    async fn settle(
        &self,
        effect: &Effect,
        step: Move,
        state: EffectState,
        also: Vec<EventBody>,
    ) -> Result<Option<Effect>, Stop> {
        self.settle_with(effect, step, state, also, Vec::new()).await
    }

    /// The same, with work that follows.
    async fn settle_with(
        &self,
        effect: &Effect,
        step: Move,
        state: EffectState,
        also: Vec<EventBody>,
        jobs: Vec<NewJob>,
    ) -> Result<Option<Effect>, Stop> {
        let vendor_reference = match &step {
            Move::Confirm { vendor_reference, .. } => vendor_reference.clone(),
            _ => None,
        };
        let moved = EventBody::EffectMoved { effect: effect.id.clone(), kind: effect.kind, state, vendor_reference };
        let mut outbox = self.letters_after(effect, &step);
        outbox.extend(jobs);
        // Whoever has the conversation by now, and whether it has a ticket: the job finds out.
        outbox.extend(concerns_a_ticket(&also).then(|| mirror_job(&effect.conversation)));
        let is_work = !outbox.is_empty();
        let append = Append {
            conversation: effect.conversation.clone(),
            expected_len: 0,
            writer: Writer::Anyone,
            at: self.clock.now(),
            events: std::iter::once(moved).chain(also).collect(),
            outbox,
            forgiven: Vec::new(),
        };
        let settled = self.storage.advance(&effect.id, step, Clock::machine(), Some(append)).await?;
        self.hub.grown(&effect.conversation);
        if is_work {
            self.wake_outbox();
        }
        Ok(settled)
    }

    /// Writes down a decision that no tool call asked for. Nothing is kept of a person who was erased.
    async fn write_decision(
        &self,
        conversation: &ConversationId,
        basis: &Basis,
        decision: &Decision,
    ) -> Result<(), Stop> {
        let decided = Judged { basis: basis.clone(), decision: decision.clone() }.event(None, true);
        loop {
            let Ok(known) = self.load(conversation).await else { return Ok(()) };
            match self.write_down(&known, vec![decided.clone()], Vec::new()).await {
                Ok(_) => {
                    self.hub.grown(conversation);
                    return Ok(());
                }
                Err(AppendError::Changed { .. }) => {}
                Err(AppendError::Storage(StorageError::Erased)) => return Ok(()),
                Err(AppendError::Storage(error)) => return Err(Stop::Storage(error)),
                Err(AppendError::Fenced | AppendError::Unknown) => return Ok(()),
            }
        }
    }

    async fn propose(
        &self,
        setup: &StoreSetup,
        kind: EffectKind,
        identity: String,
        wish: Value,
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
            wish,
            at: Clock::machine(),
        };
        let (Proposed::New(effect) | Proposed::Existing(effect)) = self.storage.propose(proposal).await?;
        Ok(effect)
    }
}
