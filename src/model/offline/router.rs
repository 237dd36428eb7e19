//! The router's part: intent, mood, language and entities of the message to be answered.

use serde_json::{Value, json};

use super::dialogue::{Dialogue, Turn};
use super::entities::{self, Named};
use super::facts::{self, Asked};
use super::intent::{self, Guess};
use super::wants::Want;
use super::words::Words;
use super::{mood, wants};
use crate::domain::event::Intent;
use crate::model::ChatRequest;

pub fn route(request: &ChatRequest) -> Value {
    let dialogue = Dialogue::read(&request.messages);
    let text = dialogue.now().user.as_str();
    let asked = Asked::in_words(dialogue.last_words());
    let words = Words::of(&entities::masked(text, asked.for_identity()));
    let named = entities::find(text, &facts::expecting(&dialogue, dialogue.turns.len().saturating_sub(1)));
    let guess = guess_in_context(&dialogue, &words, &named);
    json!({
        "intent": guess.intent.as_str(),
        "confidence": guess.confidence,
        "sentiment": mood::of(text, &words, guess.intent).as_str(),
        "language": facts::language(&dialogue),
        "entities": {
            "order_numbers": named.order_numbers,
            "emails": named.emails,
            "postcodes": named.postcodes,
        },
    })
}

/// An answer to what was asked continues what was being talked about.
fn guess_in_context(dialogue: &Dialogue, words: &Words, named: &Named) -> Guess {
    let own = behind_the_complaint(dialogue, words, intent::guess(words));
    let asked = Asked::in_words(dialogue.last_words());
    if asked.person && facts::is_yes(words) {
        return Guess { intent: Intent::HumanAgent, confidence: 0.9 };
    }
    let goes_on = matches!(
        own.intent,
        Intent::Other
            | Intent::ReturnRequest
            | Intent::RefundRequest
            | Intent::DamagedOrWrongItem
            | Intent::ProductQuestion
    );
    if asked.about_refund() && goes_on {
        return Guess { intent: Intent::RefundRequest, confidence: 0.8 };
    }
    let text = &dialogue.now().user;
    let asks = || wants::of(text, true, asked.for_identity()).iter().any(|want| want.is_about_order());
    let continues = !named.is_empty() || facts::is_yes(words) || facts::is_about_other_order(words) || asks();
    let decided = own.intent != Intent::Other && own.confidence >= 0.6;
    if decided || (own.intent == Intent::Other && own.confidence > 0.5) || (!continues && own.intent != Intent::Other) {
        return own;
    }
    if let Some(earlier) = earlier_guess(dialogue).filter(|_| continues) {
        return Guess { intent: earlier.intent, confidence: earlier.confidence.max(0.7) };
    }
    if own.intent == Intent::Other && own.confidence <= 0.5 && !named.is_empty() {
        return Guess { intent: Intent::OrderStatus, confidence: 0.6 };
    }
    // A greeting or thanks is understood, though it asks for nothing.
    if own.intent == Intent::Other && wants::of(text, false, false).iter().any(|want| want.is_manners()) {
        return Guess { intent: Intent::Other, confidence: 0.8 };
    }
    own
}

fn earlier_guess(dialogue: &Dialogue) -> Option<Guess> {
    let before = dialogue.turns.len().saturating_sub(1);
    let guess = |(index, turn): (usize, &Turn)| {
        let answers = Asked::before(dialogue, index).for_identity();
        intent::guess(&Words::of(&entities::masked(&turn.user, answers)))
    };
    dialogue.turns.iter().enumerate().take(before).rev().map(guess).find(|guess| guess.intent != Intent::Other)
}

/// Displeasure around a question does not hide the question, unless a complaint is what the shopper wants to make.
fn behind_the_complaint(dialogue: &Dialogue, words: &Words, guess: Guess) -> Guess {
    let explicit = ["complaint", "complaints", "complain", "complaining", "claim", "reclamation"];
    if guess.intent != Intent::Complaint || explicit.iter().any(|word| words.has(word)) {
        return guess;
    }
    let intent = wants::of(&dialogue.now().user, false, false).into_iter().find_map(|want| match want {
        Want::NeverArrived { .. } | Want::MissingItem => Some(Intent::MissingItemOrDeliveryProblem),
        Want::Person => Some(Intent::HumanAgent),
        Want::Refund(_) => Some(Intent::RefundRequest),
        want if want.is_about_order() || want == Want::ListOrders => Some(Intent::OrderStatus),
        _ => None,
    });
    intent.map_or(guess, |intent| Guess { intent, confidence: 0.65 })
}
