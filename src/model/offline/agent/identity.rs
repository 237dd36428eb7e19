//! Which order is meant and whether it is the shopper's.

use serde_json::{Value, json};

use super::situation::Situation;
use super::{Decision, Planned};
use crate::model::offline::entities::same_order;
use crate::model::offline::receipts::{self, OrderReceipt, error_code, is};
use crate::model::offline::replies::{self, lists};

/// How far we are with the orders in focus.
pub enum Standing<'a> {
    /// Something must be asked or said before anything else.
    Say(String),
    Call(Vec<Planned>),
    /// Each order in focus: matched, or the words that say why not.
    Known(Vec<Result<OrderReceipt<'a>, String>>),
}

impl Standing<'_> {
    pub fn without_orders(self) -> Option<Decision> {
        match self {
            Self::Say(text) => Some(Decision::Say(text)),
            Self::Call(planned) => Some(Decision::Call(planned)),
            Self::Known(_) => None,
        }
    }
}

pub fn standing(situation: &Situation) -> Standing<'_> {
    standing_of(situation, situation.facts.focus.clone())
}

/// Of these orders; where none is named, of the shopper's only one.
pub fn standing_of(situation: &Situation, named: Vec<String>) -> Standing<'_> {
    let focus = focus(situation, named);
    if focus.is_empty() {
        return without_number(situation);
    }
    let unknown: Vec<&String> =
        focus.iter().filter(|number| receipts::order(&situation.dialogue, number).is_none()).collect();
    if !unknown.is_empty()
        && !situation.is_verified()
        && let Some(question) = missing_proof(situation, &unknown)
    {
        return Standing::Say(question);
    }
    let calls: Vec<Planned> = unknown
        .iter()
        .map(|number| look_up(situation, number))
        .filter(|call| situation.can(call.tool) && may_be_made(situation, call))
        .collect();
    if !calls.is_empty() {
        return Standing::Call(calls);
    }
    let known = focus.iter().map(|number| {
        receipts::order(&situation.dialogue, number).ok_or_else(|| {
            let why = why_unknown(situation, &look_up(situation, number));
            if focus.len() > 1 { replies::one_not_matched(number, &why) } else { why }
        })
    });
    Standing::Known(known.collect())
}

/// The orders that are meant. Of a proved customer who named none and has one only, it is that one.
fn focus(situation: &Situation, named: Vec<String>) -> Vec<String> {
    match own_orders(situation) {
        Some([only]) if named.is_empty() => {
            receipts::text(only, "order_number").map(str::to_owned).into_iter().collect()
        }
        _ => named,
    }
}

/// The orders of the latest list that was shown.
fn own_orders(situation: &Situation) -> Option<&[Value]> {
    let listed = receipts::latest(&situation.dialogue, "list_orders")?.result.as_ref()?;
    error_code(listed).is_none().then(|| receipts::list(listed, "orders"))
}

/// A proved customer need not know a number: the list tells it.
fn from_own_list(situation: &Situation) -> Option<Standing<'static>> {
    if !situation.is_verified() || !situation.can("list_orders") {
        return None;
    }
    let call = Planned { tool: "list_orders", arguments: json!({"status": "any"}) };
    if own_orders(situation).is_none() {
        return situation.latest_now(call.tool).is_none().then(|| Standing::Call(vec![call]));
    }
    let list = receipts::latest(&situation.dialogue, call.tool)?.result.as_ref()?;
    Some(Standing::Say(replies::join([lists::orders(list), replies::WHICH_ORDER.to_owned()])))
}

fn without_number(situation: &Situation) -> Standing<'static> {
    if let Some(standing) = from_own_list(situation) {
        return standing;
    }
    let emails = &situation.facts.emails;
    if emails.len() > 1 && !situation.asked.which_email {
        return Standing::Say(replies::ask_which_email(emails));
    }
    let has_proof = !situation.facts.emails.is_empty() || situation.facts.postcode.is_some();
    let again = situation.asked.order_number && situation.facts.named_now.is_empty();
    let text = match (again, has_proof) {
        (true, _) => replies::ASK_BOTH_AGAIN,
        (false, true) => replies::ASK_NUMBER,
        (false, false) => replies::ASK_BOTH,
    };
    Standing::Say(text.to_owned())
}

/// The question to ask before a look-up can be made, if any.
fn missing_proof(situation: &Situation, unknown: &[&String]) -> Option<String> {
    let facts = &situation.facts;
    if unknown.iter().all(|number| facts.paired.iter().any(|(own, _)| same_order(own, number))) {
        return None;
    }
    if facts.emails.len() > 1 && !situation.asked.which_email {
        return Some(replies::ask_which_email(&facts.emails));
    }
    if !facts.emails.is_empty() || facts.postcode.is_some() {
        return None;
    }
    let again = situation.asked.proof && !situation.asked.order_number && facts.named_now.is_empty();
    let numbers: Vec<String> = unknown.iter().map(|number| (*number).clone()).collect();
    Some(if again { replies::ASK_BOTH_AGAIN.to_owned() } else { replies::ask_proof(&numbers) })
}

fn look_up(situation: &Situation, number: &str) -> Planned {
    let facts = &situation.facts;
    let email = facts.email_for(number);
    let proofless = email.is_none() && facts.postcode.is_none();
    if proofless && situation.is_verified() && situation.can("get_order") {
        return Planned { tool: "get_order", arguments: json!({"order_number": number}) };
    }
    let arguments = json!({"order_number": number, "email": email, "postcode": facts.postcode});
    Planned { tool: "find_order", arguments }
}

/// A look-up is not repeated once it has an answer; one that failed for other reasons may be tried in a later turn.
fn may_be_made(situation: &Situation, call: &Planned) -> bool {
    if situation.was_made_now(call) {
        return false;
    }
    match situation.made_before(call).and_then(|past| past.result.as_ref()) {
        Some(result) => error_code(result) == Some("unavailable"),
        None => true,
    }
}

fn why_unknown(situation: &Situation, call: &Planned) -> String {
    let result = situation.made_before(call).and_then(|past| past.result.as_ref()).unwrap_or(&Value::Null);
    let text = match error_code(result) {
        Some("attempts_used_up") => replies::LOCKED,
        None if is(result, "locked") => replies::LOCKED,
        _ if !situation.was_made_now(call) => replies::STILL_NOT_MATCHED,
        _ => replies::NOT_MATCHED,
    };
    text.to_owned()
}
