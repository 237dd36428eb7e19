//! What went wrong with a request, and what to do about it: ask again, ask another model, ask with less, or give up.

use std::borrow::Cow;
use std::error::Error as _;
use std::fmt;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde_json::Value;
use serde_json::value::RawValue;
use thiserror::Error;

use super::request::Parameters;
use crate::domain::clock::Clock;
use crate::model::ModelError;

/// Why one request brought no answer.
#[derive(Clone, Debug, Error)]
#[error("{error}")]
pub struct Failure {
    #[source]
    pub error: ModelError,
    pub remedy: Remedy,
}

/// What may help against a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// The same request again; the server may say after how long.
    Again { after: Option<Duration> },
    /// The request without these parameters, which the server does not know.
    Without(Parameters),
    /// Nothing that this endpoint could do.
    None,
}

impl Failure {
    pub fn last(error: ModelError) -> Self {
        Self { error, remedy: Remedy::None }
    }

    pub fn passing(error: ModelError) -> Self {
        Self { error, remedy: Remedy::Again { after: None } }
    }
}

impl From<Failure> for async_openai::error::OpenAIError {
    fn from(failure: Failure) -> Self {
        Self::Boxed(Box::new(failure))
    }
}

/// Whether another model may answer what this one did not. A request that is wrong in itself is wrong everywhere.
pub fn another_may_answer(error: &ModelError) -> bool {
    match error {
        ModelError::Unreachable { .. }
        | ModelError::Credentials { .. }
        | ModelError::Quota { .. }
        | ModelError::Throttled { .. }
        | ModelError::BrokenOff { .. }
        | ModelError::TooSlow { .. } => true,
        ModelError::Refused { status, .. } => matches!(status, 404 | 408 | 409 | 500..),
        ModelError::NotRecorded { .. } => false,
    }
}

/// An error as servers write it: OpenAI's object, a bare text, FastAPI's `detail`, Gemini's list of one, or no JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServerError {
    pub message: String,
    pub kind: String,
    pub param: String,
    /// A word, or (OpenRouter) a number as text.
    pub code: String,
}

impl fmt::Display for ServerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if self.code.is_empty() { Ok(()) } else { write!(f, " ({})", self.code) }
    }
}

impl ServerError {
    /// The field `error` of an answer; many servers send it empty with each chunk.
    pub fn from_field(raw: &RawValue) -> Option<Self> {
        let value: Value = serde_json::from_str(raw.get()).ok()?;
        match value {
            Value::Null | Value::Bool(false) => None,
            Value::String(text) if text.is_empty() => None,
            other => Some(Self::from_value(&other)),
        }
    }

    pub fn from_body(body: &[u8]) -> Self {
        match serde_json::from_slice::<Value>(body) {
            Ok(value) => Self::from_value(&value),
            Err(_) => Self { message: String::from_utf8_lossy(body).into_owned(), ..Self::default() },
        }
    }

    fn from_value(value: &Value) -> Self {
        if let Some(inner) = value.get("error").or_else(|| value.get(0)).filter(|inner| !inner.is_null()) {
            return Self::from_value(inner);
        }
        let text = |name: &str| match value.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        let message = match value {
            Value::String(text) => text.clone(),
            _ => {
                [text("message"), text("detail")].into_iter().find(|text| !text.is_empty()).unwrap_or(value.to_string())
            }
        };
        Self { message, kind: text("type"), param: text("param"), code: text("code") }
    }

    fn is_called(&self, name: &str) -> bool {
        self.code == name || self.kind == name
    }

    /// The HTTP status that fits an error which came inside a 200.
    pub fn status(&self) -> u16 {
        if let Some(status) = self.code.parse().ok().filter(|status| (400..600).contains(status)) {
            return status;
        }
        let by_name = [
            ("rate_limit_exceeded", 429),
            ("insufficient_quota", 429),
            ("invalid_api_key", 401),
            ("authentication_error", 401),
            ("invalid_request_error", 400),
            ("BadRequestError", 400),
            ("content_filter", 400),
        ];
        by_name.into_iter().find(|(name, _)| self.is_called(name)).map_or(500, |(_, status)| status)
    }
}

/// Judges an error that the server sent. `sent` are the optional parameters of the request.
pub fn judge(status: u16, headers: &HeaderMap, error: &ServerError, sent: Parameters, secrets: &Secrets) -> Failure {
    let mut reason = secrets.conceal(&error.to_string());
    if let Some(id) = headers.get("x-request-id").and_then(|value| value.to_str().ok()) {
        reason.push_str(&format!(", request {}", secrets.conceal(id)));
    }
    let quota_names = ["insufficient_quota", "billing_hard_limit_reached"];
    if status == 402 || quota_names.iter().any(|name| error.is_called(name)) {
        return Failure::last(ModelError::Quota { reason });
    }
    if matches!(status, 400 | 422) {
        let unknown = sent.named_as_unknown(error);
        if !unknown.is_empty() {
            return Failure { error: ModelError::Refused { status, reason }, remedy: Remedy::Without(unknown) };
        }
    }
    let wait = stated_wait(headers);
    let again = match headers.get("x-should-retry").and_then(|value| value.to_str().ok()) {
        Some("true") => true,
        Some("false") => false,
        _ => matches!(status, 408 | 409 | 429 | 500..),
    };
    let error = match status {
        401 | 403 => ModelError::Credentials { reason },
        429 => ModelError::Throttled { wait: wait.unwrap_or_default() },
        404 => ModelError::Refused {
            status,
            reason: format!("{reason}. Check DESKHAND_MODEL and the path of OPENAI_BASE_URL"),
        },
        _ => ModelError::Refused { status, reason },
    };
    Failure { error, remedy: if again { Remedy::Again { after: wait } } else { Remedy::None } }
}

/// Judges a request that got no answer at all.
pub fn unreachable(endpoint: &str, error: &reqwest::Error, secrets: &Secrets) -> Failure {
    Failure::passing(ModelError::Unreachable {
        endpoint: endpoint.to_owned(),
        reason: secrets.conceal(&root_cause(error)),
    })
}

/// The innermost cause, which is what tells: "connection refused", not "error sending request".
pub fn root_cause(error: &reqwest::Error) -> String {
    let mut cause = error.source();
    while let Some(inner) = cause.and_then(|outer| outer.source()) {
        cause = Some(inner);
    }
    cause.map_or_else(|| "the request failed".to_owned(), ToString::to_string)
}

/// How long the server asks to wait: `retry-after-ms`, else `retry-after` in seconds or as a date.
fn stated_wait(headers: &HeaderMap) -> Option<Duration> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let seconds = |text: &str, unit: f64| {
        text.parse::<f64>().ok().and_then(|number| Duration::try_from_secs_f64((number * unit).max(0.0)).ok())
    };
    if let Some(wait) = header("retry-after-ms").and_then(|text| seconds(text, 0.001)) {
        return Some(wait);
    }
    let text = header("retry-after")?;
    seconds(text, 1.0).or_else(|| {
        let date = jiff::fmt::rfc2822::parse(text).ok()?;
        Some(Duration::try_from(date.timestamp().duration_since(Clock::machine())).unwrap_or_default())
    })
}

/// Texts that no error may repeat, though a server may have sent them back.
#[derive(Clone, Default)]
pub struct Secrets(Vec<secrecy::SecretString>);

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

impl Secrets {
    pub fn new(texts: impl IntoIterator<Item = secrecy::SecretString>) -> Self {
        Self(texts.into_iter().collect())
    }

    /// A server's text as it may be shown: one line, without secrets, not too long.
    pub fn conceal(&self, text: &str) -> String {
        use secrecy::ExposeSecret as _;
        const SHOWN: usize = 300;
        const SHORTEST_SECRET: usize = 4;
        let mut shown = Cow::Borrowed(text);
        for secret in self.0.iter().map(|secret| secret.expose_secret()) {
            if secret.len() >= SHORTEST_SECRET && shown.contains(secret) {
                shown = Cow::Owned(shown.replace(secret, "[redacted]"));
            }
        }
        let words = shown.split_whitespace().map(|word| {
            let is_key = word.trim_start_matches(|mark: char| !mark.is_alphanumeric()).starts_with("sk-");
            if is_key { "[redacted]" } else { word }
        });
        let line = words.collect::<Vec<_>>().join(" ");
        let line = line.trim_end_matches('.');
        match line.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
            None if line.is_empty() => "no reason given".to_owned(),
            None => line.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
