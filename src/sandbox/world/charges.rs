//! Payments at Stripe, which the store's platform knows nothing of.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::payment::SettledAs;
use crate::domain::money::Money;

/// A payment intent whose one charge succeeded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    pub id: String,
    pub charge: String,
    pub at: Timestamp,
    pub amount: Money,
    pub email: Option<String>,
    pub metadata: BTreeMap<String, String>,
    /// The payer's bank has been asked to take it back.
    pub disputed: bool,
    /// Oldest first.
    pub refunds: Vec<IntentRefund>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntentRefund {
    pub id: String,
    pub at: Timestamp,
    pub amount: Money,
    pub reason: Option<String>,
    pub metadata: BTreeMap<String, String>,
    /// When a bank that takes its time decides, and how.
    pub decision: Option<(Timestamp, SettledAs)>,
}

/// A key under which something was done, and how that was answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    pub key: String,
    pub at: Timestamp,
    /// The parameters that it was used with, in one order.
    pub parameters: Vec<(String, String)>,
    /// Id of the refund.
    pub refund: String,
}

impl IntentRefund {
    /// The vendor's word for how far it is.
    pub fn status(&self, now: Timestamp) -> &'static str {
        match self.decision {
            Some((at, _)) if at > now => "pending",
            Some((_, SettledAs::Failure)) => "failed",
            Some((_, SettledAs::Success)) | None => "succeeded",
        }
    }
}

impl Intent {
    /// What went back or is on its way: what failed is with the store again.
    pub fn refunded(&self, now: Timestamp) -> Money {
        let counted = self.refunds.iter().filter(|refund| refund.status(now) != "failed");
        Money::from_minor(counted.map(|refund| refund.amount.minor()).sum(), self.amount.currency())
    }
}
