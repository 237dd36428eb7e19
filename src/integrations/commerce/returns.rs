//! Goods that come back, where the platform itself keeps returns: opened, given a label, called off, paid back once they are
//! there, and read again. None of it is answered by a key: what is wanted is looked for first.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::refunds::{RefundRecord, RefundShare};
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;
use crate::domain::money::Money;
use crate::domain::order::{OrderId, open_enum};
use crate::integrations::{Urgency, VendorError, WriteError};

/// What of a sent line can still come back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Returnable {
    /// The platform's id of the line within its parcel: what a return names.
    pub content: String,
    /// The order's line.
    pub line: String,
    pub quantity: u32,
}

/// A reason that the platform knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnReason {
    pub id: String,
    /// A fixed word, `size-too-small`.
    pub handle: String,
    /// As the shop's people read it.
    pub name: String,
}

/// Some pieces that are to come back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturningLine {
    pub content: String,
    pub quantity: u32,
    /// The id of a [`ReturnReason`].
    pub reason: String,
    pub note: String,
}

/// A return to be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnDraft {
    /// Begins the first line's note: by it the return is found again.
    pub effect: EffectId,
    pub order: OrderId,
    pub lines: Vec<ReturningLine>,
    /// Whether the store's people approve it at the platform before it is open.
    pub ask_first: bool,
}

/// The label of a parcel that brings a return back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelDraft {
    pub effect: EffectId,
    /// The return.
    pub id: String,
    /// Where the label's file can be had by anyone.
    pub url: String,
    /// By it the label is found again.
    pub tracking_number: String,
    pub tracking_url: Option<String>,
    /// Whether the platform mails it to the shopper.
    pub notify: bool,
}

open_enum! {
    ReturnState {
        Requested = "requested",
        Open = "open",
        Closed = "closed",
        Declined = "declined",
        Canceled = "canceled",
    }
}

/// A return as the platform has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnFile {
    pub id: String,
    /// `#1010-R1`.
    pub name: String,
    pub state: ReturnState,
    pub lines: Vec<ReturnedLine>,
    /// The platform's ids of the ways on which it comes back; none before it is open.
    pub ways_back: Vec<String>,
    /// Tracking numbers of the parcels that have a label.
    pub parcels: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnedLine {
    pub id: String,
    pub content: Option<String>,
    /// The order's line.
    pub line: Option<String>,
    pub quantity: u32,
    /// What has not been dealt with at the store.
    pub open: u32,
}

/// Some pieces of a return, by the id of its line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnPieces {
    pub line: String,
    pub quantity: u32,
}

/// What the platform itself would pay back for all of a return that is still open, less the return's own fees: the ceiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// None where all of it has been dealt with.
    pub lines: Vec<ReturnPieces>,
    /// In the currency that the customer paid in.
    pub amount: Money,
    /// For the whole order.
    pub maximum: Money,
    /// How the amount is spread over the payments.
    pub shares: Vec<RefundShare>,
}

/// Goods that are there, to be paid back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessDraft {
    pub effect: EffectId,
    pub order: OrderId,
    /// The return.
    pub id: String,
    pub lines: Vec<ReturnPieces>,
    /// Not empty.
    pub shares: Vec<RefundShare>,
    /// The platform's id of the place where they go back into stock; `None`: they do not.
    pub restock: Option<String>,
    /// Whether the platform mails the shopper about it.
    pub notify: bool,
}

#[async_trait]
pub trait ReturnReader: Send + Sync {
    /// What can still come back of an order.
    async fn returnable(&self, order: &OrderId, urgency: Urgency) -> Result<Vec<Returnable>, VendorError>;

    async fn reasons(&self, urgency: Urgency) -> Result<Vec<ReturnReason>, VendorError>;

    /// The return that carries this effect's id, if the platform has it.
    async fn return_of(
        &self,
        order: &OrderId,
        effect: &EffectId,
        urgency: Urgency,
    ) -> Result<Option<ReturnFile>, VendorError>;

    async fn return_by_id(&self, id: &str, urgency: Urgency) -> Result<Option<ReturnFile>, VendorError>;

    /// What the platform would pay back now for all that is still open of a return. `Refused` where the shopper would have
    /// to pay instead, and where the return is not this order's.
    async fn settlement(&self, order: &OrderId, id: &str, urgency: Urgency) -> Result<Settlement, VendorError>;

    /// The refund of this amount that came of a return of which nothing is open any more. One of another amount is
    /// somebody else's.
    async fn processed(
        &self,
        order: &OrderId,
        id: &str,
        due: Money,
        urgency: Urgency,
    ) -> Result<Option<RefundRecord>, VendorError>;
}

#[async_trait]
pub trait ReturnWriter: Send + Sync {
    /// What is to be opened, as it is stored. Pure.
    fn opening_request(&self, draft: &ReturnDraft) -> String;

    /// Opens the return, or asks for it, unless it is there.
    async fn open_return(&self, permit: Permit, request: &str) -> Result<ReturnFile, WriteError>;

    /// What is to be added, as it is stored. Pure.
    fn label_request(&self, draft: &LabelDraft) -> String;

    /// Adds the label to an open return unless it is there.
    async fn add_label(&self, permit: Permit, request: &str) -> Result<ReturnFile, WriteError>;

    /// That this return is to be called off, as it is stored. Pure.
    fn withdrawal_request(&self, effect: &EffectId, id: &str) -> String;

    /// Calls a return off of which nothing has been dealt with, unless it is called off.
    async fn withdraw(&self, permit: Permit, request: &str) -> Result<ReturnFile, WriteError>;

    /// What is to be dealt with and paid back, as it is stored. Pure.
    fn processing_request(&self, draft: &ProcessDraft) -> String;

    /// Takes the goods in and pays back, unless nothing of the return is open any more. It cannot be undone, and is not to
    /// be sent again where its outcome is unknown: [`ReturnReader::processed`] tells.
    async fn process(&self, permit: Permit, request: &str) -> Result<RefundRecord, WriteError>;
}
