//! The turn as a state machine without I/O: what a conversation needs next. Its state is the log, so that whoever
//! reads the log can go on where another stopped.

use super::catalog::{Agent, Catalog};
use super::conversation::{Conversation, Turn};
use super::router::{self, Route};
use crate::domain::effect::ApprovalState;
use crate::domain::event::{HandoffReason, Status, ToolCall};
use crate::policy::{Mode, OnApproval, Policy};

/// Corrections of a withheld sentence before a person takes over.
const CORRECTIONS: usize = 2;
/// Arguments that did not validate before a person takes over.
const INVALID_CALLS: u32 = 3;
/// Handings-over between agents in one turn.
const TRANSFERS: u32 = 2;
/// Empty or unreadable answers before a person takes over.
const FAILURES: usize = 2;

/// What the turn needs.
#[derive(Clone, Debug)]
pub enum Step<'a> {
    /// Read what the shopper wants.
    Classify,
    /// The agent is known without reading: `routed` is to be recorded with the analysis that holds.
    Keep(&'a Agent),
    /// Ask the specialist.
    Ask(&'a Agent),
    /// Run these calls.
    Use(&'a Agent, Vec<ToolCall>),
    /// Pass the conversation to a person.
    HandOff(HandoffReason),
    /// Handed off: give the ticket a moment, then end the turn.
    Await,
    /// The agent has said its last word.
    Finish { helped: bool },
}

/// What the machine knows beside the log.
pub struct Surroundings<'a> {
    pub catalog: &'a Catalog,
    pub policy: &'a Policy,
    /// Whether a language's words can be checked, and the store wants it.
    pub speaks: &'a (dyn Fn(&str) -> bool + Sync),
    /// The store is paused, or its allowance for the day is used up.
    pub closed: bool,
}

/// The next step. `None`: no turn is under way.
pub fn next<'a>(conversation: &Conversation, around: &Surroundings<'a>) -> Option<Step<'a>> {
    let turn = conversation.turn.as_ref()?;
    if conversation.status != Status::AiHandling {
        return Some(Step::Await);
    }
    if around.closed || conversation.turns >= around.policy.caps.turns_per_conversation {
        return Some(Step::HandOff(HandoffReason::StorePolicy));
    }
    if let Some(reason) = trouble(turn, around.policy) {
        return Some(Step::HandOff(reason));
    }
    if !turn.routed {
        return Some(router::by_state(conversation, around.catalog).map_or(Step::Classify, Step::Keep));
    }
    let agent = match agent_of(conversation, turn, around) {
        Route::Agent(agent) => agent,
        Route::Person(reason) => return Some(Step::HandOff(reason)),
    };
    Some(if !turn.open_calls.is_empty() {
        Step::Use(agent, turn.open_calls.clone())
    } else if turn.concluded {
        conclusion(conversation, turn, around.policy)
    } else {
        Step::Ask(agent)
    })
}

/// What follows on the model's last word.
pub fn conclusion<'a>(conversation: &Conversation, turn: &Turn, policy: &Policy) -> Step<'a> {
    let asked = || conversation.approvals.values().any(|state| *state == ApprovalState::Pending);
    match policy.mode {
        Mode::Draft => Step::HandOff(HandoffReason::StorePolicy),
        _ if policy.people.approvals == OnApproval::HandOff && asked() => Step::HandOff(HandoffReason::Approval),
        _ => Step::Finish { helped: turn.useful || !unsure(conversation, policy) },
    }
}

/// Why a person must take over in the middle of a turn.
fn trouble(turn: &Turn, policy: &Policy) -> Option<HandoffReason> {
    if let Some(reason) = turn.escalated {
        Some(reason)
    } else if turn.failures.iter().any(|code| code == UNREACHABLE) {
        Some(HandoffReason::VendorOutage)
    } else if turn.withheld.len() > CORRECTIONS {
        Some(HandoffReason::WithheldClaim)
    } else if turn.concluded {
        None
    } else {
        let exhausted = turn.invalid >= INVALID_CALLS
            || turn.failures.len() >= FAILURES
            || turn.transfers > TRANSFERS
            || turn.answers >= policy.caps.steps_per_turn;
        exhausted.then_some(HandoffReason::RepeatedFailure)
    }
}

/// The failure that ends a turn at once: no model answers.
pub const UNREACHABLE: &str = "model_unreachable";

/// After a transfer the agent stands; before, the analysis decides, the same way each time.
fn agent_of<'a>(conversation: &Conversation, turn: &Turn, around: &Surroundings<'a>) -> Route<'a> {
    let current = conversation.agent.as_deref().and_then(|name| around.catalog.agent(name));
    if turn.transfers > 0 || turn.answers > 0 {
        return current.map_or(Route::Person(HandoffReason::RepeatedFailure), Route::Agent);
    }
    if let Some(kept) = router::by_state(conversation, around.catalog) {
        return Route::Agent(kept);
    }
    match &conversation.analysis {
        Some(analysis) => router::decide(conversation, around.catalog, around.policy, around.speaks, analysis),
        None => Route::Person(HandoffReason::RepeatedFailure),
    }
}

/// Whether nothing could be made of what was said.
fn unsure(conversation: &Conversation, policy: &Policy) -> bool {
    use crate::domain::event::Intent;
    conversation
        .analysis
        .as_ref()
        .is_some_and(|analysis| analysis.intent == Intent::Other && analysis.confidence < policy.people.unsure_below)
}
