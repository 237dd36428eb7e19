//! A recorded conversation, taken apart into what the customer said, what the model answered, and what tools returned then.

use std::collections::VecDeque;

use serde_json::Value;

use super::files::{Call, Message, Role};
use crate::domain::event::ToolCall;
use crate::domain::id::CallId;
use crate::model::Completion;

/// As the recorded model is named in the log.
const NAME: &str = "recorded";

/// A recording that the turn machine can follow.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// What the agent said before the customer did.
    pub greeting: Option<String>,
    pub parts: Vec<Part>,
    /// What each call returned then, in their order.
    pub returned: Vec<Recorded>,
    /// Calls that nothing was returned of, which were never made.
    pub not_made: usize,
}

/// A line of the customer's, and all that the model answered to it.
#[derive(Clone, Debug)]
pub struct Part {
    pub line: String,
    pub answers: Vec<Completion>,
}

#[derive(Clone, Debug)]
pub struct Recorded {
    pub call: Call,
    pub output: String,
}

impl Script {
    /// # Errors
    /// Where messages stand in an order in which no turn machine produces them.
    pub fn of(messages: &[Message]) -> Result<Self, String> {
        let mut script = Self::default();
        let mut rest: VecDeque<&Message> = messages.iter().collect();
        while let Some(message) = rest.pop_front() {
            let at = messages.len() - rest.len();
            match message.role {
                Role::System => {}
                Role::User => script.parts.push(Part { line: message.text().to_owned(), answers: Vec::new() }),
                Role::Tool => return Err(format!("message {at}: a tool's result without a call")),
                Role::Assistant => script.answer(at, message, &mut rest)?,
            }
        }
        Ok(script)
    }

    fn answer(&mut self, at: usize, message: &Message, rest: &mut VecDeque<&Message>) -> Result<(), String> {
        let text = message.text().to_owned();
        let Some(part) = self.parts.last_mut() else {
            let greets = message.calls().is_empty() && self.greeting.is_none();
            self.greeting = Some(text);
            return if greets {
                Ok(())
            } else {
                Err(format!("message {at}: the agent acts before the customer speaks"))
            };
        };
        if part.answers.last().is_some_and(|answer| answer.calls.is_empty()) {
            return Err(format!("message {at}: the agent speaks twice without a word of the customer's"));
        }
        let mut outputs = results(rest);
        let mut calls = Vec::new();
        for call in message.calls() {
            let Some(place) = outputs.iter().position(|(id, _)| *id == call.id) else {
                self.not_made += 1;
                continue;
            };
            let (_, output) = outputs.remove(place);
            self.returned.push(Recorded { call: call.clone(), output });
            calls.push(asked(call));
        }
        if let Some((id, _)) = outputs.first() {
            return Err(format!("message {at}: a tool's result of {id:?}, which was not called"));
        }
        let answer = Completion { text, calls, model: NAME.to_owned(), ..Completion::default() };
        if !(answer.text.trim().is_empty() && answer.calls.is_empty()) {
            part.answers.push(answer);
        }
        Ok(())
    }

    /// Whether the last that was recorded is what a tool returned.
    pub fn ends_with_a_call(&self) -> bool {
        let last = self.parts.last().and_then(|part| part.answers.last());
        last.is_some_and(|answer| !answer.calls.is_empty())
    }
}

/// The results that follow on a message, with the calls that they belong to.
fn results<'m>(rest: &mut VecDeque<&'m Message>) -> Vec<(&'m str, String)> {
    let mut results = Vec::new();
    while let Some(message) = rest.pop_front_if(|message| message.role == Role::Tool) {
        results.push((message.tool_call_id.as_deref().unwrap_or_default(), message.text().to_owned()));
    }
    results
}

fn asked(call: &Call) -> ToolCall {
    let arguments = match &call.arguments {
        Value::String(text) => text.clone(),
        arguments => arguments.to_string(),
    };
    ToolCall { id: CallId::new(call.id.clone()), name: call.name.clone(), arguments }
}
