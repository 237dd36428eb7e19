//! A conversation that was held becomes a case: its world comes from the receipts in its log, its lines and the model's
//! part from the log itself, and what must come of it is what came of it.
//!
//! The log is expected to name nobody any more: what stands in it goes into a file that others read.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use thiserror::Error;

use crate::agents::language::Languages;
use crate::domain::event::{Event, EventBody};
use crate::domain::identity::Proof;
use crate::domain::yaml;

pub(super) mod deeds;
pub(super) mod expectations;
mod outages;
pub(super) mod receipts;
mod staff;
mod steps;
mod world;

/// What the one who imports wants.
pub struct Wish {
    pub name: String,
    /// IANA name of the store's time zone; else what the receipts tell.
    pub zone: Option<String>,
    /// What the store's policy has that the suite's has not.
    pub policy: BTreeMap<String, Value>,
    /// Whether the model's part is written down, too.
    pub script: bool,
    /// What the desk's fixed lines are made of.
    pub languages: Languages,
}

#[derive(Debug, Error)]
pub enum ImportError {
    #[error("nobody said anything in this conversation; there is nothing to play")]
    Silent,
    #[error("the case cannot be written: {0}")]
    Yaml(#[from] yaml::Unwritten),
}

/// A suite's file with one case, in the order in which people read it.
#[derive(Serialize)]
struct File {
    about: &'static str,
    cases: [Written; 1],
}

#[derive(Serialize)]
struct Written {
    name: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'static str>,
    world: Value,
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    signed_in: Option<String>,
    conversation: Vec<Value>,
    expect: Value,
}

/// The text of a suite with this conversation as its only case.
pub fn suite(events: &[Event], wish: &Wish) -> Result<String, ImportError> {
    let begins = began(events).ok_or(ImportError::Silent)?;
    let receipts = receipts::of(events);
    let deeds = deeds::of(events, &receipts);
    let conversation = steps::of(events, &receipts, &deeds, begins, wish);
    let needs_llm = !wish.script && !held_offline(events);
    let case = Written {
        name: wish.name.clone(),
        tags: needs_llm.then_some(super::run::NEEDS_LLM).into_iter().collect(),
        world: world::of(events, &receipts, begins, wish),
        signed_in: signed_in(events),
        conversation,
        expect: expectations::of(events, &deeds, wish.script),
    };
    let file = File { about: "Conversations that were held, with other names and numbers.", cases: [case] };
    Ok(yaml::write(&file)?)
}

/// The clock of the case: to the second, so that it reads well.
pub(super) fn began(events: &[Event]) -> Option<Timestamp> {
    let first = events.iter().find(|event| matches!(event.body, EventBody::MessageReceived { .. }))?;
    Timestamp::from_second(first.at.as_second()).ok()
}

/// Who was known before the first word.
fn signed_in(events: &[Event]) -> Option<String> {
    events.iter().find_map(|event| match &event.body {
        EventBody::IdentityProved { proof: Proof::Token { email }, .. } => Some(email.as_str().to_owned()),
        _ => None,
    })
}

/// Whether the offline model, which answers in cases, too, had the model's part.
fn held_offline(events: &[Event]) -> bool {
    events.iter().all(|event| match &event.body {
        EventBody::ModelAnswered { model, .. } => model == crate::model::offline::NAME,
        _ => true,
    })
}
