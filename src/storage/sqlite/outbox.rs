//! The outbox on SQLite.

use std::time::Duration;

use async_trait::async_trait;
use sqlx::SqliteConnection;

use super::append::OUTBOX_PLACE;
use super::row::row;
use super::writer::Operation;
use super::{SqliteStorage, machine_deadline, machine_now, unsigned};
use crate::domain::clock::from_millis;
use crate::domain::id::ConversationId;
use crate::storage::StorageError;
use crate::storage::outbox::{Job, Letter, OpenJob, Outbox};

/// A waiting job is the lane's first when no earlier one of the lane waits; only the first may be taken.
macro_rules! takeable {
    ($what:literal) => {
        concat!(
            "SELECT ",
            $what,
            " FROM outbox o WHERE o.state = 'waiting' AND o.due_at <= $1 AND o.taken_until <= $1 AND NOT EXISTS \
             (SELECT 1 FROM outbox e WHERE e.lane = o.lane AND e.state = 'waiting' AND e.id < o.id)"
        )
    };
}

row! {
    struct Stored {
        id: i64,
        lane: String,
        conversation: String,
        kind: String,
        payload: String,
        attempts: i64,
        failures: i64,
        revived: i64,
        created_at: i64,
    }
}

row! {
    struct Told {
        id: i64,
        conversation: String,
        kind: String,
        problem: Option<String>,
        attempts: i64,
        created_at: i64,
        due_at: i64,
    }
}

row! {
    struct Open {
        kind: String,
        payload: String,
        state: String,
        attempts: i64,
        problem: Option<String>,
        created_at: i64,
    }
}

impl From<Told> for Letter {
    fn from(row: Told) -> Self {
        Self {
            id: row.id,
            conversation: ConversationId::new(row.conversation),
            kind: row.kind,
            problem: row.problem,
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            created_at: from_millis(row.created_at),
            due_at: from_millis(row.due_at),
        }
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
            "UPDATE outbox SET taken_until = $2, taken_by = $4, attempts = attempts + 1 WHERE id IN (",
            takeable!("o.id"),
            " ORDER BY o.id LIMIT +$3) \
             RETURNING id, lane, conversation, kind, payload, attempts - 1 AS attempts, failures, revived, \
             created_at"
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

struct FreeAbandoned {
    owner: String,
}

impl Operation for FreeAbandoned {
    type Answer = u64;

    fn is_one_statement(&self) -> bool {
        true
    }

    /// One desk has the file: whoever else took something is no more.
    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let done = sqlx::query(
            "UPDATE outbox SET taken_until = 0, taken_by = NULL \
             WHERE state = 'waiting' AND taken_until > 0 AND taken_by IS NOT $1",
        )
        .bind(&self.owner)
        .execute(connection)
        .await?;
        Ok(done.rows_affected())
    }
}

/// What becomes of a job.
enum Outcome {
    Done,
    /// Unless it was taken once more after this many tries.
    Later {
        attempts: u32,
        delay: Duration,
        problem: String,
    },
    Never {
        problem: String,
    },
}

struct Settle {
    id: i64,
    outcome: Outcome,
}

impl Operation for Settle {
    type Answer = ();

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let query = match &self.outcome {
            Outcome::Done => sqlx::query("DELETE FROM outbox WHERE id = $1").bind(self.id),
            Outcome::Later { attempts, delay, problem } => sqlx::query(
                "UPDATE outbox SET due_at = $2, taken_until = 0, taken_by = NULL, problem = $3, \
                 failures = failures + 1 WHERE id = $1 AND state = 'waiting' AND attempts = $4",
            )
            .bind(self.id)
            .bind(machine_deadline(*delay))
            .bind(problem)
            .bind(attempts),
            Outcome::Never { problem } => {
                sqlx::query("UPDATE outbox SET state = 'dead', problem = $2 WHERE id = $1").bind(self.id).bind(problem)
            }
        };
        query.execute(connection).await?;
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
            "UPDATE outbox SET state = 'waiting', attempts = 0, failures = 0, due_at = 0, taken_until = 0, taken_by = NULL, \
             revived = revived + 1 WHERE id = $1 AND state = 'dead'",
        )
        .bind(self.id)
        .execute(connection)
        .await?;
        Ok(done.rows_affected() > 0)
    }
}

impl SqliteStorage {
    async fn letters(&self, state: &str, limit: u32) -> Result<Vec<Letter>, StorageError> {
        let rows: Vec<Told> = sqlx::query_as(
            "SELECT id, conversation, kind, problem, attempts, created_at, due_at FROM outbox \
             WHERE state = $1 ORDER BY id LIMIT +$2",
        )
        .bind(state)
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        Ok(rows.into_iter().map(Letter::from).collect())
    }

    /// `None`: the person was erased after it was taken; the job is gone.
    async fn read_job(&self, row: Stored) -> Result<Option<Job>, StorageError> {
        let conversation = ConversationId::new(row.conversation);
        let payload = match self.unseal(&conversation, OUTBOX_PLACE, &row.payload).await {
            Err(StorageError::Erased) => return Ok(None),
            payload => serde_json::from_str(&payload?)?,
        };
        Ok(Some(Job {
            id: row.id,
            lane: row.lane,
            kind: row.kind,
            payload,
            attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
            failures: u32::try_from(row.failures).unwrap_or(u32::MAX),
            revived: u32::try_from(row.revived).unwrap_or(u32::MAX),
            created_at: from_millis(row.created_at),
        }))
    }
}

#[async_trait]
impl Outbox for SqliteStorage {
    async fn take(&self, owner: &str, limit: u32, ttl: Duration) -> Result<Vec<Job>, StorageError> {
        // Most times there is nothing, and a reader can tell.
        let waiting: Option<(i64,)> = sqlx::query_as(concat!(takeable!("o.id"), " LIMIT 1"))
            .bind(machine_now())
            .fetch_optional(self.readers())
            .await?;
        if waiting.is_none() {
            return Ok(Vec::new());
        }
        let mut jobs = Vec::new();
        for row in self.write(Take { owner: owner.to_owned(), limit, ttl }).await? {
            jobs.extend(self.read_job(row).await?);
        }
        Ok(jobs)
    }

    async fn free_abandoned(&self, owner: &str) -> Result<u64, StorageError> {
        self.write(FreeAbandoned { owner: owner.to_owned() }).await
    }

    async fn done(&self, id: i64) -> Result<(), StorageError> {
        self.write(Settle { id, outcome: Outcome::Done }).await
    }

    async fn retry(&self, job: &Job, delay: Duration, problem: &str) -> Result<(), StorageError> {
        let outcome = Outcome::Later { attempts: job.attempts.saturating_add(1), delay, problem: problem.to_owned() };
        self.write(Settle { id: job.id, outcome }).await
    }

    async fn bury(&self, id: i64, problem: &str) -> Result<(), StorageError> {
        self.write(Settle { id, outcome: Outcome::Never { problem: problem.to_owned() } }).await
    }

    async fn dead_letters(&self, limit: u32) -> Result<Vec<Letter>, StorageError> {
        self.letters("dead", limit).await
    }

    async fn waiting_letters(&self, limit: u32) -> Result<Vec<Letter>, StorageError> {
        self.letters("waiting", limit).await
    }

    async fn revive(&self, id: i64) -> Result<bool, StorageError> {
        self.write(Revive { id }).await
    }

    async fn jobs_of(&self, conversation: &ConversationId) -> Result<Vec<OpenJob>, StorageError> {
        let rows: Vec<Open> = sqlx::query_as(
            "SELECT kind, payload, state, attempts, problem, created_at FROM outbox WHERE conversation = $1 ORDER BY id",
        )
        .bind(conversation.as_str())
        .fetch_all(self.readers())
        .await?;
        let mut jobs = Vec::with_capacity(rows.len());
        for row in rows {
            let payload = match self.unseal(conversation, OUTBOX_PLACE, &row.payload).await {
                // Erased since they were read.
                Err(StorageError::Erased) => return Ok(Vec::new()),
                payload => serde_json::from_str(&payload?)?,
            };
            jobs.push(OpenJob {
                kind: row.kind,
                payload,
                dead: row.state == "dead",
                attempts: u32::try_from(row.attempts).unwrap_or(u32::MAX),
                problem: row.problem,
                created_at: from_millis(row.created_at),
            });
        }
        Ok(jobs)
    }

    async fn depth(&self) -> Result<(u64, u64), StorageError> {
        let (waiting, dead): (i64, i64) = sqlx::query_as(
            "SELECT COUNT(CASE WHEN state = 'waiting' THEN 1 END), COUNT(CASE WHEN state = 'dead' THEN 1 END) \
             FROM outbox",
        )
        .fetch_one(self.readers())
        .await?;
        Ok((unsigned(waiting), unsigned(dead)))
    }
}
