//! What is written into the helpdesk: sent by whoever holds its job, once, and looked for by its own id where nobody knows
//! what became of it.

use std::time::Duration;

use async_trait::async_trait;
use jiff::SignedDuration;
use serde_json::Value;

use crate::desk::outbox::Tried;
use crate::desk::{Inner, Stop, StoreSetup};
use crate::domain::clock::Clock;
use crate::domain::effect::{Effect, EffectKind, EffectState, Permit};
use crate::domain::event::{EventBody, TicketReference};
use crate::domain::id::{ConversationId, EffectId};
use crate::integrations::{VendorError, WriteError};
use crate::storage::ledger::Move;
use crate::storage::outbox::NewJob;

mod change;
mod entry;
mod ticket;

pub use change::NewChange;
pub use entry::NewEntry;
pub use ticket::NewTicket;

/// Something that a helpdesk is to have.
#[async_trait]
pub trait Posting: Send + Sync {
    fn kind(&self) -> EffectKind;

    fn identity(&self) -> String;

    /// What must be known again of it where its row is found.
    fn wish(&self) -> Value {
        Value::Null
    }

    /// Made once, for the row with this id, which it carries.
    fn request(&self, setup: &StoreSetup, effect: &EffectId) -> String;

    async fn send(&self, setup: &StoreSetup, permit: Permit, effect: &Effect) -> Result<TicketReference, WriteError>;

    /// What carries this row's id, if the helpdesk has it.
    async fn find(&self, setup: &StoreSetup, effect: &Effect) -> Result<Option<TicketReference>, VendorError>;

    /// Whether it may go again, so long after it was sent first, where the helpdesk does not have it.
    fn goes_again(&self, setup: &StoreSetup, age: Duration) -> bool;

    /// What the conversation learns once it is there.
    fn there(&self, effect: &Effect, reference: &TicketReference) -> Vec<EventBody>;

    /// What it learns of a refusal for good, and the work that follows.
    fn refused(&self, effect: &Effect) -> (Vec<EventBody>, Vec<NewJob>);
}

impl Inner {
    /// Takes a posting as far as it can be taken now.
    pub(in crate::desk) async fn post_to_helpdesk(
        &self,
        setup: &StoreSetup,
        conversation: &ConversationId,
        posting: &dyn Posting,
    ) -> Result<Tried, Stop> {
        let request = |id: &EffectId| posting.request(setup, id);
        let (kind, identity, wish) = (posting.kind(), posting.identity(), posting.wish());
        let effect = self.propose(setup, kind, identity, wish, conversation, request).await?;
        match effect.state {
            EffectState::Proposed => self.send_posting(setup, &effect, posting).await,
            EffectState::Unknown => self.look_for_posting(setup, &effect, posting).await,
            EffectState::Confirmed => Ok(Tried::Done),
            EffectState::Failed => Ok(Tried::Never(effect.problem.unwrap_or_default())),
            EffectState::Sent => {
                self.abandoned(&effect).await?;
                self.look_for_posting(setup, &effect, posting).await
            }
            EffectState::Other(_) => Ok(Tried::Later("another version of this program has it in hand".to_owned())),
        }
    }

    /// Postings are sent by whoever holds their job, and one at a time does: a row that its holder finds as sent was left
    /// so by a process that has ended. Whether this conversation's turn has an owner says nothing about that.
    async fn abandoned(&self, effect: &Effect) -> Result<(), Stop> {
        let problem = "its sender ended before the outcome was known".to_owned();
        self.settle(effect, Move::Lose { problem }, EffectState::Unknown, Vec::new()).await?;
        Ok(())
    }

    async fn send_posting(&self, setup: &StoreSetup, effect: &Effect, posting: &dyn Posting) -> Result<Tried, Stop> {
        let Some(permit) = self.let_out(effect).await? else {
            return Ok(Tried::Later("another task has it in hand".to_owned()));
        };
        match posting.send(setup, permit, effect).await {
            Ok(reference) => self.is_posted(effect, &reference, posting).await,
            // Nothing happened, and other credentials may let it pass.
            Err(WriteError::NotSent(error) | WriteError::Refused(error @ VendorError::Credentials { .. })) => {
                let problem = error.to_string();
                let back = Move::TurnedAway { problem: problem.clone() };
                self.storage.advance(&effect.id, back, Clock::machine(), None).await?;
                Ok(Tried::Later(problem))
            }
            Err(WriteError::Refused(error)) => self.is_not_posted(effect, error.to_string(), posting).await,
            Err(WriteError::Unknown(error)) => {
                let problem = error.to_string();
                let lost = Move::Lose { problem: problem.clone() };
                self.settle(effect, lost, EffectState::Unknown, Vec::new()).await?;
                Ok(Tried::Later(problem))
            }
        }
    }

    async fn is_posted(
        &self,
        effect: &Effect,
        reference: &TicketReference,
        posting: &dyn Posting,
    ) -> Result<Tried, Stop> {
        let confirm = Move::Confirm { vendor_reference: Some(reference.id.clone()), watched: false };
        self.settle(effect, confirm, EffectState::Confirmed, posting.there(effect, reference)).await?;
        Ok(Tried::Done)
    }

    async fn is_not_posted(&self, effect: &Effect, problem: String, posting: &dyn Posting) -> Result<Tried, Stop> {
        let fail = Move::Fail { problem: problem.clone() };
        let (events, jobs) = posting.refused(effect);
        self.settle_with(effect, fail, EffectState::Failed, events, jobs).await?;
        Ok(Tried::Never(problem))
    }

    /// The helpdesk is asked by the row's own id, which went with the request. Absent twice, some time apart, the same bytes go
    /// again if they may; if not, a person has to look.
    async fn look_for_posting(
        &self,
        setup: &StoreSetup,
        effect: &Effect,
        posting: &dyn Posting,
    ) -> Result<Tried, Stop> {
        let found = match posting.find(setup, effect).await {
            Ok(found) => found,
            Err(error) => return Ok(Tried::Later(error.to_string())),
        };
        if let Some(reference) = found {
            return self.is_posted(effect, &reference, posting).await;
        }
        let now = Clock::machine();
        let apart = SignedDuration::try_from(self.pace.absence).unwrap_or(SignedDuration::MAX);
        let long_ago = effect.absent_at.is_some_and(|first| now.duration_since(first) >= apart);
        if effect.absent == 0 {
            self.storage.advance(&effect.id, Move::Absent, now, None).await?;
        }
        if !long_ago {
            return Ok(Tried::Later("the helpdesk does not have it yet; it is asked once more".to_owned()));
        }
        let sent = effect.sent_at.map(|sent| Duration::try_from(now.duration_since(sent)).unwrap_or_default());
        if posting.goes_again(setup, sent.unwrap_or(Duration::MAX)) {
            return self.send_posting(setup, effect, posting).await;
        }
        let problem = "no answer came, and the helpdesk does not have it".to_owned();
        self.is_not_posted(effect, problem, posting).await
    }
}
