//! Minds for the scripted server.

use std::sync::Arc;

use deskhand::model::ChatModel;
use deskhand::model::openai::{OpenAiModel, OpenAiSettings};
use serde_json::Value;

pub use crate::support::mind::sensible;
use crate::support::model_server::ModelServer;
use crate::support::shop::install_tls;

/// A client of that server, as a store would configure it.
pub fn client(server: &ModelServer) -> Arc<dyn ChatModel> {
    install_tls();
    let mut settings = OpenAiSettings::new("scripted");
    settings.base_url = server.base_url().parse().unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test's own client")]
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    Arc::new(OpenAiModel::new(settings, http).unwrap())
}

pub fn wants_route(body: &Value) -> bool {
    body.pointer("/response_format/json_schema/name").is_some_and(|name| name == "route")
}
