//! Mails beside the conversation: to the store's people about an approval, to a shopper about what was done. Each leaves once.

use serde_json::Value;

use crate::desk::outbox::Tried;
use crate::desk::{Inner, Stop, StoreSetup};
use crate::domain::clock::Clock;
use crate::domain::effect::{Effect, EffectKind, EffectState};
use crate::domain::id::{ConversationId, EffectId};
use crate::integrations::WriteError;
use crate::storage::ledger::Move;

/// The mail vendor cannot be asked, and people would rather miss one mail than get two.
const NOT_KNOWN: &str = "no answer came: whether the mail left is not known, and it is not sent again";

impl Inner {
    /// Sends the mail of this identity, unless it left. Whoever has its job sends it, one at a time.
    pub(in crate::desk) async fn mail_once(
        &self,
        setup: &StoreSetup,
        kind: EffectKind,
        identity: String,
        conversation: &ConversationId,
        request: impl FnOnce(&EffectId) -> String,
    ) -> Result<Tried, Stop> {
        let effect = self.propose(setup, kind, identity, Value::Null, conversation, request).await?;
        match effect.state {
            EffectState::Proposed => self.send_mail(setup, &effect).await,
            EffectState::Confirmed => Ok(Tried::Done),
            EffectState::Failed => Ok(Tried::Never(effect.problem.unwrap_or_default())),
            EffectState::Sent | EffectState::Unknown => self.mail_failed(&effect, NOT_KNOWN.to_owned()).await,
            EffectState::Other(_) => Ok(Tried::Later("another version of this program has it in hand".to_owned())),
        }
    }

    async fn send_mail(&self, setup: &StoreSetup, effect: &Effect) -> Result<Tried, Stop> {
        let Some(permit) = self.let_out(effect).await? else {
            return Ok(Tried::Later("another task has it in hand".to_owned()));
        };
        match setup.writers.mail.send(permit, &effect.request).await {
            Ok(vendor_reference) => {
                let confirm = Move::Confirm { vendor_reference, watched: false };
                self.settle(effect, confirm, EffectState::Confirmed, Vec::new()).await?;
                Ok(Tried::Done)
            }
            Err(WriteError::NotSent(error)) => {
                let problem = error.to_string();
                let back = Move::TurnedAway { problem: problem.clone() };
                self.storage.advance(&effect.id, back, Clock::machine(), None).await?;
                Ok(Tried::Later(problem))
            }
            Err(WriteError::Refused(error)) => self.mail_failed(effect, error.to_string()).await,
            Err(WriteError::Unknown(error)) => self.mail_failed(effect, format!("{NOT_KNOWN} ({error})")).await,
        }
    }

    async fn mail_failed(&self, effect: &Effect, problem: String) -> Result<Tried, Stop> {
        self.settle(effect, Move::Fail { problem: problem.clone() }, EffectState::Failed, Vec::new()).await?;
        Ok(Tried::Never(problem))
    }
}
