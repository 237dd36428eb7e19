//! Passing the conversation on: to another agent, or to a person.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{EffectClass, Next, Output, Scene, Tool, ToolError};
use crate::domain::event::HandoffReason;
use crate::domain::identity::Assurance;

pub struct TransferToAgent;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferArguments {
    /// The agent whose work this is.
    agent: String,
    /// Why, in a few words, for the record.
    #[expect(dead_code, reason = "it stands in the recorded call; nothing is decided by it")]
    reason: String,
}

#[async_trait]
impl Tool for TransferToAgent {
    type Arguments = TransferArguments;
    const NAME: &'static str = "transfer_to_agent";
    const EFFECT: EffectClass = EffectClass::None;
    const NEEDS: Assurance = Assurance::Anonymous;

    async fn run(&self, scene: &Scene<'_>, arguments: TransferArguments) -> Result<Output, ToolError> {
        if !scene.hands_to.contains(&arguments.agent) {
            return Err(ToolError::Arguments(format!("agent must be one of: {}.", scene.hands_to.join(", "))));
        }
        let answer = json!({"transferred_to": arguments.agent});
        Ok(Output { next: Next::Transfer { agent: arguments.agent }, ..Output::read(answer.clone(), answer) })
    }
}

pub struct EscalateToHuman;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalateArguments {
    /// Why a person is needed.
    reason: Reason,
    /// What the shopper wants, for the colleague.
    #[expect(dead_code, reason = "it stands in the recorded call, which the colleague can read")]
    summary: String,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Reason {
    Asked,
    Topic,
    NeverArrived,
    Anger,
    Threat,
    RepeatedFailure,
    Other,
}

impl From<Reason> for HandoffReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Asked => Self::Asked,
            Reason::NeverArrived => Self::NeverArrived,
            Reason::Anger => Self::Anger,
            Reason::Threat => Self::Threat,
            Reason::RepeatedFailure => Self::RepeatedFailure,
            Reason::Topic | Reason::Other => Self::Topic,
        }
    }
}

#[async_trait]
impl Tool for EscalateToHuman {
    type Arguments = EscalateArguments;
    const NAME: &'static str = "escalate_to_human";
    const EFFECT: EffectClass = EffectClass::Ticket;
    const NEEDS: Assurance = Assurance::Anonymous;

    async fn run(&self, _: &Scene<'_>, arguments: EscalateArguments) -> Result<Output, ToolError> {
        let reason = HandoffReason::from(arguments.reason);
        Ok(Output::read(json!({"handed_to": "a person", "reason": reason}), json!({"handed_to": "a person"})))
    }
}
