//! Where people work.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Urgency, VendorError, WriteError};
use crate::domain::customer::Email;
use crate::domain::effect::Permit;
use crate::domain::event::TicketReference;
use crate::domain::id::{ConversationId, EffectId};

pub mod front;
pub mod gorgias;
pub mod intercom;
mod text;
pub mod zendesk;

/// What a helpdesk can do, as data.
#[derive(Clone, Debug)]
pub struct HelpdeskCapabilities {
    pub vendor: &'static str,
    /// For how long the helpdesk itself knows a repetition of the call that opens a ticket.
    pub dedupes_tickets_for: Option<Duration>,
    /// Whether the call that opens a ticket carries the note for colleagues, too. If not, the note is an entry of its own.
    pub opens_with_note: bool,
    /// Characters that fit into one message.
    pub longest_message: usize,
    /// So many entries are written one by one. Where more wait, those of one side that follow each other go in one: helpdesks
    /// count calls.
    pub entries_one_by_one: usize,
}

/// A ticket to be opened with everything that was said.
#[derive(Clone, Debug)]
pub struct TicketDraft {
    /// Planted as the ticket's external id: by it the ticket is found again.
    pub effect: EffectId,
    pub subject: String,
    /// Added to the tags of the store's settings.
    pub tags: Vec<String>,
    pub customer: TicketCustomer,
    pub transcript: Vec<TranscriptLine>,
    /// For the colleague only, never for the shopper.
    pub note: String,
}

/// Whose ticket it is: the same for all that is written into it.
#[derive(Clone, Debug)]
pub struct TicketCustomer {
    /// Stands for them where nothing else is known.
    pub conversation: ConversationId,
    /// Proved or claimed address; tickets without one are possible.
    pub email: Option<Email>,
    /// As they call themselves.
    pub name: Option<String>,
}

#[derive(Clone, Debug)]
pub struct TranscriptLine {
    /// Planted as the message's external id.
    pub id: String,
    pub from_customer: bool,
    pub text: String,
    pub at: Timestamp,
}

/// Something to be written into a ticket.
#[derive(Clone, Debug)]
pub struct TicketEntry {
    /// Planted as its external id: by it the entry is found again.
    pub effect: EffectId,
    pub kind: EntryKind,
    pub customer: TicketCustomer,
    pub text: String,
    pub at: Timestamp,
    /// For a reply: as the ticket's view says.
    pub reply_path: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// The shopper's words, recorded.
    Customer,
    /// What the shopper read of ours elsewhere: recorded, and sent to nobody.
    Agent,
    /// For colleagues only.
    Note,
    /// An answer that the helpdesk sends to the customer, by the way on which they wrote.
    Reply,
}

/// What is to be different about a ticket. All else of it stays, tags of others among it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketChange {
    // First: by it a request is known to be its effect's own.
    pub effect: EffectId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove_tags: Vec<String>,
    /// The helpdesk's id of the person who is to work on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// The helpdesk's id of the team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// Whose ticket it is, now that they have proved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<Email>,
}

impl TicketChange {
    /// One that changes nothing yet.
    pub fn of(effect: EffectId) -> Self {
        Self {
            effect,
            open: None,
            add_tags: Vec::new(),
            remove_tags: Vec::new(),
            assignee: None,
            team: None,
            customer: None,
        }
    }

    /// What its ledger row holds.
    pub fn request(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What a permit's row asks for, if it is that row's.
    pub fn permitted(permit: &Permit, request: &str) -> Option<Self> {
        serde_json::from_str(request).ok().filter(|change: &Self| change.effect == *permit.effect())
    }

    /// Whether the ticket is so already.
    pub fn holds_in(&self, ticket: &TicketView) -> bool {
        let has = |tag: &String| ticket.tags.iter().any(|own| own.eq_ignore_ascii_case(tag));
        let is = |wanted: &Option<String>, own: Option<&str>| wanted.as_deref().is_none_or(|id| Some(id) == own);
        self.open.is_none_or(|open| open == ticket.open)
            && self.add_tags.iter().all(has)
            && !self.remove_tags.iter().any(has)
            && is(&self.assignee, ticket.assignee.as_ref().map(|colleague| colleague.id.as_str()))
            && is(&self.team, ticket.team.as_deref())
            && self.customer.as_ref().is_none_or(|email| ticket.customer.as_ref() == Some(email))
    }
}

/// A ticket as the helpdesk shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketView {
    pub reference: TicketReference,
    /// What was planted when we opened it.
    pub external_id: Option<String>,
    pub subject: Option<String>,
    pub channel: Channel,
    pub open: bool,
    pub tags: Vec<String>,
    /// The person who works on it.
    pub assignee: Option<Colleague>,
    /// The helpdesk's id of the team that has it.
    pub team: Option<String>,
    /// Whose ticket it is, as the helpdesk knows them: a claim. None: an address that was made up for a visitor.
    pub customer: Option<Email>,
    /// How its customer is answered, in the helpdesk's own terms. None: not through the helpdesk.
    pub reply_path: Option<Value>,
    /// In the order in which they were written.
    pub messages: Vec<TicketMessage>,
}

/// The way on which a ticket came to the helpdesk, and on which its customer is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Through the API, as ours do.
    Api,
    Email,
    /// The helpdesk's own chat.
    Chat,
    /// Any other: the agent takes no part in it.
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketMessage {
    pub id: String,
    /// What we planted, where it is ours.
    pub external_id: Option<String>,
    pub author: TicketAuthor,
    /// Whether the customer may read it; a note is for colleagues.
    pub public: bool,
    pub text: String,
    pub at: Timestamp,
}

/// Who wrote it. Only a person takes a conversation over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TicketAuthor {
    Customer,
    /// What we wrote ourselves.
    OurAgent,
    Person(Colleague),
    /// The helpdesk's own bot.
    VendorBot,
    Rule,
    Unknown,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Colleague {
    pub id: String,
    pub name: String,
    /// As the helpdesk knows it: by it a store says who may decide.
    pub email: Option<Email>,
}

/// A tag that somebody has put on a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tagging {
    /// The helpdesk's id of the deed.
    pub id: String,
    pub tag: String,
    /// Who did it, as the helpdesk proves it; never as the ticket's text says.
    pub by: TicketAuthor,
    pub at: Timestamp,
}

#[async_trait]
pub trait HelpdeskReader: Send + Sync {
    fn capabilities(&self) -> &HelpdeskCapabilities;

    /// The ticket that carries this effect's id, if there is one.
    async fn ticket_of(&self, effect: &EffectId, urgency: Urgency) -> Result<Option<TicketReference>, VendorError>;

    /// A ticket by the helpdesk's id, with all that stands in it.
    async fn ticket(&self, id: &str, urgency: Urgency) -> Result<Option<TicketView>, VendorError>;

    /// Who has put which tag on a ticket, the oldest first.
    async fn taggings(&self, ticket: &str, urgency: Urgency) -> Result<Vec<Tagging>, VendorError>;

    /// For `doctor`.
    async fn check(&self) -> Result<String, VendorError>;
}

#[async_trait]
pub trait HelpdeskWriter: Send + Sync {
    /// The request that opens this ticket: the transcript recorded, not sent to anyone. Pure.
    fn request(&self, draft: &TicketDraft) -> String;

    /// Opens the ticket that a request made by [`HelpdeskWriter::request`] describes.
    async fn open_ticket(&self, permit: Permit, request: &str) -> Result<TicketReference, WriteError>;

    /// The request that writes this into a ticket. Pure.
    fn entry(&self, entry: &TicketEntry) -> String;

    /// Writes what a request made by [`HelpdeskWriter::entry`] describes into this ticket. What the helpdesk calls it.
    async fn write(&self, permit: Permit, ticket: &str, request: &str) -> Result<String, WriteError>;

    /// Brings a ticket to where the [`TicketChange`] of this request says. What is so already stays so: it may be repeated.
    async fn change(&self, permit: Permit, ticket: &str, request: &str) -> Result<(), WriteError>;
}
