//! Opening the file: its schema is brought up to date, its lookup key found, its data keys moved to the keyring's first.

use std::path::Path;
use std::time::Duration;

use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{ConnectOptions as _, Connection as _, SqlSafeStr as _, SqliteConnection};
use tokio::time::Instant;

use super::failure::{is_busy, opening};
use super::{BUSY_TIMEOUT, SqliteOptions, entry, keys};
use crate::storage::vault::Vault;
use crate::storage::{StorageError, chain};

const BETWEEN_TRIES: Duration = Duration::from_millis(25);

const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "first", include_str!("migrations/0001_first.sql")),
    (2, "outbox owner", include_str!("migrations/0002_outbox_owner.sql")),
    (3, "orders", include_str!("migrations/0003_orders.sql")),
    (4, "wishes", include_str!("migrations/0004_wishes.sql")),
    (5, "deliveries", include_str!("migrations/0005_deliveries.sql")),
    (6, "revived", include_str!("migrations/0006_revived.sql")),
    (7, "articles", include_str!("migrations/0007_articles.sql")),
    (8, "failures", include_str!("migrations/0008_failures.sql")),
];

/// The writer's connection, and the vault bound to this database.
pub(super) async fn open(options: &SqliteOptions) -> Result<(SqliteConnection, Vault), StorageError> {
    make_folder(&options.path)?;
    let failed = |error| opening(&options.path, error);
    let mut connection = connect(options).await.map_err(failed)?;
    // Two processes that start together do this one after the other.
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    migrate(&options.path, &mut transaction).await?;
    let vault = keys::bind(&options.vault, &mut transaction).await?;
    transaction.commit().await.map_err(failed)?;
    entry::prepare(&mut connection).await.map_err(failed)?;
    Ok((connection, vault))
}

/// SQLite waits for others' locks, but not where it gives a new file its journal: two who make one stand in each other's way
/// for a moment.
async fn connect(options: &SqliteOptions) -> Result<SqliteConnection, sqlx::Error> {
    let patience = Instant::now() + BUSY_TIMEOUT;
    loop {
        match options.writer().connect().await {
            Err(error) if is_busy(&error) && Instant::now() < patience => tokio::time::sleep(BETWEEN_TRIES).await,
            outcome => return outcome,
        }
    }
}

fn make_folder(path: &Path) -> Result<(), StorageError> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder)
        .map_err(|error| StorageError::Unwritable(format!("{}: {}", folder.display(), chain(&error))))
}

async fn migrate(path: &Path, connection: &mut SqliteConnection) -> Result<(), StorageError> {
    let migrations = MIGRATIONS
        .iter()
        .map(|(version, name, sql)| {
            Migration::new(*version, (*name).into(), MigrationType::Simple, sql.into_sql_str(), false)
        })
        .collect();
    Migrator::with_migrations(migrations).run_direct(None, connection, false).await.map_err(|error| match error {
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => opening(path, error),
        MigrateError::VersionMissing(found) => StorageError::NewerSchema { found, known: last_known() },
        other => StorageError::Database(format!("{}: {}", path.display(), chain(&other))),
    })
}

fn last_known() -> i64 {
    MIGRATIONS.last().map_or(0, |(version, ..)| *version)
}
