//! Money back: the wish, and what came of it. Whether and how much is the store's to decide.

use serde_json::Value;

use super::situation::Situation;
use super::wishes::{Kind, ask, proved_order, standing_wish, wish};
use super::{Decision, knowledge, people};
use crate::model::offline::dialogue::PastCall;
use crate::model::offline::receipts::{OrderReceipt, error_code, text};
use crate::model::offline::replies::{self, refunds as replies_on_refunds, wishes as replies_on_wishes};

pub const REFUND: Kind = Kind { tool: "issue_refund", matter: "a refund", regrets: true, reason: None };

pub fn about(situation: &Situation, topic: &str) -> Decision {
    if !situation.can(REFUND.tool) {
        return knowledge::transfer_for_refunds(situation).unwrap_or_else(|| people::for_people(situation, topic));
    }
    let order = match proved_order(situation, REFUND) {
        Ok(order) => order,
        Err(decision) => return decision,
    };
    if let Some(made) = situation.latest_now(REFUND.tool) {
        return outcome(situation, order, made);
    }
    match wish(situation, REFUND, order) {
        Ok(wish) => match standing_wish(situation, REFUND, order, &wish) {
            Some(receipt) => Decision::Say(replies_on_refunds::told(receipt, order.as_of, false)),
            None => Decision::Call(vec![wish.call(REFUND, order.number())]),
        },
        Err(missing) => ask(situation, REFUND, missing),
    }
}

fn outcome(situation: &Situation, order: OrderReceipt<'_>, made: &PastCall) -> Decision {
    let receipt = made.result.as_ref().unwrap_or(&Value::Null);
    let hand_over = |text: String| match people::escalation(situation, "topic", "It is about a refund.".to_owned()) {
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
    let text = replies_on_refunds::told(receipt, order.as_of, true);
    match text_of(receipt) {
        "failed" | "a_person_decides" => hand_over(text),
        _ => Decision::Say(text),
    }
}

fn text_of(receipt: &Value) -> &str {
    text(receipt, "decision").unwrap_or_default()
}
