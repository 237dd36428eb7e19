//! What the rules know of a shopper's last message, for whoever reads messages without a model.

use std::sync::LazyLock;

use super::dialogue::Dialogue;
use super::entities::{self, Named};
use super::facts::{self, Asked};
use super::intent::{self, Guess};
use super::lexicon::everyday::REFERS_BACK;
use super::pattern::Phrases;
use super::wants::{self, Want};
use super::words::{Words, plain};
use super::{language, mood, router};
use crate::domain::event::{Entities, Intent, Sentiment};
use crate::model::Message;

static REFERS_BACK_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(REFERS_BACK));

/// A text as words.
#[derive(Clone, Debug)]
pub struct Text {
    words: Words,
    written: Vec<String>,
}

impl Text {
    /// Without the facts in it: an order number leaves the word "order", addresses leave nothing.
    pub fn of(text: &str) -> Self {
        Self::of_masked(&entities::masked(text, false))
    }

    fn of_masked(masked: &str) -> Self {
        let written = plain(masked);
        Self { words: Words::mended(&written), written }
    }

    /// In lower case, contractions opened, typing slips mended.
    pub fn words(&self) -> &[String] {
        self.words.as_slice()
    }

    /// The same with the slips.
    pub fn written(&self) -> &[String] {
        &self.written
    }

    /// How much the phrases that the rules know speak for each intent.
    pub fn cues(&self) -> Vec<(Intent, f64)> {
        intent::scores(&self.words)
    }

    /// What the rules make of these scores.
    pub fn guess(scores: &[(Intent, f64)]) -> (Intent, f64) {
        let guess = intent::best(scores.to_vec());
        (guess.intent, guess.confidence)
    }
}

/// The last message of a dialogue, and how it stands to what was said before.
#[derive(Clone, Debug)]
pub struct Reading {
    text: String,
    by_itself: Text,
    /// As an answer to what was asked.
    words: Words,
    named: Named,
    guess: Guess,
    in_context: Guess,
    language: Option<&'static str>,
    tongue: &'static str,
    asked: bool,
    only_facts: bool,
    wants_person: bool,
}

impl Reading {
    pub fn of(messages: &[Message]) -> Self {
        let dialogue = Dialogue::read(messages);
        let text = dialogue.now().user.clone();
        let asked = Asked::in_words(dialogue.last_words());
        let masked = entities::masked(&text, false);
        let by_itself = Text::of_masked(&masked);
        let wants_person = wants::of_masked(&text, &masked, false).contains(&Want::Person);
        let (masked, words) = if asked.for_identity() {
            let masked = entities::masked(&text, true);
            let words = Words::of(&masked);
            (masked, words)
        } else {
            (masked, by_itself.words.clone())
        };
        let named = entities::find(&text, &facts::expecting(&dialogue, dialogue.turns.len().saturating_sub(1)));
        Self {
            guess: intent::guess(&words),
            in_context: router::guess_in_context(&dialogue, &masked, &words, &named),
            language: language::of(&text),
            tongue: facts::language(&dialogue),
            asked: dialogue.last_words().contains(['?', '\u{ff1f}']) || asked != Asked::default(),
            only_facts: words.is_empty() && !named.is_empty(),
            wants_person: wants_person || intent::speaks_of_person(&words),
            text,
            by_itself,
            words,
            named,
        }
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// Read without what was said before.
    pub fn by_itself(&self) -> &Text {
        &self.by_itself
    }

    pub fn entities(&self) -> Entities {
        Entities {
            order_numbers: self.named.order_numbers.clone(),
            emails: self.named.emails.clone(),
            postcodes: self.named.postcodes.clone(),
        }
    }

    /// What the message's own words say to the rules.
    pub fn by_words(&self) -> Intent {
        self.guess.intent
    }

    /// Whether the rules read it otherwise for what was said before, or for what it wants beside its topic.
    pub fn depends_on_context(&self) -> bool {
        self.guess.intent != self.in_context.intent
    }

    /// Nothing but order numbers, addresses and postcodes.
    pub fn is_only_facts(&self) -> bool {
        self.only_facts
    }

    /// Whether our last words wanted an answer.
    pub fn answers_a_question(&self) -> bool {
        self.asked
    }

    /// "It", "the other one": what is meant was said before.
    pub fn refers_back(&self) -> bool {
        REFERS_BACK_P.is_in(&self.words)
    }

    /// ISO 639-1: of the message, else of the dialogue.
    pub fn language(&self) -> &'static str {
        self.language.unwrap_or(self.tongue)
    }

    pub fn wants_person(&self) -> bool {
        self.wants_person
    }

    /// Any sign of rage or of a threat.
    pub fn is_alarming(&self) -> bool {
        mood::is_alarming(&self.words) || mood::is_alarming(&Words::of(&self.text))
    }

    /// The mood of the message, read as `intent`.
    pub fn sentiment(&self, intent: Intent) -> Sentiment {
        mood::of(&self.text, &self.words, intent)
    }
}
