//! Messages of a ticket as Gorgias takes them. What people typed stands in JSON strings only, as plain text.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::text::bounded;
use super::super::{EntryKind, TicketCustomer, TicketEntry, TranscriptLine};
use super::settings::GorgiasSettings;
use crate::domain::id::EffectId;

/// Longest text of one message, in characters. Gorgias names no limit; shoppers' messages are far below.
pub const LONGEST_BODY: usize = 20_000;
const LONGEST_EXTERNAL_ID: usize = 255;

/// A person by address. Any further field would change what Gorgias has stored about them.
#[derive(Clone, Debug, Serialize)]
pub struct Person<'a> {
    email: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

impl<'a> Person<'a> {
    /// Gorgias knows customers by e-mail only: one who gave none is entered under the conversation's name.
    pub fn customer(settings: &GorgiasSettings, customer: &'a TicketCustomer) -> Self {
        match &customer.email {
            // The name is the shopper's claim: with a known address it would rename the customer.
            Some(email) => Self { email: Cow::Borrowed(email.as_str()), name: None },
            None => {
                let visitor = format!("{}@{}", customer.conversation, settings.visitor_domain);
                Self { email: Cow::Owned(visitor), name: customer.name.as_deref() }
            }
        }
    }

    pub fn agent(settings: &'a GorgiasSettings) -> Self {
        Self { email: Cow::Borrowed(settings.author().as_str()), name: None }
    }

    /// As the sender of a message: who they are is entered with the ticket.
    pub fn unnamed(self) -> Self {
        Self { name: None, ..self }
    }
}

#[derive(Serialize)]
pub struct Message<'a> {
    // First: by it a request is known to be its effect's own.
    external_id: Cow<'a, str>,
    channel: &'static str,
    via: &'static str,
    from_agent: bool,
    public: bool,
    sender: Person<'a>,
    body_text: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_datetime: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_datetime: Option<Timestamp>,
}

/// How the effect's id stands in a request.
pub fn planted(effect: &EffectId) -> String {
    format!("{{\"external_id\":\"{effect}\"")
}

/// The request that adds an entry to its ticket.
pub fn request(settings: &GorgiasSettings, entry: &TicketEntry) -> String {
    let id = Cow::Borrowed(entry.effect.as_str());
    let text = bounded(&entry.text, LONGEST_BODY);
    let message = match entry.kind {
        EntryKind::Reply => {
            let answer = reply(id, Person::agent(settings), text, entry.reply_path.as_ref());
            return serde_json::to_string(&answer).unwrap_or_default();
        }
        EntryKind::Customer => spoken(id, true, Person::customer(settings, &entry.customer).unnamed(), text, entry.at),
        EntryKind::Agent => spoken(id, false, Person::agent(settings), text, entry.at),
        EntryKind::Note => note(text, id, Person::agent(settings), Some(entry.at)),
    };
    serde_json::to_string(&message).unwrap_or_default()
}

/// A line of the transcript that a ticket is opened with.
pub fn line<'a>(line: &'a TranscriptLine, sender: Person<'a>) -> Message<'a> {
    let id = bounded(&line.id, LONGEST_EXTERNAL_ID);
    spoken(id, line.from_customer, sender, bounded(&line.text, LONGEST_BODY), line.at)
}

/// Said already: with the time at which it was sent, Gorgias sends it to nobody.
fn spoken<'a>(
    external_id: Cow<'a, str>,
    from_customer: bool,
    sender: Person<'a>,
    text: Cow<'a, str>,
    at: Timestamp,
) -> Message<'a> {
    Message {
        external_id,
        channel: "api",
        via: "api",
        from_agent: !from_customer,
        public: true,
        sender,
        body_text: or(text, "(empty)"),
        created_datetime: Some(at),
        sent_datetime: Some(at),
    }
}

/// A note is for colleagues and never sent; it needs no time for that.
pub fn note<'a>(
    text: Cow<'a, str>,
    external_id: Cow<'a, str>,
    agent: Person<'a>,
    at: Option<Timestamp>,
) -> Message<'a> {
    Message {
        external_id,
        channel: "internal-note",
        via: "api",
        from_agent: true,
        public: false,
        sender: agent,
        body_text: or(text, "(no summary)"),
        created_datetime: at,
        sent_datetime: None,
    }
}

/// An answer, which Gorgias sends: it has no time at which it was sent. How it leaves stands in `path`.
#[derive(Serialize)]
struct Reply<'a> {
    external_id: Cow<'a, str>,
    via: &'static str,
    from_agent: bool,
    public: bool,
    sender: Person<'a>,
    body_text: Cow<'a, str>,
    #[serde(flatten)]
    path: Map<String, Value>,
}

fn reply<'a>(external_id: Cow<'a, str>, sender: Person<'a>, text: Cow<'a, str>, path: Option<&Value>) -> Reply<'a> {
    let path = path.and_then(Value::as_object).cloned().unwrap_or_default();
    Reply { external_id, via: "api", from_agent: true, public: true, sender, body_text: or(text, "(empty)"), path }
}

/// Gorgias takes no message without a text.
fn or<'a>(text: Cow<'a, str>, instead: &'a str) -> Cow<'a, str> {
    if text.trim().is_empty() { Cow::Borrowed(instead) } else { text }
}
