//! What Front sends, all to one address: what goes out on the channel, which it wants acknowledged, and events of the
//! application. Each is signed together with the moment at which it left, under the application's secret; one that is older than
//! five minutes is not believed. It is only a hint: it says which conversation has to be looked at.
//!
//! The acknowledgement of a message names it, and one of the external ids of its conversation, to which it belongs then. Front
//! takes it for the delivery: a person's words are shown as sent from then on.

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

use super::conversation_in;
use super::settings::is_id;
use crate::domain::clock::Clock;
use crate::integrations::hooks::{Heard, Hint, Hook, is_plain, only};
use crate::integrations::http::redaction;

const SIGNATURE: &str = "x-front-signature";
/// In milliseconds since 1970.
const MOMENT: &str = "x-front-request-timestamp";
/// To be repeated where an address is entered for the application.
const CHALLENGE: &str = "x-front-challenge";
/// How far the moment may lie from ours.
const FRESH: SignedDuration = SignedDuration::from_mins(5);
/// What goes out on the channel: a person's words, and those that Front sends by itself.
const MESSAGES: [&str; 2] = ["message", "message_autoreply"];
/// Of what we have told the channel, of the channel itself, and of addresses that are entered: nothing follows from it.
const UNHEARD: [&str; 4] = ["message_imported", "authorization", "delete", "sync"];
/// Of messages on channels that the API brings in. Who writes there is known before, or comes as a message of the channel.
const CUSTOM: &str = "custom";

/// With which ids of effects begin.
const PLANTED: &str = "eff_";

/// What one application of Front's sends.
pub struct Events {
    secret: SecretString,
}

#[derive(Deserialize)]
struct Wire {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    payload: Value,
    #[serde(default)]
    metadata: Value,
    // An event of the application without an envelope.
    id: Option<String>,
    #[serde(default)]
    conversation: Value,
}

impl Events {
    /// With the application's secret.
    pub fn new(secret: &SecretString) -> Self {
        Self { secret: secret.clone() }
    }

    /// Whether it was signed at most five minutes before or after this moment.
    pub fn is_signed_at(&self, now: Timestamp, headers: &HeaderMap, body: &[u8]) -> bool {
        let (Some(moment), Some(given)) = (only(headers, MOMENT), only(headers, SIGNATURE)) else { return false };
        let at = moment.parse().ok().and_then(|moment| Timestamp::from_millisecond(moment).ok());
        let fresh = at.is_some_and(|at| now.duration_since(at).abs() <= FRESH);
        let Ok(given) = STANDARD.decode(given) else { return false };
        let Ok(mut digest) = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes()) else {
            return false;
        };
        digest.update(moment.as_bytes());
        digest.update(b":");
        digest.update(body);
        digest.verify_slice(&given).is_ok() && fresh
    }
}

impl Wire {
    fn text<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
        value.pointer(pointer)?.as_str().filter(|text| is_plain(text))
    }

    /// The message that went out, and its conversation: by what we planted, which stays with it when people merge it into
    /// another one.
    fn message(&self) -> Option<Hint> {
        let id = Self::text(&self.payload, "/id").filter(|id| is_id(id, "msg_"))?;
        let url = Url::parse(self.payload.pointer("/_links/related/conversation")?.as_str()?).ok()?;
        let of = conversation_in(&url)?;
        let planted = self.thread().filter(|thread| thread.starts_with(PLANTED));
        Some(Hint { event: id.to_owned(), kind: self.kind.clone(), object: planted.map_or(of, str::to_owned) })
    }

    /// An event of the application, in its envelope or without one.
    fn event(&self) -> Option<Hint> {
        let id = Self::text(&self.payload, "/id").or(self.id.as_deref()).filter(|id| is_plain(id))?;
        let of = Self::text(&self.payload, "/conversation/id").or_else(|| Self::text(&self.conversation, "/id"));
        let of = of.filter(|id| is_id(id, "cnv_"))?;
        Some(Hint { event: id.to_owned(), kind: self.kind.clone(), object: of.to_owned() })
    }

    /// That something was said on a channel like ours.
    fn is_echo(&self) -> bool {
        self.payload.pointer("/target/data/type").and_then(Value::as_str) == Some(CUSTOM)
    }

    /// By which Front knows the message's conversation on the channel.
    fn thread(&self) -> Option<&str> {
        let one = |pointer: &str| Self::text(&self.metadata, pointer);
        one("/external_conversation_ids/0").or_else(|| one("/external_conversation_id"))
    }
}

impl Hook for Events {
    fn is_signed(&self, tail: &str, headers: &HeaderMap, body: &[u8]) -> bool {
        tail.is_empty() && self.is_signed_at(Clock::machine(), headers, body)
    }

    fn read(&self, body: &[u8]) -> Heard {
        let wire: Wire = match serde_json::from_slice(body) {
            Ok(wire) => wire,
            Err(error) => return Heard::Unreadable(redaction::unreadable(&error)),
        };
        if !is_plain(&wire.kind) {
            return Heard::Unreadable("its type is none".to_owned());
        }
        let kind = wire.kind.as_str();
        if UNHEARD.contains(&kind) || (!MESSAGES.contains(&kind) && wire.is_echo()) {
            return Heard::Nothing;
        }
        match if MESSAGES.contains(&kind) { wire.message() } else { wire.event() } {
            Some(hint) => Heard::Hint(hint),
            None => Heard::Unreadable("it does not say which conversation it is about".to_owned()),
        }
    }

    fn acknowledge(&self, address: &str, headers: &HeaderMap, body: &[u8]) -> Option<Value> {
        if let Some(challenge) = only(headers, CHALLENGE) {
            return Some(json!({ "challenge": challenge }));
        }
        let wire: Wire = serde_json::from_slice(body).ok()?;
        match wire.kind.as_str() {
            // Somebody adds the channel in Front: this is where its messages are to go.
            "authorization" => Some(json!({"type": "success", "webhook_url": address})),
            kind if MESSAGES.contains(&kind) => {
                let message = Wire::text(&wire.payload, "/id")?;
                let thread = wire.thread().unwrap_or(message);
                Some(json!({"type": "success", "external_id": message, "external_conversation_id": thread}))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
