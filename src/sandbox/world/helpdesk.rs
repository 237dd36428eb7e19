//! Tickets of the helpdesk, in Gorgias' own words.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub mod news;

use news::{Integration, TicketNotice};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Helpdesk {
    /// People of the store, among them the one whose API key the agent uses.
    pub users: Vec<Person>,
    pub customers: Vec<Person>,
    pub teams: Vec<Team>,
    pub tags: Vec<Tag>,
    pub tickets: Vec<Ticket>,
    /// How many messages were ever made; their ids count on from there.
    pub messages_made: u64,
    /// Addresses that hear of tickets.
    #[serde(default)]
    pub integrations: Vec<Integration>,
    /// What they have not taken yet.
    #[serde(default)]
    pub notices: Vec<TicketNotice>,
    /// How many events there were.
    #[serde(default)]
    pub events_made: u64,
    /// What was done to tickets, and by whom.
    #[serde(default)]
    pub deeds: Vec<Deed>,
}

/// An event of the account's own record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deed {
    pub id: u64,
    pub kind: String,
    pub ticket: u64,
    /// Where somebody did it.
    pub user: Option<u64>,
    pub data: Value,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Person {
    pub id: u64,
    pub email: Option<String>,
    pub name: String,
    pub created_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    pub id: u64,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    pub id: u64,
    pub name: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ticket {
    pub id: u64,
    pub external_id: Option<String>,
    pub status: String,
    pub priority: String,
    pub channel: String,
    pub via: String,
    pub from_agent: bool,
    pub subject: Option<String>,
    pub language: Option<String>,
    /// Id of a customer of the helpdesk.
    pub customer: Option<u64>,
    pub assignee_user: Option<u64>,
    pub assignee_team: Option<u64>,
    pub spam: bool,
    pub meta: Value,
    pub tags: Vec<Tag>,
    pub custom_fields: Value,
    pub messages: Vec<Message>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    pub closed_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    pub id: u64,
    pub external_id: Option<String>,
    pub channel: String,
    pub via: String,
    pub from_agent: bool,
    pub public: bool,
    /// Id of a user where the agent's side wrote it, else of a customer.
    pub sender: Option<u64>,
    pub receiver: Option<u64>,
    pub source: Value,
    pub integration_id: Option<u64>,
    pub subject: Option<String>,
    pub body_text: Option<String>,
    pub body_html: Option<String>,
    /// Without what a mail quotes of earlier ones.
    #[serde(default)]
    pub stripped_text: Option<String>,
    /// The rule that wrote it.
    #[serde(default)]
    pub rule: Option<u64>,
    pub attachments: Value,
    pub meta: Value,
    pub created_at: Timestamp,
    pub sent_at: Option<Timestamp>,
    /// Whether the helpdesk itself sent this to the customer. A mirrored message must not.
    pub delivered_to_customer: bool,
}

impl Helpdesk {
    /// The smallest number above all that were given out, so that ids go up as the vendor's do.
    pub fn next_id(&self, kind: IdKind) -> u64 {
        let (first, last) = match kind {
            IdKind::Ticket => (82_000_001, self.tickets.last().map(|ticket| ticket.id)),
            IdKind::Person => (519_000_001, self.users.iter().chain(&self.customers).map(|person| person.id).max()),
            IdKind::Tag => (1_813_001, self.tags.last().map(|tag| tag.id)),
            IdKind::Integration => (31_001, self.integrations.last().map(|own| own.id)),
        };
        last.map_or(first, |last| last + 1)
    }

    pub fn next_message_id(&mut self) -> u64 {
        self.messages_made += 1;
        218_000_000 + self.messages_made
    }

    pub fn ticket(&self, id: u64) -> Option<&Ticket> {
        self.tickets.iter().find(|ticket| ticket.id == id)
    }

    pub fn ticket_mut(&mut self, id: u64) -> Option<&mut Ticket> {
        self.tickets.iter_mut().find(|ticket| ticket.id == id)
    }

    pub fn person(&self, id: u64) -> Option<&Person> {
        self.users.iter().chain(&self.customers).find(|person| person.id == id)
    }

    /// Finds a tag by its name, which is case-sensitive, or makes it.
    pub fn tag_named(&mut self, name: &str) -> Tag {
        if let Some(tag) = self.tags.iter().find(|tag| tag.name == name) {
            return tag.clone();
        }
        let tag = Tag { id: self.next_id(IdKind::Tag), name: name.to_owned() };
        self.tags.push(tag.clone());
        tag
    }
}

/// What an id is for; each kind has a range of its own.
#[derive(Clone, Copy, Debug)]
pub enum IdKind {
    Ticket,
    Person,
    Tag,
    Integration,
}
