//! The effects ledger: the durable record that makes an effect happen once. Every write here is on disk before the call
//! returns (SQLite: synchronous FULL).

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use super::StorageError;
use super::log::Append;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::id::{ConversationId, EffectId, StoreId};

#[derive(Clone, Debug)]
pub struct NewEffect {
    pub id: EffectId,
    pub store: StoreId,
    pub conversation: ConversationId,
    pub kind: EffectKind,
    /// Stored readable: nothing personal may be part of it.
    pub identity: String,
    /// What was asked for; `null` where nothing is to be kept. Sealed at rest.
    pub wish: Value,
    /// Sealed at rest.
    pub request: String,
    pub at: Timestamp,
}

/// What became of a proposal.
#[derive(Clone, Debug)]
pub enum Proposed {
    New(Effect),
    /// Someone proposed the same business effect before; this is it, as far as it has come.
    Existing(Effect),
}

/// A step of an effect. Each is a compare-and-set from the states named; a row that is elsewhere stays as it is.
#[derive(Clone, Debug)]
pub enum Move {
    /// `proposed → sent`, or `unknown → sent` where the vendor dedupes. `sent_at` stays that of the first time, since
    /// the vendor's memory of the key counts from it; `absent` starts anew. Never for a row whose person was erased:
    /// its request is gone.
    Send,
    /// `sent | unknown → confirmed`. `watched`: something of it is still to come.
    Confirm { vendor_reference: Option<String>, watched: bool },
    /// What a watched one waited for has come: it stays confirmed.
    Arrive,
    /// It never comes: `confirmed → failed`. Its hold stays, because the vendor's own count keeps it, too.
    Bounce { problem: String },
    /// `proposed | sent | unknown → failed`.
    Fail { problem: String },
    /// `sent → proposed`: the request did not leave, or was turned away unprocessed; the same bytes may go again.
    TurnedAway { problem: String },
    /// `sent → unknown`.
    Lose { problem: String },
    /// `unknown` stays, or a watched one does: the vendor was asked and had nothing new.
    Absent,
}

#[async_trait]
pub trait Ledger: Send + Sync {
    /// Records an effect as `proposed`, or returns the row that already has this identity in this store.
    async fn propose(&self, effect: NewEffect) -> Result<Proposed, StorageError>;

    /// Makes a step. `None`: the row was not in a state from which this step starts, and nothing was written.
    /// `append`, when given, is written in the same transaction, without an expected length or fence: an effect's
    /// outcome is a fact, whoever holds the turn.
    async fn advance(
        &self,
        id: &EffectId,
        step: Move,
        at: Timestamp,
        append: Option<Append>,
    ) -> Result<Option<Effect>, StorageError>;

    async fn effect(&self, id: &EffectId) -> Result<Option<Effect>, StorageError>;

    /// The effect of a store that its vendor calls so.
    async fn effect_called(
        &self,
        store: &StoreId,
        kind: EffectKind,
        vendor_reference: &str,
    ) -> Result<Option<Effect>, StorageError>;

    /// Whether effects of this kind are on their way, so that the vendor may know them while their names are not known here.
    async fn under_way(&self, store: &StoreId, kind: EffectKind) -> Result<bool, StorageError>;

    async fn effects_of(&self, conversation: &ConversationId) -> Result<Vec<Effect>, StorageError>;

    /// Rows that were sent before a moment (machine time) and are still `sent` become `unknown`, unless someone alive
    /// holds their conversation's turn: their sender has ended. Of a file of SQLite only `owner`, who asks, is alive, as
    /// with [`super::outbox::Outbox::free_abandoned`].
    async fn forget_sent(&self, owner: &str, before: Timestamp) -> Result<u64, StorageError>;

    /// Watched rows about which nobody was asked since a moment, those first that have waited longest.
    async fn watched(&self, asked_before: Timestamp, limit: u32) -> Result<Vec<Effect>, StorageError>;

    /// Rows in `proposed` or `unknown` that wait for nobody, oldest first: what waits to be settled.
    async fn unsettled(&self, limit: u32) -> Result<Vec<Effect>, StorageError>;
}
