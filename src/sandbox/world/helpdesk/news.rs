//! Who wants to hear what happens at the helpdesk, and what they have not taken yet.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Helpdesk;

/// An address that events go to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Integration {
    pub id: u64,
    pub name: String,
    pub url: String,
    pub headers: Map<String, Value>,
    /// Kinds of events that go there.
    pub triggers: Vec<String>,
    /// The body, with places to be filled in. Without one the body is empty.
    pub form: Value,
}

/// An event for one address, until it is taken or given up.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketNotice {
    pub id: u64,
    /// Id of the address's integration.
    pub integration: u64,
    /// As it left: filled in when it happened.
    pub body: String,
    pub tries: u32,
    /// When it is sent next, by the machine's clock.
    pub due: Timestamp,
}

/// Something that has happened to a ticket.
pub struct TicketNews<'a> {
    pub kind: &'a str,
    pub object: u64,
    /// The user who did it, where somebody did.
    pub user: Option<u64>,
    /// The ticket and the message, as the API shows them.
    pub ticket: &'a Value,
    pub message: Option<&'a Value>,
}

impl Helpdesk {
    /// Makes notices of it, to be sent from `due` on.
    pub fn tell(&mut self, news: &TicketNews<'_>, due: Timestamp) {
        self.events_made += 1;
        let id = 2_189_000_000 + self.events_made;
        let event = json!({"id": id, "type": news.kind, "object_id": news.object, "user_id": news.user});
        let all = json!({"event": event, "ticket": news.ticket, "message": news.message});
        let wanted = self.integrations.iter().filter(|own| own.triggers.iter().any(|kind| kind == news.kind));
        let notices =
            wanted.map(|own| TicketNotice { id, integration: own.id, body: body(&own.form, &all), tries: 0, due });
        self.notices.extend(notices.collect::<Vec<_>>());
    }
}

/// Nothing without a form; with one, an object of strings, or what a text says.
fn body(form: &Value, all: &Value) -> String {
    match form {
        Value::Object(places) => {
            let filled = places.iter().map(|(name, place)| (name.clone(), filled(place, all).into()));
            Value::Object(filled.collect()).to_string()
        }
        Value::String(text) if text.trim() == "{{context}}" => all.to_string(),
        Value::String(_) => filled(form, all),
        _ => String::new(),
    }
}

/// Every value becomes a text: `True`, `123`, nothing for what is not there.
fn filled(place: &Value, all: &Value) -> String {
    let Some(mut rest) = place.as_str() else { return String::new() };
    let mut text = String::new();
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else { break };
        text.push_str(before);
        text.push_str(&shown(all.pointer(&format!("/{}", name.trim().replace('.', "/")))));
        rest = behind;
    }
    text.push_str(rest);
    text
}

fn shown(value: Option<&Value>) -> String {
    match value {
        Some(Value::Bool(true)) => "True".to_owned(),
        Some(Value::Bool(false)) => "False".to_owned(),
        Some(Value::String(text)) => text.clone(),
        None | Some(Value::Null) => String::new(),
        Some(value) => value.to_string(),
    }
}
