//! The request that opens a ticket. It has room for one comment, which holds the summary and all that was said.

use std::borrow::Cow;

use serde::Serialize;

use super::super::text::{bounded, subject, transcript};
use super::super::{TicketCustomer, TicketDraft};
use super::comment::Comment;
use super::settings::{TicketPriority, ZendeskSettings};
use crate::domain::id::EffectId;

const LONGEST_SUBJECT: usize = 255;
const LONGEST_TAG: usize = 100;
/// In bytes, of the 64 KiB that Zendesk takes.
const ROOM: usize = 60_000;
/// In characters: with these bounds the summary and the last line said always fit.
const LONGEST_NOTE: usize = 5_000;
const LONGEST_LINE: usize = 8_000;

#[derive(Serialize)]
struct Request<'a> {
    ticket: NewTicket<'a>,
}

#[derive(Serialize)]
struct NewTicket<'a> {
    // First: by it a request is known to be its effect's own.
    external_id: &'a str,
    subject: String,
    requester: Requester<'a>,
    comment: Comment,
    tags: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<TicketPriority>,
    #[serde(skip_serializing_if = "Option::is_none")]
    group_id: Option<u64>,
}

/// Zendesk finds them by address, and needs a name for one whom it does not know.
#[derive(Serialize)]
struct Requester<'a> {
    name: Cow<'a, str>,
    email: Cow<'a, str>,
}

pub fn request(settings: &ZendeskSettings, draft: &TicketDraft) -> String {
    let ticket = NewTicket {
        external_id: draft.effect.as_str(),
        subject: subject(&settings.subject, &draft.subject, LONGEST_SUBJECT),
        requester: requester(settings, &draft.customer),
        comment: Comment::private(body(draft)),
        tags: tags(settings.tags.iter().chain(&draft.tags)),
        priority: settings.priority,
        group_id: settings.group,
    };
    serde_json::to_string(&Request { ticket }).unwrap_or_default()
}

/// How the effect's id stands in a request.
pub fn planted(effect: &EffectId) -> String {
    format!("{{\"ticket\":{{\"external_id\":\"{effect}\"")
}

fn requester<'a>(settings: &ZendeskSettings, customer: &'a TicketCustomer) -> Requester<'a> {
    let email = match &customer.email {
        Some(email) => Cow::Borrowed(email.as_str()),
        None => Cow::Owned(format!("{}@{}", customer.conversation, settings.visitor_domain)),
    };
    let name = customer.name.as_deref().filter(|name| !name.trim().is_empty());
    Requester { name: name.map_or_else(|| email.clone(), |name| bounded(name, LONGEST_TAG)), email }
}

/// As Zendesk keeps tags: what has a space would become two.
fn tags<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for name in names {
        let words: Vec<&str> = name.split_whitespace().collect();
        let tag = bounded(&words.join("_").to_lowercase(), LONGEST_TAG).into_owned();
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// The summary, and below it what was said. Where that is too long, the oldest lines go.
fn body(draft: &TicketDraft) -> String {
    let note = bounded(draft.note.trim(), LONGEST_NOTE);
    let said = transcript(&draft.transcript, LONGEST_LINE, ROOM.saturating_sub(note.len() + 200));
    format!("{note}\n\nWhat was said\n\n{said}").trim().to_owned()
}

#[cfg(test)]
mod tests;
