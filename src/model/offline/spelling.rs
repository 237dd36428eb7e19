//! Mends slips of the finger in the words that matter: `trakcing`, `delivry`, `refnud`.

use std::sync::LazyLock;

use super::lexicon;
use super::lexicon::everyday::{KEY_WORDS, ORDINARY_WORDS};
use crate::domain::text::WordSet;

/// Each with its letters.
static KEYS: LazyLock<Vec<(&str, Vec<char>)>> =
    LazyLock::new(|| KEY_WORDS.split_whitespace().map(|key| (key, key.chars().collect())).collect());
static KNOWN: LazyLock<WordSet<&str>> = LazyLock::new(|| {
    let lists = KEY_WORDS.split_whitespace().chain(ORDINARY_WORDS.split_whitespace());
    lists.chain(lexicon::phrase_words()).collect()
});

/// The key word that was probably meant, or the word itself. A word that is one in its own right is left alone.
pub fn mend(word: String) -> String {
    let length = word.chars().count();
    if length < 4 || KNOWN.contains(word.as_str()) || !word.chars().all(char::is_alphabetic) {
        return word;
    }
    let letters: Vec<char> = word.chars().collect();
    let nearest = KEYS
        .iter()
        .filter_map(|(key, own)| Some((distance(&letters, own)?, *key)))
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((_, key)) => key.to_owned(),
        None => word,
    }
}

/// Whether `word` may be a slip for `meant`.
pub fn is_slip(word: &str, meant: &str) -> bool {
    let (word, meant): (Vec<char>, Vec<char>) = (word.chars().collect(), meant.chars().collect());
    distance(&word, &meant).is_some()
}

/// How many slips a word of this length may hold and still be recognised.
fn allowed(length: usize) -> usize {
    match length {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Insertions, deletions, replacements and swaps of neighbours between two words; none when more than a slip explains.
/// In words of four letters only swaps, doublings and losses count: a replaced letter makes another word too easily.
fn distance(word: &[char], key: &[char]) -> Option<usize> {
    let limit = allowed(key.len());
    if limit == 0 || word.len().abs_diff(key.len()) > limit || !plausible(word, key) {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=key.len()).collect();
    for (row, letter) in word.iter().enumerate() {
        let mut current = Vec::with_capacity(above.len());
        current.push(row + 1);
        for (column, other) in key.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut cost = (at(&above, column) + usize::from(letter != other))
                .min(at(&above, column + 1) + 1)
                .min(at(&current, column) + 1);
            let swapped =
                row > 0 && column > 0 && word.get(row - 1) == Some(other) && key.get(column - 1) == Some(letter);
            if swapped {
                cost = cost.min(at(&before, column - 1) + 1);
            }
            current.push(cost);
        }
        before = std::mem::replace(&mut above, current);
    }
    above.last().copied().filter(|distance| *distance <= limit)
}

/// People slip in the middle and at the end of a word; the first letter is right, or swapped with the second.
fn plausible(word: &[char], key: &[char]) -> bool {
    let first_right = word.first() == key.first();
    let first_swapped = word.first() == key.get(1) && word.get(1) == key.first();
    let sorted = |word: &[char]| {
        let mut letters = word.to_vec();
        letters.sort_unstable();
        letters
    };
    let replaced_only = || word.len() == key.len() && key.len() == 4 && sorted(word) != sorted(key);
    (first_right || first_swapped) && !replaced_only()
}
