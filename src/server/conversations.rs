//! `/v1/conversations`.

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use super::app::App;
use super::events;

mod list;
mod message;
mod open;
mod people;
mod read;

pub fn router() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .merge(open::routes())
        .merge(message::routes())
        .merge(read::routes())
        .merge(list::routes())
        .merge(events::routes())
        .merge(people::routes())
}
