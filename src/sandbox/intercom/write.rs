//! What changes contacts and conversations.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::events::{self, ANSWERED, ASSIGNED, CLOSED, CREATED, NOTED, OPENED, REPLIED, TAGGED};
use super::shape::{self, Parts};
use super::text::{html, plain};
use crate::domain::clock::Clock;
use crate::sandbox::world::helpdesk::Tag;
use crate::sandbox::world::intercom::{
    IntercomAuthor, IntercomContact, IntercomConversation, IntercomPart, IntercomTagging,
};
use crate::sandbox::world::{Mail, MailVia, World};

const ROLES: [&str; 2] = ["user", "lead"];

/// Writes into the helpdesk at a moment.
pub struct Writer<'w> {
    pub world: &'w mut World,
    pub now: Timestamp,
}

/// Why it was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    Missing(&'static str),
    Invalid(&'static str),
    /// This contact stands in the way.
    Conflict(String),
}

/// What somebody says in a conversation.
pub struct Words<'a> {
    pub by: IntercomAuthor,
    pub kind: &'a str,
    pub html: String,
    pub at: Timestamp,
    pub delivered: bool,
}

fn text<'f>(fields: &'f Value, name: &str) -> Option<&'f str> {
    fields.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty())
}

impl Writer<'_> {
    pub fn contact(mut self, fields: &Value) -> Result<Value, Refusal> {
        let (external_id, email, role) = (text(fields, "external_id"), text(fields, "email"), text(fields, "role"));
        if external_id.or(email).or(role).is_none() {
            return Err(Refusal::Invalid("one of email, external_id or role is required"));
        }
        let role = role.unwrap_or("user");
        if !ROLES.contains(&role) {
            return Err(Refusal::Invalid("role must be user or lead"));
        }
        let stands_in_the_way = |own: &&IntercomContact| {
            let same = external_id.is_some() && own.external_id.as_deref() == external_id;
            same || email.is_some_and(|email| own.role == role && has(own, email))
        };
        if let Some(known) = self.world.intercom.contacts.iter().find(stands_in_the_way) {
            return Err(Refusal::Conflict(known.id.clone()));
        }
        let contact = self.made(IntercomContact {
            id: String::new(),
            external_id: external_id.map(str::to_owned),
            role: role.to_owned(),
            email: email.map(str::to_owned),
            name: text(fields, "name").map(str::to_owned),
            created_at: self.now,
            looked_for: false,
        });
        Ok(shape::contact(&contact))
    }

    /// Changes a contact's address and name.
    pub fn rename(self, id: &str, fields: &Value) -> Result<Value, Refusal> {
        let email = text(fields, "email");
        let taken = |own: &&IntercomContact| own.id != id && email.is_some_and(|email| has(own, email));
        if let Some(known) = self.world.intercom.contacts.iter().find(taken) {
            return Err(Refusal::Conflict(known.id.clone()));
        }
        let found = self.world.intercom.contacts.iter_mut().find(|own| own.id == id);
        let own = found.ok_or(Refusal::Missing("User Not Found"))?;
        own.email = email.map(str::to_owned).or(own.email.take());
        own.name = text(fields, "name").map(str::to_owned).or(own.name.take());
        Ok(shape::contact(own))
    }

    /// Opens a conversation in a contact's name.
    pub fn open(mut self, fields: &Value) -> Result<Value, Refusal> {
        let from = fields.get("from").ok_or(Refusal::Invalid("from is required"))?;
        if !text(from, "type").is_some_and(|kind| ["user", "lead", "contact"].contains(&kind)) {
            return Err(Refusal::Invalid("from.type must be user or lead"));
        }
        let contact = text(from, "id").and_then(|id| self.world.intercom.contact(id));
        let contact = contact.ok_or(Refusal::Missing("User Not Found"))?.id.clone();
        let body = text(fields, "body").ok_or(Refusal::Invalid("body is required"))?;
        let (id, source_id) = self.begin(contact, "conversation", None, body);
        Ok(json!({
            "type": "user_message", "id": source_id.to_string(), "created_at": shape::moment(self.now), "body": body,
            "message_type": "inapp", "conversation_id": id.to_string(),
        }))
    }

    /// Begins a conversation of a contact's. Its id, and that of its first message.
    pub fn begin(&mut self, contact: String, kind: &str, subject: Option<&str>, said: &str) -> (u64, u64) {
        let (id, source_id) = (self.world.intercom.next_conversation(), self.world.intercom.next_id());
        self.world.intercom.conversations.push(IntercomConversation {
            id,
            contact,
            source_type: kind.to_owned(),
            source_id,
            subject: subject.map(str::to_owned),
            text: said.to_owned(),
            open: true,
            assignee: None,
            team: None,
            tags: Vec::new(),
            parts: Vec::new(),
            created_at: self.now,
            updated_at: self.now,
            searched_for: false,
        });
        self.tell(CREATED, id, None);
        (id, source_id)
    }

    /// The contact with this address, made where there is none.
    pub fn contact_called(&mut self, email: &str, name: Option<&str>) -> String {
        if let Some(known) = self.world.intercom.contacts.iter().find(|own| has(own, email)) {
            return known.id.clone();
        }
        self.made(IntercomContact {
            id: String::new(),
            external_id: None,
            role: "user".to_owned(),
            email: Some(email.to_owned()),
            name: name.map(str::to_owned),
            created_at: self.now,
            looked_for: false,
        })
        .id
    }

    fn made(&mut self, contact: IntercomContact) -> IntercomContact {
        let id = format!("{:024x}", 0x6762_f151_0000_0000_u64 + self.world.intercom.next_id());
        let contact = IntercomContact { id, ..contact };
        self.world.intercom.contacts.push(contact.clone());
        contact
    }

    /// What a contact or a teammate says, or a note.
    pub fn reply(mut self, id: u64, fields: &Value) -> Result<Value, Refusal> {
        let conversation = self.world.intercom.conversation(id).ok_or(Refusal::Missing("Resource Not Found"))?;
        let (open, contact) = (conversation.open, conversation.contact.clone());
        let body = text(fields, "body").ok_or(Refusal::Invalid("body is required"))?;
        let given = fields.get("created_at").and_then(Value::as_i64);
        let at = given.and_then(|second| Timestamp::from_second(second).ok()).unwrap_or(self.now);
        let kind = text(fields, "message_type").unwrap_or_default();
        let part = match (text(fields, "type"), kind) {
            (Some("user"), "comment") => {
                if text(fields, "intercom_user_id") != Some(contact.as_str()) {
                    return Err(Refusal::Missing("User Not Found"));
                }
                let kind = if open { "comment" } else { "open" };
                let by = IntercomAuthor::Contact(contact);
                self.part(id, Words { by, kind, html: html(body), at, delivered: false }, ANSWERED)
            }
            (Some("admin"), "comment" | "note") => {
                let by = IntercomAuthor::Teammate(self.teammate(fields)?);
                let silent = fields.get("skip_notifications").and_then(Value::as_bool).unwrap_or(false);
                let delivered = kind == "comment" && !silent;
                let topic = if kind == "note" { NOTED } else { REPLIED };
                self.part(id, Words { by, kind, html: body.to_owned(), at, delivered }, topic)
            }
            _ => return Err(Refusal::Invalid("message_type or type is not known")),
        };
        self.shown(id, part)
    }

    /// Closes, opens or assigns a conversation.
    pub fn manage(mut self, id: u64, fields: &Value) -> Result<Value, Refusal> {
        let by = self.teammate(fields)?;
        let own = self.world.intercom.conversation_mut(id).ok_or(Refusal::Missing("Resource Not Found"))?;
        let (kind, topic) = match (text(fields, "message_type"), text(fields, "type")) {
            (Some("close"), Some("admin")) => ("close", CLOSED),
            (Some("open"), _) => ("open", OPENED),
            (Some("assignment"), Some(whom @ ("admin" | "team"))) => {
                let to = text(fields, "assignee_id").and_then(|id| id.parse::<u64>().ok());
                let to = to.ok_or(Refusal::Invalid("assignee_id is required"))?;
                let place = if whom == "admin" { &mut own.assignee } else { &mut own.team };
                *place = Some(to).filter(|to| *to != 0);
                ("assignment", ASSIGNED)
            }
            _ => return Err(Refusal::Invalid("message_type or type is not known")),
        };
        let part = self.turned(id, by, kind, topic);
        self.shown(id, part)
    }

    pub fn attach(mut self, id: u64, fields: &Value) -> Result<Value, Refusal> {
        let by = self.teammate(fields)?;
        let number = text(fields, "id").and_then(|id| id.parse::<u64>().ok());
        let tag = self.world.intercom.tags.iter().find(|own| Some(own.id) == number).cloned();
        let tag = tag.ok_or(Refusal::Missing("Tag not found"))?;
        self.world.intercom.conversation(id).ok_or(Refusal::Missing("Conversation not found"))?;
        self.put(id, &tag, by);
        let by = json!({"type": "admin", "id": by.to_string()});
        Ok(json!({
            "type": "tag", "id": tag.id.to_string(), "name": tag.name, "applied_at": shape::moment(self.now), "applied_by": by,
        }))
    }

    pub fn detach(self, id: u64, tag: u64, fields: &Value) -> Result<Value, Refusal> {
        self.teammate(fields)?;
        let own = self.world.intercom.conversation_mut(id).ok_or(Refusal::Missing("Conversation not found"))?;
        let place = own.tags.iter().position(|put| put.tag.id == tag).ok_or(Refusal::Missing("Tag not found"))?;
        Ok(shape::tag(&own.tags.remove(place).tag))
    }

    /// Puts a tag on a conversation that does not have it.
    pub fn put(&mut self, id: u64, tag: &Tag, by: u64) {
        let at = self.now;
        let Some(own) = self.world.intercom.conversation_mut(id) else { return };
        if own.tags.iter().all(|put| put.tag.id != tag.id) {
            own.tags.push(IntercomTagging { tag: tag.clone(), by, at });
            self.tell(TAGGED, id, None);
        }
    }

    /// Adds a part that says something, and tells of it. What is delivered is mailed to a contact who has an address.
    pub fn part(&mut self, id: u64, words: Words<'_>, topic: &str) -> u64 {
        let said = plain(&words.html);
        let part = IntercomPart {
            id: self.world.intercom.next_id(),
            kind: words.kind.to_owned(),
            author: words.by,
            html: Some(words.html),
            text: Some(said.clone()),
            assigned_to: None,
            at: words.at,
            delivered: words.delivered,
        };
        if words.delivered {
            self.mail(id, part.id, said);
        }
        self.add(id, part, topic)
    }

    /// The same for what is done by a teammate, without words.
    pub fn turns(&mut self, id: u64, by: u64, kind: &str, topic: &str) {
        self.turned(id, by, kind, topic);
    }

    fn turned(&mut self, id: u64, by: u64, kind: &str, topic: &str) -> u64 {
        let assignee = self.world.intercom.conversation(id).and_then(|own| own.assignee);
        let part = IntercomPart {
            id: self.world.intercom.next_id(),
            kind: kind.to_owned(),
            author: IntercomAuthor::Teammate(by),
            html: None,
            text: None,
            assigned_to: assignee.filter(|_| kind == "assignment"),
            at: self.now,
            delivered: false,
        };
        self.add(id, part, topic)
    }

    fn add(&mut self, id: u64, part: IntercomPart, topic: &str) -> u64 {
        let (number, now) = (part.id, self.now);
        if let Some(own) = self.world.intercom.conversation_mut(id) {
            own.open = if part.kind == "open" { true } else { own.open && part.kind != "close" };
            own.updated_at = now;
            own.parts.push(part.clone());
        }
        self.tell(topic, id, Some(&part));
        number
    }

    fn mail(&mut self, id: u64, part: u64, said: String) {
        let contact = self.world.intercom.conversation(id).and_then(|own| self.world.intercom.contact(&own.contact));
        let Some(address) = contact.and_then(|contact| contact.email.clone()) else { return };
        let mail = Mail {
            id: format!("intercom-{part}"),
            at: self.now,
            via: MailVia::Intercom,
            from: self.world.shop.email.clone(),
            to: vec![address],
            subject: format!("{} replied", self.world.shop.name),
            text: Some(said),
            html: None,
            custom_args: json!({}),
        };
        self.world.mails.push(mail);
    }

    fn tell(&mut self, topic: &str, id: u64, part: Option<&IntercomPart>) {
        events::tell(self.world, topic, id, part, (self.now, Clock::machine()));
    }

    /// The conversation with this part of it alone.
    fn shown(&self, id: u64, part: u64) -> Result<Value, Refusal> {
        let own = self.world.intercom.conversation(id).ok_or(Refusal::Missing("Resource Not Found"))?;
        let part = own.parts.iter().find(|own| own.id == part).ok_or(Refusal::Missing("Resource Not Found"))?;
        Ok(shape::conversation(self.world, own, Parts::Only(part)))
    }

    /// In whose name it is done.
    fn teammate(&self, fields: &Value) -> Result<u64, Refusal> {
        let id = text(fields, "admin_id").and_then(|id| id.parse::<u64>().ok());
        let known = self.world.helpdesk.users.iter().find(|own| Some(own.id) == id);
        known.map(|own| own.id).ok_or(Refusal::Invalid("admin_id is no teammate of this workspace"))
    }
}

fn has(own: &IntercomContact, email: &str) -> bool {
    own.email.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(email))
}
