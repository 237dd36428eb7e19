//! Tokens: one that was given, or one fetched with the client credentials grant and renewed before it ends.

use std::time::Duration;

use bytes::Bytes;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::ShopifySettings;
use crate::integrations::http::{Account, Call, Outgoing, Safety, redaction, secret_header};
use crate::integrations::{SettingsError, VendorError};

/// A token is renewed this long before Shopify would refuse it.
const EARLY: Duration = Duration::from_secs(300);
/// Life of a token whose answer names none. Shopify gives a day.
const UNNAMED_LIFE: Duration = Duration::from_secs(3600);

pub enum Tokens {
    Given(HeaderValue),
    Granted(Box<Granting>),
}

pub struct Granting {
    url: Url,
    client_id: String,
    client_secret: SecretString,
    /// Held while a new one is fetched, so that one fetches and the others wait for it.
    current: Mutex<Option<Grant>>,
}

struct Grant {
    header: HeaderValue,
    number: u64,
    renew_at: Instant,
    ends_at: Instant,
}

/// A token as a header, and which one it is.
pub struct Token {
    pub header: HeaderValue,
    pub number: u64,
}

#[derive(Serialize)]
struct Asking<'a> {
    client_id: &'a str,
    client_secret: &'a str,
    grant_type: &'static str,
}

#[derive(Deserialize)]
struct Given {
    access_token: SecretString,
    expires_in: Option<u64>,
}

#[derive(Deserialize)]
struct Denied {
    error: Option<String>,
    error_description: Option<String>,
}

impl Tokens {
    pub fn new(settings: &ShopifySettings, base: &Url) -> Result<Self, SettingsError> {
        let unfit = |key| SettingsError {
            key,
            problem: "it cannot be sent as a token".to_owned(),
            fix: "copy it again, without quotes or line ends",
        };
        if let Some(token) = &settings.access_token {
            return secret_header(token).map(Self::Given).ok_or_else(|| unfit("shopify.access_token"));
        }
        let (Some(id), Some(secret)) = (&settings.client_id, &settings.client_secret) else {
            return Err(unfit("shopify.client_id"));
        };
        let mut url = base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["admin", "oauth", "access_token"]);
        }
        let (client_id, client_secret) = (id.clone(), secret.clone());
        Ok(Self::Granted(Box::new(Granting { url, client_id, client_secret, current: Mutex::new(None) })))
    }

    /// # Errors
    /// Where none is left and no new one is to be had.
    pub async fn current(&self, account: &Account, call: &Call) -> Result<Token, VendorError> {
        match self {
            Self::Given(header) => Ok(Token { header: header.clone(), number: 0 }),
            Self::Granted(granting) => granting.current(account, call).await,
        }
    }

    /// Whether another try with a new token makes sense after this one was refused.
    pub async fn forget(&self, number: u64) -> bool {
        let Self::Granted(granting) = self else { return false };
        let mut current = granting.current.lock().await;
        if current.as_ref().is_some_and(|grant| grant.number == number) {
            *current = None;
        }
        true
    }
}

impl Granting {
    async fn current(&self, account: &Account, call: &Call) -> Result<Token, VendorError> {
        let Ok(mut current) = tokio::time::timeout_at(call.deadline, self.current.lock()).await else {
            let reason = "no new token in time".to_owned();
            return Err(VendorError::Unavailable { vendor: account.vendor(), reason, request_id: None });
        };
        let now = Instant::now();
        if let Some(grant) = current.as_ref().filter(|grant| now < grant.renew_at) {
            return Ok(grant.token());
        }
        let number = current.as_ref().map_or(1, |grant| grant.number + 1);
        match self.fetch(account, call, number).await {
            Ok(grant) => Ok(current.insert(grant).token()),
            Err(error) => match current.as_ref().filter(|grant| now < grant.ends_at) {
                // It still works for a while; the next call tries to renew it again.
                Some(grant) => Ok(grant.token()),
                None => Err(error),
            },
        }
    }

    async fn fetch(&self, account: &Account, call: &Call, number: u64) -> Result<Grant, VendorError> {
        let asking = Asking {
            client_id: &self.client_id,
            client_secret: self.client_secret.expose_secret(),
            grant_type: "client_credentials",
        };
        let body = serde_json::to_vec(&asking).unwrap_or_default();
        // Asking twice gives two tokens, which does no harm.
        let call = Call { operation: "access_token", safety: Safety::Idempotent, cost: 0.0, ..*call };
        let asked_at = Instant::now();
        let answer = account.send(&call, &Outgoing::post_json(self.url.clone(), Bytes::from(body))).await?;
        if !answer.status.is_success() {
            let denied: Option<Denied> = serde_json::from_slice(&answer.body).ok();
            let words = denied.and_then(|denied| denied.error_description.or(denied.error)).unwrap_or_default();
            let reason = format!("no token for these client credentials ({words}); check client_id and client_secret");
            return Err(match account.error_of(&answer, &reason) {
                VendorError::Refused { vendor, reason, request_id, .. } => {
                    VendorError::Credentials { vendor, reason, request_id }
                }
                other => other,
            });
        }
        let given: Given = serde_json::from_slice(&answer.body)
            .map_err(|error| account.garbled(&answer, &redaction::unreadable(&error)))?;
        let header = secret_header(&given.access_token)
            .ok_or_else(|| account.garbled(&answer, "the access token cannot stand in a header"))?;
        let life = given.expires_in.map_or(UNNAMED_LIFE, Duration::from_secs);
        let early = EARLY.min(life / 2);
        Ok(Grant { header, number, renew_at: asked_at + life.saturating_sub(early), ends_at: asked_at + life })
    }
}

impl Grant {
    fn token(&self) -> Token {
        Token { header: self.header.clone(), number: self.number }
    }
}
