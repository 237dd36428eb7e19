//! Events that EasyPost sends. The signature is over the bytes as they came; it holds no time, so that a repetition is known by
//! the event's id alone. Events come again until they are answered by a success, for about a day, and in any order.

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;
use unicode_normalization::UnicodeNormalization as _;

use crate::integrations::hooks::{Heard, Hint, Hook, is_plain};
use crate::integrations::http::redaction;

const SIGNATURE: &str = "x-hmac-signature";
const SCHEME: &str = "hmac-sha256-hex=";

/// What one webhook of EasyPost's sends.
pub struct Events {
    secret: SecretString,
}

#[derive(Deserialize)]
struct WireEvent {
    id: String,
    description: String,
    /// A tracker, a batch, a report: what the description is about.
    #[serde(default)]
    result: Value,
}

impl Events {
    /// With the secret under which the webhook was registered.
    pub fn new(secret: &SecretString) -> Self {
        let composed: String = secret.expose_secret().nfkd().collect();
        Self { secret: composed.into() }
    }
}

impl Hook for Events {
    fn is_signed(&self, tail: &str, headers: &HeaderMap, body: &[u8]) -> bool {
        if !tail.is_empty() {
            return false;
        }
        let mut given = headers.get_all(SIGNATURE).iter();
        let (Some(given), None) = (given.next(), given.next()) else { return false };
        let digits = given.to_str().ok().and_then(|text| text.strip_prefix(SCHEME));
        let Some(given) = digits.and_then(|digits| hex::decode(digits).ok()) else { return false };
        let Ok(mut digest) = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes()) else {
            return false;
        };
        digest.update(body);
        digest.verify_slice(&given).is_ok()
    }

    fn read(&self, body: &[u8]) -> Heard {
        let WireEvent { id, description, result } = match serde_json::from_slice(body) {
            Ok(event) => event,
            Err(error) => return Heard::Unreadable(redaction::unreadable(&error)),
        };
        if !is_plain(&id) || !is_plain(&description) {
            return Heard::Unreadable("its id or description is none".to_owned());
        }
        if !description.starts_with("tracker.") {
            return Heard::Nothing;
        }
        // A tracker that somebody asked for by its number belongs to no shipment.
        match result.get("shipment_id").and_then(Value::as_str).filter(|shipment| is_plain(shipment)) {
            Some(shipment) => Heard::Hint(Hint { event: id, kind: description, object: shipment.to_owned() }),
            None => Heard::Nothing,
        }
    }
}

#[cfg(test)]
mod tests;
