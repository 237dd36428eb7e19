//! Questions about an order.

use serde_json::{Value, json};

use super::changes::{cancelled, orders_for};
use super::identity::{Standing, standing_of};
use super::situation::Situation;
use super::{Decision, Planned, knowledge, people};
use crate::model::offline::receipts::{self, OrderReceipt, error_code};
use crate::model::offline::replies::orders::Known;
use crate::model::offline::replies::{SORRY, changes, join, refunds};
use crate::model::offline::wants::{Want, says_nothing_came};

pub fn about(situation: &Situation, want: Want) -> Decision {
    if let Some(passed) = belongs_elsewhere(situation, want) {
        return passed;
    }
    let want = sharpened(situation, want);
    if is_told_again(situation, want)
        && let Some(decision) = people::escalate(situation, "never_arrived", String::new())
    {
        return decision;
    }
    let orders = match standing_of(situation, own_orders(situation, want)) {
        Standing::Known(orders) => orders,
        open => return open.without_orders().unwrap_or_else(|| Decision::Say(SORRY.to_owned())),
    };
    let calls = tracking_calls(situation, want, &orders);
    if !calls.is_empty() {
        return Decision::Call(calls);
    }
    if matches!(want, Want::NeverArrived { .. } | Want::MissingItem) {
        return missing(situation, want, &orders);
    }
    Decision::Say(join(orders.into_iter().map(|order| match order {
        Ok(receipt) if want == Want::Refunded => refunded(situation, receipt),
        Ok(receipt) => match cancelled(situation, receipt.number()) {
            Some(cancelled) if !matches!(want, Want::Items | Want::Total | Want::Placed) => {
                changes::cancelled(cancelled)
            }
            _ => say(known(situation, receipt), want),
        },
        Err(why) => why,
    })))
}

/// Beside a wish to change an order, the orders that are only asked about.
fn own_orders(situation: &Situation, want: Want) -> Vec<String> {
    let changes = |want: &Want| matches!(want, Want::Cancel | Want::Address | Want::Note) || want.is_for_goods();
    match situation.wants.iter().any(changes) {
        true => orders_for(situation, |own| *own == want),
        false => situation.facts.focus.clone(),
    }
}

fn known<'a>(situation: &'a Situation, receipt: OrderReceipt<'a>) -> Known<'a> {
    Known { receipt, tracking: receipts::tracking(&situation.dialogue, receipt.number()) }
}

fn say(order: Known<'_>, want: Want) -> String {
    match want {
        Want::When => order.when(),
        Want::Carrier => order.carrier(),
        Want::TrackingLink => order.link(),
        Want::Items => order.items(),
        Want::Total => order.total(),
        Want::Placed => order.placed(),
        _ => order.status(),
    }
}

/// What was asked for in this conversation is newer than what the order shows.
fn refunded(situation: &Situation, receipt: OrderReceipt<'_>) -> String {
    let told = receipts::refunds(&situation.dialogue, receipt.number());
    if told.is_empty() {
        return known(situation, receipt).refunded();
    }
    join(told.into_iter().map(|refund| refunds::told(refund, receipt.as_of, false)))
}

/// An agent without the carrier's data passes on what needs it, unless that was answered in this turn.
fn belongs_elsewhere(situation: &Situation, want: Want) -> Option<Decision> {
    if situation.can("track_shipment") {
        return None;
    }
    if !situation.dialogue.now().said.is_empty() && situation.latest_now("transfer_to_agent").is_some() {
        return Some(Decision::Say(String::new()));
    }
    let needs_carrier = !matches!(want, Want::Items | Want::Total | Want::Placed | Want::Refunded);
    (needs_carrier || !situation.can("find_order")).then(|| knowledge::transfer_for_orders(situation)).flatten()
}

/// "But nothing came" after a parcel that is called delivered says that it never arrived.
fn sharpened(situation: &Situation, want: Want) -> Want {
    let delivered = || {
        let mut orders = situation.facts.focus.iter().filter_map(|number| receipts::order(&situation.dialogue, number));
        orders.any(|receipt| known(situation, receipt).is_called_delivered())
    };
    let told = situation.dialogue.now().calls.is_empty();
    if want == Want::Status && told && says_nothing_came(&situation.words) && delivered() && !asks_where(situation) {
        return Want::NeverArrived { sure: true };
    }
    want
}

fn asks_where(situation: &Situation) -> bool {
    situation.words.has("where") && !situation.words.has("not") && !situation.words.has("never")
}

/// The shopper was asked for number and proof, and says again that it never arrived instead.
fn is_told_again(situation: &Situation, want: Want) -> bool {
    let never = matches!(want, Want::NeverArrived { .. } | Want::MissingItem);
    let asked = situation.asked.order_number || situation.asked.proof;
    never && asked && !situation.continues && situation.facts.named_now.is_empty()
}

fn tracking_calls(situation: &Situation, want: Want, orders: &[Result<OrderReceipt<'_>, String>]) -> Vec<Planned> {
    let needed = !matches!(want, Want::Items | Want::Total | Want::Placed | Want::Refunded);
    if !needed || !situation.can("track_shipment") {
        return Vec::new();
    }
    let numbers = orders.iter().flatten().filter(|receipt| receipt.has_parcels()).map(|receipt| receipt.number());
    numbers
        .map(|number| Planned { tool: "track_shipment", arguments: json!({"order_number": number}) })
        .filter(|call| !situation.was_made_now(call) && (is_open(situation, call) || situation.asks_for_update()))
        .collect()
}

/// Whether the carrier was never asked, or could not answer.
fn is_open(situation: &Situation, call: &Planned) -> bool {
    let number = call.arguments.get("order_number").and_then(Value::as_str).unwrap_or("");
    let silent = |tracking: receipts::Tracking<'_>| {
        tracking.shipments.iter().any(|shipment| receipts::text(shipment, "status") == Some("unavailable"))
    };
    receipts::tracking(&situation.dialogue, number).is_none_or(silent)
        && situation
            .made_before(call)
            .and_then(|past| past.result.as_ref())
            .is_none_or(|result| matches!(error_code(result), None | Some("unavailable" | "assurance")))
}

/// Goods that did not come: a person takes over, once the carrier has had its word.
fn missing(situation: &Situation, want: Want, orders: &[Result<OrderReceipt<'_>, String>]) -> Decision {
    let matched: Vec<Known<'_>> = orders.iter().flatten().map(|receipt| known(situation, *receipt)).collect();
    let unmatched: Vec<String> = orders.iter().filter_map(|order| order.as_ref().err().cloned()).collect();
    let sure = matches!(want, Want::NeverArrived { sure: true } | Want::MissingItem);
    let delivered = matched.iter().any(Known::is_called_delivered);
    if !matched.is_empty() && (sure || delivered || situation.is_retold()) {
        let stories: Vec<String> = matched.iter().map(Known::status).collect();
        if let Some(decision) = people::escalate(situation, "never_arrived", stories.join(" ")) {
            return decision;
        }
    }
    Decision::Say(join(matched.iter().map(Known::status).chain(unmatched)))
}
