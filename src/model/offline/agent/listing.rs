//! The list of a shopper's orders, and the code that proves who they are.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::identity::{Standing, standing};
use super::situation::Situation;
use super::{Decision, Planned, knowledge};
use crate::model::offline::lexicon::topics::NEW_CODE;
use crate::model::offline::pattern::Phrases;
use crate::model::offline::receipts::{self, error_code, is, text};
use crate::model::offline::replies::{self, lists};
use crate::model::offline::wants::Want;

static NEW_CODE_PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(NEW_CODE));

/// The orders, or what must happen before they may be shown.
pub fn list(situation: &Situation) -> Decision {
    if !situation.can("list_orders") {
        return knowledge::transfer_for_orders(situation)
            .unwrap_or_else(|| Decision::Say(replies::CANNOT_DO.to_owned()));
    }
    let call = Planned { tool: "list_orders", arguments: json!({"status": status(situation)}) };
    let before = situation.made_before(&call).and_then(|past| past.result.as_ref());
    match before {
        Some(result)
            if error_code(result).is_none() && (situation.was_made_now(&call) || !situation.asks_for_update()) =>
        {
            Decision::Say(lists::orders(result))
        }
        Some(result) if error_code(result) == Some("assurance") && !is_proved_since(situation) => prove(situation),
        Some(result)
            if situation.was_made_now(&call) && error_code(result).is_some() && !is_proved_since(situation) =>
        {
            Decision::Say(replies::CANNOT_DO.to_owned())
        }
        _ if situation.was_made_now(&call) && !is_proved_since(situation) => {
            Decision::Say(replies::CANNOT_DO.to_owned())
        }
        _ => Decision::Call(vec![call]),
    }
}

fn status(situation: &Situation) -> &'static str {
    let has = |word: &str| situation.words.has(word);
    if has("cancelled") || has("canceled") {
        "cancelled"
    } else if has("open") || has("current") || has("pending") {
        "open"
    } else if has("closed") || has("archived") || has("completed") {
        "closed"
    } else {
        "any"
    }
}

/// Whether a code was confirmed after the list was last refused.
fn is_proved_since(situation: &Situation) -> bool {
    let proof = situation.dialogue.calls().enumerate().filter(|(_, call)| {
        call.name == "confirm_verification_code" && call.result.as_ref().is_some_and(|result| is(result, "verified"))
    });
    let refusal = situation.dialogue.calls().enumerate().filter(|(_, call)| call.name == "list_orders");
    match (proof.last(), refusal.last()) {
        (Some((proved, _)), Some((refused, _))) => proved > refused,
        _ => false,
    }
}

/// Matches an order, then sends a code to its e-mail address.
fn prove(situation: &Situation) -> Decision {
    match standing(situation) {
        Standing::Say(_) if situation.facts.focus.is_empty() => Decision::Say(replies::ASK_CODE_ORDER.to_owned()),
        Standing::Known(orders) if orders.iter().any(Result::is_ok) => send(situation),
        Standing::Known(orders) => Decision::Say(replies::join(orders.into_iter().filter_map(Result::err))),
        open => open.without_orders().unwrap_or_else(|| Decision::Say(replies::ASK_CODE_ORDER.to_owned())),
    }
}

pub fn send(situation: &Situation) -> Decision {
    let call = Planned { tool: "send_verification_code", arguments: json!({}) };
    if !situation.can(call.tool) {
        return Decision::Say(replies::CANNOT_DO.to_owned());
    }
    let Some(past) = situation.latest_now(call.tool) else {
        let waiting = receipts::latest(&situation.dialogue, call.tool).and_then(|past| past.result.as_ref());
        return match waiting {
            // It went out in an earlier turn: another one only when the shopper wants it.
            Some(result) if error_code(result).is_none() && !wants_new_code(situation) => {
                Decision::Say(lists::code_sent(result))
            }
            Some(result) if error_code(result) == Some("attempts_used_up") => Decision::Say(lists::no_more_codes()),
            _ => Decision::Call(vec![call]),
        };
    };
    let result = past.result.as_ref().unwrap_or(&Value::Null);
    Decision::Say(match error_code(result) {
        None => lists::code_sent(result),
        Some("attempts_used_up") => lists::no_more_codes(),
        Some("assurance") => replies::ASK_CODE_ORDER.to_owned(),
        Some(_) => replies::CANNOT_DO.to_owned(),
    })
}

fn wants_new_code(situation: &Situation) -> bool {
    let says = NEW_CODE_PHRASES.is_in(&situation.words) && (situation.words.has("code") || situation.asked.new_code);
    says || (situation.asked.new_code && situation.yes)
}

/// A code that was typed, or the wish for another one.
pub fn code(situation: &Situation) -> Option<Decision> {
    if situation.facts.named_now.one_time_code && situation.can("confirm_verification_code") {
        return confirm(situation);
    }
    let waits = receipts::latest(&situation.dialogue, "send_verification_code").is_some();
    (waits && wants_new_code(situation) && situation.latest_now("list_orders").is_none()).then(|| send(situation))
}

fn confirm(situation: &Situation) -> Option<Decision> {
    let call = Planned { tool: "confirm_verification_code", arguments: json!({}) };
    let Some(past) = situation.latest_now(call.tool) else { return Some(Decision::Call(vec![call])) };
    let result = past.result.as_ref().unwrap_or(&Value::Null);
    if is(result, "verified") {
        // What was wanted before the code goes on: the list, as a rule.
        return Some(match situation.wants.iter().find(|want| **want != Want::ListOrders && want.is_about_order()) {
            Some(_) if situation.latest_now("list_orders").is_none() && !was_listing(situation) => return None,
            _ => list(situation),
        });
    }
    Some(Decision::Say(match error_code(result) {
        None => lists::code_refused(result),
        Some("attempts_used_up") => lists::code_refused(&json!({"tries_left": 0})),
        Some(_) => format!(
            "I cannot check that code. {}",
            text(result, "message").map_or(replies::OFFER_CODE, |_| replies::OFFER_CODE)
        ),
    }))
}

fn was_listing(situation: &Situation) -> bool {
    situation.dialogue.calls().any(|call| call.name == "list_orders")
}
