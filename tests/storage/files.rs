//! What can be wrong with a file or its disk: each is said, none is a panic, and writing goes on once it can.

use std::time::Duration;

use deskhand::storage::StorageError;
use deskhand::storage::log::{AppendError, EventLog as _};
use deskhand::storage::outbox::{NewJob, Outbox as _};
use deskhand::storage::sqlite::{SqliteOptions, SqliteStorage};
use deskhand::storage::vault::Vault;
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};

use super::conformance::{append, conversation, said};
use super::sqlite::Sqlite;

async fn refused(options: SqliteOptions) -> StorageError {
    match SqliteStorage::open(options).await {
        Ok(_) => panic!("opened"),
        Err(error) => error,
    }
}

async fn connect(file: &Sqlite) -> SqliteConnection {
    SqliteConnection::connect(&format!("sqlite:{}", file.path().display())).await.unwrap()
}

#[tokio::test]
async fn a_folder_that_cannot_be_made() {
    let file = Sqlite::new();
    std::fs::write(file.path(), "a file, not a folder").unwrap();
    let path = file.path().join("data/deskhand.db");
    let error = refused(SqliteOptions::new(&path, Vault::new(file.keyring.clone()))).await;
    assert!(matches!(error, StorageError::Unwritable(_)), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(&file.path().display().to_string()) && text.contains("permissions"), "{text}");
}

/// Not even root may make a file there.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_folder_that_cannot_be_written() {
    let file = Sqlite::new();
    let error = refused(SqliteOptions::new("/proc/deskhand.db", Vault::new(file.keyring.clone()))).await;
    assert!(matches!(error, StorageError::Unwritable(_)), "{error:?}");
    assert!(error.to_string().contains("/proc/deskhand.db"), "{error}");
}

#[tokio::test]
async fn a_file_that_is_no_database() {
    let file = Sqlite::new();
    std::fs::write(file.path(), "The quick brown fox jumps over the lazy dog. ".repeat(200)).unwrap();
    let error = refused(file.options()).await;
    assert_eq!(error, StorageError::NotADatabase(file.path()));
}

#[tokio::test]
async fn a_schema_from_the_future() {
    let file = Sqlite::new();
    file.storage().await.close().await;
    let mut connection = connect(&file).await;
    sqlx::query(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (99, 'later', TRUE, x'00', 0)",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    let error = refused(file.options()).await;
    assert!(matches!(error, StorageError::NewerSchema { found: 99, .. }), "{error:?}");
    assert!(error.to_string().contains("newer Deskhand"), "{error}");
}

#[tokio::test]
async fn two_who_make_the_same_file() {
    let file = Sqlite::new();
    let (one, two) = tokio::join!(SqliteStorage::open(file.options()), SqliteStorage::open(file.options()));
    let (one, two) = (one.expect("opens"), two.expect("opens"));
    let id = conversation(&one).await;
    assert_eq!(two.read(&id, 0).await.unwrap().len(), 1);
}

/// The bound on pages stands for the disk: SQLite reports both alike.
#[tokio::test]
async fn a_full_disk_stops_writing_until_there_is_room() {
    let file = Sqlite::new();
    let storage = SqliteStorage::open(SqliteOptions { max_pages: Some(200), ..file.options() }).await.unwrap();
    let id = conversation(&storage).await;
    let mut len = 1;
    let mut in_hand = Vec::new();
    let error = loop {
        let mut large = append(&id, len, vec![said("hello")]);
        let payload = json!("x".repeat(20_000));
        large.outbox = vec![NewJob { lane: format!("lane {len}"), kind: "mirror".to_owned(), payload }];
        match storage.append(large).await {
            Ok(_) => len += 1,
            Err(error) => break error,
        }
        if len == 4 {
            in_hand = storage.take("a desk", 3, Duration::from_secs(60)).await.unwrap();
        }
    };
    assert!(len > 5, "it was full from the start");
    assert!(matches!(error, AppendError::Storage(StorageError::Unwritable(_))), "{error:?}");
    assert!(error.to_string().contains("free space"), "{error}");
    assert_eq!(storage.read(&id, 0).await.unwrap().len() as u64, len, "what failed left nothing");
    assert_eq!(storage.depth().await.unwrap().0, len - 1);

    for job in in_hand {
        storage.done(job.id).await.expect("deleting needs no room");
    }
    storage.append(append(&id, len, vec![said("there is room again")])).await.expect("goes on");
}

#[tokio::test]
async fn a_lock_of_another_program_is_waited_for_and_named() {
    let file = Sqlite::new();
    let storage = file.storage().await;
    let id = conversation(&storage).await;
    let mut other = connect(&file).await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let error = storage.append(append(&id, 1, vec![said("hello")])).await.unwrap_err();
    assert!(
        matches!(&error, AppendError::Storage(StorageError::Unwritable(why)) if why.contains("locked")),
        "{error:?}"
    );
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    storage.append(append(&id, 1, vec![said("hello")])).await.expect("goes on");
}

/// Someone edited the file: the error says so, and the rest of the log is not lost with it.
#[tokio::test]
async fn what_was_edited_does_not_read_back() {
    let file = Sqlite::new();
    let storage = file.storage().await;
    let id = conversation(&storage).await;
    storage.append(append(&id, 1, vec![said("first"), said("second")])).await.unwrap();
    let mut other = connect(&file).await;
    let swap = "UPDATE events SET sealed = (SELECT sealed FROM events WHERE seq = 3) WHERE seq = 2";
    sqlx::query(swap).execute(&mut other).await.unwrap();
    let error = storage.read(&id, 0).await.unwrap_err();
    assert!(matches!(error, AppendError::Storage(StorageError::Corrupt(_))), "{error:?}");
    assert_eq!(storage.read(&id, 2).await.unwrap().len(), 1);
}
