//! A conversation that was held is played again under today's words, rules, tools, router and model, and what came of it then is
//! held against what comes of it now. What is said to the shopper is not compared: words are others each time.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::cassettes::Speaker;
use super::import::{self, ImportError, Wish};
use super::run::{CaseResult, Job, Verdict, jobs};
use super::suite::{self, Problem};
use crate::domain::event::{Event, EventBody, HandoffReason, Versions};

mod course;

pub use course::{Course, Difference};

/// Who changes a conversation's state without being a person of the store.
const NOT_STAFF: [&str; 2] = ["agent", "shopper"];

/// Why a conversation cannot be played again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("its world could not be made of its receipts: {}", .0.what)]
    Suite(Problem),
}

/// The case that plays it, without the model's part and whatever comes of it.
pub fn job(events: &[Event], wish: &Wish) -> Result<Job, ReplayError> {
    let text = import::suite(events, wish)?;
    let file = format!("{}.yaml", wish.name);
    let suite = Arc::new(suite::parse(file, None, &text, &Arc::default()).map_err(ReplayError::Suite)?);
    let mut job = jobs(&suite).next().ok_or(ImportError::Silent)?;
    if let Ok(case) = &mut job.case {
        Arc::make_mut(case).whatever_comes = true;
    }
    Ok(job)
}

/// What happened before a person of the store took the conversation, ended it or gave it back: nobody plays their part.
pub fn before_staff(events: &mut Vec<Event>) {
    let by_staff = |event: &Event| match &event.body {
        EventBody::StatusChanged { by, .. } => !NOT_STAFF.contains(&by.as_str()),
        EventBody::HandedOff { reason, .. } => *reason == HandoffReason::Operator,
        _ => false,
    };
    let Some(at) = events.iter().position(by_staff) else { return };
    events.truncate(at);
    // The line that goes before a hand-off outside of a turn, and where the shopper's page asked for it, the hand-off.
    let announces = |event: &Event| match &event.body {
        EventBody::MessageCompleted { turn: None, .. } => true,
        EventBody::HandedOff { ticket, .. } => ticket.is_none(),
        _ => false,
    };
    while events.last().is_some_and(announces) {
        events.pop();
    }
}

/// What the agents of a conversation went by, each when it was last heard.
pub fn versions(events: &[Event]) -> BTreeMap<String, Versions> {
    let of = |event: &Event| match &event.body {
        EventBody::Routed { agent, versions: Some(versions), .. } => Some((agent.clone(), (**versions).clone())),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

/// A version that is another one today.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Changed {
    pub what: &'static str,
    /// None: it is the same for all agents.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    pub then: String,
    /// None: there is no such agent any more.
    pub now: Option<String>,
}

/// In the order of their names, each once. What is not known of then is not told of.
/// `speaker` plays it now.
pub fn changed(then: &BTreeMap<String, Versions>, now: &BTreeMap<String, Versions>, speaker: &Speaker) -> Vec<Changed> {
    let mut all = Vec::new();
    for (agent, then) in then {
        let Some(now) = now.get(agent) else {
            let (what, then) = ("prompt", then.prompt.clone());
            all.push(Changed { what, agent: Some(agent.clone()), then, now: None });
            continue;
        };
        for ((what, then), (_, now)) in then.named().into_iter().zip(now.named()) {
            let Some(then) = then else { continue };
            let now = if what == "model" { speaker.beside(then) } else { now.map(str::to_owned) };
            if now.as_deref().is_some_and(|now| now != then) {
                let agent = matches!(what, "prompt" | "tools").then(|| agent.clone());
                all.push(Changed { what, agent, then: then.to_owned(), now });
            }
        }
    }
    all.sort();
    all.dedup();
    all
}

/// What was not written down of any agent, or of some: the log is from before it was.
pub fn unknown(then: &BTreeMap<String, Versions>) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = Vec::new();
    let missing = then.values().flat_map(Versions::named).filter(|(_, version)| version.is_none());
    missing.for_each(|(name, _)| {
        if !names.contains(&name) {
            names.push(name)
        }
    });
    names
}

/// What would become of a conversation today.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Fate {
    Unchanged,
    Differs { differences: Vec<Difference> },
    NotReplayed { why: String },
}

impl Fate {
    pub fn of(then: &Course, result: &CaseResult) -> Self {
        let trial = result.trials.first();
        let outcome = trial.and_then(|trial| trial.outcome.as_ref());
        match (result.verdict, outcome) {
            (Verdict::Passed | Verdict::Failed, Some(outcome)) => {
                let differences = then.differences(&outcome.events);
                if differences.is_empty() { Self::Unchanged } else { Self::Differs { differences } }
            }
            _ => {
                let why = trial.and_then(|trial| trial.error.clone().or_else(|| trial.stale.clone()));
                Self::NotReplayed { why: why.or_else(|| result.skipped.clone()).unwrap_or_default() }
            }
        }
    }

    pub fn is_unchanged(&self) -> bool {
        matches!(self, Self::Unchanged)
    }
}
