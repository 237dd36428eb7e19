//! What a model is told of a return: the goods, the decision, the way back, and what becomes of the money.

use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::assessment::{Arrival, Returning};
use super::way::Way;
use crate::domain::effect::{Effect, EffectState};
use crate::domain::order::{LineQuantity, Order};
use crate::integrations::commerce::returns::{ReturnFile, ReturnState};
use crate::integrations::shipping::labels::Label;
use crate::policy::decision::{Decision, Verdict};
use crate::policy::labels::Labels;
use crate::tools::books::Standing;
use crate::tools::orders::outcome;
use crate::tools::refunds::{GoodsWish, days, outline, refused, short, told};

/// How far a return has come.
pub struct Progress<'a> {
    /// As the platform has it.
    pub file: Option<ReturnFile>,
    pub label: Option<Label>,
    /// The purchase of the label.
    pub labelling: Option<Effect>,
    pub way: Option<Way>,
    /// What the money would be if the goods were back.
    pub money: Standing<Arrival>,
    pub labels: &'a Labels,
    pub zone: &'a TimeZone,
}

/// How a wish stands before anything is done.
pub fn standing(order: &Order, wish: &GoodsWish, standing: &Standing<Returning>) -> Value {
    match standing {
        Standing::Open(returning) => open(order, returning),
        Standing::Held { effect, lines } => told(order, lines, effect),
        Standing::Short { line, left } => short(order, &wish.lines, line, *left),
        Standing::Refused => refused(order, &wish.lines),
    }
}

fn open(order: &Order, returning: &Returning) -> Value {
    let decision = &returning.decision;
    let word = match decision.verdict {
        Verdict::Allow => "can_be_returned",
        Verdict::NeedsApproval(_) => "needs_approval",
        Verdict::Person(_) => "a_person_decides",
        Verdict::Deny(_) => "not_possible",
    };
    let mut receipt = outline(order, &returning.lines, word);
    receipt.insert("reason".to_owned(), json!(decision.verdict.code()));
    receipt.extend(days(&decision.facts, order));
    if matches!(decision.verdict, Verdict::Allow | Verdict::NeedsApproval(_)) {
        receipt.insert("terms".to_owned(), json!(decision.facts.terms));
        receipt.extend(returning.money.as_ref().map(|money| ("refund".to_owned(), on_arrival(money))));
    }
    Value::Object(receipt)
}

/// What became of a return.
pub fn returned(order: &Order, lines: &[LineQuantity], effect: &Effect, progress: &Progress<'_>) -> Value {
    let mut receipt = outline(order, lines, word(effect, progress.file.as_ref()));
    receipt.insert("effect".to_owned(), json!(effect.id));
    if let Some(file) = &progress.file {
        receipt.insert("return".to_owned(), json!(file.name));
        if effect.request.is_empty() {
            receipt.insert("opened_by_staff".to_owned(), json!(true));
        }
        receipt.extend(label(file, progress).map(|label| ("label".to_owned(), label)));
    }
    if let Some(way) = progress.way {
        receipt.insert("parcel".to_owned(), parcel(way, progress.zone));
    }
    receipt.extend(money(&progress.money).map(|money| ("refund".to_owned(), money)));
    Value::Object(receipt)
}

/// The goods of a refund are on their way back, and not there yet.
pub fn not_arrived(order: &Order, lines: &[LineQuantity], effect: &Effect, progress: &Progress<'_>) -> Value {
    let Value::Object(mut receipt) = returned(order, lines, effect, progress) else { return Value::Null };
    receipt.insert("decision".to_owned(), json!("not_possible"));
    receipt.insert("reason".to_owned(), json!("goods_not_arrived"));
    Value::Object(receipt)
}

/// What would be paid for goods of a return that are back.
pub fn quoted(order: &Order, lines: &[LineQuantity], effect: &Effect, progress: &Progress<'_>) -> Value {
    let Value::Object(mut receipt) = returned(order, lines, effect, progress) else { return Value::Null };
    if let Standing::Open(arrival) = &progress.money {
        let word = match arrival.decision.verdict {
            Verdict::Allow => "can_be_refunded_now",
            Verdict::NeedsApproval(_) => "needs_approval",
            Verdict::Person(_) => "a_person_decides",
            Verdict::Deny(_) => "not_possible",
        };
        receipt.insert("decision".to_owned(), json!(word));
        receipt.insert("reason".to_owned(), json!(arrival.decision.verdict.code()));
        receipt.insert("amount".to_owned(), json!(arrival.decision.pays));
    }
    Value::Object(receipt)
}

/// None before the return is open, where the store sends no labels, and where its people sent one.
fn label(file: &ReturnFile, progress: &Progress<'_>) -> Option<Value> {
    if let Some(label) = &progress.label {
        let Label { carrier, tracking_number, url, .. } = label;
        return Some(json!({
            "state": "ready", "carrier": carrier, "tracking_number": tracking_number, "url": url,
        }));
    }
    let is_wanted = file.state == ReturnState::Open && file.parcels.is_empty() && progress.labels.are_sent();
    let is_left_to_people = progress.labelling.as_ref().is_some_and(|effect| effect.state == EffectState::Failed);
    let state = if is_left_to_people { "a_person_sends_it" } else { "being_checked" };
    is_wanted.then(|| json!({"state": state}))
}

fn word(effect: &Effect, file: Option<&ReturnFile>) -> &'static str {
    match (&effect.state, file.map(|file| &file.state)) {
        (EffectState::Confirmed, Some(ReturnState::Requested)) => "requested",
        (EffectState::Confirmed, Some(ReturnState::Declined | ReturnState::Canceled)) => "failed",
        _ => outcome(effect, "return_open"),
    }
}

fn parcel(way: Way, zone: &TimeZone) -> Value {
    match way {
        Way::NotSent => json!({"status": "not_sent_yet"}),
        Way::UnderWay => json!({"status": "under_way"}),
        Way::Arrived(at) => json!({"status": "arrived", "arrived_on": at.to_zoned_datetime(zone.clone()).date()}),
    }
}

fn money(standing: &Standing<Arrival>) -> Option<Value> {
    match standing {
        Standing::Open(arrival) => Some(on_arrival(&arrival.decision)),
        Standing::Held { effect, .. } => {
            let done = if effect.watched { "submitted" } else { "refunded" };
            Some(json!({"effect": effect.id, "decision": outcome(effect, done), "amount": effect.amount}))
        }
        Standing::Short { .. } | Standing::Refused => None,
    }
}

fn on_arrival(decision: &Decision) -> Value {
    let word = match decision.verdict {
        Verdict::Allow => "on_arrival",
        Verdict::NeedsApproval(_) => "on_arrival_with_approval",
        Verdict::Person(_) | Verdict::Deny(_) => "a_person_decides",
    };
    let mut refund = Map::new();
    refund.insert("decision".to_owned(), json!(word));
    refund.extend(decision.pays.map(|pays| ("amount".to_owned(), json!(pays))));
    Value::Object(refund)
}
