//! `/v1/articles`: answers of colleagues that are proposed as help articles. Only a key that may decide accepts one.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::admission::Caller;
use super::app::App;
use super::body::Fields;
use super::error::{ApiError, ErrorBody};
use super::query::Parameters;
use crate::desk::articles::{self, ArticleError, Edited, Shown};
use crate::domain::id::{ArticleId, ConversationId, StoreId};
use crate::storage::articles::{ArticleState, StoredArticle};

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(accept)).routes(routes!(decline))
}

/// An answer that was meant for everyone.
#[derive(Debug, Serialize, ToSchema)]
struct ArticleBody {
    #[schema(value_type = String)]
    article_id: ArticleId,
    #[schema(value_type = String)]
    conversation_id: ConversationId,
    /// `proposed`, `accepted` or `declined`.
    state: &'static str,
    /// What was asked, or the title that it was accepted with. `null` once the conversation was erased.
    title: Option<String>,
    /// What was answered, or the text that it was accepted with.
    text: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    proposed_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
    decided_by: Option<String>,
}

impl From<Shown> for ArticleBody {
    fn from(Shown { article, words }: Shown) -> Self {
        let (title, text) = words.map(|words| (words.title, words.text)).unzip();
        Self {
            article_id: article.id,
            conversation_id: article.conversation,
            state: article.state.as_str(),
            title,
            text,
            proposed_at: article.proposed_at,
            decided_at: article.decided_at,
            decided_by: article.decided_by,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct ListBody {
    articles: Vec<ArticleBody>,
}

/// A yes. What is left out stays as it is.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body; the fields are read one by one to name the one at fault")]
struct Accept {
    title: Option<String>,
    text: Option<String>,
}

/// List articles
///
/// What colleagues answered to a question of the agent's and meant for everyone, oldest first. With a key that may decide.
#[utoipa::path(
    get,
    path = "/v1/articles",
    tag = "articles",
    params(("state" = Option<String>, Query, description = "`proposed`, `accepted` or `declined`; all by default")),
    responses(
        (status = 200, description = "The articles", body = ListBody),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 429, body = ErrorBody),
    ),
    security(("api_key" = [])),
)]
async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    mut parameters: Parameters,
) -> Result<Json<ListBody>, ApiError> {
    caller.may_decide()?;
    let state = parameters.take("state").map(|text| state(&text)).transpose()?;
    parameters.finish()?;
    let shown = articles::list(app.desk.storage().as_ref(), Some(&caller.key.store), state).await?;
    Ok(Json(ListBody { articles: shown.into_iter().map(ArticleBody::from).collect() }))
}

fn state(text: &str) -> Result<ArticleState, ApiError> {
    ArticleState::parse(text)
        .ok_or_else(|| ApiError::invalid_field("state", "state must be proposed, accepted or declined"))
}

/// Accept an article
///
/// Agents find it from now on, with these words. Accepting it again changes them.
#[utoipa::path(
    post,
    path = "/v1/articles/{id}/accept",
    tag = "articles",
    params(("id" = String, Path, description = "The article")),
    request_body = Accept,
    responses(
        (status = 200, description = "It is an article", body = ArticleBody),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 429, body = ErrorBody),
    ),
    security(("api_key" = [])),
)]
async fn accept(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    mut fields: Fields,
) -> Result<Json<ArticleBody>, ApiError> {
    caller.may_decide()?;
    let edited = Edited { title: fields.text("title")?, text: fields.text("text")? };
    fields.finish()?;
    let article = of_store(&app, &caller.key.store, id).await?;
    let shown = articles::accept(app.desk.storage().as_ref(), article, edited, caller.key.id.as_str()).await?;
    Ok(Json(shown.into()))
}

/// Decline an article
///
/// Also what was accepted before: agents find it no more.
#[utoipa::path(
    post,
    path = "/v1/articles/{id}/decline",
    tag = "articles",
    params(("id" = String, Path, description = "The article")),
    responses(
        (status = 200, description = "It is none", body = ArticleBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 429, body = ErrorBody),
    ),
    security(("api_key" = [])),
)]
async fn decline(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Json<ArticleBody>, ApiError> {
    caller.may_decide()?;
    fields.finish()?;
    let article = of_store(&app, &caller.key.store, id).await?;
    let shown = articles::decline(app.desk.storage().as_ref(), &article.id, caller.key.id.as_str()).await?;
    Ok(Json(shown.into()))
}

/// No other store's.
async fn of_store(app: &App, store: &StoreId, id: String) -> Result<StoredArticle, ApiError> {
    let id = ArticleId::new(id);
    let article = app.desk.storage().article(&id).await?.filter(|article| article.store == *store);
    article.ok_or_else(|| ArticleError::Unknown(id).into())
}
