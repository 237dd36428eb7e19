//! The tools' results, read leniently: what is absent or of another type is not there.

use serde_json::Value;

use super::dialogue::{Dialogue, PastCall};
use super::entities::same_order;

/// The code of a failed call, and nothing for one that succeeded.
pub fn error_code(result: &Value) -> Option<&str> {
    match result.get("error") {
        Some(error) => Some(error.get("code").and_then(Value::as_str).unwrap_or("unavailable")),
        None if result.is_object() => None,
        None => Some("unavailable"),
    }
}

pub fn text<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

pub fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub fn is(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool) == Some(true)
}

/// An order of a receipt, with the day on which it was read.
#[derive(Clone, Copy, Debug)]
pub struct OrderReceipt<'a> {
    pub order: &'a Value,
    pub as_of: Option<&'a str>,
}

impl<'a> OrderReceipt<'a> {
    pub fn number(self) -> &'a str {
        text(self.order, "order_number").unwrap_or("")
    }

    pub fn status(self) -> &'a str {
        text(self.order, "status").unwrap_or("")
    }

    pub fn shipments(self) -> &'a [Value] {
        list(self.order, "shipments")
    }

    pub fn has_parcels(self) -> bool {
        !self.shipments().is_empty() || matches!(self.status(), "shipped" | "partially_shipped" | "delivered")
    }
}

/// The latest receipt for an order that the shopper calls `number`.
pub fn order<'a>(dialogue: &'a Dialogue, number: &str) -> Option<OrderReceipt<'a>> {
    let current = dialogue.calls().rev().filter(|call| !call.outdated);
    current.filter(|call| matches!(call.name.as_str(), "find_order" | "get_order")).find_map(|call| {
        let result = call.result.as_ref()?;
        let order = result.get("order").filter(|order| order.is_object() && text(order, "order_number").is_some())?;
        let asked = text(&call.arguments, "order_number").unwrap_or("");
        let own = text(order, "order_number").unwrap_or("");
        (same_order(asked, number) || same_order(own, number))
            .then_some(OrderReceipt { order, as_of: text(result, "as_of") })
    })
}

/// What became of wishes for money back, of an order: the latest receipt of each, oldest first.
pub fn refunds<'a>(dialogue: &'a Dialogue, number: &str) -> Vec<&'a Value> {
    let mut found: Vec<&Value> = Vec::new();
    for call in dialogue.calls().filter(|call| matches!(call.name.as_str(), "issue_refund" | "request_goodwill")) {
        let Some(receipt) = call.result.as_ref().filter(|result| text(result, "decision").is_some()) else { continue };
        if text(receipt, "order_number").is_some_and(|own| same_order(own, number)) {
            let effect = text(receipt, "refund");
            found.retain(|known| effect.is_none() || text(known, "refund") != effect);
            found.push(receipt);
        }
    }
    found
}

/// What the carrier said of an order's parcels, with the day on which it was asked.
#[derive(Clone, Copy, Debug)]
pub struct Tracking<'a> {
    pub shipments: &'a [Value],
    pub as_of: Option<&'a str>,
}

pub fn tracking<'a>(dialogue: &'a Dialogue, number: &str) -> Option<Tracking<'a>> {
    dialogue.calls().rev().filter(|call| call.name == "track_shipment" && !call.outdated).find_map(|call| {
        let result = call.result.as_ref().filter(|result| error_code(result).is_none())?;
        let own = text(result, "order_number").or_else(|| text(&call.arguments, "order_number"))?;
        same_order(own, number)
            .then_some(Tracking { shipments: list(result, "shipments"), as_of: text(result, "as_of") })
    })
}

/// The latest call of a tool.
pub fn latest<'a>(dialogue: &'a Dialogue, tool: &str) -> Option<&'a PastCall> {
    dialogue.calls().rev().find(|call| call.name == tool)
}

/// Whether a code was confirmed, or orders were listed: both need more than a matched order.
pub fn is_verified(dialogue: &Dialogue) -> bool {
    dialogue.calls().any(|call| {
        let Some(result) = &call.result else { return false };
        (call.name == "confirm_verification_code" && is(result, "verified"))
            || (call.name == "list_orders" && error_code(result).is_none())
    })
}
