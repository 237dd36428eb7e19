//! `GET /v1/conversations`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::admission::Caller;
use super::super::app::App;
use super::super::error::{ApiError, ErrorBody};
use super::super::query::Parameters;
use crate::domain::customer::Email;
use crate::domain::event::{Intent, Status};
use crate::domain::id::{ConversationId, StoreId};
use crate::storage::log::{Filter, Page, Summary};

const DEFAULT_LIMIT: u32 = 20;
const MOST: u32 = 100;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A page of conversations.
#[derive(Debug, Serialize, ToSchema)]
struct PageBody {
    conversations: Vec<SummaryBody>,
    /// For the next page; `null` on the last.
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SummaryBody {
    #[schema(value_type = String)]
    conversation_id: ConversationId,
    status: Status,
    /// What the shopper wanted last.
    intent: Option<String>,
    last_event: u64,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl SummaryBody {
    fn of(summary: Summary) -> Self {
        let Summary { conversation, store: _, status, intent, opened_at, updated_at, len } = summary;
        Self { conversation_id: conversation, status, intent, last_event: len, opened_at, updated_at }
    }
}

/// List the store's conversations
///
/// Newest first. Secret keys only.
#[utoipa::path(
    get,
    path = "/v1/conversations",
    tag = "conversations",
    params(
        ("status" = Option<Status>, Query),
        ("intent" = Option<Intent>, Query),
        ("customer_email" = Option<String>, Query, description = "An address that the customer proved or claimed"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "20 by default"),
    ),
    responses(
        (status = 200, description = "A page", body = PageBody),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 429, body = ErrorBody),
    ),
    security(("api_key" = [])),
)]
async fn list(State(app): State<Arc<App>>, caller: Caller, parameters: Parameters) -> Result<Json<PageBody>, ApiError> {
    caller.secret_only()?;
    let filter = filter(caller.key.store.clone(), parameters)?;
    let Page { conversations, next } = app.desk.list(&filter).await?;
    let conversations = conversations.into_iter().map(SummaryBody::of).collect();
    Ok(Json(PageBody { conversations, next_cursor: next }))
}

fn filter(store: StoreId, mut parameters: Parameters) -> Result<Filter, ApiError> {
    let statuses = "ai_handling, handoff_pending, human_handling or resolved";
    let filter = Filter {
        store: Some(store),
        status: parameters.parse("status", statuses, Status::parse)?,
        intent: parameters.parse("intent", "an intent; see /openapi.json", intent)?,
        customer_email: parameters
            .parse("customer_email", "an e-mail address", Email::parse)?
            .map(|email| email.as_str().to_owned()),
        cursor: parameters.take("cursor"),
        limit: parameters.parse("limit", "a number from 1 to 100", limit)?.unwrap_or(DEFAULT_LIMIT),
    };
    parameters.finish()?;
    Ok(filter)
}

fn intent(text: &str) -> Option<String> {
    Intent::ALL.iter().find(|intent| intent.as_str() == text).map(|intent| intent.as_str().to_owned())
}

fn limit(text: &str) -> Option<u32> {
    text.parse().ok().filter(|limit| (1..=MOST).contains(limit))
}
