//! One-time codes, stored hashed.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StorageError;
use crate::domain::customer::Email;
use crate::domain::id::ConversationId;

/// What became of a code that a shopper gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CodeVerdict {
    /// Right: this address is proved. The code is used up once the log says so: by the append of a `code.checked` that is
    /// right. Until then it proves again, so that a crash between the two does not cost the shopper the code.
    Proved(Email),
    /// Wrong; so many tries are left for it.
    Wrong { left: u32 },
    /// It was the one sent last, which is expired, used, or out of tries.
    TooLate,
    /// None was sent, or it is void, expired, used, or out of tries.
    NoneOpen,
}

#[async_trait]
pub trait Codes: Send + Sync {
    /// Stores the hash of the code of send number `number`; every earlier one of the conversation is void from now on.
    /// On disk before it returns. The address is sealed. The same number again keeps the tries already made on it; a lower
    /// one than the last changes nothing.
    async fn put_code(
        &self,
        conversation: &ConversationId,
        number: u32,
        email: &Email,
        code: &str,
        expires_at: Timestamp,
    ) -> Result<(), StorageError>;

    /// Checks a code in constant time and counts a wrong try, in one transaction. Three tries a code.
    async fn check_code(
        &self,
        conversation: &ConversationId,
        code: &str,
        at: Timestamp,
    ) -> Result<CodeVerdict, StorageError>;
}
