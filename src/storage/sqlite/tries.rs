//! Failed attempts to prove an identity, on SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::SqliteStorage;
use super::writer::Operation;
use crate::domain::id::StoreId;
use crate::storage::StorageError;
use crate::storage::tries::{Admission, IdentityTries, Limits, Scope};

const DIGEST: &str = "identity try";

struct Admit {
    store: String,
    /// Each scope's digest and how many wrong tries it allows.
    scopes: Vec<(Vec<u8>, u32)>,
    /// Milliseconds, both: now, and where the window starts.
    at: i64,
    since: i64,
}

impl Operation for Admit {
    type Answer = Option<Admission>;
    const DURABLE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        for (scope, limit) in &self.scopes {
            let (tries,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM identity_tries WHERE scope = $1 AND at > $2")
                .bind(scope)
                .bind(self.since)
                .fetch_one(&mut *connection)
                .await?;
            if tries >= i64::from(*limit) {
                return Ok(None);
            }
        }
        sqlx::query("DELETE FROM identity_tries WHERE store = $1 AND at <= $2")
            .bind(&self.store)
            .bind(self.since)
            .execute(&mut *connection)
            .await?;
        let mut admission = Vec::with_capacity(self.scopes.len());
        for (scope, _) in &self.scopes {
            let (id,): (i64,) =
                sqlx::query_as("INSERT INTO identity_tries (store, scope, at) VALUES ($1, $2, $3) RETURNING id")
                    .bind(&self.store)
                    .bind(scope)
                    .bind(self.at)
                    .fetch_one(&mut *connection)
                    .await?;
            admission.push(id);
        }
        Ok(Some(Admission(admission)))
    }
}

struct Forgive(Admission);

impl Operation for Forgive {
    type Answer = ();

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        for id in &self.0.0 {
            sqlx::query("DELETE FROM identity_tries WHERE id = $1").bind(id).execute(&mut *connection).await?;
        }
        Ok(())
    }
}

/// A scope's kind and value, and its limit.
fn parts(scope: &Scope, limits: Limits) -> (&'static str, &str, u32) {
    match scope {
        Scope::Order(value) => ("order", value, limits.order),
        Scope::Conversation(value) => ("conversation", value, limits.conversation),
        Scope::Address(value) => ("address", value, limits.address),
        Scope::Key(value) => ("key", value, limits.key),
        Scope::Recipient(value) => ("recipient", value, limits.recipient),
    }
}

#[async_trait]
impl IdentityTries for SqliteStorage {
    async fn admit(
        &self,
        store: &StoreId,
        scopes: &[Scope],
        limits: Limits,
        at: Timestamp,
    ) -> Result<Option<Admission>, StorageError> {
        let scopes = scopes
            .iter()
            .map(|scope| {
                let (kind, value, limit) = parts(scope, limits);
                (self.0.vault.digest(DIGEST, &format!("{store}\0{kind}\0{value}")).to_vec(), limit)
            })
            .collect();
        let at = at.as_millisecond();
        let since = at.saturating_sub(i64::try_from(limits.window.as_millis()).unwrap_or(i64::MAX));
        self.write(Admit { store: store.as_str().to_owned(), scopes, at, since }).await
    }

    async fn forgive(&self, admission: Admission) -> Result<(), StorageError> {
        self.write(Forgive(admission)).await
    }
}
