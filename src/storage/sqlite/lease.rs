//! The lease on a conversation's turn, by the machine's time.

use std::time::Duration;

use sqlx::SqliteConnection;

use super::writer::Operation;
use super::{SqliteStorage, machine_deadline, machine_now, signed, unsigned};
use crate::domain::id::ConversationId;
use crate::storage::StorageError;
use crate::storage::log::Fence;

struct Claim {
    conversation: ConversationId,
    owner: String,
    ttl: Duration,
}

impl Operation for Claim {
    type Answer = Option<Fence>;

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let fence: Option<(i64,)> = sqlx::query_as(
            "UPDATE conversations SET fence = fence + 1, lease_owner = $2, lease_until = $3 \
             WHERE conversation = $1 AND (lease_owner IS NULL OR lease_owner = $2 OR lease_until <= $4) \
             RETURNING fence",
        )
        .bind(self.conversation.as_str())
        .bind(&self.owner)
        .bind(machine_deadline(self.ttl))
        .bind(machine_now())
        .fetch_optional(&mut *connection)
        .await?;
        if let Some((fence,)) = fence {
            return Ok(Some(Fence(unsigned(fence))));
        }
        let known: Option<(i64,)> = sqlx::query_as("SELECT id FROM conversations WHERE conversation = $1")
            .bind(self.conversation.as_str())
            .fetch_optional(connection)
            .await?;
        known.map(|_| None).ok_or(StorageError::UnknownConversation)
    }
}

pub(super) struct Renew {
    pub conversation: ConversationId,
    pub fence: Fence,
    pub ttl: Duration,
}

impl Operation for Renew {
    type Answer = bool;

    fn is_one_statement(&self) -> bool {
        true
    }

    /// A lease that ran out, but that nobody took, is as good as held.
    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let done = sqlx::query(
            "UPDATE conversations SET lease_until = $3 \
             WHERE conversation = $1 AND fence = $2 AND lease_owner IS NOT NULL",
        )
        .bind(self.conversation.as_str())
        .bind(signed(self.fence.0))
        .bind(machine_deadline(self.ttl))
        .execute(connection)
        .await?;
        Ok(done.rows_affected() > 0)
    }
}

struct Release {
    conversation: ConversationId,
    fence: Fence,
}

impl Operation for Release {
    type Answer = ();

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        sqlx::query(
            "UPDATE conversations SET lease_owner = NULL, lease_until = 0 WHERE conversation = $1 AND fence = $2",
        )
        .bind(self.conversation.as_str())
        .bind(signed(self.fence.0))
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Writes or clears the text of a message in the making, if the fence is still the last.
pub(super) struct PutCheckpoint {
    pub conversation: ConversationId,
    pub fence: Fence,
    pub sealed: Option<String>,
}

impl Operation for PutCheckpoint {
    type Answer = ();

    fn is_one_statement(&self) -> bool {
        true
    }

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let statement = match self.sealed {
            Some(_) => {
                "INSERT INTO checkpoints (conversation, sealed) \
                 SELECT id, $3 FROM conversations WHERE conversation = $1 AND fence = $2 AND erased_at IS NULL \
                 ON CONFLICT (conversation) DO UPDATE SET sealed = excluded.sealed"
            }
            None => {
                "DELETE FROM checkpoints WHERE conversation = \
                 (SELECT id FROM conversations WHERE conversation = $1 AND fence = $2)"
            }
        };
        let query = sqlx::query(statement).bind(self.conversation.as_str()).bind(signed(self.fence.0));
        let query = match &self.sealed {
            Some(sealed) => query.bind(sealed.as_str()),
            None => query,
        };
        query.execute(connection).await?;
        Ok(())
    }
}

impl SqliteStorage {
    pub(super) async fn claim_turn(
        &self,
        conversation: &ConversationId,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Fence>, StorageError> {
        self.write(Claim { conversation: conversation.clone(), owner: owner.to_owned(), ttl }).await
    }

    pub(super) async fn release_turn(&self, conversation: &ConversationId, fence: Fence) -> Result<(), StorageError> {
        self.write(Release { conversation: conversation.clone(), fence }).await
    }
}
