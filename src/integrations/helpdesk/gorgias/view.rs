//! A ticket as Gorgias shows it, and who wrote what in it.
//!
//! A person at the helpdesk writes `via: "helpdesk"`; Gorgias' own bot writes as the chat's widget; a rule is named by its id.
//! What has come in some other way is nobody's whom we know.

use jiff::Timestamp;
use serde::Deserialize;

use super::super::{Colleague, TicketAuthor, TicketMessage, TicketView};
use super::settings::GorgiasSettings;
use crate::domain::event::TicketReference;

const OPEN: &str = "open";
const NOTE: &str = "internal-note";

#[derive(Deserialize)]
pub struct Ticket {
    id: u64,
    status: String,
    #[serde(default)]
    tags: Vec<Tag>,
    assignee_user: Option<Person>,
    #[serde(default)]
    messages: Vec<Message>,
}

#[derive(Deserialize)]
struct Tag {
    name: String,
}

#[derive(Deserialize)]
struct Person {
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
    sender: Option<Person>,
    body_text: Option<String>,
    stripped_text: Option<String>,
    created_datetime: Option<Timestamp>,
}

impl Ticket {
    pub fn view(self, settings: &GorgiasSettings, reference: impl FnOnce(u64) -> TicketReference) -> TicketView {
        let messages = self.messages.into_iter().map(|message| message.view(settings));
        let mut messages: Vec<TicketMessage> = messages.collect();
        messages.sort_by_key(|message| message.at);
        TicketView {
            reference: reference(self.id),
            open: self.status.eq_ignore_ascii_case(OPEN),
            tags: self.tags.into_iter().map(|tag| tag.name).collect(),
            assignee: self.assignee_user.filter(|user| !user.is_ours(settings)).map(|user| user.colleague()),
            messages,
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
        Colleague { id: self.id.to_string(), name: self.name.clone().unwrap_or_default() }
    }
}
