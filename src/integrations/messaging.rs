//! Mail.

use async_trait::async_trait;

use self::letters::Letter;
use super::{VendorError, WriteError};
use crate::domain::customer::Email;
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;

pub mod letters;
pub mod sendgrid;

/// A mail to a shopper, in plain text.
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

    /// The request for this letter, as it will leave: the text and the HTML, of which the shopper's program shows one. Pure.
    fn letter_request(&self, letter: &Letter) -> String;

    /// Sends a request made by one of these two. Returns the vendor's message id, where it gives one.
    async fn send(&self, permit: Permit, request: &str) -> Result<Option<String>, WriteError>;

    /// For `doctor`.
    async fn check(&self) -> Result<String, VendorError>;
}
