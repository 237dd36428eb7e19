//! Which model answers.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::super::config::{Config, ConfigError, ModelConfig};
use crate::integrations::http::client;
use crate::model::ChatModel;
use crate::model::offline::OfflineModel;
use crate::model::openai::{OpenAiModel, OpenAiSettings};

/// For trying things out: the endpoint that is set, else the stand-in.
pub fn or_offline(config: &Config) -> anyhow::Result<Arc<dyn ChatModel>> {
    Ok(configured(config)?.unwrap_or_else(|| Arc::new(OfflineModel)))
}

/// The stand-in.
pub fn offline() -> Arc<dyn ChatModel> {
    Arc::new(OfflineModel)
}

/// For real shoppers: a stand-in answers only where someone wrote so.
pub fn required(config: &Config) -> anyhow::Result<Arc<dyn ChatModel>> {
    let missing = || ConfigError::Missing {
        place: config.place("model.model"),
        key: "model.model".to_owned(),
        fix: "set OPENAI_API_KEY or OPENAI_BASE_URL; or write model = \"offline\" under [model] to let the rule-based \
              stand-in answer your shoppers"
            .to_owned(),
    };
    Ok(configured(config)?.ok_or_else(missing)?)
}

/// Whether text leaves this machine's process for a model.
pub fn leaves(config: &Config) -> bool {
    matches!(config.model, ModelConfig::Endpoint(_))
}

/// The endpoint that is set.
///
/// # Errors
/// One is meant, and what is said of it is not enough to ask it.
pub fn endpoint(config: &Config) -> Result<Option<&OpenAiSettings>, ConfigError> {
    match &config.model {
        ModelConfig::Unset | ModelConfig::Offline => Ok(None),
        ModelConfig::Endpoint(settings) => Ok(Some(settings)),
        ModelConfig::Incomplete { lack, .. } => Err(ConfigError::Missing {
            place: config.place(lack.key),
            key: lack.key.to_owned(),
            fix: lack.fix.to_owned(),
        }),
    }
}

/// A model of this name, where the configured one is. Nobody answers in its place.
pub fn named(config: &Config, name: &str) -> anyhow::Result<Arc<dyn ChatModel>> {
    let reached = config.model.reached();
    let reached = reached.with_context(|| format!("to ask {name}, set OPENAI_API_KEY, or OPENAI_BASE_URL"))?;
    let settings = OpenAiSettings { model: name.to_owned(), fallback_model: None, ..reached.clone() };
    let model = OpenAiModel::new(settings, client(Duration::from_secs(10))?);
    Ok(Arc::new(model.with_context(|| format!("{name} cannot be asked as the model is set"))?))
}

fn configured(config: &Config) -> anyhow::Result<Option<Arc<dyn ChatModel>>> {
    if matches!(config.model, ModelConfig::Offline) {
        return Ok(Some(Arc::new(OfflineModel)));
    }
    let Some(settings) = endpoint(config)? else { return Ok(None) };
    let model = OpenAiModel::new(settings.clone(), client(Duration::from_secs(10))?);
    let model =
        model.with_context(|| format!("{}: the model cannot be used as it is set", config.place("model.base_url")))?;
    Ok(Some(Arc::new(model)))
}

/// Connections to servers that are no vendors.
pub fn client(connect: Duration) -> anyhow::Result<reqwest::Client> {
    let client = client::builder().connect_timeout(connect).build();
    client.context("this machine offers no TLS roots, or its proxy settings cannot be read")
}
