//! The one writer. Whatever waits is committed together, and then everyone is answered: appends, which are most of it, by
//! one statement; what else there is in one transaction after it.
//!
//! What fails must not undo its neighbours: when something does, all is undone and each is run again by itself. This is
//! rare, and cheaper than a savepoint around each. For appends a refusal, such as a log that has grown, is a failure of
//! this kind; other operations refuse before they write, as an answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::{mpsc, oneshot};

use super::entry::{self, Entry};
use crate::storage::StorageError;

/// So many may wait before callers wait to be let in.
const QUEUE: usize = 1024;

/// So many are committed at once, at most.
const GROUP: usize = 256;

/// A change of the database. It may run more than once until it is committed.
pub(super) trait Operation: Send + Sync + 'static {
    type Answer: Send + 'static;

    /// Whether it must be on disk, not only handed to the system, before it is answered.
    const DURABLE: bool = false;

    /// Whether it writes with no more than one statement, which is then a transaction by itself.
    fn is_one_statement(&self) -> bool {
        false
    }

    fn run(&self, connection: &mut SqliteConnection)
    -> impl Future<Output = Result<Self::Answer, StorageError>> + Send;
}

/// An operation whose type is forgotten, with the caller who waits for it.
#[async_trait]
trait Pending: Send {
    fn is_durable(&self) -> bool;
    fn is_one_statement(&self) -> bool;
    async fn run(&mut self, connection: &mut SqliteConnection) -> Result<(), StorageError>;
    /// Hands over the answer of the last run.
    fn answer(self: Box<Self>);
    fn fail(self: Box<Self>, error: StorageError);
}

struct Waiting<O: Operation> {
    operation: O,
    answer: Option<O::Answer>,
    caller: oneshot::Sender<Result<O::Answer, StorageError>>,
}

#[async_trait]
impl<O: Operation> Pending for Waiting<O> {
    fn is_durable(&self) -> bool {
        O::DURABLE
    }

    fn is_one_statement(&self) -> bool {
        self.operation.is_one_statement()
    }

    async fn run(&mut self, connection: &mut SqliteConnection) -> Result<(), StorageError> {
        self.answer = Some(self.operation.run(connection).await?);
        Ok(())
    }

    /// A caller who has gone away misses the answer; what was written stays written.
    fn answer(self: Box<Self>) {
        let Self { operation, answer, caller } = *self;
        // First, so that what the caller shares with it is the caller's alone again.
        drop(operation);
        let _gone = caller.send(answer.ok_or(StorageError::Closed));
    }

    fn fail(self: Box<Self>, error: StorageError) {
        let _gone = self.caller.send(Err(error));
    }
}

/// An append, with the caller who waits for it.
struct Appending {
    entries: Vec<Entry>,
    caller: oneshot::Sender<Result<bool, StorageError>>,
}

enum Request {
    Append(Appending),
    Write(Box<dyn Pending>),
    /// Moves the write-ahead log into the file and empties it.
    Checkpoint(oneshot::Sender<Result<(), StorageError>>),
    Close(oneshot::Sender<()>),
}

/// What the writer has done since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    pub transactions: u64,
    /// Those of them that were on disk before anyone was answered.
    pub durable: u64,
    /// Operations in them: more than transactions, where group commit was of use.
    pub operations: u64,
}

#[derive(Default)]
struct Counters {
    transactions: AtomicU64,
    durable: AtomicU64,
    operations: AtomicU64,
}

/// The way to the writer.
pub(super) struct Writer {
    requests: mpsc::Sender<Request>,
    counters: Arc<Counters>,
}

impl Writer {
    pub(super) fn start(connection: SqliteConnection) -> Self {
        let (requests, inbox) = mpsc::channel(QUEUE);
        let counters = Arc::new(Counters::default());
        let task = Task { connection, inbox, counters: Arc::clone(&counters) };
        tokio::spawn(task.run());
        Self { requests, counters }
    }

    /// Writes events with what hangs on them, all or nothing. `false`: a condition does not hold. Once this waits in line
    /// it will be done, even if the caller goes away.
    pub(super) async fn append(&self, entries: Vec<Entry>) -> Result<bool, StorageError> {
        let (caller, answer) = oneshot::channel();
        let request = Request::Append(Appending { entries, caller });
        self.requests.send(request).await.map_err(|_| StorageError::Closed)?;
        answer.await.map_err(|_| StorageError::Closed)?
    }

    /// Runs an operation. Once it waits in line it will run, even if the caller goes away.
    pub(super) async fn run<O: Operation>(&self, operation: O) -> Result<O::Answer, StorageError> {
        let (caller, answer) = oneshot::channel();
        let pending = Box::new(Waiting { operation, answer: None, caller });
        self.requests.send(Request::Write(pending)).await.map_err(|_| StorageError::Closed)?;
        answer.await.map_err(|_| StorageError::Closed)?
    }

    pub(super) async fn checkpoint(&self) -> Result<(), StorageError> {
        let (caller, answer) = oneshot::channel();
        self.requests.send(Request::Checkpoint(caller)).await.map_err(|_| StorageError::Closed)?;
        answer.await.map_err(|_| StorageError::Closed)?
    }

    /// Waits until all that was asked before is committed and the file is closed.
    pub(super) async fn close(&self) {
        let (caller, done) = oneshot::channel();
        if self.requests.send(Request::Close(caller)).await.is_ok() {
            let _ended = done.await;
        }
    }

    pub(super) fn stats(&self) -> Stats {
        Stats {
            transactions: self.counters.transactions.load(Ordering::Relaxed),
            durable: self.counters.durable.load(Ordering::Relaxed),
            operations: self.counters.operations.load(Ordering::Relaxed),
        }
    }
}

struct Task {
    connection: SqliteConnection,
    inbox: mpsc::Receiver<Request>,
    counters: Arc<Counters>,
}

impl Task {
    async fn run(mut self) {
        let mut requests = Vec::with_capacity(GROUP);
        let mut closing = Vec::new();
        while self.inbox.recv_many(&mut requests, GROUP).await > 0 {
            // Whoever else is about to write joins in. Where nobody else is at work, this takes no time.
            tokio::task::yield_now().await;
            while requests.len() < GROUP
                && let Ok(request) = self.inbox.try_recv()
            {
                requests.push(request);
            }
            let mut appends = Vec::with_capacity(requests.len());
            let mut group = Vec::new();
            let mut checkpoints = Vec::new();
            for request in requests.drain(..) {
                match request {
                    Request::Append(appending) => appends.push(appending),
                    Request::Write(pending) => group.push(pending),
                    Request::Checkpoint(caller) => checkpoints.push(caller),
                    Request::Close(caller) => {
                        self.inbox.close();
                        closing.push(caller);
                    }
                }
            }
            self.append_all(appends).await;
            self.commit_group(group).await;
            for caller in checkpoints {
                let _gone = caller.send(self.checkpoint().await);
            }
        }
        self.finish().await;
        for caller in closing {
            let _gone = caller.send(());
        }
    }

    async fn append_all(&mut self, appends: Vec<Appending>) {
        let mut group = Vec::new();
        let mut entries = 0;
        for appending in appends {
            if !group.is_empty() && entries + appending.entries.len() > entry::MOST {
                self.append_group(std::mem::take(&mut group)).await;
                entries = 0;
            }
            entries += appending.entries.len();
            group.push(appending);
        }
        self.append_group(group).await;
    }

    async fn append_group(&mut self, group: Vec<Appending>) {
        let together = match group.as_slice() {
            [] | [_] => false,
            _ => matches!(self.insert(&group).await, Ok(true)),
        };
        for appending in group {
            let written = if together { Ok(true) } else { self.insert(std::slice::from_ref(&appending)).await };
            let _gone = appending.caller.send(written);
        }
    }

    async fn insert(&mut self, group: &[Appending]) -> Result<bool, StorageError> {
        let entries: Vec<&Entry> = group.iter().flat_map(|appending| &appending.entries).collect();
        let whole = entries.len() > entry::MOST;
        if whole {
            self.begin(false).await?;
        }
        let written = match entry::insert(&mut self.connection, &entries).await {
            Ok(true) if whole => self.commit(false).await.map(|()| true),
            written => written,
        };
        if !matches!(written, Ok(true)) {
            if whole {
                self.roll_back().await;
            }
            return written;
        }
        self.count(group.len(), false);
        Ok(true)
    }

    async fn commit_group(&mut self, mut group: Vec<Box<dyn Pending>>) {
        if group.is_empty() {
            return;
        }
        match self.run_and_commit(&mut group).await {
            Ok(()) => group.into_iter().for_each(Pending::answer),
            Err(error) => match <[_; 1]>::try_from(group) {
                Ok([only]) => only.fail(error),
                Err(group) => self.commit_each(group).await,
            },
        }
    }

    async fn commit_each(&mut self, group: Vec<Box<dyn Pending>>) {
        for pending in group {
            Box::pin(self.commit_group(vec![pending])).await;
        }
    }

    async fn run_and_commit(&mut self, group: &mut [Box<dyn Pending>]) -> Result<(), StorageError> {
        let durable = group.iter().any(|pending| pending.is_durable());
        if !durable && matches!(group, [only] if only.is_one_statement()) {
            self.run_all(group).await?;
        } else if let Err(error) = self.transact(group, durable).await {
            self.roll_back().await;
            return Err(error);
        }
        self.count(group.len(), durable);
        Ok(())
    }

    async fn transact(&mut self, group: &mut [Box<dyn Pending>], durable: bool) -> Result<(), StorageError> {
        self.begin(durable).await?;
        self.run_all(group).await?;
        self.commit(durable).await
    }

    async fn run_all(&mut self, group: &mut [Box<dyn Pending>]) -> Result<(), StorageError> {
        for pending in group {
            pending.run(&mut self.connection).await?;
        }
        Ok(())
    }

    /// `synchronous` can only be changed outside a transaction. FULL waits until the write-ahead log is on disk, and with it
    /// whatever was committed before.
    async fn begin(&mut self, durable: bool) -> Result<(), StorageError> {
        let statements = if durable { "PRAGMA synchronous = FULL; BEGIN IMMEDIATE" } else { "BEGIN IMMEDIATE" };
        sqlx::query(statements).execute(&mut self.connection).await?;
        Ok(())
    }

    async fn commit(&mut self, durable: bool) -> Result<(), StorageError> {
        let statements = if durable { "COMMIT; PRAGMA synchronous = NORMAL" } else { "COMMIT" };
        sqlx::query(statements).execute(&mut self.connection).await?;
        Ok(())
    }

    fn count(&self, operations: usize, durable: bool) {
        self.counters.transactions.fetch_add(1, Ordering::Relaxed);
        self.counters.durable.fetch_add(u64::from(durable), Ordering::Relaxed);
        self.counters.operations.fetch_add(u64::try_from(operations).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    /// SQLite itself rolls back on some errors, a full disk among them; then there is nothing left to do, and the error
    /// that says so is no news.
    async fn roll_back(&mut self) {
        for statement in ["ROLLBACK", "PRAGMA synchronous = NORMAL"] {
            if let Err(error) = sqlx::query(statement).execute(&mut self.connection).await {
                tracing::debug!(%error, "rolled back already");
            }
        }
    }

    /// Readers may hold it up for a moment.
    async fn checkpoint(&mut self) -> Result<(), StorageError> {
        for _ in 0..3 {
            let (busy, _, _): (i64, i64, i64) =
                sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut self.connection).await?;
            if busy == 0 {
                return Ok(());
            }
        }
        Err(StorageError::Unwritable("the write-ahead log is in use by another program".to_owned()))
    }

    async fn finish(mut self) {
        if let Err(error) = self.checkpoint().await {
            tracing::warn!(%error, "the write-ahead log stays beside the database until the next start");
        }
        if let Err(error) = sqlx::query("PRAGMA optimize").execute(&mut self.connection).await {
            tracing::warn!(%error, "the database could not be optimised");
        }
        if let Err(error) = self.connection.close().await {
            tracing::warn!(%error, "the database could not be closed cleanly");
        }
    }
}

#[cfg(test)]
mod tests;
