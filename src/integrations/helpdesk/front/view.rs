//! A conversation as Front shows it, and who wrote what in it.
//!
//! A person is whom Front calls a user, and who is not our own teammate. Front's bots are teammates, too, and are told by their
//! type. A message that came in on our channel came from us.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::super::text::marked;
use super::super::{Channel, Colleague, TicketAuthor, TicketMessage, TicketView};
use super::reading::moment;
use super::settings::{FrontSettings, is_id};
use super::{conversation_in, entry, plain};
use crate::domain::customer::Email;
use crate::domain::event::TicketReference;

/// All other statuses are open, those that are not known, too.
const OVER: [&str; 2] = ["archived", "deleted"];
const RULES: [&str; 2] = ["rule", "macro"];
const BOTS: [&str; 3] = ["ai", "csat", "smart_csat"];
/// Of messages on channels that the API brings in: ours, and others' of that kind.
const CUSTOM: &str = "custom";

#[derive(Deserialize)]
pub struct Conversation {
    pub id: String,
    subject: Option<String>,
    #[serde(default)]
    status: String,
    assignee: Option<Teammate>,
    recipient: Option<Recipient>,
    #[serde(default)]
    tags: Vec<Tag>,
    #[serde(default)]
    pub metadata: ConversationMetadata,
}

#[derive(Default, Deserialize)]
pub struct ConversationMetadata {
    /// More than one where conversations were merged.
    #[serde(default)]
    pub external_conversation_ids: Vec<String>,
}

#[derive(Deserialize)]
pub struct Tag {
    pub id: String,
    pub name: String,
}

#[derive(Deserialize)]
pub struct Teammate {
    pub id: String,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    /// What it is: `user`, or a kind of bot.
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Recipient {
    handle: String,
    role: Option<String>,
    #[serde(rename = "_links")]
    links: Option<Links>,
}

#[derive(Deserialize)]
pub struct Message {
    id: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default)]
    is_inbound: bool,
    draft_mode: Option<String>,
    created_at: Option<f64>,
    author: Option<Teammate>,
    #[serde(default)]
    recipients: Vec<Recipient>,
    body: Option<String>,
    text: Option<String>,
    metadata: Option<Value>,
    #[serde(rename = "_links")]
    links: Option<Links>,
}

#[derive(Deserialize)]
pub struct Comment {
    id: String,
    author: Option<Teammate>,
    body: Option<String>,
    posted_at: Option<f64>,
}

#[derive(Deserialize)]
struct Links {
    related: Option<Value>,
}

impl Links {
    fn related(&self, what: &str) -> Option<Url> {
        Url::parse(self.related.as_ref()?.get(what)?.as_str()?).ok()
    }
}

impl Message {
    /// The id of the conversation that it is in.
    pub fn conversation(&self) -> Option<String> {
        conversation_in(&self.links.as_ref()?.related("conversation")?)
    }

    fn external_id(&self) -> Option<&str> {
        self.metadata.as_ref()?.get("external_id")?.as_str().filter(|id| !id.is_empty())
    }

    fn is_custom(&self) -> bool {
        self.kind.as_deref() == Some(CUSTOM)
    }

    /// A message by mail has its text beside the body.
    fn said(&self) -> String {
        let by_mail = self.text.as_deref().filter(|text| !text.trim().is_empty() && !self.is_custom());
        match by_mail {
            Some(text) => text.trim().to_owned(),
            None => plain::text(self.body.as_deref().unwrap_or_default()),
        }
    }
}

impl Conversation {
    /// The address of a customer who wrote by mail.
    pub fn email(&self) -> Option<Email> {
        Email::parse(&self.recipient.as_ref()?.handle)
    }

    /// Front's id of the customer.
    pub fn contact(&self) -> Option<String> {
        let url = self.recipient.as_ref()?.links.as_ref()?.related("contact")?;
        url.path_segments()?.next_back().filter(|id| is_id(id, "crd_")).map(str::to_owned)
    }
}

/// Messages, the newest first, and whether they were shown as those of our channel.
pub struct Channelled {
    pub messages: Vec<Message>,
    pub ours: bool,
}

/// Everything that was read of a conversation.
pub struct Whole {
    pub conversation: Conversation,
    pub messages: Channelled,
    pub comments: Vec<Comment>,
    pub inbox: Option<String>,
    /// By which Front knows the customer otherwise.
    pub email: Option<String>,
}

impl Whole {
    pub fn view(self, settings: &FrontSettings, reference: TicketReference) -> TicketView {
        let Self { conversation, messages: Channelled { messages, ours }, comments, inbox, email } = self;
        let customer = conversation.email().or_else(|| Email::parse(email.as_deref()?));
        let reader = Reader { settings, ours, recipient: conversation.recipient.as_ref() };
        let sent: Vec<&Message> = messages.iter().rev().filter(|message| message.draft_mode.is_none()).collect();
        let channel = match sent.iter().find(|message| message.is_inbound).and_then(|first| first.kind.as_deref()) {
            _ if ours => Channel::Api,
            Some("email") => Channel::Email,
            Some("front_chat") => Channel::Chat,
            _ => Channel::Other,
        };
        let external_id = sent.iter().filter(|message| message.is_inbound).find_map(|message| message.external_id());
        let external_id = external_id.map(str::to_owned);
        // What stood in another conversation before ours was merged into it was said to nobody in our chat.
        let begun = sent.iter().find(|message| message.is_inbound && message.external_id().is_some());
        let begun = begun.and_then(|message| message.created_at).unwrap_or_default();
        let sent = sent.into_iter().filter(|message| message.created_at.is_none_or(|at| at >= begun));
        let messages = sent.map(|message| reader.message(message));
        let mut all: Vec<TicketMessage> =
            messages.chain(comments.iter().rev().map(|own| reader.comment(own))).collect();
        // What is of one moment stays as Front has it.
        all.sort_by_key(|message| message.at);
        let assignee = conversation.assignee.as_ref().filter(|own| own.id != settings.agent);
        TicketView {
            reference,
            external_id,
            subject: conversation.subject.clone().filter(|subject| !subject.is_empty()),
            channel,
            // It goes by the channel on which they wrote; to ours Front has nothing to send for us.
            reply_path: matches!(channel, Channel::Email | Channel::Chat).then_some(Value::Null),
            customer,
            team: inbox,
            open: !OVER.contains(&conversation.status.as_str()),
            assignee: assignee.map(Teammate::colleague),
            tags: conversation.tags.iter().map(|tag| tag.name.clone()).collect(),
            messages: all,
        }
    }
}

/// Tells who wrote something.
struct Reader<'a> {
    settings: &'a FrontSettings,
    ours: bool,
    recipient: Option<&'a Recipient>,
}

impl Reader<'_> {
    fn message(&self, message: &Message) -> TicketMessage {
        let author = if message.is_inbound { self.sender(message) } else { self.writer(message) };
        let external_id = match (&author, message.external_id()) {
            (TicketAuthor::Customer | TicketAuthor::OurAgent, Some(id)) => Some(Cow::Borrowed(id)),
            (TicketAuthor::OurAgent, None) => message.body.as_deref().and_then(entry::sent_as).map(Cow::Borrowed),
            _ => None,
        };
        TicketMessage {
            id: message.id.clone(),
            external_id: external_id.map(Cow::into_owned),
            author,
            public: true,
            text: message.said(),
            at: message.created_at.map_or(Timestamp::UNIX_EPOCH, moment),
        }
    }

    /// Who wrote what came in. On our channel that is the shopper, and it carries our id; on another of its kind it is nobody
    /// whom we know. A mail is the customer's if its sender is who the conversation is with.
    fn sender(&self, message: &Message) -> TicketAuthor {
        if message.is_custom() {
            let known = self.ours && message.external_id().is_some();
            return if known { TicketAuthor::Customer } else { TicketAuthor::Unknown };
        }
        let from = message.recipients.iter().find(|own| own.role.as_deref() == Some("from"));
        let contact = |own: &Recipient| own.links.as_ref().and_then(|links| links.related("contact"));
        let same = from.zip(self.recipient).is_some_and(|(from, customer)| {
            let one_contact = contact(from).is_some() && contact(from) == contact(customer);
            from.handle.eq_ignore_ascii_case(&customer.handle) || one_contact
        });
        if same { TicketAuthor::Customer } else { TicketAuthor::Unknown }
    }

    /// Who wrote what went out. Nobody is named for what we have told the channel without naming anybody.
    fn writer(&self, message: &Message) -> TicketAuthor {
        match &message.author {
            Some(author) => author.as_author(self.settings),
            None if self.ours && message.external_id().is_some() => TicketAuthor::OurAgent,
            None => TicketAuthor::Unknown,
        }
    }

    fn comment(&self, comment: &Comment) -> TicketMessage {
        let author = comment.author.as_ref().map_or(TicketAuthor::Unknown, |own| own.as_author(self.settings));
        let text = comment.body.clone().unwrap_or_default();
        let mark = (author == TicketAuthor::OurAgent).then(|| marked(&text).map(str::to_owned)).flatten();
        TicketMessage {
            id: comment.id.clone(),
            external_id: mark,
            author,
            public: false,
            at: comment.posted_at.map_or(Timestamp::UNIX_EPOCH, moment),
            text,
        }
    }
}

impl Teammate {
    pub fn as_author(&self, settings: &FrontSettings) -> TicketAuthor {
        let kind = self.kind.as_deref().unwrap_or_default();
        if self.id == settings.agent {
            return TicketAuthor::OurAgent;
        }
        if settings.bots.contains(&self.id) || BOTS.contains(&kind) {
            return TicketAuthor::VendorBot;
        }
        match kind {
            "user" => TicketAuthor::Person(self.colleague()),
            kind if RULES.contains(&kind) => TicketAuthor::Rule,
            _ => TicketAuthor::Unknown,
        }
    }

    fn colleague(&self) -> Colleague {
        let names = [self.first_name.as_deref(), self.last_name.as_deref()];
        let names: Vec<&str> = names.into_iter().flatten().map(str::trim).filter(|name| !name.is_empty()).collect();
        Colleague {
            id: self.id.clone(),
            name: names.join(" "),
            email: Email::parse(self.email.as_deref().unwrap_or_default()),
        }
    }
}
