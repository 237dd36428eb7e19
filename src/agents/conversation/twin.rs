//! The conversation's twin in the helpdesk, as far as the log knows of it: what the ticket has, and what it is to have.

use crate::domain::customer::Email;
use crate::domain::event::{HandoffReason, TicketCause, TicketReference};
use crate::domain::id::ApprovalId;

#[derive(Clone, Debug)]
pub struct Twin {
    /// Which of the conversation's tickets it is.
    pub number: u32,
    /// Its number in the log: what was said before stands in the ticket from its opening on.
    pub since: u64,
    /// Why there is one. None: because of a hand-off.
    pub cause: Option<TicketCause>,
    /// The customer of the ticket: the shopper's address as it was known when the ticket was asked for, or is by now.
    pub email: Option<Email>,
    pub ticket: Option<TicketReference>,
    /// The customer wrote to the helpdesk: there they are answered.
    pub home: bool,
    /// Whether what happens from now on is to stand in it, too.
    follows: bool,
    due: Vec<(u64, Due)>,
    /// The last message that the helpdesk refused for good, where the ticket does not say so yet.
    pub missing: Option<u64>,
    /// How it stood when it was looked at last.
    pub open: bool,
    pub tags: Vec<String>,
    pub assignee: Option<String>,
}

/// Something that the ticket is to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// What stands at this place in the dialogue.
    Said(usize),
    /// What colleagues are to read.
    Note(String),
    /// What the agent would have said.
    Draft(String),
    /// What the agent asks them.
    Question(String),
    /// That a decision waits for them.
    Approval(ApprovalId),
    /// Whose ticket it is.
    Customer(Email),
    /// That it is people's, and why.
    HandedOver(HandoffReason),
    /// That it is the agent's again.
    HandedBack,
    /// That it is over.
    Closed,
}

impl Twin {
    pub fn new(number: u32, since: u64, cause: Option<TicketCause>, email: Option<Email>) -> Self {
        Self {
            number,
            since,
            cause,
            email,
            ticket: None,
            home: false,
            follows: true,
            due: Vec::new(),
            missing: None,
            open: true,
            tags: Vec::new(),
            assignee: None,
        }
    }

    /// Whether it is the conversation's still: a matter that was closed has had its ticket.
    pub fn goes_on(&self) -> bool {
        self.follows || self.home
    }

    pub fn is_called(&self, ticket: &str) -> bool {
        self.ticket.as_ref().is_some_and(|own| own.id == ticket)
    }

    /// What it does not have yet, in order: numbers in the log, and what happened there.
    pub fn due(&self) -> &[(u64, Due)] {
        &self.due
    }

    pub(super) fn owe(&mut self, seq: u64, due: Due) {
        if self.goes_on() {
            self.due.push((seq, due));
        }
    }

    pub(super) fn mirrored(&mut self, through: u64, missing: bool) {
        self.due.retain(|(seq, _)| *seq > through);
        self.missing = missing.then_some(through);
    }

    /// The matter is closed: what comes then is a matter of its own.
    pub(super) fn part(&mut self) {
        self.follows = false;
    }
}
