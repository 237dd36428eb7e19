//! Which model answers.

use super::{ConfigError, OFFLINE, Reader};
use crate::model::openai::OpenAiSettings;

/// The model of OpenAI's that is asked where a key is given and no name.
const DEFAULT_MODEL: &str = "gpt-5.2";
pub(super) const NO_ENDPOINT: Lack =
    Lack { key: "model.api_key", fix: "set OPENAI_API_KEY, or OPENAI_BASE_URL for a server that needs no key" };
pub(super) const NO_MODEL: Lack =
    Lack { key: "model.model", fix: "set DESKHAND_MODEL to the name of a model that this server has" };

/// Which model answers.
#[derive(Clone)]
pub enum ModelConfig {
    /// Nothing is said about it.
    Unset,
    /// The rule-based stand-in, wanted by name.
    Offline,
    Endpoint(Box<OpenAiSettings>),
    /// One is meant that cannot be asked: most commands ask none.
    Incomplete {
        settings: Box<OpenAiSettings>,
        lack: Lack,
    },
}

impl ModelConfig {
    /// What is said of an endpoint, whether or not it can be asked.
    pub fn settings(&self) -> Option<&OpenAiSettings> {
        match self {
            Self::Unset | Self::Offline => None,
            Self::Endpoint(settings) | Self::Incomplete { settings, .. } => Some(settings),
        }
    }

    /// The endpoint that can be asked once a model is named.
    pub fn reached(&self) -> Option<&OpenAiSettings> {
        match self {
            Self::Endpoint(settings) => Some(settings),
            Self::Incomplete { settings, lack } => Some(settings.as_ref()).filter(|_| *lack == NO_MODEL),
            Self::Unset | Self::Offline => None,
        }
    }
}

/// A setting without which a model cannot be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lack {
    pub key: &'static str,
    pub fix: &'static str,
}

impl Reader<'_> {
    pub(super) fn model(&self) -> Result<ModelConfig, ConfigError> {
        let Some(mut table) = self.layers.table("model") else { return Ok(ModelConfig::Unset) };
        let has = |key: &str| self.layers.has(&format!("model.{key}"));
        let is_reached = has("api_key") || has("base_url");
        let is_openai = || self.layers.text("model.base_url").is_none_or(|url| url.contains("://api.openai.com/"));
        let lack = match self.layers.text("model.model") {
            Some(OFFLINE) => return Ok(ModelConfig::Offline),
            Some(_) => (!is_reached).then_some(NO_ENDPOINT),
            None if !is_reached => return Ok(ModelConfig::Unset),
            None => (!is_openai()).then_some(NO_MODEL),
        };
        table.entry("model").or_insert_with(|| DEFAULT_MODEL.into());
        let settings = Box::new(self.read("model", table)?);
        Ok(match lack {
            None => ModelConfig::Endpoint(settings),
            Some(lack) => ModelConfig::Incomplete { settings, lack },
        })
    }
}
