//! The API's description, made from the code of the routes.

use std::sync::{Arc, LazyLock};

use axum::http::header;
use axum::response::IntoResponse;
use bytes::Bytes;
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, InfoBuilder, OpenApi, OpenApiBuilder, RefOr};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;
use super::{approvals, articles, conversations, health, webhooks};
use crate::domain::effect::{EffectKind, EffectState};
use crate::domain::event::{Author, HandoffReason, Intent, Sentiment, Status, ToolOutcome};
use crate::domain::identity::{Assurance, MatchedBy};

/// The description of the HTTP API (OpenAPI 3.1).
pub fn openapi() -> OpenApi {
    let info = InfoBuilder::new()
        .title("Deskhand")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Support conversations of an online store. Send a key with every call to /v1: a secret one (sk_…) from a \
             server, a public one (pk_…) from a browser, together with the token that opening a conversation returns. People who \
             decide about refunds have keys of their own (ak_…). Vendors sign what they send to /webhooks.",
        ))
        .license(Some(utoipa::openapi::License::new("MIT OR Apache-2.0")))
        .build();
    let components = ComponentsBuilder::new()
        .security_scheme(
            "api_key",
            SecurityScheme::Http(
                HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("sk_… or pk_…").build(),
            ),
        )
        .security_scheme(
            "conversation_token",
            SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description(
                "X-Conversation-Token",
                "From opening the conversation; needed with a public key",
            ))),
        )
        .build();
    let base = OpenApiBuilder::new().info(info).components(Some(components)).build();
    let described: OpenApiRouter<Arc<App>> = OpenApiRouter::with_openapi(base)
        .merge(conversations::router())
        .merge(approvals::router())
        .merge(articles::router())
        .merge(webhooks::router())
        .routes(routes!(health::alive))
        .routes(routes!(health::ready));
    described.into_openapi()
}

/// Written when it is first asked for.
static WRITTEN: LazyLock<Bytes> = LazyLock::new(|| match openapi().to_pretty_json() {
    Ok(text) => text.into(),
    Err(error) => {
        tracing::error!(%error, "the API's description could not be written");
        Bytes::from_static(b"{}")
    }
});

pub async fn route() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], WRITTEN.clone())
}

/// Schemas of the domain's words: strings, with the values that they are written as.
macro_rules! words {
    ($($name:ident { $($variant:ident),+ $(,)? })+) => {$(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                // A variant that is missing in the list does not compile.
                let _exhaustive = |word: $name| match word { $($name::$variant => ()),+ };
                word_schema(&[$($name::$variant),+])
            }
        }

        impl ToSchema for $name {}
    )+};
}

fn word_schema<T: Serialize>(words: &[T]) -> RefOr<Schema> {
    let values: Vec<_> = words.iter().filter_map(|word| serde_json::to_value(word).ok()).collect();
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values)).into()
}

words! {
    Status { AiHandling, HandoffPending, HumanHandling, Resolved }
    Sentiment { Positive, Neutral, Negative, Angry, Threat }
    Author { Agent, System }
    ToolOutcome { Done, Invalid, Refused, Unavailable }
    HandoffReason {
        Asked, Topic, NeverArrived, Anger, Threat, RepeatedFailure, WithheldClaim, VendorOutage, RefundFailed, Language, StorePolicy,
        Unsure, Fraud, Press, Approval, Operator,
    }
    Assurance { Anonymous, OrderMatched, Verified }
    MatchedBy { Email, Postcode }
    EffectKind {
        Ticket, TicketEntry, TicketChange, Code, Refund, PaymentRefund, Goodwill, Cancellation, AddressChange, Note, Return, ReturnRefund, Label, ReturnLabel,
        ApprovalMail, Letter,
    }
}

impl PartialSchema for Intent {
    fn schema() -> RefOr<Schema> {
        word_schema(&Self::ALL)
    }
}

impl ToSchema for Intent {}

impl PartialSchema for EffectState {
    /// Open: a later version may know more.
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("proposed, sent, confirmed, failed, unknown; more may come"))
            .into()
    }
}

impl ToSchema for EffectState {}

#[cfg(test)]
mod tests;
