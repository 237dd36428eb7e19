//! When a person takes over, as far as the words of a message decide it.

use super::People;
use crate::domain::event::{Analysis, HandoffReason, Intent, Sentiment};

/// A person's case, by what the router read and what the store keeps for people. A rude but complete question is not
/// one: anger alone hands off only where nothing else was asked.
pub fn by_message(people: &People, analysis: &Analysis, text: &str) -> Option<HandoffReason> {
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
    names_topic(people, text).then_some(HandoffReason::Topic)
}

fn names_topic(people: &People, text: &str) -> bool {
    let words = words(text);
    people.topics.values().flatten().any(|phrase| {
        let phrase = self::words(phrase);
        !phrase.is_empty() && words.windows(phrase.len()).any(|window| window == phrase.as_slice())
    })
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
