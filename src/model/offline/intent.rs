//! What a message wants, by weighing phrases.

use std::sync::LazyLock;

use super::lexicon::intents::{ENOUGH, TABLES};
use super::lexicon::topics::PERSON;
use super::pattern::{Pattern, Phrases};
use super::words::Words;
use crate::domain::event::Intent;
use crate::domain::text::WordMap;

/// An intent, and how much more speaks for it than for the next one: from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guess {
    pub intent: Intent,
    pub confidence: f64,
}

/// A phrase that speaks for an intent.
struct Cue {
    intent: Intent,
    pattern: Pattern,
    weight: f64,
}

/// All cues, and where to look for those that can match: most need one of a few words.
struct Cues {
    all: Vec<Cue>,
    by_word: WordMap<Vec<usize>, &'static str>,
    always: Vec<usize>,
}

static CUES: LazyLock<Cues> = LazyLock::new(|| {
    let cues = TABLES.iter().flat_map(|table| table.cues.iter().map(|(text, weight)| (table.intent, *text, *weight)));
    let all: Vec<Cue> =
        cues.map(|(intent, text, weight)| Cue { intent, pattern: Pattern::new(text), weight }).collect();
    let (mut by_word, mut always) = (WordMap::<Vec<usize>, _>::default(), Vec::new());
    for (at, cue) in all.iter().enumerate() {
        match cue.pattern.needs_one_of() {
            Some(words) => words.into_iter().for_each(|word| by_word.entry(word).or_default().push(at)),
            None => always.push(at),
        }
    }
    Cues { all, by_word, always }
});

static PERSON_P: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(PERSON));

/// The likeliest intent; `Other` without confidence when nothing says enough.
pub fn guess(words: &Words) -> Guess {
    best(scores(words))
}

/// The same, of the scores of all intents.
pub fn best(mut scores: Vec<(Intent, f64)>) -> Guess {
    scores.sort_by(|left, right| right.1.total_cmp(&left.1));
    let best = scores.first().copied().unwrap_or((Intent::Other, 0.0));
    let second = scores.get(1).map_or(0.0, |(_, score)| *score);
    if best.1 < ENOUGH {
        return Guess { intent: Intent::Other, confidence: 0.3 };
    }
    Guess { intent: best.0, confidence: confidence(best.1, second) }
}

/// The sum of the weights of the phrases that occur, for each intent.
pub fn scores(words: &Words) -> Vec<(Intent, f64)> {
    let mut scores: Vec<(Intent, f64)> = TABLES.iter().map(|table| (table.intent, 0.0)).collect();
    let found = words.as_slice().iter().filter_map(|word| CUES.by_word.get(word.as_str())).flatten();
    let mut places: Vec<usize> = CUES.always.iter().chain(found).copied().collect();
    places.sort_unstable();
    places.dedup();
    for cue in places.into_iter().filter_map(|at| CUES.all.get(at)).filter(|cue| cue.pattern.is_in(words)) {
        if let Some((_, score)) = scores.iter_mut().find(|(intent, _)| *intent == cue.intent) {
            *score += cue.weight;
        }
    }
    scores
}

/// Whether anything in it may ask for a person.
pub fn speaks_of_person(words: &Words) -> bool {
    PERSON_P.is_in(words)
}

/// Grows with the evidence and with the distance to the runner-up, rounded to hundredths.
fn confidence(best: f64, second: f64) -> f64 {
    let margin = (best - second) / best;
    let evidence = best / (best + 2.0);
    let raw = 0.35 + 0.6 * (0.4 * margin + 0.6 * evidence);
    (raw.min(0.97) * 100.0).round() / 100.0
}
