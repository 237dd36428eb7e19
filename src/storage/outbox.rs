//! The outbox: work that leaves for a vendor in order, one lane a conversation, surviving restarts and outages.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use super::StorageError;
use crate::domain::id::ConversationId;

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
    /// How many of these tries failed. The others were cut short by the end of their desk, which says nothing about the
    /// vendor: it is no reason to wait, or to give up.
    pub failures: u32,
    /// How often a person had it tried again after it was given up.
    pub revived: u32,
    pub created_at: Timestamp,
}

/// Work that waits, or was given up, as people see it.
#[derive(Clone, Debug)]
pub struct Letter {
    pub id: i64,
    pub conversation: ConversationId,
    pub kind: String,
    /// Why it did not succeed last time.
    pub problem: Option<String>,
    /// How often it was tried.
    pub attempts: u32,
    pub created_at: Timestamp,
    /// When it is tried next, of one that waits.
    pub due_at: Timestamp,
}

/// Work of a conversation that is not done.
#[derive(Clone, Debug)]
pub struct OpenJob {
    pub kind: String,
    pub payload: Value,
    /// Whether it was given up.
    pub dead: bool,
    pub attempts: u32,
    pub problem: Option<String>,
    pub created_at: Timestamp,
}

#[async_trait]
pub trait Outbox: Send + Sync {
    /// The first waiting job of each lane that is due and that nobody has in hand, taken by `owner` for `ttl` of machine
    /// time. Jobs are added by [`super::log::Append::outbox`], in the transaction that makes them due.
    async fn take(&self, owner: &str, limit: u32, ttl: Duration) -> Result<Vec<Job>, StorageError>;

    /// Frees what desks that have ended had in hand, so that a start need not wait until their time has run out. Returns
    /// how many jobs that were. Which desks have ended the back end knows, without a guess: a file of SQLite belongs to one
    /// desk at a time, so that all but `owner`, who asks, have; where several share a database, those are still alive
    /// that keep a hold on it which ends with their process.
    async fn free_abandoned(&self, owner: &str) -> Result<u64, StorageError>;

    /// It is done and forgotten: the lane goes on.
    async fn done(&self, id: i64) -> Result<(), StorageError>;

    /// Not now: again after `delay` of machine time. The lane waits. Nothing happens where the job was taken again since:
    /// it is in other hands.
    async fn retry(&self, job: &Job, delay: Duration, problem: &str) -> Result<(), StorageError>;

    /// Never: it becomes a dead letter, and the lane goes on.
    async fn bury(&self, id: i64, problem: &str) -> Result<(), StorageError>;

    /// What was given up, oldest first. It stays until its person is erased.
    async fn dead_letters(&self, limit: u32) -> Result<Vec<Letter>, StorageError>;

    /// What waits, oldest first.
    async fn waiting_letters(&self, limit: u32) -> Result<Vec<Letter>, StorageError>;

    /// What was given up is tried again, before what came after it in its lane. `false`: nothing of this number was given up.
    async fn revive(&self, id: i64) -> Result<bool, StorageError>;

    /// What is not done of a conversation's work, waiting or given up, oldest first. Nothing once its person was erased.
    async fn jobs_of(&self, conversation: &ConversationId) -> Result<Vec<OpenJob>, StorageError>;

    /// (waiting, dead) counts.
    async fn depth(&self) -> Result<(u64, u64), StorageError>;
}
