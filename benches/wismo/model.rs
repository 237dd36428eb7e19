//! An OpenAI-compatible model that knows one job: read the order, ask the carrier, say where the parcel is.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::Instant;

use super::shop::email;

/// True of every order of the store.
const SENTENCE: &str = "Your order is on its way: it left our warehouse on Wednesday and the carrier scanned it last in \
                        Newark, so it should reach you by Wednesday.";

/// How often it is said. One answer is then about 100 pieces.
const TIMES: usize = 4;

/// How fast the model speaks.
#[derive(Clone, Copy, Default)]
pub struct Speech {
    /// Before each answer.
    pub first: Duration,
    /// Between two words.
    pub between: Duration,
}

#[derive(Clone)]
pub struct Model {
    address: std::net::SocketAddr,
    speech: Arc<Mutex<Speech>>,
}

impl Model {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let model = Self { address: listener.local_addr().unwrap(), speech: Arc::default() };
        let router = Router::new().route("/v1/chat/completions", post(complete)).with_state(model.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        model
    }

    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub fn speak(&self, speech: Speech) {
        *self.speech.lock().unwrap() = speech;
    }
}

/// What the model says: text word by word, or one call.
enum Said {
    Words(Vec<String>),
    Call(&'static str, Value),
}

async fn complete(State(model): State<Model>, body: Bytes) -> Response {
    let began = Instant::now();
    let speech = *model.speech.lock().unwrap();
    let said = say(&serde_json::from_slice(&body).unwrap());
    tokio::time::sleep_until(began + speech.first).await;
    let chunks = said.chunks();
    if speech.between.is_zero() || chunks.len() < 20 {
        return ([(CONTENT_TYPE, "text/event-stream")], chunks.concat()).into_response();
    }
    let first = began + speech.first;
    let paced = futures_util::stream::iter(chunks).enumerate().then(move |(index, chunk)| async move {
        tokio::time::sleep_until(first + speech.between * u32::try_from(index).unwrap()).await;
        Ok::<_, std::convert::Infallible>(chunk)
    });
    ([(CONTENT_TYPE, "text/event-stream")], Body::from_stream(paced)).into_response()
}

fn say(request: &Value) -> Said {
    if request.get("response_format").is_some() {
        let entities = json!({"order_numbers": [], "emails": [], "postcodes": []});
        let route = json!({"intent": "order_status", "confidence": 0.97, "sentiment": "neutral", "language": "en",
            "entities": entities});
        return Said::Words(vec![route.to_string()]);
    }
    let messages = request["messages"].as_array().unwrap();
    let results = messages.iter().rev().take_while(|message| message["role"] != "user");
    let results = results.filter(|message| message["role"] == "tool").count();
    let asked = messages.iter().rev().find(|message| message["role"] == "user").unwrap();
    let number: String = asked["content"].as_str().unwrap().chars().filter(char::is_ascii_digit).collect();
    match results {
        0 => {
            let email = email(number.parse().unwrap());
            Said::Call("find_order", json!({"order_number": number, "email": email, "postcode": null}))
        }
        1 => Said::Call("track_shipment", json!({"order_number": number})),
        _ => {
            let answer = [SENTENCE; TIMES].join(" ");
            Said::Words(answer.split_inclusive(' ').map(str::to_owned).collect())
        }
    }
}

impl Said {
    fn chunks(&self) -> Vec<String> {
        let chunk = |delta: Value, finish: Option<&str>| {
            let choice = json!({"index": 0, "delta": delta, "finish_reason": finish});
            let chunk = json!({"id": "c", "object": "chat.completion.chunk", "model": "bench", "choices": [choice]});
            format!("data: {chunk}\n\n")
        };
        let (mut chunks, finish): (Vec<String>, &str) = match self {
            Self::Words(words) => (words.iter().map(|word| chunk(json!({"content": word}), None)).collect(), "stop"),
            Self::Call(name, arguments) => {
                let function = json!({"name": name, "arguments": arguments.to_string()});
                let call = json!({"index": 0, "id": format!("call_{name}"), "type": "function", "function": function});
                (vec![chunk(json!({"tool_calls": [call]}), None)], "tool_calls")
            }
        };
        chunks.push(format!("{}data: [DONE]\n\n", chunk(json!({}), Some(finish))));
        chunks
    }
}
