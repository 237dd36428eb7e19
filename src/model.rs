//! The chat model: what it is asked, what it answers, and the few kinds of it.

pub mod budget;
pub mod cassette;
pub mod colleague;
pub mod offline;
pub mod openai;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use serde_json::Value;
use thiserror::Error;

use crate::domain::event::{ToolCall, Usage};
use crate::domain::id::CallId;

/// A message of the dialogue, as every model understands it.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    System(Arc<str>),
    User(String),
    Assistant {
        text: String,
        calls: Vec<ToolCall>,
    },
    /// The result of one call. Each call of an assistant message is answered before anything else is said.
    Tool {
        call: CallId,
        content: String,
    },
}

/// A tool that the model may call.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolSpec {
    pub name: String,
    pub description: String,
    /// A strict JSON schema: every property required, no extra ones.
    pub parameters: Value,
}

/// That the answer must be JSON of this schema.
#[derive(Clone, Debug, PartialEq)]
pub struct ResponseFormat {
    pub name: String,
    pub schema: Value,
}

#[derive(Clone, Debug)]
pub struct ChatRequest {
    /// The first is the system prompt, the same for every conversation of an agent, so that providers cache it.
    pub messages: Vec<Message>,
    /// In a fixed order, for the same reason.
    pub tools: Arc<[ToolSpec]>,
    pub response_format: Option<ResponseFormat>,
    /// What the request has in common with others: providers route by it.
    pub cache_key: String,
}

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Piece {
    Text(String),
    /// The last piece.
    Done(Completion),
}

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Completion {
    pub text: String,
    pub calls: Vec<ToolCall>,
    pub usage: Usage,
    /// The model that answered, as it calls itself.
    pub model: String,
    /// The model said no to the request as such.
    pub refused: bool,
    /// The answer was cut off at the token limit.
    pub cut_off: bool,
}

pub type Answer = BoxStream<'static, Result<Piece, ModelError>>;

/// Why a model gave no answer.
#[derive(Clone, Debug, Error)]
pub enum ModelError {
    #[error("the model at {endpoint} cannot be reached: {reason}. Check OPENAI_BASE_URL and the network")]
    Unreachable { endpoint: String, reason: String },
    #[error("the model's key is not accepted: {reason}. Check OPENAI_API_KEY")]
    Credentials { reason: String },
    #[error("the model's quota is used up: {reason}")]
    Quota { reason: String },
    #[error("the model asks to wait {} s", .wait.as_secs())]
    Throttled { wait: Duration },
    #[error("the model refused the request ({status}): {reason}")]
    Refused { status: u16, reason: String },
    /// It began and then failed; what came is not an answer.
    #[error("the model's answer broke off: {reason}")]
    BrokenOff { reason: String },
    /// A cassette answers what it has, and asks nobody for the rest.
    #[error("{reason}")]
    NotRecorded { reason: String },
    #[error("the model did not {what} within {} s", .limit.as_secs())]
    TooSlow { what: &'static str, limit: Duration },
}

#[async_trait]
pub trait ChatModel: Send + Sync {
    /// As it is told to people: `gpt-5.2 at api.openai.com`, or the offline stand-in.
    fn description(&self) -> String;

    /// Asks. An error before the first piece is final for this attempt (retries and fallback are behind it); an error
    /// after it ends the stream: the attempt is void and the caller asks anew.
    async fn ask(&self, request: &ChatRequest) -> Result<Answer, ModelError>;
}
