//! Mail.

use async_trait::async_trait;

use super::{VendorError, WriteError};
use crate::domain::customer::Email;
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;

pub mod sendgrid;

/// A mail to a shopper. Plain text; what stands in it is escaped by the writer where it makes HTML of it.
#[derive(Clone, Debug)]
pub struct Mail {
    /// Planted in the request, and so in the vendor's events.
    pub effect: EffectId,
    pub to: Email,
    pub subject: String,
    pub text: String,
}

#[async_trait]
pub trait MailWriter: Send + Sync {
    /// The request for this mail, as it will leave. Pure.
    fn request(&self, mail: &Mail) -> String;

    /// Sends a request made by [`MailWriter::request`]. Returns the vendor's message id, where it gives one.
    async fn send(&self, permit: Permit, request: &str) -> Result<Option<String>, WriteError>;

    /// For `doctor`.
    async fn check(&self) -> Result<String, VendorError>;
}
