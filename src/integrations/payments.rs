//! Payments that did not pass through the store's platform, and so cannot be paid back by it.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use super::commerce::refunds::RefundState;
use super::{Urgency, VendorError, WriteError};
use crate::domain::customer::Email;
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;
use crate::domain::money::Money;

pub mod stripe;

/// A payment as the vendor has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    pub id: String,
    /// What was received, in the currency that the customer paid in.
    pub received: Money,
    /// What of it was not paid back and is not on its way back.
    pub refundable: Money,
    /// Whether the money is there: the last try to collect it succeeded.
    pub paid: bool,
    /// Whether the customer's bank has been asked to take it back.
    pub disputed: bool,
    /// Addresses that the payer gave, the one for receipts first.
    pub emails: Vec<Email>,
    /// The store's own notes.
    pub metadata: BTreeMap<String, String>,
}

/// Some or all of a payment to be given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRefundDraft {
    /// Planted in the request: the key under which it happens once, and the note by which it is found again.
    pub effect: EffectId,
    /// The vendor's id of the payment.
    pub payment: String,
    pub amount: Money,
}

/// A refund as the vendor has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentRefund {
    pub id: String,
    pub amount: Money,
    /// A paid one may still fail, days later.
    pub state: RefundState,
    /// The vendor's word for why it failed or is pending.
    pub reason: Option<String>,
}

#[async_trait]
pub trait PaymentReader: Send + Sync {
    /// `None` where the vendor has no such payment. The id may be anybody's text.
    async fn payment(&self, id: &str, urgency: Urgency) -> Result<Option<Payment>, VendorError>;

    /// The refund of this payment that carries this effect's id, if the vendor has it.
    async fn refund_of(
        &self,
        id: &str,
        effect: &EffectId,
        urgency: Urgency,
    ) -> Result<Option<PaymentRefund>, VendorError>;

    /// For `doctor`.
    async fn check(&self) -> Result<String, VendorError>;
}

#[async_trait]
pub trait PaymentWriter: Send + Sync {
    /// For how long the vendor answers a repeated request with the first result instead of paying again.
    fn dedupes_for(&self) -> Duration;

    /// The request for this refund, as it will leave. Pure.
    fn refund_request(&self, draft: &PaymentRefundDraft) -> String;

    /// Sends a request made by [`PaymentWriter::refund_request`].
    async fn refund(&self, permit: Permit, request: &str) -> Result<PaymentRefund, WriteError>;
}
