//! Who answers a message.

pub mod features;
pub mod local;
pub mod weights;

use futures_util::StreamExt as _;
use serde_json::{Value, json};
use thiserror::Error;

use super::catalog::{Agent, Catalog};
use super::context;
use super::conversation::Conversation;
use crate::domain::event::{Analysis, HandoffReason, Intent, Sentiment};
use crate::model::{ChatModel, ChatRequest, ModelError, Piece};
use crate::policy::{Policy, handoff};

/// The name of the structured answer.
pub const FORMAT: &str = "route";

#[derive(Debug, Error)]
pub enum ClassifyError {
    #[error(transparent)]
    Model(#[from] ModelError),
    #[error("the router's answer does not read: {0}")]
    Unreadable(String),
}

/// Reads what is plain by itself, and asks a model about the rest.
pub struct LocalFirst<'a> {
    pub model: &'a dyn ChatModel,
    /// How sure it must be to decide by itself: see [`crate::policy::Router`].
    pub sure_from: f64,
}

impl LocalFirst<'_> {
    /// What a shopper wants.
    pub async fn classify(&self, conversation: &Conversation, catalog: &Catalog) -> Result<Analysis, ClassifyError> {
        let messages = context::routed(conversation, catalog);
        let earlier = conversation.analysis.as_ref();
        match local::read(&messages, earlier, &catalog.weights, self.sure_from) {
            Some(analysis) => Ok(analysis),
            None => ask(self.model, &context::router(conversation, messages)).await,
        }
    }
}

/// Asks a model for a structured answer.
async fn ask(model: &dyn ChatModel, request: &ChatRequest) -> Result<Analysis, ClassifyError> {
    let mut answer = model.ask(request).await?;
    while let Some(piece) = answer.next().await {
        if let Piece::Done(completion) = piece? {
            return parse(&completion.text);
        }
    }
    Err(ClassifyError::Unreadable("it ended early".to_owned()))
}

/// Reads the answer, with or without the fence that some models put around JSON. Values out of range are mended, not trusted.
fn parse(text: &str) -> Result<Analysis, ClassifyError> {
    let text = text.trim();
    let text = text.strip_prefix("```json").or_else(|| text.strip_prefix("```")).unwrap_or(text);
    let text = text.strip_suffix("```").unwrap_or(text);
    let mut analysis: Analysis =
        serde_json::from_str(text).map_err(|error| ClassifyError::Unreadable(error.to_string()))?;
    analysis.confidence = if analysis.confidence.is_finite() { analysis.confidence.clamp(0.0, 1.0) } else { 0.0 };
    analysis.language =
        analysis.language.trim().to_lowercase().chars().take_while(char::is_ascii_alphabetic).take(3).collect();
    if analysis.language.is_empty() {
        analysis.language = "en".to_owned();
    }
    Ok(analysis)
}

/// The strict schema of the answer.
pub fn schema() -> Value {
    let list = |description: &str| json!({"type": "array", "items": {"type": "string"}, "description": description});
    json!({
        "type": "object",
        "properties": {
            "intent": {"type": "string", "enum": Intent::ALL.map(Intent::as_str)},
            "confidence": {"type": "number", "description": "From 0 to 1."},
            "sentiment": {"type": "string", "enum": Sentiment::ALL.map(Sentiment::as_str)},
            "language": {"type": "string", "description": "ISO 639-1 code of the language in which the shopper writes."},
            "entities": {
                "type": "object",
                "properties": {
                    "order_numbers": list("Order numbers, as written."),
                    "emails": list("E-mail addresses, as written."),
                    "postcodes": list("Postcodes, as written."),
                },
                "required": ["order_numbers", "emails", "postcodes"],
                "additionalProperties": false,
            },
        },
        "required": ["intent", "confidence", "sentiment", "language", "entities"],
        "additionalProperties": false,
    })
}

/// Who takes the conversation.
#[derive(Clone, Copy, Debug)]
pub enum Route<'a> {
    Agent(&'a Agent),
    Person(HandoffReason),
}

/// State first: a procedure under way keeps its agent and needs no classification. `None`: the message must be read.
pub fn by_state<'a>(conversation: &Conversation, catalog: &'a Catalog) -> Option<&'a Agent> {
    let asked = conversation.asked();
    // Nobody has said anything: a colleague has answered the agent's question.
    let goes_on = asked.is_empty() || asked.contains(crate::policy::masking::CODE);
    let agent = conversation.agent.as_deref().and_then(|name| catalog.agent(name))?;
    (goes_on && conversation.analysis.is_some()).then_some(agent)
}

/// Who answers, by what was read. `speaks` tells whether a language can be answered in.
pub fn decide<'a>(
    conversation: &Conversation,
    catalog: &'a Catalog,
    policy: &Policy,
    speaks: impl Fn(&str) -> bool,
    analysis: &Analysis,
) -> Route<'a> {
    if let Some(reason) = handoff::by_message(&policy.people, analysis, &conversation.asked()) {
        return Route::Person(reason);
    }
    if !speaks(&analysis.language) {
        return Route::Person(HandoffReason::Language);
    }
    let unsure = analysis.intent == Intent::Other && analysis.confidence < policy.people.unsure_below;
    if unsure && conversation.fruitless + 1 >= policy.people.after_failures {
        return Route::Person(HandoffReason::RepeatedFailure);
    }
    catalog.for_intent(analysis.intent).map_or(Route::Person(HandoffReason::Topic), Route::Agent)
}

#[cfg(test)]
mod tests;
