//! The embedded back end: one SQLite file, one writer that commits in groups, a few readers.
//!
//! A limit that is bound stands as `LIMIT +$1`: by the value of a plain one SQLite plans, and prepares the statement anew each
//! time.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sqlx::ConnectOptions as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::StorageError;
use super::stores::{ApiKey, StoreRecord};
use super::vault::{Key, Vault};
use crate::domain::id::{ConversationId, StoreId};

mod append;
mod approvals;
mod articles;
mod backlog;
mod codes;
mod deliveries;
mod emptied;
mod entry;
mod erase;
mod failure;
mod fresh;
mod keys;
mod lease;
mod ledger;
mod list;
mod log;
mod open;
mod orders;
mod outbox;
mod readers;
mod row;
mod schema;
mod stores;
mod tries;
mod writer;

use fresh::Fresh;
use readers::Readers;
pub use writer::Stats;

const READERS: u32 = 4;

/// Another process may hold the write lock for as long as this before we give up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the database is, and what opens its seals.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// The file; its folder is made where it is missing.
    pub path: PathBuf,
    pub vault: Vault,
    /// A bound on the file in pages of 4 KiB. Reaching it is like a full disk.
    pub max_pages: Option<u32>,
    /// Connections that only read. Each holds a thread and up to 2 MB of cached pages.
    pub readers: u32,
}

impl SqliteOptions {
    pub fn new(path: impl Into<PathBuf>, vault: Vault) -> Self {
        Self { path: path.into(), vault, max_pages: None, readers: READERS }
    }

    /// `deskhand.db` in this folder.
    pub fn in_folder(folder: &Path, vault: Vault) -> Self {
        Self::new(folder.join("deskhand.db"), vault)
    }

    fn connection(&self) -> SqliteConnectOptions {
        SqliteConnectOptions::new()
            .filename(&self.path)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(true)
            .disable_statement_logging()
    }

    fn writer(&self) -> SqliteConnectOptions {
        let options = self
            .connection()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            // The view that events are written through: it needs no file.
            .pragma("temp_store", "MEMORY")
            // What is deleted is overwritten: an erased key must not survive in a free page.
            .pragma("secure_delete", "ON");
        match self.max_pages {
            Some(pages) => options.pragma("max_page_count", pages.to_string()),
            None => options,
        }
    }
}

/// All storage in one SQLite file. Clones share it. Dropping the last one ends the writer; [`SqliteStorage::close`]
/// waits for that.
#[derive(Clone)]
pub struct SqliteStorage(Arc<Shared>);

struct Shared {
    readers: Readers,
    writer: writer::Writer,
    vault: Vault,
    keys: keys::Cache,
    known_keys: Fresh<Vec<u8>, ApiKey>,
    store_records: Fresh<StoreId, Option<StoreRecord>>,
}

impl Shared {
    fn new(readers: Readers, writer: writer::Writer, vault: Vault) -> Self {
        let (known_keys, store_records) = (Fresh::default(), Fresh::default());
        Self { readers, writer, vault, keys: keys::Cache::default(), known_keys, store_records }
    }
}

impl SqliteStorage {
    /// Opens the file or makes it, and brings its schema up to date.
    ///
    /// # Errors
    /// [`StorageError::Unwritable`], [`StorageError::NotADatabase`], [`StorageError::NewerSchema`], and
    /// [`StorageError::MissingKey`] where the keyring is not the one that the database was sealed under.
    pub async fn open(options: SqliteOptions) -> Result<Self, StorageError> {
        let (connection, vault) = schema::open(&options).await?;
        let writer = writer::Writer::start(connection);
        let readers = Readers::new(options.connection().read_only(true), options.readers);
        Ok(Self(Arc::new(Shared::new(readers, writer, vault))))
    }

    /// The vault with this database's lookup key: its digests stay the same when the keyring is rotated.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// What the writer has done since the start.
    pub fn stats(&self) -> Stats {
        self.0.writer.stats()
    }

    /// Commits what is waiting, moves the write-ahead log into the file and closes it. Whatever is asked afterwards is
    /// refused with [`StorageError::Closed`].
    pub async fn close(&self) {
        self.0.readers.close().await;
        self.0.writer.close().await;
    }

    fn readers(&self) -> &Readers {
        &self.0.readers
    }

    async fn write<O: writer::Operation>(&self, operation: O) -> Result<O::Answer, StorageError> {
        self.0.writer.run(operation).await
    }

    /// Seals a text of this conversation. `Erased` where its key was destroyed.
    async fn seal(&self, conversation: &ConversationId, what: &str, text: &str) -> Result<String, StorageError> {
        let key = self.data_key(conversation).await?.ok_or(StorageError::Erased)?;
        seal_with(&key, conversation, what, text)
    }

    async fn unseal(&self, conversation: &ConversationId, what: &str, sealed: &str) -> Result<String, StorageError> {
        let key = self.data_key(conversation).await?.ok_or(StorageError::Erased)?;
        unseal_with(&key, conversation, what, sealed)
    }
}

/// The name in sealed texts of the key that belongs to their conversation.
const DATA_KEY: &str = "data";

fn seal_with(key: &Key, conversation: &ConversationId, what: &str, text: &str) -> Result<String, StorageError> {
    key.seal(DATA_KEY, &format!("{conversation}/{what}"), text.as_bytes())
}

fn unseal_with(key: &Key, conversation: &ConversationId, what: &str, sealed: &str) -> Result<String, StorageError> {
    let text = key.open(sealed, &format!("{conversation}/{what}"))?;
    String::from_utf8(text.to_vec()).map_err(|_| StorageError::Corrupt(format!("{conversation}/{what} is not text")))
}

/// SQLite has no unsigned numbers; ours never reach the sign.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

/// A moment `after` from now on the machine's clock, in milliseconds.
fn machine_deadline(after: Duration) -> i64 {
    machine_now().saturating_add(i64::try_from(after.as_millis()).unwrap_or(i64::MAX))
}

fn machine_now() -> i64 {
    crate::domain::clock::Clock::machine().as_millisecond()
}
