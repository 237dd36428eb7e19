//! Finding conversations: the list, the newest first, and a search that is behind.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use super::shape::{self, Parts};
use super::write::Refusal;
use super::{admitted, answered, fields, refused};
use crate::sandbox::Shared;
use crate::sandbox::world::intercom::IntercomConversation;

const USUAL_PAGE: usize = 20;
const LONGEST_PAGE: usize = 150;

pub fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

pub fn last_page() -> Value {
    json!({"type": "pages", "page": 1, "per_page": USUAL_PAGE, "total_pages": 1})
}

/// What comes after a conversation is asked for by its id.
pub(super) async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    if let Err(refusal) = admitted(&shared, &headers) {
        return *refusal;
    }
    let query = query.unwrap_or_default();
    let size = parameter(&query, "per_page").and_then(|size| size.parse().ok()).unwrap_or(USUAL_PAGE);
    if !(1..=LONGEST_PAGE).contains(&size) {
        return refused(Refusal::Invalid("per_page must be between 1 and 150"));
    }
    let after = parameter(&query, "starting_after").and_then(|id| id.parse::<u64>().ok());
    let world = shared.world.read();
    let all = &world.intercom.conversations;
    let mut newest = all.iter().rev().filter(|own| after.is_none_or(|after| own.id < after));
    let page: Vec<&IntercomConversation> = newest.by_ref().take(size).collect();
    let next = page.last().filter(|_| newest.next().is_some());
    let next = next.map(|last| json!({"per_page": size, "starting_after": last.id.to_string()}));
    let shown: Vec<Value> = page.iter().map(|own| shape::conversation(&world, own, Parts::None)).collect();
    let mut pages = json!({"type": "pages", "page": 1, "per_page": size, "total_pages": all.len().div_ceil(size)});
    if let (Some(next), Some(pages)) = (next, pages.as_object_mut()) {
        pages.insert("next".to_owned(), next);
    }
    let body = json!({"type": "conversation.list", "conversations": shown, "total_count": all.len(), "pages": pages});
    answered(StatusCode::OK, body)
}

/// By contact, or by a word of the first message. A conversation is passed over once before it is found.
pub(super) async fn search(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    let fields = match fields(&shared, &headers, &body) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let Some(query) = fields.get("query") else { return refused(Refusal::Invalid("query is required")) };
    let several = query.get("value").and_then(Value::as_array).cloned();
    let filters = several.unwrap_or_else(|| vec![query.clone()]);
    let any = query.get("operator").and_then(Value::as_str) != Some("AND");
    let found = shared.world.change(|world| {
        let fits = |own: &IntercomConversation| {
            let mut fits = filters.iter().map(|filter| is_so(own, filter));
            if any { fits.any(|fits| fits) } else { fits.all(|fits| fits) }
        };
        let mut found = Vec::new();
        for own in &mut world.intercom.conversations {
            if fits(own) && std::mem::replace(&mut own.searched_for, true) {
                found.push(own.clone());
            }
        }
        found.iter().map(|own| shape::conversation(world, own, Parts::None)).collect::<Vec<Value>>()
    });
    let found = found.await;
    let count = found.len();
    let body = json!({"type": "conversation.list", "conversations": found, "total_count": count, "pages": last_page()});
    answered(StatusCode::OK, body)
}

fn is_so(own: &IntercomConversation, filter: &Value) -> bool {
    let text = |name: &str| filter.get(name).and_then(Value::as_str).unwrap_or_default();
    let word = |text: &str| text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let equal = text("operator") == "=";
    match text("field") {
        "contact_ids" => equal && own.contact == text("value"),
        "source.body" => equal && own.text.split_whitespace().any(|one| word(one) == word(text("value"))),
        _ => false,
    }
}
