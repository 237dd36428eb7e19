//! A customer whom a model plays.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Lines that a customer may say where the case does not tell.
const LINES: u32 = 8;
/// A case that needs more tells nothing more.
const MOST_LINES: u32 = 40;

/// What the one who plays the shopper knows and wants.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Customer {
    /// What the customer wants: "wants the money back for the torn jacket of order 1005".
    pub goal: String,
    /// What the customer may tell, when asked or when it fits, and nothing else: `{ order: "1005", email: … }`.
    #[serde(default)]
    pub knows: BTreeMap<String, Value>,
    /// How the customer is and writes: "impatient, short sentences, typos".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temper: Option<String>,
    /// The first line, said as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opens: Option<String>,
    /// A customer who is not done by then fails the case.
    #[serde(default = "lines")]
    pub lines_at_most: u32,
    /// Whether mails to the address on file are theirs to read. Otherwise no code that was mailed is known to them.
    #[serde(default = "yes")]
    pub reads_mail: bool,
}

fn lines() -> u32 {
    LINES
}

fn yes() -> bool {
    true
}

impl Customer {
    /// What cannot be meant, each with its field.
    pub fn wrong(&self) -> Vec<String> {
        let is_empty = |text: &str| text.trim().is_empty();
        let mut wrong = Vec::new();
        if is_empty(&self.goal) {
            wrong.push("goal: say what the customer wants".to_owned());
        }
        if self.temper.as_deref().is_some_and(is_empty) {
            wrong.push("temper: say how the customer is, or leave it out".to_owned());
        }
        if self.opens.as_deref().is_some_and(is_empty) {
            wrong.push("opens: write the first line, or leave it out".to_owned());
        }
        if !(1..=MOST_LINES).contains(&self.lines_at_most) {
            wrong.push(format!("lines_at_most: write a number from 1 to {MOST_LINES}"));
        }
        wrong
    }
}
