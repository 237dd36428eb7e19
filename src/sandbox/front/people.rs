//! What people, and Front by itself, do with a conversation. Its pages show the number that its id is made of.

use serde_json::json;

use super::letters::Said;
use super::shape;
use super::write::{Refusal, Writer};
use crate::sandbox::fault::Vendor;
use crate::sandbox::helpdesk::{Act, ActError, FromCustomer, MessageShown, Side, TicketShown};
use crate::sandbox::world::World;
use crate::sandbox::world::front::{FrontAuthor, FrontContact, FrontConversation, id};

impl Writer<'_> {
    /// Does it, as the user of this address; the first who is not the agent's own, where none is named.
    pub fn act(mut self, of: u64, act: &Act) -> Result<(), ActError> {
        self.world.front.conversation(of).ok_or(ActError::NoTicket(of.to_string()))?;
        let user = self.colleague(act.by())?;
        let by = FrontAuthor::User(user);
        let done = match act {
            Act::Reply { text, .. } => self.answers(of, by, &html(text)).map(drop),
            Act::Note { text, .. } => self.comment(of, by, text).map(drop),
            Act::Bot { text } => self.answers(of, FrontAuthor::Bot("ai".to_owned()), &html(text)).map(drop),
            Act::Rule { text } => self.answers(of, FrontAuthor::Bot("rule".to_owned()), &html(text)).map(drop),
            // What it quotes of earlier ones is no part of a message.
            Act::Mail { text } => {
                let message = self.message("email", true, None, &html(text));
                self.enter(of, message, Said::Elsewhere);
                Ok(())
            }
            Act::Close { .. } => self.set(of, &json!({"status": "archived"}), &by),
            Act::Reopen { .. } => self.set(of, &json!({"status": "open"}), &by),
            Act::Assign { .. } => self.set(of, &json!({"assignee_id": id("tea", user)}), &by),
            Act::Tag { name, .. } => {
                let tag = self.tag_named(name);
                self.tag(of, &[tag.number], true, &by)
            }
            Act::Untag { name, .. } => {
                let tag = self.tag_named(name);
                self.tag(of, &[tag.number], false, &by)
            }
        };
        done.map_err(|_: Refusal| ActError::NoTicket(of.to_string()))
    }

    /// What a customer writes on a channel of Front's own begins a conversation.
    pub fn hear(mut self, letter: &FromCustomer) -> u64 {
        let FromCustomer { email, name, subject, text, chat } = letter;
        let known = self.world.front.contacts.iter().find(|own| own.emails.contains(email)).map(|own| own.number);
        let contact = known.unwrap_or_else(|| self.world.front.next_number());
        if known.is_none() {
            let (handle, emails) = (email.clone(), vec![email.clone()]);
            self.world.front.contacts.push(FrontContact { number: contact, handle, name: name.clone(), emails });
        }
        let of = self.begin(contact, None, subject.as_deref());
        let kind = if *chat { "front_chat" } else { "email" };
        let message = self.message(kind, true, None, &html(text));
        self.enter(of, message, Said::Elsewhere);
        of
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

fn html(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<p>{}</p>", escaped.replace('\n', "<br>"))
}

/// The conversations as people see them, by the numbers that Front's pages show.
pub fn all(world: &World) -> impl Iterator<Item = TicketShown> {
    let there = world.front.conversations.iter().filter(|own| own.merged_into.is_none());
    there.map(|own| TicketShown {
        vendor: Vendor::Front,
        id: own.number,
        status: own.status.clone(),
        subject: own.subject.clone(),
        tags: own
            .tags
            .iter()
            .filter_map(|tag| Some(world.front.tags.iter().find(|it| it.number == *tag)?.name.clone()))
            .collect(),
        messages: shown(own),
    })
}

fn shown(own: &FrontConversation) -> Vec<MessageShown> {
    let messages = own.messages.iter().map(|message| MessageShown {
        by: Side::of(message.inbound, true),
        text: shape::plain(&message.body),
        at: message.at,
    });
    let comments = own.comments.iter().map(|comment| MessageShown {
        by: Side::of(false, false),
        text: comment.body.clone(),
        at: comment.at,
    });
    let mut all: Vec<MessageShown> = messages.chain(comments).collect();
    all.sort_by_key(|message| message.at);
    all
}
