//! One-time codes, sent within a turn.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::desk::Stop;
use crate::desk::driver::Session;
use crate::domain::clock::Clock;
use crate::domain::customer::Email;
use crate::domain::effect::{Effect, EffectKind, EffectState};
use crate::domain::id::EffectId;
use crate::integrations::WriteError;
use crate::integrations::messaging::Mail;
use crate::policy::Mode;
use crate::storage::ledger::Move;
use crate::storage::tries::{Limits, Scope};
use crate::tools::ToolError;

/// Stands for the code in the stored request: the code itself is never stored.
const CODE_PLACEHOLDER: &str = "{{one-time-code}}";

impl Session<'_> {
    /// Sends a one-time code to the address on file: the business effect is this conversation's next send, so that a call
    /// made again after a crash is the same effect.
    pub(in crate::desk) async fn send_code(&self, tool: &str, to: &Email) -> Result<Result<Value, ToolError>, Stop> {
        let caps = self.setup.policy.caps;
        let number = self.conversation.code.sent + 1;
        if self.setup.policy.mode_of(tool) < Mode::Act {
            return Ok(Err(ToolError::NotPossible("The store lets only people send codes. Hand over to a person.")));
        }
        if number > caps.codes_per_conversation {
            return Ok(Err(ToolError::NotPossible("No more codes can be sent here. Offer a person.")));
        }
        let effect = self.propose_code(number, to).await?;
        match effect.state {
            EffectState::Proposed => self.mail_code(&effect, number, to).await,
            EffectState::Confirmed => Ok(Ok(self.code_receipt(to, json!(true)))),
            EffectState::Failed => Ok(Err(ToolError::NotPossible("The code could not be sent. Offer a person."))),
            EffectState::Sent | EffectState::Unknown | EffectState::Other(_) => {
                Ok(Ok(self.code_receipt(to, json!("maybe"))))
            }
        }
    }

    async fn propose_code(&self, number: u32, to: &Email) -> Result<Effect, Stop> {
        let (desk, setup, conversation) = (self.desk, self.setup, &self.conversation.id);
        let request = |effect: &EffectId| setup.writers.mail.request(&self.code_mail(effect, to));
        let identity = format!("code:{conversation}:{number}");
        desk.propose(setup, EffectKind::Code, identity, Value::Null, conversation, request).await
    }

    fn code_mail(&self, effect: &EffectId, to: &Email) -> Mail {
        let store = &self.setup.profile.name;
        let minutes = self.setup.policy.identity.code_minutes;
        let lines = self.desk.lines(self.conversation.language());
        Mail {
            effect: effect.clone(),
            to: to.clone(),
            subject: lines.code_mail_subject(store),
            text: lines.code_mail_body(CODE_PLACEHOLDER, minutes, store),
        }
    }

    async fn mail_code(&self, effect: &Effect, number: u32, to: &Email) -> Result<Result<Value, ToolError>, Stop> {
        let desk = self.desk;
        if !self.within_daily_cap(to).await? {
            let problem = "the address had its codes for today".to_owned();
            desk.storage.advance(&effect.id, Move::Fail { problem }, Clock::machine(), None).await?;
            return Ok(Err(ToolError::NotPossible("No more codes can be sent today. Offer a person.")));
        }
        let code = crate::domain::id::six_digits();
        let minutes = i64::from(self.setup.policy.identity.code_minutes);
        let expires = desk.clock.now() + SignedDuration::from_mins(minutes);
        desk.storage.put_code(&self.conversation.id, number, to, &code, expires).await?;
        let Some(permit) = desk.let_out(effect).await? else { return Ok(Ok(self.code_receipt(to, json!("maybe")))) };
        let request = effect.request.replace(CODE_PLACEHOLDER, &code);
        match self.setup.writers.mail.send(permit, &request).await {
            Ok(vendor_reference) => {
                desk.settle(
                    effect,
                    Move::Confirm { vendor_reference, watched: false },
                    EffectState::Confirmed,
                    Vec::new(),
                )
                .await?;
                Ok(Ok(self.code_receipt(to, json!(true))))
            }
            Err(WriteError::NotSent(error)) => {
                let problem = error.to_string();
                desk.storage.advance(&effect.id, Move::TurnedAway { problem }, Clock::machine(), None).await?;
                Ok(Err(ToolError::Vendor(error)))
            }
            Err(WriteError::Refused(error)) => {
                let problem = error.to_string();
                desk.settle(effect, Move::Fail { problem }, EffectState::Failed, Vec::new()).await?;
                Ok(Err(ToolError::Vendor(error)))
            }
            Err(WriteError::Unknown(error)) => {
                let problem = error.to_string();
                desk.settle(effect, Move::Lose { problem }, EffectState::Unknown, Vec::new()).await?;
                Ok(Ok(self.code_receipt(to, json!("maybe"))))
            }
        }
    }

    async fn within_daily_cap(&self, to: &Email) -> Result<bool, Stop> {
        let most = self.setup.policy.caps.codes_per_customer_per_day;
        let limits = Limits { recipient: most, ..Limits::default() };
        let scopes = [Scope::Recipient(to.as_str().to_owned())];
        let admitted = self.desk.storage.admit(&self.setup.profile.id, &scopes, limits, Clock::machine()).await?;
        Ok(admitted.is_some())
    }

    fn code_receipt(&self, to: &Email, sent: Value) -> Value {
        json!({"sent": sent, "sent_to": to.masked(), "valid_minutes": self.setup.policy.identity.code_minutes})
    }
}
