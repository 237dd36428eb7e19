//! Webhooks: addresses that hear of trackers. A secret that was given is never shown again.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};
use url::Url;

use super::{answered, error, error_with, moment, unauthorised};
use crate::sandbox::Shared;
use crate::sandbox::world::hooks::Hook;

pub(super) async fn create(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(refusal) = unauthorised(&shared, &headers) {
        return refusal;
    }
    let Ok(given) = serde_json::from_slice::<Value>(&body) else {
        return error(StatusCode::BAD_REQUEST, "BAD_REQUEST", "The request body is not valid JSON.");
    };
    let text = |name: &str| given.pointer(&format!("/webhook/{name}")).and_then(Value::as_str);
    let Some(url) = text("url") else {
        return refused("PARAMETER.REQUIRED", "Missing required parameter.", "cannot be blank");
    };
    if !Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        return refused("PARAMETER.INVALID", "Invalid parameter.", "is not a valid URL");
    }
    let (now, secret) = (shared.clock.now(), text("webhook_secret").filter(|secret| !secret.is_empty()));
    let hook = shared.world.change(|world| world.add_hook(url, secret, now)).await;
    answered((StatusCode::CREATED, Json(shown(&hook))).into_response())
}

fn refused(code: &str, message: &str, problem: &str) -> Response {
    let errors = json!([{"field": "url", "message": problem}]);
    error_with(StatusCode::UNPROCESSABLE_ENTITY, code, message, errors)
}

pub(super) async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Some(refusal) = unauthorised(&shared, &headers) {
        return refusal;
    }
    let hooks: Vec<Value> = shared.world.read().hooks.iter().map(shown).collect();
    answered(Json(json!({ "webhooks": hooks })).into_response())
}

pub(super) async fn show(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = unauthorised(&shared, &headers) {
        return refusal;
    }
    let found = shared.world.read().hooks.iter().find(|hook| hook.id == id).map(shown);
    found.map_or_else(not_found, |hook| answered(Json(hook).into_response()))
}

pub(super) async fn remove(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = unauthorised(&shared, &headers) {
        return refusal;
    }
    match shared.world.change(|world| world.drop_hook(&id)).await {
        true => answered(Json(json!({})).into_response()),
        false => not_found(),
    }
}

fn not_found() -> Response {
    error(StatusCode::NOT_FOUND, "NOT_FOUND", "The requested resource could not be found.")
}

fn shown(hook: &Hook) -> Value {
    json!({
        "id": hook.id, "object": "Webhook", "mode": "test", "url": hook.url, "created_at": moment(hook.at),
        "disabled_at": null, "custom_headers": [],
    })
}
