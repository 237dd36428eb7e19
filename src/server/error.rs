//! What a caller of the API is told when something is not done. Three audiences: the caller reads a code, a sentence and
//! the field it is about; the operator finds the full chain in the log under the same request id; shoppers are told by
//! the desk, in the conversation.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::desk::DeskError;
use crate::desk::approvals::DecisionError;
use crate::desk::articles::ArticleError;
use crate::domain::event::Status;
use crate::domain::id::RequestId;
use crate::storage::StorageError;

/// The closed list of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    InvalidRequest,
    MissingField,
    InvalidApiKey,
    InsufficientPermissions,
    NotFound,
    ConversationClosed,
    Conflict,
    PayloadTooLarge,
    RateLimited,
    ApprovalExpired,
    IntegrationError,
    InternalError,
}

/// The body of every answer that is not a success.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    pub error: ErrorDetail,
    /// Also in the header `X-Request-Id`; name it when asking the operator.
    #[schema(value_type = String)]
    pub request_id: RequestId,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ErrorDetail {
    pub code: ErrorCode,
    /// What is wrong and what to do about it, for people.
    #[schema(value_type = String)]
    pub message: Cow<'static, str>,
    /// For programs; `{"field": …}` where one field is to blame.
    #[schema(value_type = Option<Object>)]
    pub details: Option<Value>,
}

/// An error on its way out. It becomes a body in [`super::request_id::carry`], where the request's id is known.
#[derive(Clone, Debug)]
pub struct ApiError {
    pub status: StatusCode,
    pub detail: ErrorDetail,
    retry_after_seconds: Option<u64>,
}

impl ApiError {
    fn new(status: StatusCode, code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        let detail = ErrorDetail { code, message: message.into(), details: None };
        Self { status, detail, retry_after_seconds: None }
    }

    fn details(mut self, details: Value) -> Self {
        self.detail.details = Some(details);
        self
    }

    /// The request as a whole does not make sense.
    pub fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, message)
    }

    /// One field, parameter or header is not what it should be.
    pub fn invalid_field(field: &str, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::invalid(problem).details(json!({"field": field}))
    }

    pub fn missing(field: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorCode::MissingField, format!("{field} is required"))
            .details(json!({"field": field}))
    }

    pub fn unauthorized(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, ErrorCode::InvalidApiKey, message)
    }

    /// The same whether the store is not there, takes nothing from this vendor, or was signed for otherwise.
    pub fn unsigned() -> Self {
        Self::unauthorized("the request is not signed with the secret that this store shares with this vendor")
    }

    pub fn customer_token(message: impl Into<Cow<'static, str>>) -> Self {
        Self::unauthorized(message).details(json!({"field": "customer_token"}))
    }

    pub fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::FORBIDDEN, ErrorCode::InsufficientPermissions, message)
    }

    /// Also for what exists and belongs to another store: its existence is not told.
    pub fn no_conversation() -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, "there is no such conversation")
    }

    pub fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, "there is nothing at this path; see /openapi.json")
    }

    pub fn no_method() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            ErrorCode::InvalidRequest,
            "this path does not answer to this method; see /openapi.json",
        )
    }

    pub fn too_large(limit_bytes: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            ErrorCode::PayloadTooLarge,
            format!("the body may have {limit_bytes} bytes at most"),
        )
        .details(json!({"limit_bytes": limit_bytes}))
    }

    pub fn rate_limited(message: &'static str, retry_after_seconds: u64) -> Self {
        let error = Self::new(StatusCode::TOO_MANY_REQUESTS, ErrorCode::RateLimited, message);
        Self { retry_after_seconds: Some(retry_after_seconds), ..error }
    }

    pub fn internal() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            ErrorCode::InternalError,
            "something went wrong on our side; it was logged under this request_id",
        )
    }

    /// Not now, but soon.
    pub fn unavailable(message: impl Into<Cow<'static, str>>) -> Self {
        let error = Self::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::InternalError, message);
        Self { retry_after_seconds: Some(2), ..error }
    }

    /// The answer with its body.
    pub fn render(self, request_id: RequestId) -> Response {
        let mut response = (self.status, Json(ErrorBody { error: self.detail, request_id })).into_response();
        if let Some(seconds) = self.retry_after_seconds {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<DeskError> for ApiError {
    fn from(error: DeskError) -> Self {
        match &error {
            DeskError::UnknownConversation => Self::no_conversation(),
            DeskError::UnknownStore(_) => {
                Self::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, "this key's store is not served here")
            }
            DeskError::RepeatedWithOtherContent => {
                Self::new(StatusCode::CONFLICT, ErrorCode::Conflict, error.to_string())
                    .details(json!({"field": "client_message_id"}))
            }
            DeskError::EmptyMessage => Self::invalid_field("content", error.to_string()),
            DeskError::MessageTooLong { most } => {
                Self::invalid(error.to_string()).details(json!({"field": "content", "most_characters": most}))
            }
            DeskError::WrongStatus { status, advice } => wrong_status(*status, advice),
            DeskError::Stopping => Self::unavailable(error.to_string()),
            DeskError::Storage(error) => error.into(),
        }
    }
}

impl From<DecisionError> for ApiError {
    fn from(error: DecisionError) -> Self {
        let conflict = || Self::new(StatusCode::CONFLICT, ErrorCode::Conflict, error.to_string());
        match &error {
            DecisionError::Unknown => Self::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, error.to_string()),
            DecisionError::Decided(state) => conflict().details(json!({"state": state})),
            DecisionError::Expired(_) => Self::new(StatusCode::GONE, ErrorCode::ApprovalExpired, error.to_string()),
            DecisionError::Busy | DecisionError::Changed(_) => conflict(),
            DecisionError::Edit { field, problem } => Self::invalid_field(field, format!("{field}: {problem}")),
            DecisionError::Vendor(vendor) => {
                tracing::warn!(error = %vendor, "an approval could not be carried out");
                let message = "the store's system cannot be reached just now; the approval is still open";
                Self::new(StatusCode::BAD_GATEWAY, ErrorCode::IntegrationError, message)
            }
            DecisionError::Storage(error) => error.into(),
        }
    }
}

impl From<ArticleError> for ApiError {
    fn from(error: ArticleError) -> Self {
        match &error {
            ArticleError::Unknown(_) => Self::new(StatusCode::NOT_FOUND, ErrorCode::NotFound, error.to_string()),
            ArticleError::Empty(field) | ArticleError::TooLong(field, _) => {
                Self::invalid_field(field, error.to_string())
            }
            ArticleError::Storage(error) => error.into(),
        }
    }
}

fn wrong_status(status: Status, advice: &str) -> ApiError {
    let code = match status {
        Status::Resolved => ErrorCode::ConversationClosed,
        Status::AiHandling | Status::HandoffPending | Status::HumanHandling => ErrorCode::Conflict,
    };
    ApiError::new(StatusCode::CONFLICT, code, format!("the conversation is {}; {advice}", status.as_str()))
        .details(json!({"status": status}))
}

impl From<&StorageError> for ApiError {
    fn from(error: &StorageError) -> Self {
        if let StorageError::InvalidCursor = error {
            return Self::invalid_field("cursor", "cursor must be next_cursor of an earlier page");
        }
        tracing::error!(%error, "storage failed");
        match error {
            StorageError::Unwritable(_) => {
                Self::unavailable("the server cannot store anything just now; try again in a moment")
            }
            _ => Self::internal(),
        }
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        Self::from(&error)
    }
}
