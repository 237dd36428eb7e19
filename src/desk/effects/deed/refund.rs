//! Money back by the platform, for units or as goodwill.

use std::time::Duration;

use async_trait::async_trait;

use super::{Absent, Deed, Found, Stage, spoken};
use crate::agents::language::Lines;
use crate::desk::StoreSetup;
use crate::domain::effect::{Effect, Permit};
use crate::domain::event::HandoffReason;
use crate::integrations::commerce::refunds::{RefundRecord, RefundState};
use crate::integrations::{Urgency, VendorError, WriteError};

pub struct Refund;

impl From<RefundRecord> for Found {
    fn from(record: RefundRecord) -> Self {
        let stage = match record.state {
            RefundState::Paid => Stage::Done,
            RefundState::Failed => Stage::Failed(format!("the payment of refund {} failed", record.id)),
            RefundState::Pending | RefundState::Other(_) => Stage::Pending,
        };
        Self { reference: Some(record.id), stage, url: None }
    }
}

#[async_trait]
impl Deed for Refund {
    async fn send(&self, setup: &StoreSetup, effect: &Effect, permit: Permit) -> Result<Found, WriteError> {
        setup.writers.refunds.refund(permit, &effect.request).await.map(Found::from)
    }

    async fn find(&self, setup: &StoreSetup, effect: &Effect, urgency: Urgency) -> Result<Option<Found>, VendorError> {
        let Some(order) = &effect.order else { return Ok(None) };
        Ok(setup.readers.refunds.refund_of(order, &effect.id, urgency).await?.map(Found::from))
    }

    fn when_absent(&self, setup: &StoreSetup, sent_ago: Duration) -> Absent {
        if sent_ago < setup.writers.refunds.dedupes_for() { Absent::SendAgain } else { Absent::LeaveToPeople }
    }

    fn line(&self, lines: &Lines, effect: &Effect, order: &str, found: &Found) -> Option<String> {
        let amount = spoken(effect.amount?);
        Some(match &found.stage {
            Stage::Done => lines.refund_made(&amount, order),
            Stage::Pending => lines.refund_submitted(&amount, order),
            Stage::Failed(_) => lines.refund_failed(order),
        })
    }

    fn not_done(&self, lines: &Lines, order: &str) -> Option<String> {
        Some(lines.refund_failed(order))
    }

    fn left_to_people(&self) -> Option<HandoffReason> {
        Some(HandoffReason::RefundFailed)
    }
}
