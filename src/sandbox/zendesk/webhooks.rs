//! Webhooks. Zendesk makes the secret of each.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use url::Url;

use super::write::Refusal;
use super::{admitted, answered, inside, missing, pages, refused, shape};
use crate::domain::id::secret_token;
use crate::sandbox::Shared;
use crate::sandbox::world::zendesk::ZendeskWebhook;

pub(super) async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let known = shared.world.read().zendesk.webhooks.iter().map(shown).collect();
    pages::page("webhooks", &query.unwrap_or_default(), known, None)
}

pub(super) async fn create(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let fields = match inside(&body, "webhook") {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let now = shared.clock.now();
    let made = shared.world.change(|world| {
        let text = |name: &'static str| {
            let text = fields.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            text.map(str::to_owned).ok_or(Refusal::Invalid { field: name, description: "cannot be blank" })
        };
        for (name, only) in [("http_method", "POST"), ("request_format", "json"), ("status", "active")] {
            if text(name)? != only {
                return Err(Refusal::Invalid { field: name, description: "is not included in the list" });
            }
        }
        let endpoint = text("endpoint")?;
        if !Url::parse(&endpoint).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
            return Err(Refusal::Invalid { field: "endpoint", description: "is not a valid URL" });
        }
        let subscriptions = fields.get("subscriptions").and_then(Value::as_array).cloned().unwrap_or_default();
        let webhook = ZendeskWebhook {
            id: format!("01H{:023}", world.zendesk.next_id()),
            name: text("name")?,
            endpoint,
            status: "active".to_owned(),
            subscriptions: subscriptions.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
            secret: STANDARD.encode(secret_token()),
            at: now,
        };
        let answer = shown(&webhook);
        world.zendesk.webhooks.push(webhook);
        Ok(answer)
    });
    match made.await {
        Ok(webhook) => answered(StatusCode::CREATED, json!({ "webhook": webhook })),
        Err(refusal) => refused(refusal),
    }
}

pub(super) async fn one(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let world = shared.world.read();
    let known = world.zendesk.webhooks.iter().find(|own| own.id == id);
    known.map_or_else(missing, |own| answered(StatusCode::OK, json!({"webhook": shown(own)})))
}

pub(super) async fn signing_secret(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let world = shared.world.read();
    let known = world.zendesk.webhooks.iter().find(|own| own.id == id);
    known.map_or_else(missing, |own| {
        answered(StatusCode::OK, json!({"signing_secret": {"algorithm": "SHA256", "secret": own.secret}}))
    })
}

pub(super) async fn remove(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let removed = shared.world.change(|world| {
        let before = world.zendesk.webhooks.len();
        world.zendesk.webhooks.retain(|own| own.id != id);
        world.zendesk.notices.retain(|notice| notice.webhook != id);
        world.zendesk.webhooks.len() < before
    });
    if removed.await { StatusCode::NO_CONTENT.into_response() } else { missing() }
}

/// The secret is never part of it.
fn shown(own: &ZendeskWebhook) -> Value {
    json!({
        "id": own.id, "name": own.name, "status": own.status, "endpoint": own.endpoint, "http_method": "POST",
        "request_format": "json", "subscriptions": own.subscriptions, "created_at": shape::moment(own.at),
        "updated_at": shape::moment(own.at), "created_by": "1", "updated_by": "1",
    })
}
