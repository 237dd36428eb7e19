//! When a person takes over, as far as the words of a message decide it.

use super::People;
use crate::domain::event::{Analysis, HandoffReason, Intent, Sentiment};
use crate::domain::text::lower;

/// A person's case, by what the router read and what the store keeps for people. A rude but complete question is not
/// one: anger alone hands off only where nothing else was asked.
pub fn by_message(people: &People, analysis: &Analysis, text: &str) -> Option<HandoffReason> {
    let text = lower(text);
    let said: Vec<&str> = words(&text).collect();
    let named = |phrase: &String| contains(&said, phrase);
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

fn contains(said: &[&str], phrase: &str) -> bool {
    // Most phrases begin with no word of a message, and to take one apart costs more than to see its first letter.
    let letter = phrase.bytes().next().filter(u8::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase());
    if letter.is_some_and(|letter| !said.iter().any(|word| word.bytes().next() == Some(letter))) {
        return false;
    }
    let phrase = lower(phrase);
    let mut rest = words(&phrase);
    let Some(first) = rest.next() else { return false };
    let goes_on = |at: usize| {
        let mut after = said.iter().skip(at + 1);
        rest.clone().all(|word| after.next() == Some(&word))
    };
    said.iter().enumerate().any(|(at, word)| *word == first && goes_on(at))
}

fn words(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests;
