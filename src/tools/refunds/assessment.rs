//! What a refund would be: which pieces, how much by the platform's count, and what the policy says. Asked by the tool
//! that quotes, and anew by the gate that pays.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::RefundWish;
use crate::domain::clock::Clock;
use crate::domain::effect::{Effect, EffectState};
use crate::domain::id::EffectId;
use crate::domain::money::Money;
use crate::domain::order::{Fulfilment, LineQuantity, Order, Piece};
use crate::domain::pieces::{self, Choice, Taken};
use crate::domain::store::StoreProfile;
use crate::integrations::commerce::refunds::{RefundOf, RefundQuote};
use crate::integrations::{Readers, Urgency, VendorError};
use crate::policy::Policy;
use crate::policy::ask::{CarrierWord, Quote, RefundAsk, Situation, Spent};
use crate::policy::decision::{Decision, Reserve, Scope};
use crate::storage::StorageError;
use crate::storage::orders::{Allowance, Hold, OrderEffects};

/// All that decides about money: the policy, the platform's own count, and the ledger.
#[derive(Clone, Copy)]
pub struct Books<'a> {
    pub store: &'a StoreProfile,
    pub policy: &'a Policy,
    pub readers: &'a Readers,
    pub ledger: &'a dyn OrderEffects,
    pub clock: &'a Clock,
}

/// How a wish stands.
#[derive(Clone, Debug)]
pub enum Standing {
    Open(Box<Assessment>),
    /// The wish was made before: this is what became of it, and the goods that it was for.
    Held {
        effect: Box<Effect>,
        lines: Vec<LineQuantity>,
    },
    /// Fewer are left of a line than wanted.
    Short {
        line: String,
        left: u32,
    },
    /// The platform would not pay this back, whatever the policy says.
    Refused,
}

/// A wish that nothing stands in the way of but the policy.
#[derive(Clone, Debug)]
pub struct Assessment {
    pub pieces: Vec<Piece>,
    pub of: RefundOf,
    pub quote: RefundQuote,
    pub decision: Decision,
}

#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    #[error(transparent)]
    Vendor(#[from] VendorError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl Assessment {
    /// What the ledger takes hold of for it.
    pub fn hold(&self, order: &Order, amount: Money) -> Hold {
        let allowances = self.decision.reserves.iter().filter_map(|reserve| allowance(order, reserve)).collect();
        Hold { order: order.id.clone(), pieces: self.pieces.clone(), amount: Some(amount), allowances }
    }
}

fn allowance(order: &Order, reserve: &Reserve) -> Option<Allowance> {
    Some(Allowance {
        scope: scope(order, reserve.scope)?,
        since: reserve.since(Clock::machine()),
        most: reserve.most.map(Money::minor),
    })
}

/// A limit's name in the ledger. None: nobody knows whose it is.
fn scope(order: &Order, scope: Scope) -> Option<String> {
    match scope {
        Scope::Order => Some(format!("order:{}", order.id.as_str())),
        Scope::Customer => order.owner().map(|email| format!("customer:{}", email.as_str())),
        Scope::Store => Some("store".to_owned()),
    }
}

impl Books<'_> {
    /// `besides`: an effect that does not count, because it is the one that is judged once more. The wish then names its
    /// units, and none that others have.
    pub async fn assess(
        &self,
        order: &Order,
        wish: &RefundWish,
        besides: Option<&Effect>,
    ) -> Result<Standing, BooksError> {
        let mut held = self.ledger.consumed(&self.store.id, &order.id).await?;
        held.retain(|(_, effect)| besides.is_none_or(|besides| besides.id != effect.id));
        let choice = match besides {
            None => pieces::in_all(order, &wish.lines, &taken(&held)),
            Some(_) => pieces::besides(order, &wish.lines, &taken(&held)),
        };
        let pieces = match choice {
            Choice::Free(pieces) => pieces,
            Choice::Short { line, left } => return Ok(Standing::Short { line, left }),
            Choice::Held(id) => {
                let lines = lines_of(&held, &id);
                let effect = held.into_iter().map(|(_, effect)| effect).find(|effect| effect.id == id);
                let standing = |effect| Standing::Held { effect: Box::new(effect), lines };
                return Ok(effect.map_or(Standing::Refused, standing));
            }
        };
        let lines = pieces::lines(&pieces);
        let of = RefundOf { order: order.id.clone(), lines: lines.clone(), shipping: false };
        let quote = match self.readers.refunds.quote(&of, Urgency::Shopper).await {
            Ok(quote) => quote,
            Err(VendorError::Refused { .. }) => return Ok(Standing::Refused),
            Err(error) => return Err(error.into()),
        };
        let spent = self.spent(order, &held, besides).await?;
        let carriers = self.carriers(order).await?;
        let now = self.clock.now();
        let situation =
            Situation { order, carriers: &carriers, customer_tags: None, spent: &spent, now, zone: &self.store.zone };
        let ask = RefundAsk {
            case: wish.case,
            pieces: &lines,
            shipping: false,
            quote: Quote { amount: quote.amount, maximum: quote.maximum },
        };
        let decision = self.policy.refund(&situation, &ask);
        Ok(Standing::Open(Box::new(Assessment { pieces, of, quote, decision })))
    }

    /// What of the order an effect has hold of, as lines.
    pub async fn lines_of(&self, effect: &Effect) -> Result<Vec<LineQuantity>, StorageError> {
        let Some(order) = &effect.order else { return Ok(Vec::new()) };
        let held = self.ledger.consumed(&self.store.id, order).await?;
        Ok(lines_of(&held, &effect.id))
    }

    async fn spent(
        &self,
        order: &Order,
        held: &[(Piece, Effect)],
        besides: Option<&Effect>,
    ) -> Result<Spent, BooksError> {
        let limits = &self.policy.limits;
        let since = |days: u32| Reserve { scope: Scope::Store, days: Some(days), amount: zero(order), most: None };
        let (customer_since, store_since) =
            (since(limits.customer.days).since(Clock::machine()), since(limits.store.days).since(Clock::machine()));
        let on_order = self.used(order, Scope::Order, Timestamp::MIN, besides).await?;
        let by_store = self.used(order, Scope::Store, store_since, besides).await?;
        Ok(Spent {
            order: on_order.unwrap_or(zero(order)),
            pending: Money::from_minor(pending(held), order.currency),
            customer: self.used(order, Scope::Customer, customer_since, besides).await?,
            store: by_store.unwrap_or(zero(order)),
            claimed: claimed(held),
            returns: Vec::new(),
        })
    }

    async fn used(
        &self,
        order: &Order,
        whose: Scope,
        since: Timestamp,
        besides: Option<&Effect>,
    ) -> Result<Option<Money>, BooksError> {
        let Some(scope) = scope(order, whose) else { return Ok(None) };
        let used = self.ledger.spent(&self.store.id, &scope, order.currency, since).await?;
        let own = besides.and_then(|effect| effect.amount).map_or(0, Money::minor);
        Ok(Some(Money::from_minor(used - own, order.currency)))
    }

    /// Carriers are asked where the platform does not know of a delivery.
    async fn carriers(&self, order: &Order) -> Result<Vec<CarrierWord>, BooksError> {
        let mut words = Vec::new();
        for fulfilment in order.fulfilments.iter().filter(|fulfilment| fulfilment.delivered_at.is_none()) {
            let delivered_at = self.delivered(fulfilment).await?;
            words.push(CarrierWord { fulfilment: fulfilment.id.clone(), delivered_at });
        }
        Ok(words)
    }

    /// When the last parcel came, once all have.
    async fn delivered(&self, fulfilment: &Fulfilment) -> Result<Option<Timestamp>, BooksError> {
        let mut latest = None;
        for parcel in &fulfilment.parcels {
            let Some(number) = &parcel.tracking_number else { return Ok(None) };
            let tracker = self.readers.tracking.track(number, parcel.carrier.as_deref(), Urgency::Shopper).await?;
            let Some(at) = tracker.and_then(|tracker| tracker.delivered_at()) else { return Ok(None) };
            latest = latest.max(Some(at));
        }
        Ok(latest)
    }
}

fn zero(order: &Order) -> Money {
    Money::from_minor(0, order.currency)
}

fn taken(held: &[(Piece, Effect)]) -> Vec<Taken> {
    let mut held: Vec<&(Piece, Effect)> = held.iter().collect();
    held.sort_by_key(|(_, effect)| effect.proposed_at);
    held.into_iter()
        .map(|(piece, effect)| Taken {
            piece: piece.clone(),
            effect: effect.id.clone(),
            settled: effect.state == EffectState::Confirmed,
        })
        .collect()
}

/// What effects have hold of that the platform has not counted yet.
fn unsettled(held: &[(Piece, Effect)]) -> impl Iterator<Item = &(Piece, Effect)> {
    held.iter().filter(|(_, effect)| effect.state != EffectState::Confirmed)
}

fn pending(held: &[(Piece, Effect)]) -> i64 {
    let amounts: BTreeMap<&EffectId, i64> =
        unsettled(held).map(|(_, effect)| (&effect.id, effect.amount.map_or(0, Money::minor))).collect();
    amounts.values().sum()
}

/// The goods that an effect has hold of.
fn lines_of(held: &[(Piece, Effect)], id: &EffectId) -> Vec<LineQuantity> {
    let own = held.iter().filter(|(_, effect)| &effect.id == id);
    pieces::lines(&own.map(|(piece, _)| piece.clone()).collect::<Vec<_>>())
}

fn claimed(held: &[(Piece, Effect)]) -> Vec<LineQuantity> {
    let pieces: Vec<Piece> = unsettled(held).map(|(piece, _)| piece.clone()).collect();
    pieces::lines(&pieces)
}
