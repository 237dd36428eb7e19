//! What must outlive the process. Traits first, each stating the rule that concurrent writers live by; back ends
//! below, and one conformance suite that every back end passes.

use std::error::Error;
use std::path::PathBuf;

use thiserror::Error;

pub mod approvals;
pub mod articles;
pub mod backlog;
pub mod codes;
pub mod deliveries;
pub mod ledger;
pub mod log;
pub mod orders;
pub mod outbox;
mod personal;
pub mod sqlite;
pub mod stores;
mod summary;
pub mod tries;
pub mod vault;

use approvals::Approvals;
use articles::Articles;
use backlog::Backlog;
use codes::Codes;
use deliveries::Deliveries;
use ledger::Ledger;
use log::EventLog;
use orders::OrderEffects;
use outbox::Outbox;
use stores::Stores;
use tries::IdentityTries;

/// All of it, behind one handle.
pub trait Storage:
    EventLog
    + Ledger
    + OrderEffects
    + Approvals
    + Outbox
    + Deliveries
    + Articles
    + Backlog
    + IdentityTries
    + Codes
    + Stores
    + Send
    + Sync
{
}

impl<T> Storage for T where
    T: EventLog
        + Ledger
        + OrderEffects
        + Approvals
        + Outbox
        + Deliveries
        + Articles
        + Backlog
        + IdentityTries
        + Codes
        + Stores
        + Send
        + Sync
{
}

/// Why something could not be stored or read. Each says what to do; where a driver spoke, its whole chain of causes
/// follows.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum StorageError {
    /// The disk is full, the file cannot be written, the database is locked by another program.
    #[error("the database cannot be written: {0}. Check free space and permissions of its folder")]
    Unwritable(String),
    /// There is a file, and it is something else.
    #[error("{} is not a database of Deskhand. Give another path, or move that file away", .0.display())]
    NotADatabase(PathBuf),
    /// A later version of Deskhand has written it.
    #[error(
        "the database has schema {found}, and this program knows none after {known}. Run the newer Deskhand that wrote \
         it, or restore a backup from before the upgrade"
    )]
    NewerSchema { found: i64, known: i64 },
    /// What is stored does not read back: a bug, or a file that someone edited.
    #[error("stored data does not read back: {0}")]
    Corrupt(String),
    /// The customer's key was destroyed; what it sealed is gone for good.
    #[error("this person's data was erased")]
    Erased,
    /// The keyring does not hold the key that something was sealed with.
    #[error("no key {0:?} in the keyring; add it back to the keyring to read what it sealed")]
    MissingKey(String),
    /// Something was to be stored for a conversation that was never opened.
    #[error("no such conversation")]
    UnknownConversation,
    /// A list was asked to go on from a place that no list ever named.
    #[error("this cursor is not one that an earlier page gave; leave it out to start from the first page")]
    InvalidCursor,
    /// The storage was closed, or its writer is gone; the process is ending.
    #[error("the storage is closed")]
    Closed,
    #[error("database: {0}")]
    Database(String),
}

/// An error with all its causes in one line, for operators. A cause that its parent already quotes is not repeated.
fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        source = cause.source();
    }
    text
}

impl From<serde_json::Error> for StorageError {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(chain(&error))
    }
}
