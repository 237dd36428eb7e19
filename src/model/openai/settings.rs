//! How a model endpoint is set.

use std::collections::BTreeMap;
use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Deserializer};
use thiserror::Error;
use url::Url;

/// Settings of an OpenAI-compatible endpoint. They are read from the configuration file, never from the environment here.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenAiSettings {
    /// Where `/chat/completions` lies below. A query (Azure's `?api-version=…`) is kept with each request.
    #[serde(default = "openai")]
    pub base_url: Url,
    /// Sent as a bearer token. Servers on one's own machine need none.
    #[serde(default)]
    pub api_key: Option<SecretString>,
    /// The model's name, as the server knows it.
    pub model: String,
    /// The model that is asked when the first one gave no answer at all.
    #[serde(default)]
    pub fallback_model: Option<String>,
    /// Where the fallback model is; where the first one is when not given.
    #[serde(default)]
    pub fallback_base_url: Option<Url>,
    /// The fallback's key. With a base URL of its own, the first model's key is never sent there.
    #[serde(default)]
    pub fallback_api_key: Option<SecretString>,
    /// From 0 to 2; the server's own when not given (some models accept no other).
    #[serde(default)]
    pub temperature: Option<f64>,
    /// The longest answer, in tokens, thinking included.
    #[serde(default = "default_output")]
    pub max_output_tokens: u32,
    /// Seconds until the answer begins, in each attempt.
    #[serde(default = "thirty_seconds", deserialize_with = "seconds")]
    pub first_token_limit: Duration,
    /// Seconds without any byte after that.
    #[serde(default = "thirty_seconds", deserialize_with = "seconds")]
    pub idle_limit: Duration,
    /// Seconds for everything: attempts, waits, the fallback model and the whole answer.
    #[serde(default = "two_minutes", deserialize_with = "seconds")]
    pub total_limit: Duration,
    /// How often a request is sent again after a passing failure.
    #[serde(default = "default_retries")]
    pub retries: u32,
    /// That the server holds the model to the tools' schemas. Arguments are validated in any case.
    #[serde(default = "yes")]
    pub strict_tools: bool,
    /// That the model may call several tools at once.
    #[serde(default = "yes")]
    pub parallel_tool_calls: bool,
    /// Headers that the server wants besides (`api-key` for Azure). Their values are kept as secrets are; a fallback with
    /// a base URL of its own does not get them.
    #[serde(default)]
    pub extra_headers: BTreeMap<String, SecretString>,
    /// The longest input, in tokens: the oldest turns of a longer dialogue are left out.
    #[serde(default = "default_budget")]
    pub token_budget: usize,
}

impl OpenAiSettings {
    /// The defaults, for a model of that name at OpenAI.
    pub fn new(model: impl Into<String>) -> Self {
        Self {
            base_url: openai(),
            api_key: None,
            model: model.into(),
            fallback_model: None,
            fallback_base_url: None,
            fallback_api_key: None,
            temperature: None,
            max_output_tokens: default_output(),
            first_token_limit: thirty_seconds(),
            idle_limit: thirty_seconds(),
            total_limit: two_minutes(),
            retries: default_retries(),
            strict_tools: true,
            parallel_tool_calls: true,
            extra_headers: BTreeMap::new(),
            token_budget: default_budget(),
        }
    }
}

/// Settings that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SettingsError {
    #[error("{key} must be a web address such as https://api.openai.com/v1")]
    BaseUrl { key: &'static str },
    #[error("{key} must not contain a user name or password: put the key into api_key")]
    UrlWithCredentials { key: &'static str },
    #[error("{key} contains a character that no HTTP header may carry (a line break?)")]
    Key { key: &'static str },
    #[error("extra_headers has {name:?}, which is no usable HTTP header")]
    Header { name: String },
    #[error("model must not be empty")]
    Model,
    #[error("{key} must be greater than zero")]
    Zero { key: &'static str },
}

/// OpenAI's own server.
#[expect(clippy::expect_used, reason = "a constant; a test reads it")]
fn openai() -> Url {
    Url::parse("https://api.openai.com/v1").expect("a constant URL")
}

fn default_output() -> u32 {
    4_096
}

fn default_budget() -> usize {
    32_000
}

fn default_retries() -> u32 {
    2
}

fn thirty_seconds() -> Duration {
    Duration::from_secs(30)
}

fn two_minutes() -> Duration {
    Duration::from_secs(120)
}

fn yes() -> bool {
    true
}

/// A number of seconds, perhaps with a fraction.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    Duration::try_from_secs_f64(f64::deserialize(deserializer)?).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests;
