//! What the tests of the model have in common: a model at a server, and a question.

use std::sync::Arc;
use std::time::Duration;

use deskhand::model::openai::{OpenAiModel, OpenAiSettings};
use deskhand::model::{Answer, ChatModel, ChatRequest, Completion, Message, ModelError, Piece, ToolSpec};
use futures_util::StreamExt;
use serde_json::json;

use crate::support::model_server::ModelServer;

/// A pool of connections, as the program's transport would build it.
#[expect(clippy::disallowed_methods, reason = "the test stands in for the transport")]
pub fn http() -> reqwest::Client {
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder().no_proxy().build().expect("a client")
}

pub fn settings(server: &ModelServer) -> OpenAiSettings {
    OpenAiSettings {
        base_url: server.base_url().parse().expect("a URL"),
        api_key: Some("sk-test-0123456789".into()),
        first_token_limit: Duration::from_secs(5),
        idle_limit: Duration::from_secs(5),
        total_limit: Duration::from_secs(10),
        ..OpenAiSettings::new("gpt-test")
    }
}

pub fn model(settings: OpenAiSettings) -> OpenAiModel {
    OpenAiModel::new(settings, http()).expect("good settings")
}

pub fn tools() -> Arc<[ToolSpec]> {
    let parameters = json!({"type": "object", "properties": {"number": {"type": "string"}, "email": {"type": ["string", "null"]}},
        "required": ["number", "email"], "additionalProperties": false});
    Arc::from([
        ToolSpec { name: "find_order".into(), description: "Finds an order".into(), parameters: parameters.clone() },
        ToolSpec { name: "list_orders".into(), description: "Lists orders".into(), parameters },
    ])
}

pub fn question(text: &str) -> ChatRequest {
    ChatRequest {
        messages: vec![Message::System("You help shoppers.".into()), Message::User(text.into())],
        tools: tools(),
        response_format: None,
        cache_key: "agent-wismo".into(),
    }
}

/// Reads an answer to its end: the pieces of text, and how it ended.
pub async fn read(mut answer: Answer) -> (Vec<String>, Result<Completion, ModelError>) {
    let mut texts = Vec::new();
    loop {
        match answer.next().await.expect("a last piece") {
            Ok(Piece::Text(text)) => texts.push(text),
            Ok(Piece::Done(completion)) => {
                assert!(answer.next().await.is_none(), "nothing comes after the last piece");
                return (texts, Ok(completion));
            }
            Err(error) => {
                assert!(answer.next().await.is_none(), "nothing comes after an error");
                return (texts, Err(error));
            }
        }
    }
}

/// Asks, and reads the answer, which must come.
pub async fn answered(model: &OpenAiModel, request: &ChatRequest) -> Completion {
    let (texts, completion) = read(model.ask(request).await.expect("an answer")).await;
    let completion = completion.expect("a whole answer");
    assert_eq!(texts.concat(), completion.text, "the pieces are the text");
    completion
}
