//! What waits to leave, what has come in, and what was given up, as Prometheus reads it. On the private port alone.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;

use super::app::App;
use crate::storage::{Storage, StorageError};

/// More are counted as so many.
const COUNTED: u32 = 1_000;

pub fn router(app: Arc<App>) -> Router {
    Router::new().route("/metrics", get(metrics)).with_state(app)
}

async fn metrics(State(app): State<Arc<App>>) -> Response {
    match text(app.desk.storage().as_ref()).await {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response(),
        Err(error) => {
            tracing::error!(%error, "figures cannot be told now");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}

async fn text(storage: &dyn Storage) -> Result<String, StorageError> {
    let (waiting, dead) = storage.depth().await?;
    let waiting_deliveries = storage.waiting_deliveries().await?;
    let dead_deliveries = storage.dead_deliveries(COUNTED).await?.len();
    let mut text = String::new();
    family(
        &mut text,
        "deskhand_outbox_jobs",
        "Work that is to leave: tickets and their entries, letters, announcements.",
    );
    sample(&mut text, "deskhand_outbox_jobs", "waiting", waiting);
    sample(&mut text, "deskhand_outbox_jobs", "dead", dead);
    family(&mut text, "deskhand_webhook_deliveries", "What vendors sent by themselves.");
    sample(&mut text, "deskhand_webhook_deliveries", "waiting", waiting_deliveries);
    sample(&mut text, "deskhand_webhook_deliveries", "dead", dead_deliveries);
    Ok(text)
}

fn family(text: &mut String, name: &str, help: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
}

fn sample(text: &mut String, name: &str, state: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "{name}{{state=\"{state}\"}} {value}");
}
