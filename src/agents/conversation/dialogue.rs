//! What was said, called and returned, and in which order a model reads it.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde_json::Value;

use super::Conversation;
use crate::domain::event::{Author, ToolCall, ToolOutcome};
use crate::domain::id::{CallId, MessageId};

/// An entry of the dialogue, in the order of the log.
#[derive(Clone, Debug)]
pub enum Entry {
    Customer {
        seq: u64,
        at: Timestamp,
        /// Said while a turn was under way: the next one answers it.
        queued: bool,
        message: MessageId,
        text: String,
    },
    Calls(Vec<ToolCall>),
    Result {
        at: Timestamp,
        call: CallId,
        tool: String,
        outcome: ToolOutcome,
        receipt: Arc<Value>,
    },
    Said {
        at: Timestamp,
        message: MessageId,
        author: Author,
        text: String,
    },
    /// A colleague's words, under the name that the store gives away.
    Person {
        at: Timestamp,
        message: MessageId,
        name: Option<String>,
        text: String,
    },
    /// What a colleague has answered to the agent: for it, and not for the shopper.
    Answered {
        seq: u64,
        queued: bool,
        question: String,
        name: Option<String>,
        text: String,
    },
}

impl Entry {
    fn is_queued(&self) -> bool {
        matches!(self, Self::Customer { queued: true, .. } | Self::Answered { queued: true, .. })
    }

    fn returned(&self) -> Option<&CallId> {
        match self {
            Self::Result { call, .. } => Some(call),
            _ => None,
        }
    }
}

impl Conversation {
    /// The dialogue turn by turn: what came in while a turn was under way stands after what that turn called and said, and
    /// is nothing for the present one. Nothing stands between calls and what they returned.
    pub fn turn_by_turn(&self) -> Vec<&Entry> {
        let present = self.turn_ends.len();
        let turn_of = |place: usize, entry: &Entry| {
            let over = self.turn_ends.partition_point(|end| *end <= place);
            over + usize::from(entry.is_queued())
        };
        let entries = self.dialogue.iter().enumerate().map(|(place, entry)| (turn_of(place, entry), entry));
        let mut entries: Vec<(usize, &Entry)> = entries.filter(|(turn, _)| *turn <= present).collect();
        entries.sort_by_key(|(turn, _)| *turn);
        results_first(entries.into_iter().map(|(_, entry)| entry))
    }

    /// The calls that have returned. Others were cut off by a person who took over.
    pub fn returned(&self) -> HashSet<&CallId> {
        self.dialogue.iter().filter_map(Entry::returned).collect()
    }
}

fn results_first<'e>(entries: impl Iterator<Item = &'e Entry> + Clone) -> Vec<&'e Entry> {
    let returned: HashSet<&CallId> = entries.clone().filter_map(Entry::returned).collect();
    let (mut ordered, mut held, mut open) = (Vec::new(), Vec::new(), HashSet::new());
    for entry in entries {
        match entry {
            Entry::Calls(calls) => open.extend(calls.iter().map(|call| &call.id).filter(|id| returned.contains(id))),
            Entry::Result { call, .. } => drop(open.remove(call)),
            _ if !open.is_empty() => {
                held.push(entry);
                continue;
            }
            _ => {}
        }
        ordered.push(entry);
        if open.is_empty() {
            ordered.append(&mut held);
        }
    }
    ordered.append(&mut held);
    ordered
}
