//! The one transport under all clients. A client says what it wants to send and how safe it is to send it twice;
//! time-outs, retries, waiting, budgets, the circuit breaker, request ids, redaction and tracing are decided here.
//!
//! Time here is the machine's: sockets do not know the world's clock.

use std::sync::Arc;

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use super::SettingsError;

pub mod account;
pub mod breaker;
pub mod budget;
pub mod client;
pub mod redaction;
pub mod retry;
pub mod transport;

pub use account::{Account, AccountSettings, Call, Failure};
pub use budget::Rate;
pub use transport::Transport;

/// What a second delivery of a request would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// Nothing. Sent again after every failure that may pass.
    Read,
    /// The same as one delivery. Sent again after lost connections and overload, not after an error of the vendor's own
    /// making (500), which the same bytes would meet again.
    Idempotent,
    /// A second effect. Sent again only where the first provably was not processed: no connection, or 429.
    Write,
}

/// A request. It has no `Debug`: it carries credentials and personal data.
pub struct Outgoing {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    pub body: Option<Bytes>,
    /// Made anew for each try: what is worth something for seconds only.
    pub fresh: Option<(HeaderName, FreshHeader)>,
}

/// Makes a header's value. `None` where it cannot be made.
pub type FreshHeader = Arc<dyn Fn() -> Option<HeaderValue> + Send + Sync>;

impl Outgoing {
    pub fn get(url: Url) -> Self {
        Self { method: Method::GET, url, headers: HeaderMap::new(), body: None, fresh: None }
    }

    pub fn post_json(url: Url, body: impl Into<Bytes>) -> Self {
        let json = HeaderValue::from_static("application/json");
        let headers = HeaderMap::from_iter([(reqwest::header::CONTENT_TYPE, json)]);
        Self { method: Method::POST, url, headers, body: Some(body.into()), fresh: None }
    }

    pub fn patch_json(url: Url, body: impl Into<Bytes>) -> Self {
        Self { method: Method::PATCH, ..Self::post_json(url, body) }
    }

    pub fn put_json(url: Url, body: impl Into<Bytes>) -> Self {
        Self { method: Method::PUT, ..Self::post_json(url, body) }
    }

    pub fn delete(url: Url) -> Self {
        Self { method: Method::DELETE, ..Self::get(url) }
    }

    pub fn delete_json(url: Url, body: impl Into<Bytes>) -> Self {
        Self { method: Method::DELETE, ..Self::post_json(url, body) }
    }

    pub fn post_form(url: Url, body: impl Into<Bytes>) -> Self {
        let form = HeaderValue::from_static("application/x-www-form-urlencoded");
        let headers = HeaderMap::from_iter([(reqwest::header::CONTENT_TYPE, form)]);
        Self { method: Method::POST, url, headers, body: Some(body.into()), fresh: None }
    }

    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    pub fn fresh_header(mut self, name: HeaderName, value: FreshHeader) -> Self {
        self.fresh = Some((name, value));
        self
    }
}

/// A header value that debug output does not show. `None` where the text cannot stand in a header.
pub fn secret_header(text: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Refuses a base URL that could not carry requests, or would put credentials into logs.
pub fn check_base_url(key: &'static str, url: &Url) -> Result<(), SettingsError> {
    let problem = if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        "it is not an http(s) address"
    } else if !url.username().is_empty() || url.password().is_some() {
        "it contains a user name or password"
    } else if url.query().is_some() || url.fragment().is_some() {
        "it contains a query or a fragment"
    } else {
        return Ok(());
    };
    Err(SettingsError {
        key,
        problem: problem.to_owned(),
        fix: "give scheme, host and path only, such as https://proxy.example.com",
    })
}

/// A shorter secret can be guessed, in bytes.
pub const SHORTEST_SECRET: usize = 16;

/// Whether it is one DNS label: anything more could send the credentials to another host.
pub fn is_label(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (1..=63).contains(&text.len()) && text.chars().all(inner) && !text.starts_with('-') && !text.ends_with('-')
}

/// How long calls may take and how often they are tried. The same for all vendors.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpSettings {
    /// Milliseconds until a connection must stand. Default 3000.
    pub connect_timeout_ms: u64,
    /// Milliseconds for which a connection stays open that nobody uses. Default 30000.
    pub idle_ms: u64,
    /// Milliseconds for one attempt, from the first byte out to the last byte in. Default 10000.
    pub attempt_timeout_ms: u64,
    /// Milliseconds that a call may take in all while a shopper waits: attempts, pauses and waiting for a budget.
    /// Default 15000.
    pub shopper_patience_ms: u64,
    /// The same for work that nobody watches. Default 120000.
    pub background_patience_ms: u64,
    /// How often a request is sent at most. Default 3.
    pub attempts: u32,
    /// Milliseconds before the second attempt, doubled for each further one, with jitter. Default 300.
    pub first_pause_ms: u64,
    /// Failures in a row after which an account is left alone. Default 6.
    pub breaker_failures: u32,
    /// Milliseconds for which it is left alone before one call may try again, doubled up to eightfold. Default 5000.
    pub breaker_pause_ms: u64,
    /// The largest answer that is read, in bytes. Default 8 MiB.
    pub answer_limit_bytes: usize,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect_timeout_ms: 3_000,
            idle_ms: 30_000,
            attempt_timeout_ms: 10_000,
            shopper_patience_ms: 15_000,
            background_patience_ms: 120_000,
            attempts: 3,
            first_pause_ms: 300,
            breaker_failures: 6,
            breaker_pause_ms: 5_000,
            answer_limit_bytes: 8 * 1024 * 1024,
        }
    }
}

#[cfg(test)]
mod tests;
