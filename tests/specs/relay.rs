//! Stands between a client of the crate and the sandbox, and keeps what was said.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;

/// A request and its answer; bodies are JSON, else text.
#[derive(Clone)]
pub struct Said {
    pub method: String,
    pub path: String,
    pub asked: Value,
    pub status: u16,
    pub answered: Value,
}

#[derive(Clone)]
pub struct Relay {
    pub base: String,
    beyond: String,
    client: reqwest::Client,
    said: Arc<Mutex<Vec<Said>>>,
}

impl Relay {
    /// Before a vendor of the sandbox.
    pub async fn before(vendor: String) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        #[expect(clippy::disallowed_methods, reason = "this stands between the crate's transport and its sandbox")]
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", socket.local_addr().unwrap());
        let relay = Self { base, beyond: vendor, client, said: Arc::default() };
        let router = Router::new().fallback(pass_on).with_state(relay.clone());
        tokio::spawn(async move { axum::serve(socket, router).await });
        relay
    }

    pub fn said(&self) -> Vec<Said> {
        self.said.lock().unwrap().clone()
    }
}

async fn pass_on(
    State(relay): State<Relay>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    headers.remove("host");
    headers.remove("content-length");
    let path = uri.path_and_query().unwrap().as_str();
    let url = format!("{}{path}", relay.beyond);
    let request = relay.client.request(method.clone(), url).headers(headers).body(body.clone());
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let bytes = answer.bytes().await.unwrap();
    let json = |bytes: &[u8]| {
        serde_json::from_slice(bytes).unwrap_or_else(|_| Value::from(String::from_utf8_lossy(bytes).into_owned()))
    };
    let (asked, answered) = (json(&body), json(&bytes));
    let said = Said { method: method.to_string(), path: uri.path().to_owned(), asked, status, answered };
    relay.said.lock().unwrap().push(said);
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in
        headers.iter().filter(|(name, _)| !matches!(name.as_str(), "content-length" | "transfer-encoding"))
    {
        response.headers_mut().append(name, value.clone());
    }
    response
}
