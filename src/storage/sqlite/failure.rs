//! What SQLite's and sqlx's errors mean to us. Codes: <https://www.sqlite.org/rescode.html>.

use std::path::Path;

use crate::storage::{StorageError, chain};

const SQLITE_PERM: u32 = 3;
const SQLITE_BUSY: u32 = 5;
const SQLITE_READONLY: u32 = 8;
const SQLITE_IOERR: u32 = 10;
const SQLITE_CORRUPT: u32 = 11;
const SQLITE_FULL: u32 = 13;
const SQLITE_CANTOPEN: u32 = 14;
const SQLITE_AUTH: u32 = 23;
const SQLITE_NOTADB: u32 = 26;

impl From<sqlx::Error> for StorageError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => Self::Closed,
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Corrupt(chain(&error)),
            _ => match primary_code(&error) {
                Some(
                    SQLITE_PERM | SQLITE_BUSY | SQLITE_READONLY | SQLITE_IOERR | SQLITE_FULL | SQLITE_CANTOPEN
                    | SQLITE_AUTH,
                ) => Self::Unwritable(chain(&error)),
                Some(SQLITE_CORRUPT | SQLITE_NOTADB) => Self::Corrupt(chain(&error)),
                _ => Self::Database(chain(&error)),
            },
        }
    }
}

pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    primary_code(error) == Some(SQLITE_BUSY)
}

/// The low byte says the kind, the rest which of its kind.
fn primary_code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?;
    code.parse::<u32>().ok().map(|code| code & 0xff)
}

/// An error that came up while the file was opened: it names the file.
pub(super) fn opening(path: &Path, error: sqlx::Error) -> StorageError {
    if primary_code(&error) == Some(SQLITE_NOTADB) {
        return StorageError::NotADatabase(path.to_owned());
    }
    match StorageError::from(error) {
        StorageError::Unwritable(why) => StorageError::Unwritable(format!("{}: {why}", path.display())),
        StorageError::Database(why) => StorageError::Database(format!("{}: {why}", path.display())),
        other => other,
    }
}
