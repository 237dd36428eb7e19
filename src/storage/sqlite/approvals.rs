//! Approvals on SQLite. A decision is a compare-and-set, on disk before anyone hears of it.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use sqlx::SqliteConnection;

use super::SqliteStorage;
use super::append::{Draft, append_fact};
use super::ledger::{self, place};
use super::orders::{Held, let_go};
use super::row::row;
use super::writer::Operation;
use crate::domain::clock::from_millis;
use crate::domain::effect::{ApprovalState, Effect};
use crate::domain::id::{ApprovalId, ConversationId, EffectId, StoreId};
use crate::storage::StorageError;
use crate::storage::approvals::{Approval, Approvals, Decided, Granted, NewApproval};
use crate::storage::ledger::NewEffect;

row! {
    struct Stored {
        id: String,
        store: String,
        conversation: String,
        effect: String,
        state: String,
        reason: String,
        proposal: String,
        created_at: i64,
        expires_at: i64,
        decided_at: Option<i64>,
        decided_by: Option<String>,
        note: Option<String>,
    }
}

/// A new approval with its proposal sealed.
pub(super) struct SealedApproval {
    id: String,
    reason: String,
    proposal: String,
    /// Milliseconds.
    expires_at: i64,
}

fn sealed_place(id: &str, what: &str) -> String {
    format!("approval/{id}/{what}")
}

/// The approval beside its effect, which waits for it.
pub(super) async fn insert(
    connection: &mut SqliteConnection,
    effect: &NewEffect,
    approval: &SealedApproval,
) -> Result<(), StorageError> {
    sqlx::query(
        "INSERT INTO approvals (id, store, conversation, effect, reason, proposal, created_at, expires_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&approval.id)
    .bind(effect.store.as_str())
    .bind(effect.conversation.as_str())
    .bind(effect.id.as_str())
    .bind(&approval.reason)
    .bind(&approval.proposal)
    .bind(effect.at.as_millisecond())
    .bind(approval.expires_at)
    .execute(connection)
    .await?;
    Ok(())
}

/// What both kinds of decision write of the approval itself.
struct Decision {
    id: String,
    state: ApprovalState,
    by: String,
    /// Milliseconds.
    at: i64,
    note: Option<String>,
    draft: Draft,
}

impl Decision {
    /// `None`: it is not pending any more, or, for a yes, its time is over or other money of the order is on its way.
    async fn decide(&self, connection: &mut SqliteConnection) -> Result<Option<Stored>, StorageError> {
        let row = sqlx::query_as(
            "UPDATE approvals SET state = $2, decided_by = $3, decided_at = $4, note = $5 \
             WHERE id = $1 AND state = 'pending' AND ($2 <> 'approved' OR (expires_at > $4 AND NOT EXISTS \
             (SELECT 1 FROM effects mine JOIN effects other ON other.store = mine.store AND other.order_id = mine.order_id \
             WHERE mine.id = approvals.effect AND other.amount IS NOT NULL AND other.consent <> 'awaited' \
             AND other.state IN ('proposed', 'sent', 'unknown')))) RETURNING *",
        )
        .bind(&self.id)
        .bind(self.state.as_str())
        .bind(&self.by)
        .bind(self.at)
        .bind(&self.note)
        .fetch_optional(connection)
        .await?;
        Ok(row)
    }
}

struct Grant {
    decision: Decision,
    /// Sealed for the effect's row.
    request: String,
    held: Held,
}

impl Operation for Grant {
    type Answer = Option<(Stored, ledger::Stored)>;
    const DURABLE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let Some(approval) = self.decision.decide(connection).await? else { return Ok(None) };
        sqlx::query("UPDATE effects SET consent = 'given', request = $2 WHERE id = $1 AND state = 'proposed'")
            .bind(&approval.effect)
            .bind(&self.request)
            .execute(&mut *connection)
            .await?;
        let effect = self.held.write(connection, &approval.store, &approval.effect).await?;
        append_fact(connection, &self.decision.draft).await?;
        Ok(Some((approval, effect)))
    }
}

struct TurnDown {
    decision: Decision,
}

impl Operation for TurnDown {
    type Answer = Option<Stored>;
    const DURABLE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let decision = &self.decision;
        let Some(approval) = decision.decide(connection).await? else { return Ok(None) };
        sqlx::query(
            "UPDATE effects SET state = 'failed', settled_at = $2, problem = $3 \
             WHERE id = $1 AND state = 'proposed'",
        )
        .bind(&approval.effect)
        .bind(decision.at)
        .bind(decision.state.as_str())
        .execute(&mut *connection)
        .await?;
        let_go(connection, &approval.effect).await?;
        append_fact(connection, &decision.draft).await?;
        Ok(Some(approval))
    }
}

impl SqliteStorage {
    pub(super) async fn seal_approval(
        &self,
        conversation: &ConversationId,
        approval: NewApproval,
    ) -> Result<SealedApproval, StorageError> {
        let id = approval.id.as_str().to_owned();
        let text = serde_json::to_string(&approval.proposal)?;
        let proposal = self.seal(conversation, &sealed_place(&id, "proposal"), &text).await?;
        Ok(SealedApproval { id, reason: approval.reason, proposal, expires_at: approval.expires_at.as_millisecond() })
    }

    async fn decision(
        &self,
        id: &ApprovalId,
        state: ApprovalState,
        decided: Decided,
    ) -> Result<Decision, StorageError> {
        let note = match &decided.note {
            Some(note) => {
                Some(self.seal(&decided.append.conversation, &sealed_place(id.as_str(), "note"), note).await?)
            }
            None => None,
        };
        Ok(Decision {
            id: id.as_str().to_owned(),
            state,
            by: decided.by,
            at: decided.at.as_millisecond(),
            note,
            draft: self.draft(decided.append).await?,
        })
    }

    async fn read_approval(&self, row: Stored) -> Result<Approval, StorageError> {
        let conversation = ConversationId::new(row.conversation);
        let opened = async |what: &str, sealed: &str| match sealed {
            "" => Ok(None),
            sealed => match self.unseal(&conversation, &sealed_place(&row.id, what), sealed).await {
                Err(StorageError::Erased) => Ok(None),
                text => text.map(Some),
            },
        };
        let proposal = match opened("proposal", &row.proposal).await? {
            Some(text) => serde_json::from_str(&text)?,
            None => Value::Null,
        };
        let note = match &row.note {
            Some(sealed) => opened("note", sealed).await?,
            None => None,
        };
        Ok(Approval {
            id: ApprovalId::new(row.id),
            store: StoreId::new(row.store),
            conversation,
            effect: EffectId::new(row.effect),
            state: ApprovalState::from(row.state),
            reason: row.reason,
            proposal,
            created_at: from_millis(row.created_at),
            expires_at: from_millis(row.expires_at),
            decided_at: row.decided_at.map(from_millis),
            decided_by: row.decided_by,
            note,
        })
    }

    async fn read_approvals(&self, rows: Vec<Stored>) -> Result<Vec<Approval>, StorageError> {
        let mut approvals = Vec::with_capacity(rows.len());
        for row in rows {
            approvals.push(self.read_approval(row).await?);
        }
        Ok(approvals)
    }
}

#[async_trait]
impl Approvals for SqliteStorage {
    async fn approval(&self, id: &ApprovalId) -> Result<Option<Approval>, StorageError> {
        let row = sqlx::query_as("SELECT * FROM approvals WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await?;
        match row {
            Some(row) => self.read_approval(row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn approvals(
        &self,
        store: &StoreId,
        state: Option<ApprovalState>,
        limit: u32,
    ) -> Result<Vec<Approval>, StorageError> {
        let rows = sqlx::query_as(
            "SELECT * FROM approvals WHERE store = $1 AND ($2 IS NULL OR state = $2) ORDER BY created_at, rowid LIMIT +$3",
        )
        .bind(store.as_str())
        .bind(state.as_ref().map(ApprovalState::as_str))
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        self.read_approvals(rows).await
    }

    async fn approvals_of(&self, conversation: &ConversationId) -> Result<Vec<Approval>, StorageError> {
        let rows = sqlx::query_as("SELECT * FROM approvals WHERE conversation = $1 ORDER BY created_at, rowid")
            .bind(conversation.as_str())
            .fetch_all(self.readers())
            .await?;
        self.read_approvals(rows).await
    }

    async fn overdue(&self, now: Timestamp, limit: u32) -> Result<Vec<Approval>, StorageError> {
        let rows = sqlx::query_as(
            "SELECT * FROM approvals WHERE state = 'pending' AND expires_at <= $1 ORDER BY expires_at LIMIT +$2",
        )
        .bind(now.as_millisecond())
        .bind(limit)
        .fetch_all(self.readers())
        .await?;
        self.read_approvals(rows).await
    }

    async fn grant(
        &self,
        id: &ApprovalId,
        decided: Decided,
        granted: Granted,
    ) -> Result<Option<(Approval, Effect)>, StorageError> {
        let Some(approval) = self.approval(id).await? else { return Ok(None) };
        let effect = approval.effect.as_str();
        let request = self.seal(&approval.conversation, &place(effect), &granted.request).await?;
        let held = self.held(&approval.store, granted.hold);
        let decision = self.decision(id, ApprovalState::Approved, decided).await?;
        match self.write(Grant { decision, request, held }).await? {
            Some((approval, effect)) => {
                Ok(Some((self.read_approval(approval).await?, self.read_effect(effect).await?)))
            }
            None => Ok(None),
        }
    }

    async fn turn_down(
        &self,
        id: &ApprovalId,
        state: ApprovalState,
        decided: Decided,
    ) -> Result<Option<Approval>, StorageError> {
        let decision = self.decision(id, state, decided).await?;
        match self.write(TurnDown { decision }).await? {
            Some(row) => self.read_approval(row).await.map(Some),
            None => Ok(None),
        }
    }
}
