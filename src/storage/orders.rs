//! Effects on orders: what each takes hold of in the transaction that proposes it, so that no piece of an order is
//! consumed twice, no limit is passed, and the money of one order moves in one place at a time.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StorageError;
use super::approvals::NewApproval;
use super::ledger::NewEffect;
use crate::domain::effect::Effect;
use crate::domain::id::{EffectId, StoreId};
use crate::domain::money::{Currency, Money};
use crate::domain::order::{OrderId, Piece};

/// What an effect takes hold of. It lets go where it fails, and keeps it for good where it is confirmed.
#[derive(Clone, Debug)]
pub struct Hold {
    pub order: OrderId,
    /// Consumed once, whoever proposes.
    pub pieces: Vec<Piece>,
    /// What leaves the store, where money does.
    pub amount: Option<Money>,
    /// The limits that the amount counts toward.
    pub allowances: Vec<Allowance>,
}

/// A limit in a rolling window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// Whose: `order:…`, `customer:…`, `store`. Kept as a digest.
    pub scope: String,
    /// When this effect counts in it, by the clock that the window goes by.
    pub at: Timestamp,
    pub since: Timestamp,
    /// In minor units, this effect's amount included. `None` where a person decides: it counts, and is not bound.
    pub most: Option<i64>,
}

/// What became of a proposal that touches an order.
#[derive(Clone, Debug)]
pub enum OnOrder {
    New(Effect),
    /// Proposed before, and not failed since; this is it, as far as it has come.
    Existing(Effect),
    /// Another effect has one of the pieces.
    Consumed(Effect),
    /// Money of this order is on its way: one thing at a time.
    Busy(Effect),
    /// Of a limit so much was used, in minor units, that this amount would pass it.
    OverLimit {
        scope: String,
        used: i64,
    },
}

#[async_trait]
pub trait OrderEffects: Send + Sync {
    /// Records an effect as `proposed` with all that it takes hold of, or says why not; on disk before it returns. One
    /// that failed does not stand in the way of the same once more. With an approval, the effect waits for it.
    async fn propose_on_order(
        &self,
        effect: NewEffect,
        hold: Hold,
        approval: Option<NewApproval>,
    ) -> Result<OnOrder, StorageError>;

    /// The pieces of an order that effects have hold of, with those effects.
    async fn consumed(&self, store: &StoreId, order: &OrderId) -> Result<Vec<(Piece, Effect)>, StorageError>;

    /// All effects on an order, oldest first.
    async fn effects_on(&self, store: &StoreId, order: &OrderId) -> Result<Vec<Effect>, StorageError>;

    /// What counts toward a limit since a moment, pending approvals included, in minor units. `besides`: an effect that
    /// does not count.
    async fn spent(
        &self,
        store: &StoreId,
        scope: &str,
        currency: Currency,
        since: Timestamp,
        besides: Option<&EffectId>,
    ) -> Result<i64, StorageError>;
}
