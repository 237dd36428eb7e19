//! The answers about refunds as they come.

use serde::Deserialize;

use super::super::graphql::UserError;
use super::super::wire::{Bag, Id};
use super::Nodes;
use super::record::WireTransaction;

/// An order with what would be paid back.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suggesting {
    #[serde(flatten)]
    order: SuggestedOrder,
    suggested_refund: Option<Suggestion>,
}

impl Suggesting {
    pub fn parts(self) -> Option<(SuggestedOrder, Suggestion)> {
        Some((self.order, self.suggested_refund?))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuggestedOrder {
    pub presentment_currency_code: String,
    /// Whether prices hold the taxes, so that these must not be added.
    pub taxes_included: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suggestion {
    pub amount_set: Bag,
    pub maximum_refundable_set: Bag,
    pub refund_line_items: Vec<SuggestedLine>,
    pub shipping: SuggestedShipping,
    pub suggested_transactions: Vec<SuggestedTransaction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuggestedLine {
    pub line_item: Id,
    pub quantity: u32,
    pub subtotal_set: Bag,
    pub total_tax_set: Bag,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuggestedShipping {
    pub amount_set: Bag,
    pub tax_set: Bag,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuggestedTransaction {
    pub gateway: Option<String>,
    pub amount_set: Bag,
    pub parent_transaction: Option<Payment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payment {
    pub id: String,
    pub manual_payment_gateway: bool,
}

#[derive(Deserialize)]
pub struct Noted {
    pub refunds: Vec<NotedRefund>,
}

#[derive(Deserialize)]
pub struct NotedRefund {
    pub id: String,
    pub note: Option<String>,
}

#[derive(Deserialize)]
pub struct OneRefund {
    pub refund: Option<WireRefund>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireRefund {
    pub id: String,
    pub total_refunded_set: Bag,
    pub transactions: Nodes<WireTransaction>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Created {
    pub refund_create: Option<CreatedRefund>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatedRefund {
    pub refund: Option<WireRefund>,
    pub user_errors: Vec<UserError>,
}
