//! The conversation's twin: what is said after a hand-off is written into the ticket, too, in order, by jobs of the
//! conversation's own lane.

use std::time::Duration;

use serde_json::json;

use super::effects::{Looked, NewChange, NewEntry, Posting};
use super::handoff::ticket_job;
use super::outbox::Tried;
use super::summary::{customer, entry_text};
use super::{Inner, Stop, StoreSetup};
use crate::agents::conversation::{Conversation, Due, Entry, Twin};
use crate::domain::clock::Clock;
use crate::domain::effect::EffectState;
use crate::domain::event::{EventBody, Status, TicketCause};
use crate::domain::id::ConversationId;
use crate::integrations::Urgency;
use crate::integrations::helpdesk::{EntryKind, HelpdeskCapabilities, TicketAuthor, TicketMessage};
use crate::policy::{Mode, OnApproval};
use crate::storage::ledger::Move;
use crate::storage::outbox::{Job, NewJob};

/// The outbox's name for writing into a ticket what was said.
pub const MIRROR: &str = "mirror";
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
                | EventBody::ColleagueAsked { .. }
                | EventBody::Drafted { .. }
                | EventBody::StatusChanged { .. }
        )
    })
}

/// What follows for the helpdesk from what people are now to decide or to answer.
pub(super) fn wanted(setup: &StoreSetup, conversation: &Conversation, events: &[EventBody]) -> Option<EventBody> {
    let decide = setup.policy.people.approvals == OnApproval::Ticket
        && events.iter().any(|event| matches!(event, EventBody::ApprovalRequested { .. }));
    let answer = events.iter().any(|event| matches!(event, EventBody::ColleagueAsked { .. }));
    let why = if decide { TicketCause::Approval } else { TicketCause::Question };
    let has_one = conversation.twin.as_ref().is_some_and(Twin::goes_on);
    ((decide || answer) && !has_one).then_some(EventBody::TicketWanted { why })
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
            let posted = match self.next_posting(setup, &conversation).await? {
                Next::Posting(next) => self.post_to_helpdesk(setup, &id, next.as_ref()).await?,
                Next::Again => continue,
                Next::Nothing => return Ok(self.storage.done(job.id).await?),
                Next::Later(problem) => Tried::Later(problem),
            };
            match posted {
                Tried::Done => {}
                Tried::Later(problem) => {
                    tracing::warn!(conversation = %id, problem, attempts = job.attempts, "the ticket lags behind");
                    return self.put_off(job, LONGEST_RETRY, &problem).await;
                }
                Tried::Never(problem) => {
                    tracing::error!(conversation = %id, problem, "the helpdesk refuses a message of this conversation");
                    self.storage.bury(job.id, &problem).await?;
                    self.wake_outbox();
                    return Ok(());
                }
            }
        }
    }
}

/// What a ticket is to have next.
enum Next {
    Posting(Box<dyn Posting>),
    /// The conversation has moved: it has to be read again.
    Again,
    /// It has everything.
    Nothing,
    /// The helpdesk has to be asked again later.
    Later(String),
}

impl Inner {
    async fn next_posting(&self, setup: &StoreSetup, conversation: &Conversation) -> Result<Next, Stop> {
        let Some(twin) = &conversation.twin else { return Ok(Next::Nothing) };
        let Some(ticket) = &twin.ticket else { return Ok(Next::Nothing) };
        if let Some(missing) = twin.missing {
            return Ok(Next::Posting(Box::new(gap(setup, conversation, twin, &ticket.id, missing))));
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
                Due::Said(place) if twin.home => {
                    let spoken = conversation.dialogue.get(*place).and_then(spoken);
                    // The line that takes leave for people whose the words are: where people speak, nothing is said.
                    let Some((text, at)) = spoken.filter(|_| setup.policy.mode >= Mode::Approve) else { continue };
                    let reply = entry(EntryKind::Reply, text.clone(), at);
                    if self.has_left(&reply).await? {
                        return Ok(Next::Posting(Box::new(reply)));
                    }
                    match self.way_to_customer(setup, conversation, &ticket.id).await? {
                        Way::Open(path) => Box::new(NewEntry { reply_path: Some(path), ..reply }),
                        Way::Closed(why) => {
                            self.made_needless(&reply, why).await?;
                            Box::new(entry(EntryKind::Note, format!("{why}\n\n{text}"), at))
                        }
                        Way::Moved => return Ok(Next::Again),
                        Way::Unknown(problem) => return Ok(Next::Later(problem)),
                    }
                }
                Due::Said(_) => {
                    let Some(lines) = joined(conversation, twin, at, setup.readers.helpdesk.capabilities()) else {
                        continue;
                    };
                    Box::new(NewEntry { through: lines.through, ..entry(lines.kind, lines.text, lines.at) })
                }
                Due::Note(text) => Box::new(entry(EntryKind::Note, text.clone(), now)),
                Due::Question(text) => Box::new(entry(EntryKind::Note, setup.manners.question_note(text), now)),
                Due::Draft(text) if setup.policy.mode == Mode::Draft => {
                    Box::new(entry(EntryKind::Note, format!("Proposed reply (not sent)\n\n{text}"), now))
                }
                Due::Draft(_) => continue,
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
            return Ok(Next::Posting(posting));
        }
        Ok(Next::Nothing)
    }

    /// Whether this was let out before: then its fate is to be found out, and nothing decided anew.
    async fn has_left(&self, reply: &NewEntry) -> Result<bool, Stop> {
        let identity = reply.identity();
        let known = self.storage.effects_of(&reply.conversation).await?;
        Ok(known.iter().any(|effect| effect.identity == identity && effect.state != EffectState::Proposed))
    }

    /// It was turned away, and will not be let out any more.
    async fn made_needless(&self, reply: &NewEntry, why: &str) -> Result<(), Stop> {
        let identity = reply.identity();
        let known = self.storage.effects_of(&reply.conversation).await?;
        let waits = known.iter().find(|effect| effect.identity == identity && effect.state == EffectState::Proposed);
        if let Some(effect) = waits {
            let problem = why.trim_end_matches(':').to_owned();
            self.storage.advance(&effect.id, Move::Fail { problem }, Clock::machine(), None).await?;
        }
        Ok(())
    }

    /// Whether an answer may go to a customer who is answered in the helpdesk. The ticket is looked at first: where a person has
    /// taken it, the agent says nothing any more.
    async fn way_to_customer(
        &self,
        setup: &StoreSetup,
        conversation: &Conversation,
        ticket: &str,
    ) -> Result<Way, Stop> {
        if conversation.status == Status::HumanHandling {
            return Ok(Way::Closed("A person has taken over; this was not sent:"));
        }
        let view = match setup.readers.helpdesk.ticket(ticket, Urgency::Background).await {
            Ok(Some(view)) => view,
            Ok(None) => return Ok(Way::Unknown("the helpdesk does not show this ticket".to_owned())),
            Err(error) => return Ok(Way::Unknown(error.to_string())),
        };
        let person = |own: &TicketMessage| {
            own.public && matches!(own.author, TicketAuthor::Person(_)) && !conversation.heard.contains(&own.id)
        };
        if view.messages.iter().any(person) {
            return Ok(match self.look_at_ticket(setup, &conversation.id, ticket).await? {
                Looked::Fully => Way::Moved,
                Looked::Busy => Way::Unknown("the ticket has to be looked at first".to_owned()),
                Looked::Not(problem) => Way::Unknown(problem),
            });
        }
        Ok(view.reply_path.map_or(Way::Closed("There is no way to send this through the helpdesk:"), Way::Open))
    }
}

/// How an answer gets to a customer in the helpdesk.
enum Way {
    Open(serde_json::Value),
    /// It may not, and why.
    Closed(&'static str),
    /// A person was there first: the conversation has to be read again.
    Moved,
    Unknown(String),
}

/// What the agent's side said, without a word of who did: the customer reads it.
fn spoken(entry: &Entry) -> Option<(String, jiff::Timestamp)> {
    match entry {
        Entry::Said { text, at, .. } => Some((text.clone(), *at)),
        Entry::Customer { .. }
        | Entry::Person { .. }
        | Entry::Answered { .. }
        | Entry::Calls(_)
        | Entry::Result { .. } => None,
    }
}

/// What was said from this place on, as one message where more of one side waits than the helpdesk takes one by one.
fn joined(conversation: &Conversation, twin: &Twin, from: usize, capabilities: &HelpdeskCapabilities) -> Option<Lines> {
    let due = twin.due().get(from..)?;
    let said = due.iter().map_while(|(seq, due)| match due {
        Due::Said(place) => Some((*seq, conversation.dialogue.get(*place).and_then(line))),
        _ => None,
    });
    let mut said = said.filter_map(|(seq, line)| Some((seq, line?))).peekable();
    let (through, (kind, text, at)) = said.next()?;
    let mut lines = Lines { kind, text, at, through };
    if due.len() > capabilities.entries_one_by_one {
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
        "A message of this conversation may be missing here: the helpdesk refused it, or did not say what became of it and does \
         not show it. It can be read in Deskhand, \
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
fn line(entry: &Entry) -> Option<(EntryKind, String, jiff::Timestamp)> {
    let (kind, at) = match entry {
        Entry::Customer { at, .. } => (EntryKind::Customer, *at),
        Entry::Said { at, .. } => (EntryKind::Agent, *at),
        Entry::Person { .. } | Entry::Answered { .. } | Entry::Calls(_) | Entry::Result { .. } => return None,
    };
    Some((kind, entry_text(entry)?, at))
}
