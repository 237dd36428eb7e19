//! The passage to a person: a state of the conversation first, then a ticket with everything in it.

use std::time::Duration;

use serde_json::json;

use super::driver::Session;
use super::effects::NewTicket;
use super::outbox::Tried;
use super::summary::{opening_lines, summary_note};
use super::{Inner, Stop};
use crate::agents::conversation::Conversation;
use crate::domain::event::{Author, Event, EventBody, HandoffReason, Status};
use crate::domain::id::{ConversationId, MessageId, TurnId};
use crate::policy::Mode;
use crate::storage::log::AppendError;
use crate::storage::outbox::{Job, NewJob};

/// The outbox's name for opening a ticket.
pub(super) const TICKET: &str = "ticket";
const LONGEST_RETRY: Duration = Duration::from_secs(120);

impl Session<'_> {
    pub(super) async fn hand_off(&mut self, turn: &TurnId, reason: HandoffReason) -> Result<(), Stop> {
        if self.setup.policy.mode == Mode::Observe {
            let content = format!("(would hand over to a person: {reason:?})");
            self.append(vec![EventBody::Drafted { turn: turn.clone(), content }]).await?;
            return self.finish(turn, true).await;
        }
        let events = handed_off(self.desk, &self.conversation, Some(turn), reason, "agent");
        self.append(events).await?;
        self.desk.wake_outbox();
        Ok(())
    }

    /// Waits a moment for the ticket's reference, then ends the turn. The ticket comes in any case.
    pub(super) async fn await_ticket(&mut self, turn: &TurnId) -> Result<(), Stop> {
        let waits = |conversation: &Conversation| {
            conversation.status == Status::HandoffPending
                && conversation.handoff.as_ref().is_some_and(|handoff| handoff.ticket.is_none())
        };
        let until = tokio::time::Instant::now() + self.desk.pace.ticket;
        while waits(&self.conversation) && tokio::time::Instant::now() < until && !self.desk.stopping.is_cancelled() {
            let told = self.desk.handoffs.notified();
            self.read_on().await?;
            if waits(&self.conversation) {
                drop(tokio::time::timeout(Duration::from_millis(500), told).await);
                self.read_on().await?;
            }
        }
        if waits(&self.conversation) {
            let content = self.desk.lines(self.conversation.language()).handoff_without_reference();
            self.append_whoever_has_it(vec![system_line(Some(turn), content)], Vec::new()).await?;
        }
        self.finish(turn, true).await
    }
}

pub(super) fn system_line(turn: Option<&TurnId>, content: String) -> EventBody {
    EventBody::MessageCompleted {
        turn: turn.cloned(),
        message: MessageId::generate(),
        attempt: 0,
        author: Author::System,
        content,
    }
}

/// The events that hand a conversation over. Where it has a ticket that goes on, that is the ticket.
fn handed_off(
    desk: &Inner,
    conversation: &Conversation,
    turn: Option<&TurnId>,
    reason: HandoffReason,
    by: &str,
) -> Vec<EventBody> {
    let number = conversation.handoffs() + 1;
    let status = EventBody::StatusChanged { status: Status::HandoffPending, by: by.to_owned() };
    let opening = opening_lines(desk, conversation, reason);
    let twin = conversation.twin.as_ref().filter(|twin| twin.goes_on());
    let Some(twin) = twin else {
        return vec![system_line(turn, opening), EventBody::HandedOff { number, reason, ticket: None }, status];
    };
    let reference = twin.ticket.as_ref().filter(|_| !twin.home);
    let reference = reference
        .map(|ticket| system_line(turn, desk.languages.handoff_reference(conversation.language(), &ticket.id)));
    let note = desk.stores.get(&conversation.store).map(|setup| summary_note(setup, conversation, reason));
    let note = note.map(|text| EventBody::Noted { text, about: None });
    let handed_off = EventBody::HandedOff { number, reason, ticket: twin.ticket.clone() };
    let events = [Some(system_line(turn, opening)), Some(handed_off), reference, note, Some(status)];
    events.into_iter().flatten().collect()
}

/// Opens the conversation's ticket of this number.
pub(super) fn ticket_job(conversation: &ConversationId, number: u32) -> NewJob {
    NewJob { lane: conversation.to_string(), kind: TICKET.to_owned(), payload: json!({ "number": number }) }
}

impl Inner {
    /// Hands a conversation over on someone's word, outside a turn.
    pub(super) async fn escalate(
        &self,
        id: &ConversationId,
        reason: HandoffReason,
        by: &str,
    ) -> Result<(), super::DeskError> {
        loop {
            let conversation = self.load(id).await?;
            if matches!(conversation.status, Status::HandoffPending | Status::HumanHandling) {
                return Ok(());
            }
            let events = handed_off(self, &conversation, None, reason, by);
            match self.write_down(&conversation, events, Vec::new()).await {
                Ok(events) => {
                    self.running.silence(id, true);
                    self.hub.events(id, events);
                    self.wake_outbox();
                    return Ok(());
                }
                Err(AppendError::Changed { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Somebody ends it, or gives it back to the agent.
    pub(super) async fn set_status(
        &self,
        id: &ConversationId,
        status: Status,
        by: &str,
    ) -> Result<(), super::DeskError> {
        loop {
            let conversation = self.load(id).await?;
            if conversation.status == status {
                return Ok(());
            }
            let events = vec![EventBody::StatusChanged { status, by: by.to_owned() }];
            match self.write_down(&conversation, events, Vec::new()).await {
                Ok(events) => {
                    self.running.silence(id, status != Status::AiHandling);
                    self.hub.events(id, events);
                    self.wake_outbox();
                    return Ok(());
                }
                Err(AppendError::Changed { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// One try at a waiting ticket.
    pub(super) async fn work_on_ticket(&self, job: &Job) -> Result<(), Stop> {
        let id = ConversationId::new(job.lane.clone());
        let number = job.payload.get("number").and_then(serde_json::Value::as_u64).unwrap_or(1);
        let events = match self.storage.read(&id, 0).await {
            Ok(events) => events,
            Err(error) => return Ok(self.storage.bury(job.id, &error.to_string()).await?),
        };
        let (Some(now), Some(then)) = (Conversation::fold(&events), asked_for(&events, number)) else {
            return Ok(self.storage.bury(job.id, "no ticket was asked for").await?);
        };
        let Some(setup) = self.stores.get(&now.store) else {
            return Ok(self.storage.bury(job.id, "its store is not in the configuration").await?);
        };
        let number = then.tickets;
        let mut posted = Tried::Never(String::new());
        // One that was refused is a row that failed for good: a person who has it tried again means another.
        for again in 0..=job.revived {
            let ticket = NewTicket { setup, number, again, then: &then, now: &now, languages: &self.languages };
            posted = self.post_to_helpdesk(setup, &id, &ticket).await?;
            if !matches!(posted, Tried::Never(_)) {
                break;
            }
        }
        match posted {
            Tried::Done => {
                self.storage.done(job.id).await?;
                self.handoffs.notify_waiters();
            }
            Tried::Later(problem) => {
                tracing::warn!(conversation = %id, problem, attempts = job.attempts, "the ticket is not open yet");
                self.put_off(job, LONGEST_RETRY, &problem).await?;
            }
            Tried::Never(problem) => {
                tracing::error!(conversation = %id, problem, "the ticket cannot be opened: look at it by hand");
                self.storage.bury(job.id, &problem).await?;
            }
        }
        Ok(())
    }
}

/// The conversation as it was when its ticket of this number was asked for.
fn asked_for(events: &[Event], number: u64) -> Option<Conversation> {
    let (first, rest) = events.split_first()?;
    let mut then = Conversation::fold(std::slice::from_ref(first))?;
    for event in rest {
        then.apply(event);
        if u64::from(then.tickets) == number {
            return Some(then);
        }
    }
    None
}
