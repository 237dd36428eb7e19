//! One attempt at one request.

use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::HeaderMap;
use reqwest::{Body, Request, Response, StatusCode};

use super::{HttpSettings, Outgoing, client};

/// The connections of this process to vendors. Clones share them.
#[derive(Clone)]
pub struct Transport {
    client: reqwest::Client,
    settings: Arc<HttpSettings>,
}

/// What a vendor answered. `Debug` shows no body and no headers.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Of an error answer only as much as arrived.
    pub body: Bytes,
}

impl std::fmt::Debug for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Answer({}, {} bytes)", self.status.as_u16(), self.body.len())
    }
}

/// No whole answer came.
#[derive(Debug)]
pub struct Broken {
    /// Whether the request may have left.
    pub sent: bool,
    pub reason: String,
    /// Of the answer that broke off, if it had begun.
    pub headers: HeaderMap,
}

impl Transport {
    /// # Errors
    /// Where the machine offers no TLS roots or no proxy settings that can be read.
    pub fn new(settings: HttpSettings) -> Result<Self, reqwest::Error> {
        let client = client::builder()
            .connect_timeout(Duration::from_millis(settings.connect_timeout_ms))
            .pool_idle_timeout(Duration::from_millis(settings.idle_ms))
            .build()?;
        Ok(Self { client, settings: Arc::new(settings) })
    }

    pub fn settings(&self) -> &HttpSettings {
        &self.settings
    }

    pub(super) async fn attempt(&self, outgoing: &Outgoing, timeout: Duration) -> Result<Answer, Broken> {
        let mut request = Request::new(outgoing.method.clone(), outgoing.url.clone());
        *request.headers_mut() = outgoing.headers.clone();
        *request.timeout_mut() = Some(timeout);
        if let Some((name, value)) = &outgoing.fresh
            && let Some(value) = value()
        {
            request.headers_mut().insert(name, value);
        }
        *request.body_mut() = outgoing.body.clone().map(Body::from);
        let response = self.client.execute(request).await.map_err(|error| {
            let sent = !error.is_connect() && !error.is_builder();
            Broken { sent, reason: reason(error), headers: HeaderMap::new() }
        })?;
        self.receive(response).await
    }

    async fn receive(&self, mut response: Response) -> Result<Answer, Broken> {
        let status = response.status();
        let headers = response.headers().clone();
        let mut body = BytesMut::new();
        let problem = loop {
            match response.chunk().await {
                Ok(None) => return Ok(Answer { status, headers, body: body.freeze() }),
                Ok(Some(chunk)) if body.len() + chunk.len() > self.settings.answer_limit_bytes => {
                    break format!("the answer is larger than {} bytes", self.settings.answer_limit_bytes);
                }
                Ok(Some(chunk)) => body.extend_from_slice(&chunk),
                Err(error) => break reason(error),
            }
        };
        // An error status has said all that matters; its body only explains.
        if status.is_client_error() || status.is_server_error() {
            return Ok(Answer { status, headers, body: body.freeze() });
        }
        Err(Broken { sent: true, reason: problem, headers })
    }
}

/// The chain of causes, without the address: its query may name a person.
fn reason(error: reqwest::Error) -> String {
    let error = error.without_url();
    if error.is_timeout() {
        let what = if error.is_connect() { "no connection in time" } else { "no answer in time" };
        return what.to_owned();
    }
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    super::redaction::for_operator(&text)
}
