//! Money back through the platform: asked for, done, and read again.

use async_trait::async_trait;

use crate::domain::effect::Permit;
use crate::domain::id::EffectId;
use crate::domain::money::{Currency, Money};
use crate::domain::order::{LineQuantity, OrderId, open_enum};
use crate::integrations::{Urgency, VendorError, WriteError};

/// What is asked of the platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundOf {
    pub order: OrderId,
    pub lines: Vec<LineQuantity>,
    /// Whether all that is left of the shipping goes back, too.
    pub shipping: bool,
}

/// What the platform itself would pay back: the ceiling of every refund.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundQuote {
    /// For these lines and this shipping, in the currency that the customer paid in.
    pub amount: Money,
    /// Each line that was asked for, in that order, with what is paid back for it, taxes included.
    pub lines: Vec<(LineQuantity, Money)>,
    /// What of `amount` is shipping, taxes included. Nothing where all of it went back before.
    pub shipping: Money,
    /// For the whole order.
    pub maximum: Money,
    /// How the amount is spread over the payments.
    pub shares: Vec<RefundShare>,
    /// It was paid outside of the platform, which can book a refund and move none of the money. There are no shares then.
    pub outside: bool,
}

impl RefundQuote {
    /// Of an order of which nothing is left.
    pub fn nothing(currency: Currency) -> Self {
        let zero = Money::from_minor(0, currency);
        Self { amount: zero, lines: Vec::new(), shipping: zero, maximum: zero, shares: Vec::new(), outside: false }
    }
}

/// A part of a refund that goes back to one payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundShare {
    /// The platform's id of the payment.
    pub payment: String,
    pub gateway: String,
    pub amount: Money,
}

/// What becomes of refunded units that the store has, or will have again. A platform needs to know where to, and whether
/// they had left: units that stay in an order will be sent although they were paid back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restock {
    pub goods: RestockedGoods,
    /// The platform's id of the place.
    pub location: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestockedGoods {
    /// They had not left: they are taken out of what will be sent.
    Unsent,
    /// They had been sent and came back.
    Returned,
}

/// A refund to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundDraft {
    /// Planted in the request: by it the refund is found again.
    pub effect: EffectId,
    pub of: RefundOf,
    pub shares: Vec<RefundShare>,
    /// Where the units go back into stock; `None` leaves stock, and what is still to be sent, as it is.
    pub restock: Option<Restock>,
    /// Whether the platform mails the shopper about it.
    pub notify: bool,
    /// For the store's staff.
    pub note: String,
}

/// Pieces that were paid back outside of the platform, to be entered there: no money moves, but they are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutsideRefund {
    pub effect: EffectId,
    pub of: RefundOf,
    /// In which the shopper paid.
    pub currency: Currency,
    pub restock: Option<Restock>,
    /// For the store's staff.
    pub note: String,
}

/// A refund as the platform has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefundRecord {
    pub id: String,
    /// What moved, or is on its way.
    pub amount: Money,
    pub state: RefundState,
}

open_enum! {
    /// Where the money of a refund is. Several payments: the state of the slowest.
    RefundState {
        Paid = "paid",
        Pending = "pending",
        Failed = "failed",
    }
}

#[async_trait]
pub trait RefundReader: Send + Sync {
    /// What the platform would pay back now. `Refused` where it would not: more units than are left, no such line.
    async fn quote(&self, of: &RefundOf, urgency: Urgency) -> Result<RefundQuote, VendorError>;

    /// The refund that carries this effect's id, if the platform has it.
    async fn refund_of(
        &self,
        order: &OrderId,
        effect: &EffectId,
        urgency: Urgency,
    ) -> Result<Option<RefundRecord>, VendorError>;
}

#[async_trait]
pub trait RefundWriter: Send + Sync {
    /// For how long the platform answers a repeated request with the first result instead of paying again.
    fn dedupes_for(&self) -> std::time::Duration;

    /// The request for this refund, as it will leave. Pure.
    fn request(&self, draft: &RefundDraft) -> String;

    /// Sends a request made by [`RefundWriter::request`].
    async fn refund(&self, permit: Permit, request: &str) -> Result<RefundRecord, WriteError>;

    /// The request that enters what was paid back elsewhere, as it will leave. Pure.
    fn entry_request(&self, entry: &OutsideRefund) -> String;

    /// Sends a request made by [`RefundWriter::entry_request`], which is deduplicated as others are, and is found by
    /// [`RefundReader::refund_of`]. Returns the platform's id of the entry.
    async fn enter(&self, permit: Permit, request: &str) -> Result<String, WriteError>;
}
