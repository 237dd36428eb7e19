//! HTTP integrations: addresses that hear of tickets. Their headers are never shown again.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};
use url::Url;

use super::checks::Problems;
use super::{Call, page, parameter, refused};
use crate::sandbox::Shared;
use crate::sandbox::world::helpdesk::IdKind;
use crate::sandbox::world::helpdesk::news::Integration;

pub(super) async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    admitted!(shared, headers, call);
    let query = query.unwrap_or_default();
    let world = shared.world.read();
    let wanted = parameter(&query, "type").is_none_or(|kind| kind == "http");
    let found = world.helpdesk.integrations.iter().filter(|_| wanted).map(shown).collect();
    page(&call, "/api/integrations", &query, found)
}

pub(super) async fn create(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    admitted!(shared, headers, call);
    let Ok(fields) = serde_json::from_slice::<Value>(&body) else {
        return call.labelled(refused(StatusCode::BAD_REQUEST, "The request body is not valid JSON."));
    };
    let made = shared.world.change(|world| {
        let id = world.helpdesk.next_id(IdKind::Integration);
        let integration = read(&fields, id)?;
        let answer = shown(&integration);
        world.helpdesk.integrations.push(integration);
        Ok::<_, Problems>(answer)
    });
    match made.await {
        Ok(integration) => call.answer(StatusCode::CREATED, integration),
        Err(problems) => call.invalid("Failed to create integration", &problems),
    }
}

pub(super) async fn remove(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<u64>) -> Response {
    admitted!(shared, headers, call);
    let removed = shared.world.change(|world| {
        let known = &mut world.helpdesk.integrations;
        let before = known.len();
        known.retain(|own| own.id != id);
        let removed = known.len() < before;
        world.helpdesk.notices.retain(|notice| notice.integration != id);
        removed
    });
    match removed.await {
        true => call.labelled(StatusCode::NO_CONTENT.into_response()),
        false => call.missing(),
    }
}

fn read(fields: &Value, id: u64) -> Result<Integration, Problems> {
    let mut problems = Problems::default();
    let text = |path: &str| fields.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    for (path, field) in
        [("/name", "name"), ("/type", "type"), ("/http/url", "http.url"), ("/http/method", "http.method")]
    {
        if text(path).is_empty() {
            problems.add(field, "Missing data for required field.");
        }
    }
    let url = text("/http/url");
    if !Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host()) {
        problems.add("http.url", "Not a valid URL.");
    }
    for field in ["request_content_type", "response_content_type"] {
        if text(&format!("/http/{field}")) != "application/json" {
            problems.add(field, "Must be one of: application/json.");
        }
    }
    let map = |path: &str| fields.pointer(path).and_then(Value::as_object).cloned().unwrap_or_default();
    let wanted = |(kind, on): (String, Value)| (on == Value::Bool(true)).then_some(kind);
    let headers: Map<String, Value> = map("/http/headers");
    problems.into_result(Integration {
        id,
        name: text("/name"),
        url,
        headers,
        triggers: map("/http/triggers").into_iter().filter_map(wanted).collect(),
        form: fields.pointer("/http/form").cloned().unwrap_or(Value::Null),
    })
}

fn shown(own: &Integration) -> Value {
    let triggers: Map<String, Value> = own.triggers.iter().map(|kind| (kind.clone(), true.into())).collect();
    json!({
        "id": own.id, "name": own.name, "type": "http", "deactivated_datetime": null, "uri": format!("/api/integrations/{}/", own.id),
        "http": {
            "url": own.url, "method": "POST", "request_content_type": "application/json",
            "response_content_type": "application/json", "form": own.form, "triggers": triggers,
        },
    })
}
