//! A ticket as Gorgias shows it, and who wrote what in it.
//!
//! A person at the helpdesk writes `via: "helpdesk"`; Gorgias' own bot writes as the chat's widget; a rule is named by its id.
//! What has come in some other way is nobody's whom we know.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::{Channel, Colleague, TicketAuthor, TicketMessage, TicketView};
use super::settings::GorgiasSettings;
use crate::domain::customer::Email;
use crate::domain::event::TicketReference;

const OPEN: &str = "open";
const NOTE: &str = "internal-note";

#[derive(Deserialize)]
pub struct Ticket {
    id: u64,
    external_id: Option<String>,
    subject: Option<String>,
    #[serde(default)]
    channel: String,
    status: String,
    #[serde(default)]
    tags: Vec<Tag>,
    customer: Option<Person>,
    assignee_user: Option<Person>,
    assignee_team: Option<Team>,
    #[serde(default)]
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
}

#[derive(Deserialize)]
struct Team {
    id: u64,
}

#[derive(Deserialize)]
pub struct Person {
    id: u64,
    email: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    id: u64,
    external_id: Option<String>,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    via: String,
    #[serde(default)]
    from_agent: bool,
    #[serde(default)]
    public: bool,
    rule_id: Option<u64>,
    integration_id: Option<u64>,
    source: Option<Value>,
    sender: Option<Person>,
    body_text: Option<String>,
    stripped_text: Option<String>,
    created_datetime: Option<Timestamp>,
}

impl Ticket {
    pub fn view(self, settings: &GorgiasSettings, reference: impl FnOnce(u64) -> TicketReference) -> TicketView {
        let reply_path = self.reply_path();
        let messages = self.messages.into_iter().map(|message| message.view(settings));
        let mut messages: Vec<TicketMessage> = messages.collect();
        messages.sort_by_key(|message| message.at);
        let made_up = |email: &Email| email.as_str().ends_with(&format!("@{}", settings.visitor_domain));
        let customer = self.customer.and_then(|customer| Email::parse(&customer.email?));
        TicketView {
            reference: reference(self.id),
            external_id: self.external_id.filter(|id| !id.is_empty()),
            subject: self.subject,
            channel: channel(&self.channel),
            customer: customer.filter(|email| !made_up(email)),
            team: self.assignee_team.map(|team| team.id.to_string()),
            reply_path,
            open: self.status.eq_ignore_ascii_case(OPEN),
            tags: self.tags.into_iter().map(|tag| tag.name).collect(),
            assignee: self.assignee_user.filter(|user| !user.is_ours(settings)).map(|user| user.colleague()),
            messages,
        }
    }
}

fn channel(name: &str) -> Channel {
    match name {
        "api" => Channel::Api,
        "email" | "contact_form" | "help-center" => Channel::Email,
        "chat" => Channel::Chat,
        _ => Channel::Other,
    }
}

impl Ticket {
    /// An answer goes back on the way on which the customer wrote last: from the address that they wrote to; to the visitor of
    /// the widget, who is named by three things together. Without them Gorgias takes the message, and delivers it to nobody.
    fn reply_path(&self) -> Option<Value> {
        let theirs = self.messages.iter().filter(|message| !message.from_agent);
        let last = theirs.max_by_key(|message| message.created_datetime)?;
        let (source, customer) = (last.source.as_ref()?, last.sender.as_ref()?.id);
        let from = source.pointer("/from/address").and_then(Value::as_str)?;
        match channel(&last.channel) {
            Channel::Email => {
                let ours = source.pointer("/to/0/address").and_then(Value::as_str)?;
                let source = json!({"type": "email", "from": {"address": ours}, "to": [{"address": from}]});
                Some(json!({"channel": "email", "receiver": {"id": customer}, "source": source}))
            }
            Channel::Chat => {
                let to = json!([{"name": "", "address": from}]);
                let source = json!({"type": "chat", "to": to, "from": {"name": "", "address": ""}});
                let integration = last.integration_id?;
                let receiver = json!({ "id": customer });
                Some(json!({
                    "channel": "chat", "receiver": receiver, "integration_id": integration, "source": source,
                }))
            }
            Channel::Api | Channel::Other => None,
        }
    }
}

impl Message {
    fn view(self, settings: &GorgiasSettings) -> TicketMessage {
        let author = self.author(settings);
        TicketMessage {
            author,
            id: self.id.to_string(),
            public: self.public && self.channel != NOTE,
            at: self.created_datetime.unwrap_or(Timestamp::UNIX_EPOCH),
            external_id: self.external_id.filter(|id| !id.is_empty()),
            // Without the quoted mail below an answer.
            text: self.stripped_text.filter(|text| !text.trim().is_empty()).or(self.body_text).unwrap_or_default(),
        }
    }

    fn author(&self, settings: &GorgiasSettings) -> TicketAuthor {
        if !self.from_agent {
            return TicketAuthor::Customer;
        }
        if self.rule_id.is_some() || self.via == "rule" {
            return TicketAuthor::Rule;
        }
        match (self.via.as_str(), &self.sender) {
            ("gorgias_chat", _) => TicketAuthor::VendorBot,
            (_, Some(sender)) if settings.bots.contains(&sender.id.to_string()) => TicketAuthor::VendorBot,
            (_, Some(sender)) if sender.is_ours(settings) => TicketAuthor::OurAgent,
            ("helpdesk", Some(sender)) => TicketAuthor::Person(sender.colleague()),
            _ => TicketAuthor::Unknown,
        }
    }
}

impl Person {
    fn is_ours(&self, settings: &GorgiasSettings) -> bool {
        self.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(settings.author().as_str()))
    }

    fn colleague(&self) -> Colleague {
        Colleague {
            id: self.id.to_string(),
            name: self.name.clone().unwrap_or_default(),
            email: self.email.as_deref().and_then(Email::parse),
        }
    }

    /// Who a user is whose deed an event names.
    pub fn as_author(&self, settings: &GorgiasSettings) -> TicketAuthor {
        if settings.bots.contains(&self.id.to_string()) {
            TicketAuthor::VendorBot
        } else if self.is_ours(settings) {
            TicketAuthor::OurAgent
        } else {
            TicketAuthor::Person(self.colleague())
        }
    }
}
