//! The request for a refund. Shopify compares the bytes of a repeated one, so it is written once, here.

use crate::domain::order::LineQuantity;
use serde::Serialize;

use super::super::mark;
use crate::domain::id::EffectId;
use crate::integrations::commerce::refunds::{OutsideRefund, RefundDraft, RefundShare, Restock, RestockedGoods};

/// Longest note of our own before the effect's id, in characters. Shopify names no limit.
const LONGEST_NOTE: usize = 500;

#[derive(Serialize)]
pub struct Variables<'a> {
    key: &'a str,
    input: RefundInput<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RefundInput<'a> {
    order_id: &'a str,
    /// In which the shopper paid. Shopify asks for it where the shop has another; it may always be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'static str>,
    note: String,
    notify: bool,
    refund_line_items: Vec<LineInput<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping: Option<ShippingInput>,
    transactions: Vec<TransactionInput<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LineInput<'a> {
    line_item_id: &'a str,
    quantity: u32,
    restock_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    location_id: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShippingInput {
    /// Of what is left.
    full_refund: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TransactionInput<'a> {
    order_id: &'a str,
    parent_id: &'a str,
    gateway: &'a str,
    kind: &'static str,
    amount: String,
}

impl<'a> LineInput<'a> {
    /// A line of which only the price is asked.
    pub fn asked(line: &'a LineQuantity) -> Self {
        Self::new(line, None)
    }

    fn new(line: &'a LineQuantity, restock: Option<&'a Restock>) -> Self {
        let restock_type = match restock.map(|restock| restock.goods) {
            None => "NO_RESTOCK",
            Some(RestockedGoods::Unsent) => "CANCEL",
            Some(RestockedGoods::Returned) => "RETURN",
        };
        let location_id = restock.map(|restock| restock.location.as_str());
        Self { line_item_id: &line.line, quantity: line.quantity, restock_type, location_id }
    }
}

/// A refund without a transaction: Shopify counts the pieces as paid back, and moves nothing. It mails nobody, because it
/// would tell an amount of nothing.
pub fn entry(entry: &OutsideRefund) -> Variables<'_> {
    let restock = entry.restock.as_ref();
    let input = RefundInput {
        order_id: entry.of.order.as_str(),
        currency: Some(entry.currency.code()),
        note: note(&entry.note, &entry.effect),
        notify: false,
        refund_line_items: entry.of.lines.iter().map(|line| LineInput::new(line, restock)).collect(),
        shipping: entry.of.shipping.then_some(ShippingInput { full_refund: true }),
        transactions: Vec::new(),
    };
    Variables { key: entry.effect.as_str(), input }
}

pub fn variables(draft: &RefundDraft) -> Variables<'_> {
    let order_id = draft.of.order.as_str();
    let restock = draft.restock.as_ref();
    let input = RefundInput {
        order_id,
        currency: draft.shares.first().map(|share| share.amount.currency().code()),
        note: note(&draft.note, &draft.effect),
        notify: draft.notify,
        refund_line_items: draft.of.lines.iter().map(|line| LineInput::new(line, restock)).collect(),
        shipping: draft.of.shipping.then_some(ShippingInput { full_refund: true }),
        transactions: draft.shares.iter().map(|share| transaction(order_id, share)).collect(),
    };
    Variables { key: draft.effect.as_str(), input }
}

fn transaction<'a>(order_id: &'a str, share: &'a RefundShare) -> TransactionInput<'a> {
    TransactionInput {
        order_id,
        parent_id: &share.payment,
        gateway: &share.gateway,
        kind: "REFUND",
        amount: share.amount.decimal(),
    }
}

/// How the effect's id stands at the beginning of the request.
pub fn planted(effect: &EffectId) -> String {
    format!("{{\"variables\":{{\"key\":\"{effect}\",")
}

fn note(words: &str, effect: &EffectId) -> String {
    let words = mark::one_line(words, LONGEST_NOTE);
    format!("{words} {}", mark::of(effect)).trim_start().to_owned()
}

#[cfg(test)]
mod tests;
