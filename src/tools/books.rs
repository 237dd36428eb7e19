//! All that decides about goods and money, brought together: the policy, the platform's own count, what carriers say, and
//! the ledger. Asked by tools that only tell, and anew by the gate that acts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::clock::Clock;
use crate::domain::customer::Email;
use crate::domain::effect::{Effect, EffectKind, EffectState};
use crate::domain::id::EffectId;
use crate::domain::money::Money;
use crate::domain::order::{Fulfilment, LineQuantity, Order, Piece};
use crate::domain::pieces::{self, Choice, Taken};
use crate::domain::store::StoreProfile;
use crate::integrations::commerce::refunds::{RefundOf, RefundQuote};
use crate::integrations::{Readers, Urgency, VendorError};
use crate::policy::Policy;
use crate::policy::ask::{CarrierWord, Situation, Spent};
use crate::policy::basis::Basis;
use crate::policy::decision::{Decision, Reserve, Scope};
use crate::policy::outlook::Outlook;
use crate::storage::StorageError;
use crate::storage::orders::{Allowance, Hold, OrderEffects};

#[derive(Clone, Copy)]
pub struct Books<'a> {
    pub store: &'a StoreProfile,
    pub policy: &'a Policy,
    pub readers: &'a Readers,
    pub ledger: &'a dyn OrderEffects,
    pub clock: &'a Clock,
}

#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    #[error(transparent)]
    Vendor(#[from] VendorError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// How a wish about money or goods stands.
#[derive(Clone, Debug)]
pub enum Standing<A = Assessment> {
    Open(Box<A>),
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
    /// The platform would not do this, whatever the policy says.
    Refused,
}

/// A wish that nothing stands in the way of but the policy.
#[derive(Clone, Debug)]
pub struct Assessment {
    pub pieces: Vec<Piece>,
    pub of: RefundOf,
    pub quote: RefundQuote,
    /// The payment provider's id of the payment, where the money does not move through the platform.
    pub payment: Option<String>,
    pub basis: Basis,
    pub decision: Decision,
}

impl Assessment {
    /// What the ledger takes hold of for it.
    pub fn hold(&self, order: &Order, amount: Money) -> Hold {
        hold(order, &self.pieces, &self.decision, self.basis.now, amount)
    }
}

pub(super) fn hold(order: &Order, pieces: &[Piece], decision: &Decision, now: Timestamp, amount: Money) -> Hold {
    let allowances = decision.reserves.iter().filter_map(|reserve| allowance(order, reserve, now)).collect();
    Hold { order: order.id.clone(), pieces: pieces.to_vec(), amount: Some(amount), allowances }
}

fn allowance(order: &Order, reserve: &Reserve, now: Timestamp) -> Option<Allowance> {
    Some(Allowance {
        scope: scope(order, reserve.scope)?,
        at: now,
        since: reserve.since(now),
        most: reserve.most.map(Money::minor),
    })
}

/// A limit's name in the ledger. None: nobody knows whose it is.
fn scope(order: &Order, scope: Scope) -> Option<String> {
    match scope {
        Scope::Order => Some(format!("order:{}", order.id.as_str())),
        Scope::Customer => order.owner().map(of_customer),
        Scope::Store => Some(OF_STORE.to_owned()),
    }
}

/// The name of a customer's limit.
pub fn of_customer(email: &Email) -> String {
    format!("customer:{}", email.as_str())
}

/// The name of the store's limit.
pub const OF_STORE: &str = "store";

/// What surrounds a request about an order, as the policy wants to know it.
pub struct Surroundings {
    spent: Spent,
    carriers: Vec<CarrierWord>,
    pub(super) now: Timestamp,
}

impl Surroundings {
    pub fn situation<'a>(&'a self, books: &Books<'a>, order: &'a Order) -> Situation<'a> {
        Situation { order, carriers: &self.carriers, spent: &self.spent, now: self.now, zone: &books.store.zone }
    }
}

/// What effects have hold of, of one order.
pub struct Held {
    rows: Vec<(Piece, Effect)>,
    /// The effect that does not count.
    besides: Option<EffectId>,
}

impl Books<'_> {
    /// What would be decided about the order, before anyone asked; and what it counts against limits.
    pub async fn outlook(&self, order: &Order) -> Result<(Outlook, Spent), BooksError> {
        let held = self.held(order, None).await?;
        let around = self.surroundings(order, &held).await?;
        Ok((self.policy.outlook(&around.situation(self, order)), around.spent))
    }

    /// `besides`: an effect that does not count, because it is the one that is judged once more.
    pub(super) async fn held(&self, order: &Order, besides: Option<&Effect>) -> Result<Held, StorageError> {
        let mut rows = self.ledger.consumed(&self.store.id, &order.id).await?;
        rows.retain(|(_, effect)| besides.is_none_or(|besides| besides.id != effect.id));
        Ok(Held { rows, besides: besides.map(|effect| effect.id.clone()) })
    }

    /// What of the order an effect has hold of, as lines.
    pub async fn lines_of(&self, effect: &Effect) -> Result<Vec<LineQuantity>, StorageError> {
        let Some(order) = &effect.order else { return Ok(Vec::new()) };
        let rows = self.ledger.consumed(&self.store.id, order).await?;
        Ok(Held { rows, besides: None }.lines_of(&effect.id))
    }

    pub(super) async fn surroundings(&self, order: &Order, held: &Held) -> Result<Surroundings, BooksError> {
        let spent = self.spent(order, held).await?;
        Ok(Surroundings { spent, carriers: self.carriers(order).await?, now: self.clock.now() })
    }

    /// What the platform would pay back. None: it would not.
    pub(super) async fn quote(&self, of: &RefundOf) -> Result<Option<RefundQuote>, BooksError> {
        match self.readers.refunds.quote(of, Urgency::Shopper).await {
            Ok(quote) => Ok(Some(quote)),
            Err(VendorError::Refused { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn spent(&self, order: &Order, held: &Held) -> Result<Spent, BooksError> {
        let limits = &self.policy.limits;
        let since = |days: u32| Reserve { scope: Scope::Store, days: Some(days), amount: zero(order), most: None };
        let now = self.clock.now();
        let (customer_since, store_since) =
            (since(limits.customer.days).since(now), since(limits.store.days).since(now));
        let on_order = self.used(order, Scope::Order, Timestamp::MIN, held).await?;
        let by_store = self.used(order, Scope::Store, store_since, held).await?;
        Ok(Spent {
            order: on_order.unwrap_or(zero(order)),
            pending: Money::from_minor(held.pending(), order.currency),
            customer: self.used(order, Scope::Customer, customer_since, held).await?,
            store: by_store.unwrap_or(zero(order)),
            claimed: held.claimed(),
            returns: held.returns(),
        })
    }

    async fn used(
        &self,
        order: &Order,
        whose: Scope,
        since: Timestamp,
        held: &Held,
    ) -> Result<Option<Money>, BooksError> {
        let Some(scope) = scope(order, whose) else { return Ok(None) };
        let used = self.ledger.spent(&self.store.id, &scope, order.currency, since, held.besides.as_ref()).await?;
        Ok(Some(Money::from_minor(used, order.currency)))
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

impl Held {
    /// Units that are paid back or on their way back, those first that were so first. One that came back and is paid for
    /// counts once.
    pub(super) fn taken(&self) -> Vec<Taken> {
        let mut held: Vec<&(Piece, Effect)> =
            self.rows.iter().filter(|(piece, _)| !self.is_paid_return(piece)).collect();
        held.sort_by_key(|(_, effect)| effect.proposed_at);
        held.into_iter()
            .map(|(piece, effect)| match piece {
                Piece::Return(unit) => {
                    Taken { piece: Piece::Unit(unit.clone()), effect: effect.id.clone(), settled: false }
                }
                piece => Taken { piece: piece.clone(), effect: effect.id.clone(), settled: is_counted(effect) },
            })
            .collect()
    }

    fn is_paid_return(&self, piece: &Piece) -> bool {
        let Piece::Return(unit) = piece else { return false };
        self.rows.iter().any(|(other, _)| matches!(other, Piece::Unit(paid) if paid == unit))
    }

    /// The units that are meant, or how the wish stands if they are not free. `besides`: the wish names its units, and none
    /// that others have.
    pub(super) fn choose<A>(
        &self,
        order: &Order,
        wanted: &[LineQuantity],
        besides: bool,
    ) -> Result<Vec<Piece>, Standing<A>> {
        let choose = if besides { pieces::besides } else { pieces::in_all };
        match choose(order, wanted, &self.taken()) {
            Choice::Free(pieces) => Ok(pieces),
            Choice::Short { line, left } => Err(Standing::Short { line, left }),
            Choice::Held(id) => Err(self.standing(&id)),
        }
    }

    /// How a wish stands whose goods this effect has.
    pub(super) fn standing<A>(&self, id: &EffectId) -> Standing<A> {
        let effect = self.rows.iter().map(|(_, effect)| effect).find(|effect| &effect.id == id);
        effect.map_or(Standing::Refused, |effect| Standing::Held {
            effect: Box::new(effect.clone()),
            lines: self.lines_of(id),
        })
    }

    /// Takes a return out, so that it does not stand in its own way. Its units, as those that money is for.
    pub(super) fn take_out(&mut self, of: &Effect) -> Vec<Piece> {
        let (own, others) = std::mem::take(&mut self.rows).into_iter().partition(|(_, effect)| effect.id == of.id);
        self.rows = others;
        let own: Vec<(Piece, Effect)> = own;
        own.into_iter().map(|(piece, _)| piece.came_back()).collect()
    }

    /// The effect that has one of these pieces.
    pub(super) fn holder(&self, pieces: &[Piece]) -> Option<Effect> {
        self.rows.iter().find(|(piece, _)| pieces.contains(piece)).map(|(_, effect)| effect.clone())
    }

    /// The effect of this kind that has hold of something.
    pub(super) fn of_kind(&self, kind: EffectKind) -> Option<&Effect> {
        self.rows.iter().map(|(_, effect)| effect).find(|effect| effect.kind == kind)
    }

    /// What the platform has not counted yet: what is not settled, and goods on their way back.
    fn uncounted(&self) -> impl Iterator<Item = &(Piece, Effect)> {
        self.rows.iter().filter(|(piece, effect)| match piece {
            Piece::Return(_) => !self.is_paid_return(piece),
            _ => !is_counted(effect),
        })
    }

    fn pending(&self) -> i64 {
        let pending = self.uncounted().filter(|(_, effect)| !is_paid_goodwill(effect));
        let amounts: BTreeMap<&EffectId, i64> =
            pending.map(|(_, effect)| (&effect.id, effect.amount.map_or(0, Money::minor))).collect();
        amounts.values().sum()
    }

    fn claimed(&self) -> Vec<LineQuantity> {
        let pieces: Vec<Piece> = self.uncounted().map(|(piece, _)| piece.clone()).collect();
        pieces::lines(&pieces)
    }

    /// The platform's ids of the agent's own returns.
    fn returns(&self) -> Vec<String> {
        let own = self.rows.iter().filter(|(_, effect)| effect.kind == EffectKind::Return);
        own.filter_map(|(_, effect)| effect.vendor_reference.clone()).collect()
    }

    fn lines_of(&self, id: &EffectId) -> Vec<LineQuantity> {
        let own = self.rows.iter().filter(|(_, effect)| &effect.id == id);
        pieces::lines(&own.map(|(piece, _)| piece.clone()).collect::<Vec<_>>())
    }
}

/// Whether the platform's own count of units has those of the effect.
fn is_counted(effect: &Effect) -> bool {
    effect.state == EffectState::Confirmed && effect.kind != EffectKind::Goodwill
}

/// The platform counts its money, and never its units.
fn is_paid_goodwill(effect: &Effect) -> bool {
    effect.state == EffectState::Confirmed && effect.kind == EffectKind::Goodwill
}

fn zero(order: &Order) -> Money {
    Money::from_minor(0, order.currency)
}
