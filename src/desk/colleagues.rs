//! What people do in the helpdesk, brought into the conversation: their words to the shopper, and whose it is. Whoever says
//! that something has happened there only says where to look.

use serde::Deserialize;

use super::effects::Looked;
use super::{DeskError, Inner, Stop, StoreSetup};
use crate::agents::conversation::{Conversation, Handoff};
use crate::domain::event::{EventBody, Status};
use crate::domain::id::{ConversationId, MessageId};
use crate::integrations::Urgency;
use crate::integrations::helpdesk::{Colleague, TicketAuthor, TicketMessage, TicketView};
use crate::policy::masking;
use crate::storage::StorageError;
use crate::storage::log::{Append, AppendError, Writer};

/// Whose deed a change is that nobody is named for.
const HELPDESK: &str = "helpdesk";

/// How a store's people work with the agent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Manners {
    /// Under which name shoppers see them.
    pub names: Names,
    /// A tag that gives the conversation back to the agent.
    pub handback_tag: String,
}

impl Default for Manners {
    fn default() -> Self {
        Self { names: Names::default(), handback_tag: "deskhand-handback".to_owned() }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Names {
    #[default]
    First,
    Full,
    None,
}

impl Names {
    fn of(self, colleague: &Colleague) -> Option<String> {
        let name = colleague.name.split_whitespace();
        let shown = match self {
            Self::First => name.take(1).collect::<Vec<_>>(),
            Self::Full => name.collect(),
            Self::None => return None,
        };
        (!shown.is_empty()).then(|| shown.join(" "))
    }
}

impl Inner {
    /// Looks at a ticket of a conversation, and takes in what people have done there.
    pub(super) async fn look_at_ticket(
        &self,
        setup: &StoreSetup,
        id: &ConversationId,
        ticket: &str,
    ) -> Result<Looked, Stop> {
        let view = match setup.readers.helpdesk.ticket(ticket, Urgency::Shopper).await {
            Ok(Some(view)) => view,
            Ok(None) => return Ok(Looked::Not("the helpdesk does not show this ticket".to_owned())),
            Err(error) => return Ok(Looked::Not(error.to_string())),
        };
        loop {
            let conversation = match self.load(id).await {
                Ok(conversation) => conversation,
                Err(DeskError::Storage(error)) => return Err(Stop::Storage(error)),
                Err(error) => return Ok(Looked::Not(error.to_string())),
            };
            let events = news(&conversation, &view, &setup.manners);
            if events.is_empty() {
                return Ok(Looked::Fully);
            }
            let status = events.iter().rev().find_map(|event| match event {
                EventBody::StatusChanged { status, .. } => Some(*status),
                _ => None,
            });
            let append = Append {
                conversation: id.clone(),
                expected_len: conversation.len,
                writer: Writer::Anyone,
                at: self.clock.now(),
                events,
                outbox: Vec::new(),
                forgiven: Vec::new(),
            };
            match self.storage.append(append).await {
                Ok(events) => {
                    if let Some(status) = status {
                        self.running.silence(id, status != Status::AiHandling);
                    }
                    self.hub.events(id, events);
                    return Ok(Looked::Fully);
                }
                Err(AppendError::Changed { .. }) => {}
                // Nothing more is kept of them.
                Err(AppendError::Storage(StorageError::Erased)) => return Ok(Looked::Fully),
                Err(AppendError::Storage(error)) => return Err(Stop::Storage(error)),
                Err(error @ (AppendError::Fenced | AppendError::Unknown)) => {
                    return Ok(Looked::Not(error.to_string()));
                }
            }
        }
    }
}

/// What a ticket shows that the log does not have yet.
fn news(conversation: &Conversation, view: &TicketView, manners: &Manners) -> Vec<EventBody> {
    let mut status = conversation.status;
    let mut events = Vec::new();
    for message in &view.messages {
        let Some((by, said)) = heard(conversation, message, manners) else { continue };
        if status != Status::HumanHandling {
            status = Status::HumanHandling;
            events.push(EventBody::StatusChanged { status, by });
        }
        events.push(said);
    }
    // An earlier ticket says nothing about whose the conversation is now.
    let current = conversation
        .handoff
        .as_ref()
        .filter(|handoff| handoff.ticket.as_ref().is_some_and(|ticket| ticket.id == view.reference.id));
    if let Some(handoff) = current {
        events.extend(turned(handoff, view, status, manners));
    }
    events
}

/// What somebody has written to or as the shopper, and who.
fn heard(conversation: &Conversation, message: &TicketMessage, manners: &Manners) -> Option<(String, EventBody)> {
    if !message.public || conversation.heard.contains(&message.id) {
        return None;
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

fn named(colleague: Option<&Colleague>) -> String {
    colleague.map_or_else(|| HELPDESK.to_owned(), |colleague| format!("{HELPDESK}:{}", colleague.id))
}

/// How the ticket stands, where that has changed, and what it says about whose the conversation is.
fn turned(handoff: &Handoff, view: &TicketView, status: Status, manners: &Manners) -> Vec<EventBody> {
    let twin = &handoff.twin;
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
    let given_back = |tags: &[String]| tags.contains(&manners.handback_tag);
    let (closed, reopened) = (twin.open && !view.open, !twin.open && view.open);
    let taken = assignee.is_some() && twin.assignee != assignee;
    let next = match status {
        Status::AiHandling => None,
        _ if given_back(&view.tags) && !given_back(&twin.tags) => Some(Status::AiHandling),
        Status::HandoffPending | Status::HumanHandling if closed => Some(Status::Resolved),
        Status::Resolved if reopened => Some(Status::HumanHandling),
        Status::HandoffPending if taken => Some(Status::HumanHandling),
        _ => None,
    };
    let by = named(view.assignee.as_ref());
    let next = next.map(|status| EventBody::StatusChanged { status, by });
    std::iter::once(seen).chain(next).collect()
}
