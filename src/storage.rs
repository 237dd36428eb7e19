//! What must outlive the process. Traits first, each stating the rule that concurrent writers live by; back ends
//! below, and one conformance suite that every back end passes.

use thiserror::Error;

pub mod codes;
pub mod ledger;
pub mod log;
pub mod outbox;
pub mod stores;
pub mod tries;

use codes::Codes;
use ledger::Ledger;
use log::EventLog;
use outbox::Outbox;
use stores::Stores;
use tries::IdentityTries;

/// All of it, behind one handle.
pub trait Storage: EventLog + Ledger + Outbox + IdentityTries + Codes + Stores + Send + Sync {}

impl<T: EventLog + Ledger + Outbox + IdentityTries + Codes + Stores + Send + Sync> Storage for T {}

/// Why something could not be stored or read.
#[derive(Debug, Error)]
pub enum StorageError {
    /// The disk is full, the file cannot be written, the database is locked by another program.
    #[error("the database cannot be written: {0}. Check free space and permissions of its folder")]
    Unwritable(String),
    /// What is stored does not read back: a bug, or a file that someone edited.
    #[error("stored data does not read back: {0}")]
    Corrupt(String),
    /// The customer's key was destroyed; what it sealed is gone for good.
    #[error("this person's data was erased")]
    Erased,
    /// The keyring does not hold the key that something was sealed with.
    #[error("no key {0:?} in the keyring; add it back to the keyring to read what it sealed")]
    MissingKey(String),
    #[error("database: {0}")]
    Database(String),
}
