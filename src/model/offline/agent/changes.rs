//! Orders that have not left: called off, sent elsewhere, noted on. The first two need a shopper whom a code has proved.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::identity::{Standing, standing_of};
use super::situation::Situation;
use super::{Decision, Planned, knowledge, listing, people};
use crate::model::offline::addresses::{self, Pieces};
use crate::model::offline::dialogue::{PastCall, Turn};
use crate::model::offline::entities::{self, Expecting, same_order};
use crate::model::offline::facts::Asked;
use crate::model::offline::lexicon::changes::{HOMES, KEEP};
use crate::model::offline::pattern::Phrases;
use crate::model::offline::receipts::{OrderReceipt, error_code, text};
use crate::model::offline::replies::returns::CANNOT_UNDO;
use crate::model::offline::replies::{self, changes as replies_on_changes};
use crate::model::offline::wants::{self, Want};
use crate::model::offline::words::{Words, clauses};

const CANCEL: &str = "cancel_order";
const ADDRESS: &str = "change_shipping_address";
const NOTE: &str = "add_order_note";

static KEEP_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(KEEP));

pub fn keeps(text: &str) -> bool {
    KEEP_P.is_in(&Words::of(text))
}

/// "Actually, keep it": before anything was done nothing happens; afterwards a person can undo it.
pub fn kept(situation: &Situation) -> Option<Decision> {
    let changes = |want: &Want| matches!(want, Want::Cancel | Want::Address | Want::Return | Want::Exchange);
    let fresh = situation.dialogue.now().calls.is_empty();
    let elsewhere = situation.wants.iter().any(|want| want.is_business() && !changes(want));
    let before = situation.dialogue.turns.len().saturating_sub(1);
    let mut earlier = situation.dialogue.turns.iter().take(before);
    let asked = earlier.any(|turn| wants::of(&turn.user, true, false).iter().any(changes));
    if !keeps(&situation.dialogue.now().user) || !fresh || elsewhere || !asked {
        return None;
    }
    let done = |call: &PastCall| {
        let decision = call.result.as_ref().and_then(|result| text(result, "decision")).unwrap_or_default();
        matches!(
            decision,
            "cancelled" | "changed" | "return_open" | "requested" | "waiting_for_approval" | "being_checked"
        )
    };
    let text = if situation.dialogue.calls().any(done) { CANNOT_UNDO } else { replies::DECLINED };
    Some(Decision::Say(text.to_owned()))
}

pub fn cancel(situation: &Situation) -> Decision {
    change(situation, Want::Cancel, CANCEL, "a cancellation", |_, order| Ok(json!({"order_number": order.number()})))
}

pub fn address(situation: &Situation) -> Decision {
    change(situation, Want::Address, ADDRESS, "an update to an order", |situation, order| {
        let pieces = pieces(situation);
        let currency = order.order.get("total").and_then(|total| text(total, "currency")).unwrap_or_default();
        let home = HOMES.iter().find(|(known, _)| *known == currency).map(|(_, country)| *country);
        let country = pieces.country.or(home);
        let missing = [
            (pieces.is_empty(), replies_on_changes::ASK_ADDRESS),
            (pieces.street.is_none(), replies_on_changes::ASK_STREET),
            (pieces.city.is_none(), replies_on_changes::ASK_CITY),
            (pieces.postcode.is_none(), replies_on_changes::ASK_POSTCODE),
            (country.is_none(), replies_on_changes::ASK_COUNTRY),
        ];
        match missing.into_iter().find(|(is_missing, _)| *is_missing) {
            Some((_, question)) => Err(question.to_owned()),
            None => Ok(json!({
                "order_number": order.number(), "line1": pieces.street, "line2": pieces.second, "city": pieces.city,
                "province": pieces.province, "postcode": pieces.postcode, "country": country,
            })),
        }
    })
}

pub fn note(situation: &Situation) -> Decision {
    change(situation, Want::Note, NOTE, "an update to an order", |situation, order| {
        let said = clauses(&situation.dialogue.now().user);
        let own = said.into_iter().find(|clause| wants::of(clause, true, false).contains(&Want::Note));
        let earlier = || {
            situation
                .dialogue
                .turns
                .iter()
                .rev()
                .map(|turn| turn.user.as_str())
                .find(|text| wants::of(text, true, false).contains(&Want::Note))
        };
        let words = own.or_else(earlier).map(|text| text.split_whitespace().filter(|word| !word.contains('@')));
        let line = words.map(|words| words.collect::<Vec<_>>().join(" ")).unwrap_or_default();
        let line = line.trim_end_matches([',', '.', ' ']);
        let line: String = line.chars().take(LONGEST_NOTE).collect();
        Ok(json!({"order_number": order.number(), "text": line}))
    })
}

const LONGEST_NOTE: usize = 300;

/// Matches the order, proves the shopper where that is needed, calls the tool once and tells what came of it.
fn change(
    situation: &Situation,
    want: Want,
    tool: &'static str,
    matter: &'static str,
    arguments: impl Fn(&Situation, OrderReceipt<'_>) -> Result<Value, String>,
) -> Decision {
    if !situation.can(tool) {
        return knowledge::transfer_for_changes(situation).unwrap_or_else(|| people::for_people(situation, matter));
    }
    let orders = match standing_of(situation, orders_for(situation, |own| *own == want)) {
        Standing::Known(orders) => orders,
        open => return open.without_orders().unwrap_or_else(|| Decision::Say(replies::SORRY.to_owned())),
    };
    let (mut calls, mut texts, mut person) = (Vec::new(), Vec::new(), false);
    for order in orders {
        let order = match order {
            Ok(order) => order,
            Err(why) => {
                texts.push(why);
                continue;
            }
        };
        match decided(situation, tool, order.number()) {
            Some((receipt, now)) if now || !may_have_moved(receipt) => {
                texts.push(told(tool, receipt));
                person |= matches!(text(receipt, "decision"), Some("failed" | "a_person_decides")) && now;
            }
            _ => match arguments(situation, order) {
                Ok(arguments) => calls.push(Planned { tool, arguments }),
                Err(question) => texts.push(question),
            },
        }
    }
    if !calls.is_empty() && situation.needs_code(tool, tool != NOTE) {
        return listing::send(situation);
    }
    calls.retain(|call| !situation.was_made_now(call));
    if !calls.is_empty() {
        return Decision::Call(calls);
    }
    texts.retain(|text| !text.is_empty());
    let escalation = person.then(|| people::escalation(situation, "topic", format!("It is about {matter}."))).flatten();
    let text = replies::join(texts);
    match escalation {
        Some(call) => Decision::SayAndCall(text, call),
        None if text.is_empty() => Decision::Say(replies::CANNOT_DO.to_owned()),
        None => Decision::Say(text),
    }
}

fn told(tool: &str, receipt: &Value) -> String {
    match tool {
        CANCEL => replies_on_changes::cancelled(receipt),
        ADDRESS => replies_on_changes::moved(receipt),
        _ => replies_on_changes::noted(receipt),
    }
}

/// The latest decision of a tool for an order, and whether it came since the shopper last spoke. A new address or a new
/// note asks anew.
fn decided<'s>(situation: &'s Situation, tool: &str, number: &str) -> Option<(&'s Value, bool)> {
    let of = |call: &&PastCall| {
        let receipt = call.result.as_ref().filter(|result| error_code(result).is_none());
        call.name == tool
            && receipt.is_some_and(|receipt| text(receipt, "order_number").is_some_and(|own| same_order(own, number)))
    };
    let now = situation.dialogue.now().calls.iter().rev().find(of).and_then(|call| call.result.as_ref());
    let before = || situation.dialogue.calls().rev().find(of).and_then(|call| call.result.as_ref());
    now.map(|receipt| (receipt, true)).or_else(|| before().filter(|_| tool == CANCEL).map(|receipt| (receipt, false)))
}

/// The receipt of an order's cancellation, where it was cancelled in this conversation.
pub fn cancelled<'s>(situation: &'s Situation, number: &str) -> Option<&'s Value> {
    let (receipt, _) = decided(situation, CANCEL, number)?;
    (text(receipt, "decision") == Some("cancelled")).then_some(receipt)
}

fn may_have_moved(receipt: &Value) -> bool {
    matches!(text(receipt, "decision"), Some("waiting_for_approval" | "being_checked"))
}

/// The orders that a want names beside itself: `where is 7734, and cancel 7735`. Of those that it names nowhere, the ones
/// that are talked about.
pub fn orders_for(situation: &Situation, is_meant: impl Fn(&Want) -> bool) -> Vec<String> {
    for turn in situation.dialogue.turns.iter().rev() {
        let own = named_beside(&turn.user, &is_meant);
        if !own.is_empty() {
            return own;
        }
        if !wants::of(&turn.user, true, false).is_empty() {
            break;
        }
    }
    situation.facts.focus.clone()
}

fn named_beside(text: &str, is_meant: impl Fn(&Want) -> bool) -> Vec<String> {
    let parts =
        clauses(text).into_iter().flat_map(|clause| clause.split([',', ';'])).flat_map(|part| part.split(" and "));
    let own = parts.filter(|part| wants::of(part, true, false).iter().any(&is_meant));
    own.flat_map(|part| entities::find(part, &Expecting::default()).order_numbers).collect()
}

/// The address as the messages since it was asked for tell it, the latest word first.
fn pieces(situation: &Situation) -> Pieces {
    let of_turn =
        |(index, turn): (usize, &Turn)| addresses::find(&turn.user, Asked::before(&situation.dialogue, index).address);
    let turns = &situation.dialogue.turns;
    let asked = turns.iter().rposition(|turn| {
        turn.calls_of(ADDRESS).any(|call| call.result.as_ref().is_some_and(|result| error_code(result).is_none()))
    });
    let turns = turns.iter().enumerate().skip(asked.map_or(0, |at| at + 1));
    turns.map(of_turn).fold(Pieces::default(), |earlier, later| later.or(earlier))
}
