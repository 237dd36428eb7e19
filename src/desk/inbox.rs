//! Messages in: masked, checked for a one-time code, in the log before anyone works on them.

use super::manners::Tickets;
use super::{DeskError, Inner, NewMessage, Opening, Posted, StoreSetup};
use crate::agents::conversation::{Conversation, Twin};
use crate::domain::event::{Event, EventBody, Status, TicketCause};
use crate::domain::id::{ConversationId, MessageId};
use crate::domain::identity::Proof;
use crate::policy::{Mode, masking};
use crate::storage::codes::CodeVerdict;
use crate::storage::log::AppendError;

impl Inner {
    pub(super) async fn open(&self, opening: Opening) -> Result<ConversationId, DeskError> {
        if !self.stores.contains_key(&opening.store) {
            return Err(DeskError::UnknownStore(opening.store.to_string()));
        }
        let id = ConversationId::generate();
        let mut events = vec![EventBody::Opened {
            store: opening.store,
            channel: opening.channel,
            key: opening.key,
            customer: opening.customer,
            metadata: opening.metadata,
        }];
        events.extend(
            opening.verified.map(|email| EventBody::IdentityProved { turn: None, proof: Proof::Token { email } }),
        );
        let events = self.storage.open(&id, self.clock.now(), events).await?;
        Conversation::fold(&events).into_iter().for_each(|conversation| self.recent.put(Box::new(conversation)));
        Ok(id)
    }

    pub(super) async fn receive(&self, id: &ConversationId, message: NewMessage) -> Result<Posted, DeskError> {
        let mut conversation = self.recall(id).await?;
        let setup = self.setup(&conversation)?;
        let most = setup.policy.caps.message_characters;
        let text = message.content.trim();
        if text.is_empty() {
            return Err(DeskError::EmptyMessage);
        }
        if text.chars().count() > most as usize {
            return Err(DeskError::MessageTooLong { most });
        }
        if let Some(first) = self.repeated(id, &message).await? {
            return Ok(first);
        }
        let text = masking::mask_cards(text);
        let received = self.read_code(&conversation, text).await?;
        let message_id = MessageId::generate();
        loop {
            let mut events = received.events(&conversation, &message_id, message.client_message_id.as_deref());
            events.extend(wanted_from_the_first(setup, &conversation));
            match self.write_down(&conversation, events, Vec::new()).await {
                Ok(events) => return Ok(self.taken_in(conversation, &message, events)),
                Err(AppendError::Changed { .. }) => {
                    if let Some(first) = self.repeated(id, &message).await? {
                        return Ok(first);
                    }
                    conversation = self.load(id).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn taken_in(&self, mut conversation: Box<Conversation>, message: &NewMessage, events: Vec<Event>) -> Posted {
        self.senders.remember(&conversation.id, message, &self.running);
        let silent = with_person(conversation.status);
        events.iter().for_each(|event| conversation.apply(event));
        if conversation.twin.is_some() {
            self.wake_outbox();
        }
        let received = events.iter().find_map(|event| match &event.body {
            EventBody::MessageReceived { message, .. } => Some((message.clone(), event.seq)),
            _ => None,
        });
        self.hub.events(&conversation.id, events);
        let (message, seq) = received.unwrap_or_else(|| (MessageId::generate(), conversation.len));
        self.recent.put(conversation);
        Posted { message, seq, silent, repeated: false }
    }

    /// The first result of a message that was posted before under the same client id.
    async fn repeated(&self, id: &ConversationId, message: &NewMessage) -> Result<Option<Posted>, DeskError> {
        let Some(client_id) = &message.client_message_id else { return Ok(None) };
        let Some(event) = self.storage.by_client_message(id, client_id).await? else { return Ok(None) };
        let EventBody::MessageReceived { message: first, content, .. } = event.body else { return Ok(None) };
        let text = masking::mask_cards(message.content.trim());
        let masked = masking::take_code(&text).map(|(masked, _)| masked);
        if content != text && Some(content) != masked {
            return Err(DeskError::RepeatedWithOtherContent);
        }
        // Whoever has the conversation by now: an answer lost on its way is heard by asking again.
        let silent = with_person(self.status_before(id, event.seq).await?);
        Ok(Some(Posted { message: first, seq: event.seq, silent, repeated: true }))
    }

    /// Whose the conversation was when an event came in.
    async fn status_before(&self, id: &ConversationId, seq: u64) -> Result<Status, DeskError> {
        let events = self.storage.read(id, 0).await?;
        let before: Vec<Event> = events.into_iter().take_while(|event| event.seq < seq).collect();
        Ok(Conversation::fold(&before).ok_or(DeskError::UnknownConversation)?.status)
    }

    /// Takes a one-time code out of a text, if one is expected, and checks it. Nothing after this sees the code.
    pub(super) async fn read_code(&self, conversation: &Conversation, text: String) -> Result<Received, DeskError> {
        let taken = if conversation.was_sent_code() { masking::take_code(&text) } else { None };
        let Some((masked, code)) = taken else { return Ok(Received { text, verdict: None, remote: None }) };
        let verdict = self.storage.check_code(&conversation.id, &code, self.clock.now()).await?;
        if verdict == CodeVerdict::NoneOpen && !conversation.expects_code() {
            return Ok(Received { text, verdict: None, remote: None });
        }
        Ok(Received { text: masked, verdict: Some(verdict), remote: None })
    }
}

/// A ticket, where the store wants one of every conversation and this one has none that goes on.
fn wanted_from_the_first(setup: &StoreSetup, conversation: &Conversation) -> Option<EventBody> {
    let has_one = conversation.twin.as_ref().is_some_and(Twin::goes_on);
    let wants = setup.manners.tickets == Tickets::EveryConversation && setup.policy.mode != Mode::Observe;
    (wants && !has_one).then_some(EventBody::TicketWanted { why: TicketCause::EveryConversation })
}

fn with_person(status: Status) -> bool {
    matches!(status, Status::HandoffPending | Status::HumanHandling)
}

/// A text as it may be kept, and what became of the code in it.
pub(super) struct Received {
    text: String,
    verdict: Option<CodeVerdict>,
    /// The helpdesk's id of it, where it came in there.
    remote: Option<String>,
}

impl Received {
    /// As it came in at the helpdesk, under this id.
    pub(super) fn in_ticket(self, remote: &str) -> Self {
        Self { remote: Some(remote.to_owned()), ..self }
    }

    pub(super) fn events(
        &self,
        conversation: &Conversation,
        message: &MessageId,
        client: Option<&str>,
    ) -> Vec<EventBody> {
        let mut events = Vec::new();
        if conversation.status == Status::Resolved {
            events.push(EventBody::StatusChanged { status: Status::AiHandling, by: "shopper".to_owned() });
        }
        events.push(EventBody::MessageReceived {
            message: message.clone(),
            client_message_id: client.map(str::to_owned),
            content: self.text.clone(),
            remote: self.remote.clone(),
        });
        match &self.verdict {
            None => {}
            Some(CodeVerdict::Proved(email)) => {
                events.push(EventBody::CodeChecked { right: true, tries_left: 0 });
                events.push(EventBody::IdentityProved { turn: None, proof: Proof::Code { email: email.clone() } });
            }
            Some(CodeVerdict::Wrong { left }) => {
                events.push(EventBody::CodeChecked { right: false, tries_left: *left })
            }
            Some(CodeVerdict::TooLate | CodeVerdict::NoneOpen) => {
                events.push(EventBody::CodeChecked { right: false, tries_left: 0 })
            }
        }
        events
    }
}
