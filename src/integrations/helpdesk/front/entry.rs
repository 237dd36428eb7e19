//! What is written into a conversation later. The customer's words and ours are messages of the channel: it is told what was said
//! there, and sends nothing. They carry the effect's id as their external id, a comment in its last line. What Front is to send
//! has room for neither: the id is the name of the element that holds the text, which nobody reads.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::text::{bounded, mark};
use super::super::{EntryKind, TicketEntry};
use super::plain;
use super::settings::FrontSettings;
use super::ticket::Party;
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;

/// Longest text of one message, in characters. Front names no bound.
pub const LONGEST_BODY: usize = 20_000;
/// What the name of the element begins with that holds a text which Front sends.
const ELEMENT: &str = "deskhand-";

/// Where it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    /// Into the channel, as what came in there.
    InboundMessages,
    /// Into the channel, as what went out there.
    OutboundMessages,
    Comments,
    /// To the customer, by the way on which they wrote.
    Messages,
}

impl To {
    /// The last part of its address.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InboundMessages => "inbound_messages",
            Self::OutboundMessages => "outbound_messages",
            Self::Comments => "comments",
            Self::Messages => "messages",
        }
    }
}

/// What is kept of it: the body, without the conversation that a message of the channel belongs to.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    effect: EffectId,
    pub to: To,
    body: Map<String, Value>,
}

/// The request that adds an entry to its conversation.
pub fn request(settings: &FrontSettings, entry: &TicketEntry) -> String {
    let text = match bounded(&entry.text, LONGEST_BODY) {
        text if text.trim().is_empty() => "(empty)".into(),
        text => text,
    };
    let effect = &entry.effect;
    let party = Party::of(&entry.customer);
    let (at, ids) = (entry.at.as_second(), json!({ "external_id": effect }));
    let (to, body) = match entry.kind {
        EntryKind::Customer => {
            let body = json!({"sender": party, "body": plain::html(&text), "delivered_at": at, "metadata": ids});
            (To::InboundMessages, body)
        }
        EntryKind::Agent => {
            let body = json!({
                "to": [party], "author_id": settings.agent, "body": plain::html(&text), "delivered_at": at, "metadata": ids,
            });
            (To::OutboundMessages, body)
        }
        EntryKind::Note => {
            let text = format!("{}\n\n{}", plain::uncalled(&text), mark(effect));
            (To::Comments, json!({"author_id": settings.agent, "body": text}))
        }
        EntryKind::Reply => {
            let body = format!("<div id=\"{ELEMENT}{effect}\">{}</div>", plain::html(&text));
            // Without saying so it would be archived.
            let options = json!({"archive": false});
            (To::Messages, json!({"author_id": settings.agent, "body": body, "text": text, "options": options}))
        }
    };
    let body = match body {
        Value::Object(body) => body,
        _ => Map::new(),
    };
    serde_json::to_string(&Entry { effect: effect.clone(), to, body }).unwrap_or_default()
}

impl Entry {
    /// What a permit's row asks for, if it is that row's.
    pub fn permitted(permit: &Permit, request: &str) -> Option<Self> {
        serde_json::from_str(request).ok().filter(|entry: &Self| entry.effect == *permit.effect())
    }

    /// What is sent. `thread`: by which external id the channel's messages find their conversation.
    pub fn body(mut self, thread: Option<&str>) -> String {
        if let (Some(thread), Some(Value::Object(ids))) = (thread, self.body.get_mut("metadata")) {
            ids.insert("external_conversation_id".to_owned(), thread.into());
        }
        Value::Object(self.body).to_string()
    }
}

/// The id that a message which Front has sent for us carries.
pub fn sent_as(body: &str) -> Option<&str> {
    let (_, after) = body.split_once(&format!("id=\"{ELEMENT}"))?;
    after.split_once('"').map(|(id, _)| id)
}
