//! What a turn came to, for those who wait for it instead of following the stream.

use std::sync::Arc;

use serde_json::Value;

use crate::domain::event::{Analysis, Event, EventBody, Status};
use crate::domain::id::{MessageId, TurnId};

/// A turn's outcome, for those who wait instead of streaming.
#[derive(Clone, Debug)]
pub struct Answer {
    pub turn: Option<TurnId>,
    /// The last message to the shopper.
    pub message: Option<MessageId>,
    /// All that was said in the turn.
    pub content: Option<String>,
    pub agent: Option<String>,
    pub analysis: Option<Analysis>,
    /// Tool names and their projections, in order.
    pub actions: Vec<(String, Value)>,
    pub status: Status,
}

/// What the last turn of these events amounts to: a message that came in while another was under way is answered by its own.
pub(super) fn answer_of(events: &[Arc<Event>], status: Status) -> Answer {
    let begun = events.iter().rposition(|event| matches!(event.body, EventBody::TurnStarted { .. }));
    let events = events.get(begun.unwrap_or(0)..).unwrap_or_default();
    let mut answer =
        Answer { turn: None, message: None, content: None, agent: None, analysis: None, actions: Vec::new(), status };
    let mut said: Vec<&str> = Vec::new();
    for event in events {
        match &event.body {
            EventBody::TurnStarted { turn, .. } => answer.turn = Some(turn.clone()),
            EventBody::Routed { agent, analysis, .. } => {
                answer.agent = Some(agent.clone());
                answer.analysis = Some(analysis.clone());
            }
            EventBody::ToolCompleted { tool, projection, .. } => {
                answer.actions.push((tool.clone(), projection.clone()))
            }
            EventBody::MessageCompleted { message, content, .. } => {
                answer.message = Some(message.clone());
                said.push(content);
            }
            _ => {}
        }
    }
    answer.content = (!said.is_empty()).then(|| said.join("\n\n"));
    answer
}
