//! Whose conversation it is: `escalate`, `resolve`, `handback`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::admission::{Addressed, Caller};
use super::super::app::App;
use super::super::body::Fields;
use super::super::error::{ApiError, ErrorBody};
use crate::domain::event::{HandoffReason, Status};
use crate::domain::id::ConversationId;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(escalate)).routes(routes!(resolve)).routes(routes!(handback))
}

/// Whose conversation it is now.
#[derive(Debug, Serialize, ToSchema)]
struct StatusBody {
    #[schema(value_type = String)]
    conversation_id: ConversationId,
    status: Status,
}

/// Who did it, for the log.
fn actor(caller: &Caller) -> String {
    if caller.is_public() { "shopper".to_owned() } else { caller.key.id.to_string() }
}

/// Ask for a person
///
/// A shopper may, with the conversation's token, as may the store. The agent is silent from then on. Asking again changes
/// nothing.
#[utoipa::path(
    post,
    path = "/v1/conversations/{id}/escalate",
    tag = "conversations",
    params(
        ("id" = String, Path, description = "The conversation"),
        ("X-Conversation-Token" = Option<String>, Header, description = "With a public key: the conversation's token"),
    ),
    responses(
        (status = 200, description = "A person has it, or will", body = StatusBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 429, body = ErrorBody),
    ),
    security(("api_key" = []), ("api_key" = [], "conversation_token" = [])),
)]
async fn escalate(
    State(app): State<Arc<App>>,
    Addressed { caller, conversation }: Addressed,
    fields: Fields,
) -> Result<Json<StatusBody>, ApiError> {
    fields.finish()?;
    let reason = if caller.is_public() { HandoffReason::Asked } else { HandoffReason::Operator };
    app.desk.escalate(&conversation, reason, &actor(&caller)).await?;
    status(&app, conversation).await
}

/// Close a conversation
///
/// Secret keys only. A shopper who writes again opens it again.
#[utoipa::path(
    post,
    path = "/v1/conversations/{id}/resolve",
    tag = "conversations",
    params(("id" = String, Path, description = "The conversation")),
    responses(
        (status = 200, description = "It is resolved", body = StatusBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 429, body = ErrorBody),
    ),
    security(("api_key" = [])),
)]
async fn resolve(
    State(app): State<Arc<App>>,
    Addressed { caller, conversation }: Addressed,
    fields: Fields,
) -> Result<Json<StatusBody>, ApiError> {
    caller.secret_only()?;
    fields.finish()?;
    app.desk.resolve(&conversation, &actor(&caller)).await?;
    status(&app, conversation).await
}

/// Give a conversation back to the agent
///
/// Secret keys only.
#[utoipa::path(
    post,
    path = "/v1/conversations/{id}/handback",
    tag = "conversations",
    params(("id" = String, Path, description = "The conversation")),
    responses(
        (status = 200, description = "The agent has it", body = StatusBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 429, body = ErrorBody),
    ),
    security(("api_key" = [])),
)]
async fn handback(
    State(app): State<Arc<App>>,
    Addressed { caller, conversation }: Addressed,
    fields: Fields,
) -> Result<Json<StatusBody>, ApiError> {
    caller.secret_only()?;
    fields.finish()?;
    app.desk.hand_back(&conversation, &actor(&caller)).await?;
    status(&app, conversation).await
}

async fn status(app: &App, conversation_id: ConversationId) -> Result<Json<StatusBody>, ApiError> {
    let status = app.desk.conversation(&conversation_id).await?.status;
    Ok(Json(StatusBody { conversation_id, status }))
}
