//! Deliveries: what vendors sent by themselves, each kept once, worked off in the order in which it came for each thing that
//! it is about, surviving restarts and outages.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::StorageError;
use crate::domain::id::StoreId;

/// All that is kept of a delivery. Stored readable: nothing personal may be part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    pub store: StoreId,
    pub vendor: String,
    /// The vendor's id of the event: it comes again with every repetition.
    pub event: String,
    /// What the vendor says has happened.
    pub kind: String,
    /// The vendor's id of what it is about.
    pub object: String,
    /// Machine time.
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub id: i64,
    pub store: StoreId,
    pub vendor: String,
    pub event: String,
    pub kind: String,
    pub object: String,
    pub received_at: Timestamp,
    /// How often it was tried before.
    pub tries: u32,
    /// How many of these tries failed, and were not cut short by the end of their desk.
    pub failures: u32,
    /// Why it did not succeed last time.
    pub problem: Option<String>,
}

/// What became of a delivery in hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is dealt with, and remembered so that a repetition is known.
    Done,
    /// It failed: again after this much machine time.
    Retry { delay: Duration, problem: String },
    /// Its time has not come, which counts as no try: again after this much machine time.
    Wait { delay: Duration },
    /// Never: it is a dead letter.
    Dead { problem: String },
}

#[async_trait]
pub trait Deliveries: Send + Sync {
    /// Keeps a delivery, unless this store has had this event of this vendor before. On disk when this returns. `false`: it
    /// was known, and nothing was written.
    async fn receive(&self, delivery: NewDelivery) -> Result<bool, StorageError>;

    /// The first waiting delivery about each thing that is due and that nobody has in hand, taken by `owner` for `ttl` of
    /// machine time.
    async fn take_deliveries(&self, owner: &str, limit: u32, ttl: Duration) -> Result<Vec<Delivery>, StorageError>;

    /// Frees what desks that have ended had in hand, as [`super::outbox::Outbox::free_abandoned`] does.
    async fn free_deliveries(&self, owner: &str) -> Result<u64, StorageError>;

    /// Nothing happens where the delivery was taken again since: it is in other hands.
    async fn settle_delivery(&self, delivery: &Delivery, outcome: Outcome) -> Result<(), StorageError>;

    /// What was given up, oldest first.
    async fn dead_deliveries(&self, limit: u32) -> Result<Vec<Delivery>, StorageError>;

    /// What waits, oldest first.
    async fn deliveries_that_wait(&self, limit: u32) -> Result<Vec<Delivery>, StorageError>;

    /// What was given up is looked into again. `false`: nothing of this number was given up.
    async fn revive_delivery(&self, id: i64) -> Result<bool, StorageError>;

    /// How many wait.
    async fn waiting_deliveries(&self) -> Result<u64, StorageError>;

    /// Drops what was received before a moment and does not wait any more. Returns how many that were.
    async fn forget_deliveries(&self, before: Timestamp) -> Result<u64, StorageError>;
}
