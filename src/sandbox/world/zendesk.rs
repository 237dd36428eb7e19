//! Tickets of the other helpdesk, in Zendesk's own words. The store's people are the same at both.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Person;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Zendesk {
    pub end_users: Vec<Person>,
    pub tickets: Vec<ZendeskTicket>,
    /// Addresses that hear of tickets.
    pub webhooks: Vec<ZendeskWebhook>,
    /// What they have not taken yet.
    pub notices: Vec<ZendeskNotice>,
    /// Idempotency keys that opened a ticket.
    pub keys: Vec<OpenedUnder>,
    /// How many ids were given out, and how many events there were.
    pub ids_made: u64,
    pub events_made: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ZendeskTicket {
    pub id: u64,
    pub external_id: Option<String>,
    pub subject: Option<String>,
    pub status: String,
    pub priority: Option<String>,
    /// Id of an end user.
    pub requester: u64,
    pub submitter: u64,
    pub assignee: Option<u64>,
    pub group: Option<u64>,
    pub tags: Vec<String>,
    pub comments: Vec<ZendeskComment>,
    /// What was done to its tags, and by whom.
    #[serde(default)]
    pub retagged: Vec<ZendeskRetagging>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ZendeskComment {
    pub id: u64,
    pub audit: u64,
    /// Id of a user; -1 where no user writes.
    pub author: i64,
    pub public: bool,
    pub body: String,
    /// How it came: `api`, `web`, `email`, `rule`.
    pub channel: String,
    pub at: Timestamp,
    /// Whether the helpdesk mailed it to the requester. What is mirrored must not be.
    pub mailed: bool,
    /// What was sent with its update; only audits show it.
    #[serde(default)]
    pub metadata: Value,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ZendeskRetagging {
    pub audit: u64,
    /// Id of the change.
    pub id: u64,
    /// Id of a user; -1 where no user did it.
    pub author: i64,
    pub before: Vec<String>,
    pub after: Vec<String>,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZendeskWebhook {
    pub id: String,
    pub name: String,
    pub endpoint: String,
    pub status: String,
    pub subscriptions: Vec<String>,
    pub secret: String,
    pub at: Timestamp,
}

/// An event for one address, until it is taken or given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZendeskNotice {
    pub id: String,
    /// Id of the address's webhook.
    pub webhook: String,
    /// As it left: made when it happened.
    pub body: String,
    pub tries: u32,
    /// When it is sent next, by the machine's clock.
    pub due: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenedUnder {
    pub key: String,
    pub request: String,
    pub ticket: u64,
    pub at: Timestamp,
}

impl Zendesk {
    /// Tickets count on from here.
    const FIRST_TICKET: u64 = 35_436;

    pub fn next_ticket(&self) -> u64 {
        self.tickets.last().map_or(Self::FIRST_TICKET, |last| last.id + 1)
    }

    /// Of anything else. Above what a float holds exactly, as some of Zendesk's are.
    pub fn next_id(&mut self) -> u64 {
        self.ids_made += 1;
        9_007_199_254_741_000 + self.ids_made
    }

    pub fn ticket(&self, id: u64) -> Option<&ZendeskTicket> {
        self.tickets.iter().find(|ticket| ticket.id == id)
    }

    pub fn ticket_mut(&mut self, id: u64) -> Option<&mut ZendeskTicket> {
        self.tickets.iter_mut().find(|ticket| ticket.id == id)
    }
}
