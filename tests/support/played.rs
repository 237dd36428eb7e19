//! A model that plays a part: it calls what the test says, one call a step, and then says hello.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use deskhand::domain::event::ToolCall;
use deskhand::domain::id::CallId;
use deskhand::model::{Answer, ChatModel, ChatRequest, Completion, ModelError, Piece};
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};

#[derive(Clone)]
pub struct Played {
    intent: &'static str,
    calls: Arc<Mutex<VecDeque<(&'static str, Value)>>>,
}

impl Played {
    pub fn new(intent: &'static str) -> Self {
        Self { intent, calls: Arc::default() }
    }

    /// What the next steps call, in this order.
    pub fn then(&self, calls: impl IntoIterator<Item = (&'static str, Value)>) {
        self.calls.lock().unwrap().extend(calls);
    }

    fn route(&self) -> Completion {
        let route = json!({
            "intent": self.intent, "confidence": 0.9, "sentiment": "neutral", "language": "en",
            "entities": {"order_numbers": [], "emails": [], "postcodes": []},
        });
        Completion { text: route.to_string(), model: "played".to_owned(), ..Completion::default() }
    }

    fn step(&self) -> Completion {
        let model = "played".to_owned();
        match self.calls.lock().unwrap().pop_front() {
            None => Completion { text: "Hello.".to_owned(), model, ..Completion::default() },
            Some((name, arguments)) => {
                let call = ToolCall { id: CallId::generate(), name: name.to_owned(), arguments: arguments.to_string() };
                Completion { calls: vec![call], model, ..Completion::default() }
            }
        }
    }
}

#[async_trait]
impl ChatModel for Played {
    fn description(&self) -> String {
        "a part".to_owned()
    }

    async fn ask(&self, request: &ChatRequest) -> Result<Answer, ModelError> {
        let completion = if request.response_format.is_some() { self.route() } else { self.step() };
        let text = (!completion.text.is_empty()).then(|| Ok(Piece::Text(completion.text.clone())));
        Ok(stream::iter(text.into_iter().chain([Ok(Piece::Done(completion))])).boxed())
    }
}
