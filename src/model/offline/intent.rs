//! What a message wants, by weighing phrases.

use std::sync::LazyLock;

use super::lexicon::intents::{ENOUGH, TABLES};
use super::pattern::Pattern;
use super::words::Words;
use crate::domain::event::Intent;

/// An intent, and how much more speaks for it than for the next one: from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guess {
    pub intent: Intent,
    pub confidence: f64,
}

struct Weighed {
    intent: Intent,
    cues: Vec<(Pattern, f64)>,
}

static WEIGHED: LazyLock<Vec<Weighed>> = LazyLock::new(|| {
    let compile =
        |cues: &[(&'static str, f64)]| cues.iter().map(|(text, weight)| (Pattern::new(text), *weight)).collect();
    TABLES.iter().map(|table| Weighed { intent: table.intent, cues: compile(table.cues) }).collect()
});

/// The likeliest intent; `Other` without confidence when nothing says enough.
pub fn guess(words: &Words) -> Guess {
    let mut scores = scores(words);
    scores.sort_by(|left, right| right.1.total_cmp(&left.1));
    let best = scores.first().copied().unwrap_or((Intent::Other, 0.0));
    let second = scores.get(1).map_or(0.0, |(_, score)| *score);
    if best.1 < ENOUGH {
        return Guess { intent: Intent::Other, confidence: 0.3 };
    }
    Guess { intent: best.0, confidence: confidence(best.1, second) }
}

fn scores(words: &Words) -> Vec<(Intent, f64)> {
    let score = |table: &Weighed| -> f64 {
        table.cues.iter().filter(|(pattern, _)| pattern.is_in(words)).map(|(_, weight)| weight).sum()
    };
    WEIGHED.iter().map(|table| (table.intent, score(table))).collect()
}

/// Grows with the evidence and with the distance to the runner-up, rounded to hundredths.
fn confidence(best: f64, second: f64) -> f64 {
    let margin = (best - second) / best;
    let evidence = best / (best + 2.0);
    let raw = 0.35 + 0.6 * (0.4 * margin + 0.6 * evidence);
    (raw.min(0.97) * 100.0).round() / 100.0
}
