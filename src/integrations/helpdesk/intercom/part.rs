//! What is written into a conversation. A teammate's comment is delivered to the contact, so what is only recorded is either a
//! note, or the contact's own words in the contact's name, which nobody has to be told.
//!
//! A comment that is to be delivered carries no mark, because the contact reads it, and Intercom has no other place for one:
//! such an answer cannot be found again by its effect. Nor is it dated by us, since nobody says whether what has a date of its
//! own is still delivered.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::super::text::bounded;
use super::super::{EntryKind, TicketEntry};
use super::mark::{html, marking};
use super::settings::IntercomSettings;
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;

/// Longest text of one part, in characters. Intercom names no limit; shoppers' messages are far below.
pub const LONGEST_BODY: usize = 10_000;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    // First: by it a request is known to be its effect's own.
    effect: EffectId,
    pub part: Part,
}

/// As Intercom takes it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    message_type: String,
    #[serde(rename = "type")]
    by: By,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    admin_id: Option<String>,
    /// Whose words they are. Which contact that is, the conversation says when they are written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intercom_user_id: Option<String>,
    body: String,
    /// In seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created_at: Option<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum By {
    Admin,
    User,
}

impl Entry {
    /// What a permit's row asks for, if it is that row's.
    pub fn permitted(permit: &Permit, request: &str) -> Option<Self> {
        serde_json::from_str(request).ok().filter(|entry: &Self| entry.effect == *permit.effect())
    }
}

impl Part {
    /// Whether it stands in the contact's name.
    pub fn is_contacts(&self) -> bool {
        self.by == By::User
    }
}

/// The request that adds an entry to its conversation.
pub fn request(settings: &IntercomSettings, entry: &TicketEntry) -> String {
    let text = bounded(&entry.text, LONGEST_BODY);
    let text = if text.trim().is_empty() { Cow::Borrowed("(empty)") } else { text };
    let (message_type, by) = match entry.kind {
        EntryKind::Customer => ("comment", By::User),
        EntryKind::Agent | EntryKind::Note => ("note", By::Admin),
        EntryKind::Reply => ("comment", By::Admin),
    };
    let body = match entry.kind {
        EntryKind::Customer => marking(&text, &entry.effect),
        EntryKind::Agent => html(&marking(&format!("Agent:\n{text}"), &entry.effect)),
        EntryKind::Note => html(&marking(&text, &entry.effect)),
        EntryKind::Reply => html(&text),
    };
    let part = Part {
        message_type: message_type.to_owned(),
        by,
        admin_id: (by == By::Admin).then(|| settings.admin.to_string()),
        intercom_user_id: None,
        body,
        created_at: (entry.kind != EntryKind::Reply).then(|| entry.at.as_second()),
    };
    serde_json::to_string(&Entry { effect: entry.effect.clone(), part }).unwrap_or_default()
}
