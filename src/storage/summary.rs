//! What a list shows of a conversation is derived from its events, here and nowhere else, so that every back end
//! agrees.

use crate::domain::customer::Email;
use crate::domain::event::{EventBody, Intent, Status};
use crate::domain::identity::Proof;

/// What some events change in their conversation's summary.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Change {
    /// Only `status` events move it: a hand-off without one is not a change of hands.
    pub status: Option<Status>,
    pub intent: Option<Intent>,
    /// The number of the last customer's message among them.
    pub last_customer: Option<u64>,
    /// Messages up to this number are answered.
    pub answered: Option<u64>,
    /// Whether a turn is under way after them.
    pub turn_open: Option<bool>,
    /// Numbers of the events that complete a turn.
    pub turns: Vec<u64>,
    /// Addresses that were proved or claimed.
    pub emails: Vec<Email>,
}

impl Change {
    /// Whether a column of the summary moves, apart from its length and time.
    pub(super) fn touches_columns(&self) -> bool {
        self.status.is_some()
            || self.intent.is_some()
            || self.last_customer.is_some()
            || self.answered.is_some()
            || self.turn_open.is_some()
    }
}

/// Reads events, the first of which has the number `first`.
pub(super) fn fold(first: u64, events: &[EventBody]) -> Change {
    let mut change = Change::default();
    for (seq, event) in (first..).zip(events) {
        match event {
            EventBody::Opened { customer, .. } => change.emails.extend(customer.as_ref().and_then(claimed_email)),
            EventBody::MessageReceived { .. } => change.last_customer = Some(seq),
            EventBody::Routed { analysis, .. } => change.intent = Some(analysis.intent),
            EventBody::IdentityProved { proof, .. } => change.emails.extend(proved_email(proof)),
            EventBody::StatusChanged { status, .. } => {
                change.status = Some(*status);
                // Given back to the agent: what came before was the person's to answer.
                if *status == Status::AiHandling {
                    change.answered = Some(seq);
                }
            }
            EventBody::TurnStarted { .. } => change.turn_open = Some(true),
            EventBody::TurnCompleted { through, .. } => {
                change.answered = change.answered.max(Some(*through));
                change.turn_open = Some(false);
                change.turns.push(seq);
            }
            EventBody::CodeChecked { .. }
            | EventBody::Drafted { .. }
            | EventBody::ModelAnswered { .. }
            | EventBody::MessageReset { .. }
            | EventBody::ClaimWithheld { .. }
            | EventBody::ToolStarted { .. }
            | EventBody::ToolCompleted { .. }
            | EventBody::EffectMoved { .. }
            | EventBody::MessageCompleted { .. }
            | EventBody::HandedOff { .. }
            | EventBody::Failed { .. } => {}
        }
    }
    change
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
