//! Conversations of a third helpdesk, in Intercom's own words. The store's people are the same at all of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::helpdesk::Tag;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Intercom {
    pub contacts: Vec<IntercomContact>,
    pub conversations: Vec<IntercomConversation>,
    pub tags: Vec<Tag>,
    /// What was set up in the Developer Hub: where events go.
    pub endpoint: Option<IntercomEndpoint>,
    /// What it has not taken yet.
    pub notices: Vec<IntercomNotice>,
    /// How many ids were given out, and how many events there were.
    pub ids_made: u64,
    pub events_made: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IntercomContact {
    /// 24 hexadecimal digits.
    pub id: String,
    pub external_id: Option<String>,
    /// `user` or `lead`.
    pub role: String,
    pub email: Option<String>,
    pub name: Option<String>,
    pub created_at: Timestamp,
    /// Whether somebody has looked for it by its external id: the first look finds none yet.
    pub looked_for: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IntercomConversation {
    pub id: u64,
    /// Id of a contact.
    pub contact: String,
    /// How it began: `conversation` or `email`.
    pub source_type: String,
    pub source_id: u64,
    pub subject: Option<String>,
    /// As its first message was written.
    pub text: String,
    /// Whether it has been closed.
    pub open: bool,
    pub assignee: Option<u64>,
    pub team: Option<u64>,
    pub tags: Vec<IntercomTagging>,
    pub parts: Vec<IntercomPart>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Whether a search has passed it over: it is behind.
    pub searched_for: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntercomTagging {
    pub tag: Tag,
    /// Id of a teammate.
    pub by: u64,
    pub at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IntercomPart {
    pub id: u64,
    /// `comment`, `note`, `assignment`, `open`, `close`.
    pub kind: String,
    pub author: IntercomAuthor,
    pub html: Option<String>,
    /// The same without mark-up.
    pub text: Option<String>,
    pub assigned_to: Option<u64>,
    pub at: Timestamp,
    /// Whether the contact was told. What is mirrored must tell nobody.
    pub delivered: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IntercomAuthor {
    Contact(String),
    Teammate(u64),
    /// Intercom's own.
    Bot,
}

/// Where an app's events go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntercomEndpoint {
    pub url: String,
    /// All, where none are named.
    #[serde(default)]
    pub topics: Vec<String>,
}

/// An event, until it is taken or given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IntercomNotice {
    pub id: String,
    /// As it left: made when it happened.
    pub body: String,
    pub tries: u32,
    /// When it is sent next, by the machine's clock.
    pub due: Timestamp,
}

impl Intercom {
    /// Conversations count on from here.
    const FIRST_CONVERSATION: u64 = 215_470_000_000_101;

    pub fn next_conversation(&self) -> u64 {
        self.conversations.last().map_or(Self::FIRST_CONVERSATION, |last| last.id + 1)
    }

    /// Of anything else.
    pub fn next_id(&mut self) -> u64 {
        self.ids_made += 1;
        23_400_000_000 + self.ids_made
    }

    pub fn conversation(&self, id: u64) -> Option<&IntercomConversation> {
        self.conversations.iter().find(|own| own.id == id)
    }

    pub fn conversation_mut(&mut self, id: u64) -> Option<&mut IntercomConversation> {
        self.conversations.iter_mut().find(|own| own.id == id)
    }

    pub fn contact(&self, id: &str) -> Option<&IntercomContact> {
        self.contacts.iter().find(|own| own.id == id)
    }

    /// Finds a tag by its name, which knows no case, or makes it.
    pub fn tag_named(&mut self, name: &str) -> Tag {
        if let Some(tag) = self.tags.iter().find(|tag| tag.name.eq_ignore_ascii_case(name)) {
            return tag.clone();
        }
        let tag = Tag { id: self.next_id(), name: name.to_owned() };
        self.tags.push(tag.clone());
        tag
    }
}
