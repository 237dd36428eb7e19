//! What a model is told of a change of an order.

use serde_json::{Map, Value, json};

use crate::domain::effect::{Consent, Effect, EffectState};
use crate::domain::order::Order;
use crate::integrations::commerce::changes::Place;
use crate::policy::decision::Verdict;

/// How far an effect has come, in a word; `done` where it is.
pub(in crate::tools) fn outcome<'w>(effect: &Effect, done: &'w str) -> &'w str {
    match (&effect.state, effect.consent) {
        (EffectState::Proposed, Consent::Awaited) => "waiting_for_approval",
        (EffectState::Confirmed, _) => done,
        (EffectState::Failed, _) => "failed",
        _ => "being_checked",
    }
}

/// What became of a cancellation.
pub fn cancellation(order: &Order, effect: &Effect) -> Value {
    let mut receipt = outline(order, outcome(effect, "cancelled"));
    receipt.insert("cancellation".to_owned(), json!(effect.id));
    receipt.insert("amount".to_owned(), json!(effect.amount));
    if effect.state == EffectState::Confirmed {
        let nothing = effect.amount.is_none_or(|amount| amount.minor() == 0);
        let money = match (nothing, effect.watched) {
            (true, _) => "nothing",
            (false, true) => "submitted",
            (false, false) => "refunded",
        };
        receipt.insert("money".to_owned(), json!(money));
    }
    Value::Object(receipt)
}

/// What became of a change of the address.
pub fn change(order: &Order, place: &Place, effect: &Effect) -> Value {
    let mut receipt = outline(order, outcome(effect, "changed"));
    receipt.insert("change".to_owned(), json!(effect.id));
    receipt.insert("address".to_owned(), json!(place));
    Value::Object(receipt)
}

/// The order goes there already.
pub fn unchanged(order: &Order, place: &Place) -> Value {
    let mut receipt = outline(order, "unchanged");
    receipt.insert("address".to_owned(), json!(place));
    Value::Object(receipt)
}

/// What became of a line in the note.
pub fn note(order: &Order, text: &str, effect: &Effect) -> Value {
    let mut receipt = outline(order, outcome(effect, "noted"));
    receipt.insert("note".to_owned(), json!(effect.id));
    receipt.insert("text".to_owned(), json!(text));
    Value::Object(receipt)
}

/// Nothing comes of it: the store's rules, or the platform, are against it.
pub fn denied(order: &Order, verdict: Verdict) -> Value {
    let decision = match verdict {
        Verdict::Deny(_) => "not_possible",
        Verdict::Allow | Verdict::NeedsApproval(_) | Verdict::Person(_) => "a_person_decides",
    };
    let mut receipt = outline(order, decision);
    receipt.insert("reason".to_owned(), json!(verdict.code()));
    Value::Object(receipt)
}

/// The platform has said no.
pub fn refused(order: &Order) -> Value {
    let mut receipt = outline(order, "not_possible");
    receipt.insert("reason".to_owned(), json!("refused_by_platform"));
    Value::Object(receipt)
}

fn outline(order: &Order, decision: &str) -> Map<String, Value> {
    let mut receipt = Map::new();
    receipt.insert("order_number".to_owned(), json!(order.name));
    receipt.insert("decision".to_owned(), json!(decision));
    receipt
}
