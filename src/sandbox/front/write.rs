//! What changes conversations.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::letters::{self, Said};
use super::shape;
use super::token::Bearer;
use crate::domain::clock::Clock;
use crate::sandbox::world::front::{
    FrontAuthor, FrontComment, FrontContact, FrontConversation, FrontEvent, FrontMessage, FrontTag, INBOX, OTHER_INBOX,
    id, number,
};
use crate::sandbox::world::{Mail, MailVia, World};

/// How long a message is on its way that was accepted.
const TAKEN_IN_AFTER: SignedDuration = SignedDuration::from_millis(120);
const LONGEST_EXTERNAL_ID: usize = 200;
const STATUSES: [&str; 4] = ["archived", "open", "deleted", "spam"];

/// Writes into the helpdesk at a moment.
pub struct Writer<'w> {
    pub world: &'w mut World,
    pub now: Timestamp,
}

/// Why it was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    Missing,
    Invalid(String),
    Conflict,
}

fn invalid<T>(message: &str) -> Result<T, Refusal> {
    Err(Refusal::Invalid(message.to_owned()))
}

fn text<'v>(value: &'v Value, pointer: &str) -> Result<&'v str, Refusal> {
    let given = value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    given.ok_or_else(|| Refusal::Invalid(format!("body{}: should be a non-empty string", pointer.replace('/', "."))))
}

impl Writer<'_> {
    /// A message of the channel, as its application tells it: sent to nobody. What has the external id of a conversation belongs to
    /// it; the same message again is a second one there. Its uid.
    pub fn sync(mut self, fields: &Value, inbound: bool) -> Result<String, Refusal> {
        let external = text(fields, "/metadata/external_id")?.to_owned();
        let thread = text(fields, "/metadata/external_conversation_id")?.to_owned();
        if external.len().max(thread.len()) > LONGEST_EXTERNAL_ID {
            return invalid("metadata: an external id has at most 200 characters");
        }
        let body = text(fields, "/body")?.to_owned();
        let party = if inbound { fields.get("sender") } else { fields.pointer("/to/0") };
        let party = party.cloned().unwrap_or_default();
        let contact = self.contact(&party)?;
        let author = match fields.get("author_id").and_then(Value::as_str) {
            Some(id) if !inbound => Some(FrontAuthor::User(self.user(id)?)),
            _ => None,
        };
        let now = self.now;
        let at =
            fields.get("delivered_at").and_then(Value::as_i64).and_then(|second| Timestamp::from_second(second).ok());
        let known = self.world.front.conversations.iter().find(|own| own.external_ids.contains(&thread));
        let of = match known {
            Some(own) => own.number,
            None => self.begin(contact, Some(thread), fields.get("subject").and_then(Value::as_str)),
        };
        let message = self.message("custom", inbound, author, &body);
        let message = FrontMessage {
            external_id: Some(external),
            at: at.unwrap_or(now),
            shown_from: Clock::machine() + TAKEN_IN_AFTER,
            ..message
        };
        let uid = message.uid.clone();
        self.enter(of, message, Said::Imported);
        Ok(uid)
    }

    /// A conversation without a message yet.
    pub fn begin(&mut self, contact: u64, external_id: Option<String>, subject: Option<&str>) -> u64 {
        let number = self.world.front.next_conversation();
        self.world.front.conversations.push(FrontConversation {
            number,
            subject: subject.map(str::to_owned),
            status: "open".to_owned(),
            assignee: None,
            inbox: INBOX,
            contact,
            tags: Vec::new(),
            external_ids: external_id.into_iter().collect(),
            messages: Vec::new(),
            comments: Vec::new(),
            events: Vec::new(),
            merged_into: None,
            created_at: self.now,
            updated_at: self.now,
        });
        number
    }

    pub fn message(&mut self, kind: &str, inbound: bool, author: Option<FrontAuthor>, body: &str) -> FrontMessage {
        let number = self.world.front.next_number();
        FrontMessage {
            number,
            uid: format!("{:032x}", u128::from(number) * 0x9e37_79b9_7f4a_7c15),
            kind: kind.to_owned(),
            inbound,
            author,
            body: body.to_owned(),
            external_id: None,
            at: self.now,
            shown_from: Clock::machine(),
            error: None,
        }
    }

    /// Enters a message and tells of it. What comes in opens the conversation again.
    pub fn enter(&mut self, of: u64, message: FrontMessage, said: Said) {
        let (now, due) = (self.now, message.shown_from);
        let (number, inbound) = (message.number, message.inbound);
        let Some(conversation) = self.world.front.conversation_mut(of) else { return };
        let begins = conversation.messages.is_empty();
        conversation.messages.push(message);
        conversation.updated_at = now;
        let reopened = inbound && conversation.status == "archived";
        if reopened {
            "open".clone_into(&mut conversation.status);
        }
        letters::said(self.world, of, number, said, due);
        let (kind, told) = match (inbound, begins) {
            (true, _) => ("inbound", "inbound_received"),
            (false, true) => ("outbound", "outbound_sent"),
            (false, false) => ("out_reply", "outbound_sent"),
        };
        let target = self.world.front.conversation(of).and_then(|own| {
            let message = own.messages.iter().find(|message| message.number == number)?;
            Some(("message".to_owned(), shape::message(self.world, own, message, Bearer::Api)))
        });
        self.tell(of, (kind, told), None, target, due);
        if reopened {
            self.tell(of, ("reopen", "conversation_reopened"), None, None, due);
        }
    }

    /// Keeps an event of the conversation, and tells of it.
    fn tell(
        &mut self,
        of: u64,
        (kind, told): (&str, &str),
        by: Option<FrontAuthor>,
        target: Option<(String, Value)>,
        due: Timestamp,
    ) {
        let event =
            FrontEvent { number: self.world.front.next_number(), kind: kind.to_owned(), by, target, at: self.now };
        if let Some(conversation) = self.world.front.conversation_mut(of) {
            conversation.events.push(event.clone());
        }
        letters::happened(self.world, of, &event, told, due);
    }

    pub fn comment(&mut self, of: u64, author: FrontAuthor, body: &str) -> Result<Value, Refusal> {
        let comment = FrontComment {
            number: self.world.front.next_number(),
            author: author.clone(),
            body: body.to_owned(),
            at: self.now,
        };
        let now = self.now;
        let conversation = self.world.front.conversation_mut(of).ok_or(Refusal::Missing)?;
        conversation.comments.push(comment.clone());
        conversation.updated_at = now;
        let shown = shape::comment(self.world, of, &comment);
        let target = Some(("comment".to_owned(), shown.clone()));
        self.tell(of, ("comment", "new_comment_added"), Some(author), target, Clock::machine());
        Ok(shown)
    }

    /// As a request asks for it.
    pub fn comments(mut self, of: u64, fields: &Value) -> Result<Value, Refusal> {
        let body = text(fields, "/body")?.to_owned();
        let author = match fields.get("author_id").and_then(Value::as_str) {
            Some(id) => FrontAuthor::User(self.user(id)?),
            None => FrontAuthor::Api,
        };
        self.comment(of, author, &body)
    }

    /// An answer that Front sends by the channel on which the customer wrote. Archives the conversation unless told otherwise.
    pub fn reply(mut self, of: u64, fields: &Value) -> Result<String, Refusal> {
        let body = text(fields, "/body")?.to_owned();
        let author = match fields.get("author_id").and_then(Value::as_str) {
            Some(id) => FrontAuthor::User(self.user(id)?),
            None => FrontAuthor::Api,
        };
        let uid = self.answers(of, author.clone(), &body)?;
        if fields.pointer("/options/archive").and_then(Value::as_bool) != Some(false) {
            self.set(of, &json!({"status": "archived"}), &author)?;
        }
        Ok(uid)
    }

    /// Somebody answers the customer: on the channel by its application, by mail otherwise.
    pub fn answers(&mut self, of: u64, author: FrontAuthor, body: &str) -> Result<String, Refusal> {
        let conversation = self.world.front.conversation(of).ok_or(Refusal::Missing)?;
        let kind = match conversation.messages.first() {
            Some(first) if conversation.external_ids.is_empty() => first.kind.clone(),
            _ => "custom".to_owned(),
        };
        let automatic = author == FrontAuthor::Bot("rule".to_owned());
        let message = self.message(&kind, false, Some(author), body);
        let (uid, number) = (message.uid.clone(), message.number);
        let said = match kind.as_str() {
            "custom" if automatic => Said::Automatically,
            "custom" => Said::ToBeDelivered,
            _ => Said::Elsewhere,
        };
        self.enter(of, message, said);
        if kind == "email" {
            self.send_out(of, number, body);
        }
        Ok(uid)
    }

    fn send_out(&mut self, of: u64, message: u64, body: &str) {
        let Some(conversation) = self.world.front.conversation(of) else { return };
        let contact = self.world.front.contact(conversation.contact);
        let mail = Mail {
            id: format!("front-{message}"),
            at: self.now,
            via: MailVia::Front,
            from: self.world.shop.email.clone(),
            to: contact.map(|own| own.emails.clone()).unwrap_or_default(),
            subject: conversation.subject.clone().unwrap_or_default(),
            text: Some(shape::plain(body)),
            html: Some(body.to_owned()),
            custom_args: json!({}),
        };
        self.world.mails.push(mail);
    }

    /// Sets fields of a conversation, as this one, and tells of it.
    pub fn set(&mut self, of: u64, fields: &Value, by: &FrontAuthor) -> Result<(), Refusal> {
        let status = fields.get("status").and_then(Value::as_str);
        if status.is_some_and(|status| !STATUSES.contains(&status)) {
            return invalid("body.status: should be one of archived, open, deleted, spam");
        }
        let inbox = match fields.get("inbox_id").and_then(Value::as_str) {
            Some(id) => Some(number("inb", id).filter(|it| [INBOX, OTHER_INBOX].contains(it)).ok_or(Refusal::Missing)?),
            None => None,
        };
        let assignee = match fields.get("assignee_id") {
            Some(Value::String(id)) => Some(Some(self.user(id)?)),
            Some(Value::Null) => Some(None),
            _ => None,
        };
        let (now, due) = (self.now, Clock::machine());
        let conversation = self.world.front.conversation_mut(of).ok_or(Refusal::Missing)?;
        let before = (conversation.status.clone(), conversation.assignee, conversation.inbox);
        conversation.status = status.map_or_else(|| before.0.clone(), str::to_owned);
        conversation.inbox = inbox.unwrap_or(before.2);
        conversation.assignee = assignee.unwrap_or(before.1);
        conversation.updated_at = now;
        let after = (conversation.status.clone(), conversation.assignee, conversation.inbox);
        let mut told = |kinds: (&str, &str), target| self.tell(of, kinds, Some(by.clone()), target, due);
        if after.0 != before.0 {
            let kinds = match after.0.as_str() {
                "open" => ("reopen", "conversation_reopened"),
                "archived" => ("archive", "conversation_archived"),
                _ => ("trash", "conversation_deleted"),
            };
            told(kinds, None);
        }
        if after.1 != before.1 {
            told((if after.1.is_some() { "assign" } else { "unassign" }, "assignee_changed"), None);
        }
        if after.2 != before.2 {
            told(("move", "conversation_moved"), Some(("inboxes".to_owned(), shape::inbox(after.2))));
        }
        Ok(())
    }

    /// Adds tags, or takes them away; what was so already is told to nobody.
    pub fn tag(&mut self, of: u64, numbers: &[u64], add: bool, by: &FrontAuthor) -> Result<(), Refusal> {
        for number in numbers {
            let tag =
                self.world.front.tags.iter().find(|tag| tag.number == *number).cloned().ok_or(Refusal::Missing)?;
            let conversation = self.world.front.conversation_mut(of).ok_or(Refusal::Missing)?;
            if conversation.tags.contains(number) == add {
                continue;
            }
            if add {
                conversation.tags.push(*number);
            } else {
                conversation.tags.retain(|own| own != number);
            }
            let kinds = if add { ("tag", "tag_added") } else { ("untag", "tag_removed") };
            let target = Some(("tag".to_owned(), shape::tag(&tag)));
            self.tell(of, kinds, Some(by.clone()), target, Clock::machine());
        }
        Ok(())
    }

    pub fn make_tag(&mut self, fields: &Value) -> Result<Value, Refusal> {
        let name = text(fields, "/name")?.to_owned();
        if name.chars().count() > 64 {
            return invalid("body.name: should have at most 64 characters");
        }
        if self.world.front.tags.iter().any(|tag| tag.name == name) {
            return Err(Refusal::Conflict);
        }
        Ok(shape::tag(&self.tag_named(&name)))
    }

    pub fn tag_named(&mut self, name: &str) -> FrontTag {
        if let Some(tag) = self.world.front.tags.iter().find(|tag| tag.name == name) {
            return tag.clone();
        }
        let tag = FrontTag { number: self.world.front.next_number(), name: name.to_owned() };
        self.world.front.tags.push(tag.clone());
        tag
    }

    /// The contact of this handle, or else of this address, made where there is none.
    fn contact(&mut self, party: &Value) -> Result<u64, Refusal> {
        let handle = text(party, "/handle")?.to_owned();
        let field = |name: &str| party.get(name).and_then(Value::as_str).map(str::to_owned);
        let email = field("email");
        let known = self.world.front.contacts.iter_mut().find(|own| own.handle == handle);
        if let Some(known) = known {
            known.emails.extend(email.filter(|email| !known.emails.contains(email)));
            return Ok(known.number);
        }
        let number = self.world.front.next_number();
        let emails = email.into_iter().collect();
        self.world.front.contacts.push(FrontContact { number, handle, name: field("name"), emails });
        Ok(number)
    }

    pub fn add_handle(self, contact: u64, fields: &Value) -> Result<(), Refusal> {
        let handle = text(fields, "/handle")?.to_owned();
        let front = &mut self.world.front;
        if front.contacts.iter().any(|own| own.number != contact && own.emails.contains(&handle)) {
            return Err(Refusal::Conflict);
        }
        let own = front.contacts.iter_mut().find(|own| own.number == contact).ok_or(Refusal::Missing)?;
        if !own.emails.contains(&handle) {
            own.emails.push(handle);
        }
        Ok(())
    }

    /// A teammate's number among the helpdesk's users.
    fn user(&self, teammate: &str) -> Result<u64, Refusal> {
        let users = &self.world.helpdesk.users;
        let found = number("tea", teammate).filter(|wanted| users.iter().any(|own| own.id == *wanted));
        found.ok_or_else(|| Refusal::Invalid(format!("{} is no teammate", id("tea", 0))))
    }

    /// People merge one conversation into another: it is gone, and its address leads to the other.
    pub fn merge(mut self, from: u64, into: u64) {
        let Some(merged) = self.world.front.conversation_mut(from) else { return };
        merged.merged_into = Some(into);
        let (ids, messages, comments) = (
            std::mem::take(&mut merged.external_ids),
            std::mem::take(&mut merged.messages),
            std::mem::take(&mut merged.comments),
        );
        let Some(survivor) = self.world.front.conversation_mut(into) else { return };
        survivor.external_ids.extend(ids);
        survivor.messages.extend(messages);
        survivor.messages.sort_by_key(|message| (message.at, message.number));
        survivor.comments.extend(comments);
        let target = Some(("deleted_conversation_ids".to_owned(), json!([id("cnv", from)])));
        self.tell(into, ("conversations_merged", "conversations_merged"), None, target, Clock::machine());
    }
}
