//! What staff did in the platform's admin while a conversation went on, as far as orders that were read twice tell it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::deeds::Deed;
use crate::domain::effect::EffectKind;
use crate::domain::event::{Event, EventBody};
use crate::domain::id::{EffectId, TurnId};

/// An order as a receipt showed it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Shown {
    /// Titles with how many of them were paid back.
    refunded: BTreeMap<String, u64>,
    cancelled: bool,
}

/// What staff did between the last look at an order and the first one in this turn. Where the agent itself moved the order's
/// money or goods, nobody can tell who did what.
pub fn of(turn: &TurnId, before: &[Event], after: &[Event], deeds: &[Deed]) -> Vec<Value> {
    let ends = |event: &Event| matches!(&event.body, EventBody::TurnCompleted { turn: ended, .. } if ended == turn);
    let within: Vec<&Event> = after.iter().take_while(|event| !ends(event)).collect();
    let Some(own) = moved(before.iter().chain(within.iter().copied()), deeds) else { return Vec::new() };
    let known: BTreeMap<&str, Shown> = before.iter().filter_map(shown).collect();
    let mut looked_at = BTreeSet::new();
    let mut acts = Vec::new();
    for (order, now) in within.into_iter().filter_map(shown) {
        if !looked_at.insert(order) || own.contains(order) {
            continue;
        }
        acts.extend(known.get(order).and_then(|then| now.since(then, order)));
    }
    acts
}

/// Orders whose money or goods the agent moved, or began to. None: of one such deed nobody told the order.
fn moved<'d>(events: impl Iterator<Item = &'d Event>, deeds: &'d [Deed]) -> Option<BTreeSet<&'d str>> {
    let moves = |event: &Event| match &event.body {
        EventBody::EffectMoved { effect, kind, .. } if moves(*kind) => Some(effect.clone()),
        _ => None,
    };
    let order = |effect: EffectId| deeds.iter().find(|deed| deed.id == effect.as_str())?.order.as_deref();
    events.filter_map(moves).map(order).collect()
}

fn moves(kind: EffectKind) -> bool {
    use EffectKind::{Cancellation, Goodwill, PaymentRefund, Refund, Return, ReturnRefund};
    matches!(kind, Cancellation | Goodwill | PaymentRefund | Refund | Return | ReturnRefund)
}

impl Shown {
    /// The step of a case that leads from the one to the other, if it takes staff to do so.
    fn since(&self, then: &Self, order: &str) -> Option<Value> {
        if self.cancelled && !then.cancelled {
            return Some(json!({ "staff": { "cancel": { "order": order } } }));
        }
        let more = |(title, count): (&String, &u64)| {
            let more = count.saturating_sub(then.refunded.get(title).copied().unwrap_or(0));
            (more > 0).then(|| (title.clone(), more))
        };
        let items: BTreeMap<String, u64> = self.refunded.iter().filter_map(more).collect();
        (!items.is_empty()).then(|| json!({ "staff": { "refund": { "order": order, "items": items } } }))
    }
}

fn shown(event: &Event) -> Option<(&str, Shown)> {
    let EventBody::ToolCompleted { receipt, .. } = &event.body else { return None };
    let order = receipt.get("order")?;
    let mut shown = Shown { cancelled: order.get("cancelled_on").is_some_and(Value::is_string), ..Shown::default() };
    for item in order.get("items")?.as_array()? {
        let refunded = item.get("refunded_quantity").and_then(Value::as_u64).unwrap_or(0);
        *shown.refunded.entry(item.get("title")?.as_str()?.to_owned()).or_default() += refunded;
    }
    Some((order.get("order_number")?.as_str()?, shown))
}
