//! Chat models behind OpenAI's Chat Completions, OpenAI's own or any compatible server's.
//!
//! The way of a question: [`OpenAiModel`] cuts the dialogue to its budget and asks an endpoint, and after it the fallback
//! model; `endpoint` sends the request through async-openai, `carrier` over the wire or to a cassette; `attempts` tries again what may pass; `answer` reads the
//! stream within its limits; `sse`, `wire` and `assemble` understand what comes, in every dialect.

mod answer;
mod assemble;
mod attempts;
mod carrier;
mod endpoint;
mod extras;
mod failure;
mod prefix;
mod request;
mod settings;
mod sse;
mod wire;

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use async_trait::async_trait;
use tokio::time::Instant;

use self::answer::Reading;
use self::attempts::Attempts;
pub use self::carrier::Carrier;
use self::endpoint::{Endpoint, Place};
use self::failure::{Failure, Remedy, another_may_answer};
use self::prefix::Prefixes;
use self::request::{Parameters, Parts, wanted};
pub use self::settings::{OpenAiSettings, SettingsError};
use super::{Answer, ChatModel, ChatRequest, Message, ModelError, budget};
use crate::domain::id::CallId;

/// A model at an OpenAI-compatible server, with a fallback behind it.
pub struct OpenAiModel {
    settings: Arc<OpenAiSettings>,
    endpoint: Arc<Endpoint>,
    fallback: Option<Arc<Endpoint>>,
    prefixes: Prefixes,
}

impl OpenAiModel {
    /// Its pool of connections is the one that all share. A time-out of its own does not matter here, one between reads
    /// does.
    pub fn new(settings: OpenAiSettings, carrier: impl Into<Carrier>) -> Result<Self, SettingsError> {
        let carrier = carrier.into();
        let limits = [
            ("first_token_limit", settings.first_token_limit.is_zero()),
            ("idle_limit", settings.idle_limit.is_zero()),
            ("total_limit", settings.total_limit.is_zero()),
            ("max_output_tokens", settings.max_output_tokens == 0),
            ("token_budget", settings.token_budget == 0),
        ];
        if let Some((key, _)) = limits.into_iter().find(|(_, is_zero)| *is_zero) {
            return Err(SettingsError::Zero { key });
        }
        let place = Place {
            model: &settings.model,
            base_url: &settings.base_url,
            api_key: settings.api_key.as_ref(),
            extra_headers: Some(&settings.extra_headers),
            url_setting: "base_url",
            key_setting: "api_key",
        };
        let endpoint = Arc::new(Endpoint::new(carrier.clone(), &place)?);
        let fallback = fallback_place(&settings).map(|place| Endpoint::new(carrier, &place)).transpose()?;
        Ok(Self {
            settings: Arc::new(settings),
            endpoint,
            fallback: fallback.map(Arc::new),
            prefixes: Prefixes::default(),
        })
    }

    async fn ask_endpoint(
        &self,
        endpoint: &Arc<Endpoint>,
        request: &ChatRequest,
        messages: &[Message],
        total: Instant,
    ) -> Result<Reading, ModelError> {
        let taken = Arc::new(calls_of(messages));
        let prompt = self.prefixes.prompt(messages).map_err(unserialisable)?;
        loop {
            let sent = endpoint.taken_of(wanted(&self.settings, request, endpoint.is_openai));
            let tools =
                self.prefixes.tools(&request.tools, sent.contains(Parameters::STRICT)).map_err(unserialisable)?;
            let parts = Parts {
                model: &endpoint.model,
                settings: &self.settings,
                request,
                messages,
                prompt: prompt.as_deref(),
                tools: tools.as_deref(),
                sent,
                extras: &endpoint.extras,
            };
            let attempts = Attempts::new(endpoint, &self.settings, Arc::clone(&taken), sent, total);
            match endpoint.open(&parts.body(), attempts).await {
                Ok(reading) => return Ok(reading),
                // Ends: each round leaves out at least one of a few parameters, for good.
                Err(Failure { remedy: Remedy::Without(_), .. }) => {}
                Err(failure) => return Err(failure.error),
            }
        }
    }

    async fn within_budget<'a>(&self, request: &'a ChatRequest) -> Result<Cow<'a, [Message]>, ModelError> {
        let tools = self.prefixes.tools(&request.tools, self.settings.strict_tools).map_err(unserialisable)?;
        let schema = request.response_format.as_ref().map(|format| format.schema.to_string());
        let besides = [tools.as_ref().map_or("", |tools| tools.get()), schema.as_deref().unwrap_or_default()];
        Ok(budget::fit_off_thread(&request.messages, besides, self.settings.token_budget).await)
    }
}

fn fallback_place(settings: &OpenAiSettings) -> Option<Place<'_>> {
    let own_url = settings.fallback_base_url.as_ref();
    let inherited_key = settings.api_key.as_ref().filter(|_| own_url.is_none());
    Some(Place {
        model: settings.fallback_model.as_deref()?,
        base_url: own_url.unwrap_or(&settings.base_url),
        api_key: settings.fallback_api_key.as_ref().or(inherited_key),
        extra_headers: own_url.is_none().then_some(&settings.extra_headers),
        url_setting: "fallback_base_url",
        key_setting: "fallback_api_key",
    })
}

fn calls_of(messages: &[Message]) -> HashSet<CallId> {
    let mut ids = HashSet::new();
    for message in messages {
        if let Message::Assistant { calls, .. } = message {
            ids.extend(calls.iter().map(|call| call.id.clone()));
        }
    }
    ids
}

/// Only a value that is no JSON object could cause it, and there is none; but a panic would be worse.
fn unserialisable(error: serde_json::Error) -> ModelError {
    ModelError::Refused { status: 0, reason: format!("the request cannot be written as JSON: {error}") }
}

/// Between a model's name and the server where it is asked.
const AT: &str = " at ";

/// Whether a model that is described so has this name, wherever it is asked.
pub fn is_called(description: &str, name: &str) -> bool {
    description.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(AT))
}

#[async_trait]
impl ChatModel for OpenAiModel {
    fn description(&self) -> String {
        format!("{}{AT}{}", self.endpoint.model, self.endpoint.host)
    }

    async fn ask(&self, request: &ChatRequest) -> Result<Answer, ModelError> {
        let total = Instant::now() + self.settings.total_limit;
        let messages = self.within_budget(request).await?;
        let error = match self.ask_endpoint(&self.endpoint, request, &messages, total).await {
            Ok(reading) => return Ok(Box::pin(reading)),
            Err(error) => error,
        };
        let Some(fallback) = self.fallback.as_ref().filter(|_| another_may_answer(&error)) else { return Err(error) };
        tracing::warn!(model = self.endpoint.model, fallback = fallback.model, %error, "the fallback model is asked");
        match self.ask_endpoint(fallback, request, &messages, total).await {
            Ok(reading) => Ok(Box::pin(reading)),
            // The first model's trouble is the one to mend.
            Err(second) => {
                tracing::warn!(fallback = fallback.model, error = %second, "the fallback model gave no answer either");
                Err(error)
            }
        }
    }
}
