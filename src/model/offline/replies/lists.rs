//! A shopper's list of orders, and the code that opens it.

use serde_json::Value;

use super::values::{date, money};
use super::{OFFER_CODE, OFFER_PERSON, join};
use crate::model::offline::receipts::{is, list, text};

/// The list that `list_orders` returned.
pub fn orders(result: &Value) -> String {
    let as_of = text(result, "as_of");
    let lines: Vec<String> = list(result, "orders").iter().filter_map(|order| line(order, as_of)).collect();
    if lines.is_empty() {
        return "I don't see any orders.".to_owned();
    }
    let more = if is(result, "more") { "There are more orders than these." } else { "" };
    join(["Here are your orders:".to_owned(), lines.join("\n"), more.to_owned()])
}

fn line(order: &Value, as_of: Option<&str>) -> Option<String> {
    let number = text(order, "order_number")?;
    let status = text(order, "status").map(status).unwrap_or_default();
    let placed = text(order, "placed_on").map(|day| format!(", placed on {}", date(day, as_of))).unwrap_or_default();
    let total = money(order.get("total")).map(|total| format!(", {total}")).unwrap_or_default();
    Some(format!("- {number}: {status}{placed}{total}"))
}

fn status(status: &str) -> String {
    status.replace('_', " ")
}

/// What is said after the code went out, or perhaps did.
pub fn code_sent(result: &Value) -> String {
    let address = text(result, "sent_to").unwrap_or("the e-mail address of the order");
    let valid = result.get("valid_minutes").and_then(Value::as_u64);
    let valid = valid.map(|minutes| format!(" The code is valid for {minutes} minutes.")).unwrap_or_default();
    if is(result, "sent") {
        format!("I have sent a code to {address}. Please type it here.{valid}")
    } else {
        "I can't tell whether the code was sent. If you have an e-mail with a code, please type it here. If not, please tell me.".to_owned()
    }
}

/// What is said of a code that was not right.
pub fn code_refused(result: &Value) -> String {
    match result.get("tries_left").and_then(Value::as_u64) {
        Some(0) => format!("That code is not correct, and there are no more tries. {OFFER_CODE}"),
        Some(1) => format!("That code is not correct. You have 1 more try. {OFFER_CODE}"),
        Some(left) => format!("That code is not correct. You have {left} more tries. {OFFER_CODE}"),
        None => format!("That code is not correct. {OFFER_CODE}"),
    }
}

pub fn no_more_codes() -> String {
    format!("I can't do that again. {OFFER_PERSON}")
}
