//! The router's part: intent, mood, language and entities of the message to be answered.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::dialogue::{Dialogue, Turn};
use super::entities::{self, Named};
use super::facts::{self, Asked};
use super::intent::{self, Guess};
use super::lexicon::changes::{HOW_IT_STANDS, HOW_TO_SEND};
use super::pattern::Phrases;
use super::wants::{Heard, Want};
use super::words::Words;
use super::{mood, wants};
use crate::domain::event::Intent;
use crate::model::ChatRequest;

static HOW_TO_SEND_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(HOW_TO_SEND));
static HOW_IT_STANDS_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(HOW_IT_STANDS));

pub fn route(request: &ChatRequest) -> Value {
    let dialogue = Dialogue::read(&request.messages);
    let text = dialogue.now().user.as_str();
    let asked = Asked::in_words(dialogue.last_words());
    let masked = entities::masked(text, asked.for_identity());
    let words = Words::of(&masked);
    let named = entities::find(text, &facts::expecting(&dialogue, asked));
    let guess = intent::guess(&words);
    let heard = Heard::of(text, &masked, &words, Some(guess));
    let guess = guess_in_context(&dialogue, &Said { asked, words: &words, guess, named: &named, heard: &heard });
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

/// The message to be answered, as far as it was read.
#[derive(Debug)]
pub struct Said<'a> {
    /// Of it, by our last words.
    pub asked: Asked,
    /// What is said beside the facts.
    pub words: &'a Words,
    /// By these words.
    pub guess: Guess,
    pub named: &'a Named,
    pub heard: &'a Heard<'a>,
}

/// An answer to what was asked continues what was being talked about.
pub fn guess_in_context(dialogue: &Dialogue, said: &Said<'_>) -> Guess {
    let &Said { asked, words, guess, named, heard } = said;
    let own = behind_the_complaint(dialogue, words, guess);
    if asked.person && facts::is_yes(words) {
        return Guess { intent: Intent::HumanAgent, confidence: 0.9 };
    }
    let goes_on = matches!(
        own.intent,
        Intent::Other
            | Intent::ReturnRequest
            | Intent::RefundRequest
            | Intent::Exchange
            | Intent::DamagedOrWrongItem
            | Intent::ProductQuestion
    );
    if asked.about_refund() && goes_on {
        let earlier = earlier_guess(dialogue).map(|guess| guess.intent);
        let of_goods = earlier.filter(|intent| matches!(intent, Intent::ReturnRequest | Intent::Exchange));
        return Guess { intent: of_goods.unwrap_or(Intent::RefundRequest), confidence: 0.8 };
    }
    let of_an_order = heard.wants(true);
    if of_an_order.contains(&Want::Address) {
        return Guess { intent: Intent::ModifyOrderOrAddress, confidence: 0.85 };
    }
    let without_order = named.is_empty().then(|| heard.wants(false));
    let grants = |want: &Want| matches!(want, Want::Goodwill | Want::StoreCredit);
    if without_order.as_ref().unwrap_or(&of_an_order).iter().any(grants) {
        return Guess { intent: Intent::RefundRequest, confidence: 0.85 };
    }
    if asked.address && (own.intent == Intent::Other || own.confidence < 0.6) {
        return Guess { intent: Intent::ModifyOrderOrAddress, confidence: 0.8 };
    }
    if goes_on_about_return(dialogue, words, named, own) {
        return Guess { intent: Intent::ReturnRequest, confidence: 0.8 };
    }
    let asks = of_an_order.iter().any(|want| want.is_about_order());
    let continues = !named.is_empty() || facts::is_yes(words) || facts::is_about_other_order(words) || asks;
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
    if own.intent == Intent::Other && wants::of(&dialogue.now().user, false, false).iter().any(|want| want.is_manners())
    {
        return Guess { intent: Intent::Other, confidence: 0.8 };
    }
    own
}

/// Turns back from now in which a return is still what is talked about.
const LATELY: usize = 3;

/// `Has it arrived?` after words of ours about a return.
fn goes_on_about_return(dialogue: &Dialogue, words: &Words, named: &Named, own: Guess) -> bool {
    let of_return = |said: &String| {
        let said = said.to_lowercase();
        ["return #", "your return", "opened return"].iter().any(|words| said.contains(words))
    };
    let lately = dialogue.before().iter().rev().take(LATELY);
    let elsewhere = matches!(own.intent, Intent::CancelOrder | Intent::ModifyOrderOrAddress | Intent::HumanAgent);
    named.order_numbers.is_empty()
        && !elsewhere
        && (HOW_IT_STANDS_P.is_in(words) || HOW_TO_SEND_P.is_in(words))
        && lately.flat_map(|turn| &turn.said).any(of_return)
}

fn earlier_guess(dialogue: &Dialogue) -> Option<Guess> {
    let guess = |(index, turn): (usize, &Turn)| {
        let answers = Asked::before(dialogue, index).for_identity();
        intent::guess(&Words::of(&entities::masked(&turn.user, answers)))
    };
    dialogue.before().iter().enumerate().rev().map(guess).find(|guess| guess.intent != Intent::Other)
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
        Want::Return => Some(Intent::ReturnRequest),
        Want::Exchange => Some(Intent::Exchange),
        Want::Cancel => Some(Intent::CancelOrder),
        Want::Address | Want::Note => Some(Intent::ModifyOrderOrAddress),
        want if want.is_about_order() || want == Want::ListOrders => Some(Intent::OrderStatus),
        _ => None,
    });
    intent.map_or(guess, |intent| Guess { intent, confidence: 0.65 })
}
