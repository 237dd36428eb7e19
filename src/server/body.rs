//! Bodies: as they came, or as JSON, read field by field, so that an error can name the field.

use std::sync::Arc;
use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, header};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::app::App;
use super::error::ApiError;

/// How long a body may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(15);

/// The fields of a request's JSON object; none where there is no body. Each is taken once, and what is left at the end is
/// refused: a misspelt `customer_token` must not silently make an anonymous conversation.
#[derive(Debug, Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    pub fn required_text(&mut self, name: &str) -> Result<String, ApiError> {
        self.text(name)?.ok_or_else(|| ApiError::missing(name))
    }

    /// `None` also for `null`.
    pub fn text(&mut self, name: &str) -> Result<Option<String>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(ApiError::invalid_field(name, format!("{name} must be a string"))),
        }
    }

    /// A short plain word or id.
    pub fn label(&mut self, name: &str, longest: usize) -> Result<Option<String>, ApiError> {
        let text = self.text(name)?;
        match &text {
            Some(text) if text.trim().is_empty() || text.len() > longest || text.chars().any(char::is_control) => {
                let problem = format!("{name} must have 1 to {longest} bytes and no control characters");
                Err(ApiError::invalid_field(name, problem))
            }
            _ => Ok(text),
        }
    }

    pub fn object(&mut self, name: &str) -> Result<Option<Value>, ApiError> {
        match self.value(name) {
            None => Ok(None),
            Some(object @ Value::Object(_)) => Ok(Some(object)),
            Some(_) => Err(ApiError::invalid_field(name, format!("{name} must be an object"))),
        }
    }

    fn value(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// Refuses what nobody asked for.
    pub fn finish(self) -> Result<(), ApiError> {
        match self.0.keys().next() {
            Some(name) => {
                let shown: String = name.chars().take(80).collect();
                Err(ApiError::invalid_field(&shown, format!("{shown} is not a field of this request")))
            }
            None => Ok(()),
        }
    }
}

impl FromRequest<Arc<App>> for Fields {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let is_json = says_json(request.headers());
        let body = bytes(request, app.settings.body_limit_bytes).await?;
        if body.is_empty() {
            return Ok(Self::default());
        }
        if !is_json {
            return Err(ApiError::invalid_field("Content-Type", "send JSON, with Content-Type: application/json"));
        }
        match serde_json::from_slice(&body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            Ok(_) => Err(ApiError::invalid("the body must be a JSON object")),
            Err(error) => Err(ApiError::invalid(format!(
                "the body is not JSON: line {}, column {}",
                error.line(),
                error.column()
            ))),
        }
    }
}

/// The body as it came.
pub async fn bytes(request: Request, limit: usize) -> Result<Bytes, ApiError> {
    let announced = content_length(request.headers());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(ApiError::too_large(limit));
    }
    let arrived = tokio::time::timeout(ARRIVAL, to_bytes(request.into_body(), limit)).await;
    let Ok(body) = arrived else {
        return Err(ApiError::invalid("the body did not arrive in time"));
    };
    // What breaks off is not read by anyone, so only a body beyond the limit is left to tell.
    body.map_err(|_| ApiError::too_large(limit))
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn says_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.and_then(|text| text.split(';').next()).is_some_and(|kind| {
        let kind = kind.trim().to_ascii_lowercase();
        kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
    })
}
