//! Cancellations at Shopify: a job that is taken on at once and done later. The effect's id begins the staff's note.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::graphql::{UserError, changing};
use super::reading::{Meaningless, word};
use super::refunds::record::{WireTransaction, repaid};
use super::wire::OneOrder;
use super::{Shopify, mark, operations, search};
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;
use crate::domain::order::OrderId;
use crate::integrations::commerce::cancellations::{
    CancellationDraft, CancellationReader, CancellationReason, CancellationRecord, CancellationWriter,
};
use crate::integrations::http::Call;
use crate::integrations::{Urgency, Vendor, VendorError, WriteError, not_permitted};

/// Longest note that Shopify takes, in characters.
const LONGEST_STAFF_NOTE: usize = 255;
/// Between two looks at a job; doubled each time, up to the second.
const PAUSES: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(2));

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Variables<'a> {
    /// First, because it carries the effect's id.
    staff_note: String,
    order_id: &'a str,
    reason: String,
    restock: bool,
    refund_method: RefundMethod,
    notify: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RefundMethod {
    original_payment_methods_refund: bool,
}

#[derive(Serialize)]
struct ById<'a> {
    id: &'a str,
}

#[derive(Serialize)]
struct OfOrder<'a> {
    order: &'a str,
    transactions: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    order_cancel: Option<Payload>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    job: Option<Job>,
    order_cancel_user_errors: Vec<UserError>,
}

#[derive(Deserialize)]
struct OneJob {
    job: Option<Job>,
}

#[derive(Deserialize)]
struct Job {
    id: String,
    done: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CancelledOrder {
    cancelled_at: Option<Timestamp>,
    cancel_reason: Option<String>,
    cancellation: Option<StaffNote>,
    presentment_currency_code: String,
    transactions: Vec<WireTransaction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StaffNote {
    staff_note: Option<String>,
}

impl CancelledOrder {
    fn record(self, effect: &EffectId) -> Result<Option<CancellationRecord>, Meaningless> {
        let Some(at) = self.cancelled_at else { return Ok(None) };
        let field = "presentmentCurrencyCode";
        let currency = self.presentment_currency_code.parse().map_err(|source| Meaningless::Money { field, source })?;
        let note = self.cancellation.and_then(|cancellation| cancellation.staff_note);
        Ok(Some(CancellationRecord {
            at,
            reason: CancellationReason::from(word(self.cancel_reason.as_deref().unwrap_or("UNKNOWN"))),
            by_effect: mark::begins(note.as_deref(), effect),
            repaid: repaid(&self.transactions, currency)?,
        }))
    }
}

fn variables(draft: &CancellationDraft) -> Variables<'_> {
    let note = format!("{} {}", mark::of(&draft.effect), draft.note);
    Variables {
        staff_note: mark::one_line(&note, LONGEST_STAFF_NOTE),
        order_id: draft.order.as_str(),
        reason: draft.reason.as_str().to_ascii_uppercase(),
        restock: draft.restock,
        refund_method: RefundMethod { original_payment_methods_refund: draft.refund },
        notify: draft.notify,
    }
}

/// How the effect's id stands at the beginning of the request.
fn planted(effect: &EffectId) -> String {
    format!("{{\"variables\":{{\"staffNote\":\"{}", mark::of(effect))
}

/// The order that a request of ours is about.
fn order_of(request: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Body {
        variables: About,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct About {
        order_id: String,
    }
    serde_json::from_str(request).ok().map(|Body { variables }| variables.order_id)
}

impl Shopify {
    async fn until_done(&self, mut job: Job, call: &Call) -> Result<(), VendorError> {
        let (mut pause, longest) = PAUSES;
        while !job.done {
            if Instant::now() + pause >= call.deadline {
                let reason = "it is still at work on the cancellation".to_owned();
                return Err(VendorError::Unavailable { vendor: Vendor::Shopify, reason, request_id: None });
            }
            tokio::time::sleep(pause).await;
            pause = longest.min(pause * 2);
            let answer: OneJob = self.graphql.run(&operations::JOB, &ById { id: &job.id }, call).await?;
            // One that is forgotten has ended.
            let Some(known) = answer.job else { break };
            job = known;
        }
        Ok(())
    }

    async fn cancellation(
        &self,
        order: &str,
        effect: &EffectId,
        call: &Call,
    ) -> Result<Option<CancellationRecord>, VendorError> {
        let variables = OfOrder { order, transactions: operations::MOST_TRANSACTIONS };
        let answer: OneOrder<CancelledOrder> =
            self.graphql.run(&operations::ORDER_CANCELLATION, &variables, call).await?;
        let Some(order) = answer.order else { return Err(self.graphql.refused("it shows no such order")) };
        order.record(effect).map_err(|problem| self.graphql.garbled(problem))
    }

    /// What became of a cancellation that was taken on.
    async fn cancelled(&self, order: &str, effect: &EffectId, job: Job) -> Result<CancellationRecord, VendorError> {
        let call = self.graphql.call(&operations::JOB, Urgency::Shopper);
        self.until_done(job, &call).await?;
        let record = self.cancellation(order, effect, &call).await?;
        let ours = record.filter(|record| record.by_effect);
        ours.ok_or_else(|| self.graphql.refused("its work has ended, and the order is not cancelled by it"))
    }
}

#[async_trait]
impl CancellationReader for Shopify {
    async fn cancellation_of(
        &self,
        order: &OrderId,
        effect: &EffectId,
        urgency: Urgency,
    ) -> Result<Option<CancellationRecord>, VendorError> {
        if !search::is_order_id(order.as_str()) {
            return Err(self.graphql.refused("this is no id of an order"));
        }
        let call = self.graphql.call(&operations::ORDER_CANCELLATION, urgency);
        self.cancellation(order.as_str(), effect, &call).await
    }
}

#[async_trait]
impl CancellationWriter for Shopify {
    fn cancellation_request(&self, draft: &CancellationDraft) -> String {
        changing::body(&operations::ORDER_CANCEL, &variables(draft))
    }

    async fn cancel(&self, permit: Permit, request: &str) -> Result<CancellationRecord, WriteError> {
        let effect = permit.effect();
        let order = order_of(request).filter(|_| request.starts_with(&planted(effect)));
        let Some(order) = order else { return Err(not_permitted(Vendor::Shopify)) };
        let answer: Answer = self.graphql.change(&operations::ORDER_CANCEL, request).await?;
        let Some(payload) = answer.order_cancel else { return Err(self.graphql.yes_without("payload")) };
        self.graphql.accepted_change(&payload.order_cancel_user_errors)?;
        let Some(job) = payload.job else { return Err(self.graphql.yes_without("job")) };
        self.cancelled(&order, effect, job).await.map_err(WriteError::Unknown)
    }
}

#[cfg(test)]
mod tests;
