//! What people, and Zendesk by itself, do with a ticket.

use serde_json::{Value, json};

use super::write::{Words, Writer, signed};
use crate::sandbox::helpdesk::{Act, ActError, FromCustomer};
use crate::sandbox::world::zendesk::ZendeskTicket;

/// Who writes where no user does.
const SYSTEM: i64 = -1;

impl Writer<'_> {
    /// Does it, as the user of this address; the first who is not the agent's own, where none is named.
    pub fn act(mut self, id: u64, act: &Act) -> Result<(), ActError> {
        let ticket = self.world.zendesk.ticket(id).cloned().ok_or(ActError::NoTicket(id.to_string()))?;
        let user = self.colleague(act.by())?;
        let actor = signed(user);
        match act {
            Act::Reply { text, .. } => self.writes(id, actor, true, "web", text),
            Act::Note { text, .. } => self.writes(id, actor, false, "web", text),
            Act::Bot { text } => self.writes(id, SYSTEM, true, "answer_bot_for_web_widget", text),
            Act::Rule { text } => self.writes(id, SYSTEM, true, "rule", text),
            // The quoted mail below an answer never comes to be part of it.
            Act::Mail { text } => {
                let requester = signed(ticket.requester);
                self.writes(id, requester, true, "email", text);
                if ticket.status != "new" {
                    self.set(id, &json!({"status": "open"}), requester);
                }
            }
            Act::Close { .. } => self.set(id, &json!({"status": "solved"}), actor),
            Act::Reopen { .. } => self.set(id, &json!({"status": "open"}), actor),
            Act::Assign { .. } => self.set(id, &json!({ "assignee_id": user }), actor),
            Act::Tag { name, .. } => {
                let tags: Vec<&str> = ticket.tags.iter().map(String::as_str).chain([name.as_str()]).collect();
                self.set(id, &json!({ "tags": tags }), actor);
            }
            Act::Untag { name, .. } => {
                let kept: Vec<&String> = ticket.tags.iter().filter(|tag| *tag != name).collect();
                self.set(id, &json!({ "tags": kept }), actor);
            }
        }
        Ok(())
    }

    /// A ticket that a customer opened, by mail or in Zendesk's own chat.
    pub fn opened_by_customer(mut self, letter: &FromCustomer) -> u64 {
        let given = json!({"email": letter.email, "name": letter.name});
        let requester = self.requester(Some(&given)).unwrap_or_default();
        let (id, now) = (self.world.zendesk.next_ticket(), self.now);
        self.world.zendesk.tickets.push(ZendeskTicket {
            id,
            external_id: None,
            subject: letter.subject.clone(),
            status: "new".to_owned(),
            priority: None,
            requester,
            submitter: requester,
            assignee: None,
            group: None,
            tags: Vec::new(),
            comments: Vec::new(),
            retagged: Vec::new(),
            created_at: now,
            updated_at: now,
        });
        self.writes(id, signed(requester), true, if letter.chat { "chat" } else { "email" }, &letter.text);
        id
    }

    fn writes(&mut self, id: u64, author: i64, public: bool, channel: &str, body: &str) {
        self.comment(id, &Words { author, public, body, channel, metadata: Value::Null });
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
