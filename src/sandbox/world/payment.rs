//! What happens to money after the platform has passed a request on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::World;

/// A gateway that first answers `PENDING`, and decides later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlowRefunds {
    /// `shopify_payments`, `gift_card`, …
    pub gateway: String,
    pub after_seconds: u32,
    pub end: SettledAs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SettledAs {
    Success,
    Failure,
}

impl SettledAs {
    /// The platform's word for it.
    pub fn status(self) -> &'static str {
        match self {
            Self::Success => "SUCCESS",
            Self::Failure => "FAILURE",
        }
    }
}

/// A decision that a gateway will have made at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    pub at: Timestamp,
    pub order: u64,
    pub transaction: u64,
    pub end: SettledAs,
}

/// A key under which the platform did something, and what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnsweredKey {
    pub key: String,
    pub at: Timestamp,
    /// Of the parameters that it was used with.
    pub fingerprint: String,
    pub order: u64,
    pub refund: u64,
}

impl World {
    /// Whether something is due that the world does not know yet.
    pub fn has_due(&self, now: Timestamp) -> bool {
        self.settlements.iter().any(|settlement| settlement.at <= now)
            || self.cancel_jobs.iter().any(|job| !job.done && job.at <= now)
    }

    /// Lets happen what is due by now.
    pub fn settle(&mut self, now: Timestamp) {
        self.work_off_cancellations(now);
        let (due, later): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.settlements).into_iter().partition(|settlement| settlement.at <= now);
        self.settlements = later;
        for settlement in &due {
            self.decide(settlement);
        }
    }

    fn decide(&mut self, settlement: &Settlement) {
        let Some(order) = self.order_mut(settlement.order) else { return };
        if let Some(transaction) = order.transactions.iter_mut().find(|it| it.id == settlement.transaction) {
            transaction.status = settlement.end.status().to_owned();
            order.updated_at = order.updated_at.max(settlement.at);
        }
    }
}
