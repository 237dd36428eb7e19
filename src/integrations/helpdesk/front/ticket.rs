//! The request that opens a conversation: one message, which holds all that was said. The note for colleagues is no part of it:
//! who writes on the channel is the customer.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::super::text::{bounded, mark, subject, transcript};
use super::super::{TicketCustomer, TicketDraft};
use super::plain;
use super::settings::FrontSettings;
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;

const LONGEST_SUBJECT: usize = 255;
/// As Front bounds them.
const LONGEST_TAG: usize = 64;
const LONGEST_NAME: usize = 100;
/// In bytes, of all that was said, and in characters, of one line of it. Front names no bound.
const ROOM: usize = 60_000;
const LONGEST_LINE: usize = 8_000;

/// What is kept of an opening.
#[derive(Serialize)]
struct Request<'a> {
    // First: by it a request is known to be its effect's own.
    message: Opening<'a>,
    tags: Vec<String>,
}

#[derive(Serialize)]
struct Opening<'a> {
    metadata: Ids<'a>,
    sender: Party<'a>,
    subject: String,
    body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    delivered_at: Option<i64>,
}

#[derive(Serialize)]
struct Ids<'a> {
    external_id: &'a EffectId,
    external_conversation_id: &'a EffectId,
}

/// Somebody on the channel. Front knows them again by the handle, which is our conversation's id.
#[derive(Serialize)]
pub struct Party<'a> {
    handle: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Joins them with whom Front knows by this address.
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
}

impl<'a> Party<'a> {
    pub fn of(customer: &'a TicketCustomer) -> Self {
        let name = customer.name.as_deref().filter(|name| !name.trim().is_empty());
        Self {
            handle: customer.conversation.as_str(),
            name: name.map(|name| bounded(name, LONGEST_NAME).into_owned()),
            email: customer.email.as_ref().map(|email| email.as_str()),
        }
    }
}

pub fn request(settings: &FrontSettings, draft: &TicketDraft) -> String {
    let message = Opening {
        metadata: Ids { external_id: &draft.effect, external_conversation_id: &draft.effect },
        sender: Party::of(&draft.customer),
        subject: subject(&settings.subject, &draft.subject, LONGEST_SUBJECT),
        body: body(draft),
        delivered_at: draft.transcript.last().map(|line| line.at.as_second()),
    };
    let tags = tags(settings.tags.iter().chain(&draft.tags));
    serde_json::to_string(&Request { message, tags }).unwrap_or_default()
}

/// What a request that was kept has sent, and the tags that its conversation is to have.
#[derive(Deserialize)]
pub struct Kept {
    pub message: Box<RawValue>,
    pub tags: Vec<String>,
}

impl Kept {
    /// If it is this permit's.
    pub fn permitted(permit: &Permit, request: &str) -> Option<Self> {
        let effect = permit.effect();
        let planted = format!(
            "{{\"message\":{{\"metadata\":{{\"external_id\":\"{effect}\",\"external_conversation_id\":\"{effect}\"}},"
        );
        serde_json::from_str(request).ok().filter(|_| request.starts_with(&planted))
    }
}

fn tags<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for name in names {
        let tag = bounded(name.trim(), LONGEST_TAG).into_owned();
        if !tag.is_empty() && !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// With the effect's id below, by which a search finds the conversation.
fn body(draft: &TicketDraft) -> String {
    let said = transcript(&draft.transcript, LONGEST_LINE, ROOM);
    plain::html(format!("{}\n\n{}", said.trim_end(), mark(&draft.effect)).trim_start())
}

#[cfg(test)]
mod tests;
