//! What was said, called and returned, and in which order a model reads it.

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
}

impl Conversation {
    /// The dialogue turn by turn: what came in while a turn was under way stands after what that turn called and said, and
    /// is nothing for the present one.
    pub fn turn_by_turn(&self) -> Vec<&Entry> {
        let turn_of = |(place, entry): (usize, &Entry)| {
            let over = self.turn_ends.partition_point(|end| *end <= place);
            over + usize::from(entry.is_queued())
        };
        let present = self.turn_ends.len();
        let mut entries: Vec<(usize, &Entry)> =
            self.dialogue.iter().enumerate().map(|(place, entry)| (turn_of((place, entry)), entry)).collect();
        entries.retain(|(turn, _)| *turn <= present);
        entries.sort_by_key(|(turn, _)| *turn);
        entries.into_iter().map(|(_, entry)| entry).collect()
    }
}
