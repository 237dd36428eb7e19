//! An order that is called off before it leaves: asked for, done, and read again. It cannot be taken back, and no platform
//! answers a repeated request with the first result: what is unknown is read, never sent again.

use async_trait::async_trait;
use jiff::Timestamp;

use super::refunds::RefundState;
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;
use crate::domain::money::Money;
use crate::domain::order::{OrderId, open_enum};
use crate::integrations::{Urgency, VendorError, WriteError};

open_enum! {
    /// Why an order is called off.
    CancellationReason {
        Customer = "customer",
        Declined = "declined",
        Fraud = "fraud",
        Inventory = "inventory",
        Staff = "staff",
    }
}

/// A cancellation to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancellationDraft {
    /// Planted in the request: by it the cancellation is told from others'.
    pub effect: EffectId,
    pub order: OrderId,
    pub reason: CancellationReason,
    /// Whether all that was paid goes back to the payments that it came from.
    pub refund: bool,
    pub restock: bool,
    /// Whether the platform mails the shopper about it.
    pub notify: bool,
    /// For the store's staff.
    pub note: String,
}

/// A cancellation as the platform has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancellationRecord {
    pub at: Timestamp,
    pub reason: CancellationReason,
    /// Whether this effect did it. Else somebody else has.
    pub by_effect: bool,
    /// All that ever went back of what was paid for the order, and how far the slowest of it is; `None`: nothing did.
    pub repaid: Option<(Money, RefundState)>,
}

#[async_trait]
pub trait CancellationReader: Send + Sync {
    /// What the platform has of the order's cancellation; `None` while it is not cancelled.
    async fn cancellation_of(
        &self,
        order: &OrderId,
        effect: &EffectId,
        urgency: Urgency,
    ) -> Result<Option<CancellationRecord>, VendorError>;
}

#[async_trait]
pub trait CancellationWriter: Send + Sync {
    /// The request for this cancellation, as it will leave. Pure.
    fn cancellation_request(&self, draft: &CancellationDraft) -> String;

    /// Sends a request made by [`CancellationWriter::cancellation_request`], and waits until the platform has done it.
    async fn cancel(&self, permit: Permit, request: &str) -> Result<CancellationRecord, WriteError>;
}
