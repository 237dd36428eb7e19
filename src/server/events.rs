//! `GET /v1/conversations/{id}/events`: a conversation as it happens, from any place on.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::admission::{Addressed, Caller};
use super::app::App;
use super::error::{ApiError, ErrorBody};
use super::public::{MessageDelta, StreamEvent, View};
use super::query::Parameters;
use super::sse::{self, Until};
use crate::desk::Position;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(follow))
}

/// Follow a conversation
///
/// Server-sent events: first what is in the log after the given place, then the message in the making, then whatever
/// happens, until the client leaves. Each event has an id, a name and one JSON object. Names: `message.received`, `routed`,
/// `message.delta`, `message.reset`, `message.completed`, `human.message`, `tool.started`, `tool.completed`, `handoff`,
/// `status`, `error`, `turn.completed`. Ids are `SEQ`, and `SEQ.OFFSET` for pieces of a message (bytes of UTF-8). Numbers may have gaps.
/// A client that comes back sends the last id that it saw and misses nothing, even in the middle of a message.
#[utoipa::path(
    get,
    path = "/v1/conversations/{id}/events",
    tag = "conversations",
    params(
        ("id" = String, Path, description = "The conversation"),
        ("after" = Option<String>, Query, description = "Where to begin: `SEQ` or `SEQ.OFFSET`. 0 by default"),
        ("Last-Event-ID" = Option<String>, Header, description = "The same; it goes before `after`"),
        ("view" = Option<String>, Query, description = "`operator` (secret keys): also `turn.started`, `model.answered`, \
            `claim.withheld`, `code.checked`, `identity.proved`, `effect`, `message.drafted`, `ticket.mirrored`, `ticket.seen`"),
        ("key" = Option<String>, Query, description = "A public key, for `EventSource`, which can send no header"),
        ("conversation_token" = Option<String>, Query, description = "Likewise"),
        ("X-Conversation-Token" = Option<String>, Header, description = "With a public key: the conversation's token"),
    ),
    responses(
        (status = 200, description = "The stream. `message.delta` has the second schema", content(
            (StreamEvent<'static> = "text/event-stream"),
            (MessageDelta<'static> = "text/event-stream; event=message.delta"),
        )),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 429, body = ErrorBody),
    ),
    security(("api_key" = []), ("api_key" = [], "conversation_token" = [])),
)]
async fn follow(
    State(app): State<Arc<App>>,
    Addressed { caller, conversation }: Addressed,
    headers: HeaderMap,
    mut parameters: Parameters,
) -> Result<Response, ApiError> {
    let after = beginning(&headers, &mut parameters)?;
    let view = view(&caller, &mut parameters)?;
    for known in ["key", "conversation_token"] {
        parameters.take(known);
    }
    parameters.finish()?;
    let place = match caller.is_public() {
        true => Some(app.streams.enter(caller.network).ok_or_else(too_many)?),
        false => None,
    };
    let items = app.desk.follow(&conversation, after).await?;
    Ok(sse::response(&app, conversation, items, view, Until::Closed, place))
}

fn too_many() -> ApiError {
    ApiError::rate_limited("too many streams are open from this address; close one", 5)
}

fn beginning(headers: &HeaderMap, parameters: &mut Parameters) -> Result<Position, ApiError> {
    const EXPECTED: &str = "an event's id: SEQ or SEQ.OFFSET";
    let after = parameters.parse("after", EXPECTED, sse::position)?;
    match headers.get("last-event-id").filter(|value| !value.is_empty()) {
        Some(value) => value
            .to_str()
            .ok()
            .and_then(sse::position)
            .ok_or_else(|| ApiError::invalid_field("Last-Event-ID", format!("Last-Event-ID must be {EXPECTED}"))),
        None => Ok(after.unwrap_or_default()),
    }
}

/// The view that was asked for, if the caller may have it.
pub fn view(caller: &Caller, parameters: &mut Parameters) -> Result<View, ApiError> {
    let wanted = parameters.parse("view", "shopper or operator", |text| match text {
        "shopper" => Some(View::Shopper),
        "operator" => Some(View::Operator),
        _ => None,
    })?;
    match wanted {
        Some(View::Operator) if !caller.is_operator() => {
            Err(ApiError::forbidden("the operator's view needs a secret key (sk_…)"))
        }
        wanted => Ok(wanted.unwrap_or(View::Shopper)),
    }
}
