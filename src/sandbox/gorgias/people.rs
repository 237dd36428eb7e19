//! What people, and Gorgias by itself, do with a ticket.

use serde_json::{Value, json};

use super::write::{CREATED, MESSAGE, Writer};
use crate::sandbox::helpdesk::{Act, ActError, FromCustomer};
use crate::sandbox::world::helpdesk::{IdKind, Ticket};

/// The id of the chat's widget.
const CHAT: u64 = 30_118;

impl Writer<'_> {
    /// Does it, as the user of this address; the first who is no API user, where none is named.
    pub fn act(mut self, id: u64, act: &Act) -> Result<(), ActError> {
        let ticket = self.world.helpdesk.ticket(id).cloned().ok_or(ActError::NoTicket(id.to_string()))?;
        let user = self.user(act.by())?;
        match act {
            Act::Reply { text, .. } => self.writes(&ticket, &channel(&ticket), "helpdesk", user, text),
            Act::Note { text, .. } => self.writes(&ticket, "internal-note", "helpdesk", user, text),
            Act::Bot { text } => self.writes(&ticket, &channel(&ticket), "gorgias_chat", user, text),
            Act::Rule { text } => self.writes(&ticket, &channel(&ticket), "rule", user, text),
            Act::Mail { text } => self.hears(&ticket, text),
            Act::Close { .. } => self.changes(id, user, &json!({"status": "closed"})),
            Act::Reopen { .. } => self.changes(id, user, &json!({"status": "open"})),
            Act::Assign { .. } => self.changes(id, user, &json!({"assignee_user": {"id": user}})),
            Act::Tag { name, .. } => {
                let names = ticket.tags.iter().map(|tag| tag.name.as_str()).chain([name.as_str()]);
                let tags: Vec<Value> = names.map(|name| json!({ "name": name })).collect();
                self.changes(id, user, &json!({ "tags": tags }));
            }
            Act::Untag { name, .. } => {
                let kept = ticket.tags.iter().filter(|tag| tag.name != *name);
                let tags: Vec<Value> = kept.map(|tag| json!({"name": tag.name})).collect();
                self.changes(id, user, &json!({ "tags": tags }));
            }
        }
        Ok(())
    }

    /// A ticket that a customer opened, by mail or in the widget of Gorgias' own chat.
    pub fn opened_by_customer(mut self, letter: &FromCustomer) -> u64 {
        let customer = self.customer(&json!({"email": letter.email, "name": letter.name}));
        let store = self.world.shop.email.clone();
        let (channel, via, source) = match letter.chat {
            true => (
                "chat",
                "gorgias_chat",
                json!({"type": "chat", "from": {"address": format!("visitor-{}", letter.email)}}),
            ),
            false => {
                let (from, to) = (json!({"address": letter.email}), json!([{"address": store}]));
                ("email", "email", json!({"type": "email", "from": from, "to": to}))
            }
        };
        let first = json!({
            "channel": channel, "via": via, "from_agent": false, "sender": {"id": customer}, "body_text": letter.text,
            "source": source, "integration_id": letter.chat.then_some(CHAT), "created_datetime": self.now,
            "sent_datetime": self.now,
        });
        let message = self.compose(&first, customer, letter.subject.as_deref());
        let id = self.world.helpdesk.next_id(IdKind::Ticket);
        let written = message.id;
        self.world.helpdesk.tickets.push(Ticket {
            id,
            external_id: None,
            status: "open".to_owned(),
            priority: "normal".to_owned(),
            channel: channel.to_owned(),
            via: via.to_owned(),
            from_agent: false,
            subject: letter.subject.clone(),
            language: None,
            customer,
            assignee_user: None,
            assignee_team: None,
            spam: false,
            meta: Value::Null,
            tags: Vec::new(),
            custom_fields: json!({}),
            messages: vec![message],
            created_at: self.now,
            updated_at: self.now,
            closed_at: None,
        });
        self.tell(CREATED, id, None, None);
        self.tell(MESSAGE, id, Some(written), None);
        id
    }

    fn user(&self, by: Option<&str>) -> Result<u64, ActError> {
        let users = &self.world.helpdesk.users;
        let found = match by {
            Some(email) => users.iter().find(|user| user.email.as_deref() == Some(email)),
            // The first is the user of the API key.
            None => users.get(1),
        };
        let unknown = || ActError::NoUser(by.unwrap_or("a person").to_owned());
        found.map(|user| user.id).ok_or_else(unknown)
    }

    /// From the side of the store. What is no note is sent to the customer.
    fn writes(&mut self, ticket: &Ticket, channel: &str, via: &str, user: u64, text: &str) {
        let fields =
            json!({"channel": channel, "via": via, "from_agent": true, "sender": {"id": user}, "body_text": text});
        self.adds(ticket, &fields, Some(user));
    }

    /// A mail of the customer's, with what it answers quoted below.
    fn hears(&mut self, ticket: &Ticket, text: &str) {
        let customer =
            ticket.customer.and_then(|id| self.world.helpdesk.person(id)).and_then(|known| known.email.clone());
        let source =
            json!({"type": "email", "from": {"address": customer}, "to": [{"address": self.world.shop.email}]});
        let fields = json!({
            "channel": "email", "via": "email", "from_agent": false, "sender": {"id": ticket.customer}, "source": source,
            "body_text": format!("{text}\n\nOn that day, the store wrote:\n> your answer"), "stripped_text": text,
            "created_datetime": self.now, "sent_datetime": self.now,
        });
        self.adds(ticket, &fields, None);
        // What a customer writes opens a closed ticket again.
        if ticket.status == "closed" {
            self.set(ticket.id, &json!({"status": "open"}), None);
        }
    }

    fn adds(&mut self, ticket: &Ticket, fields: &Value, user: Option<u64>) {
        let message = self.compose(fields, ticket.customer, ticket.subject.as_deref());
        self.add(ticket.id, message, user);
    }

    fn changes(&mut self, id: u64, user: u64, fields: &Value) {
        self.set(id, fields, Some(user));
    }
}

/// Where an answer goes: by mail, if the customer has an address.
fn channel(ticket: &Ticket) -> String {
    if ticket.customer.is_some() { "email".to_owned() } else { ticket.channel.clone() }
}
