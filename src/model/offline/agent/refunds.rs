//! Money back: the wish, and what came of it. Whether and how much is the store's to decide.

use serde_json::Value;

use super::situation::Situation;
use super::wishes::{Kind, ask, proved_order, standing_wish, wish};
use super::{Decision, Planned, knowledge, people};
use crate::model::offline::dialogue::PastCall;
use crate::model::offline::receipts::{OrderReceipt, error_code, text};
use crate::model::offline::replies::{self, refunds as replies_on_refunds, wishes as replies_on_wishes};

pub const REFUND: Kind = Kind { tool: "issue_refund", matter: "a refund", regrets: true, reason: None };

const GOODWILL: Kind =
    Kind { tool: "request_goodwill", matter: "a part of the price", regrets: true, reason: Some("damaged") };

/// What it would be, for who only asks.
const QUOTE: Kind = Kind { tool: "quote_refund", ..REFUND };

pub fn about(situation: &Situation, topic: &str) -> Decision {
    let kind = if situation.only_asks() { QUOTE } else { REFUND };
    money(situation, kind, topic)
}

/// A part of the price: it is asked for, and a person says how much.
pub fn goodwill(situation: &Situation) -> Decision {
    money(situation, GOODWILL, GOODWILL.matter)
}

fn money(situation: &Situation, kind: Kind, topic: &str) -> Decision {
    if !situation.can(kind.tool) {
        return knowledge::transfer_for_refunds(situation).unwrap_or_else(|| people::for_people(situation, topic));
    }
    let order = match proved_order(situation, kind) {
        Ok(order) => order,
        Err(decision) => return decision,
    };
    if let Some(made) = situation.latest_now(kind.tool) {
        return outcome(situation, kind, order, made);
    }
    match wish(situation, kind, order) {
        Ok(wish) => match standing_wish(situation, kind, order, &wish) {
            Some(receipt) if !may_move(receipt) => Decision::Say(replies_on_refunds::told(receipt, order.as_of, false)),
            _ => Decision::Call(vec![call(situation, kind, wish.call(kind, order.number()))]),
        },
        Err(missing) => ask(situation, kind, missing),
    }
}

/// Whether what it tells may be otherwise by now: it is asked for once more, which does nothing twice.
fn may_move(receipt: &Value) -> bool {
    matches!(text_of(receipt), "waiting_for_approval" | "being_checked" | "submitted")
}

/// A person who says how much reads what the shopper wrote.
fn call(situation: &Situation, kind: Kind, mut planned: Planned) -> Planned {
    if let (true, Some(arguments)) = (kind == GOODWILL, planned.arguments.as_object_mut()) {
        arguments.insert("wanted".to_owned(), Value::from(people::shoppers_words(situation)));
    }
    planned
}

fn outcome(situation: &Situation, kind: Kind, order: OrderReceipt<'_>, made: &PastCall) -> Decision {
    let receipt = made.result.as_ref().unwrap_or(&Value::Null);
    let matter = format!("It is about {}.", kind.matter);
    let hand_over = |text: String| match people::escalation(situation, "topic", matter) {
        Some(call) => Decision::SayAndCall(text, call),
        None if text.is_empty() => Decision::Say(replies::CANNOT_DO.to_owned()),
        None => Decision::Say(text),
    };
    if let Some(code) = error_code(receipt) {
        return match code {
            "assurance" => Decision::Say(replies_on_wishes::NOT_BY_POSTCODE.to_owned()),
            _ => hand_over(String::new()),
        };
    }
    if text(receipt, "instead") == Some("send_the_goods_back_first")
        && let Some(passed) = knowledge::transfer_for_returns(situation)
    {
        return passed;
    }
    let text = replies_on_refunds::told(receipt, order.as_of, !is_known(situation, receipt));
    match text_of(receipt) {
        "failed" | "a_person_decides" => hand_over(text),
        _ => Decision::Say(text),
    }
}

/// Whether an earlier turn told of the same refund.
fn is_known(situation: &Situation, receipt: &Value) -> bool {
    let before = situation.dialogue.turns.len().saturating_sub(1);
    let earlier = situation.dialogue.turns.iter().take(before).flat_map(|turn| &turn.calls);
    let mut refunds = earlier.filter_map(|call| text(call.result.as_ref()?, "refund"));
    text(receipt, "refund").is_some_and(|own| refunds.any(|known| known == own))
}

fn text_of(receipt: &Value) -> &str {
    text(receipt, "decision").unwrap_or_default()
}
