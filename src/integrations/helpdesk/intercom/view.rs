//! A conversation as Intercom shows it, and who wrote what in it.
//!
//! A person is a teammate who is neither ours nor a bot; of contacts only the one whose conversation it is is the shopper. A
//! campaign's first message is a rule's, although it is sent in a teammate's name; a workflow that answers later in a
//! teammate's name could not be told apart, but Intercom shows those as its bot's.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::super::{Channel, Colleague, TicketAuthor, TicketMessage, TicketView};
use super::mark::marked;
use super::settings::IntercomSettings;
use crate::domain::customer::Email;
use crate::domain::event::TicketReference;

/// What the contact may read where it says something. Of all other kinds, those that are not known among them, nobody can tell:
/// a teammate's remark on an assignment is for colleagues. A contact's words that open a conversation again are an `open`.
const READ_BY_CONTACTS: [&str; 4] = ["comment", "quick_reply", "open", "close"];
/// How a conversation begins where a person begins it.
const BY_HAND: [&str; 2] = ["customer_initiated", "admin_initiated"];

/// An id, which Intercom writes as a text or as a number.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "WireId")]
pub struct Id(pub String);

#[derive(Deserialize)]
#[serde(untagged)]
enum WireId {
    Text(String),
    Number(i64),
}

impl From<WireId> for Id {
    fn from(id: WireId) -> Self {
        match id {
            WireId::Text(text) => Self(text),
            WireId::Number(number) => Self(number.to_string()),
        }
    }
}

#[derive(Deserialize)]
pub struct Conversation {
    pub id: Id,
    title: Option<String>,
    state: Option<String>,
    open: Option<bool>,
    admin_assignee_id: Option<Id>,
    team_assignee_id: Option<Id>,
    tags: Option<Tags>,
    source: Option<Source>,
    contacts: Option<Contacts>,
    conversation_parts: Option<Parts>,
}

#[derive(Deserialize)]
struct Tags {
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
pub struct Tag {
    pub id: Id,
    pub name: String,
    #[serde(default, deserialize_with = "moment")]
    pub applied_at: Option<Timestamp>,
    pub applied_by: Option<Author>,
}

#[derive(Deserialize)]
struct Source {
    #[serde(rename = "type")]
    kind: Option<String>,
    id: Option<Id>,
    delivered_as: Option<String>,
    subject: Option<String>,
    body: Option<String>,
    author: Option<Author>,
}

#[derive(Deserialize)]
struct Contacts {
    contacts: Vec<Contact>,
}

/// A contact, as a conversation names it.
#[derive(Deserialize)]
struct Contact {
    id: Id,
}

#[derive(Deserialize)]
struct Parts {
    conversation_parts: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    id: Id,
    part_type: String,
    body: Option<String>,
    #[serde(default, deserialize_with = "moment")]
    created_at: Option<Timestamp>,
    author: Option<Author>,
}

/// Somebody who wrote or did something; a teammate, where they are listed.
#[derive(Clone, Deserialize)]
pub struct Author {
    #[serde(rename = "type")]
    kind: String,
    pub id: Option<Id>,
    name: Option<String>,
    email: Option<String>,
    from_ai_agent: Option<bool>,
}

/// Moments are whole seconds.
fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let second = Option::<i64>::deserialize(deserializer)?;
    Ok(second.and_then(|second| Timestamp::from_second(second).ok()))
}

/// An id that is one: Intercom writes 0 where nobody is meant.
fn given(id: Option<&Id>) -> Option<&str> {
    id.map(|id| id.0.as_str()).filter(|id| !id.is_empty() && *id != "0")
}

impl Author {
    pub fn colleague(&self) -> Colleague {
        let id = self.id.as_ref().map(|id| id.0.clone()).unwrap_or_default();
        Colleague { id, name: self.name.clone().unwrap_or_default(), email: self.address() }
    }

    fn address(&self) -> Option<Email> {
        Email::parse(self.email.as_deref()?)
    }

    fn is_contact(&self) -> bool {
        matches!(self.kind.as_str(), "user" | "lead" | "contact")
    }

    pub fn is_teammate(&self) -> bool {
        self.kind == "admin"
    }

    fn is_ours(&self, settings: &IntercomSettings) -> bool {
        self.is_teammate() && given(self.id.as_ref()).is_some_and(|id| id == settings.admin.to_string())
    }

    /// Intercom's own bots may be shown as teammates, too.
    fn is_bot(&self, settings: &IntercomSettings) -> bool {
        let operator = |email: &str| email.starts_with("operator+") && email.ends_with("@intercom.io");
        let named = given(self.id.as_ref()).is_some_and(|id| settings.bots.iter().any(|bot| bot == id));
        self.kind == "bot"
            || self.is_teammate()
                && (named || self.from_ai_agent == Some(true) || self.email.as_deref().is_some_and(operator))
    }

    /// Who it is, where no contact is meant.
    pub fn of_staff(&self, settings: &IntercomSettings) -> TicketAuthor {
        if self.is_bot(settings) {
            TicketAuthor::VendorBot
        } else if self.is_ours(settings) {
            TicketAuthor::OurAgent
        } else if self.is_teammate() {
            TicketAuthor::Person(self.colleague())
        } else {
            TicketAuthor::Unknown
        }
    }
}

impl Conversation {
    /// The teammate who has it, if that is neither ours nor a bot.
    pub fn assignee(&self, settings: &IntercomSettings) -> Option<&str> {
        let person = |id: &&str| *id != settings.admin.to_string() && !settings.bots.iter().any(|bot| bot == id);
        given(self.admin_assignee_id.as_ref()).filter(person)
    }

    /// Whoever has it.
    pub fn assigned(&self) -> Option<&str> {
        given(self.admin_assignee_id.as_ref())
    }

    pub fn team(&self) -> Option<&str> {
        given(self.team_assignee_id.as_ref())
    }

    pub fn is_open(&self) -> bool {
        self.state.as_deref().map_or(self.open != Some(false), |state| state != "closed")
    }

    pub fn tags(&self) -> &[Tag] {
        self.tags.as_ref().map_or(&[], |tags| &tags.tags)
    }

    /// Whose conversation it is.
    pub fn contact(&self) -> Option<&str> {
        let author =
            self.source.as_ref().and_then(|source| source.author.as_ref()).filter(|author| author.is_contact());
        let first = || self.contacts.as_ref().and_then(|contacts| contacts.contacts.first()).map(|first| &first.id);
        author.and_then(|author| author.id.as_ref()).or_else(first).map(|id| id.0.as_str())
    }

    /// The effect that opened it, if one of ours did.
    pub fn planted(&self) -> Option<&str> {
        marked(self.source.as_ref()?.body.as_deref()?)
    }

    /// What was written last: the answer to what is written holds that alone.
    pub fn last_part(&self) -> Option<&str> {
        self.conversation_parts.as_ref()?.conversation_parts.last().map(|part| part.id.0.as_str())
    }

    /// A teammate who has written in it.
    pub fn teammate(&self, id: &str) -> Option<&Author> {
        let parts = self.conversation_parts.iter().flat_map(|parts| &parts.conversation_parts);
        let authors = parts.filter_map(|part| part.author.as_ref());
        authors.into_iter().find(|author| author.is_teammate() && given(author.id.as_ref()) == Some(id))
    }

    pub fn view(
        self,
        settings: &IntercomSettings,
        reference: TicketReference,
        assignee: Option<Colleague>,
    ) -> TicketView {
        let (channel, open) = (self.channel(), self.is_open());
        let of_contact = self.contact().map(str::to_owned);
        let reader = Reader { settings, contact: of_contact.as_deref() };
        let source = self.source.as_ref();
        let author = source.and_then(|source| source.author.as_ref()).filter(|author| author.is_contact());
        let subject = self.title.clone().or_else(|| source.and_then(|source| source.subject.clone()));
        let first = source.and_then(|source| reader.first(source));
        let mut parts: Vec<&Part> = self.conversation_parts.iter().flat_map(|own| &own.conversation_parts).collect();
        parts.sort_by_key(|part| part.created_at);
        TicketView {
            reference,
            external_id: self.planted().map(str::to_owned),
            subject: subject.filter(|subject| !subject.trim().is_empty()),
            channel,
            open,
            tags: self.tags().iter().map(|tag| tag.name.clone()).collect(),
            assignee,
            team: self.team().map(str::to_owned),
            customer: author.and_then(Author::address),
            // A comment is all that it takes.
            reply_path: matches!(channel, Channel::Email | Channel::Chat).then_some(Value::Null),
            messages: first.into_iter().chain(parts.into_iter().filter_map(|part| reader.message(part))).collect(),
        }
    }

    /// Ours are known by what we planted; other conversations that came by the API look as if they came by the messenger.
    fn channel(&self) -> Channel {
        let Some(source) = &self.source else { return Channel::Other };
        match (source.kind.as_deref(), source.delivered_as.as_deref()) {
            _ if self.planted().is_some() => Channel::Api,
            (Some("email"), Some("customer_initiated")) => Channel::Email,
            (Some("conversation"), Some("customer_initiated")) => Channel::Chat,
            _ => Channel::Other,
        }
    }
}

struct Reader<'a> {
    settings: &'a IntercomSettings,
    contact: Option<&'a str>,
}

impl Reader<'_> {
    fn author(&self, author: &Author) -> TicketAuthor {
        if !author.is_contact() {
            return author.of_staff(self.settings);
        }
        let id = given(author.id.as_ref());
        if id.is_some() && id == self.contact { TicketAuthor::Customer } else { TicketAuthor::Unknown }
    }

    /// What the conversation began with. Its id counts apart from those of parts.
    fn first(&self, source: &Source) -> Option<TicketMessage> {
        let text = source.body.clone().filter(|body| !body.trim().is_empty())?;
        let by_hand = source.delivered_as.as_deref().is_none_or(|how| BY_HAND.contains(&how));
        let author = match source.author.as_ref().map(|author| self.author(author)) {
            Some(TicketAuthor::Person(_)) if !by_hand => TicketAuthor::Rule,
            author => author.unwrap_or(TicketAuthor::Unknown),
        };
        Some(TicketMessage {
            id: format!("source:{}", source.id.as_ref().map(|id| id.0.as_str()).unwrap_or_default()),
            external_id: self.planted(&author, true, &text),
            author,
            public: true,
            text,
            // It is the first whenever it was written.
            at: Timestamp::UNIX_EPOCH,
        })
    }

    fn message(&self, part: &Part) -> Option<TicketMessage> {
        let text = part.body.clone().filter(|body| !body.trim().is_empty())?;
        let author = part.author.as_ref().map_or(TicketAuthor::Unknown, |author| self.author(author));
        let public = READ_BY_CONTACTS.contains(&part.part_type.as_str());
        Some(TicketMessage {
            id: part.id.0.clone(),
            external_id: self.planted(&author, public, &text),
            author,
            public,
            text,
            at: part.created_at.unwrap_or(Timestamp::UNIX_EPOCH),
        })
    }

    /// What we planted: in our teammate's notes, and in what stands in the contact's name. A contact who writes such a line is
    /// not heard, and can name no effect, because nobody is told of one.
    fn planted(&self, author: &TicketAuthor, public: bool, text: &str) -> Option<String> {
        let may_be_ours = match author {
            TicketAuthor::OurAgent => !public,
            TicketAuthor::Customer => true,
            _ => false,
        };
        may_be_ours.then(|| marked(text).map(str::to_owned)).flatten()
    }
}
