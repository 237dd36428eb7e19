//! What came of a cancellation, a new address or a note, in the words of its receipt.

use serde_json::Value;

use super::OFFER_PERSON;
use super::values::{money, quoted};
use crate::model::offline::receipts::text;

pub const ONLY_ASKED: &str = "Do you want me to change or cancel your order now?";
pub const ASK_ADDRESS: &str =
    "What is the new address? Please tell me the street with its number, the city and the postcode.";
pub const ASK_STREET: &str = "Which street and house number is it?";
pub const ASK_CITY: &str = "Which city is it in?";
pub const ASK_POSTCODE: &str = "Which postcode does the new address have?";
pub const ASK_COUNTRY: &str = "Which country is the new address in?";

pub fn cancelled(receipt: &Value) -> String {
    let number = text(receipt, "order_number").unwrap_or_default();
    let amount = money(receipt.get("amount"));
    let of = amount.as_ref().map(|amount| format!(" of {amount}")).unwrap_or_default();
    match text(receipt, "decision").unwrap_or_default() {
        "cancelled" => match (text(receipt, "money").unwrap_or_default(), amount) {
            ("refunded", Some(amount)) => {
                format!("I have cancelled order {number}, and {amount} has been refunded to your original payment.")
            }
            ("submitted", _) => {
                format!("I have cancelled order {number}. The refund{of} has been submitted; it is not confirmed yet.")
            }
            _ => format!("I have cancelled order {number}."),
        },
        "waiting_for_approval" => format!("A colleague has to approve the cancellation of order {number} first."),
        "being_checked" => "I can't tell yet whether the cancellation went through; it is being checked.".to_owned(),
        "failed" => format!("The cancellation of order {number} did not go through."),
        "not_possible" => refused(receipt),
        _ => String::new(),
    }
}

pub fn moved(receipt: &Value) -> String {
    let number = text(receipt, "order_number").unwrap_or_default();
    let address = receipt.get("address").map(address).unwrap_or_default();
    match text(receipt, "decision").unwrap_or_default() {
        "changed" => format!("I have changed the delivery address of order {number} to {address}."),
        "unchanged" => format!("Order {number} already goes to {address}."),
        "waiting_for_approval" => format!("A colleague has to approve the new address of order {number} first."),
        "being_checked" => format!("The address change of order {number} is being checked."),
        "failed" => format!("The address change of order {number} did not go through."),
        "not_possible" => refused_address(receipt),
        _ => String::new(),
    }
}

pub fn noted(receipt: &Value) -> String {
    let number = text(receipt, "order_number").unwrap_or_default();
    let note = text(receipt, "text").map(quoted).unwrap_or_default();
    match text(receipt, "decision").unwrap_or_default() {
        "noted" => format!("I have added a note to order {number}: {note}"),
        "being_checked" => format!("The note on order {number} is being checked."),
        _ => format!("I could not add the note myself. {OFFER_PERSON}"),
    }
}

/// As it is written on a parcel, without the country.
fn address(address: &Value) -> String {
    let place = ["city", "province", "postcode"].into_iter().filter_map(|key| text(address, key));
    let lines = ["line1", "line2"].into_iter().filter_map(|key| text(address, key)).map(str::to_owned);
    lines.chain([place.collect::<Vec<_>>().join(" ")]).collect::<Vec<_>>().join(", ")
}

fn refused(receipt: &Value) -> String {
    let number = text(receipt, "order_number").unwrap_or_default();
    match text(receipt, "reason").unwrap_or_default() {
        "already_fulfilled" => format!("Order {number} has already been shipped, so it can't be cancelled any more."),
        "already_cancelled" => format!("Order {number} is already cancelled."),
        _ => format!("I'm sorry, order {number} can't be cancelled. {OFFER_PERSON}"),
    }
}

fn refused_address(receipt: &Value) -> String {
    let number = text(receipt, "order_number").unwrap_or_default();
    format!("I'm sorry, the delivery address of order {number} can't be changed. {OFFER_PERSON}")
}
