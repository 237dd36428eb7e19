//! The door: HTTP routes, event streams, keys and tokens, limits, the API's description and a built-in page. It decides
//! nothing about conversations; it checks who asks, and passes on to the desk.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use secrecy::SecretString;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;

use crate::desk::Desk;
use crate::domain::id::StoreId;

mod address;
mod admission;
mod app;
mod approvals;
mod articles;
mod body;
mod connections;
mod conversations;
mod cors;
pub mod customer_token;
pub mod error;
mod events;
mod health;
mod metrics;
mod openapi;
mod page;
pub mod public;
mod query;
mod rate;
mod request_id;
pub mod settings;
mod sse;
pub mod tokens;
mod webhooks;

pub use openapi::openapi;
pub use settings::{DemoPage, Rate, ServerSettings};

use app::App;
use error::ApiError;

/// How long connections may take to close after the last turn was finished or parked.
const CLOSING_TIME: Duration = Duration::from_secs(3);

/// What a server is made of.
pub struct ServerParts {
    pub desk: Desk,
    /// From [`bind`].
    pub listener: TcpListener,
    /// Where figures are told, on a port that nobody outside reaches.
    pub private: Option<TcpListener>,
    pub settings: ServerSettings,
    /// Signs conversation tokens. Changing it makes every token of an open conversation worthless.
    pub token_secret: SecretString,
    /// With which each store signs its customers' tokens. A store without one accepts none.
    pub customer_token_secrets: HashMap<StoreId, SecretString>,
}

/// Why the server could not start, or stopped.
#[derive(Debug, Error)]
pub enum ServerError {
    #[error("{address} is in use by another program; stop it, or choose another address to listen on")]
    AddressInUse { address: SocketAddr },
    #[error(
        "this user may not listen on {address}; choose a port above 1023, or an address that this machine lets you use"
    )]
    AddressDenied { address: SocketAddr },
    #[error("{address} is not an address of this machine; listen on 127.0.0.1 or 0.0.0.0")]
    AddressForeign { address: SocketAddr },
    #[error("cannot listen on {address}: {source}")]
    Bind { address: SocketAddr, source: io::Error },
    #[error("server setting {key}: {problem}")]
    Setting { key: &'static str, problem: &'static str },
    #[error("the server stopped: {0}")]
    Stopped(io::Error),
}

/// Takes the address, so that a port that is not free is told before anything else starts.
pub async fn bind(address: SocketAddr) -> Result<TcpListener, ServerError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ServerError::AddressInUse { address },
        io::ErrorKind::PermissionDenied => ServerError::AddressDenied { address },
        io::ErrorKind::AddrNotAvailable => ServerError::AddressForeign { address },
        _ => ServerError::Bind { address, source },
    })
}

/// Serves until `shutdown` is cancelled; then takes no more connections, lets turns finish for the settings' grace, parks
/// what is left, closes the streams and returns.
pub async fn serve(parts: ServerParts, shutdown: CancellationToken) -> Result<(), ServerError> {
    let ServerParts { desk, listener, private, settings, token_secret, customer_token_secrets } = parts;
    let (idle, grace) = (settings.idle(), settings.grace());
    let app = Arc::new(App::new(desk.clone(), settings, token_secret, customer_token_secrets)?);
    let closing = app.closing.clone();
    let routes = router(app.clone())?;
    let stopping = app.stopping.clone();
    if let Some(private) = private {
        tokio::spawn(connections::serve(private, metrics::router(app.clone()), idle, stopping.clone()));
    }
    let serving = tokio::spawn(connections::serve(listener, routes, idle, stopping.clone()));
    let parking = async move {
        shutdown.cancelled().await;
        stopping.cancel();
        desk.shutdown(grace).await;
        closing.cancel();
        tokio::time::sleep(CLOSING_TIME).await;
    };
    tokio::select! {
        served = serving => served.map_err(|error| ServerError::Stopped(io::Error::other(error))),
        () = parking => Ok(()),
    }
}

fn router(app: Arc<App>) -> Result<Router, ServerError> {
    let (api, _) = conversations::router().merge(approvals::router()).merge(articles::router()).split_for_parts();
    let (hooks, _) = webhooks::router().split_for_parts();
    let routes = Router::new()
        .merge(api.layer(from_fn_with_state(app.clone(), admission::admit)))
        .merge(hooks)
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/openapi.json", get(openapi::route))
        .route("/", get(page::route))
        .route("/approvals/{id}", get(page::approval))
        .fallback(|| async { ApiError::no_route() })
        .method_not_allowed_fallback(|| async { ApiError::no_method() })
        .with_state(app.clone());
    dressed(routes, &app.settings)
}

/// What holds for every route: a panic is an error like others, and every answer carries its request's id.
fn dressed(routes: Router, settings: &ServerSettings) -> Result<Router, ServerError> {
    Ok(routes
        .layer(DefaultBodyLimit::max(settings.body_limit_bytes))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(cors::layer(settings)?)
        .layer(from_fn(request_id::carry)))
}

/// A bug: the caller learns no more than that. The panic hook has logged it.
fn panicked(_: Box<dyn std::any::Any + Send>) -> Response {
    ApiError::internal().into_response()
}

#[cfg(test)]
mod tests;
