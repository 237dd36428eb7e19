//! `POST /v1/conversations`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::admission::{Caller, TOKEN_HEADER};
use super::super::app::App;
use super::super::body::Fields;
use super::super::customer_token;
use super::super::error::{ApiError, ErrorBody};
use super::super::events;
use super::super::query::Parameters;
use super::message::{self, AnswerBody};
use crate::desk::Opening;
use crate::domain::customer::Email;
use crate::domain::event::Status;
use crate::domain::id::ConversationId;

const DEFAULT_CHANNEL: &str = "chat";
const LONGEST_CHANNEL: usize = 40;
/// Bytes of `customer` and of `metadata`: enough for facts, too little for a document.
const LARGEST_OBJECT: usize = 16 * 1024;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(open))
}

/// A conversation to be opened. Every field may be left out.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body; the fields are read one by one to name the one at fault")]
struct OpenConversation {
    /// Where the shopper writes: `chat` by default.
    channel: Option<String>,
    /// What is said of the customer: a claim, whoever says it.
    customer: Option<CustomerClaim>,
    /// A JSON Web Token (HS256) signed with the store's customer token secret: `email`, `exp`, `aud` (the store's id), and
    /// `nbf` if wanted. It makes the customer verified.
    customer_token: Option<String>,
    /// The first message; the answer then comes with it.
    message: Option<String>,
    /// Kept with the conversation as it is.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a part of the body")]
struct CustomerClaim {
    email: Option<String>,
    name: Option<String>,
}

/// The conversation that was opened.
#[derive(Debug, Serialize, ToSchema)]
struct Opened {
    #[schema(value_type = String)]
    conversation_id: ConversationId,
    /// Every later call with a public key needs it, in `X-Conversation-Token`. It is the shopper's: keep it in their browser.
    conversation_token: String,
    status: Status,
    /// The answer to `message`, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<AnswerBody>,
}

/// Open a conversation
///
/// With `message` and `Accept: text/event-stream` the answer is the stream of the first turn; the token is then in the
/// header `X-Conversation-Token` and the conversation in `Location`, as always.
#[utoipa::path(
    post,
    path = "/v1/conversations",
    tag = "conversations",
    params(("view" = Option<String>, Query, description = "`operator` (secret keys): the stream shows the workings, too")),
    request_body = OpenConversation,
    responses(
        (status = 201, description = "It is open", body = Opened),
        (status = 200, description = "The stream of the first turn", content_type = "text/event-stream"),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
    security(("api_key" = [])),
)]
async fn open(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    mut parameters: Parameters,
    mut fields: Fields,
) -> Result<Response, ApiError> {
    let view = events::view(&caller, &mut parameters)?;
    parameters.finish()?;
    let (opening, first) = read(&app, &caller, &mut fields)?;
    fields.finish()?;
    let conversation = app.desk.open(opening).await?;
    app.remember(&conversation, &caller.key.store);
    let token = app.tokens.issue(&caller.key.store, &conversation);
    let location = HeaderValue::from_str(&format!("/v1/conversations/{conversation}"));
    let token_header = HeaderValue::from_str(&token);
    let mut response = match first {
        Some(content) if message::wants_stream(&headers) => {
            message::stream(&app, conversation, message::new_message(&caller, content, None), view).await?
        }
        first => opened(&app, &caller, conversation, token, first).await?,
    };
    for (name, value) in [(header::LOCATION, location), (TOKEN_HEADER, token_header)] {
        if let Ok(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    Ok(response)
}

async fn opened(
    app: &App,
    caller: &Caller,
    conversation_id: ConversationId,
    conversation_token: String,
    first: Option<String>,
) -> Result<Response, ApiError> {
    let answer = match first {
        Some(content) => {
            let posted = app.desk.post(&conversation_id, message::new_message(caller, content, None)).await?;
            Some(message::answer(app, conversation_id.clone(), posted).await?.1)
        }
        None => None,
    };
    let status = answer.as_ref().map_or(Status::AiHandling, |answer| answer.status);
    let body = Opened { conversation_id, conversation_token, status, answer };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}

fn read(app: &App, caller: &Caller, fields: &mut Fields) -> Result<(Opening, Option<String>), ApiError> {
    let channel = fields.label("channel", LONGEST_CHANNEL)?.unwrap_or_else(|| DEFAULT_CHANNEL.to_owned());
    let opening = Opening {
        store: caller.key.store.clone(),
        channel,
        key: Some(caller.key.id.clone()),
        customer: claim(fields)?,
        verified: fields.text("customer_token")?.map(|token| verified(app, caller, &token)).transpose()?,
        metadata: bounded("metadata", fields.object("metadata")?)?,
    };
    let first = fields.text("message")?;
    if first.as_deref().is_some_and(|text| text.trim().is_empty()) {
        return Err(ApiError::invalid_field("message", "message is empty; leave it out, or write something"));
    }
    Ok((opening, first))
}

/// Whoever says it, it is a claim; but an address must at least be one.
fn claim(fields: &mut Fields) -> Result<Option<Value>, ApiError> {
    let customer = bounded("customer", fields.object("customer")?)?;
    let email = customer.as_ref().and_then(|customer| customer.get("email")).filter(|email| !email.is_null());
    if email.is_some_and(|email| email.as_str().and_then(Email::parse).is_none()) {
        return Err(ApiError::invalid_field("customer.email", "customer.email must be an e-mail address"));
    }
    Ok(customer)
}

fn bounded(name: &str, object: Option<Value>) -> Result<Option<Value>, ApiError> {
    let size = object.as_ref().map_or(0, |object| object.to_string().len());
    if size > LARGEST_OBJECT {
        return Err(ApiError::invalid_field(name, format!("{name} may have {LARGEST_OBJECT} bytes at most")));
    }
    Ok(object)
}

fn verified(app: &App, caller: &Caller, token: &str) -> Result<Email, ApiError> {
    let store = &caller.key.store;
    let Some(secret) = app.customer_token_secrets.get(store) else {
        return Err(ApiError::customer_token("this store has no customer token secret; configure one first"));
    };
    customer_token::verify(token, secret, store, app.desk.clock().now())
        .map_err(|error| ApiError::customer_token(error.to_string()))
}
