//! The same file for another use: all that was in it is gone, and its connections with what they have prepared stay.

use std::sync::Arc;

use sqlx::{AssertSqlSafe, SqliteConnection};

use super::writer::Operation;
use super::{Shared, SqliteStorage};
use crate::storage::StorageError;

/// What belongs to the file and not to what is in it.
const KEPT: [&str; 2] = ["_sqlx_migrations", "vault"];

struct Empty;

impl Operation for Empty {
    type Answer = ();

    async fn run(&self, connection: &mut SqliteConnection) -> Result<(), StorageError> {
        // Whoever refers to others was made after them. To put the check off would have every statement prepared anew.
        let tables: Vec<(String,)> = sqlx::query_as(
            "SELECT name FROM sqlite_schema WHERE type = $1 AND name NOT LIKE 'sqlite%' ORDER BY rowid DESC",
        )
        .bind("table")
        .fetch_all(&mut *connection)
        .await?;
        let tables = tables.iter().map(|(name,)| name.as_str()).filter(|name| !KEPT.contains(name));
        let deletions = tables.chain(["sqlite_sequence"]).map(|name| format!("DELETE FROM \"{name}\";"));
        let statements: String = deletions.collect();
        sqlx::query(AssertSqlSafe(statements)).execute(connection).await?;
        Ok(())
    }
}

impl SqliteStorage {
    /// A storage in which nothing is, made of one that is not needed any more. `None`: somebody else still has it.
    ///
    /// # Errors
    /// The file cannot be written. It is as it was then.
    pub async fn emptied(self) -> Result<Option<Self>, StorageError> {
        let Some(Shared { readers, writer, vault, .. }) = Arc::into_inner(self.0) else { return Ok(None) };
        writer.run(Empty).await?;
        Ok(Some(Self(Arc::new(Shared::new(readers, writer, vault)))))
    }
}
