//! Events that Gorgias sends. It signs nothing that its documentation tells of, so that two things that only Gorgias was told
//! stand in for a signature: where the address ends, and a header. Even so an event is only a hint: it says which ticket has
//! to be looked at.
//!
//! What the body holds is our own template ([`template`]), filled in by Gorgias with strings only.

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::Sha256;
use url::Url;

use crate::integrations::hooks::{Heard, Hint, Hook, is_plain};
use crate::integrations::http::redaction;

/// The header that Gorgias is told to send.
pub const TOKEN: &str = "x-deskhand-token";
/// What is derived from the secret, each for its own use.
const HEADER: &str = "gorgias header";
const ADDRESS: &str = "gorgias address";
/// How many hexadecimal digits of it an address ends in.
const TAIL: usize = 32;

/// What one HTTP integration of Gorgias' sends.
pub struct Events {
    secret: SecretString,
    tail: String,
}

#[derive(Deserialize)]
struct Filled {
    event_id: String,
    event_type: String,
    ticket_id: String,
}

impl Events {
    pub fn new(secret: &SecretString) -> Self {
        let tail = derived(secret, ADDRESS).chars().take(TAIL).collect();
        Self { secret: secret.clone(), tail }
    }

    /// The integration that Gorgias has to make so that its events come to this address.
    pub(super) fn integration(&self, name: &str, url: &Url) -> Value {
        json!({"name": name, "type": "http", "http": {
            "url": url, "method": "POST",
            "request_content_type": "application/json", "response_content_type": "application/json",
            "headers": {TOKEN: derived(&self.secret, HEADER)},
            "triggers": {"ticket-message-created": true, "ticket-updated": true},
            "form": template(),
        }})
    }
}

/// Ids alone: what they stand for is read at the API.
fn template() -> Value {
    json!({"event_id": "{{event.id}}", "event_type": "{{event.type}}", "ticket_id": "{{ticket.id}}"})
}

fn derived(secret: &SecretString, of: &str) -> String {
    digest(secret, of).map(|digest| hex::encode(digest.finalize().into_bytes())).unwrap_or_default()
}

fn digest(secret: &SecretString, of: &str) -> Option<Hmac<Sha256>> {
    let mut digest = Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).ok()?;
    digest.update(of.as_bytes());
    Some(digest)
}

/// In a time that does not depend on what is given.
fn is(secret: &SecretString, of: &str, given: &str, whole: bool) -> bool {
    let (Ok(given), Some(digest)) = (hex::decode(given), digest(secret, of)) else { return false };
    if whole {
        digest.verify_slice(&given).is_ok()
    } else {
        given.len() == TAIL / 2 && digest.verify_truncated_left(&given).is_ok()
    }
}

impl Hook for Events {
    fn tail(&self) -> &str {
        &self.tail
    }

    fn is_signed(&self, tail: &str, headers: &HeaderMap, _: &[u8]) -> bool {
        let mut given = headers.get_all(TOKEN).iter();
        let (Some(given), None) = (given.next(), given.next()) else { return false };
        let header = given.to_str().is_ok_and(|given| is(&self.secret, HEADER, given, true));
        is(&self.secret, ADDRESS, tail, false) && header
    }

    fn read(&self, body: &[u8]) -> Heard {
        let Filled { event_id, event_type, ticket_id } = match serde_json::from_slice(body) {
            Ok(filled) => filled,
            Err(error) => return Heard::Unreadable(redaction::unreadable(&error)),
        };
        let is_ticket = (1..=20).contains(&ticket_id.len()) && ticket_id.bytes().all(|byte| byte.is_ascii_digit());
        if !is_plain(&event_id) || !is_plain(&event_type) || !is_ticket {
            return Heard::Unreadable(
                "its ids are none; does the integration still send what it was told to?".to_owned(),
            );
        }
        Heard::Hint(Hint { event: event_id, kind: event_type, object: ticket_id })
    }
}

#[cfg(test)]
mod tests;
