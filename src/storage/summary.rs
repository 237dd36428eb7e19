//! What a list shows of a conversation is derived from its events, here and nowhere else, so that every back end
//! agrees.

use crate::domain::customer::Email;
use crate::domain::event::{EventBody, Intent, Status};
use crate::domain::identity::Proof;

/// What an event changes in its conversation's summary.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Change {
    /// Only `status` events move it: a hand-off without one is not a change of hands.
    pub status: Option<Status>,
    pub intent: Option<Intent>,
    /// The event's number, where the agent has to answer it.
    pub heard: Option<u64>,
    /// Messages up to this number are answered.
    pub answered: Option<u64>,
    /// Whether a turn is under way after it. One that ends is counted.
    pub turn_open: Option<bool>,
    /// The address that it proves or claims.
    pub email: Option<Email>,
}

impl Change {
    /// Reads an event by its number.
    pub(super) fn of(seq: u64, event: &EventBody) -> Self {
        let nothing = Self::default();
        match event {
            EventBody::Opened { customer, .. } => Self { email: customer.as_ref().and_then(claimed_email), ..nothing },
            EventBody::MessageReceived { .. } | EventBody::ColleagueAnswered { .. } => {
                Self { heard: Some(seq), ..nothing }
            }
            EventBody::Routed { analysis, .. } => Self { intent: Some(analysis.intent), ..nothing },
            EventBody::IdentityProved { proof, .. } => Self { email: proved_email(proof), ..nothing },
            // Given back to the agent: what came before was the person's to answer.
            EventBody::StatusChanged { status, .. } => {
                let answered = (*status == Status::AiHandling).then_some(seq);
                Self { status: Some(*status), answered, ..nothing }
            }
            EventBody::TurnStarted { .. } => Self { turn_open: Some(true), ..nothing },
            EventBody::TurnCompleted { through, .. } => {
                Self { answered: Some(*through), turn_open: Some(false), ..nothing }
            }
            EventBody::CodeChecked { .. }
            | EventBody::Drafted { .. }
            | EventBody::ModelAnswered { .. }
            | EventBody::MessageReset { .. }
            | EventBody::ClaimWithheld { .. }
            | EventBody::ToolStarted { .. }
            | EventBody::ToolCompleted { .. }
            | EventBody::PolicyDecided { .. }
            | EventBody::EffectMoved { .. }
            | EventBody::ApprovalRequested { .. }
            | EventBody::ApprovalDecided { .. }
            | EventBody::MessageCompleted { .. }
            | EventBody::HumanMessage { .. }
            | EventBody::ColleagueAsked { .. }
            | EventBody::TicketWanted { .. }
            | EventBody::TicketOpened { .. }
            | EventBody::Noted { .. }
            | EventBody::Mirrored { .. }
            | EventBody::TicketSeen { .. }
            | EventBody::HandedOff { .. }
            | EventBody::Failed { .. } => nothing,
        }
    }
}

fn claimed_email(customer: &serde_json::Value) -> Option<Email> {
    customer.get("email").and_then(|email| email.as_str()).and_then(Email::parse)
}

fn proved_email(proof: &Proof) -> Option<Email> {
    match proof {
        Proof::Order { email, .. } => email.clone(),
        Proof::Code { email } | Proof::Token { email } => Some(email.clone()),
    }
}

#[cfg(test)]
mod tests;
