//! The request that opens a ticket.

use std::borrow::Cow;

use serde::Serialize;

use super::super::text::{bounded, newest, subject};
use super::super::{TicketDraft, TranscriptLine};
use super::message::{LONGEST_BODY, Message, Person, line, note};
use super::settings::{GorgiasSettings, TicketPriority, TicketStatus};

/// Messages that one ticket may be opened with.
const MOST_MESSAGES: usize = 500;
const LONGEST_SUBJECT: usize = 998;
const LONGEST_TAG: usize = 256;

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

#[derive(Serialize)]
struct Team {
    id: u64,
}

#[derive(Serialize)]
struct Tag<'a> {
    name: Cow<'a, str>,
}

pub fn request(settings: &GorgiasSettings, draft: &TicketDraft) -> String {
    let customer = Person::customer(settings, &draft.customer);
    let agent = Person::agent(settings);
    let tags = settings.tags.iter().chain(&draft.tags);
    let ticket = NewTicket {
        external_id: draft.effect.as_str(),
        channel: "api",
        via: "api",
        from_agent: false,
        customer: customer.clone(),
        subject: subject(&settings.subject, &draft.subject, LONGEST_SUBJECT),
        status: settings.status,
        priority: settings.priority,
        assignee_team: settings.assignee_team.map(|id| Team { id }),
        tags: distinct(tags),
        messages: messages(draft, customer, agent),
    };
    serde_json::to_string(&ticket).unwrap_or_default()
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
    // One place is the summary's, and one that of the older lines, where they do not fit.
    let fits = MOST_MESSAGES - 1;
    let older = if draft.transcript.len() > fits { draft.transcript.len() - (fits - 1) } else { 0 };
    let (older, newer) = draft.transcript.split_at_checked(older).unwrap_or((&[], &draft.transcript));
    let mut messages = Vec::with_capacity(newer.len() + 2);
    let customer = customer.unnamed();
    let sender = |said: &TranscriptLine| if said.from_customer { customer.clone() } else { agent.clone() };
    messages.extend(joined(older, draft, agent.clone()));
    messages.extend(newer.iter().map(|said| line(said, sender(said))));
    let id = Cow::Owned(format!("{}_summary", draft.effect));
    let last = draft.transcript.last().map(|said| said.at);
    messages.push(note(bounded(&draft.note, LONGEST_BODY), id, agent, last));
    messages
}

/// The lines that have no place of their own, in one note: they were said by both sides, so it is nobody's message.
/// Where they are too long together, the oldest go.
fn joined<'a>(lines: &[TranscriptLine], draft: &TicketDraft, agent: Person<'a>) -> Option<Message<'a>> {
    let first = lines.first()?;
    let written: Vec<String> = lines
        .iter()
        .map(|line| format!("[{}] {}: {}", line.at, if line.from_customer { "Customer" } else { "Agent" }, line.text))
        .collect();
    let (kept, left_out) = newest(&written, LONGEST_BODY - 100, |text| text.chars().count());
    let left_out = match left_out {
        0 => String::new(),
        count => format!("\n({count} older messages left out)"),
    };
    let text = format!("Earlier in this conversation:{left_out}\n{}", kept.join("\n"));
    Some(note(Cow::Owned(text), Cow::Owned(format!("{}_earlier", draft.effect)), agent, Some(first.at)))
}

#[cfg(test)]
mod tests;
