//! The conversation's twin: what is said after a hand-off is written into the ticket, too, in order, by jobs of the
//! conversation's own lane.

use std::time::Duration;

use serde_json::json;

use super::effects::{NewEntry, Posted};
use super::summary::{customer, entry_text};
use super::{Inner, Stop};
use crate::agents::conversation::{Conversation, Entry, Handoff};
use crate::domain::event::EventBody;
use crate::domain::id::ConversationId;
use crate::integrations::helpdesk::{EntryKind, HelpdeskCapabilities};
use crate::storage::outbox::{Job, NewJob};

/// The outbox's name for writing into a ticket what was said.
pub const MIRROR: &str = "mirror";
const FIRST_RETRY: Duration = Duration::from_millis(400);
const LONGEST_RETRY: Duration = Duration::from_secs(120);

/// Brings the ticket up to the log.
pub(super) fn mirror_job(conversation: &ConversationId) -> NewJob {
    NewJob { lane: conversation.to_string(), kind: MIRROR.to_owned(), payload: json!({}) }
}

/// The work that follows from events which a ticket is to have, too.
pub(super) fn mirroring(conversation: &Conversation, events: &[EventBody]) -> Option<NewJob> {
    let follows = conversation.handoff.as_ref().is_some_and(|handoff| handoff.twin.follows());
    (follows && says_something(events)).then(|| mirror_job(&conversation.id))
}

/// Whether the shopper says or reads something of ours in them.
pub(super) fn says_something(events: &[EventBody]) -> bool {
    events.iter().any(|event| {
        matches!(event, EventBody::MessageReceived { remote: None, .. } | EventBody::MessageCompleted { .. })
    })
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
            let capabilities = setup.readers.helpdesk.capabilities();
            let Some(next) = next(&conversation, capabilities) else { return Ok(self.storage.done(job.id).await?) };
            match self.post_to_helpdesk(setup, &id, &next).await? {
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

/// What the ticket is to have next.
fn next(conversation: &Conversation, capabilities: &HelpdeskCapabilities) -> Option<NewEntry> {
    let handoff = conversation.handoff.as_ref()?;
    let ticket = handoff.ticket.as_ref()?;
    if let Some(missing) = handoff.twin.missing {
        return Some(gap(conversation, handoff, &ticket.id, missing));
    }
    let said = handoff.twin.waiting();
    let lines = said.iter().filter_map(|(seq, place)| Some((*seq, Line::of(conversation.dialogue.get(*place)?)?)));
    let mut lines = lines.peekable();
    let (from, first) = lines.next()?;
    let (mut text, mut through) = (first.text, from);
    if said.len() > capabilities.entries_one_by_one {
        let longest = capabilities.longest_message;
        let room = |text: &str, more: &str| text.chars().count() + more.chars().count() + 2 <= longest;
        while let Some((seq, line)) = lines.next_if(|(_, line)| line.kind == first.kind && room(&text, &line.text)) {
            text.extend(["\n\n", &line.text]);
            through = seq;
        }
    }
    Some(NewEntry {
        conversation: conversation.id.clone(),
        ticket: ticket.id.clone(),
        kind: first.kind,
        customer: customer(conversation, handoff.email.clone()),
        text,
        at: first.at,
        from,
        through,
    })
}

/// A mark in the place of what the helpdesk would not have.
fn gap(conversation: &Conversation, handoff: &Handoff, ticket: &str, missing: u64) -> NewEntry {
    let text = format!(
        "A message of this conversation could not be entered here: the helpdesk refused it. It can be read in Deskhand, \
         conversation {}, message {missing}.",
        conversation.id
    );
    NewEntry {
        conversation: conversation.id.clone(),
        ticket: ticket.to_owned(),
        kind: EntryKind::Note,
        customer: customer(conversation, handoff.email.clone()),
        text,
        at: conversation.updated_at.unwrap_or(jiff::Timestamp::UNIX_EPOCH),
        from: missing,
        through: missing,
    }
}

/// Something that was said.
struct Line {
    kind: EntryKind,
    text: String,
    at: jiff::Timestamp,
}

impl Line {
    fn of(entry: &Entry) -> Option<Self> {
        let (kind, at) = match entry {
            Entry::Customer { at, .. } => (EntryKind::Customer, *at),
            Entry::Said { at, .. } => (EntryKind::Agent, *at),
            Entry::Person { .. } | Entry::Calls(_) | Entry::Result { .. } => return None,
        };
        Some(Self { kind, text: entry_text(entry)?, at })
    }
}
