//! Passing the conversation on: to another agent, or to a person.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{EffectClass, Next, Output, Scene, Tool, ToolError, summed_up};
use crate::domain::event::HandoffReason;
use crate::domain::identity::Assurance;

mod prepared;

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

pub struct AskColleague;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskArguments {
    /// The question, as a colleague needs it who has not read the conversation.
    question: String,
}

impl AskColleague {
    /// What the agent reads when somebody has answered.
    pub fn answered(by: Option<&str>, text: &str) -> Value {
        json!({"answered_by": by, "answer": text})
    }
}

#[async_trait]
impl Tool for AskColleague {
    type Arguments = AskArguments;
    const NAME: &'static str = "ask_colleague";
    const EFFECT: EffectClass = EffectClass::Ticket;
    const NEEDS: Assurance = Assurance::Anonymous;

    /// What it returns has no word of the question: that is the model's own, and proves nothing.
    async fn run(&self, scene: &Scene<'_>, arguments: AskArguments) -> Result<Output, ToolError> {
        let question = summed_up(&arguments.question);
        if question.is_empty() {
            return Err(ToolError::Arguments("The question is empty.".to_owned()));
        }
        scene.asking.allowed()?;
        let receipt = json!({"asked": "a colleague", "answer": null});
        Ok(Output { next: Next::Ask { question }, ..Output::read(receipt, json!({"asked": "a colleague"})) })
    }
}

pub struct EscalateToHuman;

/// Where the receipt of a hand-off has what was prepared for the colleague.
pub const PREPARED: &str = "prepared";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EscalateArguments {
    /// Why a person is needed.
    reason: Reason,
    /// What the shopper wants, for the colleague.
    #[expect(dead_code, reason = "it stands in the recorded call, which the colleague can read")]
    summary: String,
    /// An exchange or store credit for goods of an order, prepared for the colleague; null for anything else.
    proposal: Option<prepared::Arguments>,
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

    /// A system that is out of order keeps nobody from a person: nothing is prepared then.
    async fn run(&self, scene: &Scene<'_>, arguments: EscalateArguments) -> Result<Output, ToolError> {
        let reason = HandoffReason::from(arguments.reason);
        let mut receipt = json!({"handed_to": "a person", "reason": reason});
        if let (Some(proposal), Value::Object(fields)) = (arguments.proposal, &mut receipt) {
            match prepared::prepare(scene, proposal).await {
                Ok(prepared) => drop(fields.insert(PREPARED.to_owned(), prepared)),
                Err(ToolError::Vendor(_) | ToolError::Storage(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Output::read(receipt, json!({"handed_to": "a person"})))
    }
}
