//! What only people do for goods: an exchange, store credit. Here it is found out what they need to know, and handed over.

use super::situation::Situation;
use super::wishes::{Kind, ask, proved_order, wish};
use super::{Decision, knowledge, people, refunds, returns};
use crate::model::offline::replies;
use crate::model::offline::replies::returns::EXCHANGE;

const AN_EXCHANGE: Kind =
    Kind { tool: people::ESCALATE, matter: "an exchange", regrets: false, reason: Some("changed_mind") };
const STORE_CREDIT: Kind =
    Kind { tool: people::ESCALATE, matter: "store credit", regrets: false, reason: Some("changed_mind") };

/// Where no order is named yet, it is explained first.
pub fn exchange(situation: &Situation) -> Decision {
    if !situation.can(returns::RETURN.tool) {
        let passed = knowledge::transfer_for_returns(situation);
        return passed.unwrap_or_else(|| people::for_people(situation, AN_EXCHANGE.matter));
    }
    if situation.facts.focus.is_empty() && !situation.is_verified() {
        return Decision::Say(EXCHANGE.to_owned());
    }
    prepared(situation, AN_EXCHANGE, "exchange")
}

pub fn store_credit(situation: &Situation) -> Decision {
    if situation.can(refunds::REFUND.tool) {
        return prepared(situation, STORE_CREDIT, "store_credit");
    }
    knowledge::transfer_for_refunds(situation).unwrap_or_else(|| people::for_people(situation, STORE_CREDIT.matter))
}

fn prepared(situation: &Situation, kind: Kind, proposal: &str) -> Decision {
    let order = match proved_order(situation, kind) {
        Ok(order) => order,
        Err(decision) => return decision,
    };
    match wish(situation, kind, order) {
        Ok(wish) => people::propose(situation, proposal, wish.goods(order.number()))
            .unwrap_or_else(|| Decision::Say(replies::CANNOT_DO.to_owned())),
        Err(missing) => ask(situation, kind, missing),
    }
}
