//! The agent's part: what to say or which tools to call next.

mod changes;
mod granted;
mod identity;
mod knowledge;
mod listing;
mod orders;
mod people;
mod refunds;
mod returns;
mod situation;
mod talk;
mod wishes;

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::Value;

use self::situation::Situation;
use super::arguments;
use super::replies::{self, join};
use super::wants::Want;
use crate::domain::event::ToolCall;
use crate::domain::id::CallId;
use crate::model::ChatRequest;

/// What the model answers: words, calls, or both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Step {
    pub text: String,
    pub calls: Vec<ToolCall>,
}

/// A call that is intended, before it is fitted to the tool's schema.
#[derive(Clone, Debug, PartialEq)]
struct Planned {
    tool: &'static str,
    arguments: Value,
}

/// What a rule decides.
#[derive(Clone, Debug, PartialEq)]
enum Decision {
    Say(String),
    Call(Vec<Planned>),
    /// Words first, for what is answered, and a call that passes the rest on.
    SayAndCall(String, Planned),
}

type Rule = fn(&Situation) -> Option<Decision>;

/// The first rule that decides, decides.
const RULES: [Rule; 11] = [
    people::after_hand_off,
    people::when_out_of_order,
    people::what_a_colleague_answered,
    people::what_a_colleague_said,
    people::when_threatened_or_asked,
    talk::in_another_language,
    people::when_accepted,
    listing::code,
    changes::kept,
    wanted,
    talk::unclear,
];

pub fn decide(request: &ChatRequest) -> Step {
    let situation = Situation::of(request);
    let decision = RULES.iter().find_map(|rule| rule(&situation));
    let decision = decision.unwrap_or_else(|| Decision::Say(replies::UNCLEAR.to_owned()));
    perform(&situation, people::after_the_answer(&situation, decision))
}

/// Answers every want of the message: calls first, as long as any is needed; then all answers together.
fn wanted(situation: &Situation) -> Option<Decision> {
    if situation.can(returns::RETURN.tool)
        && returns::goes_on(situation)
        && !situation.wants.iter().any(|want| want.is_business())
    {
        return Some(returns::about(situation));
    }
    let mine = situation.wants.iter().filter(|want| !is_part_of_another(situation, **want));
    let decisions: Vec<Decision> = mine.filter_map(|want| answer(situation, *want)).collect();
    let mut calls: Vec<Planned> = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let mut passing: Option<Planned> = None;
    for decision in decisions {
        match decision {
            Decision::Say(text) => texts.push(text),
            Decision::Call(planned) => calls.extend(planned.into_iter().filter(|call| !situation.was_made_now(call))),
            Decision::SayAndCall(text, call) => {
                texts.push(text);
                passing.get_or_insert(call);
            }
        }
    }
    calls = calls.into_iter().fold(Vec::new(), |mut kept, call| {
        if !kept.contains(&call) {
            kept.push(call);
        }
        kept
    });
    if !calls.is_empty() {
        return Some(Decision::Call(calls));
    }
    // An agent that took over in this turn does not say again what the one before it said.
    texts.retain(|text| !situation.dialogue.now().said.iter().any(|said| said.contains(text.as_str())));
    let text = join(texts);
    match passing {
        Some(call) => Some(Decision::SayAndCall(text, call)),
        None => (!text.is_empty()).then_some(Decision::Say(text)),
    }
}

/// Money follows goods that are sent back, and goods that are paid back need not be.
fn is_part_of_another(situation: &Situation, want: Want) -> bool {
    let wanted = |other: &Want| match want {
        Want::Refund(_) | Want::Refunded => *other == Want::Return && situation.can(returns::RETURN.tool),
        Want::Return => matches!(other, Want::Refund(_)) && situation.can(refunds::REFUND.tool),
        _ => false,
    };
    situation.wants.iter().any(wanted)
}

fn answer(situation: &Situation, want: Want) -> Option<Decision> {
    match want {
        Want::ListOrders => Some(listing::list(situation)),
        Want::Product => Some(knowledge::product(situation)),
        Want::Policy => Some(knowledge::policy(situation)),
        _ if returns::goes_on(situation) && want.is_about_order() => Some(returns::about(situation)),
        Want::Refund(_) if situation.can(returns::RETURN.tool) && comes_back_first(situation) => {
            Some(returns::about(situation))
        }
        Want::Refund(topic) => Some(refunds::about(situation, topic)),
        Want::Return => Some(returns::about(situation)),
        Want::Exchange => Some(granted::exchange(situation)),
        Want::Goodwill => Some(refunds::goodwill(situation)),
        Want::StoreCredit => Some(granted::store_credit(situation)),
        Want::Cancel | Want::Address | Want::Note if situation.only_asks() => {
            Some(Decision::Say(replies::changes::ONLY_ASKED.to_owned()))
        }
        Want::Cancel => Some(changes::cancel(situation)),
        Want::Address => Some(changes::address(situation)),
        Want::Note => Some(changes::note(situation)),
        Want::ForPeople(topic) => Some(people::for_people(situation, topic)),
        Want::Complaint => Some(people::complaint()),
        Want::Person => people::escalate(situation, "asked", String::new()),
        Want::Bot | Want::Greeting | Want::Thanks | Want::Goodbye | Want::Abilities => Some(talk::manners(want)),
        _ => Some(orders::about(situation, want)),
    }
}

/// The store pays back only what it has again, as a result of this turn says.
fn comes_back_first(situation: &Situation) -> bool {
    let told = situation.latest_now(refunds::REFUND.tool).and_then(|call| call.result.as_ref());
    told.is_some_and(|receipt| receipt.get("instead").is_some()) || !situation.can("transfer_to_agent")
}

fn perform(situation: &Situation, decision: Decision) -> Step {
    let (text, planned) = match decision {
        Decision::Say(text) => (text, Vec::new()),
        Decision::Call(planned) => (String::new(), planned),
        Decision::SayAndCall(text, call) => (text, vec![call]),
    };
    let calls: Vec<ToolCall> =
        planned.iter().enumerate().filter_map(|(index, call)| tool_call(situation, call, index)).collect();
    if text.is_empty() && calls.is_empty() {
        return Step { text: replies::CANNOT_DO.to_owned(), calls };
    }
    Step { text, calls }
}

fn tool_call(situation: &Situation, planned: &Planned, index: usize) -> Option<ToolCall> {
    let tool = situation.tool(planned.tool)?;
    let arguments = arguments::fit(tool, &planned.arguments).to_string();
    Some(ToolCall { id: call_id(situation, planned.tool, &arguments, index), name: planned.tool.to_owned(), arguments })
}

/// The same request gives the same id; another place in the dialogue gives another.
fn call_id(situation: &Situation, tool: &str, arguments: &str, index: usize) -> CallId {
    let mut hasher = DefaultHasher::new();
    for turn in &situation.dialogue.turns {
        turn.user.hash(&mut hasher);
        turn.said.hash(&mut hasher);
        turn.calls.len().hash(&mut hasher);
    }
    (tool, arguments, index).hash(&mut hasher);
    CallId::new(format!("call_{:016x}", hasher.finish()))
}
