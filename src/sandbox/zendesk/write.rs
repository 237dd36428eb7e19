//! What changes tickets.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::events::{self, ASSIGNEE, COMMENT, STATUS, TAGS};
use super::shape;
use crate::domain::clock::Clock;
use crate::sandbox::world::zendesk::{OpenedUnder, ZendeskComment, ZendeskRetagging, ZendeskTicket};
use crate::sandbox::world::{Mail, MailVia, Person, World};

const STATUSES: [&str; 6] = ["new", "open", "pending", "hold", "solved", "closed"];
const PRIORITIES: [&str; 4] = ["urgent", "high", "normal", "low"];
/// How long an idempotency key is known.
const KEY_KNOWN: SignedDuration = SignedDuration::from_hours(2);
const LONGEST_KEY: usize = 255;
/// In bytes.
const LONGEST_BODY: usize = 65_536;

/// Writes into the helpdesk at a moment.
pub struct Writer<'w> {
    pub world: &'w mut World,
    pub now: Timestamp,
}

/// Why it was not written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    Missing,
    Invalid {
        field: &'static str,
        description: &'static str,
    },
    /// The key came with another request before.
    OtherRequest,
}

pub struct Opened {
    pub ticket: Value,
    /// Under this key it was opened before.
    pub known: bool,
}

/// What becomes of the tags that a ticket has.
#[derive(Clone, Copy, Debug)]
pub enum Tagging {
    Replace,
    Add,
    Remove,
}

impl Tagging {
    pub fn status(self) -> StatusCode {
        match self {
            Self::Replace => StatusCode::CREATED,
            Self::Add | Self::Remove => StatusCode::OK,
        }
    }
}

/// A comment that somebody writes.
pub struct Words<'a> {
    pub author: i64,
    pub public: bool,
    pub body: &'a str,
    pub channel: &'a str,
    /// What was sent beside it.
    pub metadata: Value,
}

/// As they are kept: small letters, and a space makes two of one.
pub fn tag_names(tags: Option<&Value>) -> Vec<String> {
    let listed = tags.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let words = listed.iter().filter_map(Value::as_str).flat_map(str::split_whitespace);
    words.map(str::to_lowercase).collect()
}

impl Writer<'_> {
    /// Opens a ticket, once under a key.
    pub fn open(mut self, fields: &Value, key: Option<&str>) -> Result<Opened, Refusal> {
        if key.is_some_and(|key| key.len() > LONGEST_KEY) {
            return Err(Refusal::Invalid { field: "idempotency_key", description: "is too long" });
        }
        let request = fields.to_string();
        let now = self.now;
        self.world.zendesk.keys.retain(|known| now.duration_since(known.at) < KEY_KNOWN);
        if let Some(known) = self.world.zendesk.keys.iter().find(|known| Some(known.key.as_str()) == key) {
            if known.request != request {
                return Err(Refusal::OtherRequest);
            }
            let ticket = self.world.zendesk.ticket(known.ticket).ok_or(Refusal::Missing)?;
            return Ok(Opened { ticket: shape::ticket(ticket), known: true });
        }
        check(fields)?;
        let comment =
            fields.get("comment").ok_or(Refusal::Invalid { field: "base", description: "Comment is required" })?;
        let (body, public) =
            (body_of(comment)?.to_owned(), comment.get("public").and_then(Value::as_bool).unwrap_or(true));
        let submitter = self.own_user();
        let requester = self.requester(fields.get("requester")).unwrap_or(submitter);
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let id = self.world.zendesk.next_ticket();
        self.world.zendesk.tickets.push(ZendeskTicket {
            id,
            external_id: text("external_id"),
            subject: text("subject"),
            status: text("status").unwrap_or_else(|| "new".to_owned()),
            priority: text("priority"),
            requester,
            submitter,
            assignee: fields.get("assignee_id").and_then(Value::as_u64),
            group: fields.get("group_id").and_then(Value::as_u64),
            tags: tag_names(fields.get("tags")),
            comments: Vec::new(),
            retagged: Vec::new(),
            created_at: now,
            updated_at: now,
        });
        self.comment(
            id,
            &Words { author: signed(submitter), public, body: &body, channel: "api", metadata: Value::Null },
        );
        if let Some(key) = key {
            self.world.zendesk.keys.push(OpenedUnder { key: key.to_owned(), request, ticket: id, at: now });
        }
        let ticket = self.world.zendesk.ticket(id).ok_or(Refusal::Missing)?;
        Ok(Opened { ticket: shape::ticket(ticket), known: false })
    }

    /// Changes fields of a ticket and adds a comment, as the user of the token.
    pub fn update(mut self, id: u64, fields: &Value) -> Result<Value, Refusal> {
        let ticket = self.world.zendesk.ticket(id).ok_or(Refusal::Missing)?;
        if ticket.status == "closed" {
            return Err(Refusal::Invalid { field: "status", description: "Status: closed prevents ticket update" });
        }
        check(fields)?;
        let usual = ticket.comments.first().is_none_or(|first| first.public);
        let comment = match fields.get("comment") {
            Some(comment) => {
                let author = comment.get("author_id").and_then(Value::as_i64);
                let public = comment.get("public").and_then(Value::as_bool).unwrap_or(usual);
                Some((author, public, body_of(comment)?.to_owned()))
            }
            None => None,
        };
        let own = signed(self.own_user());
        self.set(id, fields, own);
        let metadata = fields.get("metadata").cloned().unwrap_or_default();
        let written = comment.map(|(author, public, body)| {
            let author = author.unwrap_or(own);
            self.comment(id, &Words { author, public, body: &body, channel: "api", metadata })
        });
        let audit = self.world.zendesk.next_id();
        let ticket = self.world.zendesk.ticket(id).ok_or(Refusal::Missing)?;
        let told = written.and_then(|written| ticket.comments.iter().find(|own| own.id == written));
        let events: Vec<Value> = told.map(shape::comment).into_iter().collect();
        Ok(json!({
            "ticket": shape::ticket(ticket),
            "audit": {
                "id": told.map_or(audit, |told| told.audit), "ticket_id": id, "author_id": own,
                "created_at": shape::moment(self.now), "events": events,
            },
        }))
    }

    /// Sets fields that were looked through, as this user, and tells of it.
    pub fn set(&mut self, id: u64, fields: &Value, actor: i64) {
        let now = self.now;
        let requester = self.requester(fields.get("requester"));
        let Some(ticket) = self.world.zendesk.ticket_mut(id) else { return };
        let text = |name: &str| fields.get(name).and_then(Value::as_str).map(str::to_owned);
        let before = (ticket.status.clone(), ticket.assignee, ticket.tags.clone());
        ticket.status = text("status").unwrap_or_else(|| before.0.clone());
        ticket.priority = text("priority").or(ticket.priority.take());
        ticket.subject = text("subject").or(ticket.subject.take());
        ticket.external_id = text("external_id").or(ticket.external_id.take());
        ticket.group = fields.get("group_id").and_then(Value::as_u64).or(ticket.group);
        if let Some(assignee) = fields.get("assignee_id") {
            ticket.assignee = assignee.as_u64();
            if ticket.status == "new" {
                "open".clone_into(&mut ticket.status);
            }
        }
        if let Some(requester) = requester {
            ticket.requester = requester;
        }
        if fields.get("tags").is_some() {
            ticket.tags = tag_names(fields.get("tags"));
        }
        ticket.updated_at = now;
        let (status, assignee, tags) = (ticket.status.clone(), ticket.assignee, ticket.tags.clone());
        if status != before.0 {
            self.tell(
                STATUS,
                id,
                actor,
                &json!({"current": status.to_uppercase(), "previous": before.0.to_uppercase()}),
            );
        }
        if assignee != before.1 {
            let shown = |id: Option<u64>| id.map(|id| id.to_string());
            self.tell(ASSIGNEE, id, actor, &json!({"current": shown(assignee), "previous": shown(before.1)}));
        }
        if tags != before.2 {
            let (audit, change) = (self.world.zendesk.next_id(), self.world.zendesk.next_id());
            if let Some(ticket) = self.world.zendesk.ticket_mut(id) {
                let (before, after) = (before.2.clone(), tags.clone());
                ticket.retagged.push(ZendeskRetagging { audit, id: change, author: actor, before, after, at: now });
            }
            let added: Vec<&String> = tags.iter().filter(|tag| !before.2.contains(tag)).collect();
            let removed: Vec<&String> = before.2.iter().filter(|tag| !tags.contains(tag)).collect();
            self.tell(TAGS, id, actor, &json!({"tags_added": added, "tags_removed": removed}));
        }
    }

    pub fn tag(mut self, id: u64, names: &[String], tagging: Tagging) -> Result<Vec<String>, Refusal> {
        let ticket = self.world.zendesk.ticket(id).ok_or(Refusal::Missing)?;
        let mut tags = ticket.tags.clone();
        match tagging {
            Tagging::Replace => tags = names.to_vec(),
            Tagging::Remove => tags.retain(|tag| !names.contains(tag)),
            Tagging::Add => {
                tags.retain(|tag| !names.contains(tag));
                tags.extend_from_slice(names);
            }
        }
        let own = signed(self.own_user());
        self.set(id, &json!({ "tags": tags }), own);
        Ok(tags)
    }

    /// Adds a comment; a public one of the store's side is mailed to the requester. Its id.
    pub fn comment(&mut self, id: u64, words: &Words<'_>) -> u64 {
        let (written, audit) = (self.world.zendesk.next_id(), self.world.zendesk.next_id());
        let now = self.now;
        let by_requester = self.world.zendesk.ticket(id).is_some_and(|ticket| signed(ticket.requester) == words.author);
        let mailed = words.public && !by_requester;
        let comment = ZendeskComment {
            id: written,
            audit,
            author: words.author,
            public: words.public,
            body: words.body.to_owned(),
            channel: words.channel.to_owned(),
            at: now,
            mailed,
            metadata: words.metadata.clone(),
        };
        let what = events::comment(self.world, &comment);
        if let Some(ticket) = self.world.zendesk.ticket_mut(id) {
            ticket.comments.push(comment);
            ticket.updated_at = now;
        }
        if mailed {
            self.send_out(id, written, words.body);
        }
        self.tell(COMMENT, id, words.author, &what);
        written
    }

    fn send_out(&mut self, id: u64, comment: u64, body: &str) {
        let Some(ticket) = self.world.zendesk.ticket(id) else { return };
        let requester = self.world.zendesk.end_users.iter().find(|user| user.id == ticket.requester);
        let mail = Mail {
            id: format!("zendesk-{comment}"),
            at: self.now,
            via: MailVia::Zendesk,
            from: self.world.shop.email.clone(),
            to: requester.and_then(|user| user.email.clone()).into_iter().collect(),
            subject: ticket.subject.clone().unwrap_or_default(),
            text: Some(body.to_owned()),
            html: None,
            custom_args: json!({}),
        };
        self.world.mails.push(mail);
    }

    fn tell(&mut self, kind: &str, id: u64, actor: i64, what: &Value) {
        events::tell(self.world, kind, id, actor, what, (self.now, Clock::machine()));
    }

    /// The user of the token.
    fn own_user(&self) -> u64 {
        self.world.helpdesk.users.first().map_or(0, |user| user.id)
    }

    /// The end user of this address, made where there is none. One who is known keeps their name.
    pub fn requester(&mut self, given: Option<&Value>) -> Option<u64> {
        let text = |name: &str| given.and_then(|given| given.get(name)).and_then(Value::as_str);
        let email = text("email")?;
        let same = |user: &&Person| user.email.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(email));
        if let Some(known) = self.world.zendesk.end_users.iter().find(same) {
            return Some(known.id);
        }
        let id = self.world.zendesk.next_id();
        let name = text("name").unwrap_or(email).to_owned();
        self.world.zendesk.end_users.push(Person { id, email: Some(email.to_owned()), name, created_at: self.now });
        Some(id)
    }
}

pub fn signed(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

fn body_of(comment: &Value) -> Result<&str, Refusal> {
    let body = ["body", "html_body"].iter().find_map(|name| comment.get(name).and_then(Value::as_str));
    match body.filter(|body| !body.trim().is_empty()) {
        Some(body) if body.len() > LONGEST_BODY => Err(Refusal::Invalid {
            field: "comment",
            description: "Comment: is too long (maximum is 65536 characters)",
        }),
        Some(body) => Ok(body),
        None => Err(Refusal::Invalid { field: "comment", description: "Comment: cannot be blank" }),
    }
}

fn check(fields: &Value) -> Result<(), Refusal> {
    let unknown = |name: &str, known: &[&str]| {
        let value = fields.get(name).filter(|value| !value.is_null());
        value.is_some_and(|value| value.as_str().is_none_or(|text| !known.contains(&text)))
    };
    if unknown("status", &STATUSES) {
        return Err(Refusal::Invalid { field: "status", description: "Status: is not valid" });
    }
    if unknown("priority", &PRIORITIES) {
        return Err(Refusal::Invalid { field: "priority", description: "Priority: is not valid" });
    }
    let requester = fields.get("requester").filter(|requester| !requester.is_null());
    let email = requester.map(|requester| requester.get("email").and_then(Value::as_str).unwrap_or_default());
    if email.is_some_and(|email| !email.contains('@')) {
        return Err(Refusal::Invalid { field: "requester", description: "Requester: Email is not properly formatted" });
    }
    Ok(())
}
