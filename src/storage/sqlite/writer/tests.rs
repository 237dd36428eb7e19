use sqlx::{ConnectOptions as _, SqliteConnection};

use super::{Operation, Writer};
use crate::storage::StorageError;
use crate::storage::sqlite::SqliteOptions;
use crate::storage::vault::{Keyring, Vault};

/// Reads how surely its own transaction will be on disk: 1 is NORMAL, 2 FULL.
struct AskPlain;
struct AskDurable;

async fn ask(connection: &mut SqliteConnection) -> Result<i64, StorageError> {
    let (synchronous,): (i64,) = sqlx::query_as("PRAGMA synchronous").fetch_one(connection).await?;
    Ok(synchronous)
}

impl Operation for AskPlain {
    type Answer = i64;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<i64, StorageError> {
        ask(connection).await
    }
}

impl Operation for AskDurable {
    type Answer = i64;
    const DURABLE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<i64, StorageError> {
        ask(connection).await
    }
}

#[tokio::test]
async fn a_durable_operation_is_committed_at_full() {
    let folder = tempfile::TempDir::new().unwrap();
    let options = SqliteOptions::in_folder(folder.path(), Vault::new(Keyring::generate()));
    let writer = Writer::start(options.writer().connect().await.unwrap());
    assert_eq!(writer.run(AskPlain).await, Ok(1));
    assert_eq!(writer.run(AskDurable).await, Ok(2));
    let (plain, durable) = tokio::join!(writer.run(AskPlain), writer.run(AskDurable));
    assert_eq!((plain, durable), (Ok(2), Ok(2)), "a group is as durable as its most durable member");
    assert_eq!(writer.run(AskPlain).await, Ok(1));
    assert_eq!((writer.stats().transactions, writer.stats().durable), (4, 2));
}
