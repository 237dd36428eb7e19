//! A model that says and calls what a case wrote for it, so that a conversation which any model once had is had again. It
//! is believed as little as any other.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use serde_json::json;

use super::case::{Case, ScriptLine, Step};
use crate::domain::event::{Intent, ToolCall};
use crate::domain::id::CallId;
use crate::model::{Answer, ChatModel, ChatRequest, Completion, ModelError, Piece};

const NAME: &str = "script";

/// Clones read the same script.
#[derive(Clone, Default)]
pub struct Scripted(Arc<Mutex<Part>>);

#[derive(Default)]
struct Part {
    intent: Option<String>,
    lines: VecDeque<ScriptLine>,
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
        part.lines = step.script.clone().unwrap_or_default().into();
    }

    fn route(&self) -> Completion {
        let part = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let route = json!({
            "intent": part.intent.as_deref().unwrap_or(Intent::Other.as_str()), "confidence": 1.0,
            "sentiment": "neutral", "language": "en",
            "entities": {"order_numbers": [], "emails": [], "postcodes": []},
        });
        Completion { text: route.to_string(), model: NAME.to_owned(), ..Completion::default() }
    }

    /// All calls up to the next words, and these.
    fn step(&self) -> Result<Completion, ModelError> {
        let mut part = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = part.lines.pop_front();
        let line = line.ok_or_else(|| ModelError::BrokenOff { reason: "the script has no further line".to_owned() })?;
        let call = |(name, arguments): (String, _)| ToolCall {
            id: CallId::generate(),
            name,
            arguments: serde_json::Value::to_string(&arguments),
        };
        Ok(Completion {
            text: line.say.unwrap_or_default(),
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
        let completion = if request.response_format.is_some() { self.route() } else { self.step()? };
        let text = (!completion.text.is_empty()).then(|| Ok(Piece::Text(completion.text.clone())));
        Ok(stream::iter(text.into_iter().chain([Ok(Piece::Done(completion))])).boxed())
    }
}
