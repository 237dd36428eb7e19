//! What came of a wish for money back, in the words of its receipt.

use serde_json::Value;

use super::values::{date, money, quoted};
use super::{OFFER_PERSON, join};
use crate::model::offline::receipts::{list, text};

/// What a receipt says; `as_of` is the day of the order's receipt. `fresh`: it came of what the shopper just said.
pub fn told(receipt: &Value, as_of: Option<&str>, fresh: bool) -> String {
    let number = text(receipt, "order_number").unwrap_or_default();
    let amount = money(receipt.get("amount")).map(|amount| format!(" of {amount}")).unwrap_or_default();
    let what = match goods(receipt) {
        goods if goods.is_empty() => format!("order {number}"),
        goods => format!("{goods} of order {number}"),
    };
    match text(receipt, "decision").unwrap_or_default() {
        "refunded" => {
            let amount = money(receipt.get("amount")).unwrap_or_default();
            let already = if fresh { "" } else { " already" };
            format!("I have{already} refunded {amount} for {what}, to your original payment.")
        }
        "submitted" => {
            format!("The refund{amount} for {what} has been submitted; it is not confirmed yet.")
        }
        "waiting_for_approval" if fresh => {
            format!("A colleague has to approve the refund{amount} for {what} first.")
        }
        "waiting_for_approval" => {
            format!("The refund{amount} for {what} is still waiting for approval.")
        }
        "being_checked" => {
            format!("I can't tell yet whether the refund{amount} went through; it is being checked.")
        }
        "failed" => format!("The refund{amount} for {what} did not go through."),
        "can_be_refunded_now" => format!("I can refund{} for {what}.", amount.replacen(" of", "", 1)),
        "needs_approval" => format!("A colleague would have to approve the refund{amount} for {what} first."),
        "not_possible" => refused(receipt, as_of),
        _ => String::new(),
    }
}

pub fn goods(receipt: &Value) -> String {
    let item = |item: &Value| {
        let title = quoted(text(item, "title")?);
        Some(match item.get("quantity").and_then(Value::as_u64).unwrap_or(1) {
            1 => format!("one {title}"),
            several => format!("{several} × {title}"),
        })
    };
    let items: Vec<String> = list(receipt, "items").iter().filter_map(item).collect();
    super::values::enumerate(&items)
}

fn refused(receipt: &Value, as_of: Option<&str>) -> String {
    let titles = || list(receipt, "items").iter().filter_map(|item| text(item, "title"));
    let why = match text(receipt, "reason").unwrap_or_default() {
        "not_so_many_left" => return left(receipt.get("left").unwrap_or(&Value::Null)),
        "outside_window" => join(list(receipt, "windows").iter().filter_map(|window| closed(window, as_of))),
        "final_sale" => {
            let excluded = list(receipt, "excluded").iter().filter_map(|excluded| text(excluded, "title"));
            join(excluded.map(|title| format!("{} is final sale, so it can't be returned.", quoted(title))))
        }
        "goods_first" => {
            let goods = titles().map(|title| format!("{} has to come back first.", quoted(title)));
            join(goods.chain([OFFER_PERSON.to_owned()]))
        }
        _ => String::new(),
    };
    if !why.is_empty() {
        return why;
    }
    let refused = titles().map(|title| format!("I'm sorry, I can't refund {}.", quoted(title)));
    join(refused.chain(undelivered(receipt)).chain([OFFER_PERSON.to_owned()]))
}

/// What the shopper does not have yet, where that is why.
pub fn undelivered(receipt: &Value) -> impl Iterator<Item = String> + '_ {
    let is_why = text(receipt, "reason") == Some("not_delivered");
    let titles = list(receipt, "items").iter().filter_map(|item| text(item, "title"));
    titles.filter(move |_| is_why).map(|title| format!("{} has not been delivered yet.", quoted(title)))
}

fn closed(window: &Value, as_of: Option<&str>) -> Option<String> {
    let open = window.get("open").and_then(Value::as_bool) == Some(true);
    let (title, day) = (text(window, "title")?, text(window, "returnable_until").filter(|_| !open)?);
    Some(format!("I can't refund {}: it could be returned until {}.", quoted(title), date(day, as_of)))
}

pub fn left(left: &Value) -> String {
    let title = quoted(text(left, "title").unwrap_or_default());
    match left.get("quantity").and_then(Value::as_u64).unwrap_or(0) {
        0 => format!("Nothing of {title} is left to refund."),
        1 => format!("Only one {title} can still be refunded."),
        several => format!("Only {several} × {title} can still be refunded. How many is it about?"),
    }
}
