//! Zendesk's Support API, as much as a hand-off needs.
//!
//! Facts of the vendor that this keeps: a public comment by an agent is mailed to the requester; a comment that does not say
//! whether it is public is what the first one was; a ticket is opened once under an idempotency key; `POST` of tags replaces
//! them, `PUT` adds; a ticket takes 30 updates in ten minutes from a user; a closed ticket takes none; who is not signed in is
//! told by `users/me` that they are nobody.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router, body::Bytes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::fault::Vendor;
use super::helpdesk::{Act, ActError, FromCustomer};
use super::limit::{CallLimit, UpdateLimit};
use super::{Shared, gate};

mod events;
pub(super) mod letters;
mod pages;
mod people;
mod shape;
mod webhooks;
mod write;

use pages::parameter;
use write::{Opened, Refusal, Tagging, Writer};

/// Calls in a minute, of the plans in the middle.
const CALLS: f64 = 400.0;

pub(super) fn call_limit() -> CallLimit {
    CallLimit::new(CALLS, CALLS / 60.0)
}

/// By ticket.
pub(super) fn update_limit() -> UpdateLimit {
    UpdateLimit::new(30, std::time::Duration::from_secs(600))
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/v2/users/me", get(me))
        .route("/api/v2/tickets", get(tickets).post(create))
        .route("/api/v2/tickets/{id}", get(ticket).put(update))
        .route("/api/v2/tickets/{id}/comments", get(comments))
        .route("/api/v2/tickets/{id}/audits", get(audits))
        .route("/api/v2/tickets/{id}/tags", get(tags).post(set_tags).put(add_tags).delete(remove_tags))
        .route("/api/v2/webhooks", get(webhooks::list).post(webhooks::create))
        .route("/api/v2/webhooks/{id}", get(webhooks::one).delete(webhooks::remove))
        .route("/api/v2/webhooks/{id}/signing_secret", get(webhooks::signing_secret))
        .fallback(|| async { invalid_endpoint() })
        .method_not_allowed_fallback(|| async { invalid_endpoint() })
}

/// Lets a call in, or says why not.
fn admitted(shared: &Shared, headers: &HeaderMap) -> Result<(), Box<Response>> {
    if !authorised(shared, headers) {
        let body = json!({"error": "Couldn't authenticate you"});
        return Err(Box::new((StatusCode::UNAUTHORIZED, Json(body)).into_response()));
    }
    match shared.zendesk_limit.admit() {
        Err(seconds) if shared.call_limits => Err(Box::new(gate::rate_limited(Vendor::Zendesk, seconds))),
        _ => Ok(()),
    }
}

fn authorised(shared: &Shared, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let decoded = given.strip_prefix("Basic ").and_then(|encoded| STANDARD.decode(encoded.trim()).ok());
    let pair = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    pair == format!("{}/token:{}", shared.credentials.gorgias_email, shared.credentials.zendesk_api_token)
}

fn answered(status: StatusCode, body: Value) -> Response {
    let id = crate::domain::id::RequestId::generate();
    let mut response = (status, Json(body)).into_response();
    for (name, text) in [("x-zendesk-request-id", id.as_str()), ("x-rate-limit", "400")] {
        if let Ok(value) = HeaderValue::from_str(text) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    response
}

fn missing() -> Response {
    answered(StatusCode::NOT_FOUND, json!({"error": "RecordNotFound", "description": "Not found"}))
}

fn invalid_endpoint() -> Response {
    let error = json!({"title": "Invalid endpoint", "message": "The endpoint does not exist"});
    answered(StatusCode::NOT_FOUND, json!({ "error": error }))
}

fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Missing => missing(),
        Refusal::Invalid { field, description } => answered(
            StatusCode::UNPROCESSABLE_ENTITY,
            json!({
                "error": "RecordInvalid", "description": "Record validation errors",
                "details": {field: [{"description": description}]},
            }),
        ),
        Refusal::OtherRequest => answered(
            StatusCode::BAD_REQUEST,
            json!({
                "error": "IdempotentRequestError",
                "description": "Request parameters have changed for this idempotency key",
            }),
        ),
    }
}

/// What a request holds under a name.
fn inside(body: &Bytes, name: &str) -> Result<Value, Box<Response>> {
    let fields: Option<Value> = serde_json::from_slice(body).ok();
    let inner = fields.and_then(|fields| fields.get(name).filter(|inner| inner.is_object()).cloned());
    inner.ok_or_else(|| {
        let message = format!("Parameter {name} is required");
        let body = json!({"error": {"title": "Invalid attribute", "message": message}});
        Box::new(answered(StatusCode::BAD_REQUEST, body))
    })
}

async fn me(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if !headers.contains_key(header::AUTHORIZATION) {
        let nobody = json!({"id": null, "name": "Anonymous user", "email": "invalid@example.com", "role": "end-user"});
        return answered(StatusCode::OK, json!({ "user": nobody }));
    }
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let world = shared.world.read();
    let own = world.helpdesk.users.first().map_or(Value::Null, |own| shape::staff(own, true));
    answered(StatusCode::OK, json!({ "user": own }))
}

async fn tickets(State(shared): State<Arc<Shared>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let query = query.unwrap_or_default();
    let external = parameter(&query, "external_id");
    let world = shared.world.read();
    let fits = |ticket: &&super::world::zendesk::ZendeskTicket| {
        external.as_deref().is_none_or(|id| ticket.external_id.as_deref() == Some(id))
    };
    let found = world.zendesk.tickets.iter().filter(fits).map(shape::ticket).collect();
    pages::page("tickets", &query, found, None)
}

async fn create(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let fields = match inside(&body, "ticket") {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let now = shared.clock.now();
    let opened = shared.world.change(|world| Writer { world, now }.open(&fields, key.as_deref())).await;
    let (ticket, lookup) = match opened {
        Ok(Opened { ticket, known }) => (ticket, if known { "hit" } else { "miss" }),
        Err(refusal) => return refused(refusal),
    };
    let mut response = answered(StatusCode::CREATED, json!({ "ticket": ticket }));
    if key.is_some() {
        response.headers_mut().insert("x-idempotency-lookup", HeaderValue::from_static(lookup));
    }
    response
}

async fn ticket(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<u64>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let world = shared.world.read();
    let Some(ticket) = world.zendesk.ticket(id) else { return missing() };
    let with_users = parameter(&query.unwrap_or_default(), "include").is_some_and(|include| include.contains("users"));
    let shown = match with_users {
        true => json!({"ticket": shape::ticket(ticket), "users": shape::users(&world, shape::people_of(ticket))}),
        false => json!({"ticket": shape::ticket(ticket)}),
    };
    answered(StatusCode::OK, shown)
}

async fn update(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<u64>, body: Bytes) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let fields = match inside(&body, "ticket") {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    if let Err(seconds) = shared.ticket_updates.admit(id)
        && shared.call_limits
    {
        return gate::rate_limited(Vendor::Zendesk, seconds);
    }
    let now = shared.clock.now();
    match shared.world.change(|world| Writer { world, now }.update(id, &fields)).await {
        Ok(updated) => answered(StatusCode::OK, updated),
        Err(refusal) => refused(refusal),
    }
}

async fn comments(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<u64>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let query = query.unwrap_or_default();
    let world = shared.world.read();
    let Some(ticket) = world.zendesk.ticket(id) else { return missing() };
    let mut found: Vec<Value> = ticket.comments.iter().map(shape::comment).collect();
    if parameter(&query, "sort").as_deref() == Some("-created_at") {
        found.reverse();
    }
    let with_users = parameter(&query, "include").is_some_and(|include| include.contains("users"));
    let users = with_users.then(|| shape::users(&world, shape::people_of(ticket)));
    pages::page("comments", &query, found, users)
}

async fn audits(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<u64>,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let query = query.unwrap_or_default();
    let world = shared.world.read();
    let Some(ticket) = world.zendesk.ticket(id) else { return missing() };
    let with_users = parameter(&query, "include").is_some_and(|include| include.contains("users"));
    let mut people = shape::people_of(ticket);
    people.extend(ticket.retagged.iter().filter_map(|change| u64::try_from(change.author).ok()));
    let users = with_users.then(|| shape::users(&world, people));
    pages::page("audits", &query, shape::audits(ticket), users)
}

async fn tags(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let world = shared.world.read();
    world.zendesk.ticket(id).map_or_else(missing, |own| answered(StatusCode::OK, json!({"tags": own.tags})))
}

async fn set_tags(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<u64>, body: Bytes) -> Response {
    change_tags(&shared, &headers, id, &body, Tagging::Replace).await
}

async fn add_tags(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<u64>, body: Bytes) -> Response {
    change_tags(&shared, &headers, id, &body, Tagging::Add).await
}

async fn remove_tags(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<u64>,
    body: Bytes,
) -> Response {
    change_tags(&shared, &headers, id, &body, Tagging::Remove).await
}

async fn change_tags(shared: &Shared, headers: &HeaderMap, id: u64, body: &Bytes, tagging: Tagging) -> Response {
    if let Err(refusal) = admitted(shared, headers) {
        return *refusal;
    }
    let fields: Value = serde_json::from_slice(body).unwrap_or_default();
    let names = write::tag_names(fields.get("tags"));
    let now = shared.clock.now();
    match shared.world.change(|world| Writer { world, now }.tag(id, &names, tagging)).await {
        Ok(tags) => answered(tagging.status(), json!({ "tags": tags })),
        Err(refusal) => refused(refusal),
    }
}

/// A customer writes to the store, and a ticket comes of it. Its id.
pub(super) async fn hear(shared: &Shared, letter: &FromCustomer) -> u64 {
    let now = shared.clock.now();
    shared.world.change(|world| Writer { world, now }.opened_by_customer(letter)).await
}

/// Somebody does something with a ticket.
pub(super) async fn act(shared: &Shared, id: u64, act: &Act) -> Result<(), ActError> {
    let now = shared.clock.now();
    shared.world.change(|world| Writer { world, now }.act(id, act)).await
}
