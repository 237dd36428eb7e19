//! One model at one server: what a request to it is made of, and what the server has shown that it does not know.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use bytes::Bytes;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Request};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::answer::Reading;
use super::attempts::Attempts;
use super::carrier::Carrier;
use super::extras::Extras;
use super::failure::{Failure, Remedy, Secrets};
use super::request::{Body, Parameters};
use super::settings::SettingsError;
use super::unserialisable;

/// A model at a server.
pub struct Endpoint {
    pub model: String,
    /// The server as people know it: its host, with a port where that is unusual.
    pub host: String,
    pub is_openai: bool,
    pub extras: Arc<Extras>,
    pub secrets: Arc<Secrets>,
    pub carrier: Carrier,
    url: Url,
    headers: HeaderMap,
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
        let url = completions(place)?;
        let host = place.base_url.host_str().unwrap_or_default();
        let secrets = place.api_key.into_iter().chain(place.headers().map(|(_, value)| value)).cloned();
        Ok(Self {
            model: place.model.to_owned(),
            host: place.base_url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")),
            is_openai: host == "api.openai.com",
            extras: Arc::default(),
            secrets: Arc::new(Secrets::new(secrets)),
            url,
            headers: headers(place)?,
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
        let body = serde_json::to_vec(body).map_err(|error| Failure::last(unserialisable(error)))?;
        let opened = attempts.run(&body.into()).await;
        if let Err(Failure { remedy: Remedy::Without(unknown), .. }) = &opened {
            self.leave_out(*unknown);
        }
        opened
    }

    pub fn request(&self, body: &Bytes) -> Request {
        let mut request = Request::new(Method::POST, self.url.clone());
        request.headers_mut().clone_from(&self.headers);
        *request.body_mut() = Some(body.clone().into());
        request
    }
}

/// Where chat completions are asked for. What the base URL has behind a question mark stays there.
fn completions(place: &Place<'_>) -> Result<Url, SettingsError> {
    let mut url = place.base_url.clone();
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(SettingsError::BaseUrl { key: place.url_setting });
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SettingsError::UrlWithCredentials { key: place.url_setting });
    }
    let path = format!("{}/chat/completions", url.path().trim_end_matches('/'));
    url.set_path(&path);
    url.set_fragment(None);
    Ok(url)
}

fn headers(place: &Place<'_>) -> Result<HeaderMap, SettingsError> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream, application/json"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
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
