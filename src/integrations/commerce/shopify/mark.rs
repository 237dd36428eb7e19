//! How an effect's id stands in texts for the store's staff, so that what it made is found again. Compared exactly, at
//! one end of the text: whatever else is written there cannot pass for it.

use crate::domain::id::EffectId;

pub fn of(effect: &EffectId) -> String {
    format!("[deskhand {effect}]")
}

pub fn begins(text: Option<&str>, effect: &EffectId) -> bool {
    text.is_some_and(|text| text.trim_start().starts_with(&of(effect)))
}

pub fn ends(text: Option<&str>, effect: &EffectId) -> bool {
    text.is_some_and(|text| text.trim_end().ends_with(&of(effect)))
}

pub fn ends_a_line(text: Option<&str>, effect: &EffectId) -> bool {
    text.is_some_and(|text| text.lines().any(|line| ends(Some(line), effect)))
}

/// Words of others in one line, and not too many of them.
pub fn one_line(text: &str, most: usize) -> String {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    words.chars().take(most).collect()
}
