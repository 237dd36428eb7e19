//! `GET /v1/conversations/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::super::admission::Addressed;
use super::super::app::App;
use super::super::error::{ApiError, ErrorBody};
use super::message::AnalysisBody;
use crate::agents::conversation::{Conversation, Entry};
use crate::domain::event::{Author, HandoffReason, Status, TicketReference};
use crate::domain::id::{ConversationId, MessageId, StoreId};
use crate::domain::identity::Assurance;

pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(read))
}

/// A conversation as it stands.
#[derive(Debug, Serialize, ToSchema)]
struct ConversationBody {
    #[schema(value_type = String)]
    conversation_id: ConversationId,
    #[schema(value_type = String)]
    store: StoreId,
    channel: String,
    status: Status,
    /// How surely the shopper is known.
    assurance: Assurance,
    analysis: Option<AnalysisBody>,
    handoff: Option<HandoffBody>,
    /// The ticket in the helpdesk, whatever asked for it. Secret keys only.
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<TicketBody>,
    messages: Vec<MessageBody>,
    /// What the agent would say, where a person sends its answers. Secret keys only.
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<String>,
    /// The number of the last event: follow from here.
    last_event: u64,
    #[schema(value_type = Option<String>, format = DateTime)]
    opened_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    updated_at: Option<Timestamp>,
}

#[derive(Debug, Serialize, ToSchema)]
struct HandoffBody {
    number: u32,
    reason: HandoffReason,
    /// The ticket's reference in the helpdesk, once it has one.
    reference: Option<String>,
    /// The ticket, for the store's people. Secret keys only.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct TicketBody {
    reference: String,
    url: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct MessageBody {
    #[schema(value_type = String)]
    message_id: MessageId,
    author: Speaker,
    /// Of the colleague who wrote it, as far as the store gives names away.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    content: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// Who speaks: the shopper, a model, a fixed line of ours, or a person.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Speaker {
    Customer,
    Agent,
    System,
    /// A colleague, in the helpdesk.
    Human,
}

impl ConversationBody {
    fn of(conversation: Conversation, for_store: bool) -> Self {
        let Conversation { id, store, channel, status, identity, analysis, agent, handoff, dialogue, .. } =
            conversation;
        let handoff = handoff.map(|handoff| {
            let (reference, url) = handoff.ticket.map(|ticket| (ticket.id, ticket.url)).unzip();
            let url = url.flatten().filter(|_| for_store);
            HandoffBody { number: handoff.number, reason: handoff.reason, reference, url }
        });
        let ticket = conversation.twin.and_then(|twin| twin.ticket).filter(|_| for_store);
        Self {
            conversation_id: id,
            store,
            channel,
            status,
            assurance: identity.highest(),
            analysis: analysis.map(|analysis| AnalysisBody::of(&analysis, agent)),
            handoff,
            ticket: ticket.map(|TicketReference { id, url }| TicketBody { reference: id, url }),
            messages: dialogue.into_iter().filter_map(MessageBody::of).collect(),
            draft: conversation.draft.filter(|_| for_store),
            last_event: conversation.len,
            opened_at: conversation.opened_at,
            updated_at: conversation.updated_at,
        }
    }
}

impl MessageBody {
    /// `None` for what was not said.
    fn of(entry: Entry) -> Option<Self> {
        match entry {
            Entry::Customer { at, message, text, .. } => {
                Some(Self { message_id: message, author: Speaker::Customer, name: None, content: text, at })
            }
            Entry::Said { at, message, author, text } => {
                let author = match author {
                    Author::Agent => Speaker::Agent,
                    Author::System => Speaker::System,
                };
                Some(Self { message_id: message, author, name: None, content: text, at })
            }
            Entry::Person { at, message, name, text } => {
                Some(Self { message_id: message, author: Speaker::Human, name, content: text, at })
            }
            Entry::Answered { .. } | Entry::Calls(_) | Entry::Result { .. } => None,
        }
    }
}

/// Read a conversation
#[utoipa::path(
    get,
    path = "/v1/conversations/{id}",
    tag = "conversations",
    params(
        ("id" = String, Path, description = "The conversation"),
        ("X-Conversation-Token" = Option<String>, Header, description = "With a public key: the conversation's token"),
    ),
    responses(
        (status = 200, description = "As it stands", body = ConversationBody),
        (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 429, body = ErrorBody),
    ),
    security(("api_key" = []), ("api_key" = [], "conversation_token" = [])),
)]
async fn read(
    State(app): State<Arc<App>>,
    Addressed { caller, conversation }: Addressed,
) -> Result<Json<ConversationBody>, ApiError> {
    let conversation = app.desk.conversation(&conversation).await?;
    Ok(Json(ConversationBody::of(conversation, !caller.is_public())))
}
