//! When a person takes over, as far as the words of a message decide it.

use super::People;
use crate::domain::event::{Analysis, HandoffReason, Intent, Sentiment};

/// A person's case, by what the router read and what the store keeps for people. A rude but complete question is not
/// one: anger alone hands off only where nothing else was asked.
pub fn by_message(people: &People, analysis: &Analysis, text: &str) -> Option<HandoffReason> {
    let words = words(text);
    let named = |phrase: &String| contains(&words, phrase);
    if people.fraud.iter().any(named) {
        return Some(HandoffReason::Fraud);
    }
    if people.press.iter().any(named) {
        return Some(HandoffReason::Press);
    }
    if analysis.sentiment == Sentiment::Threat {
        return Some(HandoffReason::Threat);
    }
    if analysis.intent == Intent::HumanAgent {
        return Some(HandoffReason::Asked);
    }
    let asks_nothing = matches!(analysis.intent, Intent::Complaint | Intent::Other);
    if analysis.sentiment == Sentiment::Angry && asks_nothing {
        return Some(HandoffReason::Anger);
    }
    if people.topics.values().flatten().any(named) {
        return Some(HandoffReason::Topic);
    }
    (analysis.confidence < people.hand_off_below).then_some(HandoffReason::Unsure)
}

fn contains(words: &[String], phrase: &str) -> bool {
    let phrase = self::words(phrase);
    !phrase.is_empty() && words.windows(phrase.len()).any(|window| window == phrase.as_slice())
}

fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
