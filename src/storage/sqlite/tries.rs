//! Failed attempts to prove an identity, on SQLite.

use std::sync::LazyLock;

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

/// No call counts under more scopes than this.
const SCOPES: usize = 8;

static ADMIT: LazyLock<Vec<String>> = LazyLock::new(|| (1..=SCOPES).map(admit).collect());
static FORGIVE: LazyLock<Vec<String>> = LazyLock::new(|| (1..=SCOPES).map(forgive).collect());

/// Counts a try under all scopes, or under none: check and count in one statement.
fn admit(scopes: usize) -> String {
    let values: Vec<String> = (0..scopes).map(|index| format!("(${}, ${})", 4 + 2 * index, 5 + 2 * index)).collect();
    format!(
        "WITH wanted (scope, most) AS (VALUES {}) INSERT INTO identity_tries (store, scope, at) \
         SELECT $1, scope, $2 FROM wanted WHERE NOT EXISTS (SELECT 1 FROM wanted used \
         WHERE (SELECT COUNT(*) FROM identity_tries t WHERE t.scope = used.scope AND t.at > $3) >= used.most) \
         RETURNING id",
        values.join(", ")
    )
}

fn forgive(tries: usize) -> String {
    let ids: Vec<String> = (1..=tries).map(|index| format!("${index}")).collect();
    format!("DELETE FROM identity_tries WHERE id IN ({})", ids.join(", "))
}

fn statement(of: &'static [String], count: usize) -> Result<&'static str, StorageError> {
    let statement = count.checked_sub(1).and_then(|index| of.get(index));
    statement.map(String::as_str).ok_or_else(|| StorageError::Database(format!("a try under {count} scopes")))
}

impl Operation for Admit {
    type Answer = Option<Admission>;

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let statement = statement(&ADMIT, self.scopes.len())?;
        let mut query =
            sqlx::query_as::<sqlx::Sqlite, (i64,)>(statement).bind(&self.store).bind(self.at).bind(self.since);
        for (scope, most) in &self.scopes {
            query = query.bind(scope).bind(most);
        }
        let tries = query.fetch_all(connection).await?;
        Ok((!tries.is_empty()).then(|| Admission(tries.into_iter().map(|(id,)| id).collect())))
    }
}

struct Forgive(Admission);

impl Operation for Forgive {
    type Answer = ();

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let Admission(tries) = &self.0;
        if !tries.is_empty() {
            let query = sqlx::query(statement(&FORGIVE, tries.len())?);
            tries.iter().fold(query, |query, id| query.bind(id)).execute(connection).await?;
        }
        Ok(())
    }
}

struct Forget {
    before: i64,
}

impl Operation for Forget {
    type Answer = ();

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        sqlx::query("DELETE FROM identity_tries WHERE at <= $1").bind(self.before).execute(connection).await?;
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

    async fn forget_tries(&self, before: Timestamp) -> Result<(), StorageError> {
        self.write(Forget { before: before.as_millisecond() }).await
    }

    async fn forgive(&self, admission: Admission) -> Result<(), StorageError> {
        self.write(Forgive(admission)).await
    }
}
