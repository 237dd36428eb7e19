//! A model whose answers the test holds in its hand: pieces leave when the test says so.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use deskhand::domain::event::ToolCall;
use deskhand::domain::id::CallId;
use deskhand::model::{Answer, ChatModel, ChatRequest, Completion, ModelError, Piece};
use futures_util::StreamExt as _;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// What the specialist says next. The router is answered at once.
pub enum Script {
    /// All at once.
    Say(String),
    Call(&'static str, Value),
    /// As it comes over the channel; the end of the channel is the end of the answer.
    Held(mpsc::UnboundedReceiver<String>),
}

#[derive(Clone, Default)]
pub struct HeldModel {
    scripts: Arc<Mutex<VecDeque<Script>>>,
}

impl HeldModel {
    pub fn then(&self, script: Script) -> &Self {
        self.scripts.lock().unwrap().push_back(script);
        self
    }

    pub fn say(&self, text: &str) -> &Self {
        self.then(Script::Say(text.to_owned()))
    }

    /// The hand: what is sent into it is said; dropping it ends the answer.
    pub fn hold(&self) -> mpsc::UnboundedSender<String> {
        let (hand, held) = mpsc::unbounded_channel();
        self.then(Script::Held(held));
        hand
    }
}

fn route(request: &ChatRequest) -> Completion {
    let asked = format!("{:?}", request.messages.last());
    let intent = match () {
        () if asked.contains("person") => "human_agent",
        () if asked.contains("refund") => "refund_request",
        () if asked.contains("send it back") => "return_request",
        () => "product_question",
    };
    let text = json!({
        "intent": intent, "confidence": 0.9, "sentiment": "neutral", "language": "en",
        "entities": {"order_numbers": ["#canary-entity"], "emails": [], "postcodes": []},
    });
    Completion { text: text.to_string(), model: "held".to_owned(), ..Completion::default() }
}

fn whole(completion: Completion) -> Answer {
    let text = (!completion.text.is_empty()).then(|| Ok(Piece::Text(completion.text.clone())));
    stream::iter(text.into_iter().chain([Ok(Piece::Done(completion))])).boxed()
}

#[async_trait]
impl ChatModel for HeldModel {
    fn description(&self) -> String {
        "held in a test's hand".to_owned()
    }

    async fn ask(&self, request: &ChatRequest) -> Result<Answer, ModelError> {
        if request.response_format.is_some() {
            return Ok(whole(route(request)));
        }
        let script = self.scripts.lock().unwrap().pop_front();
        let model = || "held".to_owned();
        Ok(match script {
            None => whole(Completion { text: "Hello.".to_owned(), model: model(), ..Completion::default() }),
            Some(Script::Say(text)) => whole(Completion { text, model: model(), ..Completion::default() }),
            Some(Script::Call(name, arguments)) => {
                let call = ToolCall { id: CallId::generate(), name: name.to_owned(), arguments: arguments.to_string() };
                whole(Completion { calls: vec![call], model: model(), ..Completion::default() })
            }
            Some(Script::Held(held)) => held_answer(held),
        })
    }
}

fn held_answer(held: mpsc::UnboundedReceiver<String>) -> Answer {
    let state = Some((held, String::new()));
    stream::unfold(state, |state| async move {
        let (mut held, mut said) = state?;
        match held.recv().await {
            Some(text) => {
                said.push_str(&text);
                Some((Ok(Piece::Text(text)), Some((held, said))))
            }
            None => {
                let done = Completion { text: said, model: "held".to_owned(), ..Completion::default() };
                Some((Ok(Piece::Done(done)), None))
            }
        }
    })
    .boxed()
}
