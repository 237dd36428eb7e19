//! What waits to be done beside the turns under way, in one look: most times there is nothing.

use async_trait::async_trait;

use super::StorageError;

/// What there is of each kind, whether its time has come or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Effects that have left, and of which nothing was heard yet.
    pub sent: bool,
    /// What [`super::ledger::Ledger::unsettled`] tells.
    pub unsettled: bool,
    /// Approvals that nobody has decided.
    pub approvals: bool,
    /// Conversations with a message that no turn has answered, or with a turn that is not over, whoever holds it.
    pub unanswered: bool,
    /// Jobs of the outbox that are not given up.
    pub jobs: bool,
    /// Deliveries that are not given up.
    pub deliveries: bool,
}

#[async_trait]
pub trait Backlog: Send + Sync {
    async fn waiting(&self) -> Result<Waiting, StorageError>;
}
