//! What people, and Intercom by itself, do with a conversation.

use super::events::{ANSWERED, ASSIGNED, BOT, CLOSED, NOTED, OPENED, REPLIED};
use super::text::html;
use super::write::{Words, Writer};
use crate::sandbox::helpdesk::{Act, ActError, FromCustomer};
use crate::sandbox::world::intercom::IntercomAuthor;

impl Writer<'_> {
    /// Does it, as the teammate of this address; the first who is not the agent's own, where none is named.
    pub fn act(mut self, id: u64, act: &Act) -> Result<(), ActError> {
        let conversation = self.world.intercom.conversation(id).cloned().ok_or(ActError::NoTicket(id.to_string()))?;
        let teammate = self.colleague(act.by())?;
        let by = IntercomAuthor::Teammate(teammate);
        match act {
            Act::Reply { text, .. } => self.says(id, by, "comment", REPLIED, text),
            Act::Note { text, .. } => self.says(id, by, "note", NOTED, text),
            // A workflow of the merchant's speaks as Intercom's bot does.
            Act::Bot { text } | Act::Rule { text } => self.says(id, IntercomAuthor::Bot, "comment", BOT, text),
            // The quoted mail below an answer never comes to be part of it.
            Act::Mail { text } => {
                let kind = if conversation.open { "comment" } else { "open" };
                self.says(id, IntercomAuthor::Contact(conversation.contact), kind, ANSWERED, text);
            }
            Act::Close { .. } => self.turns(id, teammate, "close", CLOSED),
            Act::Reopen { .. } => self.turns(id, teammate, "open", OPENED),
            Act::Assign { .. } => {
                if let Some(own) = self.world.intercom.conversation_mut(id) {
                    own.assignee = Some(teammate);
                }
                self.turns(id, teammate, "assignment", ASSIGNED);
            }
            Act::Tag { name, .. } => {
                let tag = self.world.intercom.tag_named(name);
                self.put(id, &tag, teammate);
            }
            // Nothing is told of it.
            Act::Untag { name, .. } => {
                if let Some(own) = self.world.intercom.conversation_mut(id) {
                    own.tags.retain(|put| !put.tag.name.eq_ignore_ascii_case(name));
                }
            }
        }
        Ok(())
    }

    /// A conversation that a customer began, by mail or in Intercom's own messenger.
    pub fn begun_by_customer(mut self, letter: &FromCustomer) -> u64 {
        let contact = self.contact_called(&letter.email, letter.name.as_deref());
        let kind = if letter.chat { "conversation" } else { "email" };
        self.begin(contact, kind, letter.subject.as_deref(), &letter.text).0
    }

    fn says(&mut self, id: u64, by: IntercomAuthor, kind: &str, topic: &str, text: &str) {
        let delivered = kind == "comment" && !matches!(by, IntercomAuthor::Contact(_));
        let words = Words { by, kind, html: html(text), at: self.now, delivered };
        self.part(id, words, topic);
    }

    fn colleague(&self, by: Option<&str>) -> Result<u64, ActError> {
        let users = &self.world.helpdesk.users;
        let found = match by {
            Some(email) => users.iter().find(|user| user.email.as_deref() == Some(email)),
            None => users.get(1),
        };
        found.map(|user| user.id).ok_or_else(|| ActError::NoUser(by.unwrap_or("a person").to_owned()))
    }
}
