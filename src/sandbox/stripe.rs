//! Stripe v1: payment intents, and their refunds.
//!
//! Facts of the vendor that this keeps: requests are forms, answers JSON; an idempotency key is kept for 24 hours with the
//! first answer, and only where something was executed; the same key with other parameters is an error. Amounts are
//! the integers of ISO 4217; the few currencies that Stripe counts otherwise are not played.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::Shared;

mod refunds;
mod shape;

use shape::{intent_shown, refund_shown};

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v1/payment_intents/{id}", get(intent))
        .route("/v1/refunds", post(refunds::create).get(list))
        .route("/v1/refunds/{id}", get(refund))
        .fallback(|| async {
            let refusal = Refusal::invalid("Unrecognized request URL.");
            Refusal { status: StatusCode::NOT_FOUND, ..refusal }.into_response()
        })
}

/// Names and values of a form or a query, in their order.
type Parameters = Vec<(String, String)>;

fn parameters(text: &[u8]) -> Parameters {
    url::form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn value_of<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a str> {
    parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// An answer that is no success.
struct Refusal {
    status: StatusCode,
    kind: &'static str,
    code: Option<&'static str>,
    param: Option<String>,
    message: String,
}

impl Refusal {
    fn invalid(message: impl Into<String>) -> Self {
        let (kind, message) = ("invalid_request_error", message.into());
        Self { status: StatusCode::BAD_REQUEST, kind, code: None, param: None, message }
    }

    fn coded(self, code: &'static str) -> Self {
        Self { code: Some(code), ..self }
    }

    fn about(self, param: &str) -> Self {
        Self { param: Some(param.to_owned()), ..self }
    }

    fn missing(kind: &str, id: &str) -> Self {
        Self::invalid(format!("No such {kind}: '{id}'")).coded("resource_missing")
    }
}

impl axum::response::IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({"error": {
            "type": self.kind, "code": self.code, "param": self.param, "message": self.message,
            "doc_url": self.code.map(|code| format!("https://stripe.com/docs/error-codes/{}", code.replace('_', "-"))),
        }});
        // What there is nothing to say about is left out.
        if let Some(fields) = body.get_mut("error").and_then(Value::as_object_mut) {
            fields.retain(|_, value| !value.is_null());
        }
        answered((self.status, Json(body)).into_response())
    }
}

fn answered(mut response: Response) -> Response {
    if let Ok(id) = HeaderValue::from_str(crate::domain::id::RequestId::generate().as_str()) {
        response.headers_mut().insert(HeaderName::from_static("request-id"), id);
    }
    response
}

/// Key and version, as every request has to give them.
fn admitted(shared: &Shared, headers: &HeaderMap) -> Result<(), Refusal> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = match given.split_once(' ') {
        Some(("Bearer", key)) => Some(key.trim().to_owned()),
        Some(("Basic", encoded)) => {
            let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            decoded.and_then(|pair| pair.split_once(':').map(|(user, _)| user.to_owned()))
        }
        _ => None,
    };
    if key.as_deref() != Some(&shared.credentials.stripe_secret_key) {
        let refusal = Refusal::invalid("Invalid API Key provided.");
        return Err(Refusal { status: StatusCode::UNAUTHORIZED, ..refusal });
    }
    let version = headers.get("stripe-version").and_then(|value| value.to_str().ok());
    if version.is_some_and(|version| !is_version(version)) {
        return Err(Refusal::invalid("Invalid Stripe API version."));
    }
    Ok(())
}

/// `2026-06-24.dahlia`; older ones have no name.
fn is_version(text: &str) -> bool {
    let day = text.split('.').next().unwrap_or_default();
    day.parse::<jiff::civil::Date>().is_ok()
}

async fn intent(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    admitted(&shared, &headers)?;
    let query = parameters(query.unwrap_or_default().as_bytes());
    let expanded = query.iter().any(|(name, value)| name.starts_with("expand[") && value == "latest_charge");
    let (world, now) = (shared.world.read(), shared.clock.now());
    let found = world.intents.iter().find(|intent| intent.id == id).ok_or_else(|| {
        let refusal = Refusal::missing("payment_intent", &id).about("intent");
        Refusal { status: StatusCode::NOT_FOUND, ..refusal }
    })?;
    Ok(answered(Json(intent_shown(found, now, expanded)).into_response()))
}

async fn refund(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    admitted(&shared, &headers)?;
    let (world, now) = (shared.world.read(), shared.clock.now());
    let found = world.intents.iter().find_map(|intent| {
        let refund = intent.refunds.iter().find(|refund| refund.id == id)?;
        Some(refund_shown(intent, refund, now))
    });
    let found = found.ok_or_else(|| {
        let refusal = Refusal::missing("refund", &id).about("id");
        Refusal { status: StatusCode::NOT_FOUND, ..refusal }
    })?;
    Ok(answered(Json(found).into_response()))
}

/// Newest first.
async fn list(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refusal> {
    admitted(&shared, &headers)?;
    let query = parameters(query.unwrap_or_default().as_bytes());
    let wanted = value_of(&query, "payment_intent");
    let limit = match value_of(&query, "limit").map(str::parse::<usize>) {
        None => 10,
        Some(Ok(limit @ 1..=100)) => limit,
        Some(_) => return Err(Refusal::invalid("Invalid integer: limit must be between 1 and 100").about("limit")),
    };
    let (world, now) = (shared.world.read(), shared.clock.now());
    let intents = world.intents.iter().filter(|intent| wanted.is_none_or(|wanted| intent.id == wanted));
    let mut refunds: Vec<_> =
        intents.flat_map(|intent| intent.refunds.iter().map(move |refund| (intent, refund))).collect();
    refunds.reverse();
    if let Some(after) = value_of(&query, "starting_after") {
        let place = refunds.iter().position(|(_, refund)| refund.id == after);
        let place = place.ok_or_else(|| Refusal::missing("refund", after).about("starting_after"))?;
        refunds.drain(..=place);
    }
    let has_more = refunds.len() > limit;
    let data: Vec<Value> =
        refunds.into_iter().take(limit).map(|(intent, refund)| refund_shown(intent, refund, now)).collect();
    Ok(answered(
        Json(json!({"object": "list", "url": "/v1/refunds", "has_more": has_more, "data": data})).into_response(),
    ))
}
