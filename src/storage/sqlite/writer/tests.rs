use std::sync::Arc;

use sqlx::{ConnectOptions as _, SqliteConnection};
use tokio::sync::Semaphore;

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

/// Keeps the writer busy, so that a group gathers behind it.
struct Hold {
    running: Arc<Semaphore>,
    go_on: Arc<Semaphore>,
}

impl Operation for Hold {
    type Answer = ();

    async fn run(&self, _: &mut SqliteConnection) -> Result<(), StorageError> {
        self.running.add_permits(1);
        drop(self.go_on.acquire().await.map_err(|_| StorageError::Closed)?);
        Ok(())
    }
}

#[tokio::test]
async fn a_durable_operation_is_committed_at_full() {
    let folder = tempfile::TempDir::new().unwrap();
    let options = SqliteOptions::in_folder(folder.path(), Vault::new(Keyring::generate()));
    let writer = Writer::start(options.writer().connect().await.unwrap());
    assert_eq!(writer.run(AskPlain).await, Ok(1));
    assert_eq!(writer.run(AskDurable).await, Ok(2));
    let (running, go_on) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
    let hold = Hold { running: Arc::clone(&running), go_on: Arc::clone(&go_on) };
    let (held, (plain, durable, ())) = tokio::join!(writer.run(hold), async {
        drop(running.acquire().await.unwrap());
        tokio::join!(writer.run(AskPlain), writer.run(AskDurable), async { go_on.add_permits(1) })
    });
    assert_eq!(held, Ok(()));
    assert_eq!((plain, durable), (Ok(2), Ok(2)), "a group is as durable as its most durable member");
    assert_eq!(writer.run(AskPlain).await, Ok(1));
    assert_eq!((writer.stats().transactions, writer.stats().durable), (5, 2));
}
