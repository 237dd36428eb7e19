//! A ticket as Zendesk shows it, and who wrote what in it.
//!
//! A person is whoever Zendesk says is an agent or an admin, and is not our own user; a rule writes as nobody; of end users
//! only the requester is the shopper. What others have written is nobody's whom we know.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::super::text::marked;
use super::super::{Channel, Colleague, TicketAuthor, TicketMessage, TicketView};
use super::settings::ZendeskSettings;
use crate::domain::customer::Email;
use crate::domain::event::TicketReference;

/// All other statuses are open, those that are not known, too.
const OVER: [&str; 2] = ["solved", "closed"];
const STAFF: [&str; 2] = ["agent", "admin"];
/// Who writes where no user does.
const SYSTEM: i64 = -1;

#[derive(Deserialize)]
pub struct Ticket {
    pub id: u64,
    external_id: Option<String>,
    subject: Option<String>,
    status: String,
    #[serde(default)]
    tags: Vec<String>,
    assignee_id: Option<i64>,
    requester_id: Option<i64>,
    group_id: Option<i64>,
    via: Option<Via>,
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
pub struct Via {
    pub channel: Option<String>,
}

/// Everything that was read of a ticket.
pub struct Whole {
    pub ticket: Ticket,
    pub comments: Vec<Comment>,
    pub users: Vec<User>,
    /// Ids of comments that the requester read, with what we planted beside them.
    pub planted: HashMap<u64, String>,
}

impl Whole {
    /// Whether something that the requester read was written by our own user.
    pub fn has_replies(&self, settings: &ZendeskSettings) -> bool {
        let ours = |id: i64| self.users.iter().any(|user| user.id == id && user.is_ours(settings));
        self.comments.iter().any(|comment| comment.public && comment.author_id.is_some_and(ours))
    }

    pub fn view(self, settings: &ZendeskSettings, reference: TicketReference) -> TicketView {
        let Self { ticket, mut comments, users, planted } = self;
        // Moments are whole seconds; ids go up.
        comments.sort_by_key(|comment| (comment.created_at, comment.id));
        let reader = Reader::new(settings, ticket.requester_id, users);
        let assignee = ticket.assignee_id.filter(|id| !reader.is_ours(*id));
        let requester = ticket.requester_id.and_then(|id| reader.users.get(&id)?.address());
        let made_up = |email: &Email| email.as_str().ends_with(&format!("@{}", settings.visitor_domain));
        let channel = channel(ticket.via.and_then(|via| via.channel).as_deref().unwrap_or_default());
        TicketView {
            reference,
            external_id: ticket.external_id.filter(|id| !id.is_empty()),
            subject: ticket.subject,
            channel,
            // A public comment is all that it takes.
            reply_path: matches!(channel, Channel::Email | Channel::Chat).then_some(Value::Null),
            customer: requester.filter(|email| !made_up(email)),
            team: ticket.group_id.map(|id| id.to_string()),
            open: OVER.iter().all(|over| !ticket.status.eq_ignore_ascii_case(over)),
            assignee: assignee.map(|id| reader.colleague(id)),
            messages: comments.into_iter().map(|comment| reader.message(comment, &planted)).collect(),
            tags: ticket.tags,
        }
    }
}

fn channel(name: &str) -> Channel {
    match name {
        "api" | "web_service" => Channel::Api,
        "email" | "web_form" | "web" | "help_center" => Channel::Email,
        "chat" | "web_messaging" | "native_messaging" => Channel::Chat,
        _ => Channel::Other,
    }
}

/// Tells who wrote something, or did it.
pub struct Reader<'a> {
    settings: &'a ZendeskSettings,
    requester: Option<i64>,
    users: HashMap<i64, User>,
}

impl<'a> Reader<'a> {
    pub fn new(settings: &'a ZendeskSettings, requester: Option<i64>, users: Vec<User>) -> Self {
        Self { settings, requester, users: users.into_iter().map(|user| (user.id, user)).collect() }
    }

    fn is_ours(&self, id: i64) -> bool {
        self.users.get(&id).is_some_and(|user| user.is_ours(self.settings))
    }

    fn message(&self, comment: Comment, planted: &HashMap<u64, String>) -> TicketMessage {
        let channel = comment.via.as_ref().and_then(|via| via.channel.as_deref()).unwrap_or_default();
        let author = comment.author_id.map_or(TicketAuthor::Unknown, |id| self.author(id, channel));
        let text = comment.plain_body.filter(|text| !text.trim().is_empty()).or(comment.body).unwrap_or_default();
        let mark = match author {
            TicketAuthor::OurAgent if comment.public => planted.get(&comment.id).cloned(),
            TicketAuthor::OurAgent => marked(&text).map(str::to_owned),
            _ => None,
        };
        TicketMessage {
            external_id: mark,
            id: comment.id.to_string(),
            author,
            public: comment.public,
            text,
            at: comment.created_at.unwrap_or(Timestamp::UNIX_EPOCH),
        }
    }

    /// Who this user is, who came in on that channel.
    pub fn author(&self, id: i64, channel: &str) -> TicketAuthor {
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
        let user = self.users.get(&id);
        let name = user.and_then(|user| user.name.clone()).unwrap_or_default();
        Colleague { id: id.to_string(), name, email: user.and_then(User::address) }
    }
}

impl User {
    fn address(&self) -> Option<Email> {
        Email::parse(self.email.as_deref()?)
    }

    fn is_ours(&self, settings: &ZendeskSettings) -> bool {
        self.email.as_deref().is_some_and(|email| email.eq_ignore_ascii_case(settings.user.as_str()))
    }

    /// Whether it may see tickets, and its role.
    pub fn is_staff(&self) -> bool {
        self.role.as_deref().is_some_and(|role| STAFF.contains(&role))
    }
}
