//! Connections: taken in until the server stops, and then let finish what they are at.
//!
//! Of HTTP, version 1 alone: a proxy in front speaks version 2 to browsers, and telling the two apart would take each
//! connection another buffer.

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::serve::Listener;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// Serves `routes` until `stopping` is cancelled and every connection has ended. One that brings no whole request head for
/// as long as `idle` is closed.
pub async fn serve(mut listener: TcpListener, routes: Router, idle: Duration, stopping: CancellationToken) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(idle);
    let connections = GracefulShutdown::new();
    while let Some((connection, peer)) = stopping.run_until_cancelled(Listener::accept(&mut listener)).await {
        // Small pieces of an answer must leave at once.
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was refused");
        }
        let routes = routes.clone().map_request(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer));
            request
        });
        let serving = http.serve_connection(TokioIo::new(connection), TowerToHyperService::new(routes));
        let serving = connections.watch(serving);
        tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::trace!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    connections.shutdown().await;
}
