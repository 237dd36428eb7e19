//! What of the account is only listed: people, teams, tags, and what was done.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::{Call, page, parameter, shape};
use crate::sandbox::Shared;
use crate::sandbox::world::Person;

pub(super) async fn users(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    admitted!(shared, headers, call);
    let world = shared.world.read();
    let users = world.helpdesk.users.iter().map(|user| shape::person(user, true)).collect();
    call.answer(StatusCode::OK, shape::whole_list("/api/users", users))
}

pub(super) async fn user(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    admitted!(shared, headers, call);
    let world = shared.world.read();
    match world.helpdesk.users.iter().find(|user| user.id == id) {
        Some(user) => call.answer(StatusCode::OK, shape::person(user, true)),
        None => call.missing(),
    }
}

pub(super) async fn teams(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    admitted!(shared, headers, call);
    let world = shared.world.read();
    let teams = world.helpdesk.teams.iter().map(|team| json!({"id": team.id, "name": team.name})).collect();
    call.answer(StatusCode::OK, shape::whole_list("/api/teams", teams))
}

pub(super) async fn customers(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    admitted!(shared, headers, call);
    let query = query.unwrap_or_default();
    let email = parameter(&query, "email");
    let world = shared.world.read();
    let fits = |person: &&Person| {
        email.as_deref().is_none_or(|email| person.email.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(email)))
    };
    let found: Vec<Value> =
        world.helpdesk.customers.iter().filter(fits).map(|person| shape::person(person, false)).collect();
    page(&call, "/api/customers", &query, found)
}

pub(super) async fn tags(State(shared): State<Arc<Shared>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    admitted!(shared, headers, call);
    let world = shared.world.read();
    page(&call, "/api/tags", &query.unwrap_or_default(), world.helpdesk.tags.iter().map(|tag| json!(tag)).collect())
}

/// The newest first, unless asked otherwise.
pub(super) async fn events(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    admitted!(shared, headers, call);
    let query = query.unwrap_or_default();
    let object = parameter(&query, "object_id").and_then(|id| id.parse::<u64>().ok());
    let of_tickets = parameter(&query, "object_type").is_none_or(|kind| kind == "Ticket");
    let world = shared.world.read();
    let deeds = world.helpdesk.deeds.iter();
    let fits = deeds.filter(|deed| of_tickets && object.is_none_or(|id| deed.ticket == id));
    let mut found: Vec<Value> = fits.map(shape::deed).collect();
    if parameter(&query, "order_by").as_deref() != Some("created_datetime:asc") {
        found.reverse();
    }
    page(&call, "/api/events", &query, found)
}
