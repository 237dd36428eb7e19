//! The conversation's twin: what is said after a hand-off is written into the ticket, too, in order, by jobs of the
//! conversation's own lane.

use std::time::Duration;

use serde_json::json;

use super::effects::{NewChange, NewEntry, Posted, Posting};
use super::handoff::ticket_job;
use super::summary::{customer, entry_text};
use super::{Inner, Stop, StoreSetup};
use crate::agents::conversation::{Conversation, Due, Entry, Twin};
use crate::domain::event::{EventBody, TicketCause};
use crate::domain::id::ConversationId;
use crate::integrations::helpdesk::{EntryKind, HelpdeskCapabilities};
use crate::policy::OnApproval;
use crate::storage::outbox::{Job, NewJob};

/// The outbox's name for writing into a ticket what was said.
pub const MIRROR: &str = "mirror";
const FIRST_RETRY: Duration = Duration::from_millis(400);
const LONGEST_RETRY: Duration = Duration::from_secs(120);

/// Brings the ticket up to the log.
pub(super) fn mirror_job(conversation: &ConversationId) -> NewJob {
    NewJob { lane: conversation.to_string(), kind: MIRROR.to_owned(), payload: json!({}) }
}

/// The work that follows from events which a ticket is to have, too, or which ask for one.
pub(super) fn mirroring(conversation: &Conversation, events: &[EventBody]) -> Option<NewJob> {
    if conversation.twin.as_ref().is_some_and(Twin::goes_on) {
        return concerns_a_ticket(events).then(|| mirror_job(&conversation.id));
    }
    let begins =
        |event: &EventBody| matches!(event, EventBody::HandedOff { ticket: None, .. } | EventBody::TicketWanted { .. });
    events.iter().any(begins).then(|| ticket_job(&conversation.id, conversation.tickets + 1))
}

/// Whether a ticket, if there is one, is to have something of them.
pub(super) fn concerns_a_ticket(events: &[EventBody]) -> bool {
    events.iter().any(|event| {
        matches!(
            event,
            EventBody::MessageReceived { remote: None, .. }
                | EventBody::MessageCompleted { .. }
                | EventBody::ApprovalRequested { .. }
                | EventBody::IdentityProved { .. }
                | EventBody::HandedOff { .. }
                | EventBody::TicketOpened { .. }
                | EventBody::Noted { .. }
                | EventBody::StatusChanged { .. }
        )
    })
}

/// What follows for the helpdesk from approvals that a conversation now waits for.
pub(super) fn wanted(setup: &StoreSetup, conversation: &Conversation, events: &[EventBody]) -> Option<EventBody> {
    let asked = events.iter().any(|event| matches!(event, EventBody::ApprovalRequested { .. }));
    let has_one = conversation.twin.as_ref().is_some_and(Twin::goes_on);
    let wants = setup.policy.people.approvals == OnApproval::Ticket;
    (asked && wants && !has_one).then_some(EventBody::TicketWanted { why: TicketCause::Approval })
}

impl Inner {
    /// One try at bringing a ticket up to the log.
    pub(super) async fn work_on_mirror(&self, job: &Job) -> Result<(), Stop> {
        let id = ConversationId::new(job.lane.clone());
        loop {
            let conversation = match self.load(&id).await {
                Ok(conversation) => conversation,
                Err(error) => return Ok(self.storage.bury(job.id, &error.to_string()).await?),
            };
            let Some(setup) = self.stores.get(&conversation.store) else {
                return Ok(self.storage.bury(job.id, "its store is not in the configuration").await?);
            };
            let Some(next) = self.next_posting(setup, &conversation).await? else {
                return Ok(self.storage.done(job.id).await?);
            };
            match self.post_to_helpdesk(setup, &id, next.as_ref()).await? {
                Posted::Done => {}
                Posted::Later(problem) => {
                    tracing::warn!(conversation = %id, problem, attempts = job.attempts, "the ticket lags behind");
                    let delay = FIRST_RETRY.saturating_mul(1 << job.attempts.min(10)).min(LONGEST_RETRY);
                    return Ok(self.storage.retry(job, delay, &problem).await?);
                }
                Posted::Never(problem) => {
                    tracing::error!(conversation = %id, problem, "the helpdesk refuses a message of this conversation");
                    self.storage.bury(job.id, &problem).await?;
                    self.wake_outbox();
                    return Ok(());
                }
            }
        }
    }
}

impl Inner {
    /// What the ticket is to have next.
    async fn next_posting(
        &self,
        setup: &StoreSetup,
        conversation: &Conversation,
    ) -> Result<Option<Box<dyn Posting>>, Stop> {
        let Some(twin) = &conversation.twin else { return Ok(None) };
        let Some(ticket) = &twin.ticket else { return Ok(None) };
        if let Some(missing) = twin.missing {
            return Ok(Some(Box::new(gap(setup, conversation, twin, &ticket.id, missing))));
        }
        for (at, (seq, due)) in twin.due().iter().enumerate() {
            let entry = |kind, text, at| NewEntry {
                conversation: conversation.id.clone(),
                ticket: ticket.id.clone(),
                kind,
                customer: customer(setup, conversation, twin.email.clone()),
                text,
                at,
                from: *seq,
                through: *seq,
                reply_path: None,
            };
            let now = conversation.updated_at.unwrap_or(jiff::Timestamp::UNIX_EPOCH);
            let posting: Box<dyn Posting> = match due {
                Due::Said(_) => {
                    let Some(lines) = joined(conversation, twin, at, setup.readers.helpdesk.capabilities()) else {
                        continue;
                    };
                    Box::new(NewEntry { through: lines.through, ..entry(lines.kind, lines.text, lines.at) })
                }
                Due::Note(text) => Box::new(entry(EntryKind::Note, text.clone(), now)),
                Due::Approval(id) => match self.approval_note(setup, id).await? {
                    Some(text) => Box::new(entry(EntryKind::Note, text, now)),
                    None => continue,
                },
                Due::Customer(_) | Due::HandedOver(_) | Due::HandedBack | Due::Closed => {
                    let Some(change) = NewChange::of(conversation, twin, &ticket.id, *seq, due, &setup.manners) else {
                        continue;
                    };
                    Box::new(change)
                }
            };
            return Ok(Some(posting));
        }
        Ok(None)
    }
}

/// What was said from this place on, as one message where more of one side waits than the helpdesk takes one by one.
fn joined(conversation: &Conversation, twin: &Twin, from: usize, capabilities: &HelpdeskCapabilities) -> Option<Lines> {
    let due = twin.due().get(from..)?;
    let said = due.iter().map_while(|(seq, due)| match due {
        Due::Said(place) => Some((*seq, conversation.dialogue.get(*place).and_then(|entry| line(twin, entry)))),
        _ => None,
    });
    let mut said = said.filter_map(|(seq, line)| Some((seq, line?))).peekable();
    let (through, (kind, text, at)) = said.next()?;
    let mut lines = Lines { kind, text, at, through };
    if due.len() > capabilities.entries_one_by_one && kind != EntryKind::Reply {
        let longest = capabilities.longest_message;
        let room = |text: &str, more: &str| text.chars().count() + more.chars().count() + 2 <= longest;
        while let Some((seq, (_, text, _))) =
            said.next_if(|(_, (kind, text, _))| *kind == lines.kind && room(&lines.text, text))
        {
            lines.text.extend(["\n\n", &text]);
            lines.through = seq;
        }
    }
    Some(lines)
}

/// Something that was said, up to this number of the log.
struct Lines {
    kind: EntryKind,
    text: String,
    at: jiff::Timestamp,
    through: u64,
}

/// A mark in the place of what the helpdesk would not have.
fn gap(setup: &StoreSetup, conversation: &Conversation, twin: &Twin, ticket: &str, missing: u64) -> NewEntry {
    let text = format!(
        "A message of this conversation could not be entered here: the helpdesk refused it. It can be read in Deskhand, \
         conversation {}, message {missing}.",
        conversation.id
    );
    NewEntry {
        conversation: conversation.id.clone(),
        ticket: ticket.to_owned(),
        kind: EntryKind::Note,
        customer: customer(setup, conversation, twin.email.clone()),
        text,
        at: conversation.updated_at.unwrap_or(jiff::Timestamp::UNIX_EPOCH),
        from: missing,
        through: missing,
        reply_path: None,
    }
}

/// What a ticket has of an entry of the dialogue: kind, text and moment.
fn line(twin: &Twin, entry: &Entry) -> Option<(EntryKind, String, jiff::Timestamp)> {
    let (kind, at) = match entry {
        Entry::Customer { at, .. } => (EntryKind::Customer, *at),
        Entry::Said { at, .. } if twin.home => (EntryKind::Reply, *at),
        Entry::Said { at, .. } => (EntryKind::Agent, *at),
        Entry::Person { .. } | Entry::Calls(_) | Entry::Result { .. } => return None,
    };
    Some((kind, entry_text(entry)?, at))
}
