//! Where people work.

use async_trait::async_trait;
use jiff::Timestamp;

use super::{Urgency, VendorError, WriteError};
use crate::domain::customer::Email;
use crate::domain::effect::Permit;
use crate::domain::event::TicketReference;
use crate::domain::id::EffectId;

pub mod gorgias;

/// What a helpdesk can do, as data.
#[derive(Clone, Debug)]
pub struct HelpdeskCapabilities {
    pub vendor: &'static str,
    /// Messages that fit into the call that opens a ticket.
    pub messages_on_open: usize,
}

/// A ticket to be opened with everything that was said.
#[derive(Clone, Debug)]
pub struct TicketDraft {
    /// Planted as the ticket's external id: by it the ticket is found again.
    pub effect: EffectId,
    pub subject: String,
    /// Added to the tags of the store's settings.
    pub tags: Vec<String>,
    /// Proved or claimed address; tickets without one are possible.
    pub customer_email: Option<Email>,
    pub customer_name: Option<String>,
    pub transcript: Vec<TranscriptLine>,
    /// For the colleague only, never for the shopper.
    pub note: String,
}

#[derive(Clone, Debug)]
pub struct TranscriptLine {
    /// Planted as the message's external id.
    pub id: String,
    pub from_customer: bool,
    pub text: String,
    pub at: Timestamp,
}

#[async_trait]
pub trait HelpdeskReader: Send + Sync {
    fn capabilities(&self) -> &HelpdeskCapabilities;

    /// The ticket that carries this effect's id, if there is one.
    async fn ticket_of(&self, effect: &EffectId, urgency: Urgency) -> Result<Option<TicketReference>, VendorError>;

    /// For `doctor`.
    async fn check(&self) -> Result<String, VendorError>;
}

#[async_trait]
pub trait HelpdeskWriter: Send + Sync {
    /// The request that opens this ticket: the transcript recorded, not sent to anyone. Pure.
    fn request(&self, draft: &TicketDraft) -> String;

    /// Opens the ticket that a request made by [`HelpdeskWriter::request`] describes.
    async fn open_ticket(&self, permit: Permit, request: &str) -> Result<TicketReference, WriteError>;
}
