//! Connections that only read, as one executor of queries.
//!
//! sqlx's own pool asks a connection whether it still lives after each use, which takes SQLite's thread as long as the use did.

use std::sync::{Mutex, PoisonError};

use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream, StreamExt as _, TryStreamExt as _};
use futures_util::{FutureExt as _, TryFutureExt as _};
use sqlx::sqlite::{SqliteConnectOptions, SqliteQueryResult, SqliteRow, SqliteStatement, SqliteTypeInfo};
use sqlx::{ConnectOptions as _, Connection as _, Either, Error, Execute, Executor, SqlStr, Sqlite, SqliteConnection};
use tokio::sync::{Semaphore, SemaphorePermit};

#[derive(Debug)]
pub(super) struct Readers {
    options: SqliteConnectOptions,
    most: u32,
    free: Semaphore,
    idle: Mutex<Vec<SqliteConnection>>,
}

impl Readers {
    /// Connections are made when they are needed, so many at most.
    pub(super) fn new(options: SqliteConnectOptions, most: u32) -> Self {
        let most = most.max(1);
        let free = Semaphore::new(usize::try_from(most).unwrap_or(Semaphore::MAX_PERMITS));
        Self { options, most, free, idle: Mutex::default() }
    }

    /// Waits for those who read, and closes their connections. Nobody reads afterwards.
    pub(super) async fn close(&self) {
        let Ok(_all) = self.free.acquire_many(self.most).await else { return };
        self.free.close();
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for connection in idle {
            if let Err(error) = connection.close().await {
                tracing::warn!(%error, "a connection that reads could not be closed cleanly");
            }
        }
    }

    async fn lend(&self) -> Result<Lent<'_>, Error> {
        let permit = self.free.acquire().await.map_err(|_| Error::PoolClosed)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.options.connect().await?,
        };
        Ok(Lent { readers: self, connection, _permit: permit })
    }
}

/// A connection of one who reads. If the reading fails or is given up, it is not used again.
struct Lent<'r> {
    readers: &'r Readers,
    connection: SqliteConnection,
    _permit: SemaphorePermit<'r>,
}

impl Lent<'_> {
    fn give_back(self) {
        self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(self.connection);
    }
}

impl<'r> Executor<'r> for &'r Readers {
    type Database = Sqlite;

    fn fetch_many<'e, 'q, E>(self, query: E) -> BoxStream<'e, Result<Either<SqliteQueryResult, SqliteRow>, Error>>
    where
        'q: 'e,
        'r: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        let read = async move {
            let mut lent = self.lend().await?;
            let rows: Vec<_> = lent.connection.fetch_many(query).try_collect().await?;
            lent.give_back();
            Ok(stream::iter(rows.into_iter().map(Ok)))
        };
        read.try_flatten_stream().boxed()
    }

    fn fetch_optional<'e, 'q, E>(self, query: E) -> BoxFuture<'e, Result<Option<SqliteRow>, Error>>
    where
        'q: 'e,
        'r: 'e,
        E: 'q + Execute<'q, Sqlite>,
    {
        let read = async move {
            let mut lent = self.lend().await?;
            let row = lent.connection.fetch_optional(query).await?;
            lent.give_back();
            Ok(row)
        };
        read.boxed()
    }

    fn prepare_with<'e>(
        self,
        sql: SqlStr,
        parameters: &'e [SqliteTypeInfo],
    ) -> BoxFuture<'e, Result<SqliteStatement, Error>>
    where
        'r: 'e,
    {
        let prepare = async move {
            let mut lent = self.lend().await?;
            let statement = lent.connection.prepare_with(sql, parameters).await?;
            lent.give_back();
            Ok(statement)
        };
        prepare.boxed()
    }
}
