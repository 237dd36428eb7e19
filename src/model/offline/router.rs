//! The router's part: intent, mood, language and entities of the message to be answered.

use serde_json::{Value, json};

use super::dialogue::Dialogue;
use super::entities::{self, Named};
use super::facts::{self, Asked};
use super::intent::{self, Guess};
use super::words::Words;
use super::{language, mood};
use crate::domain::event::Intent;
use crate::model::ChatRequest;

pub fn route(request: &ChatRequest) -> Value {
    let dialogue = Dialogue::read(&request.messages);
    let text = dialogue.now().user.as_str();
    let words = Words::of(text);
    let named = entities::find(text, &facts::expecting(&dialogue, dialogue.turns.len().saturating_sub(1)));
    let guess = guess_in_context(&dialogue, &words, &named);
    json!({
        "intent": guess.intent.as_str(),
        "confidence": guess.confidence,
        "sentiment": mood::of(text, &words, guess.intent).as_str(),
        "language": language_of(&dialogue),
        "entities": {
            "order_numbers": named.order_numbers,
            "emails": named.emails,
            "postcodes": named.postcodes,
        },
    })
}

/// An answer to what was asked continues what was being talked about.
fn guess_in_context(dialogue: &Dialogue, words: &Words, named: &Named) -> Guess {
    let own = intent::guess(words);
    let asked = Asked::in_words(dialogue.last_words());
    if asked.person && facts::is_yes(words) {
        return Guess { intent: Intent::HumanAgent, confidence: 0.9 };
    }
    let continues = !named.is_empty() || facts::is_yes(words) || facts::is_about_other_order(words);
    let decided = own.intent != Intent::Other && own.confidence >= 0.6;
    if decided || (own.intent == Intent::Other && own.confidence > 0.5) || (!continues && own.intent != Intent::Other) {
        return own;
    }
    if let Some(earlier) = earlier_guess(dialogue).filter(|_| continues) {
        return Guess { intent: earlier.intent, confidence: earlier.confidence.max(0.7) };
    }
    if own.intent == Intent::Other && (!named.order_numbers.is_empty() || named.one_time_code) {
        return Guess { intent: Intent::OrderStatus, confidence: 0.6 };
    }
    own
}

fn earlier_guess(dialogue: &Dialogue) -> Option<Guess> {
    let before = dialogue.turns.len().saturating_sub(1);
    dialogue
        .turns
        .iter()
        .take(before)
        .rev()
        .map(|turn| intent::guess(&Words::of(&turn.user)))
        .find(|guess| guess.intent != Intent::Other)
}

/// The language of the latest message that tells one.
fn language_of(dialogue: &Dialogue) -> &'static str {
    dialogue.turns.iter().rev().find_map(|turn| language::of(&turn.user)).unwrap_or("en")
}
