//! The one writer: groups, failures in a group, callers who leave, the end.

use std::sync::Arc;
use std::time::Duration;

use deskhand::domain::id::ConversationId;
use deskhand::storage::StorageError;
use deskhand::storage::ledger::{Ledger as _, Move};
use deskhand::storage::log::{AppendError, EventLog as _};
use deskhand::storage::sqlite::SqliteStorage;
use sqlx::{Connection as _, SqliteConnection};

use super::conformance::ledger::proposed;
use super::conformance::{append, at, conversation, numbers, said, said_once};
use super::sqlite::Sqlite;

/// Keeps the writer waiting, so that a group gathers behind it.
struct Lock(SqliteConnection);

impl Lock {
    async fn hold(file: &Sqlite) -> Self {
        let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.path().display())).await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
        Self(connection)
    }

    /// Lets go once what was just spawned has had the time to get in line.
    async fn release_later(mut self) {
        tokio::time::sleep(Duration::from_millis(300)).await;
        sqlx::query("ROLLBACK").execute(&mut self.0).await.unwrap();
    }
}

async fn conversations(storage: &SqliteStorage, count: usize) -> Vec<ConversationId> {
    let mut conversations = Vec::new();
    for _ in 0..count {
        conversations.push(conversation(storage).await);
    }
    conversations
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_is_committed_together() {
    let file = Sqlite::new();
    let storage = Arc::new(file.storage().await);
    let conversations = conversations(&storage, 50).await;
    let before = storage.stats();
    let lock = Lock::hold(&file).await;
    let tasks: Vec<_> = conversations
        .into_iter()
        .map(|id| {
            let storage = Arc::clone(&storage);
            tokio::spawn(async move { storage.append(append(&id, 1, vec![said("hello")])).await })
        })
        .collect();
    lock.release_later().await;
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let after = storage.stats();
    assert_eq!(after.operations - before.operations, 50);
    assert!(after.transactions - before.transactions <= 3, "{before:?} {after:?}");
    assert_eq!(after.durable, before.durable, "the log does not wait for the disk");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_step_of_an_effect_is_on_disk_before_it_is_answered() {
    let file = Sqlite::new();
    let storage = file.storage().await;
    let id = conversation(&storage).await;
    let mut durable = storage.stats().durable;
    let mut is_on_disk = |step: &str| {
        let now = storage.stats().durable;
        assert!(now > durable, "{step}");
        durable = now;
    };
    let effect = proposed(&storage, &id, 1).await;
    is_on_disk("proposed");
    storage.advance(&effect.id, Move::Send, at(1), None).await.unwrap().unwrap();
    is_on_disk("sent");
    assert_eq!(storage.forget_sent("this desk", at(2)).await.unwrap(), 1);
    is_on_disk("unknown, because nobody is behind it");
    let confirm = Move::Confirm { vendor_reference: None, watched: false };
    storage.advance(&effect.id, confirm, at(3), None).await.unwrap().unwrap();
    is_on_disk("confirmed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_in_a_group_is_its_own() {
    let file = Sqlite::new();
    let storage = Arc::new(file.storage().await);
    let conversations = conversations(&storage, 12).await;
    let lock = Lock::hold(&file).await;
    let tasks: Vec<_> = (0..12)
        .map(|index| {
            let (storage, id) = (Arc::clone(&storage), conversations[index].clone());
            // Two messages with one id in one append break a constraint half way through.
            let events = match index {
                5 => vec![said_once("first", Some("same")), said_once("second", Some("same"))],
                _ => vec![said("hello")],
            };
            tokio::spawn(async move { storage.append(append(&id, 1, events)).await })
        })
        .collect();
    lock.release_later().await;
    for (index, task) in tasks.into_iter().enumerate() {
        let outcome = task.await.unwrap();
        let stored = numbers(&storage.read(&conversations[index], 0).await.unwrap());
        match index {
            5 => assert!(matches!(outcome, Err(AppendError::Storage(_))) && stored == [1], "{outcome:?} {stored:?}"),
            _ => assert!(outcome.is_ok() && stored == [1, 2], "{outcome:?} {stored:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_leaves_breaks_nothing() {
    let file = Sqlite::new();
    let storage = Arc::new(file.storage().await);
    let conversations = conversations(&storage, 12).await;
    let lock = Lock::hold(&file).await;
    let tasks: Vec<_> = conversations
        .iter()
        .map(|id| {
            let (storage, id) = (Arc::clone(&storage), id.clone());
            tokio::spawn(async move { storage.append(append(&id, 1, vec![said("hello")])).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    for task in tasks.iter().step_by(2) {
        task.abort();
    }
    lock.release_later().await;
    for (index, task) in tasks.into_iter().enumerate() {
        match task.await {
            Ok(outcome) => assert!(outcome.is_ok() && index % 2 == 1, "{outcome:?}"),
            Err(error) => assert!(error.is_cancelled() && index % 2 == 0),
        }
    }
    for id in &conversations {
        let stored = numbers(&storage.read(id, 0).await.unwrap());
        assert_eq!(stored, [1, 2], "what was in line was written");
        storage.append(append(id, 2, vec![said("again")])).await.expect("goes on");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_waits_for_what_is_in_line() {
    let file = Sqlite::new();
    let storage = Arc::new(file.storage().await);
    let conversations = conversations(&storage, 12).await;
    let lock = Lock::hold(&file).await;
    let tasks: Vec<_> = conversations
        .iter()
        .map(|id| {
            let (storage, id) = (Arc::clone(&storage), id.clone());
            tokio::spawn(async move { storage.append(append(&id, 1, vec![said("hello")])).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let closing = tokio::spawn({
        let storage = Arc::clone(&storage);
        async move { storage.close().await }
    });
    lock.release_later().await;
    closing.await.unwrap();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let refused = storage.append(append(&conversations[0], 2, vec![said("late")])).await;
    assert!(matches!(refused, Err(AppendError::Storage(StorageError::Closed))), "{refused:?}");
    let refused = storage.read(&conversations[0], 0).await;
    assert!(matches!(refused, Err(AppendError::Storage(StorageError::Closed))), "{refused:?}");
    let log = file.path().with_extension("db-wal");
    assert!(std::fs::metadata(log).map_or(0, |log| log.len()) == 0, "the write-ahead log is in the file");
    let storage = file.storage().await;
    for id in &conversations {
        assert_eq!(storage.read(id, 0).await.unwrap().len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_dropped_without_closing_is_whole() {
    let file = Sqlite::new();
    let storage = file.storage().await;
    let id = conversation(&storage).await;
    for len in 1..20 {
        storage.append(append(&id, len, vec![said("hello")])).await.unwrap();
    }
    drop(storage);
    let storage = file.storage().await;
    assert_eq!(numbers(&storage.read(&id, 0).await.unwrap()), (1..=20).collect::<Vec<_>>());
    storage.append(append(&id, 20, vec![said("again")])).await.expect("goes on");
}
