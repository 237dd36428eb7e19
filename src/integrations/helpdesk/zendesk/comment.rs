//! Comments as Zendesk takes them. What is only recorded is private: a public one by an agent is mailed to the requester.
//!
//! A comment has no external id, and what `metadata` holds is shown in audits only. So the effect's id stands in its last
//! line, and it is looked for in private comments of our own user alone. What the requester is to read carries no mark: it is
//! found again by the audit of its update.

use std::borrow::Cow;

use serde::Serialize;

use super::super::text::{bounded, mark};
use super::super::{EntryKind, TicketEntry};
use crate::domain::id::EffectId;

/// Longest text of one comment, in characters. Zendesk takes 64 KiB, which four bytes a character stay below.
pub const LONGEST_BODY: usize = 15_000;

#[derive(Serialize)]
pub struct Comment {
    public: bool,
    // Last: by it a request is known to be its effect's own.
    body: String,
}

#[derive(Serialize)]
struct Request<'a> {
    ticket: Update<'a>,
}

#[derive(Serialize)]
struct Update<'a> {
    // First: by it a request is known to be its effect's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Metadata<'a>>,
    comment: Comment,
}

#[derive(Serialize)]
struct Metadata<'a> {
    deskhand: &'a str,
}

impl Comment {
    pub fn private(body: String) -> Self {
        Self { public: false, body }
    }
}

/// The request that adds an entry to its ticket.
pub fn request(entry: &TicketEntry) -> String {
    let text = bounded(&entry.text, LONGEST_BODY);
    let text = if text.trim().is_empty() { Cow::Borrowed("(empty)") } else { text };
    let body = match entry.kind {
        EntryKind::Reply => {
            let metadata = Some(Metadata { deskhand: entry.effect.as_str() });
            let comment = Comment { public: true, body: text.into_owned() };
            return serde_json::to_string(&Request { ticket: Update { metadata, comment } }).unwrap_or_default();
        }
        EntryKind::Customer => format!("Customer:\n{text}"),
        EntryKind::Agent => format!("Agent:\n{text}"),
        EntryKind::Note => text.into_owned(),
    };
    let comment = Comment::private(format!("{body}\n\n{}", mark(&entry.effect)));
    serde_json::to_string(&Request { ticket: Update { metadata: None, comment } }).unwrap_or_default()
}

/// Whether the effect's id stands in a request: at its end, or, where the requester reads it, at its beginning.
pub fn is_planted(effect: &EffectId, request: &str) -> bool {
    request.ends_with(&format!("\\n\\n{}\"}}}}}}", mark(effect)))
        || request.starts_with(&format!("{{\"ticket\":{{\"metadata\":{{\"deskhand\":\"{effect}\"}}"))
}
