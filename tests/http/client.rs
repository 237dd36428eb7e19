//! A client that keeps what it got: status, headers, body; or a stream, event by event.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::Value;

/// Nothing in these tests takes longer; what does is a hang.
pub const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    key: Option<String>,
    token: Option<String>,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
    /// `Null` where the body is no JSON.
    pub body: Value,
}

impl Answer {
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self
    }

    /// An error in the one envelope, with this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        let answer = self.expect(status);
        assert_eq!(answer.body["error"]["code"], code, "{}", answer.text);
        assert!(answer.body["error"]["message"].as_str().is_some_and(|text| text.len() > 10), "{}", answer.text);
        assert!(answer.body["error"].as_object().unwrap().contains_key("details"), "{}", answer.text);
        assert_eq!(answer.body["request_id"].as_str().unwrap(), answer.headers["x-request-id"], "{}", answer.text);
        answer
    }

    #[track_caller]
    pub fn field(&self) -> &str {
        self.body["error"]["details"]["field"].as_str().unwrap_or_else(|| panic!("no field named: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Client {
    pub fn new(address: SocketAddr, key: Option<&str>) -> Self {
        #[expect(clippy::disallowed_methods, reason = "a test's client is no vendor's")]
        let http = reqwest::Client::builder().timeout(PATIENCE).no_proxy().tls_certs_only([]).build().unwrap();
        Self { http, base: format!("http://{address}"), key: key.map(str::to_owned), token: None }
    }

    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    pub fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.to(method, &format!("{}{path}", self.base))
    }

    /// To any address.
    pub fn to(&self, method: Method, url: &str) -> RequestBuilder {
        let mut request = self.http.request(method, url);
        if let Some(key) = &self.key {
            request = request.bearer_auth(key);
        }
        if let Some(token) = &self.token {
            request = request.header("X-Conversation-Token", token);
        }
        request
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        send(self.request(Method::POST, path).json(body)).await
    }

    /// A message, answered as JSON.
    pub async fn say(&self, conversation: &str, content: &str) -> Answer {
        let path = format!("/v1/conversations/{conversation}/messages");
        self.post(&path, &serde_json::json!({"content": content})).await
    }

    /// A message, answered as a stream.
    pub async fn say_streaming(&self, conversation: &str, content: &str) -> Events {
        let path = format!("/v1/conversations/{conversation}/messages");
        let body = serde_json::json!({"content": content});
        Events::of(self.request(Method::POST, &path).header("Accept", "text/event-stream").json(&body)).await
    }

    /// The conversation's stream after an id.
    pub async fn follow(&self, conversation: &str, after: &str) -> Events {
        let request = self.request(Method::GET, &format!("/v1/conversations/{conversation}/events"));
        Events::of(request.header("Last-Event-ID", after)).await
    }
}

pub async fn send(request: RequestBuilder) -> Answer {
    answer(request.send().await.unwrap()).await
}

pub async fn answer(response: Response) -> Answer {
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer { status, headers, text, body }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub id: String,
    pub name: String,
    pub data: Value,
}

/// A stream of events, read as bytes and taken apart here.
pub struct Events {
    pub headers: HeaderMap,
    bytes: BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    rest: String,
    /// Everything that came, comments too.
    pub raw: String,
}

impl Events {
    pub async fn of(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        let headers = response.headers().clone();
        Self { headers, bytes: response.bytes_stream().boxed(), rest: String::new(), raw: String::new() }
    }

    /// The next event; `None` at the stream's end.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.rest.find("\n\n") {
                let block: String = self.rest.drain(..end + 2).collect();
                if let Some(event) = parse(&block) {
                    return Some(event);
                }
                continue;
            }
            let bytes = tokio::time::timeout(PATIENCE, self.bytes.next()).await.expect("the stream is silent");
            let text = String::from_utf8(bytes?.ok()?.to_vec()).unwrap();
            self.raw.push_str(&text);
            self.rest.push_str(&text);
        }
    }

    /// Everything up to and with the first event of this name.
    pub async fn until(&mut self, name: &str) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            let found = event.name == name;
            events.push(event);
            if found {
                return events;
            }
        }
        panic!("the stream ended before {name}: {events:?}");
    }

    pub async fn rest(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

fn parse(block: &str) -> Option<Event> {
    let field =
        |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::to_owned);
    let data = serde_json::from_str(&field("data")?).unwrap();
    Some(Event { id: field("id")?, name: field("event")?, data })
}

pub fn names(events: &[Event]) -> Vec<&str> {
    events.iter().map(|event| event.name.as_str()).collect()
}

/// What the pieces of a message add up to.
pub fn said(events: &[Event]) -> String {
    events
        .iter()
        .filter(|event| event.name == "message.delta")
        .filter_map(|event| event.data["text"].as_str())
        .collect()
}
