//! What Gorgias refuses, in its own words.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::Value;

/// Messages by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(pub BTreeMap<String, Vec<String>>);

const REQUIRED: &str = "Missing data for required field.";

impl Problems {
    pub fn add(&mut self, field: &str, message: &str) {
        let messages = self.0.entry(field.to_owned()).or_default();
        if !messages.iter().any(|known| known == message) {
            messages.push(message.to_owned());
        }
    }

    pub fn into_result<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    fn required_text(&mut self, fields: &Value, name: &str) {
        match fields.get(name) {
            None | Some(Value::Null) => self.add(name, REQUIRED),
            Some(Value::String(text)) if !text.is_empty() => {}
            Some(Value::String(_)) => self.add(name, "Shorter than minimum length 1."),
            Some(_) => self.add(name, "Not a valid string."),
        }
    }

    fn at_most(&mut self, fields: &Value, name: &str, length: usize) {
        match fields.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) if text.chars().count() <= length => {}
            Some(Value::String(_)) => self.add(name, &format!("Longer than maximum length {length}.")),
            Some(_) => self.add(name, "Not a valid string."),
        }
    }

    fn one_of(&mut self, fields: &Value, name: &str, choices: &[&str]) {
        match fields.get(name).map(|value| value.as_str()) {
            None => {}
            Some(Some(text)) if choices.contains(&text) => {}
            Some(_) => self.add(name, &format!("Must be one of: {}.", choices.join(", "))),
        }
    }

    fn moment(&mut self, fields: &Value, name: &str) {
        let value = fields.get(name).filter(|value| !value.is_null());
        if value.is_some_and(|value| value.as_str().is_none_or(|text| text.parse::<Timestamp>().is_err())) {
            self.add(name, "Not a valid datetime.");
        }
    }

    /// What a ticket needs, new or changed.
    pub fn of_ticket(fields: &Value, new: bool) -> Self {
        let mut found = Self::default();
        if !fields.is_object() {
            found.add("_schema", "Invalid input type.");
            return found;
        }
        found.one_of(fields, "status", &["open", "closed"]);
        found.one_of(fields, "priority", &["critical", "high", "normal", "low"]);
        found.at_most(fields, "external_id", 255);
        found.at_most(fields, "subject", 998);
        found.moment(fields, "created_datetime");
        if !new {
            return found;
        }
        found.required_text(fields, "via");
        match fields.get("messages") {
            None | Some(Value::Null) => found.add("messages", REQUIRED),
            Some(Value::Array(messages)) if messages.is_empty() => {
                found.add("messages", "Shorter than minimum length 1.");
            }
            Some(Value::Array(messages)) if messages.len() > 500 => {
                found.add("messages", "Longer than maximum length 500.");
            }
            Some(Value::Array(messages)) => {
                for message in messages {
                    found.message(message);
                }
            }
            Some(_) => found.add("messages", "Not a valid list."),
        }
        found
    }

    pub fn of_message(fields: &Value) -> Self {
        let mut found = Self::default();
        found.message(fields);
        found
    }

    fn message(&mut self, fields: &Value) {
        self.required_text(fields, "channel");
        self.required_text(fields, "via");
        match fields.get("from_agent") {
            None | Some(Value::Null) => self.add("from_agent", REQUIRED),
            Some(Value::Bool(_)) => {}
            Some(_) => self.add("from_agent", "Not a valid boolean."),
        }
        let sender = fields.get("sender").filter(|sender| !sender.is_null());
        match sender {
            None => self.add("sender", REQUIRED),
            Some(sender) if sender.get("id").is_none() && sender.get("email").is_none() => {
                self.add("sender", "Either id or email is required.");
            }
            Some(_) => {}
        }
        let note = fields.get("channel").and_then(Value::as_str) == Some("internal-note");
        if note && fields.get("from_agent") == Some(&Value::Bool(false)) {
            self.add("from_agent", "Internal notes must be sent by an agent.");
        }
        self.at_most(fields, "external_id", 255);
        self.moment(fields, "sent_datetime");
        self.moment(fields, "created_datetime");
    }
}
