//! Money back for goods that came back: the platform deals with the return and pays in one step.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;

use super::{Absent, Deed, Found, refund::Refund};
use crate::agents::language::Lines;
use crate::desk::StoreSetup;
use crate::domain::effect::{Effect, Permit};
use crate::domain::event::HandoffReason;
use crate::integrations::{Urgency, VendorError, WriteError};
use crate::tools::returns::Settled;

pub struct ReturnRefund;

#[async_trait]
impl Deed for ReturnRefund {
    async fn send(&self, setup: &StoreSetup, effect: &Effect, permit: Permit) -> Result<Found, WriteError> {
        setup.writers.returns.process(permit, &effect.request).await.map(Found::from)
    }

    async fn find(&self, setup: &StoreSetup, effect: &Effect, urgency: Urgency) -> Result<Option<Found>, VendorError> {
        let (Some(order), Some(due), Ok(of)) = (&effect.order, effect.amount, Settled::deserialize(&effect.wish))
        else {
            return Ok(None);
        };
        Ok(setup.readers.returns.processed(order, &of.returned, due, urgency).await?.map(Found::from))
    }

    /// What is dealt with is not dealt with twice: the platform refuses, and nothing is paid again.
    fn when_absent(&self, _: &StoreSetup, _: Duration) -> Absent {
        Absent::SendAgain
    }

    fn line(&self, lines: &Lines, effect: &Effect, order: &str, found: &Found) -> Option<String> {
        Refund.line(lines, effect, order, found)
    }

    fn not_done(&self, lines: &Lines, order: &str) -> Option<String> {
        Refund.not_done(lines, order)
    }

    fn left_to_people(&self) -> Option<HandoffReason> {
        Refund.left_to_people()
    }
}
