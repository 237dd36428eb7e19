//! Intercom's REST API, as much as a hand-off needs.
//!
//! Facts of the vendor that this keeps: a second contact with the same external id or address is a conflict; a contact that was
//! only just made is not found by its external id at first, and the search passes a new conversation over; tags are known by id,
//! and who put one on a conversation is told with it; a contact's words that open a conversation again are an `open`; a
//! teammate's comment is delivered to the contact, and mailed to one who has an address, unless it says otherwise; a
//! conversation shows its newest 500 parts; bodies are HTML unless plain text is asked for; where events go is set up in the
//! Developer Hub, and they are signed with SHA-1.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::fault::Vendor;
use super::helpdesk::{Act, ActError, FromCustomer};
use super::limit::CallLimit;
use super::{Shared, gate};
use crate::domain::id::RequestId;

mod contacts;
mod events;
pub(super) mod letters;
mod people;
mod search;
mod shape;
mod text;
mod write;

use write::{Refusal, Writer};

/// Calls in ten seconds: what Intercom allows in a minute, spread as it does.
const CALLS: f64 = 1_666.0;
/// The workspace.
pub const WORKSPACE: &str = "sandbox1";

pub(super) fn call_limit() -> CallLimit {
    CallLimit::new(CALLS, CALLS / 10.0)
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/me", get(me))
        .route("/admins", get(admins))
        .route("/admins/{id}", get(admin))
        .route("/contacts", post(contacts::create))
        .route("/contacts/search", post(contacts::search))
        .route("/contacts/find_by_external_id/{id}", get(contacts::by_external_id))
        .route("/contacts/{id}", get(contacts::one).put(contacts::update))
        .route("/tags", get(tags).post(make_tag))
        .route("/conversations", get(search::list).post(create))
        .route("/conversations/search", post(search::search))
        .route("/conversations/{id}", get(conversation))
        .route("/conversations/{id}/reply", post(reply))
        .route("/conversations/{id}/parts", post(manage))
        .route("/conversations/{id}/tags", post(attach_tag))
        .route("/conversations/{id}/tags/{tag}", delete(detach_tag))
        .fallback(|| async { missing("Resource Not Found") })
        .method_not_allowed_fallback(|| async { missing("Resource Not Found") })
}

/// Lets a call in, or says why not.
fn admitted(shared: &Shared, headers: &HeaderMap) -> Result<(), Box<Response>> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if given.strip_prefix("Bearer ") != Some(shared.credentials.intercom_access_token.as_str()) {
        return Err(Box::new(error(StatusCode::UNAUTHORIZED, "unauthorized", "Access Token Invalid")));
    }
    match shared.intercom_limit.admit() {
        Err(seconds) if shared.call_limits => Err(Box::new(gate::rate_limited(Vendor::Intercom, seconds))),
        _ => Ok(()),
    }
}

fn answered(status: StatusCode, body: Value) -> Response {
    let id = RequestId::generate();
    let mut response = (status, Json(body)).into_response();
    for (name, text) in
        [("x-request-id", id.as_str()), ("x-ratelimit-limit", "1666"), ("x-ratelimit-remaining", "1600")]
    {
        if let Ok(value) = HeaderValue::from_str(text) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

pub(super) fn error_body(code: &str, message: &str) -> Value {
    let id = "b68959ea-6328-4f70-83cb-e7913dba1542";
    json!({"type": "error.list", "request_id": id, "errors": [{"code": code, "message": message}]})
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    answered(status, error_body(code, message))
}

fn missing(message: &str) -> Response {
    error(StatusCode::NOT_FOUND, "not_found", message)
}

fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Missing(message) => missing(message),
        Refusal::Invalid(message) => error(StatusCode::BAD_REQUEST, "parameter_invalid", message),
        Refusal::Conflict(id) => {
            let message = format!("A contact matching those details already exists with id={id}");
            error(StatusCode::CONFLICT, "conflict", &message)
        }
    }
}

/// Admits a call that carries JSON, and reads it.
fn fields(shared: &Shared, headers: &HeaderMap, body: &Bytes) -> Result<Value, Box<Response>> {
    admitted(shared, headers)?;
    let fields: Option<Value> = serde_json::from_slice(body).ok();
    fields.filter(Value::is_object).ok_or_else(|| {
        Box::new(error(StatusCode::BAD_REQUEST, "bad_request", "Bad 'Content-Type' header or malformed JSON"))
    })
}

/// What was made of a call.
fn outcome(outcome: Result<Value, Refusal>) -> Response {
    outcome.map_or_else(refused, |body| answered(StatusCode::OK, body))
}

/// The number of a conversation.
fn number(id: &str) -> u64 {
    id.parse().unwrap_or_default()
}

async fn me(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let world = shared.world.read();
    let Some(own) = world.helpdesk.users.first() else { return missing("Admin Not Found") };
    answered(StatusCode::OK, shape::me(own, &world.shop.name))
}

async fn admins(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let world = shared.world.read();
    let admins: Vec<Value> = world.helpdesk.users.iter().map(shape::admin).collect();
    answered(StatusCode::OK, json!({"type": "admin.list", "admins": admins}))
}

async fn admin(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let world = shared.world.read();
    let found = world.helpdesk.users.iter().find(|own| own.id == number(&id));
    found.map_or_else(|| missing("Admin Not Found"), |own| answered(StatusCode::OK, shape::admin(own)))
}

async fn tags(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let tags: Vec<Value> = shared.world.read().intercom.tags.iter().map(shape::tag).collect();
    answered(StatusCode::OK, json!({"type": "list", "data": tags}))
}

async fn make_tag(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let fields = match fields(&shared, &headers, &body) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let Some(name) = fields.get("name").and_then(Value::as_str).filter(|name| !name.is_empty()) else {
        return refused(Refusal::Invalid("name is required"));
    };
    let tag = shared.world.change(|world| world.intercom.tag_named(name)).await;
    answered(StatusCode::OK, shape::tag(&tag))
}

async fn create(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let fields = match fields(&shared, &headers, &body) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let now = shared.clock.now();
    outcome(shared.world.change(|world| Writer { world, now }.open(&fields)).await)
}

async fn conversation(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let plain = search::parameter(&query.unwrap_or_default(), "display_as").as_deref() == Some("plaintext");
    let world = shared.world.read();
    let found = world.intercom.conversation(number(&id));
    found.map_or_else(
        || missing("Resource Not Found"),
        |own| answered(StatusCode::OK, shape::conversation(&world, own, shape::Parts::Newest { plain })),
    )
}

async fn reply(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>, body: Bytes) -> Response {
    let fields = match fields(&shared, &headers, &body) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let now = shared.clock.now();
    outcome(shared.world.change(|world| Writer { world, now }.reply(number(&id), &fields)).await)
}

async fn manage(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let fields = match fields(&shared, &headers, &body) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let now = shared.clock.now();
    outcome(shared.world.change(|world| Writer { world, now }.manage(number(&id), &fields)).await)
}

async fn attach_tag(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let fields = match fields(&shared, &headers, &body) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let now = shared.clock.now();
    outcome(shared.world.change(|world| Writer { world, now }.attach(number(&id), &fields)).await)
}

async fn detach_tag(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path((id, tag)): Path<(String, String)>,
    body: Bytes,
) -> Response {
    let fields = match fields(&shared, &headers, &body) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let now = shared.clock.now();
    outcome(shared.world.change(|world| Writer { world, now }.detach(number(&id), number(&tag), &fields)).await)
}

/// A customer writes to the store, and a conversation comes of it. Its id.
pub(super) async fn hear(shared: &Shared, letter: &FromCustomer) -> u64 {
    let now = shared.clock.now();
    shared.world.change(|world| Writer { world, now }.begun_by_customer(letter)).await
}

/// Somebody does something with a conversation.
pub(super) async fn act(shared: &Shared, id: u64, act: &Act) -> Result<(), ActError> {
    let now = shared.clock.now();
    shared.world.change(|world| Writer { world, now }.act(id, act)).await
}
