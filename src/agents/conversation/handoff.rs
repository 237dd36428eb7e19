//! The passage to a person, as far as the log knows of it.

use crate::domain::event::{HandoffReason, TicketReference};

#[derive(Clone, Debug)]
pub struct Handoff {
    pub number: u32,
    pub reason: HandoffReason,
    pub ticket: Option<TicketReference>,
}
