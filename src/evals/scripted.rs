//! A model that says and calls what a case wrote for it, so that a conversation which any model once had is had again. It
//! is believed as little as any other.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use regex::{Captures, Regex};
use serde_json::{Value, json};

use super::case::{Case, Reading, ScriptLine, Step};
use crate::domain::event::{Intent, ToolCall};
use crate::domain::id::CallId;
use crate::model::{Answer, ChatModel, ChatRequest, Completion, Message, ModelError, Piece};

const NAME: &str = "script";

static PLACE: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\{([a-z0-9_]+(?:\.[a-z0-9_]+)*)\}").ok());

/// Clones read the same script.
#[derive(Clone, Default)]
pub struct Scripted(Arc<Mutex<Part>>);

#[derive(Default)]
struct Part {
    intent: Option<String>,
    reading: Reading,
    lines: VecDeque<Line>,
}

/// What the model says next.
enum Line {
    Written(ScriptLine),
    /// As a model once said it.
    Recorded(Completion),
}

impl Scripted {
    /// `None`: the case leaves it to the model.
    pub fn of(case: &Case) -> Option<Self> {
        case.conversation.iter().any(|step| step.script.is_some()).then(Self::default)
    }

    /// What the model does from this step on.
    pub fn take(&self, step: &Step) {
        let mut part = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        part.intent.clone_from(&step.intent);
        part.reading = step.reading.clone().unwrap_or_default();
        part.lines = step.script.clone().unwrap_or_default().into_iter().map(Line::Written).collect();
    }

    /// What it says next, one after the other, as it was recorded.
    pub fn recorded(&self, answers: impl IntoIterator<Item = Completion>) {
        let mut part = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        part.lines = answers.into_iter().map(Line::Recorded).collect();
    }

    fn route(&self) -> Completion {
        let part = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Reading { sentiment, language, confidence } = &part.reading;
        let route = json!({
            "intent": part.intent.as_deref().unwrap_or(Intent::Other.as_str()), "confidence": confidence,
            "sentiment": sentiment, "language": language,
            "entities": {"order_numbers": [], "emails": [], "postcodes": []},
        });
        Completion { text: route.to_string(), model: NAME.to_owned(), ..Completion::default() }
    }

    /// All calls up to the next words, and these.
    fn step(&self, messages: &[Message]) -> Result<Completion, ModelError> {
        let mut part = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = part.lines.pop_front();
        let line = match line {
            Some(Line::Written(line)) => line,
            Some(Line::Recorded(completion)) => return Ok(completion),
            None => return Err(ModelError::BrokenOff { reason: "the script has no further line".to_owned() }),
        };
        let call = |(name, arguments): (String, _)| ToolCall {
            id: CallId::generate(),
            name,
            arguments: Value::to_string(&arguments),
        };
        Ok(Completion {
            text: filled(&line.say.unwrap_or_default(), messages),
            calls: line.call.map(|name| call((name, line.arguments))).into_iter().collect(),
            model: NAME.to_owned(),
            ..Completion::default()
        })
    }
}

#[async_trait]
impl ChatModel for Scripted {
    fn description(&self) -> String {
        "the case's own script".to_owned()
    }

    async fn ask(&self, request: &ChatRequest) -> Result<Answer, ModelError> {
        let completion = if request.response_format.is_some() { self.route() } else { self.step(&request.messages)? };
        let text = (!completion.text.is_empty()).then(|| Ok(Piece::Text(completion.text.clone())));
        Ok(stream::iter(text.into_iter().chain([Ok(Piece::Done(completion))])).boxed())
    }
}

/// Words with what the tools returned, where they name its place. What is nowhere stays as it is written.
fn filled(words: &str, messages: &[Message]) -> String {
    let Some(pattern) = PLACE.as_ref() else { return words.to_owned() };
    let returned = |place: &str| {
        let pointer = format!("/{}", place.replace('.', "/"));
        let receipts = messages.iter().rev().filter_map(|message| match message {
            Message::Tool { content, .. } => serde_json::from_str::<Value>(content).ok(),
            Message::System(_) | Message::User(_) | Message::Assistant { .. } => None,
        });
        receipts.into_iter().find_map(|receipt| receipt.pointer(&pointer)?.as_str().map(str::to_owned))
    };
    let value = |found: &Captures<'_>| returned(&found[1]).unwrap_or_else(|| found[0].to_owned());
    pattern.replace_all(words, value).into_owned()
}
