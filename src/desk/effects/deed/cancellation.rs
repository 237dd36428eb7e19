//! An order called off, its whole payment back.

use std::time::Duration;

use async_trait::async_trait;

use super::{Absent, Deed, Found, Stage, spoken};
use crate::agents::language::Lines;
use crate::desk::StoreSetup;
use crate::domain::effect::{Effect, Permit};
use crate::domain::money::Money;
use crate::integrations::commerce::cancellations::CancellationRecord;
use crate::integrations::commerce::refunds::RefundState;
use crate::integrations::{Urgency, VendorError, WriteError};

pub struct Cancellation;

#[async_trait]
impl Deed for Cancellation {
    async fn send(&self, setup: &StoreSetup, effect: &Effect, permit: Permit) -> Result<Found, WriteError> {
        let record = setup.writers.cancellations.cancel(permit, &effect.request).await?;
        Ok(found(effect, &record))
    }

    async fn find(&self, setup: &StoreSetup, effect: &Effect, urgency: Urgency) -> Result<Option<Found>, VendorError> {
        let Some(order) = &effect.order else { return Ok(None) };
        let record = setup.readers.cancellations.cancellation_of(order, &effect.id, urgency).await?;
        Ok(record.map(|record| found(effect, &record)))
    }

    /// No platform knows a repeated cancellation from another one, and by then the order may be packed.
    fn when_absent(&self, _: &StoreSetup, _: Duration) -> Absent {
        Absent::Fail
    }

    fn line(&self, lines: &Lines, effect: &Effect, order: &str, found: &Found) -> Option<String> {
        let amount = spoken(effect.amount?);
        Some(match &found.stage {
            Stage::Done => lines.order_cancelled(&amount, order),
            Stage::Pending => lines.cancellation_submitted(&amount, order),
            Stage::Failed(_) => lines.refund_failed(order),
        })
    }
}

/// It is done once all that was to go back has gone back.
fn found(effect: &Effect, record: &CancellationRecord) -> Found {
    let due = effect.amount.map_or(0, Money::minor);
    let stage = match &record.repaid {
        _ if !record.by_effect => Stage::Failed("somebody else has cancelled the order".to_owned()),
        Some((_, RefundState::Failed)) => Stage::Failed("the order is cancelled, but its repayment failed".to_owned()),
        Some((repaid, RefundState::Paid)) if repaid.minor() >= due => Stage::Done,
        None if due == 0 => Stage::Done,
        _ => Stage::Pending,
    };
    Found { reference: None, stage, url: None }
}
