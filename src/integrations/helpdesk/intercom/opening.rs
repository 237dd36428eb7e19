//! What a conversation is opened with. That takes two calls and more: the contact whose it is, the conversation in that
//! contact's name, then its tags and its team. One request holds what all of them need.
//!
//! The contact's external id is the effect's, so that both are found again, and nobody who is known there already is written
//! to. It gets no address unless the store wishes so: Intercom mails a contact who has one what they leave unread.

use serde::{Deserialize, Serialize};

use super::super::TicketDraft;
use super::super::text::{bounded, newest};
use super::mark::marking;
use super::settings::IntercomSettings;
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;

/// In characters. Intercom names no limit.
const ROOM: usize = 20_000;
const LONGEST_SUBJECT: usize = 255;
const LONGEST_LINE: usize = 8_000;
const LONGEST_NAME: usize = 255;
const LONGEST_TAG: usize = 256;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    // First: by it a request is known to be its effect's own.
    effect: EffectId,
    pub contact: NewContact,
    pub body: String,
    pub tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<u64>,
}

/// As Intercom takes it. A lead could not be found by its external id.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    role: String,
    pub external_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

impl Opening {
    /// What a permit's row asks for, if it is that row's.
    pub fn permitted(permit: &Permit, request: &str) -> Option<Self> {
        serde_json::from_str(request).ok().filter(|opening: &Self| opening.effect == *permit.effect())
    }
}

pub fn request(settings: &IntercomSettings, draft: &TicketDraft) -> String {
    let email = draft.customer.email.as_ref().map(|email| email.as_str().to_owned());
    let name = draft.customer.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let opening = Opening {
        effect: draft.effect.clone(),
        contact: NewContact {
            role: "user".to_owned(),
            external_id: draft.effect.to_string(),
            email: email.filter(|_| settings.mail_contacts),
            name: name.map(|name| bounded(name, LONGEST_NAME).into_owned()),
        },
        body: body(draft),
        tags: distinct(settings.tags.iter().chain(&draft.tags)),
        team: settings.team,
    };
    serde_json::to_string(&opening).unwrap_or_default()
}

/// The first message, in the contact's name: what it is about, whose it is, and all that was said. Where that is too long, the
/// oldest lines go.
fn body(draft: &TicketDraft) -> String {
    let subject: String = draft.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut head = bounded(subject.trim(), LONGEST_SUBJECT).into_owned();
    if let Some(email) = &draft.customer.email {
        head.push_str(&format!("\nE-mail, as far as it is known: {}", email.as_str()));
    }
    let said = draft.transcript.iter().map(|line| {
        let who = if line.from_customer { "Customer" } else { "Agent" };
        format!("[{}] {who}: {}\n", line.at.strftime("%F %H:%M UTC"), bounded(&line.text, LONGEST_LINE))
    });
    let said: Vec<String> = said.collect();
    let room = ROOM.saturating_sub(head.chars().count() + 200);
    let (kept, left_out) = newest(&said, room, |text| text.chars().count());
    let left_out = match left_out {
        0 => String::new(),
        count => format!("({count} older messages left out)\n\n"),
    };
    marking(&format!("{head}\n\nWhat was said\n\n{left_out}{}", kept.join("\n")), &draft.effect)
}

/// Intercom's tags know no case.
fn distinct<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for name in names {
        let name = bounded(name.trim(), LONGEST_TAG).into_owned();
        if !name.is_empty() && !tags.iter().any(|tag| tag.eq_ignore_ascii_case(&name)) {
            tags.push(name);
        }
    }
    tags
}

#[cfg(test)]
mod tests;
