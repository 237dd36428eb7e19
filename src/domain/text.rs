//! Text as it is compared.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use foldhash::fast::FixedState;
use serde::Serialize;
use serde::ser::Error as _;

/// By words that are ours. They are hashed for speed alone: nobody else adds any, so nobody can make them collide.
pub type WordMap<V, W = String> = HashMap<W, V, FixedState>;
/// Words that are ours.
pub type WordSet<W = String> = HashSet<W, FixedState>;

/// A set of words, told by their ends and their length alone: it turns most others away for less than a look-up costs.
#[derive(Clone, Debug, Default)]
pub struct Sieve([u64; 16]);

impl Sieve {
    /// Takes up a word, in whichever letters it is written.
    pub fn add(&mut self, word: &str) {
        let (at, bit) = if word.is_ascii() { Self::place(word) } else { Self::place(&lower(word)) };
        if let Some(bits) = self.0.get_mut(at) {
            *bits |= bit;
        }
    }

    /// Whether a word (lower case) may be one of the set. `false` is certain.
    pub fn may_hold(&self, word: &str) -> bool {
        let (at, bit) = Self::place(word);
        self.0.get(at).is_some_and(|bits| bits & bit != 0)
    }

    /// Where a word has its bit. Capital letters differ from small ones in bits that are left out.
    fn place(word: &str) -> (usize, u64) {
        let bytes = word.as_bytes();
        let [first, last] =
            [bytes.first(), bytes.last()].map(|byte| usize::from(byte.copied().unwrap_or_default() & 31));
        let place = ((first << 5) | last) ^ bytes.len().wrapping_mul(37);
        (place / 64 % 16, 1 << (place % 64))
    }
}

impl<W: AsRef<str>> FromIterator<W> for Sieve {
    fn from_iter<I: IntoIterator<Item = W>>(words: I) -> Self {
        let mut sieve = Self::default();
        words.into_iter().for_each(|word| sieve.add(word.as_ref()));
        sieve
    }
}

/// In lower case. Most words are written so already.
pub fn lower(text: &str) -> Cow<'_, str> {
    let is_lower = text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if is_lower { Cow::Borrowed(text) } else { Cow::Owned(text.to_lowercase()) }
}

/// As JSON of mostly no more than so many bytes: where text grows, it is copied.
pub fn written(value: &impl Serialize, usual: usize) -> serde_json::Result<String> {
    let mut bytes = Vec::with_capacity(usual);
    serde_json::to_writer(&mut bytes, value)?;
    String::from_utf8(bytes).map_err(serde_json::Error::custom)
}
