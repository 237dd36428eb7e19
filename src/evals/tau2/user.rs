//! The customer whom a model plays. It reads what a customer reads: what the agent says, and never what tools return.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::Value;

use super::files::Scenario;
use crate::evals::play::customer::Player;
use crate::evals::voices::Silence;
use crate::model::{ChatRequest, Message};

/// The file of its prompt.
pub const PROMPT: &str = "tau2-customer.md";
/// What the benchmark's customers say when the conversation is over for them.
const ENDS: [&str; 3] = ["###STOP###", "###TRANSFER###", "###OUT-OF-SCOPE###"];

/// What one side said to the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    Agent(String),
    Customer(String),
}

/// Whether the customer has ended the conversation with it.
pub fn ends(line: &str) -> bool {
    ENDS.iter().any(|end| line.contains(end))
}

/// The customer's next line.
///
/// # Errors
/// The model gives none.
pub async fn next(player: &Player, scenario: &Scenario, talked: &[Line], within: Duration) -> Result<String, Silence> {
    let mut messages = vec![Message::System(format!("{}\n{}", player.prompt.trim_end(), part(scenario)).into())];
    messages.extend(talked.iter().map(|line| match line {
        Line::Agent(text) => Message::User(text.clone()),
        Line::Customer(text) => Message::Assistant { text: text.clone(), calls: Vec::new() },
    }));
    let cache_key = "evals:tau2-customer".to_owned();
    let request = ChatRequest { messages, tools: [].into(), response_format: None, cache_key };
    player.voice.say(&request, within).await
}

/// The part as the task tells it, under its own headings.
fn part(scenario: &Scenario) -> String {
    let mut text = String::new();
    for (name, value) in [("Persona", &scenario.persona), ("Instructions", &scenario.instructions)] {
        match value {
            Value::Null => {}
            Value::String(told) => {
                let _ = writeln!(text, "\n{name}: {told}");
            }
            Value::Object(fields) => {
                for (field, told) in fields.iter().filter_map(|(field, told)| Some((field, told.as_str()?))) {
                    let _ = writeln!(text, "\n{}: {told}", heading(field));
                }
            }
            other => {
                let _ = writeln!(text, "\n{name}: {other}");
            }
        }
    }
    text
}

/// `reason_for_call` as people write it.
fn heading(field: &str) -> String {
    let words = field.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
