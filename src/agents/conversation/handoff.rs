//! The passage to a person, and the conversation's twin in the helpdesk, as far as the log knows of them.

use crate::domain::customer::Email;
use crate::domain::event::{HandoffReason, TicketReference};

#[derive(Clone, Debug)]
pub struct Handoff {
    pub number: u32,
    pub reason: HandoffReason,
    /// Its number in the log: what was said before stands in the ticket from its opening on.
    pub since: u64,
    /// The shopper's address as it was known then: the customer of the ticket.
    pub email: Option<Email>,
    pub ticket: Option<TicketReference>,
    pub twin: Twin,
}

/// What the ticket has of the conversation, and how it stood when it was looked at last.
#[derive(Clone, Debug)]
pub struct Twin {
    /// Whether what is said from now on is to stand in it, too.
    follows: bool,
    /// Numbers, in the log and in the dialogue, of what was said and is to be written into it.
    waiting: Vec<(u64, usize)>,
    /// The last message that the helpdesk refused for good, where the ticket does not say so yet.
    pub missing: Option<u64>,
    pub open: bool,
    pub tags: Vec<String>,
    pub assignee: Option<String>,
}

impl Handoff {
    pub fn new(number: u32, reason: HandoffReason, since: u64, email: Option<Email>) -> Self {
        let twin =
            Twin { follows: true, waiting: Vec::new(), missing: None, open: true, tags: Vec::new(), assignee: None };
        Self { number, reason, since, email, ticket: None, twin }
    }

    /// The twin of the ticket that is called so.
    pub(super) fn twin_in(&mut self, ticket: &str) -> Option<&mut Twin> {
        self.ticket.as_ref().is_some_and(|own| own.id == ticket).then_some(&mut self.twin)
    }
}

impl Twin {
    /// Whether what is said now is to stand in the ticket, too.
    pub fn follows(&self) -> bool {
        self.follows
    }

    /// What was said and is not in the ticket yet: numbers in the log and in the dialogue.
    pub fn waiting(&self) -> &[(u64, usize)] {
        &self.waiting
    }

    pub(super) fn said(&mut self, seq: u64, place: usize) {
        if self.follows {
            self.waiting.push((seq, place));
        }
    }

    pub(super) fn mirrored(&mut self, through: u64, missing: bool) {
        self.waiting.retain(|(seq, _)| *seq > through);
        self.missing = missing.then_some(through);
    }

    /// The matter is closed: what comes then is a matter of its own.
    pub(super) fn part(&mut self) {
        self.follows = false;
    }
}
