//! What can be wrong with a file or its disk: each is said, none is a panic, and writing goes on once it can.

use std::time::Duration;

use deskhand::storage::StorageError;
use deskhand::storage::log::{AppendError, EventLog as _};
use deskhand::storage::outbox::{NewJob, Outbox as _};
use deskhand::storage::sqlite::{SqliteOptions, SqliteStorage};
use deskhand::storage::vault::Vault;
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};

use super::conformance::{append, conversation, deliveries, identity, lease, orders, outbox, said, stores};
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

async fn count(connection: &mut SqliteConnection, table: &str) -> i64 {
    let query = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM \"{table}\""));
    let (rows,): (i64,) = sqlx::query_as(query).fetch_one(connection).await.unwrap();
    rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_emptied_file_is_as_good_as_a_new_one_and_nobody_elses() {
    let file = Sqlite::new();
    deliveries::a_dead_delivery_lets_the_next_go_on_and_is_listed(&file).await;
    identity::a_code_has_three_tries(&file).await;
    identity::a_refused_try_counts_nowhere(&file).await;
    lease::a_checkpoint_belongs_to_the_owner(&file).await;
    orders::what_waits_for_a_person_is_not_sent(&file).await;
    outbox::dead_letters_are_listed_with_their_problem(&file).await;
    stores::keys_are_found_by_their_text(&file).await;
    stores::a_pause_outlives_the_process(&file).await;
    let storage = file.storage().await;
    let filled = conversation(&storage).await;
    storage.append(append(&filled, 1, vec![said("hello")])).await.unwrap();
    assert!(storage.clone().emptied().await.unwrap().is_none(), "somebody still has it");
    assert_eq!(storage.read(&filled, 0).await.unwrap().len(), 2);
    let storage = storage.emptied().await.unwrap().unwrap();
    assert!(matches!(storage.read(&filled, 0).await, Err(AppendError::Unknown)));
    let mut other = connect(&file).await;
    let tables: Vec<(String,)> =
        sqlx::query_as("SELECT name FROM sqlite_schema WHERE type = 'table'").fetch_all(&mut other).await.unwrap();
    let kept: Vec<&str> = ["_sqlx_migrations", "vault", "sqlite_stat1"].into();
    for (table,) in tables.iter().filter(|(name,)| !kept.contains(&name.as_str())) {
        assert_eq!(count(&mut other, table).await, 0, "{table}");
    }
    assert_eq!(count(&mut other, "vault").await, 1);
    let anew = conversation(&storage).await;
    storage.append(append(&anew, 1, vec![said("hello again")])).await.unwrap();
    assert_eq!(storage.read(&anew, 0).await.unwrap().len(), 2);
    storage.close().await;
}
