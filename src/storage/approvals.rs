//! Effects that wait for a person, and what the person decided. A decision is made once.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use super::StorageError;
use super::log::Append;
use super::orders::Hold;
use crate::domain::effect::{ApprovalState, Effect};
use crate::domain::id::{ApprovalId, ConversationId, EffectId, StoreId};

/// To be recorded with its effect, in one transaction.
#[derive(Clone, Debug)]
pub struct NewApproval {
    pub id: ApprovalId,
    /// A code of the policy.
    pub reason: String,
    /// What is proposed: for the one who decides, and for its execution. Sealed at rest.
    pub proposal: Value,
    pub expires_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Approval {
    pub id: ApprovalId,
    pub store: StoreId,
    pub conversation: ConversationId,
    pub effect: EffectId,
    pub state: ApprovalState,
    pub reason: String,
    /// `null` once the person whom it concerns was erased.
    pub proposal: Value,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    /// The key of the one who decided; `policy` for what expired.
    pub decided_by: Option<String>,
    pub note: Option<String>,
}

/// A decision.
#[derive(Clone, Debug)]
pub struct Decided {
    pub by: String,
    pub at: Timestamp,
    pub note: Option<String>,
    /// Written in the same transaction, without an expected length: a decision is a fact.
    pub append: Append,
}

/// What a yes lets out: the request as it will leave, and what of the hold remains; never more than was proposed.
#[derive(Clone, Debug)]
pub struct Granted {
    pub request: String,
    pub hold: Hold,
}

#[async_trait]
pub trait Approvals: Send + Sync {
    async fn approval(&self, id: &ApprovalId) -> Result<Option<Approval>, StorageError>;

    /// A store's approvals, oldest first; `None`: in any state.
    async fn approvals(
        &self,
        store: &StoreId,
        state: Option<ApprovalState>,
        limit: u32,
    ) -> Result<Vec<Approval>, StorageError>;

    async fn approvals_of(&self, conversation: &ConversationId) -> Result<Vec<Approval>, StorageError>;

    /// Pending ones whose time is over.
    async fn overdue(&self, now: Timestamp, limit: u32) -> Result<Vec<Approval>, StorageError>;

    /// A yes: the effect may be sent. `None`: it was decided before, its time is over, or other money of the order is on
    /// its way; nothing was written.
    async fn grant(
        &self,
        id: &ApprovalId,
        decided: Decided,
        granted: Granted,
    ) -> Result<Option<(Approval, Effect)>, StorageError>;

    /// A no, or nobody's word in time: the effect fails and lets go. `None` as above; a time that is over can still be
    /// denied or expire.
    async fn turn_down(
        &self,
        id: &ApprovalId,
        state: ApprovalState,
        decided: Decided,
    ) -> Result<Option<Approval>, StorageError>;
}
