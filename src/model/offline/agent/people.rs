//! When a person takes over.

use serde_json::{Value, json};

use super::situation::Situation;
use super::{Decision, Planned};
use crate::domain::event::Sentiment;
use crate::model::offline::dialogue::PastCall;
use crate::model::offline::lexicon::everyday::{COLLEAGUES, SAID};
use crate::model::offline::receipts::{self, error_code};
use crate::model::offline::replies::knowledge::mended_subject_words;
use crate::model::offline::replies::{self, OFFER_PERSON};
use crate::model::offline::wants::Want;
use crate::model::offline::{intent, mood};

pub const ESCALATE: &str = "escalate_to_human";
const ASK: &str = "ask_colleague";

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

/// A colleague has answered a question of ours, and nobody else has said anything.
pub fn what_a_colleague_answered(situation: &Situation) -> Option<Decision> {
    let answered = !situation.dialogue.now().said.is_empty();
    untold_answer(situation).filter(|_| answered).map(Decision::Say)
}

/// What a colleague has answered comes before what is said to the shopper's present words.
pub fn after_the_answer(situation: &Situation, decision: Decision) -> Decision {
    let Some(told) = untold_answer(situation) else { return decision };
    match decision {
        Decision::Say(text) if !text.contains(&told) => Decision::Say(replies::join([told, text])),
        Decision::SayAndCall(text, call) => Decision::SayAndCall(replies::join([told, text]), call),
        decision => decision,
    }
}

fn untold_answer(situation: &Situation) -> Option<String> {
    let said =
        |told: &String| situation.dialogue.turns.iter().any(|turn| turn.said.iter().any(|own| own.contains(told)));
    let answers = situation.dialogue.calls().rev().filter(|call| call.name == ASK);
    answers.filter_map(answer_of).next().filter(|told| !said(told))
}

fn answer_of(asked: &PastCall) -> Option<String> {
    let result = asked.result.as_ref()?;
    let answer = receipts::text(result, "answer")?;
    Some(replies::colleague_answered(receipts::text(result, "answered_by"), answer))
}

/// Puts the shopper's question to a colleague, where one may be asked, and says so. `None`: nobody may be.
pub fn ask(situation: &Situation) -> Option<Decision> {
    // A word by itself says too little to somebody who has not read the conversation.
    if !situation.can(ASK) || mended_subject_words(&situation.dialogue.now().user).len() < 2 {
        return None;
    }
    let call = Planned { tool: ASK, arguments: json!({"question": shoppers_words(situation)}) };
    let asked = |past: &PastCall| past.result.as_ref().is_some_and(|result| error_code(result).is_none());
    if let Some(past) = situation.made_now(&call) {
        return asked(past).then(|| Decision::Say(replies::ASKED.to_owned()));
    }
    Some(match situation.made_before(&call).filter(|past| asked(past)) {
        Some(past) => Decision::Say(answer_of(past).unwrap_or_else(|| replies::STILL_ASKED.to_owned())),
        None => Decision::Call(vec![call]),
    })
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
