//! Pages by cursor, or all at once where no size is asked for.

use axum::http::StatusCode;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::answered;

pub fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The page that `page[size]` and `page[after]` ask for, with what comes beside it.
pub fn page(name: &str, query: &str, items: Vec<Value>, users: Option<Value>) -> Response {
    let mut body = Map::new();
    match parameter(query, "page[size]") {
        None => {
            body.insert("count".to_owned(), items.len().into());
            body.insert("next_page".to_owned(), Value::Null);
            body.insert("previous_page".to_owned(), Value::Null);
            body.insert(name.to_owned(), items.into());
        }
        Some(size) => {
            let Some(size) = size.parse::<usize>().ok().filter(|size| (1..=100).contains(size)) else {
                let message = "page[size] must be between 1 and 100";
                let error = json!({"title": "Invalid attribute", "message": message});
                return answered(StatusCode::BAD_REQUEST, json!({ "error": error }));
            };
            let start = parameter(query, "page[after]").and_then(|cursor| read(&cursor)).unwrap_or(0);
            let end = start + size;
            let has_more = end < items.len();
            let data: Vec<Value> = items.into_iter().skip(start).take(size).collect();
            let (before, after) = (cursor(start), cursor(start + data.len()));
            body.insert(name.to_owned(), data.into());
            let meta = json!({"has_more": has_more, "after_cursor": after, "before_cursor": before});
            body.insert("meta".to_owned(), meta);
            body.insert("links".to_owned(), json!({"next": null, "prev": null}));
        }
    }
    body.extend(users.map(|users| ("users".to_owned(), users)));
    answered(StatusCode::OK, Value::Object(body))
}

/// The position, which is all that a client may know of it.
fn cursor(position: usize) -> String {
    STANDARD.encode(format!("o={position}"))
}

fn read(cursor: &str) -> Option<usize> {
    String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?.strip_prefix("o=")?.parse().ok()
}
