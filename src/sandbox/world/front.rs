//! Conversations of another helpdesk, in Front's own words. The store's people are the same at all of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The channel of the agent's application, and the inbox that it belongs to, as numbers: ids are made of them ([`id`]).
pub const CHANNEL: u64 = 90_001;
pub const INBOX: u64 = 80_001;
/// An inbox that conversations can be moved to.
pub const OTHER_INBOX: u64 = 80_002;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Front {
    pub contacts: Vec<FrontContact>,
    pub conversations: Vec<FrontConversation>,
    pub tags: Vec<FrontTag>,
    /// Where everything is sent to.
    pub webhook: Option<String>,
    /// An address that has yet to repeat what it was asked.
    pub asked: Option<String>,
    /// What was not taken yet.
    pub notices: Vec<FrontNotice>,
    pub ids_made: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FrontContact {
    pub number: u64,
    pub handle: String,
    pub name: Option<String>,
    pub emails: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FrontTag {
    pub number: u64,
    pub name: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FrontConversation {
    pub number: u64,
    pub subject: Option<String>,
    /// `open`, `archived`, `deleted`, `spam`.
    pub status: String,
    /// Id of a user of the helpdesk.
    pub assignee: Option<u64>,
    pub inbox: u64,
    /// Number of a contact.
    pub contact: u64,
    /// Numbers of tags.
    pub tags: Vec<u64>,
    /// What the channel calls it.
    pub external_ids: Vec<String>,
    pub messages: Vec<FrontMessage>,
    pub comments: Vec<FrontComment>,
    pub events: Vec<FrontEvent>,
    /// The one that it was merged into.
    pub merged_into: Option<u64>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Who wrote or did something: a user of the helpdesk, or a bot of that kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FrontAuthor {
    User(u64),
    Bot(String),
    /// The API token.
    Api,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FrontMessage {
    pub number: u64,
    pub uid: String,
    /// `custom`, or `email`.
    pub kind: String,
    pub inbound: bool,
    pub author: Option<FrontAuthor>,
    pub body: String,
    pub external_id: Option<String>,
    pub at: Timestamp,
    /// From when on it is shown, by the machine's clock: what is accepted is taken in later.
    pub shown_from: Timestamp,
    /// What went wrong where it was to be delivered.
    pub error: Option<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FrontComment {
    pub number: u64,
    pub author: FrontAuthor,
    pub body: String,
    pub at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FrontEvent {
    pub number: u64,
    pub kind: String,
    pub by: Option<FrontAuthor>,
    /// What it happened to, as it was then: its type, and its data.
    pub target: Option<(String, Value)>,
    pub at: Timestamp,
}

/// Something for the address, until it is taken or given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrontNotice {
    pub id: String,
    /// As it left: made when it happened.
    pub body: String,
    pub wants: Wanted,
    pub tries: u32,
    /// When it is sent next, by the machine's clock.
    pub due: Timestamp,
}

/// With what it has to be answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    Anything,
    /// The names of this message, by conversation and message.
    Delivery(u64, u64),
    /// The same again, from the address that asks to be told.
    Challenge(String),
}

/// An id of Front's: the number that its pages show, to the base of 36.
pub fn id(prefix: &str, mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        digits.extend(char::from_digit(u32::try_from(number % 36).unwrap_or_default(), 36));
        number /= 36;
        if number == 0 {
            break;
        }
    }
    format!("{prefix}_{}", digits.iter().rev().collect::<String>())
}

/// The number in an id of this kind.
pub fn number(prefix: &str, id: &str) -> Option<u64> {
    u64::from_str_radix(id.strip_prefix(prefix)?.strip_prefix('_')?, 36).ok()
}

impl Front {
    /// Conversations count on from here.
    const FIRST: u64 = 2_100_000_001;

    pub fn next_conversation(&self) -> u64 {
        self.conversations.last().map_or(Self::FIRST, |last| last.number + 1)
    }

    /// Of anything else.
    pub fn next_number(&mut self) -> u64 {
        self.ids_made += 1;
        33_000_000 + self.ids_made
    }

    pub fn conversation(&self, number: u64) -> Option<&FrontConversation> {
        self.conversations.iter().find(|own| own.number == number)
    }

    pub fn conversation_mut(&mut self, number: u64) -> Option<&mut FrontConversation> {
        self.conversations.iter_mut().find(|own| own.number == number)
    }

    pub fn contact(&self, number: u64) -> Option<&FrontContact> {
        self.contacts.iter().find(|own| own.number == number)
    }

    /// Has everything sent to this address, once it has shown that it wants it.
    pub fn send_to(&mut self, url: &str, now: Timestamp) {
        let number = self.next_number();
        let challenge = id("challenge", number * 7_919);
        let body = serde_json::json!({"type": "sync", "authorization": {"id": "cmp_demo1"}}).to_string();
        self.asked = Some(url.to_owned());
        self.webhook = None;
        let wants = Wanted::Challenge(challenge);
        self.notices.push(FrontNotice { id: id("sync", number), body, wants, tries: 0, due: now });
    }
}
