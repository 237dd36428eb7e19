//! What waits, on SQLite.

use async_trait::async_trait;

use super::SqliteStorage;
use super::row::row;
use crate::storage::StorageError;
use crate::storage::backlog::{Backlog, Waiting};

row! {
    struct Stored {
        sent: bool,
        unsettled: bool,
        approvals: bool,
        unanswered: bool,
        jobs: bool,
        deliveries: bool,
    }
}

#[async_trait]
impl Backlog for SqliteStorage {
    /// In the words of the indices of what is not done, so that the past is not read.
    async fn waiting(&self) -> Result<Waiting, StorageError> {
        let Stored { sent, unsettled, approvals, unanswered, jobs, deliveries } = sqlx::query_as(
            "SELECT EXISTS (SELECT 1 FROM effects WHERE state = 'sent') AS sent, \
             EXISTS (SELECT 1 FROM effects WHERE state IN ('proposed', 'unknown') AND consent <> 'awaited') AS unsettled, \
             EXISTS (SELECT 1 FROM approvals WHERE state = 'pending') AS approvals, \
             EXISTS (SELECT 1 FROM conversations WHERE (turn_open OR (status = 'ai_handling' AND last_customer > answered)) \
             AND erased_at IS NULL) AS unanswered, \
             EXISTS (SELECT 1 FROM outbox WHERE state = 'waiting') AS jobs, \
             EXISTS (SELECT 1 FROM deliveries WHERE state = 'waiting') AS deliveries",
        )
        .fetch_one(self.readers())
        .await?;
        Ok(Waiting { sent, unsettled, approvals, unanswered, jobs, deliveries })
    }
}
