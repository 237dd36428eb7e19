//! Where people work.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Urgency, VendorError, WriteError};
use crate::domain::customer::Email;
use crate::domain::effect::Permit;
use crate::domain::event::TicketReference;
use crate::domain::id::{ConversationId, EffectId};

pub mod gorgias;
mod text;
pub mod zendesk;

/// What a helpdesk can do, as data.
#[derive(Clone, Debug)]
pub struct HelpdeskCapabilities {
    pub vendor: &'static str,
    /// For how long the helpdesk itself knows a repetition of the call that opens a ticket.
    pub dedupes_tickets_for: Option<Duration>,
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

/// Something to be written into a ticket: recorded, and sent to nobody.
#[derive(Clone, Debug)]
pub struct TicketEntry {
    /// Planted as its external id: by it the entry is found again.
    pub effect: EffectId,
    pub kind: EntryKind,
    pub customer: TicketCustomer,
    pub text: String,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EntryKind {
    /// The shopper's words.
    Customer,
    /// What the shopper read of ours.
    Agent,
    /// For colleagues only.
    Note,
}

/// A ticket as the helpdesk shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketView {
    pub reference: TicketReference,
    pub open: bool,
    pub tags: Vec<String>,
    /// The person who works on it.
    pub assignee: Option<Colleague>,
    /// In the order in which they were written.
    pub messages: Vec<TicketMessage>,
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
}

#[async_trait]
pub trait HelpdeskReader: Send + Sync {
    fn capabilities(&self) -> &HelpdeskCapabilities;

    /// The ticket that carries this effect's id, if there is one.
    async fn ticket_of(&self, effect: &EffectId, urgency: Urgency) -> Result<Option<TicketReference>, VendorError>;

    /// A ticket by the helpdesk's id, with all that stands in it.
    async fn ticket(&self, id: &str, urgency: Urgency) -> Result<Option<TicketView>, VendorError>;

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
}
