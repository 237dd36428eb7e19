//! What a colleague is told with a ticket: the whole dialogue, who the shopper has proved to be, what is known and from
//! where, what was tried, and what to do next.

use serde_json::Value;

use super::manners::LeftShoppers;
use super::{Inner, StoreSetup};
use crate::agents::conversation::{Conversation, Entry};
use crate::domain::customer::Email;
use crate::domain::event::{Author, HandoffReason, TicketCause, ToolOutcome};
use crate::domain::id::EffectId;
use crate::domain::identity::{MatchedBy, Proof};
use crate::domain::order::OrderId;
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
    let twin = conversation.twin.as_ref();
    let cause = twin.and_then(|twin| twin.cause);
    let reason = conversation.handoff.as_ref().map_or(HandoffReason::Operator, |handoff| handoff.reason);
    let (headline, tag, note) = match cause {
        Some(cause) => (
            cause_headline(cause),
            cause_tag(cause),
            note(setup, conversation, cause_headline(cause), cause_step(cause)),
        ),
        None => (headline(reason), reason_tag(reason), summary_note(setup, conversation, reason)),
    };
    TicketDraft {
        effect: effect.clone(),
        subject: subject(conversation, headline),
        tags: vec![tag],
        customer: customer(setup, conversation, twin.map_or_else(|| conversation.email(), |twin| twin.email.clone())),
        transcript: transcript(conversation),
        note,
    }
}

/// What a colleague needs who takes a conversation over for this reason.
pub(super) fn summary_note(setup: &StoreSetup, conversation: &Conversation, reason: HandoffReason) -> String {
    note(setup, conversation, headline(reason), next_step(reason))
}

/// The tag of a ticket that was opened for this reason.
pub(super) fn reason_tag(reason: HandoffReason) -> String {
    format!("deskhand-{}", word(reason))
}

fn cause_tag(cause: TicketCause) -> String {
    let word = match cause {
        TicketCause::EveryConversation => "conversation",
        TicketCause::Approval => "approval",
        TicketCause::Question => "question",
    };
    format!("deskhand-{word}")
}

fn cause_headline(cause: TicketCause) -> &'static str {
    match cause {
        TicketCause::EveryConversation => "a conversation with the agent",
        TicketCause::Approval => "an approval is asked for",
        TicketCause::Question => "the agent has a question",
    }
}

fn cause_step(cause: TicketCause) -> &'static str {
    match cause {
        TicketCause::EveryConversation => {
            "None: the agent is talking. Write to the shopper to take the conversation over."
        }
        TicketCause::Approval => "Decide about what waits; the agent goes on talking.",
        TicketCause::Question => "Answer the agent's question with a note, as it says; the agent goes on talking.",
    }
}

/// Whose ticket it is. Where nobody is to be mailed, it is a visitor's.
pub(super) fn customer(setup: &StoreSetup, conversation: &Conversation, email: Option<Email>) -> TicketCustomer {
    let home = conversation.twin.as_ref().is_some_and(|twin| twin.home);
    let email = if home { email } else { setup.manners.address(&conversation.id, email) };
    let name = conversation.claimed.as_ref().and_then(|claim| claim.get("name")).and_then(Value::as_str);
    TicketCustomer { conversation: conversation.id.clone(), email, name: name.map(str::to_owned) }
}

fn subject(conversation: &Conversation, headline: &str) -> String {
    let orders: Vec<&str> = conversation.matched.iter().map(|(name, _)| name.as_str()).collect();
    match orders.as_slice() {
        [] => format!("Chat: {headline}"),
        orders => format!("Chat about {}: {headline}", orders.join(", ")),
    }
}

fn transcript(conversation: &Conversation) -> Vec<TranscriptLine> {
    let lines = conversation.dialogue.iter().filter_map(|entry| {
        let (from_customer, id, at) = match entry {
            Entry::Customer { at, message, .. } => (true, message, at),
            Entry::Said { at, message, .. } | Entry::Person { at, message, .. } => (false, message, at),
            Entry::Answered { .. } | Entry::Calls(_) | Entry::Result { .. } => return None,
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
        Entry::Answered { .. } | Entry::Calls(_) | Entry::Result { .. } => None,
    }
}

fn note(setup: &StoreSetup, conversation: &Conversation, headline: &str, next_step: &str) -> String {
    let mut note = String::new();
    section(&mut note, "Why a person", headline);
    if let Some(analysis) = &conversation.analysis {
        let intent = analysis.intent.as_str();
        let line = format!("{intent}, {}, language {}", analysis.sentiment.as_str(), analysis.language);
        section(&mut note, "What it is about", &line);
    }
    if let Some(prepared) = prepared(conversation) {
        section(&mut note, "Prepared, not done", &prepared);
    }
    section(&mut note, "Proved identity", &identity(conversation));
    if let Some(email) = conversation.email().filter(|_| setup.manners.left_shoppers != LeftShoppers::Helpdesk) {
        let email = email.as_str();
        section(&mut note, "Address", &format!("{email}; nothing is mailed there: what you answer waits in the chat"));
    }
    section(&mut note, "Facts, with their source", &facts(conversation));
    section(&mut note, "What was tried", &tried(conversation));
    if let Some(question) = conversation.question.as_ref().filter(|question| question.waits()) {
        section(&mut note, "The agent's question, not answered yet", &question.text);
    }
    if let Some(draft) = &conversation.draft {
        section(&mut note, "Proposed reply (not sent)", draft);
    }
    section(&mut note, "Proposed next step", next_step);
    let links = links(setup, conversation);
    if !links.is_empty() {
        section(&mut note, "Links", &links.join("\n"));
    }
    section(&mut note, "Conversation", &format!("{} in {}", conversation.id, setup.profile.name));
    note
}

/// Where a colleague sees more: the orders, and the parcels at their carriers.
fn links(setup: &StoreSetup, conversation: &Conversation) -> Vec<String> {
    let order = |(name, id): &(String, OrderId)| {
        Some(format!("- order {name}: {}", setup.readers.commerce.page_for_people(id)?))
    };
    let mut links: Vec<String> = conversation.matched.iter().filter_map(order).collect();
    conversation.receipts().for_each(|(_, _, receipt)| collect_tracking(receipt, &mut links));
    links
}

fn collect_tracking(value: &Value, links: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            let url = object.get("tracking_url").and_then(Value::as_str);
            let link = url.map(|url| format!("- parcel: {url}"));
            links.extend(link.filter(|link| !links.contains(link)));
            object.values().for_each(|value| collect_tracking(value, links));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_tracking(item, links)),
        _ => {}
    }
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
        .receipts()
        .filter(|(tool, ..)| *tool != EscalateToHuman::NAME)
        .map(|(tool, at, receipt)| format!("- {tool} ({at}): {}", outline(receipt)))
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
        // What a wish came to is no more done than the decision says.
        ToolOutcome::Done if receipt.get("decision").is_some() => {
            let decision = receipt.get("decision").and_then(Value::as_str).unwrap_or_default();
            decision.replace('_', " ")
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
        HandoffReason::Unsure => "unsure",
        HandoffReason::Fraud => "fraud",
        HandoffReason::Press => "press",
        HandoffReason::Approval => "approval",
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
        HandoffReason::Unsure => "it is not clear enough what the shopper wants",
        HandoffReason::Fraud => "it may be about fraud",
        HandoffReason::Press => "the press, or somebody who speaks in public",
        HandoffReason::Approval => "an approval is asked for",
        HandoffReason::Operator => "handed over by staff",
    }
}

fn next_step(reason: HandoffReason) -> &'static str {
    match reason {
        HandoffReason::NeverArrived => "Ask the carrier for proof of delivery; decide on a replacement or a refund.",
        HandoffReason::Topic => {
            "Handle what is open in the store's admin; \"What was tried\" tells what the agent has done."
        }
        HandoffReason::Anger => "Apologise, and ask what would help.",
        HandoffReason::Threat => "Read it before you answer; involve whoever handles legal matters and the press.",
        HandoffReason::VendorOutage => {
            "Look the order up by hand; the systems named under \"What was tried\" were not reachable."
        }
        HandoffReason::RefundFailed => {
            "Look at the order's payments, pay back in another way, and tell the shopper; they were told that it failed."
        }
        HandoffReason::Language => "Answer in the shopper's language.",
        HandoffReason::StorePolicy => "Answer the shopper; check the proposed reply, if there is one.",
        HandoffReason::Unsure => "Ask the shopper what they need.",
        HandoffReason::Fraud => {
            "Look at the order's payment and at what was changed lately before you ship, refund or tell anything."
        }
        HandoffReason::Press => "Pass it to whoever speaks for the store.",
        HandoffReason::Approval => "Decide about what waits, and answer the shopper.",
        HandoffReason::Asked
        | HandoffReason::RepeatedFailure
        | HandoffReason::WithheldClaim
        | HandoffReason::Operator => "Answer the last message; the agent is silent from here on.",
    }
}
