//! `POST /v1/conversations/{id}/messages`: a shopper's message, answered as JSON or as a stream.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::admission::{Addressed, Caller};
use super::super::app::App;
use super::super::body::Fields;
use super::super::error::{ApiError, ErrorBody};
use super::super::events;
use super::super::public::{StreamEvent, View};
use super::super::query::Parameters;
use super::super::sse::{self, Until};
use crate::desk::{Answer, NewMessage, Posted};
use crate::domain::event::{Analysis, Intent, Sentiment, Status};
use crate::domain::id::{ConversationId, MessageId};

const LONGEST_ID: usize = 128;
/// How often one who waits looks whether there is still somebody to answer.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(post))
}

/// A message to the agent.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body; the fields are read one by one to name the one at fault")]
struct PostMessage {
    /// What the shopper writes.
    content: String,
    /// The client's own id of this message, up to 128 bytes. Sent again, it is answered with the first result.
    client_message_id: Option<String>,
}

/// The turn's outcome.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnswerBody {
    #[schema(value_type = String)]
    pub conversation_id: ConversationId,
    /// The message that was taken in.
    #[schema(value_type = String)]
    pub message_id: MessageId,
    /// `null` while a person has the conversation.
    pub response: Option<ResponseBody>,
    pub analysis: Option<AnalysisBody>,
    pub actions_taken: Vec<ActionBody>,
    pub status: Status,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ResponseBody {
    #[schema(value_type = Option<String>)]
    pub message_id: Option<MessageId>,
    /// All that was said in the turn.
    pub content: String,
}

/// What the router read in the message.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnalysisBody {
    pub intent: Intent,
    pub agent: Option<String>,
    pub sentiment: Sentiment,
    /// From 0 to 1.
    pub confidence: f64,
}

/// A tool that was used, with what a shopper may see of its result.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActionBody {
    pub tool: String,
    #[schema(value_type = Object)]
    pub result: Value,
}

impl AnalysisBody {
    pub fn of(analysis: &Analysis, agent: Option<String>) -> Self {
        Self { intent: analysis.intent, agent, sentiment: analysis.sentiment, confidence: analysis.confidence }
    }
}

impl AnswerBody {
    fn silent(conversation_id: ConversationId, posted: Posted, status: Status) -> Self {
        let (response, analysis, actions_taken) = (None, None, Vec::new());
        Self { conversation_id, message_id: posted.message, response, analysis, actions_taken, status }
    }

    fn of(conversation_id: ConversationId, posted: Posted, answer: Answer) -> Self {
        let Answer { turn: _, message, content, agent, analysis, actions, status } = answer;
        Self {
            conversation_id,
            message_id: posted.message,
            response: content.map(|content| ResponseBody { message_id: message, content }),
            analysis: analysis.map(|analysis| AnalysisBody::of(&analysis, agent)),
            actions_taken: actions.into_iter().map(|(tool, result)| ActionBody { tool, result }).collect(),
            status,
        }
    }
}

/// Send a message
///
/// Answers with JSON once the turn is done, or, with `Accept: text/event-stream`, streams the turn from the message to
/// `turn.completed`. A client that leaves loses nothing: the turn goes on, and `/events` has it. While a person has the
/// conversation the answer is 202, as JSON in both cases, with `response: null`.
#[utoipa::path(
    post,
    path = "/v1/conversations/{id}/messages",
    tag = "conversations",
    params(
        ("id" = String, Path, description = "The conversation"),
        ("Accept" = Option<String>, Header, description = "`text/event-stream` for a stream"),
        ("view" = Option<String>, Query, description = "`operator` (secret keys): the stream shows the workings, too"),
        ("X-Conversation-Token" = Option<String>, Header, description = "With a public key: the conversation's token"),
    ),
    request_body = PostMessage,
    responses(
        (status = 200, description = "The answer", content(
            (AnswerBody = "application/json"), (StreamEvent<'static> = "text/event-stream"),
        )),
        (status = 202, description = "Taken in; a person has the conversation", body = AnswerBody),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 413, body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
    security(("api_key" = []), ("api_key" = [], "conversation_token" = [])),
)]
async fn post(
    State(app): State<Arc<App>>,
    Addressed { caller, conversation }: Addressed,
    headers: HeaderMap,
    mut parameters: Parameters,
    mut fields: Fields,
) -> Result<Response, ApiError> {
    let view = events::view(&caller, &mut parameters)?;
    parameters.take("conversation_token");
    parameters.finish()?;
    let content = fields.required_text("content")?;
    let client_message_id = fields.label("client_message_id", LONGEST_ID)?;
    fields.finish()?;
    let message = new_message(&caller, content, client_message_id);
    if wants_stream(&headers) {
        return stream(&app, conversation, message, view).await;
    }
    let posted = app.desk.post(&conversation, message).await?;
    let (status, body) = answer(&app, conversation, posted).await?;
    Ok((status, Json(body)).into_response())
}

pub fn new_message(caller: &Caller, content: String, client_message_id: Option<String>) -> NewMessage {
    NewMessage { content, client_message_id, address: caller.shopper_address(), key: Some(caller.key.id.clone()) }
}

/// Posts a message and streams the turn that answers it. Where nobody here will answer, that is said as JSON.
pub async fn stream(
    app: &App,
    conversation: ConversationId,
    message: NewMessage,
    view: View,
) -> Result<Response, ApiError> {
    let (posted, items) = app.desk.post_and_follow(&conversation, message).await?;
    if posted.silent {
        let (status, body) = answer(app, conversation, posted).await?;
        return Ok((status, Json(body)).into_response());
    }
    Ok(sse::response(app, conversation, items, view, Until::Answered(posted.seq), None))
}

/// Waits for the turn. 202: a person has the conversation, and nobody here will answer.
pub async fn answer(
    app: &App,
    conversation: ConversationId,
    posted: Posted,
) -> Result<(StatusCode, AnswerBody), ApiError> {
    const STOPPED: &str = "the server is stopping; the message is kept, and its answer will be in the conversation";
    let answer = tokio::select! {
        answer = app.desk.answer(&conversation, &posted) => Some(answer?),
        silent = abandoned(app, &conversation, &posted) => { silent?; None }
        () = app.closing.cancelled() => return Err(ApiError::unavailable(STOPPED)),
    };
    match answer {
        Some(answer) if !posted.silent => Ok((StatusCode::OK, AnswerBody::of(conversation, posted, answer))),
        answer => {
            let status = match answer {
                Some(answer) => answer.status,
                None => app.desk.conversation(&conversation).await?.status,
            };
            Ok((StatusCode::ACCEPTED, AnswerBody::silent(conversation, posted, status)))
        }
    }
}

/// Ends when a person has taken the conversation before a turn for the message began: then none will come.
async fn abandoned(app: &App, conversation: &ConversationId, posted: &Posted) -> Result<(), ApiError> {
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        let conversation = app.desk.conversation(conversation).await?;
        if !posted.silent && conversation.status != Status::AiHandling && conversation.turn.is_none() {
            return Ok(());
        }
    }
}

/// Whether the caller wants events: they are named, and not refused.
pub fn wants_stream(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|kind| {
        let (kind, parameters) = kind.split_once(';').unwrap_or((kind, ""));
        kind.trim().eq_ignore_ascii_case("text/event-stream") && parameters.trim() != "q=0"
    })
}
