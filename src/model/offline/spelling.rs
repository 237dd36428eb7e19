//! Mends slips of the finger in the words that matter: `trakcing`, `delivry`, `refnud`.

use std::sync::LazyLock;

use super::lexicon;
use super::lexicon::everyday::{KEY_WORDS, ORDINARY_WORDS};
use crate::domain::text::WordSet;

static KEYS: LazyLock<Vec<&str>> = LazyLock::new(|| KEY_WORDS.split_whitespace().collect());
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
    let nearest = KEYS
        .iter()
        .filter_map(|key| Some((distance(&word, key, allowed(key.len()))?, *key)))
        .min_by_key(|(distance, _)| *distance);
    match nearest {
        Some((_, key)) => key.to_owned(),
        None => word,
    }
}

/// Whether `word` may be a slip for `meant`.
pub fn is_slip(word: &str, meant: &str) -> bool {
    distance(word, meant, allowed(meant.chars().count())).is_some()
}

/// How many slips a word of this length may hold and still be recognised.
fn allowed(length: usize) -> usize {
    match length {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

/// Insertions, deletions, replacements and swaps of neighbours between two words; none when more than `limit`.
/// In words of four letters only swaps, doublings and losses count: a replaced letter makes another word too easily.
fn distance(word: &str, key: &str, limit: usize) -> Option<usize> {
    let (word, key): (Vec<char>, Vec<char>) = (word.chars().collect(), key.chars().collect());
    if limit == 0 || word.len().abs_diff(key.len()) > limit || !plausible(&word, &key) {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=key.len()).collect();
    for (row, letter) in word.iter().enumerate() {
        let mut current = vec![row + 1];
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
    let replaced_only = word.len() == key.len() && key.len() == 4 && {
        let (mut left, mut right) = (word.to_vec(), key.to_vec());
        left.sort_unstable();
        right.sort_unstable();
        left != right
    };
    (first_right || first_swapped) && !replaced_only
}
