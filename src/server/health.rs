//! For supervisors and balancers: whether the process lives, and whether it can do its work.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use utoipa::ToSchema;

use super::app::App;
use crate::desk::Desk;
use crate::domain::clock::Clock;
use crate::domain::id::StoreId;
use crate::storage::StorageError;
use crate::storage::tries::{Limits, Scope};

#[derive(Debug, Serialize, ToSchema)]
struct Alive {
    /// `ok`
    status: &'static str,
    version: &'static str,
}

/// Whether the server can do its work.
#[derive(Debug, Serialize, ToSchema)]
pub struct Readiness {
    ready: bool,
    storage: Check,
    stores: Vec<StoreReadiness>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Check {
    Writable,
    Unwritable,
    /// The server is stopping; storage was not asked.
    Stopping,
}

#[derive(Debug, Serialize, ToSchema)]
struct StoreReadiness {
    #[schema(value_type = String)]
    store: StoreId,
    /// The model that answers its shoppers.
    model: String,
}

/// Is the process alive?
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, body = Alive)), security(()))]
pub async fn alive() -> Json<impl Serialize> {
    Json(Alive { status: "ok", version: env!("CARGO_PKG_VERSION") })
}

/// Can it do its work?
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    responses(
        (status = 200, description = "It can", body = Readiness),
        (status = 503, description = "It cannot, or is stopping", body = Readiness),
    ),
    security(()),
)]
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    let storage = match app.stopping.is_cancelled() {
        true => Check::Stopping,
        false => storage(&app.desk, &app.last_look).await,
    };
    let mut stores: Vec<StoreReadiness> = app.desk.stores().map(StoreReadiness::of).collect();
    stores.sort_by(|left, right| left.store.cmp(&right.store));
    let ready = storage == Check::Writable;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Readiness { ready, storage, stores })).into_response()
}

impl StoreReadiness {
    fn of(setup: &crate::desk::StoreSetup) -> Self {
        Self { store: setup.profile.id.clone(), model: setup.model.description() }
    }
}

/// What the last look at the storage showed: whoever asks again and again causes no more than a write a second.
#[derive(Default)]
pub struct LastLook(Mutex<Option<(Instant, Check)>>);

const GOOD_FOR: Duration = Duration::from_secs(1);

async fn storage(desk: &Desk, last: &LastLook) -> Check {
    let mut last = last.0.lock().await;
    if let Some((_, check)) = last.filter(|(at, _)| at.elapsed() < GOOD_FOR) {
        return check;
    }
    let check = match write(desk).await {
        Ok(()) => Check::Writable,
        Err(error) => {
            tracing::error!(%error, "storage is not ready");
            Check::Unwritable
        }
    };
    *last = Some((Instant::now(), check));
    check
}

/// A real write that leaves nothing behind: a try under a scope that belongs to nobody, counted and forgiven.
async fn write(desk: &Desk) -> Result<(), StorageError> {
    let nobody = StoreId::new("readiness");
    let scopes = [Scope::Address("readiness".to_owned())];
    let limits = Limits { address: u32::MAX, ..Limits::default() };
    if let Some(admission) = desk.storage().admit(&nobody, &scopes, limits, Clock::machine()).await? {
        desk.storage().forgive(admission).await?;
    }
    Ok(())
}
