//! Failed attempts to prove an identity, counted across conversations, addresses and restarts.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::StorageError;
use crate::domain::id::StoreId;

/// What tries are counted under. Values are stored as keyed digests only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The order number that was named, as compared, whether it exists or not.
    Order(String),
    Conversation(String),
    /// The client's network address.
    Address(String),
    Key(String),
    /// An address that something is sent to.
    Recipient(String),
}

/// How many wrong tries each scope allows in the window.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub order: u32,
    pub conversation: u32,
    pub address: u32,
    pub key: u32,
    pub recipient: u32,
    pub window: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            order: 5,
            conversation: 5,
            address: 20,
            key: 500,
            recipient: 6,
            window: Duration::from_secs(24 * 60 * 60),
        }
    }
}

/// A try that was admitted. It counts as wrong until it is forgiven, so that a crash, or many at once, never gain one.
#[derive(Clone, Debug)]
pub struct Admission(pub Vec<i64>);

#[async_trait]
pub trait IdentityTries: Send + Sync {
    /// Counts a try under every scope, unless one of them is used up; then nothing is counted and `None` returned.
    /// One transaction: two tries at once cannot both be the last.
    async fn admit(
        &self,
        store: &StoreId,
        scopes: &[Scope],
        limits: Limits,
        at: Timestamp,
    ) -> Result<Option<Admission>, StorageError>;

    /// Forgets tries that are too old for any window.
    async fn forget_tries(&self, before: Timestamp) -> Result<(), StorageError>;

    /// The try was right: it does not count.
    async fn forgive(&self, admission: Admission) -> Result<(), StorageError>;
}
