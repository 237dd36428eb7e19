//! Shopify's GraphQL Admin API 2026-10, over the wire.
//!
//! Facts of the vendor that this keeps: a request under a version that is no longer served is answered by the oldest
//! that is, and `X-Shopify-API-Version` tells which; GraphQL errors come with status 200; the full cost of a query is
//! taken from the bucket before it runs, and what it did not need is given back.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Json, body::Bytes};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::{SandboxError, Shared};

mod address;
mod catalog;
mod connection;
mod cost;
mod customer;
mod engine;
mod fulfilment;
mod line;
mod money;
mod mutation;
mod names;
mod oauth;
mod object;
mod order;
mod refund;
mod refusal;
mod returns;
mod root;
mod search;
mod settlement;
mod shop;
mod suggestion;

use cost::Bucket;
use engine::{Engine, Runnable};
use mutation::keys::{KeysHeld, KeysInUse};
pub(super) use names::operation_names;
use object::View;

/// The simulated platform: the shared schema, and this sandbox's bucket.
pub(crate) struct Shopify {
    engine: &'static Engine,
    bucket: Mutex<Bucket>,
    keys_in_use: KeysInUse,
}

impl Shopify {
    pub fn new(call_limits: bool) -> Result<Self, SandboxError> {
        let engine = Engine::shared().map_err(|message| SandboxError::Schema(message.to_owned()))?;
        Ok(Self { engine, bucket: Mutex::new(Bucket::new(call_limits)), keys_in_use: KeysInUse::default() })
    }

    fn bucket(&self) -> std::sync::MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/admin/api/{version}/graphql.json", post(graphql))
        .route("/admin/oauth/access_token", post(oauth::access_token))
        .fallback(|| async { (StatusCode::NOT_FOUND, Json(json!({"errors": "Not Found"}))) })
}

/// The versions that are served while 2026-10 is the latest, and the next one as a release candidate.
const SERVED: [&str; 5] = ["2026-01", "2026-04", "2026-07", "2026-10", "2027-01"];

/// The version that answers a request for `asked`: the oldest that is still served stands in for older ones.
fn served_version(asked: &str) -> Option<&'static str> {
    if asked == "unstable" {
        return Some("unstable");
    }
    let (year, month) = asked.split_once('-')?;
    let well_formed = year.len() == 4 && year.parse::<u16>().is_ok() && ["01", "04", "07", "10"].contains(&month);
    let oldest = SERVED.first().copied()?;
    match SERVED.iter().find(|served| **served == asked) {
        Some(served) => Some(served),
        None if well_formed && asked < oldest => Some(oldest),
        None => None,
    }
}

async fn graphql(
    State(shared): State<Arc<Shared>>,
    Path(version): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(version) = served_version(&version) else {
        return (StatusCode::NOT_FOUND, Json(json!({"errors": "Not Found"}))).into_response();
    };
    let token = headers.get("x-shopify-access-token").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let response = if oauth::is_valid(&shared, token) {
        answer(&shared, &body).await
    } else {
        let message = "[API] Invalid API key or access token (unrecognized login or wrong password)";
        (StatusCode::UNAUTHORIZED, Json(json!({"errors": message}))).into_response()
    };
    labelled(response, version)
}

/// With the headers that Shopify puts on every answer.
fn labelled(mut response: Response, version: &'static str) -> Response {
    let id = crate::domain::id::RequestId::generate();
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-shopify-api-version"), HeaderValue::from_static(version));
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

/// A GraphQL request as it comes.
struct Question {
    query: String,
    variables: Value,
    /// As they came, byte by byte.
    raw_variables: String,
    operation_name: Option<String>,
}

impl Question {
    fn parse(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Envelope<'a> {
            query: String,
            #[serde(borrow)]
            variables: Option<&'a RawValue>,
            operation_name: Option<Value>,
        }
        let Envelope { query, variables, operation_name } = serde_json::from_slice(body).ok()?;
        let raw_variables = variables.map_or("{}", RawValue::get).to_owned();
        let variables = match serde_json::from_str(&raw_variables).ok()? {
            Value::Null => json!({}),
            variables @ Value::Object(_) => variables,
            _ => return None,
        };
        let operation_name = operation_name.as_ref().and_then(Value::as_str).map(str::to_owned);
        Some(Self { query, variables, raw_variables, operation_name })
    }
}

async fn answer(shared: &Shared, body: &[u8]) -> Response {
    let Some(question) = Question::parse(body) else {
        let errors = json!({"errors": {"query": "Required parameter missing or invalid"}});
        return (StatusCode::BAD_REQUEST, Json(errors)).into_response();
    };
    let prepared = shared.shopify.engine.prepare(&question.query);
    let document = match &prepared.outcome {
        Err(errors) => return Json(json!({ "errors": errors })).into_response(),
        Ok(document) => document,
    };
    let operation = match shared.shopify.engine.operation(document, &question) {
        Ok(operation) => operation,
        Err(error) => return Json(json!({"errors": [error]})).into_response(),
    };
    let requested = operation.cost();
    if let Some(refusal) = unaffordable(shared, requested) {
        return refusal;
    }
    let (mut body, actual, keys) = match operation.is_mutation() {
        true => change(shared, &operation, &question).await,
        false => {
            let world = shared.world.read();
            let (body, actual) = operation.execute(View { world: &world, now: shared.clock.now() });
            (body, actual, None)
        }
    };
    let status = {
        let mut bucket = shared.shopify.bucket();
        bucket.give_back(requested.saturating_sub(actual));
        bucket.status()
    };
    if let Some(fields) = body.as_object_mut() {
        fields.insert("extensions".to_owned(), cost_extension(requested, Some(actual), &status));
    }
    let mut response = Json(body).into_response();
    // In use until the answer has left, so that one which is held back is still in progress.
    if let Some(keys) = keys {
        response.extensions_mut().insert(keys);
    }
    response
}

/// Makes the changes, one after the other, and tells what came of them.
async fn change(shared: &Shared, operation: &Runnable<'_>, question: &Question) -> (Value, u64, Option<Arc<KeysHeld>>) {
    let changes = operation.changes();
    let held = shared.shopify.keys_in_use.take(&changes);
    let now = shared.clock.now();
    let (body, actual) = shared
        .world
        .change(|world| {
            let outcomes = mutation::perform(world, now, &changes, &held, &question.raw_variables);
            operation.tell(View { world, now }, &outcomes)
        })
        .await;
    (body, actual, Some(held))
}

/// Takes the whole cost from the bucket, unless the query may not run: then the refusal.
fn unaffordable(shared: &Shared, requested: u64) -> Option<Response> {
    if requested > cost::LARGEST_QUERY {
        let message = format!("Query cost is {requested}, which exceeds the single query max cost limit (1000).");
        let extensions = json!({"code": "MAX_COST_EXCEEDED", "cost": requested, "maxCost": cost::LARGEST_QUERY});
        let body = json!({"errors": [{"message": message, "extensions": extensions}]});
        return Some(Json(body).into_response());
    }
    let mut bucket = shared.shopify.bucket();
    if !shared.call_limits || bucket.take(requested) {
        return None;
    }
    Some(Json(throttled(requested, &bucket.status())).into_response())
}

fn throttled(requested: u64, status: &Value) -> Value {
    json!({
        "errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}],
        "extensions": cost_extension(requested, None, status),
    })
}

/// The answer of an empty bucket, for a fault.
pub(super) fn throttled_answer() -> Response {
    let status = json!({
        "maximumAvailable": cost::BUCKET, "currentlyAvailable": 0, "restoreRate": cost::RESTORED_A_SECOND,
    });
    labelled(Json(throttled(100, &status)).into_response(), "2026-10")
}

fn cost_extension(requested: u64, actual: Option<u64>, status: &Value) -> Value {
    json!({"cost": {"requestedQueryCost": requested, "actualQueryCost": actual, "throttleStatus": status}})
}

#[cfg(test)]
mod tests;
