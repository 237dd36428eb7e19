//! The gate: the only place that holds the vendors' writers. An effect passes policy, is recorded as `proposed`, then as
//! `sent`, both on disk, before its request leaves; whatever comes back is recorded before anyone is told.

use super::{Inner, Stop, StoreSetup};
use crate::domain::clock::Clock;
use crate::domain::effect::{Effect, EffectKind, EffectState, Permit};
use crate::domain::event::EventBody;
use crate::domain::id::{ConversationId, EffectId};
use crate::storage::ledger::{Move, NewEffect, Proposed};
use crate::storage::log::{Append, Writer};

mod code;
mod refund;
mod ticket;

pub(super) use refund::{Refunded, Told, draft};
pub(super) use ticket::Ticket;

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
            Move::Confirm { vendor_reference, .. } => vendor_reference.clone(),
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
}
