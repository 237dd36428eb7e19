//! Money back through a payment provider, for what was paid outside of the platform, and then entered in the platform's
//! books, so that it offers these units no more. Both are one effect: it is done when both are.

use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{Absent, Deed, Found, Stage, refund::Refund};
use crate::agents::language::Lines;
use crate::desk::StoreSetup;
use crate::desk::effects::further;
use crate::domain::effect::{Effect, Permit};
use crate::domain::event::HandoffReason;
use crate::integrations::commerce::refunds::RefundState;
use crate::integrations::payments::PaymentRefund as Record;
use crate::integrations::{Urgency, VendorError, WriteError};

/// Both requests, as they will leave.
#[derive(Serialize, Deserialize)]
pub struct Both {
    /// The provider's id of the payment.
    payment: String,
    refund: String,
    entry: String,
}

impl Both {
    pub fn write(payment: &str, refund: String, entry: String) -> String {
        serde_json::json!(Self { payment: payment.to_owned(), refund, entry }).to_string()
    }

    fn read(effect: &Effect) -> Option<Self> {
        serde_json::from_str(&effect.request).ok()
    }
}

pub struct PaymentRefund;

#[async_trait]
impl Deed for PaymentRefund {
    async fn send(&self, setup: &StoreSetup, effect: &Effect, permit: Permit) -> Result<Found, WriteError> {
        let (Some(payments), Some(both)) = (&setup.writers.payments, Both::read(effect)) else {
            return Err(WriteError::Refused(no_provider()));
        };
        let record = payments.refund(permit, &both.refund).await?;
        let entered = record.state != RefundState::Failed && enter(setup, effect, &both).await;
        Ok(found(record, entered))
    }

    async fn find(&self, setup: &StoreSetup, effect: &Effect, urgency: Urgency) -> Result<Option<Found>, VendorError> {
        let (Some(payments), Some(both)) = (&setup.readers.payments, Both::read(effect)) else {
            return Err(no_provider());
        };
        match payments.refund_of(&both.payment, &effect.id, urgency).await? {
            Some(record) => Ok(Some(found(record, is_entered(setup, effect, urgency).await?))),
            None => Ok(None),
        }
    }

    /// The money is back, and the platform's books may not know yet.
    async fn go_on(&self, setup: &StoreSetup, effect: &Effect) {
        let Some(both) = Both::read(effect) else { return };
        match is_entered(setup, effect, Urgency::Background).await {
            Ok(true) => {}
            Ok(false) => drop(enter(setup, effect, &both).await),
            Err(error) => tracing::warn!(effect = %effect.id, %error, "whether a refund is entered cannot be read now"),
        }
    }

    fn when_absent(&self, setup: &StoreSetup, sent_ago: Duration) -> Absent {
        let remembered = setup.writers.payments.as_ref().map(|payments| payments.dedupes_for());
        if remembered.is_some_and(|remembered| sent_ago < remembered) {
            Absent::SendAgain
        } else {
            Absent::LeaveToPeople
        }
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

fn found(record: Record, entered: bool) -> Found {
    let stage = match record.state {
        RefundState::Failed => Stage::Failed(format!("the payment refund {} failed", record.id)),
        RefundState::Paid if entered => Stage::Done,
        _ => Stage::Pending,
    };
    Found { reference: Some(record.id), stage, url: None }
}

async fn is_entered(setup: &StoreSetup, effect: &Effect, urgency: Urgency) -> Result<bool, VendorError> {
    let Some(order) = &effect.order else { return Ok(false) };
    Ok(setup.readers.refunds.refund_of(order, &effect.id, urgency).await?.is_some())
}

/// Whether the platform's books have it now. They answer a repeated entry with the first one.
async fn enter(setup: &StoreSetup, effect: &Effect, both: &Both) -> bool {
    match setup.writers.refunds.enter(further(effect), &both.entry).await {
        Ok(_) => true,
        Err(error) => {
            tracing::warn!(effect = %effect.id, %error, "a refund is not entered at the platform yet; it is tried again");
            false
        }
    }
}

fn no_provider() -> VendorError {
    let reason = "no payment provider is configured for it any more".to_owned();
    VendorError::Refused { vendor: crate::integrations::Vendor::Stripe, status: 0, reason, request_id: None }
}
