//! Events that Intercom sends, signed under the app's client secret: SHA-1 is what it signs with. There is no moment in the
//! signature, so a repetition is known by its id alone. An event is only a hint: it says which conversation has to be looked at.

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use sha1::Sha1;
use url::Url;

use super::view::Id;
use crate::integrations::hooks::{Heard, Hint, Hook, is_plain, only};
use crate::integrations::http::redaction;

const SIGNATURE: &str = "x-hub-signature";
/// What is known of conversations is told under names that begin so.
const OF_CONVERSATIONS: [&str; 2] = ["conversation.", "conversation_part."];
/// What the app has to be subscribed to.
const TOPICS: [&str; 9] = [
    "conversation.user.created",
    "conversation.user.replied",
    "conversation.admin.replied",
    "conversation.admin.noted",
    "conversation.admin.assigned",
    "conversation.admin.opened",
    "conversation.admin.closed",
    "conversation.admin.unsnoozed",
    "conversation_part.tag.created",
];

/// What one app sends.
pub struct Events {
    secret: SecretString,
    /// The workspace: an app may be installed in others, too.
    workspace: String,
}

#[derive(Deserialize)]
struct WireEvent {
    app_id: Option<String>,
    topic: String,
    id: Option<String>,
    #[serde(default)]
    data: Value,
}

impl Events {
    pub fn new(secret: &SecretString, workspace: &str) -> Self {
        Self { secret: secret.clone(), workspace: workspace.to_owned() }
    }
}

/// What has to be done by hand so that events come to this address: Intercom has no call for it.
pub(super) fn steps(pages: &str, url: &Url) -> Vec<String> {
    vec![
        format!("open {pages}/a/apps/_/developer-hub, and there the app whose access token you have set"),
        format!("Configure, Webhooks: give it the endpoint {url}, which has to be reached by https when you save it"),
        format!("choose the topics {}", TOPICS.join(", ")),
        "Configure, Authentication: see that it may read and write conversations, users and tags, and read admins"
            .to_owned(),
        "Configure, Basic information: set DESKHAND_INTERCOM_CLIENT_SECRET to its client secret where the server runs, and \
         start it anew"
            .to_owned(),
        "Webhooks again: send a test request; it must be answered with 200".to_owned(),
    ]
}

impl Hook for Events {
    fn is_signed(&self, tail: &str, headers: &HeaderMap, body: &[u8]) -> bool {
        let given = only(headers, SIGNATURE).and_then(|given| given.strip_prefix("sha1="));
        let Some(Ok(given)) = given.map(hex::decode) else { return false };
        let Ok(mut digest) = Hmac::<Sha1>::new_from_slice(self.secret.expose_secret().as_bytes()) else {
            return false;
        };
        digest.update(body);
        digest.verify_slice(&given).is_ok() && tail.is_empty()
    }

    fn read(&self, body: &[u8]) -> Heard {
        let WireEvent { app_id, topic, id, data } = match serde_json::from_slice(body) {
            Ok(event) => event,
            Err(error) => return Heard::Unreadable(redaction::unreadable(&error)),
        };
        let elsewhere = app_id.as_ref().is_some_and(|app| *app != self.workspace);
        if elsewhere || !OF_CONVERSATIONS.iter().any(|of| topic.starts_with(of)) {
            return Heard::Nothing;
        }
        let Some(event) = id.filter(|id| is_plain(id) && is_plain(&topic)) else {
            return Heard::Unreadable("its id or topic is none".to_owned());
        };
        match conversation(&data) {
            Some(object) => Heard::Hint(Hint { event, kind: topic, object }),
            None => Heard::Unreadable("it does not say which conversation it is about".to_owned()),
        }
    }
}

/// The conversation that it is about, or whose part.
fn conversation(data: &Value) -> Option<String> {
    let item = data.get("item")?;
    let is_conversation = item.get("type").and_then(Value::as_str).is_none_or(|kind| kind == "conversation");
    let places = ["/conversation/id", "/conversation_id"].into_iter().filter_map(|place| item.pointer(place));
    let id = places.chain(item.get("id").filter(|_| is_conversation)).next()?;
    let Id(id) = serde_json::from_value(id.clone()).ok()?;
    ((1..=20).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit())).then_some(id)
}

#[cfg(test)]
mod tests;
