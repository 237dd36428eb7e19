//! The request that opens a ticket. What people typed stands in JSON strings only, as plain text.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Serialize;

use super::super::{TicketDraft, TranscriptLine};
use super::settings::{GorgiasSettings, TicketPriority, TicketStatus};
use crate::domain::id::EffectId;

/// Messages that one ticket may be opened with.
pub const MOST_MESSAGES: usize = 500;
/// Longest text of one message, in characters. Gorgias names no limit; shoppers' messages are far below.
const LONGEST_BODY: usize = 20_000;
const LONGEST_SUBJECT: usize = 998;
const LONGEST_TAG: usize = 256;
const LONGEST_EXTERNAL_ID: usize = 255;

#[derive(Serialize)]
struct NewTicket<'a> {
    external_id: &'a str,
    channel: &'static str,
    via: &'static str,
    from_agent: bool,
    customer: Person<'a>,
    subject: String,
    status: TicketStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    priority: Option<TicketPriority>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_team: Option<Team>,
    tags: Vec<Tag<'a>>,
    messages: Vec<Message<'a>>,
}

/// A person by address. Any further field would change what Gorgias has stored about them.
#[derive(Clone, Copy, Serialize)]
struct Person<'a> {
    email: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct Team {
    id: u64,
}

#[derive(Serialize)]
struct Tag<'a> {
    name: Cow<'a, str>,
}

#[derive(Serialize)]
struct Message<'a> {
    channel: &'static str,
    via: &'static str,
    from_agent: bool,
    public: bool,
    sender: Person<'a>,
    body_text: Cow<'a, str>,
    external_id: Cow<'a, str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created_datetime: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_datetime: Option<Timestamp>,
}

/// How the effect's id stands in the request.
pub fn planted(effect: &EffectId) -> String {
    format!("{{\"external_id\":\"{effect}\"")
}

pub fn request(settings: &GorgiasSettings, draft: &TicketDraft) -> String {
    let visitor = format!("{}@{}", draft.effect, settings.visitor_domain);
    let customer = match &draft.customer_email {
        // The name is the shopper's claim: with a known address it would rename the customer.
        Some(email) => Person { email: email.as_str(), name: None },
        None => Person { email: &visitor, name: draft.customer_name.as_deref() },
    };
    let agent = Person { email: settings.agent.as_ref().unwrap_or(&settings.user).as_str(), name: None };
    let tags = settings.tags.iter().chain(&draft.tags);
    let ticket = NewTicket {
        external_id: draft.effect.as_str(),
        channel: "api",
        via: "api",
        from_agent: false,
        customer,
        subject: subject(&settings.subject, &draft.subject),
        status: settings.status,
        priority: settings.priority,
        assignee_team: settings.assignee_team.map(|id| Team { id }),
        tags: distinct(tags),
        messages: messages(draft, customer, agent),
    };
    serde_json::to_string(&ticket).unwrap_or_default()
}

/// The hand-off's own words are put in last, so that nothing in them is taken for a placeholder.
fn subject(template: &str, words: &str) -> String {
    let line: String =
        template.replace("{subject}", words).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    bounded(&line, LONGEST_SUBJECT).into_owned()
}

fn distinct<'a>(names: impl Iterator<Item = &'a String>) -> Vec<Tag<'a>> {
    let mut tags: Vec<Tag<'a>> = Vec::new();
    for name in names {
        let name = bounded(name.trim(), LONGEST_TAG);
        if !name.is_empty() && tags.iter().all(|tag| tag.name != name) {
            tags.push(Tag { name });
        }
    }
    tags
}

fn messages<'a>(draft: &'a TicketDraft, customer: Person<'a>, agent: Person<'a>) -> Vec<Message<'a>> {
    // Without a name: the sender is the customer of the ticket, who is entered there.
    let customer = Person { name: None, ..customer };
    // One place is the summary's, and one that of the older lines, where they do not fit.
    let fits = MOST_MESSAGES - 1;
    let older = if draft.transcript.len() > fits { draft.transcript.len() - (fits - 1) } else { 0 };
    let (older, newer) = draft.transcript.split_at_checked(older).unwrap_or((&[], &draft.transcript));
    let mut messages = Vec::with_capacity(newer.len() + 2);
    messages.extend(joined(older, draft, agent));
    messages.extend(newer.iter().map(|line| spoken(line, if line.from_customer { customer } else { agent })));
    let id = Cow::Owned(format!("{}_summary", draft.effect));
    messages.push(note(bounded(&draft.note, LONGEST_BODY), id, agent, draft.transcript.last().map(|line| line.at)));
    messages
}

fn spoken<'a>(line: &'a TranscriptLine, sender: Person<'a>) -> Message<'a> {
    let body = if line.text.trim().is_empty() { "(empty)" } else { &line.text };
    Message {
        channel: "api",
        via: "api",
        from_agent: !line.from_customer,
        public: true,
        sender,
        body_text: bounded(body, LONGEST_BODY),
        external_id: bounded(&line.id, LONGEST_EXTERNAL_ID),
        created_datetime: Some(line.at),
        sent_datetime: Some(line.at),
    }
}

/// A note is for colleagues and never sent; it needs no time for that.
fn note<'a>(text: Cow<'a, str>, id: Cow<'a, str>, agent: Person<'a>, at: Option<Timestamp>) -> Message<'a> {
    let body_text = if text.trim().is_empty() { Cow::Borrowed("(no summary)") } else { text };
    Message {
        channel: "internal-note",
        via: "api",
        from_agent: true,
        public: false,
        sender: agent,
        body_text,
        external_id: id,
        created_datetime: at,
        sent_datetime: None,
    }
}

/// The lines that have no place of their own, in one note: they were said by both sides, so it is nobody's message.
/// Where they are too long together, the oldest go.
fn joined<'a>(lines: &[TranscriptLine], draft: &TicketDraft, agent: Person<'a>) -> Option<Message<'a>> {
    let first = lines.first()?;
    let written: Vec<String> = lines
        .iter()
        .map(|line| format!("[{}] {}: {}", line.at, if line.from_customer { "Customer" } else { "Agent" }, line.text))
        .collect();
    let mut room = LONGEST_BODY - 100;
    let kept = written.iter().rev().take_while(|text| {
        let length = text.chars().count() + 1;
        let fits = length <= room;
        room = room.saturating_sub(length);
        fits
    });
    let mut kept: Vec<&str> = kept.map(String::as_str).collect();
    kept.reverse();
    let left_out = match written.len() - kept.len() {
        0 => String::new(),
        count => format!("\n({count} older messages left out)"),
    };
    let text = format!("Earlier in this conversation:{left_out}\n{}", kept.join("\n"));
    Some(note(Cow::Owned(text), Cow::Owned(format!("{}_earlier", draft.effect)), agent, Some(first.at)))
}

fn bounded(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let end = text.char_indices().nth(most.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
            Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default()))
        }
    }
}

#[cfg(test)]
mod tests;
