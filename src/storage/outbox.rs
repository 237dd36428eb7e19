//! The outbox: work that leaves for a vendor in order, one lane a conversation, surviving restarts and outages.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use super::StorageError;

/// Work to be done after all earlier work of its lane.
#[derive(Clone, Debug)]
pub struct NewJob {
    /// The conversation whose order must be kept.
    pub lane: String,
    pub kind: String,
    /// Sealed at rest.
    pub payload: Value,
}

#[derive(Clone, Debug)]
pub struct Job {
    pub id: i64,
    pub lane: String,
    pub kind: String,
    pub payload: Value,
    /// How often it was tried before.
    pub attempts: u32,
    pub created_at: Timestamp,
}

#[async_trait]
pub trait Outbox: Send + Sync {
    /// The first waiting job of each lane that is due and that nobody has in hand, taken for `ttl` of machine time. Jobs are
    /// added by [`super::log::Append::outbox`], in the transaction that makes them due.
    async fn take(&self, limit: u32, ttl: Duration) -> Result<Vec<Job>, StorageError>;

    /// It is done and forgotten: the lane goes on.
    async fn done(&self, id: i64) -> Result<(), StorageError>;

    /// Not now: again after `delay` of machine time. The lane waits.
    async fn retry(&self, id: i64, delay: Duration, problem: &str) -> Result<(), StorageError>;

    /// Never: it becomes a dead letter, and the lane goes on.
    async fn bury(&self, id: i64, problem: &str) -> Result<(), StorageError>;

    /// (waiting, dead) counts.
    async fn depth(&self) -> Result<(u64, u64), StorageError>;
}
