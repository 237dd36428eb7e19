//! The answers about the processing of returns as they come.

use jiff::Timestamp;
use serde::Deserialize;

use super::super::super::graphql::UserError;
use super::super::super::reading::Meaningless;
use super::super::super::refunds::wire::SuggestedTransaction;
use super::super::super::wire::{Bag, Id, Nodes};
use crate::domain::money::Currency;
use crate::integrations::commerce::returns::ReturnPieces;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProgressAnswer {
    pub order: OrderOf,
    return_line_items: Nodes<Line>,
    reverse_fulfillment_orders: Nodes<Way>,
    refunds: Nodes<MadeRefund>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderOf {
    pub id: String,
    presentment_currency_code: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub id: String,
    /// What can be dealt with.
    pub processable_quantity: u32,
    /// What can be paid back: less than that where some was, past the return.
    pub refundable_quantity: u32,
    /// Lines of another kind have none.
    pub fulfillment_line_item: Option<Id>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Way {
    line_items: Nodes<Arriving>,
}

/// A line by which goods come back.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Arriving {
    pub id: String,
    pub fulfillment_line_item: Option<Id>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MadeRefund {
    pub id: String,
    pub created_at: Option<Timestamp>,
}

/// A return, read whole.
pub struct Progress {
    pub currency: Currency,
    pub lines: Vec<Line>,
    pub arriving: Vec<Arriving>,
    pub refunds: Vec<MadeRefund>,
}

impl ProgressAnswer {
    /// `None` where a list goes on.
    pub fn whole(self) -> Option<Result<Progress, Meaningless>> {
        let ways = self.reverse_fulfillment_orders;
        let cut = self.return_line_items.is_cut() || ways.is_cut() || self.refunds.is_cut();
        if cut || ways.nodes.iter().any(|way| way.line_items.is_cut()) {
            return None;
        }
        let currency = self.order.presentment_currency_code.parse();
        let field = "presentmentCurrencyCode";
        Some(currency.map_err(|source| Meaningless::Money { field, source }).map(|currency| Progress {
            currency,
            lines: self.return_line_items.nodes,
            arriving: ways.nodes.into_iter().flat_map(|way| way.line_items.nodes).collect(),
            refunds: self.refunds.nodes,
        }))
    }
}

impl Progress {
    /// Whether anything can still be dealt with.
    pub fn is_open(&self) -> bool {
        self.lines.iter().any(|line| line.processable_quantity > 0)
    }

    /// What can be dealt with and paid back.
    pub fn payable(&self) -> Vec<ReturnPieces> {
        let lines = self.lines.iter().map(|line| ReturnPieces { line: line.id.clone(), quantity: line.payable() });
        lines.filter(|line| line.quantity > 0).collect()
    }
}

impl Line {
    pub fn payable(&self) -> u32 {
        self.processable_quantity.min(self.refundable_quantity)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suggested {
    pub suggested_financial_outcome: Option<Outcome>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outcome {
    pub maximum_refundable: Bag,
    pub financial_transfer: Option<Transfer>,
}

#[derive(Deserialize)]
#[serde(tag = "__typename", rename_all_fields = "camelCase")]
pub enum Transfer {
    RefundReturnOutcome {
        amount: Bag,
        suggested_transactions: Vec<SuggestedTransaction>,
    },
    /// An invoice, or what was added after this was written.
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Processed {
    pub return_process: Option<Payload>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    #[serde(rename = "return")]
    pub made: Option<PaidReturn>,
    pub user_errors: Vec<UserError>,
}

#[derive(Deserialize)]
pub struct PaidReturn {
    pub refunds: Nodes<MadeRefund>,
}
