//! SendGrid v3: `mail/send`. What is accepted lies in the world as mail that was delivered.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::Shared;
use super::world::{Mail, MailVia, World};

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v3/mail/send", post(send))
        .route("/v3/scopes", get(scopes))
        .fallback(|| async { refused(StatusCode::NOT_FOUND, "not found", None) })
        .method_not_allowed_fallback(|| async { refused(StatusCode::METHOD_NOT_ALLOWED, "method not allowed", None) })
}

/// The most recipients' groups that one call may have.
const PERSONALIZATIONS: usize = 1_000;

/// What the key may do: what a client asks to see whether its key works.
async fn scopes(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if !authorised(&shared, &headers) {
        return unauthorised();
    }
    Json(json!({"scopes": ["mail.send"]})).into_response()
}

fn authorised(shared: &Shared, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.strip_prefix("Bearer ") == Some(&shared.credentials.sendgrid_api_key)
}

fn unauthorised() -> Response {
    refused(StatusCode::UNAUTHORIZED, "The provided authorization grant is invalid, expired, or revoked", None)
}

async fn send(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if !authorised(&shared, &headers) {
        return unauthorised();
    }
    let is_json = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("json"));
    if !is_json {
        return refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Content-Type should be application/json.", None);
    }
    let Ok(mail) = serde_json::from_slice::<Value>(&body) else {
        return refused(StatusCode::BAD_REQUEST, "Bad Request", None);
    };
    let problems = problems(&mail);
    if !problems.is_empty() {
        return (StatusCode::BAD_REQUEST, Json(json!({ "errors": problems }))).into_response();
    }
    if mail.pointer("/mail_settings/sandbox_mode/enable").and_then(Value::as_bool) == Some(true) {
        return StatusCode::OK.into_response();
    }
    let now = shared.clock.now();
    let id = shared.world.change(|world| deliver(world, &mail, now)).await;
    let mut response = StatusCode::ACCEPTED.into_response();
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HeaderName::from_static("x-message-id"), id);
    }
    response
}

/// Everything that is wrong with the mail, as the vendor lists it.
fn problems(mail: &Value) -> Vec<Value> {
    let mut found = Vec::new();
    let mut wrong = |message: &str, field: &str| found.push(json!({"message": message, "field": field, "help": null}));
    let groups = mail.get("personalizations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if groups.is_empty() {
        wrong("The personalizations field is required and must have at least one personalization.", "personalizations");
    }
    if groups.len() > PERSONALIZATIONS {
        wrong("The personalizations field may have at most 1000 personalizations.", "personalizations");
    }
    for (index, group) in groups.iter().enumerate() {
        let to = group.get("to").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if to.is_empty() {
            wrong("The to array is required for all personalization objects.", &format!("personalizations.{index}.to"));
        }
        for (which, _) in to.iter().enumerate().filter(|(_, person)| !is_address(person)) {
            let field = format!("personalizations.{index}.to.{which}.email");
            wrong("Does not contain a valid address.", &field);
        }
        let args = group.get("custom_args").and_then(Value::as_object);
        if args.is_some_and(|args| args.values().any(|value| !value.is_string())) {
            wrong("The custom_args values must be strings.", &format!("personalizations.{index}.custom_args"));
        }
    }
    match mail.get("from") {
        Some(from) if is_address(from) => {}
        _ => {
            wrong("The from object must be provided for every email send and must have a valid address.", "from.email")
        }
    }
    if mail.get("template_id").is_some_and(|id| !id.is_null()) {
        return found;
    }
    let has_subject = |part: &Value| part.get("subject").and_then(Value::as_str).is_some_and(|s| !s.is_empty());
    let in_each_group = !groups.is_empty() && groups.iter().all(has_subject);
    if !has_subject(mail) && !in_each_group {
        wrong("The subject is required. You can get around this requirement if you use a template.", "subject");
    }
    contents(mail, &mut wrong);
    found
}

fn contents(mail: &Value, wrong: &mut impl FnMut(&str, &str)) {
    let contents = mail.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if contents.is_empty() {
        wrong("Unless a valid template_id is provided, the content parameter is required.", "content");
    }
    let kind = |part: &Value| part.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    for (index, part) in contents.iter().enumerate() {
        if kind(part).is_empty() {
            wrong("The content type is required.", &format!("content.{index}.type"));
        }
        if part.get("value").and_then(Value::as_str).is_none_or(str::is_empty) {
            wrong(
                "The content value must be a string at least one character in length.",
                &format!("content.{index}.value"),
            );
        }
    }
    if contents.iter().skip(1).any(|part| kind(part) == "text/plain") {
        wrong("If present, text/plain must be first in the content array.", "content");
    }
}

fn is_address(person: &Value) -> bool {
    let email = person.get("email").and_then(Value::as_str).unwrap_or_default();
    matches!(email.split_once('@'), Some((local, host)) if !local.is_empty() && host.contains('.') && !email.contains([' ', '\n', '\r']))
}

/// One mail for each personalization. Returns the id that the answer carries.
fn deliver(world: &mut World, mail: &Value, now: Timestamp) -> String {
    let digest = Sha256::digest(format!("{} {now}", world.mails.len()).as_bytes());
    let message_id: String = URL_SAFE_NO_PAD.encode(digest).chars().take(22).collect();
    let text_of = |kind: &str| {
        let contents = mail.get("content").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let part = contents.iter().find(|part| part.get("type").and_then(Value::as_str) == Some(kind));
        part.and_then(|part| part.get("value")).and_then(Value::as_str).map(str::to_owned)
    };
    let groups = mail.get("personalizations").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    for group in groups {
        let subject = group.get("subject").or_else(|| mail.get("subject")).and_then(Value::as_str);
        let to = ["to", "cc", "bcc"].into_iter().filter_map(|field| group.get(field)?.as_array()).flatten();
        world.mails.push(Mail {
            id: message_id.clone(),
            at: now,
            via: MailVia::Sendgrid,
            from: address(mail.get("from")),
            to: to.map(|person| address(Some(person))).collect(),
            subject: subject.unwrap_or_default().to_owned(),
            text: text_of("text/plain"),
            html: text_of("text/html"),
            custom_args: group.get("custom_args").or_else(|| mail.get("custom_args")).cloned().unwrap_or(json!({})),
        });
    }
    message_id
}

fn address(person: Option<&Value>) -> String {
    let email = person.and_then(|person| person.get("email")).and_then(Value::as_str);
    email.unwrap_or_default().to_owned()
}

fn refused(status: StatusCode, message: &str, field: Option<&str>) -> Response {
    (status, Json(json!({"errors": [{"message": message, "field": field, "help": null}]}))).into_response()
}
