//! `/v1/approvals`: effects that wait for a person's yes. Only a key that was made for it may decide.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::admission::Caller;
use super::app::App;
use super::body::Fields;
use super::error::{ApiError, ErrorBody};
use super::query::Parameters;
use crate::desk::approvals::Yes;
use crate::domain::effect::{ApprovalState, Effect, EffectState};
use crate::domain::id::{ApprovalId, ConversationId, EffectId};
use crate::domain::money::Money;
use crate::domain::order::LineQuantity;
use crate::storage::approvals::Approval;

const LONGEST_AMOUNT: usize = 32;
const LONGEST_MESSAGE: usize = 2_000;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(approve)).routes(routes!(deny))
}

/// An effect that waits, or waited, for a person.
#[derive(Debug, Serialize, ToSchema)]
struct ApprovalBody {
    #[schema(value_type = String)]
    approval_id: ApprovalId,
    #[schema(value_type = String)]
    conversation_id: ConversationId,
    /// `pending`, `approved`, `denied` or `expired`.
    #[schema(value_type = String)]
    state: ApprovalState,
    /// The policy's code.
    reason: String,
    /// What is proposed: `order_number`, `items` with titles and quantities, and, where there are some, `amount`, `at_most`, `lines` with their ids, `address`, and what is `wanted`.
    #[schema(value_type = Object)]
    proposal: Value,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
    #[schema(value_type = Option<String>, format = DateTime)]
    decided_at: Option<Timestamp>,
    decided_by: Option<String>,
}

impl From<Approval> for ApprovalBody {
    fn from(approval: Approval) -> Self {
        Self {
            approval_id: approval.id,
            conversation_id: approval.conversation,
            state: approval.state,
            reason: approval.reason,
            proposal: approval.proposal,
            created_at: approval.created_at,
            expires_at: approval.expires_at,
            decided_at: approval.decided_at,
            decided_by: approval.decided_by,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
struct ListBody {
    approvals: Vec<ApprovalBody>,
}

/// A decision, and what came of it.
#[derive(Debug, Serialize, ToSchema)]
struct DecisionBody {
    approval: ApprovalBody,
    /// The ledger's row, after a yes.
    #[serde(skip_serializing_if = "Option::is_none")]
    effect: Option<EffectBody>,
}

#[derive(Debug, Serialize, ToSchema)]
struct EffectBody {
    #[schema(value_type = String)]
    effect_id: EffectId,
    state: EffectState,
    #[schema(value_type = Option<Object>)]
    amount: Option<Money>,
    vendor_reference: Option<String>,
    /// Why it failed or is unknown.
    problem: Option<String>,
}

impl From<Effect> for EffectBody {
    fn from(effect: Effect) -> Self {
        let Effect { id, state, amount, vendor_reference, problem, .. } = effect;
        Self { effect_id: id, state, amount, vendor_reference, problem }
    }
}

/// A yes. Every field may be left out: then all that was proposed is done. Only goodwill needs an amount.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body; the fields are read one by one to name the one at fault")]
struct Approve {
    /// Fewer units: lines of the proposal with the quantities that remain, `{"lines": [{"line", "quantity"}]}`.
    #[schema(value_type = Option<Object>)]
    edit: Option<Value>,
    /// A lower amount, as a decimal string. Goodwill needs one: its proposal says only how much it is at most.
    amount: Option<String>,
    /// For the store's own records.
    note: Option<String>,
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the body; the fields are read one by one to name the one at fault")]
struct Deny {
    /// Told to the shopper.
    message: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    lines: Vec<LineQuantity>,
}

/// List approvals
///
/// Oldest first, at most 200. With a key that may decide.
#[utoipa::path(
    get,
    path = "/v1/approvals",
    tag = "approvals",
    params(("state" = Option<String>, Query, description = "`pending`, `approved`, `denied` or `expired`; all by default")),
    responses(
        (status = 200, description = "The approvals", body = ListBody),
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
    let approvals = app.desk.approvals(&caller.key.store, state).await?;
    Ok(Json(ListBody { approvals: approvals.into_iter().map(ApprovalBody::from).collect() }))
}

fn state(text: &str) -> Result<ApprovalState, ApiError> {
    match ApprovalState::from(text.to_owned()) {
        ApprovalState::Other(_) => {
            Err(ApiError::invalid_field("state", "state must be pending, approved, denied or expired"))
        }
        state => Ok(state),
    }
}

/// Say yes
///
/// What was proposed is judged anew at this moment, recorded and done; the answer tells what came of it, and the shopper
/// hears it in the conversation. Deciding twice is a conflict and changes nothing.
#[utoipa::path(
    post,
    path = "/v1/approvals/{id}/approve",
    tag = "approvals",
    params(("id" = String, Path, description = "The approval")),
    request_body = Approve,
    responses(
        (status = 200, description = "It was approved", body = DecisionBody),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 410, body = ErrorBody),
        (status = 429, body = ErrorBody), (status = 502, body = ErrorBody),
    ),
    security(("api_key" = [])),
)]
async fn approve(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    mut fields: Fields,
) -> Result<Json<DecisionBody>, ApiError> {
    caller.may_decide()?;
    let yes = Yes {
        lines: fields.object("edit")?.map(lines).transpose()?,
        amount: fields.label("amount", LONGEST_AMOUNT)?,
        note: message(&mut fields, "note")?,
    };
    fields.finish()?;
    let by = caller.key.id.as_str();
    let (approval, effect) = app.desk.approve(&caller.key.store, &ApprovalId::new(id), by, yes).await?;
    Ok(Json(DecisionBody { approval: approval.into(), effect: Some(effect.into()) }))
}

fn lines(edit: Value) -> Result<Vec<LineQuantity>, ApiError> {
    Edit::deserialize(edit)
        .map(|edit| edit.lines)
        .map_err(|_| ApiError::invalid_field("edit", "edit must be {\"lines\": [{\"line\": \"…\", \"quantity\": 1}]}"))
}

/// Say no
///
/// `message` is told to the shopper beside the fixed line.
#[utoipa::path(
    post,
    path = "/v1/approvals/{id}/deny",
    tag = "approvals",
    params(("id" = String, Path, description = "The approval")),
    request_body = Deny,
    responses(
        (status = 200, description = "It was denied", body = DecisionBody),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody), (status = 429, body = ErrorBody),
    ),
    security(("api_key" = [])),
)]
async fn deny(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    mut fields: Fields,
) -> Result<Json<DecisionBody>, ApiError> {
    caller.may_decide()?;
    let message = message(&mut fields, "message")?;
    fields.finish()?;
    let by = caller.key.id.as_str();
    let approval = app.desk.deny(&caller.key.store, &ApprovalId::new(id), by, message).await?;
    Ok(Json(DecisionBody { approval: approval.into(), effect: None }))
}

fn message(fields: &mut Fields, name: &str) -> Result<Option<String>, ApiError> {
    let text = fields.text(name)?.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    match text {
        Some(text) if text.len() > LONGEST_MESSAGE => {
            Err(ApiError::invalid_field(name, format!("{name} may have {LONGEST_MESSAGE} bytes at most")))
        }
        text => Ok(text),
    }
}
