//! What a colleague is told with a ticket: the whole dialogue, who the shopper has proved to be, what is known and from
//! where, what was tried, and what to do next.

use serde_json::Value;

use super::{Inner, StoreSetup};
use crate::agents::conversation::{Conversation, Entry};
use crate::domain::customer::Email;
use crate::domain::event::{Author, HandoffReason, ToolOutcome};
use crate::domain::id::EffectId;
use crate::domain::identity::{MatchedBy, Proof};
use crate::integrations::helpdesk::{TicketCustomer, TicketDraft, TranscriptLine};
use crate::policy::hours::Staffed;
use crate::tools::Tool as _;
use crate::tools::people::{EscalateToHuman, PREPARED};

/// The line with which the agent takes its leave, in the shopper's language.
pub(super) fn opening_lines(desk: &Inner, conversation: &Conversation, reason: HandoffReason) -> String {
    if reason == HandoffReason::Language {
        return desk.languages.person_will_answer(conversation.language()).to_owned();
    }
    let lines = desk.lines(conversation.language());
    let setup = desk.stores.get(&conversation.store);
    let expectations = setup.map(|setup| expectations(desk, setup, conversation)).unwrap_or_default();
    std::iter::once(lines.handoff_opening(reason)).chain(expectations).collect::<Vec<_>>().join(" ")
}

/// When a person will answer, as far as the store says when they are there.
fn expectations(desk: &Inner, setup: &StoreSetup, conversation: &Conversation) -> Vec<String> {
    let (people, zone) = (&setup.policy.people, &setup.profile.zone);
    let lines = desk.lines(conversation.language());
    match people.hours.at(desk.clock.now(), zone) {
        Staffed::Unknown => Vec::new(),
        Staffed::Now => people.answer_within_minutes.map(|minutes| lines.staffed_now(minutes)).into_iter().collect(),
        Staffed::From(moment) => {
            let back = moment.to_zoned_datetime(zone.clone()).map(|moment| lines.staffed_from(&moment)).ok();
            let asked = conversation.email().is_none().then(|| lines.leave_address());
            back.into_iter().chain(asked).collect()
        }
    }
}

pub(super) fn draft(effect: &EffectId, setup: &StoreSetup, conversation: &Conversation) -> TicketDraft {
    let reason = conversation.handoff.as_ref().map_or(HandoffReason::Operator, |handoff| handoff.reason);
    let email = conversation.handoff.as_ref().map_or_else(|| conversation.email(), |handoff| handoff.email.clone());
    TicketDraft {
        effect: effect.clone(),
        subject: subject(conversation, reason),
        tags: vec![format!("deskhand-{}", word(reason))],
        customer: customer(conversation, email),
        transcript: transcript(conversation),
        note: note(setup, conversation, reason),
    }
}

/// Whose ticket it is.
pub(super) fn customer(conversation: &Conversation, email: Option<Email>) -> TicketCustomer {
    let name = conversation.claimed.as_ref().and_then(|claim| claim.get("name")).and_then(Value::as_str);
    TicketCustomer { conversation: conversation.id.clone(), email, name: name.map(str::to_owned) }
}

fn subject(conversation: &Conversation, reason: HandoffReason) -> String {
    let orders: Vec<&str> = conversation.matched.iter().map(|(name, _)| name.as_str()).collect();
    match orders.as_slice() {
        [] => format!("Chat: {}", headline(reason)),
        orders => format!("Chat about {}: {}", orders.join(", "), headline(reason)),
    }
}

fn transcript(conversation: &Conversation) -> Vec<TranscriptLine> {
    let lines = conversation.dialogue.iter().filter_map(|entry| {
        let (from_customer, id, at) = match entry {
            Entry::Customer { at, message, .. } => (true, message, at),
            Entry::Said { at, message, .. } | Entry::Person { at, message, .. } => (false, message, at),
            Entry::Calls(_) | Entry::Result { .. } => return None,
        };
        Some(TranscriptLine { id: id.to_string(), from_customer, text: entry_text(entry)?, at: *at })
    });
    lines.collect()
}

/// What was said, with who said it where it was none of the shopper's words.
pub(super) fn entry_text(entry: &Entry) -> Option<String> {
    match entry {
        Entry::Customer { text, .. } => Some(text.clone()),
        Entry::Said { author: Author::Agent, text, .. } => Some(format!("(AI) {text}")),
        Entry::Said { author: Author::System, text, .. } => Some(format!("(automatic) {text}")),
        Entry::Person { name, text, .. } => Some(format!("({}) {text}", name.as_deref().unwrap_or("colleague"))),
        Entry::Calls(_) | Entry::Result { .. } => None,
    }
}

fn note(setup: &StoreSetup, conversation: &Conversation, reason: HandoffReason) -> String {
    let mut note = String::new();
    section(&mut note, "Why a person", headline(reason));
    if let Some(analysis) = &conversation.analysis {
        let intent = analysis.intent.as_str();
        let line = format!("{intent}, {}, language {}", analysis.sentiment.as_str(), analysis.language);
        section(&mut note, "What it is about", &line);
    }
    if let Some(prepared) = prepared(conversation) {
        section(&mut note, "Prepared, not done", &prepared);
    }
    section(&mut note, "Proved identity", &identity(conversation));
    section(&mut note, "Facts, with their source", &facts(conversation));
    section(&mut note, "What was tried", &tried(conversation));
    if let Some(draft) = &conversation.draft {
        section(&mut note, "Proposed reply (not sent)", draft);
    }
    section(&mut note, "Proposed next step", next_step(reason));
    section(&mut note, "Conversation", &format!("{} in {}", conversation.id, setup.profile.name));
    note
}

fn section(note: &mut String, title: &str, text: &str) {
    let gap = if note.is_empty() { "" } else { "\n\n" };
    note.extend([gap, title, "\n", text.trim()]);
}

/// What the shopper wants that only people do, as far as the agent could find out.
fn prepared(conversation: &Conversation) -> Option<String> {
    let prepared = conversation.dialogue.iter().rev().find_map(|entry| match entry {
        Entry::Result { tool, receipt, .. } if tool == EscalateToHuman::NAME => receipt.get(PREPARED),
        _ => None,
    })?;
    let text = |key: &str| prepared.get(key).and_then(Value::as_str).unwrap_or_default();
    let mut lines = vec![format!("{} for order {}", text("kind").replace('_', " "), text("order_number"))];
    for item in prepared.get("items").and_then(Value::as_array).into_iter().flatten() {
        let title = item.get("title").and_then(Value::as_str).unwrap_or_default();
        lines.push(format!("- {} × {title}", item.get("quantity").unwrap_or(&Value::Null)));
    }
    lines.push(format!("Wanted, in the shopper's words: {}", text("wanted")));
    let code = if text("reason").is_empty() { String::new() } else { format!(" [{}]", text("reason")) };
    lines.push(format!("By rules and ledger: {}{code}", text("decision").replace('_', " ")));
    for window in prepared.get("windows").and_then(Value::as_array).into_iter().flatten() {
        lines.extend(
            window.get("returnable_until").and_then(Value::as_str).map(|day| format!("Goods back until {day}")),
        );
    }
    if let Some(most) = prepared.get("at_most").filter(|most| !most.is_null()) {
        lines.push(format!("At most {}", outline(most).trim()));
    }
    lines.push("Nothing of it was done: no label, no money, no promise.".to_owned());
    Some(lines.join("\n"))
}

fn identity(conversation: &Conversation) -> String {
    let lines: Vec<String> = conversation
        .proofs
        .iter()
        .map(|proof| match proof {
            Proof::Order { name, matched_by: MatchedBy::Email, .. } => {
                format!("- order {name}: number and e-mail address agree (reading only)")
            }
            Proof::Order { name, matched_by: MatchedBy::Postcode, .. } => {
                format!("- order {name}: number and postcode agree (reading only)")
            }
            Proof::Code { email } => format!("- verified by one-time code to {}", email.as_str()),
            Proof::Token { email } => format!("- verified by the store's signed token as {}", email.as_str()),
        })
        .collect();
    if lines.is_empty() {
        "nothing proved; names and addresses in the transcript are claims".to_owned()
    } else {
        lines.join("\n")
    }
}

fn facts(conversation: &Conversation) -> String {
    let lines: Vec<String> = conversation
        .dialogue
        .iter()
        .filter_map(|entry| match entry {
            Entry::Result { at, tool, outcome: ToolOutcome::Done, receipt, .. } if tool != EscalateToHuman::NAME => {
                Some(format!("- {tool} ({at}): {}", outline(receipt)))
            }
            _ => None,
        })
        .collect();
    if lines.is_empty() { "none were read".to_owned() } else { lines.join("\n") }
}

/// The plain values of a receipt, without its long parts.
fn outline(receipt: &Value) -> String {
    let mut parts = Vec::new();
    collect(receipt, "", &mut parts);
    parts.truncate(40);
    parts.join(", ")
}

fn collect(value: &Value, path: &str, parts: &mut Vec<String>) {
    let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Null => {}
        Value::Object(object) => match (object.get("amount"), object.get("currency")) {
            (Some(Value::String(amount)), Some(Value::String(currency))) => {
                parts.push(format!("{path} {amount} {currency}"))
            }
            _ => object
                .iter()
                .filter(|(key, _)| !matches!(key.as_str(), "scans" | "text" | "description" | "tracking_url" | "at"))
                .for_each(|(key, value)| collect(value, &below(key), parts)),
        },
        Value::Array(items) if items.len() == 1 => items.iter().for_each(|item| collect(item, path, parts)),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, &format!("{path}[{}]", index + 1), parts);
            }
        }
        Value::String(text) => parts.push(format!("{path} {text}")),
        other => parts.push(format!("{path} {other}")),
    }
}

fn tried(conversation: &Conversation) -> String {
    let lines: Vec<String> = conversation
        .dialogue
        .iter()
        .filter_map(|entry| match entry {
            Entry::Result { tool, outcome, receipt, .. } => Some(format!("- {tool}: {}", result(*outcome, receipt))),
            _ => None,
        })
        .collect();
    if lines.is_empty() { "nothing yet".to_owned() } else { lines.join("\n") }
}

fn result(outcome: ToolOutcome, receipt: &Value) -> String {
    match outcome {
        ToolOutcome::Done if receipt.get("found") == Some(&Value::Bool(false)) => {
            "found nothing that agrees".to_owned()
        }
        ToolOutcome::Done => "done".to_owned(),
        ToolOutcome::Invalid => "not possible with what was given".to_owned(),
        ToolOutcome::Refused => "refused: identity or policy".to_owned(),
        ToolOutcome::Unavailable => "the system could not be reached".to_owned(),
    }
}

fn word(reason: HandoffReason) -> &'static str {
    match reason {
        HandoffReason::Asked => "asked",
        HandoffReason::Topic => "topic",
        HandoffReason::NeverArrived => "never-arrived",
        HandoffReason::Anger => "anger",
        HandoffReason::Threat => "threat",
        HandoffReason::RepeatedFailure => "repeated-failure",
        HandoffReason::WithheldClaim => "withheld-claim",
        HandoffReason::VendorOutage => "vendor-outage",
        HandoffReason::RefundFailed => "refund-failed",
        HandoffReason::Language => "language",
        HandoffReason::StorePolicy => "store-policy",
        HandoffReason::Operator => "operator",
    }
}

fn headline(reason: HandoffReason) -> &'static str {
    match reason {
        HandoffReason::Asked => "the shopper asked for a person",
        HandoffReason::Topic => "a topic for people",
        HandoffReason::NeverArrived => "goods did not arrive or are missing",
        HandoffReason::Anger => "the shopper is angry",
        HandoffReason::Threat => "the shopper threatens with steps",
        HandoffReason::RepeatedFailure => "the agent could not help",
        HandoffReason::WithheldClaim => "the agent's answer could not be backed by facts",
        HandoffReason::VendorOutage => "a system could not be reached",
        HandoffReason::RefundFailed => "a refund that was submitted did not go through",
        HandoffReason::Language => "a language that the agent does not speak",
        HandoffReason::StorePolicy => "the store's settings leave it to people",
        HandoffReason::Operator => "handed over by staff",
    }
}

fn next_step(reason: HandoffReason) -> &'static str {
    match reason {
        HandoffReason::NeverArrived => "Ask the carrier for proof of delivery; decide on a replacement or a refund.",
        HandoffReason::Topic => "Handle the request in the store's admin; the agent has changed nothing.",
        HandoffReason::Anger => "Apologise, and ask what would help; nothing was promised.",
        HandoffReason::Threat => "Read it before you answer; involve whoever handles legal matters and the press.",
        HandoffReason::VendorOutage => {
            "Look the order up by hand; the systems named under \"What was tried\" were not reachable."
        }
        HandoffReason::RefundFailed => {
            "Look at the order's payments, pay back in another way, and tell the shopper; they were told that it failed."
        }
        HandoffReason::Language => "Answer in the shopper's language.",
        HandoffReason::StorePolicy => "Answer the shopper; check the proposed reply, if there is one.",
        HandoffReason::Asked
        | HandoffReason::RepeatedFailure
        | HandoffReason::WithheldClaim
        | HandoffReason::Operator => "Answer the last message; the agent is silent from here on.",
    }
}
