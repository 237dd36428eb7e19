//! Returns that have come back: what is open of them, what would be paid back for it, and the refund that came of it.
//! Shopify takes no key here, and says nowhere that the note comes back with the refund: what is open tells.

use serde::{Deserialize, Serialize};

use super::super::graphql::changing;
use super::super::refunds::quote::{self, Unquotable};
use super::super::refunds::record;
use super::super::{Shopify, mark, operations, reading, search};
use super::before;
use crate::domain::id::EffectId;
use crate::domain::money::{Currency, Money};
use crate::domain::order::OrderId;
use crate::integrations::commerce::refunds::{RefundRecord, RefundState};
use crate::integrations::commerce::returns::{ReturnPieces, Settlement};
use crate::integrations::{Urgency, VendorError, WriteError};

mod input;
mod wire;

pub use input::Processing;
use wire::{MadeRefund, Processed, Progress, ProgressAnswer, Suggested, Transfer};

#[derive(Serialize)]
struct ProgressOf<'a> {
    id: &'a str,
    #[serde(flatten)]
    sizes: Sizes,
}

/// Of one return. A larger one is told as such.
#[derive(Clone, Copy, Serialize)]
struct Sizes {
    lines: u32,
    ways: u32,
    contents: u32,
    refunds: u32,
}

const SIZES: Sizes = Sizes { lines: 50, ways: 3, contents: 50, refunds: 20 };

#[derive(Serialize)]
struct SettlementOf<'a> {
    id: &'a str,
    lines: Vec<Asked<'a>>,
}

#[derive(Serialize)]
struct Asked<'a> {
    id: &'a str,
    quantity: u32,
}

#[derive(Serialize)]
struct WithInput<T> {
    input: T,
    refunds: u32,
}

#[derive(Deserialize)]
struct OneReturn<T> {
    #[serde(rename = "return")]
    found: Option<T>,
}

impl Shopify {
    /// How far a return of this order has come.
    pub(super) async fn progress(&self, order: &OrderId, id: &str, urgency: Urgency) -> Result<Progress, VendorError> {
        if !search::is_order_id(order.as_str()) {
            return Err(self.graphql.refused("this is no id of an order"));
        }
        let call = self.graphql.call(&operations::RETURN_PROGRESS, urgency);
        let variables = ProgressOf { id, sizes: SIZES };
        let answer: OneReturn<ProgressAnswer> =
            self.graphql.run(&operations::RETURN_PROGRESS, &variables, &call).await?;
        let found = answer.found.ok_or_else(|| self.graphql.refused("it shows no such return"))?;
        if found.order.id != order.as_str() {
            return Err(self.graphql.refused("the return belongs to another order"));
        }
        let progress = found.whole().ok_or_else(|| self.graphql.refused("the return is too large to be read whole"))?;
        progress.map_err(|problem| self.graphql.garbled(problem))
    }

    pub(super) async fn settlement_of(
        &self,
        order: &OrderId,
        id: &str,
        urgency: Urgency,
    ) -> Result<Settlement, VendorError> {
        let progress = self.progress(order, id, urgency).await?;
        let (lines, nothing) = (progress.payable(), Money::from_minor(0, progress.currency));
        if lines.is_empty() {
            return Ok(Settlement { lines, amount: nothing, maximum: nothing, shares: Vec::new() });
        }
        let asked = lines.iter().map(|line| Asked { id: &line.line, quantity: line.quantity }).collect();
        let call = self.graphql.call(&operations::RETURN_SETTLEMENT, urgency);
        let variables = SettlementOf { id, lines: asked };
        let answer: OneReturn<Suggested> = self.graphql.run(&operations::RETURN_SETTLEMENT, &variables, &call).await?;
        let suggested = answer.found.and_then(|found| found.suggested_financial_outcome);
        let outcome = suggested.ok_or_else(|| self.graphql.refused("it suggests no outcome of this return"))?;
        settled(lines, outcome, progress.currency).map_err(|problem| match problem {
            Unquotable::Refused(reason) => self.graphql.refused(reason),
            Unquotable::Meaningless(problem) => self.graphql.garbled(problem),
        })
    }

    /// The latest refund of the return that is of this amount: others are somebody else's.
    pub(super) async fn refund_of_return(
        &self,
        progress: &Progress,
        due: Money,
        urgency: Urgency,
    ) -> Result<Option<RefundRecord>, VendorError> {
        let mut latest: Vec<&MadeRefund> = progress.refunds.iter().collect();
        latest.sort_by_key(|refund| std::cmp::Reverse(refund.created_at));
        for made in latest {
            let record = self.refund_by_id(&made.id, urgency).await?;
            if is_of(&record, due) {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    async fn refund_by_id(&self, id: &str, urgency: Urgency) -> Result<RefundRecord, VendorError> {
        let call = self.graphql.call(&operations::REFUND_BY_ID, urgency);
        let Some(refund) = self.whole_refund(id, &call).await? else {
            return Err(self.graphql.refused("it names a refund that it does not show"));
        };
        record::of(refund).map_err(|problem| self.graphql.garbled(problem))
    }

    pub(super) async fn process_return(
        &self,
        effect: &EffectId,
        wanted: &Processing,
    ) -> Result<RefundRecord, WriteError> {
        let progress = self.progress(&wanted.order, &wanted.id, Urgency::Shopper).await.map_err(before)?;
        if !progress.is_open() {
            let due = wanted.amount().ok_or_else(|| self.not_done("nothing is to be paid back"))?;
            let done = self.refund_of_return(&progress, due, Urgency::Shopper).await.map_err(before)?;
            return done.ok_or_else(|| self.not_done("somebody else has dealt with the return"));
        }
        let input = wanted.input(mark::of(effect), &progress).map_err(|reason| self.not_done(reason))?;
        let variables = WithInput { input, refunds: SIZES.refunds };
        let body = changing::body(&operations::RETURN_PROCESS, &variables);
        let answer: Processed = self.graphql.change(&operations::RETURN_PROCESS, &body).await?;
        let Some(payload) = answer.return_process else { return Err(self.graphql.yes_without("payload")) };
        self.graphql.accepted_change(&payload.user_errors)?;
        let Some(made) = payload.made else { return Err(self.graphql.yes_without("return")) };
        let known = |id: &str| progress.refunds.iter().any(|refund| refund.id == id);
        let new = made.refunds.nodes.into_iter().find(|refund| !known(&refund.id));
        let Some(new) = new else { return Err(self.graphql.yes_without("refund")) };
        self.refund_by_id(&new.id, Urgency::Shopper).await.map_err(WriteError::Unknown)
    }
}

/// Of one that failed less has moved, or nothing.
fn is_of(record: &RefundRecord, due: Money) -> bool {
    match record.state {
        RefundState::Failed => record.amount.minor() <= due.minor() && record.amount.currency() == due.currency(),
        _ => record.amount == due,
    }
}

fn settled(lines: Vec<ReturnPieces>, outcome: wire::Outcome, currency: Currency) -> Result<Settlement, Unquotable> {
    let maximum = reading::money("maximumRefundable", &outcome.maximum_refundable, currency)?;
    match outcome.financial_transfer {
        Some(Transfer::RefundReturnOutcome { amount, suggested_transactions }) => {
            let amount = reading::money("financialTransfer.amount", &amount, currency)?;
            let shares = quote::shares(suggested_transactions, amount, maximum)?;
            Ok(Settlement { lines, amount, maximum, shares })
        }
        None => Ok(Settlement { lines, amount: Money::from_minor(0, currency), maximum, shares: Vec::new() }),
        Some(Transfer::Other) => Err(Unquotable::Refused("it suggests that the shopper pays, not that they are paid")),
    }
}
