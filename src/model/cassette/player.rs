//! Answers from a cassette, and from nowhere else.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use thiserror::Error;

use super::names::Hidden;
use super::request::{Asked, MadeOf, UNNAMED};
use super::{Cassette, Recording};

/// Characters of a value that are shown.
const SHOWN: usize = 60;
/// So many of them before the place of a difference.
const BEFORE: usize = 20;

/// Why a request has no answer.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Unanswered {
    /// The same was said, to another prompt, other tools or another model.
    #[error("since it was recorded, {0}")]
    Stale(String),
    #[error("{0}")]
    Missed(String),
}

pub struct Answer {
    pub content_type: String,
    pub body: String,
}

/// Plays a cassette once.
pub struct Player {
    cassette: Cassette,
    hidden: Arc<Hidden>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    asked: usize,
    played: BTreeSet<usize>,
    first: Option<Unanswered>,
}

impl Player {
    /// `hidden` is what was not written when it was recorded.
    pub fn new(cassette: Cassette, hidden: Arc<Hidden>) -> Self {
        Self { cassette, hidden, state: Mutex::default() }
    }

    /// The answer that was recorded for the same request: in order, and the last one again where it is asked once more.
    pub fn answer(&self, body: &[u8]) -> Result<Answer, Unanswered> {
        let asked = Asked::of(body, Arc::clone(&self.hidden));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.asked += 1;
        let same = || self.numbered().filter(|(_, recording)| is_same(recording, &asked));
        let fresh = same().find(|(at, _)| !state.played.contains(at)).or_else(|| same().next_back());
        let Some((at, recording)) = fresh else {
            let unanswered = self.unanswered(&asked, state.asked);
            state.first.get_or_insert_with(|| unanswered.clone());
            return Err(unanswered);
        };
        state.played.insert(at);
        Ok(Answer { content_type: recording.content_type.clone(), body: asked.names.restored(&recording.body) })
    }

    /// The first request that had no answer.
    pub fn trouble(&self) -> Option<Unanswered> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).first.clone()
    }

    fn numbered(&self) -> impl DoubleEndedIterator<Item = (usize, &Recording)> {
        self.cassette.recordings.iter().enumerate()
    }

    fn unanswered(&self, asked: &Asked, number: usize) -> Unanswered {
        let said_the_same =
            self.numbered().find(|(_, recording)| recording.messages == asked.messages && is_of(recording, asked));
        if let Some((_, recording)) = said_the_same {
            return Unanswered::Stale(changes(recording, asked).join(", and "));
        }
        let what = format!("request {number} ({}) is not recorded", asked.agent);
        Unanswered::Missed(match self.nearest(asked) {
            None => format!("{what}: nothing is"),
            Some((at, recording)) => {
                let difference = first_difference(recording, asked);
                format!("{what}; the nearest recording is {} ({}), {difference}", at + 1, recording.agent)
            }
        })
    }

    fn nearest(&self, asked: &Asked) -> Option<(usize, &Recording)> {
        let likeness = |recording: &Recording| {
            let pairs = recording.messages.iter().zip(&asked.messages);
            let alike = pairs.take_while(|(recorded, now)| recorded == now).count();
            let left_over = recording.messages.len().abs_diff(asked.messages.len());
            (is_of(recording, asked), alike, std::cmp::Reverse(left_over))
        };
        // The earliest of those that are as near.
        self.numbered().rev().max_by_key(|(_, recording)| likeness(recording))
    }
}

fn is_same(recording: &Recording, asked: &Asked) -> bool {
    recording.made_of == asked.made_of && recording.messages == asked.messages
}

/// Whether the same agent asked, as far as that is known.
fn is_of(recording: &Recording, asked: &Asked) -> bool {
    let unnamed = recording.agent.starts_with(UNNAMED) || asked.agent == UNNAMED;
    (recording.agent == asked.agent || unnamed) && recording.made_of.format.is_some() == asked.made_of.format.is_some()
}

/// What a request is made of and is not what it was.
fn changes(recording: &Recording, asked: &Asked) -> Vec<String> {
    let (before, now) = (&recording.made_of, &asked.made_of);
    let model = |made_of: &MadeOf| made_of.model.clone().unwrap_or_default();
    let mut changes = Vec::new();
    if before.model != now.model {
        changes.push(format!("the model has become {} (it was {})", model(now), model(before)));
    }
    if before.prompt != now.prompt {
        changes.push(format!("the prompt of {} has changed", asked.agent));
    }
    changes.extend(changed_tools(before, now).map(|tool| format!("the tool {tool} has changed")));
    if before.format != now.format {
        changes.push(format!("the form of {}'s answers has changed", asked.agent));
    }
    changes
}

/// Also those that were added or taken away.
fn changed_tools<'m>(before: &'m MadeOf, now: &'m MadeOf) -> impl Iterator<Item = &'m String> {
    let all: BTreeSet<&String> = before.tools.keys().chain(now.tools.keys()).collect();
    all.into_iter().filter(|tool| before.tools.get(*tool) != now.tools.get(*tool))
}

fn first_difference(recording: &Recording, asked: &Asked) -> String {
    let of = |messages: &[Value]| Value::Array(messages.to_vec());
    match difference(&of(&recording.messages), &of(&asked.messages), "messages") {
        Some((path, recorded, now)) => {
            let (recorded, now) = shown(recorded.as_ref(), now.as_ref());
            format!("and {path} is the first to differ: {recorded} was recorded, {now} is asked now")
        }
        None => "of another agent".to_owned(),
    }
}

/// The path to the first difference, and what stands there on both sides.
fn difference(recorded: &Value, now: &Value, path: &str) -> Option<(String, Option<Value>, Option<Value>)> {
    match (recorded, now) {
        (Value::Array(left), Value::Array(right)) => (0..left.len().max(right.len())).find_map(|at| {
            let path = format!("{path}[{at}]");
            below(left.get(at), right.get(at), path)
        }),
        (Value::Object(left), Value::Object(right)) => {
            let keys: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
            keys.into_iter().find_map(|key| below(left.get(key), right.get(key), format!("{path}.{key}")))
        }
        (left, right) if left == right => None,
        (left, right) => Some((path.to_owned(), Some(left.clone()), Some(right.clone()))),
    }
}

fn below(left: Option<&Value>, right: Option<&Value>, path: String) -> Option<(String, Option<Value>, Option<Value>)> {
    match (left, right) {
        (Some(left), Some(right)) => difference(left, right, &path),
        (left, right) => Some((path, left.cloned(), right.cloned())),
    }
}

/// Both values from a little before the place at which they part.
fn shown(recorded: Option<&Value>, now: Option<&Value>) -> (String, String) {
    let text = |value: Option<&Value>| value.map(Value::to_string);
    let (recorded, now) = (text(recorded), text(now));
    let alike = match (&recorded, &now) {
        (Some(recorded), Some(now)) => {
            recorded.chars().zip(now.chars()).take_while(|(left, right)| left == right).count()
        }
        _ => 0,
    };
    let from = alike.saturating_sub(BEFORE);
    let cut = |text: Option<String>| {
        let Some(text) = text else { return "nothing".to_owned() };
        let shown: String = text.chars().skip(from).take(SHOWN).collect();
        let (begins, ends) = (from == 0, text.chars().count() <= from + SHOWN);
        format!("{}{shown}{}", if begins { "" } else { "…" }, if ends { "" } else { "…" })
    };
    (cut(recorded), cut(now))
}
