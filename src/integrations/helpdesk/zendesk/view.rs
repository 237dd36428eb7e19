//! A ticket as Zendesk shows it, and who wrote what in it.
//!
//! A person is whoever Zendesk says is an agent or an admin, and is not our own user; a rule writes as nobody; of end users
//! only the requester is the shopper. What others have written is nobody's whom we know.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;

use super::super::{Colleague, TicketAuthor, TicketMessage, TicketView};
use super::comment::marked;
use super::settings::ZendeskSettings;
use crate::domain::event::TicketReference;

/// All other statuses are open, those that are not known, too.
const OVER: [&str; 2] = ["solved", "closed"];
const STAFF: [&str; 2] = ["agent", "admin"];
/// Who writes where no user does.
const SYSTEM: i64 = -1;

#[derive(Deserialize)]
pub struct Ticket {
    pub id: u64,
    status: String,
    #[serde(default)]
    tags: Vec<String>,
    assignee_id: Option<i64>,
    requester_id: Option<i64>,
}

#[derive(Deserialize)]
pub struct User {
    id: i64,
    name: Option<String>,
    email: Option<String>,
    role: Option<String>,
}

#[derive(Deserialize)]
pub struct Comment {
    id: u64,
    author_id: Option<i64>,
    #[serde(default)]
    public: bool,
    body: Option<String>,
    plain_body: Option<String>,
    created_at: Option<Timestamp>,
    via: Option<Via>,
}

#[derive(Deserialize)]
struct Via {
    channel: Option<String>,
}

/// Everything that was read of a ticket.
pub struct Whole {
    pub ticket: Ticket,
    pub comments: Vec<Comment>,
    pub users: Vec<User>,
}

impl Whole {
    pub fn view(self, settings: &ZendeskSettings, reference: TicketReference) -> TicketView {
        let Self { ticket, mut comments, users } = self;
        let users: HashMap<i64, User> = users.into_iter().map(|user| (user.id, user)).collect();
        // Moments are whole seconds; ids go up.
        comments.sort_by_key(|comment| (comment.created_at, comment.id));
        let reader = Reader { settings, requester: ticket.requester_id, users: &users };
        let assignee = ticket.assignee_id.filter(|id| !users.get(id).is_some_and(|user| user.is_ours(settings)));
        TicketView {
            reference,
            open: OVER.iter().all(|over| !ticket.status.eq_ignore_ascii_case(over)),
            assignee: assignee.map(|id| reader.colleague(id)),
            messages: comments.into_iter().map(|comment| reader.message(comment)).collect(),
            tags: ticket.tags,
        }
    }
}

struct Reader<'a> {
    settings: &'a ZendeskSettings,
    requester: Option<i64>,
    users: &'a HashMap<i64, User>,
}

impl Reader<'_> {
    fn message(&self, comment: Comment) -> TicketMessage {
        let author = self.author(&comment);
        let text = comment.plain_body.filter(|text| !text.trim().is_empty()).or(comment.body).unwrap_or_default();
        let ours = author == TicketAuthor::OurAgent && !comment.public;
        TicketMessage {
            external_id: marked(&text).filter(|_| ours).map(str::to_owned),
            id: comment.id.to_string(),
            author,
            public: comment.public,
            text,
            at: comment.created_at.unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }

    fn author(&self, comment: &Comment) -> TicketAuthor {
        let channel = comment.via.as_ref().and_then(|via| via.channel.as_deref()).unwrap_or_default();
        let Some(id) = comment.author_id else { return TicketAuthor::Unknown };
        if channel.starts_with("answer_bot") || self.settings.bots.contains(&id.to_string()) {
            return TicketAuthor::VendorBot;
        }
        if id == SYSTEM || channel == "rule" {
            return TicketAuthor::Rule;
        }
        let Some(user) = self.users.get(&id) else { return TicketAuthor::Unknown };
        if user.is_ours(self.settings) {
            return TicketAuthor::OurAgent;
        }
        match user.role.as_deref() {
            Some(role) if STAFF.contains(&role) => TicketAuthor::Person(self.colleague(id)),
            Some("end-user") if self.requester == Some(id) => TicketAuthor::Customer,
            _ => TicketAuthor::Unknown,
        }
    }

    fn colleague(&self, id: i64) -> Colleague {
        let name = self.users.get(&id).and_then(|user| user.name.clone()).unwrap_or_default();
        Colleague { id: id.to_string(), name }
    }
}

impl User {
    fn is_ours(&self, settings: &ZendeskSettings) -> bool {
        self.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(settings.user.as_str()))
    }

    /// Whether it may see tickets, and its role.
    pub fn is_staff(&self) -> bool {
        self.role.as_deref().is_some_and(|role| STAFF.contains(&role))
    }
}
