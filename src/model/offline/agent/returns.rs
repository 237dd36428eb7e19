//! Goods that shall go back: the wish, its label, and how the return stands. Whether they may is the store's to decide.

use std::sync::LazyLock;

use serde_json::Value;

use super::situation::Situation;
use super::wishes::{self, Kind, ask, last_wish, proved_order, standing_wish, wish};
use super::{Decision, knowledge, people};
use crate::model::offline::dialogue::PastCall;
use crate::model::offline::lexicon::changes::{HOW_IT_STANDS, HOW_TO_SEND};
use crate::model::offline::pattern::Phrases;
use crate::model::offline::receipts::{OrderReceipt, error_code, text};
use crate::model::offline::replies::returns::{Side, told};
use crate::model::offline::replies::{self, wishes as replies_on_wishes};

pub const RETURN: Kind = Kind { tool: "create_return", matter: "a return", regrets: false, reason: None };

static HOW_TO_SEND_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(HOW_TO_SEND));
static HOW_IT_STANDS_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(HOW_IT_STANDS));

/// Whether it may, for who only asks.
const CHECK: Kind = Kind { tool: "check_return_eligibility", reason: Some("changed_mind"), ..RETURN };

pub fn about(situation: &Situation) -> Decision {
    if !situation.can(RETURN.tool) {
        let passed = knowledge::transfer_for_returns(situation);
        return passed.unwrap_or_else(|| people::for_people(situation, RETURN.matter));
    }
    let order = match proved_order(situation, RETURN) {
        Ok(order) => order,
        Err(decision) => return decision,
    };
    let before = last_wish(situation, RETURN, order.number());
    let kind = if before.is_none() && situation.only_asks() { CHECK } else { RETURN };
    if let Some(made) = situation.latest_now(kind.tool) {
        return outcome(situation, order, made);
    }
    if let Some(before) = before.filter(|_| side(situation) != Side::All) {
        return Decision::Call(vec![before.call(RETURN, order.number())]);
    }
    match wish(situation, kind, order) {
        Ok(wish) => match standing_wish(situation, kind, order, &wish) {
            Some(receipt) => Decision::Say(told(receipt, order.as_of, Side::All)),
            None => Decision::Call(vec![wish.call(kind, order.number())]),
        },
        Err(missing) => ask(situation, kind, missing),
    }
}

/// Whether a message goes on about a return that was spoken of: how it is sent, whether it came, where the money is.
pub fn goes_on(situation: &Situation) -> bool {
    let spoken = wishes::was_made(situation, RETURN);
    spoken && situation.facts.named_now.order_numbers.is_empty() && side(situation) != Side::All
}

fn side(situation: &Situation) -> Side {
    if !wishes::was_made(situation, RETURN) {
        Side::All
    } else if HOW_IT_STANDS_P.is_in(&situation.words) {
        Side::Standing
    } else if HOW_TO_SEND_P.is_in(&situation.words) {
        Side::Way
    } else {
        Side::All
    }
}

fn outcome(situation: &Situation, order: OrderReceipt<'_>, made: &PastCall) -> Decision {
    let receipt = made.result.as_ref().unwrap_or(&Value::Null);
    let hand_over = |text: String| match people::escalation(situation, "topic", "It is about a return.".to_owned()) {
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
    let side = if wishes::was_made_before(situation, RETURN) { side(situation) } else { Side::All };
    let said = told(receipt, order.as_of, side);
    match text(receipt, "decision").unwrap_or_default() {
        "failed" | "a_person_decides" => hand_over(said),
        _ => Decision::Say(said),
    }
}
