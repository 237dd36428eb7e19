//! What came of a wish to send goods back, in the words of its receipt.

use serde_json::Value;

use super::refunds::{self, goods};
use super::values::{date, money, quoted};
use super::{OFFER_PERSON, join};
use crate::model::offline::receipts::{is, list, text};

pub const EXCHANGE: &str = "I can't exchange items myself. I can help with a return, and a colleague can help with an exchange. Shall I bring in a person?";
pub const CANNOT_UNDO: &str = "I can't undo that myself. Shall I bring in a person?";

/// What the shopper wants to know of a return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// It was asked for just now.
    All,
    /// How the goods are sent.
    Way,
    /// Whether they have arrived, and the money.
    Standing,
}

/// What a receipt says; `as_of` is the day of the order's receipt.
pub fn told(receipt: &Value, as_of: Option<&str>, side: Side) -> String {
    // The goods are in a refund already: it is that refund's receipt.
    if text(receipt, "refund").is_some() {
        return refunds::told(receipt, as_of, false);
    }
    let (number, goods) = (text(receipt, "order_number").unwrap_or_default(), goods(receipt));
    match text(receipt, "decision").unwrap_or_default() {
        "return_open" => open(receipt, as_of, side),
        "requested" => {
            format!(
                "I have requested a return for {goods} of order {number}; the store has to approve the return first."
            )
        }
        "waiting_for_approval" => format!("A colleague has to approve the return of {goods} of order {number} first."),
        "being_checked" => "I can't tell yet whether the return was opened; it is being checked.".to_owned(),
        "not_possible" => refused(receipt, as_of),
        "can_be_returned" => join([may_come_back(receipt, as_of), terms(receipt), would_follow(receipt)]),
        "needs_approval" => format!("A colleague would have to approve the return of {goods} of order {number} first."),
        _ => String::new(),
    }
}

/// Until when, for each of the goods.
fn may_come_back(receipt: &Value, as_of: Option<&str>) -> String {
    let until = |title: &str| {
        let own = |window: &&Value| text(window, "title") == Some(title);
        let day = list(receipt, "windows").iter().find(own).and_then(|window| text(window, "returnable_until"));
        let until = day.map_or_else(String::new, |day| format!(" until {}", date(day, as_of)));
        format!("{} can be returned{until}.", quoted(title))
    };
    join(list(receipt, "items").iter().filter_map(|item| text(item, "title")).map(until))
}

fn would_follow(receipt: &Value) -> String {
    let Some(refund) = receipt.get("refund") else { return String::new() };
    match (text(refund, "decision").unwrap_or_default(), money(refund.get("amount"))) {
        ("on_arrival", Some(amount)) => format!("If you send it back, {amount} is refunded once it arrives."),
        _ => String::new(),
    }
}

fn open(receipt: &Value, as_of: Option<&str>, side: Side) -> String {
    let opened = || {
        let name =
            text(receipt, "return").map(|name| format!("return {name}")).unwrap_or_else(|| "a return".to_owned());
        let number = text(receipt, "order_number").unwrap_or_default();
        let goods = goods(receipt);
        match is(receipt, "opened_by_staff") {
            true => format!("Your {name} for {goods} of order {number} is open."),
            false => format!("I have opened {name} for {goods} of order {number}."),
        }
    };
    let parts = match side {
        Side::All => vec![opened(), label(receipt), terms(receipt), following(receipt)],
        Side::Way => vec![label(receipt), terms(receipt)],
        Side::Standing => vec![parcel(receipt, as_of), following(receipt)],
    };
    let told = join(parts);
    if told.is_empty() { opened() } else { told }
}

fn label(receipt: &Value) -> String {
    let Some(label) = receipt.get("label") else { return String::new() };
    let carrier = text(label, "carrier").map(|carrier| format!(" with {carrier}")).unwrap_or_default();
    match text(label, "state").unwrap_or_default() {
        "ready" => join([
            text(label, "url").map(|url| format!("Here is your label: {url}")).unwrap_or_default(),
            format!("Print the label, put it on the parcel, and drop the parcel off{carrier}."),
        ]),
        "being_checked" => "The label is still being checked.".to_owned(),
        "a_person_sends_it" => "A colleague will send you the label.".to_owned(),
        _ => String::new(),
    }
}

fn terms(receipt: &Value) -> String {
    let Some(terms) = receipt.get("terms") else { return String::new() };
    let shopper_pays = text(terms, "label_paid_by") == Some("shopper") && receipt.get("label").is_some();
    let fee = terms.get("restocking_fee_percent").and_then(Value::as_u64).filter(|fee| *fee > 0);
    let fee = fee.map(|fee| format!("A restocking fee of {fee}% is kept."));
    let label = shopper_pays.then(|| "You pay for the label.".to_owned());
    [label, fee].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn parcel(receipt: &Value, as_of: Option<&str>) -> String {
    let name = text(receipt, "return").map(|name| format!(" {name}")).unwrap_or_default();
    let Some(parcel) = receipt.get("parcel") else { return String::new() };
    match text(parcel, "status").unwrap_or_default() {
        "not_sent_yet" => format!("Your return{name} has not arrived yet."),
        "under_way" => format!("Your return{name} is on its way back."),
        "arrived" => match text(parcel, "arrived_on") {
            Some(day) => format!("Your return{name} arrived on {}.", date(day, as_of)),
            None => format!("Your return{name} has arrived."),
        },
        _ => String::new(),
    }
}

/// What becomes of the money.
fn following(receipt: &Value) -> String {
    let Some(refund) = receipt.get("refund") else { return String::new() };
    let amount = money(refund.get("amount"));
    let of = amount.as_ref().map(|amount| format!(" of {amount}")).unwrap_or_default();
    let goods = goods(receipt);
    match (text(refund, "decision").unwrap_or_default(), amount) {
        ("on_arrival", Some(amount)) => format!("Once the parcel arrives, {amount} is refunded."),
        ("on_arrival", None) => "Once the parcel arrives, the refund follows.".to_owned(),
        ("on_arrival_with_approval", _) => {
            format!("Once the parcel arrives, a colleague has to approve the refund{of}.")
        }
        ("refunded", Some(amount)) => format!("{amount} has been refunded for {goods}."),
        ("submitted", _) => format!("The refund{of} for {goods} has been submitted; it is not confirmed yet."),
        ("waiting_for_approval", _) => format!("The refund{of} for {goods} is waiting for approval."),
        ("being_checked", _) => {
            format!("I can't tell yet whether the refund{of} went through; it is being checked.")
        }
        _ => String::new(),
    }
}

fn refused(receipt: &Value, as_of: Option<&str>) -> String {
    let titles = || list(receipt, "items").iter().filter_map(|item| text(item, "title"));
    let why = match text(receipt, "reason").unwrap_or_default() {
        "not_so_many_left" => return refunds::left(receipt.get("left").unwrap_or(&Value::Null)),
        "outside_window" => join(list(receipt, "windows").iter().filter_map(|window| closed(window, as_of))),
        "final_sale" => {
            let excluded = list(receipt, "excluded").iter().filter_map(|excluded| text(excluded, "title"));
            join(excluded.map(|title| format!("{} is final sale, so it can't be returned.", quoted(title))))
        }
        _ => String::new(),
    };
    if !why.is_empty() {
        return why;
    }
    let refused = titles().map(|title| format!("I'm sorry, {} can't be returned.", quoted(title)));
    join(refused.chain(refunds::undelivered(receipt)).chain([OFFER_PERSON.to_owned()]))
}

fn closed(window: &Value, as_of: Option<&str>) -> Option<String> {
    let open = window.get("open").and_then(Value::as_bool) == Some(true);
    let (title, day) = (text(window, "title")?, text(window, "returnable_until").filter(|_| !open)?);
    Some(format!("I'm sorry, {} can't be returned: it could be returned until {}.", quoted(title), date(day, as_of)))
}
