//! What people do in the helpdesk, brought into the conversation: their words to the shopper, and whose it is. Whoever says
//! that something has happened there only says where to look.

use super::articles::proposed;
use super::effects::Looked;
use super::manners::Manners;
use super::{DeskError, Inner, Stop, StoreSetup};
use crate::agents::conversation::{Conversation, HELPDESK, Twin};
use crate::domain::event::{EventBody, Status};
use crate::domain::id::{ConversationId, MessageId};
use crate::integrations::Urgency;
use crate::integrations::helpdesk::{Colleague, TicketAuthor, TicketMessage, TicketView};
use crate::policy::masking;
use crate::storage::StorageError;
use crate::storage::log::AppendError;

impl Inner {
    /// Looks at a ticket of a conversation, and takes in what people have done there.
    pub(super) async fn look_at_ticket(
        &self,
        setup: &StoreSetup,
        id: &ConversationId,
        ticket: &str,
    ) -> Result<Looked, Stop> {
        let (mut known, mut told) = (None, Vec::new());
        loop {
            let conversation = match self.load(id).await {
                Ok(conversation) => conversation,
                Err(DeskError::Storage(error)) => return Err(Stop::Storage(error)),
                Err(error) => return Ok(Looked::Not(error.to_string())),
            };
            // No older than what the log says of it: what we took off a ticket is not to be seen there again.
            let stands = conversation.twin.as_ref().map(|twin| (twin.open, twin.tags.clone(), twin.assignee.clone()));
            let read = match known.take() {
                Some((then, view)) if then == stands => Ok(Some(view)),
                _ => setup.readers.helpdesk.ticket(ticket, Urgency::Shopper).await,
            };
            let view = match read {
                Ok(Some(view)) => view,
                Ok(None) => return Ok(Looked::Not("the helpdesk does not show this ticket".to_owned())),
                Err(error) => return Ok(Looked::Not(error.to_string())),
            };
            if let Some(ended) = self.hear_customer(setup, id, &view).await? {
                return Ok(ended);
            }
            let mut events = news(&conversation, &view, &setup.manners);
            match self.hear_decisions(setup, &conversation, &view, &told).await? {
                Ok(more) => told.extend(more),
                Err(problem) => return Ok(Looked::Not(problem)),
            }
            events.extend(told.iter().cloned());
            if events.is_empty() {
                return Ok(Looked::Fully);
            }
            let status = events.iter().rev().find_map(|event| match event {
                EventBody::StatusChanged { status, .. } => Some(*status),
                _ => None,
            });
            let articles = proposed(&conversation, &events);
            match self.write_down(&conversation, events, articles).await {
                Ok(events) => {
                    if let Some(status) = status {
                        self.running.silence(id, status != Status::AiHandling);
                    }
                    self.hub.events(id, events);
                    self.wake_outbox();
                    // A turn may be due.
                    self.called.notify_waiters();
                    return Ok(Looked::Fully);
                }
                Err(AppendError::Changed { .. }) => known = Some((stands, view)),
                Err(error) => return looked(error),
            }
        }
    }
}

/// What it means that news could not be written down.
pub(super) fn looked(error: AppendError) -> Result<Looked, Stop> {
    match error {
        // Nothing more is kept of them.
        AppendError::Storage(StorageError::Erased) => Ok(Looked::Fully),
        AppendError::Storage(error) => Err(Stop::Storage(error)),
        AppendError::Changed { .. } | AppendError::Fenced | AppendError::Unknown => Ok(Looked::Not(error.to_string())),
    }
}

/// What a ticket shows that the log does not have yet.
fn news(conversation: &Conversation, view: &TicketView, manners: &Manners) -> Vec<EventBody> {
    let mut status = conversation.status;
    let mut events = Vec::new();
    let at_home = conversation.twin.as_ref().is_some_and(|twin| twin.home);
    for message in &view.messages {
        let Some((by, said)) = heard(conversation, message, manners) else { continue };
        // What customers write in a ticket of their own is taken in by itself.
        if at_home && matches!(said, EventBody::MessageReceived { .. }) {
            break;
        }
        let takes_over = !matches!(said, EventBody::ColleagueAnswered { .. });
        if takes_over && status != Status::HumanHandling {
            status = Status::HumanHandling;
            events.push(EventBody::StatusChanged { status, by });
        }
        events.push(said);
    }
    // An earlier ticket says nothing about whose the conversation is now.
    if let Some(twin) = conversation.twin.as_ref().filter(|twin| twin.is_called(&view.reference.id)) {
        events.extend(turned(twin, view, status, manners));
    }
    events
}

/// What somebody has written to or as the shopper, and who.
fn heard(conversation: &Conversation, message: &TicketMessage, manners: &Manners) -> Option<(String, EventBody)> {
    if conversation.heard.contains(&message.id) {
        return None;
    }
    if !message.public {
        return answered(conversation, message, manners);
    }
    let content = masking::mask_cards(&message.text);
    let (id, remote) = (MessageId::generate(), message.id.clone());
    match &message.author {
        TicketAuthor::Person(colleague) => {
            let name = manners.names.of(colleague);
            Some((named(Some(colleague)), EventBody::HumanMessage { message: id, remote, name, content }))
        }
        // What we wrote in their name carries our id.
        TicketAuthor::Customer if message.external_id.is_none() => {
            let remote = Some(remote);
            let said = EventBody::MessageReceived { message: id, client_message_id: None, content, remote };
            Some((HELPDESK.to_owned(), said))
        }
        TicketAuthor::Customer
        | TicketAuthor::OurAgent
        | TicketAuthor::VendorBot
        | TicketAuthor::Rule
        | TicketAuthor::Unknown => None,
    }
}

/// A colleague's answer to the agent's question. What a customer, a bot or a rule leaves in a ticket is none.
fn answered(conversation: &Conversation, note: &TicketMessage, manners: &Manners) -> Option<(String, EventBody)> {
    let TicketAuthor::Person(colleague) = &note.author else { return None };
    let (text, article) = manners.answer(&note.text)?;
    conversation.question.as_ref().filter(|question| question.was_asked_by(note.at))?;
    let (by, remote, name) = (named(Some(colleague)), note.id.clone(), manners.names.of(colleague));
    let text = masking::mask_cards(text);
    Some((by.clone(), EventBody::ColleagueAnswered { remote, by, name, text, article }))
}

fn named(colleague: Option<&Colleague>) -> String {
    colleague.map_or_else(|| HELPDESK.to_owned(), |colleague| format!("{HELPDESK}:{}", colleague.id))
}

/// How the ticket stands, where that has changed, and what it says about whose the conversation is.
fn turned(twin: &Twin, view: &TicketView, status: Status, manners: &Manners) -> Vec<EventBody> {
    let assignee = view.assignee.as_ref().map(|colleague| colleague.name.clone());
    if (twin.open, &twin.tags, &twin.assignee) == (view.open, &view.tags, &assignee) {
        return Vec::new();
    }
    let seen = EventBody::TicketSeen {
        ticket: view.reference.id.clone(),
        open: view.open,
        tags: view.tags.clone(),
        assignee: assignee.clone(),
    };
    // Zendesk knows small letters only.
    let given_back = |tags: &[String]| tags.iter().any(|tag| tag.eq_ignore_ascii_case(&manners.handback_tag));
    let (closed, reopened) = (twin.open && !view.open, !twin.open && view.open);
    let taken = assignee.is_some() && twin.assignee != assignee;
    let next = match status {
        // Where the customer is answered, the ticket is people's by its state alone.
        Status::AiHandling if twin.home && closed => Some(Status::Resolved),
        Status::AiHandling if twin.home && taken => Some(Status::HumanHandling),
        Status::AiHandling => None,
        _ if given_back(&view.tags) && !given_back(&twin.tags) => Some(Status::AiHandling),
        Status::HandoffPending | Status::HumanHandling if closed => Some(Status::Resolved),
        // A customer who writes again opens it there, too.
        Status::Resolved if reopened && !twin.home => Some(Status::HumanHandling),
        Status::HandoffPending if taken => Some(Status::HumanHandling),
        _ => None,
    };
    let by = named(view.assignee.as_ref());
    let next = next.map(|status| EventBody::StatusChanged { status, by });
    std::iter::once(seen).chain(next).collect()
}
