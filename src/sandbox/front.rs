//! Front's Core API and its Channel API, as much as a hand-off needs.
//!
//! Facts of the vendor that this keeps: external ids are shown to the channel's own token alone, which opens nothing but the
//! channel, its conversations and messages; a message is accepted first and taken in later; what has a conversation's external id
//! belongs to it; a person's answer on the channel is delivered by an acknowledgement that names it; tags have ids; a merged
//! conversation leads to its survivor; an answer by the API archives the conversation unless it says otherwise.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::fault::Vendor;
use super::helpdesk::{Act, ActError, FromCustomer};
use super::limit::CallLimit;
use super::world::World;
use super::world::front::{CHANNEL, FrontAuthor, FrontConversation, FrontMessage, INBOX, id, number};
use super::{Shared, gate};
use crate::domain::clock::Clock;

pub(super) mod letters;
mod people;
mod shape;
mod token;
mod write;

pub(super) use people::all;
use token::Bearer;
use write::{Refusal, Writer};

/// Calls in a minute, of the largest plan.
const CALLS: f64 = 200.0;

pub(super) fn call_limit() -> CallLimit {
    CallLimit::new(CALLS, CALLS / 60.0)
}

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/me", get(me))
        .route("/channels/{id}", get(channel))
        .route("/channels/{id}/inbound_messages", post(inbound))
        .route("/channels/{id}/outbound_messages", post(outbound))
        .route("/teammates/{id}", get(teammate))
        .route("/tags", get(tags))
        .route("/company/tags", post(make_tag))
        .route("/contacts/{id}", get(contact))
        .route("/contacts/{id}/handles", post(handle))
        .route("/messages/{id}", get(message))
        .route("/conversations/search/{query}", get(search))
        .route("/conversations/{id}", get(conversation).patch(change))
        .route("/conversations/{id}/messages", get(messages).post(reply))
        .route("/conversations/{id}/comments", get(comments).post(comment))
        .route("/conversations/{id}/inboxes", get(inboxes))
        .route("/conversations/{id}/events", get(events))
        .route("/conversations/{id}/tags", post(add_tags).delete(remove_tags))
        .fallback(|| async { error(StatusCode::NOT_FOUND, "Not found", "Unknown route") })
        .method_not_allowed_fallback(|| async { error(StatusCode::NOT_FOUND, "Not found", "Unknown route") })
}

fn error(status: StatusCode, title: &str, message: &str) -> Response {
    answered(status, json!({"_error": {"status": status.as_u16(), "title": title, "message": message}}))
}

fn missing() -> Response {
    error(StatusCode::NOT_FOUND, "Not found", "Requested resource does not exist")
}

fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::Missing => missing(),
        Refusal::Invalid(message) => error(StatusCode::BAD_REQUEST, "Bad request", &message),
        Refusal::Conflict => error(StatusCode::CONFLICT, "Conflict", "It exists already"),
    }
}

fn answered(status: StatusCode, body: Value) -> Response {
    let mut response = (status, Json(body)).into_response();
    for (name, text) in [("x-ratelimit-limit", "200"), ("x-ratelimit-remaining", "199")] {
        response.headers_mut().insert(name, HeaderValue::from_static(text));
    }
    response
}

/// Lets a call in as who it says it is, or says why not.
fn admitted(shared: &Shared, headers: &HeaderMap) -> Result<Bearer, Box<Response>> {
    let Some(bearer) = token::bearer(&shared.credentials, headers, Clock::machine()) else {
        return Err(Box::new(error(
            StatusCode::UNAUTHORIZED,
            "Unauthenticated",
            "JSON Web Token is missing or invalid",
        )));
    };
    match shared.front_limit.admit() {
        Err(seconds) if shared.call_limits => Err(Box::new(gate::rate_limited(Vendor::Front, seconds))),
        _ => Ok(bearer),
    }
}

/// The same where the channel's own token opens nothing.
fn by_api(shared: &Shared, headers: &HeaderMap) -> Result<(), Box<Response>> {
    match admitted(shared, headers)? {
        Bearer::Api => Ok(()),
        Bearer::Channel => {
            Err(Box::new(error(StatusCode::FORBIDDEN, "Forbidden", "The token does not have the required scope")))
        }
    }
}

fn fields(body: &Bytes) -> Result<Value, Box<Response>> {
    let read = serde_json::from_slice(body).ok().filter(Value::is_object);
    read.ok_or_else(|| Box::new(error(StatusCode::BAD_REQUEST, "Bad request", "body: should be an object")))
}

/// The conversation, as far as it is shown to this bearer, or where it has gone.
fn shown<'w>(world: &'w World, name: &str, bearer: Bearer, uri: &Uri) -> Result<&'w FrontConversation, Box<Response>> {
    let found = number("cnv", name).and_then(|number| world.front.conversation(number));
    let own = found.ok_or_else(|| Box::new(missing()))?;
    if let Some(survivor) = own.merged_into {
        // Routes are nested below the vendor's name, which the address of a redirection has, too.
        let rest = uri.path().split_once(name).map_or("", |(_, rest)| rest);
        let to = format!("/{}/conversations/{}{rest}", Vendor::Front.name(), id("cnv", survivor));
        let mut response = error(StatusCode::MOVED_PERMANENTLY, "Moved", "The conversation was merged");
        if let Ok(to) = HeaderValue::from_str(&to) {
            response.headers_mut().insert(header::LOCATION, to);
        }
        return Err(Box::new(response));
    }
    let is_there = own.messages.iter().any(visible);
    let is_open = bearer == Bearer::Api || !own.external_ids.is_empty();
    if is_there && is_open { Ok(own) } else { Err(Box::new(missing())) }
}

fn visible(message: &FrontMessage) -> bool {
    message.shown_from <= Clock::machine()
}

fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// The page that `limit` and `page_token` ask for.
fn page(path: &str, query: Option<&str>, items: Vec<Value>) -> Response {
    let limit = parameter(query, "limit").and_then(|limit| limit.parse().ok()).unwrap_or(50_usize).min(100);
    let start = parameter(query, "page_token").and_then(|token| u64::from_str_radix(&token, 36).ok()).unwrap_or(0);
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let next = start.saturating_add(limit);
    let link = shape::link(path.trim_start_matches('/'));
    let more = (next < items.len()).then(|| {
        let token = id("", next as u64);
        format!("{link}?limit={limit}&page_token={}", token.trim_start_matches('_'))
    });
    let results: Vec<Value> = items.into_iter().skip(start).take(limit).collect();
    answered(StatusCode::OK, json!({"_pagination": {"next": more}, "_links": {"self": link}, "_results": results}))
}

async fn me(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if let Err(refusal) = by_api(&shared, &headers) {
        return *refusal;
    }
    let name = shared.world.read().shop.name.clone();
    answered(StatusCode::OK, json!({"_links": {"self": shape::link("me")}, "id": "cmp_demo1", "name": name}))
}

async fn channel(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(name): Path<String>) -> Response {
    if let Err(refusal) = by_api(&shared, &headers) {
        return *refusal;
    }
    if name != id("cha", CHANNEL) {
        return missing();
    }
    let related = json!({"inbox": shape::link(&format!("inboxes/{}", id("inb", INBOX)))});
    answered(
        StatusCode::OK,
        json!({
            "_links": {"self": shape::link(&format!("channels/{name}")), "related": related}, "id": name, "name": "Chat",
            "address": "chat", "type": "custom", "settings": {}, "is_private": false, "is_valid": true,
        }),
    )
}

async fn inbound(state: State<Arc<Shared>>, headers: HeaderMap, path: Path<String>, body: Bytes) -> Response {
    sync(&state, &headers, &path, &body, true).await
}

async fn outbound(state: State<Arc<Shared>>, headers: HeaderMap, path: Path<String>, body: Bytes) -> Response {
    sync(&state, &headers, &path, &body, false).await
}

async fn sync(shared: &Shared, headers: &HeaderMap, channel: &str, body: &Bytes, inbound: bool) -> Response {
    match admitted(shared, headers) {
        Ok(Bearer::Channel) if channel == id("cha", CHANNEL) => {}
        Ok(_) => return error(StatusCode::FORBIDDEN, "Forbidden", "The token is not this channel's"),
        Err(refusal) => return *refusal,
    }
    let fields = match fields(body) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let now = shared.clock.now();
    match shared.world.change(|world| Writer { world, now }.sync(&fields, inbound)).await {
        Ok(uid) => answered(StatusCode::ACCEPTED, json!({"status": "accepted", "message_uid": uid})),
        Err(refusal) => refused(refusal),
    }
}

async fn teammate(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(name): Path<String>) -> Response {
    if let Err(refusal) = by_api(&shared, &headers) {
        return *refusal;
    }
    let world = shared.world.read();
    let known = number("tea", &name).and_then(|number| shape::teammate(&world, number));
    known.map_or_else(missing, |own| answered(StatusCode::OK, own))
}

async fn tags(State(shared): State<Arc<Shared>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    if let Err(refusal) = by_api(&shared, &headers) {
        return *refusal;
    }
    page("tags", query.as_deref(), shared.world.read().front.tags.iter().map(shape::tag).collect())
}

async fn make_tag(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Err(refusal) = by_api(&shared, &headers) {
        return *refusal;
    }
    let fields = match fields(&body) {
        Ok(fields) => fields,
        Err(refusal) => return *refusal,
    };
    let now = shared.clock.now();
    match shared.world.change(|world| Writer { world, now }.make_tag(&fields)).await {
        Ok(tag) => answered(StatusCode::CREATED, tag),
        Err(refusal) => refused(refusal),
    }
}

async fn contact(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(name): Path<String>) -> Response {
    if let Err(refusal) = by_api(&shared, &headers) {
        return *refusal;
    }
    let world = shared.world.read();
    let Some(own) = number("crd", &name).and_then(|number| world.front.contact(number)) else { return missing() };
    let custom = json!({"handle": own.handle, "source": "custom"});
    let emails = own.emails.iter().map(|email| json!({"handle": email, "source": "email"}));
    let handles: Vec<Value> = std::iter::once(custom).chain(emails).collect();
    answered(
        StatusCode::OK,
        json!({
            "_links": {"self": shape::link(&format!("contacts/{name}")), "related": {}}, "id": name,
            "name": own.name.clone().unwrap_or_default(), "description": "", "avatar_url": "", "links": [],
            "groups": [], "lists": [], "handles": handles, "custom_fields": {}, "is_private": false,
        }),
    )
}

async fn handle(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(name): Path<String>,
    body: Bytes,
) -> Response {
    if let Err(refusal) = by_api(&shared, &headers) {
        return *refusal;
    }
    let (Some(contact), Ok(fields)) = (number("crd", &name), fields(&body)) else { return missing() };
    let now = shared.clock.now();
    no_content(shared.world.change(|world| Writer { world, now }.add_handle(contact, &fields)).await)
}

fn no_content(done: Result<(), Refusal>) -> Response {
    match done {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => refused(refusal),
    }
}

/// By its id, or by what was told when it was accepted.
async fn message(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(name): Path<String>) -> Response {
    let bearer = match admitted(&shared, &headers) {
        Ok(bearer) => bearer,
        Err(refusal) => return *refusal,
    };
    let world = shared.world.read();
    let uid = name.strip_prefix("alt:uid:");
    let is_it = |own: &&FrontMessage| match uid {
        Some(uid) => own.uid == uid,
        None => number("msg", &name) == Some(own.number),
    };
    let of = |own: &&FrontConversation| bearer == Bearer::Api || !own.external_ids.is_empty();
    let mut found = world.front.conversations.iter().filter(of).filter_map(|conversation| {
        let own = conversation.messages.iter().filter(|own| visible(own)).find(is_it)?;
        Some(shape::message(&world, conversation, own, bearer))
    });
    found.next().map_or_else(missing, |own| answered(StatusCode::OK, own))
}

/// What has this text in its subject or in a body.
async fn search(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(query): Path<String>) -> Response {
    if let Err(refusal) = by_api(&shared, &headers) {
        return *refusal;
    }
    let world = shared.world.read();
    let has = |own: &&FrontConversation| {
        own.messages.iter().filter(|message| visible(message)).any(|message| message.body.contains(&query))
    };
    let found: Vec<Value> =
        world.front.conversations.iter().filter(has).map(|own| shape::conversation(&world, own, Bearer::Api)).collect();
    let total = found.len();
    let link = shape::link("conversations/search");
    let body = json!({"_pagination": {"next": null}, "_links": {"self": link}, "_total": total, "_results": found});
    answered(StatusCode::OK, body)
}

/// What is shown of a conversation.
#[derive(Clone, Copy)]
enum Part {
    Itself,
    Messages,
    Comments,
    Inboxes,
    Events,
}

fn part(shared: &Shared, headers: &HeaderMap, name: &str, uri: &Uri, part: Part) -> Response {
    let bearer = match admitted(shared, headers) {
        Ok(bearer) => bearer,
        Err(refusal) => return *refusal,
    };
    let world = shared.world.read();
    let own = match shown(&world, name, bearer, uri) {
        Ok(own) => own,
        Err(refusal) => return *refusal,
    };
    let newest_first = |items: Vec<Value>| items.into_iter().rev().collect();
    let items = match part {
        Part::Itself => return answered(StatusCode::OK, shape::conversation(&world, own, bearer)),
        Part::Messages => {
            let shown = own.messages.iter().filter(|message| visible(message));
            newest_first(shown.map(|message| shape::message(&world, own, message, bearer)).collect())
        }
        Part::Comments => newest_first(own.comments.iter().map(|it| shape::comment(&world, own.number, it)).collect()),
        Part::Inboxes => vec![shape::inbox(own.inbox)],
        Part::Events => newest_first(own.events.iter().map(|event| shape::event(&world, own, event)).collect()),
    };
    match part {
        Part::Comments | Part::Inboxes => page(uri.path(), Some("limit=100"), items),
        _ => page(uri.path(), uri.query(), items),
    }
}

async fn conversation(state: State<Arc<Shared>>, headers: HeaderMap, name: Path<String>, uri: Uri) -> Response {
    part(&state, &headers, &name, &uri, Part::Itself)
}

async fn messages(state: State<Arc<Shared>>, headers: HeaderMap, name: Path<String>, uri: Uri) -> Response {
    part(&state, &headers, &name, &uri, Part::Messages)
}

async fn comments(state: State<Arc<Shared>>, headers: HeaderMap, name: Path<String>, uri: Uri) -> Response {
    part(&state, &headers, &name, &uri, Part::Comments)
}

async fn inboxes(state: State<Arc<Shared>>, headers: HeaderMap, name: Path<String>, uri: Uri) -> Response {
    part(&state, &headers, &name, &uri, Part::Inboxes)
}

async fn events(state: State<Arc<Shared>>, headers: HeaderMap, name: Path<String>, uri: Uri) -> Response {
    part(&state, &headers, &name, &uri, Part::Events)
}

/// Which conversation a request would change, and what it says.
fn aimed(
    shared: &Shared,
    headers: &HeaderMap,
    name: &str,
    uri: &Uri,
    body: &Bytes,
) -> Result<(u64, Value), Box<Response>> {
    let bearer = admitted(shared, headers)?;
    let number = shown(&shared.world.read(), name, bearer, uri)?.number;
    Ok((number, fields(body)?))
}

async fn change(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(name): Path<String>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let (of, fields) = match aimed(&shared, &headers, &name, &uri, &body) {
        Ok(aimed) => aimed,
        Err(refusal) => return *refusal,
    };
    let now = shared.clock.now();
    no_content(shared.world.change(|world| Writer { world, now }.set(of, &fields, &FrontAuthor::Api)).await)
}

async fn reply(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(name): Path<String>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let (of, fields) = match aimed(&shared, &headers, &name, &uri, &body) {
        Ok(aimed) => aimed,
        Err(refusal) => return *refusal,
    };
    let now = shared.clock.now();
    match shared.world.change(|world| Writer { world, now }.reply(of, &fields)).await {
        Ok(uid) => answered(StatusCode::ACCEPTED, json!({"status": "accepted", "message_uid": uid})),
        Err(refusal) => refused(refusal),
    }
}

async fn comment(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(name): Path<String>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let (of, fields) = match aimed(&shared, &headers, &name, &uri, &body) {
        Ok(aimed) => aimed,
        Err(refusal) => return *refusal,
    };
    let now = shared.clock.now();
    match shared.world.change(|world| Writer { world, now }.comments(of, &fields)).await {
        Ok(shown) => answered(StatusCode::CREATED, shown),
        Err(refusal) => refused(refusal),
    }
}

async fn add_tags(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(name): Path<String>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let aimed = aimed(&shared, &headers, &name, &uri, &body);
    tag(&shared, aimed, true).await
}

async fn remove_tags(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    Path(name): Path<String>,
    uri: Uri,
    body: Bytes,
) -> Response {
    let aimed = aimed(&shared, &headers, &name, &uri, &body);
    tag(&shared, aimed, false).await
}

async fn tag(shared: &Shared, aimed: Result<(u64, Value), Box<Response>>, add: bool) -> Response {
    let (of, fields) = match aimed {
        Ok(aimed) => aimed,
        Err(refusal) => return *refusal,
    };
    let ids = fields.get("tag_ids").and_then(Value::as_array).cloned().unwrap_or_default();
    let numbers: Option<Vec<u64>> = ids.iter().map(|it| number("tag", it.as_str()?)).collect();
    let Some(numbers) = numbers.filter(|numbers| !numbers.is_empty()) else {
        return error(StatusCode::BAD_REQUEST, "Bad request", "body.tag_ids: should be ids of tags");
    };
    let now = shared.clock.now();
    no_content(shared.world.change(|world| Writer { world, now }.tag(of, &numbers, add, &FrontAuthor::Api)).await)
}

/// Somebody does something with a conversation.
pub(super) async fn act(shared: &Shared, of: u64, act: &Act) -> Result<(), ActError> {
    let now = shared.clock.now();
    shared.world.change(|world| Writer { world, now }.act(of, act)).await
}

/// People merge a conversation into another.
pub(super) async fn merge(shared: &Shared, from: u64, into: u64) {
    let now = shared.clock.now();
    shared.world.change(|world| Writer { world, now }.merge(from, into)).await;
}

/// A customer writes to the store, on a channel of Front's own. The number of the conversation.
pub(super) async fn hear(shared: &Shared, letter: &FromCustomer) -> u64 {
    let now = shared.clock.now();
    shared.world.change(|world| Writer { world, now }.hear(letter)).await
}
