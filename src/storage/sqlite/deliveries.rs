//! What vendors sent, on SQLite.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::row::row;
use super::writer::Operation;
use super::{SqliteStorage, machine_deadline, machine_now, unsigned};
use crate::domain::clock::from_millis;
use crate::domain::id::StoreId;
use crate::storage::StorageError;
use crate::storage::deliveries::{Deliveries, Delivery, NewDelivery, Outcome};

/// Only the first that waits about a thing may be taken.
macro_rules! takeable {
    ($what:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM deliveries d WHERE d.state = 'waiting' AND d.due_at <= $1 AND d.taken_until <= $1 AND NOT EXISTS \
             (SELECT 1 FROM deliveries e WHERE e.store = d.store AND e.vendor = d.vendor AND e.object = d.object \
             AND e.state = 'waiting' AND e.id < d.id)"
        )
    };
}

row! {
    struct Stored {
        id: i64,
        store: String,
        vendor: String,
        event: String,
        kind: String,
        object: String,
        tries: i64,
        failures: i64,
        problem: Option<String>,
        received_at: i64,
    }
}

impl Stored {
    /// `in_hand`: its last try is the present one.
    fn delivery(self, in_hand: bool) -> Delivery {
        Delivery {
            id: self.id,
            store: StoreId::new(self.store),
            vendor: self.vendor,
            event: self.event,
            kind: self.kind,
            object: self.object,
            received_at: from_millis(self.received_at),
            tries: u32::try_from(self.tries - i64::from(in_hand)).unwrap_or(u32::MAX),
            failures: u32::try_from(self.failures).unwrap_or(u32::MAX),
            problem: self.problem,
        }
    }
}

struct Receive(NewDelivery);

impl Operation for Receive {
    type Answer = bool;
    const DURABLE: bool = true;

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let NewDelivery { store, vendor, event, kind, object, at } = &self.0;
        let done = sqlx::query(
            "INSERT INTO deliveries (store, vendor, event, kind, object, received_at) VALUES ($1, $2, $3, $4, $5, $6) \
             ON CONFLICT (store, vendor, event) DO NOTHING",
        )
        .bind(store.as_str())
        .bind(vendor)
        .bind(event)
        .bind(kind)
        .bind(object)
        .bind(at.as_millisecond())
        .execute(connection)
        .await?;
        Ok(done.rows_affected() > 0)
    }
}

struct Take {
    owner: String,
    limit: u32,
    ttl: Duration,
}

impl Operation for Take {
    type Answer = Vec<Stored>;

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let mut rows: Vec<Stored> = sqlx::query_as(concat!(
            "UPDATE deliveries SET taken_until = $2, taken_by = $4, tries = tries + 1 WHERE id IN (",
            takeable!("d.id"),
            " ORDER BY d.id LIMIT +$3) RETURNING *"
        ))
        .bind(machine_now())
        .bind(machine_deadline(self.ttl))
        .bind(self.limit)
        .bind(&self.owner)
        .fetch_all(connection)
        .await?;
        rows.sort_by_key(|row| row.id);
        Ok(rows)
    }
}

struct Free {
    owner: String,
}

impl Operation for Free {
    type Answer = u64;

    fn is_one_statement(&self) -> bool {
        true
    }

    /// One desk has the file: whoever else took something is no more.
    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let done = sqlx::query(
            "UPDATE deliveries SET taken_until = 0, taken_by = NULL \
             WHERE state = 'waiting' AND taken_until > 0 AND taken_by IS NOT $1",
        )
        .bind(&self.owner)
        .execute(connection)
        .await?;
        Ok(done.rows_affected())
    }
}

struct Settle {
    id: i64,
    /// With the one in hand.
    tries: i64,
    outcome: Outcome,
}

impl Operation for Settle {
    type Answer = ();

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        // All are bound alike: $3 the state, $4 when it is due, $5 a problem, $6 how many tries do not count, $7 how many
        // more have failed.
        let (state, delay, problem, forgiven, failed) = match &self.outcome {
            Outcome::Done => ("done", Duration::ZERO, None, 0, 0),
            Outcome::Retry { delay, problem } => ("waiting", *delay, Some(problem), 0, 1),
            Outcome::Wait { delay } => ("waiting", *delay, None, 1, 0),
            Outcome::Dead { problem } => ("dead", Duration::ZERO, Some(problem), 0, 1),
        };
        sqlx::query(
            "UPDATE deliveries SET state = $3, due_at = $4, problem = $5, tries = tries - $6, failures = failures + $7, \
             taken_until = 0, taken_by = NULL WHERE id = $1 AND tries = $2 AND state = 'waiting'",
        )
        .bind(self.id)
        .bind(self.tries)
        .bind(state)
        .bind(machine_deadline(delay))
        .bind(problem)
        .bind(forgiven)
        .bind(failed)
        .execute(connection)
        .await?;
        Ok(())
    }
}

struct Revive {
    id: i64,
}

impl Operation for Revive {
    type Answer = bool;

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let done = sqlx::query(
            "UPDATE deliveries SET state = 'waiting', tries = 0, failures = 0, due_at = 0, taken_until = 0, taken_by = NULL \
             WHERE id = $1 AND state = 'dead'",
        )
        .bind(self.id)
        .execute(connection)
        .await?;
        Ok(done.rows_affected() > 0)
    }
}

struct Forget {
    before: i64,
}

impl Operation for Forget {
    type Answer = u64;

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let done = sqlx::query("DELETE FROM deliveries WHERE state <> 'waiting' AND received_at < $1")
            .bind(self.before)
            .execute(connection)
            .await?;
        Ok(done.rows_affected())
    }
}

impl SqliteStorage {
    async fn deliveries_in(&self, state: &str, limit: u32) -> Result<Vec<Delivery>, StorageError> {
        let rows: Vec<Stored> = sqlx::query_as("SELECT * FROM deliveries WHERE state = $1 ORDER BY id LIMIT +$2")
            .bind(state)
            .bind(limit)
            .fetch_all(self.readers())
            .await?;
        Ok(rows.into_iter().map(|row| row.delivery(false)).collect())
    }
}

#[async_trait]
impl Deliveries for SqliteStorage {
    async fn receive(&self, delivery: NewDelivery) -> Result<bool, StorageError> {
        self.write(Receive(delivery)).await
    }

    async fn take_deliveries(&self, owner: &str, limit: u32, ttl: Duration) -> Result<Vec<Delivery>, StorageError> {
        // Most times there is nothing, and a reader can tell.
        let waiting: Option<(i64,)> = sqlx::query_as(concat!(takeable!("d.id"), " LIMIT 1"))
            .bind(machine_now())
            .fetch_optional(self.readers())
            .await?;
        if waiting.is_none() {
            return Ok(Vec::new());
        }
        let taken = self.write(Take { owner: owner.to_owned(), limit, ttl }).await?;
        Ok(taken.into_iter().map(|row| row.delivery(true)).collect())
    }

    async fn free_deliveries(&self, owner: &str) -> Result<u64, StorageError> {
        self.write(Free { owner: owner.to_owned() }).await
    }

    async fn settle_delivery(&self, delivery: &Delivery, outcome: Outcome) -> Result<(), StorageError> {
        let tries = i64::from(delivery.tries).saturating_add(1);
        self.write(Settle { id: delivery.id, tries, outcome }).await
    }

    async fn dead_deliveries(&self, limit: u32) -> Result<Vec<Delivery>, StorageError> {
        self.deliveries_in("dead", limit).await
    }

    async fn deliveries_that_wait(&self, limit: u32) -> Result<Vec<Delivery>, StorageError> {
        self.deliveries_in("waiting", limit).await
    }

    async fn revive_delivery(&self, id: i64) -> Result<bool, StorageError> {
        self.write(Revive { id }).await
    }

    async fn waiting_deliveries(&self) -> Result<u64, StorageError> {
        let (waiting,): (i64,) =
            sqlx::query_as("SELECT COUNT(*) FROM deliveries WHERE state = 'waiting'").fetch_one(self.readers()).await?;
        Ok(unsigned(waiting))
    }

    async fn forget_deliveries(&self, before: Timestamp) -> Result<u64, StorageError> {
        self.write(Forget { before: before.as_millisecond() }).await
    }
}
