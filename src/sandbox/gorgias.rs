//! Gorgias' REST API, as much as a hand-off needs.
//!
//! Facts of the vendor that this keeps: a message that is no internal note and carries no `sent_datetime` is sent to
//! the customer; `via`, and per message `channel`, `via`, `from_agent` and `sender`, are required; an unknown e-mail
//! creates a customer; tags in a `PUT` replace all tags; one account has 40 calls in 20 seconds.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{delete, get};
use axum::{Json, Router, body::Bytes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::fault::Vendor;
use super::helpdesk::{Act, ActError, FromCustomer};
use super::limit::CallLimit;
use super::{Shared, gate};

/// Lets a call in, or answers why not.
macro_rules! admitted {
    ($shared:ident, $headers:ident, $call:ident) => {
        let $call = match Call::admitted(&$shared, &$headers) {
            Ok(call) => call,
            Err(refusal) => return *refusal,
        };
    };
}

mod checks;
mod integrations;
pub(super) mod letters;
mod lists;
mod people;
mod shape;
mod write;

use checks::Problems;
use write::Writer;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/api/account", get(account))
        .route("/api/users", get(lists::users))
        .route("/api/users/{id}", get(lists::user))
        .route("/api/events", get(lists::events))
        .route("/api/tags", get(lists::tags))
        .route("/api/teams", get(lists::teams))
        .route("/api/customers", get(lists::customers))
        .route("/api/messages", get(messages))
        .route("/api/integrations", get(integrations::list).post(integrations::create))
        .route("/api/integrations/{id}", delete(integrations::remove))
        .route("/api/tickets", get(tickets).post(create_ticket))
        .route("/api/tickets/{id}", get(ticket).put(update_ticket))
        .route("/api/tickets/{id}/messages", get(ticket_messages).post(create_message))
        .route("/api/tickets/{id}/messages/{message}", get(message))
        .route("/api/tickets/{id}/tags", get(tags).post(add_tags).put(set_tags).delete(remove_tags))
        .fallback(|| async { refused(StatusCode::NOT_FOUND, "Resource not found.") })
        .method_not_allowed_fallback(|| async {
            refused(StatusCode::METHOD_NOT_ALLOWED, "The specified HTTP method is not allowed.")
        })
}

/// Calls in the account's full bucket, and how many run out of it a second.
const CALLS: f64 = 40.0;
const CALLS_A_SECOND: f64 = 2.0;

/// The account's bucket.
pub(super) fn call_limit() -> CallLimit {
    CallLimit::new(CALLS, CALLS_A_SECOND)
}

/// A call that was let in.
struct Call {
    used: f64,
}

impl Call {
    fn admitted(shared: &Shared, headers: &HeaderMap) -> Result<Self, Box<Response>> {
        if !authorised(shared, headers) {
            return Err(Box::new(refused(StatusCode::UNAUTHORIZED, "Unauthorized.")));
        }
        let used = match shared.helpdesk_limit.admit() {
            Ok(used) => used,
            Err(_) if !shared.call_limits => CALLS,
            Err(seconds) => {
                let refusal = Self { used: CALLS }.labelled(gate::rate_limited(Vendor::Gorgias, seconds));
                return Err(Box::new(refusal));
            }
        };
        Ok(Self { used })
    }

    fn labelled(&self, mut response: Response) -> Response {
        let label = format!("{}/{}", self.used.ceil(), CALLS);
        let id = crate::domain::id::RequestId::generate();
        for (name, text) in [("x-gorgias-account-api-call-limit", label.as_str()), ("x-request-id", id.as_str())] {
            if let Ok(value) = HeaderValue::from_str(text) {
                response.headers_mut().insert(HeaderName::from_static(name), value);
            }
        }
        response
    }

    fn answer(&self, status: StatusCode, body: Value) -> Response {
        self.labelled((status, Json(body)).into_response())
    }

    fn missing(&self) -> Response {
        self.labelled(refused(StatusCode::NOT_FOUND, "Resource not found."))
    }

    fn invalid(&self, message: &str, problems: &Problems) -> Response {
        self.answer(StatusCode::BAD_REQUEST, json!({"error": {"msg": message, "data": problems.0}}))
    }
}

fn authorised(shared: &Shared, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let decoded = given.strip_prefix("Basic ").and_then(|encoded| STANDARD.decode(encoded.trim()).ok());
    let pair = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
    pair == format!("{}:{}", shared.credentials.gorgias_email, shared.credentials.gorgias_api_key)
}

fn refused(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"error": {"msg": message}}))).into_response()
}

async fn account(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    admitted!(shared, headers, call);
    let world = shared.world.read();
    let domain = world.shop.domain.split('.').next().unwrap_or_default();
    let created = shape::moment(world.created_at);
    let settings = json!([]);
    call.answer(
        StatusCode::OK,
        json!({
            "domain": domain, "status": {"status": "active"}, "created_datetime": created, "settings": settings,
        }),
    )
}

async fn messages(State(shared): State<Arc<Shared>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    admitted!(shared, headers, call);
    let query = query.unwrap_or_default();
    let ticket = parameter(&query, "ticket_id").and_then(|id| id.parse::<u64>().ok());
    let world = shared.world.read();
    let desk = &world.helpdesk;
    let tickets = desk.tickets.iter().filter(|candidate| ticket.is_none_or(|id| id == candidate.id));
    let mut found: Vec<Value> = tickets.flat_map(|t| t.messages.iter().map(|m| shape::message(desk, t, m))).collect();
    if parameter(&query, "order_by").as_deref() != Some("created_datetime:asc") {
        found.reverse();
    }
    page(&call, "/api/messages", &query, found)
}

async fn tickets(State(shared): State<Arc<Shared>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    admitted!(shared, headers, call);
    let query = query.unwrap_or_default();
    let external = parameter(&query, "external_id");
    let customer = parameter(&query, "customer_id").and_then(|id| id.parse::<u64>().ok());
    let world = shared.world.read();
    let desk = &world.helpdesk;
    let fits = |ticket: &&super::world::Ticket| {
        external.as_deref().is_none_or(|id| ticket.external_id.as_deref() == Some(id))
            && customer.is_none_or(|id| ticket.customer == Some(id))
    };
    let mut found: Vec<Value> =
        desk.tickets.iter().filter(fits).map(|ticket| shape::ticket(desk, ticket, false)).collect();
    if !parameter(&query, "order_by").is_some_and(|order| order.ends_with(":asc")) {
        found.reverse();
    }
    page(&call, "/api/tickets", &query, found)
}

async fn ticket(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    admitted!(shared, headers, call);
    let world = shared.world.read();
    match world.helpdesk.ticket(id) {
        Some(ticket) => call.answer(StatusCode::OK, shape::ticket(&world.helpdesk, ticket, true)),
        None => call.missing(),
    }
}

async fn create_ticket(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    admitted!(shared, headers, call);
    let Ok(fields) = serde_json::from_slice::<Value>(&body) else {
        return call.labelled(refused(StatusCode::BAD_REQUEST, "The request body is not valid JSON."));
    };
    let now = shared.clock.now();
    let written = shared.world.change(|world| Writer { world, now }.ticket(&fields)).await;
    match written {
        Ok(ticket) => call.answer(StatusCode::CREATED, ticket),
        Err(problems) => call.invalid("Failed to create ticket", &problems),
    }
}

async fn update_ticket(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<u64>,
    body: Bytes,
) -> Response {
    admitted!(shared, headers, call);
    let Ok(fields) = serde_json::from_slice::<Value>(&body) else {
        return call.labelled(refused(StatusCode::BAD_REQUEST, "The request body is not valid JSON."));
    };
    let now = shared.clock.now();
    match shared.world.change(|world| Writer { world, now }.update(id, &fields)).await {
        None => call.missing(),
        Some(Ok(ticket)) => call.answer(StatusCode::OK, ticket),
        Some(Err(problems)) => call.invalid("Failed to update ticket", &problems),
    }
}

async fn ticket_messages(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    admitted!(shared, headers, call);
    let world = shared.world.read();
    let Some(ticket) = world.helpdesk.ticket(id) else { return call.missing() };
    let messages = ticket.messages.iter().map(|message| shape::message(&world.helpdesk, ticket, message)).collect();
    call.answer(StatusCode::OK, shape::whole_list(&format!("/api/tickets/{id}/messages"), messages))
}

async fn message(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path((id, message)): Path<(u64, u64)>,
) -> Response {
    admitted!(shared, headers, call);
    let world = shared.world.read();
    let ticket = world.helpdesk.ticket(id);
    let found = ticket.and_then(|ticket| Some((ticket, ticket.messages.iter().find(|m| m.id == message)?)));
    match found {
        Some((ticket, message)) => call.answer(StatusCode::OK, shape::message(&world.helpdesk, ticket, message)),
        None => call.missing(),
    }
}

async fn create_message(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<u64>,
    body: Bytes,
) -> Response {
    admitted!(shared, headers, call);
    let Ok(fields) = serde_json::from_slice::<Value>(&body) else {
        return call.labelled(refused(StatusCode::BAD_REQUEST, "The request body is not valid JSON."));
    };
    let now = shared.clock.now();
    match shared.world.change(|world| Writer { world, now }.message(id, &fields)).await {
        None => call.missing(),
        Some(Ok(message)) => call.answer(StatusCode::CREATED, message),
        Some(Err(problems)) => call.invalid("Failed to create message", &problems),
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

async fn tags(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    admitted!(shared, headers, call);
    let world = shared.world.read();
    match world.helpdesk.ticket(id) {
        Some(ticket) => call.answer(StatusCode::OK, json!({"data": ticket.tags})),
        None => call.missing(),
    }
}

async fn add_tags(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<u64>, body: Bytes) -> Response {
    change_tags(&shared, &headers, id, &body, write::Tagging::Add).await
}

async fn set_tags(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<u64>, body: Bytes) -> Response {
    change_tags(&shared, &headers, id, &body, write::Tagging::Replace).await
}

async fn remove_tags(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<u64>,
    body: Bytes,
) -> Response {
    change_tags(&shared, &headers, id, &body, write::Tagging::Remove).await
}

/// All three answer with an empty body.
async fn change_tags(shared: &Shared, headers: &HeaderMap, id: u64, body: &Bytes, tagging: write::Tagging) -> Response {
    admitted!(shared, headers, call);
    let fields = if body.is_empty() { Ok(json!({})) } else { serde_json::from_slice::<Value>(body) };
    let Ok(fields) = fields else {
        return call.labelled(refused(StatusCode::BAD_REQUEST, "The request body is not valid JSON."));
    };
    let now = shared.clock.now();
    match shared.world.change(|world| Writer { world, now }.tags(id, &fields, tagging)).await {
        None => call.missing(),
        Some(()) => call.labelled(tagging.status().into_response()),
    }
}

fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The page that `limit` and `cursor` ask for. A cursor is the position, which is all that a client may know of it.
fn page(call: &Call, path: &str, query: &str, items: Vec<Value>) -> Response {
    let limit = parameter(query, "limit").and_then(|limit| limit.parse::<usize>().ok()).unwrap_or(30);
    if !(1..=100).contains(&limit) {
        let mut problems = Problems::default();
        problems.add("limit", "Must be between 1 and 100.");
        return call.invalid("Invalid query parameters", &problems);
    }
    let start = parameter(query, "cursor").and_then(|cursor| read_cursor(&cursor)).unwrap_or(0);
    let next = (start + limit < items.len()).then(|| cursor(start + limit));
    let previous = (start > 0).then(|| cursor(start.saturating_sub(limit)));
    let data: Vec<Value> = items.into_iter().skip(start).take(limit).collect();
    let uri = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
    call.answer(
        StatusCode::OK,
        json!({
            "data": data, "object": "list", "uri": uri, "meta": {"prev_cursor": previous, "next_cursor": next},
        }),
    )
}

fn cursor(position: usize) -> String {
    STANDARD.encode(format!("p={position}"))
}

fn read_cursor(cursor: &str) -> Option<usize> {
    String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?.strip_prefix("p=")?.parse().ok()
}
