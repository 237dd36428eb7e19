//! Contacts.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::write::{Refusal, Writer};
use super::{admitted, answered, fields, missing, outcome, refused, shape};
use crate::sandbox::Shared;

pub(super) async fn create(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let fields = match fields(&shared, &headers, &body) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let now = shared.clock.now();
    outcome(shared.world.change(|world| Writer { world, now }.contact(&fields)).await)
}

pub(super) async fn one(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let world = shared.world.read();
    let found = world.intercom.contact(&id);
    found.map_or_else(|| missing("User Not Found"), |own| answered(StatusCode::OK, shape::contact(own)))
}

/// The first look finds nobody: what was made a moment ago is not known everywhere.
pub(super) async fn by_external_id(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let found = shared.world.change(|world| {
        let own = world.intercom.contacts.iter_mut().find(|own| own.external_id.as_deref() == Some(&id))?;
        let known = std::mem::replace(&mut own.looked_for, true);
        known.then(|| shape::contact(own))
    });
    found.await.map_or_else(|| missing("User Not Found"), |own| answered(StatusCode::OK, own))
}

pub(super) async fn update(
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
    outcome(shared.world.change(|world| Writer { world, now }.rename(&id, &fields)).await)
}

/// By address alone.
pub(super) async fn search(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let fields = match fields(&shared, &headers, &body) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let text = |pointer: &str| fields.pointer(pointer).and_then(Value::as_str);
    let (Some("email"), Some("="), Some(wanted)) =
        (text("/query/field"), text("/query/operator"), text("/query/value"))
    else {
        return refused(Refusal::Invalid("the sandbox searches contacts by email and = alone"));
    };
    let world = shared.world.read();
    let has = |email: &String| email.eq_ignore_ascii_case(wanted);
    let found = world.intercom.contacts.iter().filter(|own| own.email.as_ref().is_some_and(has));
    let found: Vec<Value> = found.map(shape::contact).collect();
    let count = found.len();
    answered(
        StatusCode::OK,
        json!({"type": "list", "data": found, "total_count": count, "pages": super::search::last_page()}),
    )
}
