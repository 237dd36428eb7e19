//! `/webhooks`: what vendors send by themselves. The signature is checked over the bytes as they came, then what they say is kept
//! and answered; all that follows from it comes later.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::{StatusCode, header};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::app::App;
use super::error::{ApiError, ErrorBody};
use super::{address, body};
use crate::domain::id::StoreId;
use crate::integrations::hooks::{Heard, Source};

/// The largest body that is taken, in bytes: events carry whole objects of their vendors.
const LARGEST: usize = 1024 * 1024;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new().routes(routes!(deliver, found)).routes(routes!(deliver_to_tail))
}

#[derive(Debug, Serialize, ToSchema)]
struct Taken {
    /// It is not sent again.
    received: bool,
}

/// What a delivery is answered with.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Answered {
    Taken(Taken),
    /// What its vendor wants to read.
    AsWanted(Value),
}

/// Take a vendor's event
///
/// For vendors, signed as each of them signs (`easypost`: `X-Hmac-Signature`, `front`: `X-Front-Signature`, `zendesk`:
/// `X-Zendesk-Webhook-Signature`, `intercom`: `X-Hub-Signature`) under the secret of the store's settings. It is
/// answered before anything follows from it; `front` reads an answer of its own kind. What nobody here waits for is taken, too, and
/// forgotten.
#[utoipa::path(
    post,
    path = "/webhooks/{vendor}/{store}",
    tag = "webhooks",
    params(
        ("vendor" = String, Path, description = "`easypost`, `front`, `zendesk`, `intercom`"),
        ("store" = String, Path, description = "The store's id"),
    ),
    request_body(content = Object, description = "The vendor's own"),
    responses(
        (status = 200, description = "It was taken", body = Taken),
        (status = 401, description = "Not signed for this store, or the store takes none", body = ErrorBody),
        (status = 404, description = "No such vendor", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
    security(()),
)]
async fn deliver(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request,
) -> Result<Json<Answered>, ApiError> {
    let Path((vendor, store)) = path.map_err(|_| ApiError::no_route())?;
    take(&app, peer, Addressed { vendor, store, tail: String::new() }, request).await
}

/// Whether a vendor's events are taken here
///
/// For vendors that look for the address before they send anything to it (`intercom`). It says nothing about the store.
#[utoipa::path(
    head,
    path = "/webhooks/{vendor}/{store}",
    tag = "webhooks",
    params(
        ("vendor" = String, Path, description = "The vendor"),
        ("store" = String, Path, description = "The store's id"),
    ),
    responses((status = 200, description = "They are"), (status = 404, description = "No such vendor")),
    security(()),
)]
async fn found(path: Result<Path<(String, String)>, PathRejection>) -> Result<StatusCode, ApiError> {
    let Path((vendor, _)) = path.map_err(|_| ApiError::no_route())?;
    Source::parse(&vendor).map(|_| StatusCode::OK).ok_or_else(ApiError::no_route)
}

/// Take a vendor's event, at an address that only the vendor was told
///
/// For vendors that sign nothing (`gorgias`). `stores connect` tells them the address.
#[utoipa::path(
    post,
    path = "/webhooks/{vendor}/{store}/{tail}",
    tag = "webhooks",
    params(
        ("vendor" = String, Path, description = "`gorgias`"),
        ("store" = String, Path, description = "The store's id"),
        ("tail" = String, Path, description = "What only the vendor was told"),
    ),
    request_body(content = Object, description = "The vendor's own"),
    responses(
        (status = 200, description = "It was taken", body = Taken),
        (status = 401, description = "Not from whom the store has told it, or the store takes none", body = ErrorBody),
        (status = 404, description = "No such vendor", body = ErrorBody),
        (status = 413, body = ErrorBody), (status = 429, body = ErrorBody), (status = 503, body = ErrorBody),
    ),
    security(()),
)]
async fn deliver_to_tail(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    path: Result<Path<(String, String, String)>, PathRejection>,
    request: Request,
) -> Result<Json<Answered>, ApiError> {
    let Path((vendor, store, tail)) = path.map_err(|_| ApiError::no_route())?;
    take(&app, peer, Addressed { vendor, store, tail }, request).await
}

/// Where a request was sent to.
struct Addressed {
    vendor: String,
    store: String,
    tail: String,
}

async fn take(
    app: &App,
    peer: SocketAddr,
    Addressed { vendor, store, tail }: Addressed,
    request: Request,
) -> Result<Json<Answered>, ApiError> {
    let source = Source::parse(&vendor).ok_or_else(ApiError::no_route)?;
    let client = address::client(peer.ip(), request.headers(), &app.settings.trusted_proxies);
    let headers = request.headers().clone();
    let reached = reached_at(&request);
    let body = body::bytes(request, LARGEST).await?;
    let store = StoreId::new(store);
    let hook = app.desk.store(&store).and_then(|setup| setup.hooks.get(source));
    let Some(hook) = hook.filter(|hook| hook.is_signed(&tail, &headers, &body)) else {
        let verdict = app.address_limit.take(address::network(client), Instant::now());
        if !verdict.allowed {
            return Err(ApiError::rate_limited("too many unsigned requests", verdict.retry_after_seconds));
        }
        tracing::warn!("a delivery was refused: it is not signed with this store's secret");
        return Err(ApiError::unsigned());
    };
    match hook.read(&body) {
        Heard::Hint(hint) => app.desk.deliver(&store, source, hint).await?,
        Heard::Nothing => {}
        // Sent again it would read no better.
        Heard::Unreadable(why) => tracing::warn!(why, "a signed delivery does not read; it is taken and forgotten"),
    }
    let taken = Answered::Taken(Taken { received: true });
    Ok(Json(hook.acknowledge(&reached, &headers, &body).map_or(taken, Answered::AsWanted)))
}

/// The address at which the sender has found us. Vendors know servers by TLS alone.
fn reached_at(request: &Request) -> String {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    format!("https://{host}{}", request.uri().path())
}
