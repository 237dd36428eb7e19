//! People's decisions about effects that wait for them. What a yes lets out is judged anew at that moment: an order may
//! have changed since it was asked for.

use jiff::Timestamp;
use serde_json::Value;
use thiserror::Error;

use super::effects::Told;
use super::handoff::system_line;
use super::twin::{concerns_a_ticket, mirror_job};
use super::{Desk, Inner, Stop};
use crate::domain::effect::{ApprovalState, Effect};
use crate::domain::event::EventBody;
use crate::domain::id::{ApprovalId, StoreId};
use crate::domain::money::Money;
use crate::domain::order::LineQuantity;
use crate::storage::StorageError;
use crate::storage::approvals::{Approval, Decided};
use crate::storage::log::{Append, Writer};
use crate::tools::books::BooksError;

mod anew;

/// Approvals that a list shows at most.
const LISTED: u32 = 200;
/// Those whose time is over that are dealt with at a time.
const AT_ONCE: u32 = 32;

/// A yes, perhaps to less than was proposed.
#[derive(Clone, Debug, Default)]
pub struct Yes {
    /// Fewer of a line: the quantities that remain. `None`: all.
    pub lines: Option<Vec<LineQuantity>>,
    /// A lower amount, as a decimal string in the order's currency.
    pub amount: Option<String>,
    pub note: Option<String>,
}

/// Why a decision was not taken. `Display` is fit for the API's caller.
#[derive(Debug, Error)]
pub enum DecisionError {
    #[error("there is no such approval")]
    Unknown,
    #[error("it was decided before: it is {}", .0.as_str())]
    Decided(ApprovalState),
    #[error("its time was over at {0}; the shopper can ask anew")]
    Expired(Timestamp),
    #[error("other money of this order is on its way; try again in a minute")]
    Busy,
    /// The order is no longer as it was when this was asked for.
    #[error("the order has changed since: {0}; nothing was paid, and the approval is still open")]
    Changed(String),
    #[error("{field}: {problem}")]
    Edit { field: &'static str, problem: String },
    #[error(transparent)]
    Vendor(#[from] crate::integrations::VendorError),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl From<BooksError> for DecisionError {
    fn from(error: BooksError) -> Self {
        match error {
            BooksError::Vendor(error) => Self::Vendor(error),
            BooksError::Storage(error) => Self::Storage(error),
        }
    }
}

impl Desk {
    /// A store's approvals, oldest first.
    pub async fn approvals(
        &self,
        store: &StoreId,
        state: Option<ApprovalState>,
    ) -> Result<Vec<Approval>, DecisionError> {
        Ok(self.0.storage.approvals(store, state, LISTED).await?)
    }

    /// Says yes, and lets the effect out. Whoever asked may go away: it is done all the same.
    pub async fn approve(
        &self,
        store: &StoreId,
        id: &ApprovalId,
        by: &str,
        yes: Yes,
    ) -> Result<(Approval, Effect), DecisionError> {
        let (desk, store, id, by) = (self.clone(), store.clone(), id.clone(), by.to_owned());
        let task = self.0.tasks.spawn(async move { desk.0.approve(&store, &id, &by, &yes).await });
        task.await.map_err(|_| DecisionError::Storage(StorageError::Closed))?
    }

    /// Says no. `message` is told to the shopper.
    pub async fn deny(
        &self,
        store: &StoreId,
        id: &ApprovalId,
        by: &str,
        message: Option<String>,
    ) -> Result<Approval, DecisionError> {
        let approval = self.0.pending(store, id).await?;
        self.0.turn_down(&approval, ApprovalState::Denied, by, message).await
    }
}

impl Inner {
    async fn pending(&self, store: &StoreId, id: &ApprovalId) -> Result<Approval, DecisionError> {
        let approval = self.storage.approval(id).await?.filter(|approval| &approval.store == store);
        let approval = approval.ok_or(DecisionError::Unknown)?;
        if approval.state != ApprovalState::Pending {
            return Err(DecisionError::Decided(approval.state));
        }
        Ok(approval)
    }

    pub(super) async fn approve(
        &self,
        store: &StoreId,
        id: &ApprovalId,
        by: &str,
        yes: &Yes,
    ) -> Result<(Approval, Effect), DecisionError> {
        let approval = self.pending(store, id).await?;
        if approval.expires_at <= self.clock.now() {
            return Err(DecisionError::Expired(approval.expires_at));
        }
        let setup = self.stores.get(store).ok_or(DecisionError::Unknown)?;
        let effect = self.storage.effect(&approval.effect).await?.ok_or(DecisionError::Unknown)?;
        let granted = self.judge_anew(setup, &effect, yes).await?;
        let amount = granted.hold.amount;
        let decided = self.decided(&approval, ApprovalState::Approved, by, amount, yes.note.clone(), Vec::new());
        let _settling = self.settling.lock().await;
        let Some((approval, effect)) = self.storage.grant(id, decided, granted).await? else {
            let approval = self.pending(store, id).await?;
            return Err(if approval.expires_at <= self.clock.now() {
                DecisionError::Expired(approval.expires_at)
            } else {
                DecisionError::Busy
            });
        };
        self.hub.grown(&approval.conversation);
        match self.pursue(setup, effect, Told::ByLine).await {
            Ok(effect) => Ok((approval, effect)),
            Err(Stop::Storage(error)) => Err(error.into()),
            Err(Stop::Fenced | Stop::Interrupted) => Err(DecisionError::Busy),
        }
    }

    pub(super) async fn turn_down(
        &self,
        approval: &Approval,
        state: ApprovalState,
        by: &str,
        message: Option<String>,
    ) -> Result<Approval, DecisionError> {
        let conversation = self.load(&approval.conversation).await.ok();
        let lines = self.lines(conversation.as_ref().map_or("en", |conversation| conversation.language()));
        let order = approval.proposal.get("order_number").and_then(Value::as_str).unwrap_or_default();
        let line = match state {
            ApprovalState::Expired => lines.approval_expired(order),
            _ => lines.approval_denied(order),
        };
        let said = [Some(line), message.clone()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        let decided = self.decided(approval, state.clone(), by, None, message, vec![system_line(None, said)]);
        let Some(approval) = self.storage.turn_down(&approval.id, state, decided).await? else {
            let now =
                self.storage.approval(&approval.id).await?.map_or(ApprovalState::Expired, |approval| approval.state);
            return Err(DecisionError::Decided(now));
        };
        self.hub.grown(&approval.conversation);
        Ok(approval)
    }

    fn decided(
        &self,
        approval: &Approval,
        state: ApprovalState,
        by: &str,
        amount: Option<Money>,
        note: Option<String>,
        also: Vec<EventBody>,
    ) -> Decided {
        let decided = EventBody::ApprovalDecided {
            approval: approval.id.clone(),
            effect: approval.effect.clone(),
            state,
            by: by.to_owned(),
            amount,
        };
        let append = Append {
            conversation: approval.conversation.clone(),
            expected_len: 0,
            writer: Writer::Anyone,
            at: self.clock.now(),
            outbox: concerns_a_ticket(&also).then(|| mirror_job(&approval.conversation)).into_iter().collect(),
            events: std::iter::once(decided).chain(also).collect(),
            forgiven: Vec::new(),
        };
        Decided { by: by.to_owned(), at: self.clock.now(), note, append }
    }

    /// Approvals that nobody decided in time.
    pub(super) async fn expire_approvals(&self) -> Result<(), DecisionError> {
        for approval in self.storage.overdue(self.clock.now(), AT_ONCE).await? {
            match self.turn_down(&approval, ApprovalState::Expired, "policy", None).await {
                Ok(_) | Err(DecisionError::Decided(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
