//! Events that Zendesk sends. Each is signed together with the moment at which it left, under a secret that Zendesk has made;
//! one that is older than five minutes is not believed. An event is only a hint: it says which ticket has to be looked at.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use crate::domain::clock::Clock;
use crate::integrations::hooks::{Heard, Hint, Hook, is_plain, only};
use crate::integrations::http::redaction;

const SIGNATURE: &str = "x-zendesk-webhook-signature";
const MOMENT: &str = "x-zendesk-webhook-signature-timestamp";
/// How far the moment may lie from ours.
const FRESH: SignedDuration = SignedDuration::from_mins(5);
/// What is known of tickets is told under names that begin so.
const OF_TICKETS: &str = "zen:event-type:ticket.";
const TOLD: [&str; 4] = ["comment_added", "status_changed", "agent_assignment_changed", "tags_changed"];

/// What one webhook of Zendesk's sends.
pub struct Events {
    secret: SecretString,
}

#[derive(Deserialize)]
struct WireEvent {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    detail: Value,
}

impl Events {
    /// With the secret that Zendesk has made for the webhook.
    pub fn new(secret: &SecretString) -> Self {
        Self { secret: secret.clone() }
    }

    /// Whether it was signed at most five minutes before or after this moment.
    pub fn is_signed_at(&self, now: Timestamp, headers: &HeaderMap, body: &[u8]) -> bool {
        let (Some(moment), Some(given)) = (only(headers, MOMENT), only(headers, SIGNATURE)) else { return false };
        let fresh = moment.parse::<Timestamp>().is_ok_and(|at| now.duration_since(at).abs() <= FRESH);
        let Ok(given) = STANDARD.decode(given) else { return false };
        let Ok(mut digest) = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes()) else {
            return false;
        };
        digest.update(moment.as_bytes());
        digest.update(body);
        digest.verify_slice(&given).is_ok() && fresh
    }
}

/// The webhook that Zendesk has to make so that its events come to this address.
pub(super) fn webhook(name: &str, url: &Url) -> Value {
    let subscriptions = TOLD.map(|kind| format!("{OF_TICKETS}{kind}"));
    json!({"webhook": {
        "name": name, "endpoint": url, "http_method": "POST", "request_format": "json", "status": "active",
        "subscriptions": subscriptions,
    }})
}

impl Hook for Events {
    fn is_signed(&self, tail: &str, headers: &HeaderMap, body: &[u8]) -> bool {
        tail.is_empty() && self.is_signed_at(Clock::machine(), headers, body)
    }

    fn read(&self, body: &[u8]) -> Heard {
        let WireEvent { id, kind, detail } = match serde_json::from_slice(body) {
            Ok(event) => event,
            Err(error) => return Heard::Unreadable(redaction::unreadable(&error)),
        };
        if !is_plain(&id) || !is_plain(&kind) {
            return Heard::Unreadable("its id or type is none".to_owned());
        }
        if !kind.starts_with(OF_TICKETS) {
            return Heard::Nothing;
        }
        let is_ticket = |id: &&str| (1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit());
        match detail.get("id").and_then(Value::as_str).filter(is_ticket) {
            Some(ticket) => Heard::Hint(Hint { event: id, kind, object: ticket.to_owned() }),
            None => Heard::Unreadable("it does not say which ticket it is about".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests;
