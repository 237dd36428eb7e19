//! One model at one server, asked through async-openai: the crate makes the request and carries it, the seam that it
//! offers for middleware ([`Client::with_http_service`]) is where our own attempts replace its built-in retries.
//!
//! The answer's bytes are read in the seam, too. Behind it the crate would hide whether a stream ended with `[DONE]`,
//! drop the names of events, stop at the first piece that is not UTF-8 or JSON, and hand each token through a task and an
//! unbounded channel.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, mpsc};

use async_openai::Client;
use async_openai::config::Config;
use async_openai::error::OpenAIError;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::IgnoredAny;
use url::Url;

use super::answer::Reading;
use super::attempts::Attempts;
use super::carrier::Carrier;
use super::extras::Extras;
use super::failure::{Failure, Remedy, Secrets};
use super::request::{Body, Parameters};
use super::settings::SettingsError;
use crate::model::ModelError;

/// A model at a server.
pub struct Endpoint {
    pub model: String,
    /// The server as people know it: its host, with a port where that is unusual.
    pub host: String,
    pub is_openai: bool,
    pub extras: Arc<Extras>,
    pub secrets: Arc<Secrets>,
    pub carrier: Carrier,
    client: Client<Address>,
    /// Parameters that this server once called unknown.
    unknown: AtomicU16,
}

/// Which of the settings name an endpoint.
pub struct Place<'a> {
    pub model: &'a str,
    pub base_url: &'a Url,
    pub api_key: Option<&'a SecretString>,
    /// Headers besides, by name. Like a key, they go to the server that they were made for and to no other.
    pub extra_headers: Option<&'a BTreeMap<String, SecretString>>,
    /// How the settings call the URL and the key, for errors.
    pub url_setting: &'static str,
    pub key_setting: &'static str,
}

impl<'a> Place<'a> {
    fn headers(&self) -> impl Iterator<Item = (&'a String, &'a SecretString)> {
        self.extra_headers.into_iter().flatten()
    }
}

impl Endpoint {
    pub fn new(carrier: Carrier, place: &Place<'_>) -> Result<Self, SettingsError> {
        if place.model.trim().is_empty() {
            return Err(SettingsError::Model);
        }
        let address = Address::new(place)?;
        let host = place.base_url.host_str().unwrap_or_default();
        let secrets = place.api_key.into_iter().chain(place.headers().map(|(_, value)| value)).cloned();
        Ok(Self {
            model: place.model.to_owned(),
            host: place.base_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            is_openai: host == "api.openai.com",
            extras: Arc::default(),
            secrets: Arc::new(Secrets::new(secrets)),
            client: Client::build(carrier.http.clone(), address),
            carrier,
            unknown: AtomicU16::new(0),
        })
    }

    /// Of the parameters that a request wants to carry, those that this server takes.
    pub fn taken_of(&self, wanted: Parameters) -> Parameters {
        let unknown = Parameters::from_bits(self.unknown.load(Ordering::Relaxed));
        let taken = wanted.without(unknown);
        let old_name = wanted.contains(Parameters::MAX_COMPLETION_TOKENS)
            && unknown.contains(Parameters::MAX_COMPLETION_TOKENS)
            && !unknown.contains(Parameters::MAX_TOKENS);
        if old_name { taken.with(Parameters::MAX_TOKENS) } else { taken }
    }

    fn leave_out(&self, unknown: Parameters) {
        self.unknown.fetch_or(unknown.bits(), Ordering::Relaxed);
        let parameters = unknown.names().collect::<Vec<_>>().join(", ");
        tracing::warn!(
            host = self.host,
            model = self.model,
            parameters,
            "the model server does not know these parameters; they are left out from now on"
        );
    }

    /// Sends a request until it is being answered. A failure that names unknown parameters has been noted: the caller
    /// makes a body without them.
    pub async fn open(&self, body: &Body<'_>, attempts: Attempts) -> Result<Reading, Failure> {
        let (opened, reading) = mpsc::sync_channel(1);
        let attempts = Arc::new(attempts);
        let service = tower::service_fn(move |request| {
            let (attempts, opened) = (Arc::clone(&attempts), opened.clone());
            async move {
                let reading = attempts.run(request).await?;
                // The receiver waits in the same task; if it is gone, nobody wants the answer.
                drop(opened.try_send(reading));
                Ok::<_, Failure>(reqwest::Response::from(axum::http::Response::new("")))
            }
        });
        let client = self.client.clone().with_http_service(service);
        if let Err(error) = client.chat().create_stream_byot::<_, IgnoredAny>(body).await {
            let failure = self.failure_of(error);
            if let Remedy::Without(unknown) = failure.remedy {
                self.leave_out(unknown);
            }
            return Err(failure);
        }
        reading.try_recv().map_err(|_| self.failure_of(OpenAIError::InvalidArgument("no answer was opened".into())))
    }

    fn failure_of(&self, error: OpenAIError) -> Failure {
        let error = match error {
            OpenAIError::Boxed(inner) => match inner.downcast::<Failure>() {
                Ok(failure) => return *failure,
                Err(other) => other.to_string(),
            },
            other => other.to_string(),
        };
        let reason = self.secrets.conceal(&error);
        Failure::last(ModelError::Unreachable { endpoint: self.host.clone(), reason })
    }
}

/// Where requests go and what they carry in their head. async-openai's own configuration reads the environment, and
/// panics on a key that no header can carry.
#[derive(Clone)]
struct Address(Arc<AddressParts>);

struct AddressParts {
    base: String,
    query: Vec<(String, String)>,
    headers: HeaderMap,
    key: SecretString,
}

impl Address {
    fn new(place: &Place<'_>) -> Result<Self, SettingsError> {
        let url = place.base_url;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err(SettingsError::BaseUrl { key: place.url_setting });
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(SettingsError::UrlWithCredentials { key: place.url_setting });
        }
        let mut bare = url.clone();
        bare.set_query(None);
        bare.set_fragment(None);
        Ok(Self(Arc::new(AddressParts {
            base: bare.as_str().trim_end_matches('/').to_owned(),
            query: url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
            headers: headers(place)?,
            key: place.api_key.cloned().unwrap_or_default(),
        })))
    }
}

fn headers(place: &Place<'_>) -> Result<HeaderMap, SettingsError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream, application/json"));
    // A compressed stream is held back until the compressor has enough.
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if let Some(key) = place.api_key.map(|key| key.expose_secret()).filter(|key| !key.is_empty()) {
        let mut value = HeaderValue::from_str(&format!("Bearer {key}"))
            .map_err(|_| SettingsError::Key { key: place.key_setting })?;
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
    for (name, text) in place.headers() {
        let unusable = || SettingsError::Header { name: name.clone() };
        let header = HeaderName::from_bytes(name.as_bytes()).map_err(|_| unusable())?;
        let mut value = HeaderValue::from_str(text.expose_secret()).map_err(|_| unusable())?;
        value.set_sensitive(true);
        headers.insert(header, value);
    }
    Ok(headers)
}

impl Config for Address {
    fn headers(&self) -> HeaderMap {
        self.0.headers.clone()
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0.base)
    }

    fn query(&self) -> Vec<(&str, &str)> {
        self.0.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    fn api_base(&self) -> &str {
        &self.0.base
    }

    fn api_key(&self) -> &SecretString {
        &self.0.key
    }
}
