//! The systems of others, over the wire. Readers and writers are separate traits: a reader may be handed to anyone,
//! a writer asks for a permit that only the effects gate can make.

use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

pub mod clients;
pub mod commerce;
pub mod helpdesk;
pub mod hooks;
pub mod http;
pub mod messaging;
pub mod payments;
pub mod shipping;
mod stored;
pub mod webhook;

/// Who waits for a call. Budgets let a shopper through before work that nobody watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Urgency {
    Background,
    Shopper,
}

/// The name of a vendor, for errors and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vendor {
    Shopify,
    EasyPost,
    SendGrid,
    Front,
    Gorgias,
    Zendesk,
    Intercom,
    Stripe,
    /// An address of the store's own.
    Webhook,
}

/// A setting that cannot work. It stops the start.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{key}: {problem}; {fix}")]
pub struct SettingsError {
    /// As written in `deskhand.toml`, below the store: `shopify.shop`.
    pub key: &'static str,
    pub problem: String,
    /// What to do, as an instruction.
    pub fix: &'static str,
}

/// Why a call to a vendor gave no usable answer. Three audiences: `Display` is for the operator (with the vendor's
/// request id); the shopper and the model are told by desk and tools, never in a vendor's words.
#[derive(Debug, Error)]
pub enum VendorError {
    /// No connection, a time-out, 5xx, or the circuit is open.
    #[error("{vendor:?} cannot be reached: {reason}{}", request(.request_id))]
    Unavailable { vendor: Vendor, reason: String, request_id: Option<String> },
    /// Its limit, or our own budget for it, is used up for longer than anyone would wait.
    #[error("{vendor:?} asks to wait {} s{}", .wait.as_secs(), request(.request_id))]
    Throttled { vendor: Vendor, wait: Duration, request_id: Option<String> },
    /// The key, token or its scopes are not accepted.
    #[error("{vendor:?} does not accept the credentials: {reason}{}", request(.request_id))]
    Credentials { vendor: Vendor, reason: String, request_id: Option<String> },
    /// It understood the request and said no.
    #[error("{vendor:?} refused ({status}): {reason}{}", request(.request_id))]
    Refused { vendor: Vendor, status: u16, reason: String, request_id: Option<String> },
    /// Its answer does not read as what it should be.
    #[error("{vendor:?} sent an answer that does not read: {reason}{}", request(.request_id))]
    Garbled { vendor: Vendor, reason: String, request_id: Option<String> },
}

fn request(id: &Option<String>) -> String {
    id.as_ref().map_or_else(String::new, |id| format!(" (request {id})"))
}

/// What a failed write left behind.
#[derive(Debug, Error)]
pub enum WriteError {
    /// The request did not leave, or was turned away unprocessed (no connection, 429): the same bytes may go again.
    #[error("not sent: {0}")]
    NotSent(VendorError),
    /// The vendor said no; nothing happened.
    #[error("refused: {0}")]
    Refused(VendorError),
    /// It left and no answer came, or one that does not tell: it may have happened.
    #[error("outcome unknown: {0}")]
    Unknown(VendorError),
}

/// The permit is for another effect than the request carries. Nothing left; nothing ever will with this pair.
fn not_permitted(vendor: Vendor) -> WriteError {
    let reason = "the request is not the one that was permitted; it was not sent".to_owned();
    WriteError::Refused(VendorError::Refused { vendor, status: 0, reason, request_id: None })
}

/// Everything that can be read of a store, for anyone.
#[derive(Clone)]
pub struct Readers {
    pub commerce: Arc<dyn commerce::CommerceReader>,
    pub refunds: Arc<dyn commerce::refunds::RefundReader>,
    pub cancellations: Arc<dyn commerce::cancellations::CancellationReader>,
    pub changes: Arc<dyn commerce::changes::ChangeReader>,
    pub returns: Arc<dyn commerce::returns::ReturnReader>,
    pub tracking: Arc<dyn shipping::TrackingReader>,
    pub labels: Arc<dyn shipping::labels::LabelReader>,
    /// Where the store is paid outside of its platform.
    pub payments: Option<Arc<dyn payments::PaymentReader>>,
    pub helpdesk: Arc<dyn helpdesk::HelpdeskReader>,
}

/// Everything that can be changed for a store. Only the effects gate holds one.
#[derive(Clone)]
pub struct Writers {
    pub refunds: Arc<dyn commerce::refunds::RefundWriter>,
    pub cancellations: Arc<dyn commerce::cancellations::CancellationWriter>,
    pub changes: Arc<dyn commerce::changes::ChangeWriter>,
    pub returns: Arc<dyn commerce::returns::ReturnWriter>,
    pub helpdesk: Arc<dyn helpdesk::HelpdeskWriter>,
    pub labels: Arc<dyn shipping::labels::LabelWriter>,
    pub payments: Option<Arc<dyn payments::PaymentWriter>>,
    pub mail: Arc<dyn messaging::MailWriter>,
}
