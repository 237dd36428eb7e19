//! The helpdesk as a channel: a ticket that a customer opened, by mail or in the helpdesk's own chat, is a conversation like any
//! other. Its customer is answered there, in the mode that the store allows. Who they are is what their address says: a claim.

use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::colleagues::looked;
use super::effects::Looked;
use super::{DeskError, Inner, Stop, StoreSetup};
use crate::agents::conversation::{Conversation, HELPDESK};
use crate::domain::event::EventBody;
use crate::domain::id::{ConversationId, MessageId, StoreId};
use crate::integrations::Urgency;
use crate::integrations::helpdesk::{Channel, TicketAuthor, TicketMessage, TicketView};
use crate::policy::masking;
use crate::storage::StorageError;
use crate::storage::log::AppendError;

impl Inner {
    /// The conversation that a ticket of a customer's is, if it is one.
    pub(super) async fn conversation_at_home(
        &self,
        store: &StoreId,
        vendor: &str,
        ticket: &str,
    ) -> Result<Option<ConversationId>, StorageError> {
        let id = name(store, vendor, ticket);
        match self.storage.read(&id, 0).await {
            Ok(events) => Ok((!events.is_empty()).then_some(id)),
            Err(AppendError::Storage(error)) => Err(error),
            Err(AppendError::Unknown | AppendError::Changed { .. } | AppendError::Fenced) => Ok(None),
        }
    }

    /// Looks at a ticket that is not ours, and takes it in if a customer waits there whom nobody has answered.
    pub(super) async fn look_at_foreign_ticket(
        &self,
        setup: &StoreSetup,
        vendor: &str,
        ticket: &str,
    ) -> Result<Looked, Stop> {
        let view = match setup.readers.helpdesk.ticket(ticket, Urgency::Background).await {
            Ok(Some(view)) => view,
            Ok(None) => return Ok(Looked::Fully),
            Err(error) => return Ok(Looked::Not(error.to_string())),
        };
        if !waits_for_an_answer(&view) {
            return Ok(Looked::Fully);
        }
        let id = name(&setup.profile.id, vendor, ticket);
        let customer = view.customer.as_ref().map(|email| json!({"email": email.as_str()}));
        let opening = vec![
            EventBody::Opened {
                store: setup.profile.id.clone(),
                channel: format!("{vendor}_{}", if view.channel == Channel::Chat { "chat" } else { "email" }),
                key: None,
                customer,
                metadata: view.subject.as_ref().map(|subject| json!({ "subject": subject })),
            },
            EventBody::TicketOpened { ticket: view.reference.clone(), home: true },
        ];
        match self.storage.open(&id, self.clock.now(), opening).await {
            Ok(_) | Err(AppendError::Changed { .. }) => self.look_at_ticket(setup, &id, ticket).await,
            Err(AppendError::Storage(error)) => Err(Stop::Storage(error)),
            Err(error @ (AppendError::Fenced | AppendError::Unknown)) => Ok(Looked::Not(error.to_string())),
        }
    }

    /// Takes in, one after the other, what the customer has written in a ticket of their own. `Some`: it ends here.
    pub(super) async fn hear_customer(
        &self,
        setup: &StoreSetup,
        id: &ConversationId,
        view: &TicketView,
    ) -> Result<Option<Looked>, Stop> {
        loop {
            let conversation = match self.load(id).await {
                Ok(conversation) => conversation,
                Err(DeskError::Storage(error)) => return Err(Stop::Storage(error)),
                Err(error) => return Ok(Some(Looked::Not(error.to_string()))),
            };
            if !conversation.twin.as_ref().is_some_and(|twin| twin.home) {
                return Ok(None);
            }
            let Some(message) = next_of_customer(&conversation, view) else { return Ok(None) };
            let events = self.received(setup, &conversation, message).await?;
            match self.write_down(&conversation, events, Vec::new()).await {
                Ok(events) => {
                    self.hub.events(id, events);
                    // A turn is due.
                    self.called.notify_waiters();
                }
                Err(AppendError::Changed { .. }) => {}
                Err(error) => return looked(error).map(Some),
            }
        }
    }

    async fn received(
        &self,
        setup: &StoreSetup,
        conversation: &Conversation,
        message: &TicketMessage,
    ) -> Result<Vec<EventBody>, Stop> {
        let most = setup.policy.caps.message_characters as usize;
        let text: String = message.text.trim().chars().take(most).collect();
        let text = if text.is_empty() { "(no text)".to_owned() } else { masking::mask_cards(&text) };
        let received = match self.read_code(conversation, text).await {
            Ok(received) => received,
            Err(DeskError::Storage(error)) => return Err(Stop::Storage(error)),
            Err(_) => return Err(Stop::Interrupted),
        };
        Ok(received.in_ticket(&message.id).events(conversation, &MessageId::generate(), None))
    }
}

/// The customer's next message that the log does not have, if no person's comes before it.
fn next_of_customer<'v>(conversation: &Conversation, view: &'v TicketView) -> Option<&'v TicketMessage> {
    let mut news = view.messages.iter().filter(|message| message.public && !conversation.heard.contains(&message.id));
    let next = news.find(|message| matches!(message.author, TicketAuthor::Customer | TicketAuthor::Person(_)))?;
    (next.author == TicketAuthor::Customer).then_some(next)
}

/// Whether it is a customer's own, and nobody has it in hand.
fn waits_for_an_answer(view: &TicketView) -> bool {
    let by_people = view.messages.iter().any(|own| own.public && matches!(own.author, TicketAuthor::Person(_)));
    let spoken = view.messages.iter().rev().find(|own| own.public);
    view.open
        && view.external_id.is_none()
        && matches!(view.channel, Channel::Email | Channel::Chat)
        && view.assignee.is_none()
        && !by_people
        && spoken.is_some_and(|last| last.author == TicketAuthor::Customer)
}

/// The same whenever it is made: a ticket is one conversation.
fn name(store: &StoreId, vendor: &str, ticket: &str) -> ConversationId {
    let digest = Sha256::digest(format!("{HELPDESK}\n{store}\n{vendor}\n{ticket}"));
    let digits: String = hex::encode(digest).chars().take(32).collect();
    ConversationId::new(format!("conv_{digits}"))
}
