//! Manners, and what to do with words that are not understood.

use super::situation::Situation;
use super::{Decision, knowledge, people};
use crate::model::offline::facts;
use crate::model::offline::replies;
use crate::model::offline::replies::knowledge::subject_words;
use crate::model::offline::wants::Want;
use crate::model::offline::words::{clauses, is_question};

pub fn manners(want: Want) -> Decision {
    let text = match want {
        Want::Bot => replies::BOT,
        Want::Thanks => replies::THANKS,
        Want::Goodbye => replies::GOODBYE,
        Want::Abilities => replies::ABILITIES,
        _ => replies::GREETING,
    };
    Decision::Say(text.to_owned())
}

/// The rules are of English. Whoever writes in another language gets a person.
pub fn in_another_language(situation: &Situation) -> Option<Decision> {
    let language = facts::language(&situation.dialogue);
    if language == "en" {
        return None;
    }
    people::escalate(situation, "other", format!("The shopper writes in another language ({language})."))
}

/// Asks once; then offers a person; then brings one in.
pub fn unclear(situation: &Situation) -> Option<Decision> {
    let last = situation.dialogue.last_words();
    let text = &situation.dialogue.now().user;
    if last.contains(replies::UNCLEAR) {
        return Some(Decision::Say(replies::STILL_UNCLEAR.to_owned()));
    }
    if last.contains(replies::STILL_UNCLEAR) {
        return people::escalate(situation, "repeated_failure", String::new());
    }
    if situation.no && situation.words.len() <= 4 {
        return Some(Decision::Say(replies::DECLINED.to_owned()));
    }
    if situation.yes && situation.words.len() <= 4 {
        return Some(Decision::Say(replies::ABILITIES.to_owned()));
    }
    if knowledge::goes_on_about_product(situation) {
        return Some(knowledge::product(situation));
    }
    let pending = situation.asked.order_number || situation.asked.proof;
    if pending {
        return Some(Decision::Say(replies::ASK_BOTH_AGAIN.to_owned()));
    }
    let asks = clauses(text).into_iter().any(is_question) && !subject_words(text).is_empty();
    if asks && situation.can("search_help_center") {
        return Some(knowledge::policy(situation));
    }
    Some(Decision::Say(replies::UNCLEAR.to_owned()))
}
