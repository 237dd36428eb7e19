//! When a person takes over.

use serde_json::{Value, json};

use super::situation::Situation;
use super::{Decision, Planned};
use crate::domain::event::Sentiment;
use crate::model::offline::lexicon::everyday::{COLLEAGUES, SAID};
use crate::model::offline::receipts::error_code;
use crate::model::offline::replies::{self, OFFER_PERSON};
use crate::model::offline::wants::Want;
use crate::model::offline::{intent, mood};

pub const ESCALATE: &str = "escalate_to_human";

/// The hand-off was asked for in this turn: there is nothing to add, or it failed.
pub fn after_hand_off(situation: &Situation) -> Option<Decision> {
    let call = situation.latest_now(ESCALATE)?;
    let failed = call.result.as_ref().is_some_and(|result| error_code(result).is_some());
    let text = if failed { "I am sorry, I could not reach a person." } else { "Thank you for your patience." };
    Some(Decision::Say(text.to_owned()))
}

/// A system that the answer depends on cannot be reached, or a call failed in a way that cannot be mended here.
pub fn when_out_of_order(situation: &Situation) -> Option<Decision> {
    let failed = situation.failed_now("unavailable")?;
    let call = escalation(situation, "other", format!("The tool {} could not be reached.", failed.name));
    Some(match call {
        Some(call) => Decision::SayAndCall(replies::OUTAGE.to_owned(), call),
        None => Decision::Say(replies::OUTAGE.to_owned()),
    })
}

pub fn when_threatened_or_asked(situation: &Situation) -> Option<Decision> {
    let text = &situation.dialogue.now().user;
    let answerable = situation.wants.iter().any(|want| want.is_business());
    match mood::of(text, &situation.words, intent::guess(&situation.words).intent) {
        Sentiment::Threat => escalate(situation, "threat", String::new()),
        Sentiment::Angry if !answerable => escalate(situation, "anger", String::new()),
        _ if situation.wants.contains(&Want::Person) => escalate(situation, "asked", String::new()),
        _ => None,
    }
}

/// "Shall I bring in a person?" "Yes, please."
pub fn when_accepted(situation: &Situation) -> Option<Decision> {
    if !situation.asked.person {
        return None;
    }
    let only_answers = situation.wants.iter().all(|want| !want.is_business()) && situation.facts.named_now.is_empty();
    if situation.yes && only_answers {
        return escalate(situation, "asked", String::new());
    }
    let declines = situation.no && only_answers && situation.words.len() <= 5 && situation.wants.is_empty();
    declines.then(|| Decision::Say(replies::DECLINED.to_owned()))
}

/// "What did your colleague say?" Their words as they wrote them, each sentence by itself.
pub fn what_a_colleague_said(situation: &Situation) -> Option<Decision> {
    let (name, text) = situation.dialogue.turns.iter().rev().find_map(|turn| turn.colleagues.last())?;
    let user = situation.dialogue.now().user.to_lowercase();
    let words: Vec<&str> = user.split(|c: char| !c.is_alphanumeric()).collect();
    let spoken = |known: &[&str]| words.iter().any(|word| known.contains(word));
    let by_name = name.as_ref().is_some_and(|name| words.contains(&name.to_lowercase().as_str()));
    if !spoken(SAID) || !(by_name || spoken(COLLEAGUES)) || !situation.facts.named_now.is_empty() {
        return None;
    }
    Some(Decision::Say(replies::colleague_wrote(name.as_deref(), text)))
}

pub fn for_people(situation: &Situation, topic: &str) -> Decision {
    // Said once; when the shopper comes back to it, a person takes it.
    let said = replies::for_people(topic);
    if situation.dialogue.last_words().contains(&said)
        && let Some(decision) = escalate(situation, "topic", format!("It is about {topic}."))
    {
        return decision;
    }
    Decision::Say(said)
}

pub fn complaint() -> Decision {
    Decision::Say(format!("I am sorry about the trouble. {OFFER_PERSON}"))
}

/// The hand-off, when the tool for it is there and was not used in this turn.
pub fn escalate(situation: &Situation, reason: &str, known: String) -> Option<Decision> {
    escalation(situation, reason, known).map(|call| Decision::Call(vec![call]))
}

pub fn escalation(situation: &Situation, reason: &str, known: String) -> Option<Planned> {
    if !situation.can(ESCALATE) || situation.latest_now(ESCALATE).is_some() {
        return None;
    }
    let summary = summary(situation, known);
    Some(Planned { tool: ESCALATE, arguments: json!({"reason": reason, "summary": summary, "proposal": null}) })
}

/// The hand-off with what the shopper wants done to goods, which only people do.
pub fn propose(situation: &Situation, kind: &str, goods: Value) -> Option<Decision> {
    let mut call = escalation(situation, "topic", String::new())?;
    let wanted = shoppers_words(situation);
    *call.arguments.get_mut("proposal")? = json!({"kind": kind, "goods": goods, "wanted": wanted});
    Some(Decision::Call(vec![call]))
}

pub fn shoppers_words(situation: &Situation) -> String {
    let words: String = situation.dialogue.now().user.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(200).collect()
}

/// What the person should know: the shopper's words, the orders, what the systems said.
fn summary(situation: &Situation, known: String) -> String {
    const LONGEST: usize = 600;
    let words = shoppers_words(situation);
    let orders = match situation.facts.focus.as_slice() {
        [] => String::new(),
        numbers => format!(" Orders named: {}.", numbers.join(", ")),
    };
    let known = if known.is_empty() { known } else { format!(" Known: {}", known.replace("\n\n", " ")) };
    format!("The shopper wrote: \"{words}\".{orders}{known}").chars().take(LONGEST).collect()
}
