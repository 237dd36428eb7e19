//! How the shopper feels, by the words and by how loudly they are said.

use std::sync::LazyLock;

use super::lexicon::feelings::{ABUSE, NEGATIVE, POSITIVE, RAGE, THREAT};
use super::pattern::Phrases;
use super::words::Words;
use crate::domain::event::{Intent, Sentiment};

static POSITIVE_PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(POSITIVE));
static NEGATIVE_PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(NEGATIVE));
static RAGE_PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(RAGE));
static ABUSE_PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(ABUSE));
static THREAT_PHRASES: LazyLock<Phrases> = LazyLock::new(|| Phrases::new(THREAT));

/// The mood of a message that was read as `intent`. Someone who swears and still asks something answerable is displeased;
/// someone who only swears is angry.
pub fn of(text: &str, words: &Words, intent: Intent) -> Sentiment {
    if THREAT_PHRASES.is_in(words) {
        return Sentiment::Threat;
    }
    let answerable = !matches!(intent, Intent::Complaint | Intent::Other);
    if !answerable && is_rage(text, words) {
        return Sentiment::Angry;
    }
    if NEGATIVE_PHRASES.is_in(words) || RAGE_PHRASES.is_in(words) {
        return Sentiment::Negative;
    }
    if POSITIVE_PHRASES.is_in(words) {
        return Sentiment::Positive;
    }
    Sentiment::Neutral
}

/// Whether anything in it may be rage or a threat, whatever else it says.
pub fn is_alarming(words: &Words) -> bool {
    [&THREAT_PHRASES, &ABUSE_PHRASES, &RAGE_PHRASES].iter().any(|phrases| phrases.is_in(words))
}

fn is_rage(text: &str, words: &Words) -> bool {
    let insults = RAGE_PHRASES.count_in(words);
    ABUSE_PHRASES.is_in(words) || insults >= 2 || (insults >= 1 && is_shouted(text))
}

/// Capitals throughout, or a row of exclamation marks.
fn is_shouted(text: &str) -> bool {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let capitals = text.chars().filter(|c| c.is_uppercase()).count();
    text.contains("!!") || (letters >= 8 && capitals * 10 >= letters * 7)
}
