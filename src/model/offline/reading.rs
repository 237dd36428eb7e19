//! What the rules know of a shopper's last message, for whoever reads messages without a model.

use std::sync::LazyLock;

use super::dialogue::Dialogue;
use super::entities::{self, Expecting, Named};
use super::facts::{self, Asked};
use super::intent::{self, Guess};
use super::lexicon::everyday::REFERS_BACK;
use super::pattern::Phrases;
use super::router::Said;
use super::wants::{Heard, Want};
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
    cues: Vec<(Intent, f64)>,
    guess: Guess,
}

impl Text {
    /// Without the facts in it: an order number leaves the word "order", addresses leave nothing.
    pub fn of(text: &str) -> Self {
        Self::of_masked(&entities::masked(text, false))
    }

    fn of_masked(masked: &str) -> Self {
        let written = plain(masked);
        let words = Words::mended(written.clone());
        let cues = intent::scores(&words);
        Self { guess: intent::best(cues.clone()), words, written, cues }
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
    pub fn cues(&self) -> &[(Intent, f64)] {
        &self.cues
    }

    /// What the rules make of that.
    pub fn guess(&self) -> (Intent, f64) {
        (self.guess.intent, self.guess.confidence)
    }
}

/// The last message of a dialogue, and how it stands to what was said before.
#[derive(Clone, Debug)]
pub struct Reading {
    text: String,
    by_itself: Text,
    /// The words as an answer to what was asked, where that reads them otherwise.
    as_answer: Option<Words>,
    named: Named,
    guess: Guess,
    in_context: Guess,
    language: &'static str,
    asked: bool,
    only_facts: bool,
    wants_person: bool,
    alarming: bool,
}

impl Reading {
    pub fn of(messages: &[Message]) -> Self {
        let dialogue = Dialogue::read(messages);
        let text = dialogue.now().user.clone();
        let asked = Asked::in_words(dialogue.last_words());
        let alone = entities::find(&text, &Expecting::default());
        let masked = entities::without(&text, &alone, false);
        let by_itself = Text::of_masked(&masked);
        let heard = Heard::of(&text, &masked, &by_itself.words, Some(by_itself.guess));
        let wants_person = heard.wants(false).contains(&Want::Person);

        let answer = asked.for_identity().then(|| entities::without(&text, &alone, true));
        let expecting = facts::expecting(&dialogue, asked);
        let named = if expecting.is_nothing() { alone } else { entities::find(&text, &expecting) };
        let as_answer = answer.as_deref().map(Words::of);
        let words = as_answer.as_ref().unwrap_or(&by_itself.words);
        let guess = as_answer.as_ref().map_or(by_itself.guess, intent::guess);
        let answer = answer.as_deref().map(|masked| Heard::of(&text, masked, words, Some(guess)));
        let said = Said { asked, words, guess, named: &named, heard: answer.as_ref().unwrap_or(&heard) };

        let spoken = plain(&text);
        let language = language::of_written(&text, &spoken).unwrap_or_else(|| facts::language(&dialogue));
        Self {
            in_context: router::guess_in_context(&dialogue, &said),
            guess,
            language,
            asked: dialogue.last_words().contains(['?', '\u{ff1f}']) || asked != Asked::default(),
            only_facts: words.is_empty() && !named.is_empty(),
            wants_person: wants_person || intent::speaks_of_person(words),
            alarming: mood::is_alarming(words) || mood::is_alarming(&Words::mended(spoken)),
            text,
            by_itself,
            as_answer,
            named,
        }
    }

    fn words(&self) -> &Words {
        self.as_answer.as_ref().unwrap_or(&self.by_itself.words)
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
        REFERS_BACK_P.is_in(self.words())
    }

    /// ISO 639-1: of the message, else of the dialogue.
    pub fn language(&self) -> &'static str {
        self.language
    }

    pub fn wants_person(&self) -> bool {
        self.wants_person
    }

    /// Any sign of rage or of a threat.
    pub fn is_alarming(&self) -> bool {
        self.alarming
    }

    /// The mood of the message, read as `intent`.
    pub fn sentiment(&self, intent: Intent) -> Sentiment {
        mood::of(&self.text, self.words(), intent)
    }
}
