//! What a model is told of a refund: amounts, items, a code and the days behind it. Limits stay with the store: whoever
//! knows them splits a wish to pass below.

use serde_json::{Map, Value, json};

use crate::domain::effect::{Effect, EffectKind};
use crate::domain::order::{LineQuantity, Order};
use crate::policy::decision::{Facts, Instead, Verdict};
use crate::tools::books::{Assessment, Standing};
use crate::tools::orders::outcome;

/// How a wish stands before anything is done.
pub fn standing(order: &Order, wanted: &[LineQuantity], standing: &Standing) -> Value {
    match standing {
        Standing::Open(assessment) => {
            let decision = match assessment.decision.verdict {
                Verdict::Allow => "can_be_refunded_now",
                Verdict::NeedsApproval(_) => "needs_approval",
                Verdict::Person(_) => "a_person_decides",
                Verdict::Deny(_) => "not_possible",
            };
            let mut receipt = outline(order, &assessment.of.lines, decision);
            decided(&mut receipt, order, assessment);
            Value::Object(receipt)
        }
        Standing::Held { effect, lines } => told(order, lines, effect),
        Standing::Short { line, left } => short(order, wanted, line, *left),
        Standing::Refused => refused(order, wanted),
    }
}

/// What became of an effect; `lines` are its own, which may be others than those asked for now.
pub fn told(order: &Order, lines: &[LineQuantity], effect: &Effect) -> Value {
    let done = if effect.watched { "submitted" } else { "refunded" };
    let mut receipt = outline(order, lines, outcome(effect, done));
    receipt.insert("refund".to_owned(), json!(effect.id));
    receipt.insert("amount".to_owned(), json!(effect.known_amount()));
    if effect.kind == EffectKind::Goodwill {
        receipt.insert("goodwill".to_owned(), json!(true));
    }
    Value::Object(receipt)
}

/// The platform has said no.
pub fn refused(order: &Order, lines: &[LineQuantity]) -> Value {
    let mut receipt = outline(order, lines, "not_possible");
    receipt.insert("reason".to_owned(), json!("refused_by_platform"));
    Value::Object(receipt)
}

pub(in crate::tools) fn short(order: &Order, lines: &[LineQuantity], line: &str, left: u32) -> Value {
    let mut receipt = outline(order, lines, "not_possible");
    receipt.insert("reason".to_owned(), json!("not_so_many_left"));
    receipt.insert("left".to_owned(), json!({"title": title(order, line), "quantity": left}));
    Value::Object(receipt)
}

/// Lines as people and models know them.
pub fn items(order: &Order, lines: &[LineQuantity]) -> Vec<Value> {
    lines.iter().map(|wanted| json!({"title": title(order, &wanted.line), "quantity": wanted.quantity})).collect()
}

pub(in crate::tools) fn outline(order: &Order, lines: &[LineQuantity], decision: &str) -> Map<String, Value> {
    let mut receipt = Map::new();
    receipt.insert("order_number".to_owned(), json!(order.name));
    receipt.insert("items".to_owned(), json!(items(order, lines)));
    receipt.insert("decision".to_owned(), json!(decision));
    receipt
}

fn decided(receipt: &mut Map<String, Value>, order: &Order, assessment: &Assessment) {
    let decision = &assessment.decision;
    receipt.insert("reason".to_owned(), json!(decision.verdict.code()));
    receipt.insert("amount".to_owned(), json!(decision.pays));
    if decision.instead == Some(Instead::ReturnFirst) {
        receipt.insert("instead".to_owned(), json!("send_the_goods_back_first"));
    }
    receipt.extend(days(&decision.facts, order));
}

/// Until when goods are taken back, and what is not.
pub(in crate::tools) fn days(facts: &Facts, order: &Order) -> Map<String, Value> {
    let mut told = Map::new();
    let windows: Vec<Value> = facts
        .windows
        .iter()
        .map(|window| {
            json!({
                "title": title(order, &window.line), "delivered_on": window.delivered_on,
                "returnable_until": window.last_day, "open": window.open,
            })
        })
        .collect();
    let excluded: Vec<Value> = facts
        .exclusions
        .iter()
        .map(|exclusion| json!({"title": title(order, &exclusion.line), "tag": exclusion.tag}))
        .collect();
    if !windows.is_empty() {
        told.insert("windows".to_owned(), json!(windows));
    }
    if !excluded.is_empty() {
        told.insert("excluded".to_owned(), json!(excluded));
    }
    told
}

fn title<'o>(order: &'o Order, line: &str) -> &'o str {
    order.lines.iter().find(|known| known.id == line).map_or("", |line| line.title.as_str())
}
