//! Text as a list of plain words: lower case, contractions opened, typing slips mended.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::lexicon::everyday::CONTRACTIONS;
use super::spelling;
use crate::domain::text::WordMap;

mod beginnings;

pub use beginnings::Beginnings;

/// The words of a text, ready to be matched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    all: Vec<String>,
    beginnings: Beginnings,
}

static OPENED: LazyLock<WordMap<&str, &str>> = LazyLock::new(|| CONTRACTIONS.iter().copied().collect());

impl Words {
    pub fn of(text: &str) -> Self {
        plain(text).into_iter().map(spelling::mend).collect()
    }

    /// Of words as [`plain`] gives them.
    pub fn mended(written: &[String]) -> Self {
        written.iter().cloned().map(spelling::mend).collect()
    }

    pub fn as_slice(&self) -> &[String] {
        &self.all
    }

    pub fn beginnings(&self) -> Beginnings {
        self.beginnings
    }

    pub fn len(&self) -> usize {
        self.all.len()
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub fn has(&self, word: &str) -> bool {
        self.all.iter().any(|own| own == word)
    }
}

impl FromIterator<String> for Words {
    fn from_iter<I: IntoIterator<Item = String>>(words: I) -> Self {
        let all: Vec<String> = words.into_iter().collect();
        let beginnings = all.iter().map(|word| Beginnings::of_word(word)).fold(Beginnings::default(), Beginnings::and);
        Self { all, beginnings }
    }
}

/// Few texts have a word for fewer letters.
const LETTERS: usize = 4;

/// The words as written, in lower case and with contractions opened, slips included.
pub fn plain(text: &str) -> Vec<String> {
    let text = text.to_lowercase().replace(['’', '‘', '`', '´'], "'");
    let mut words = Vec::with_capacity(text.len() / LETTERS);
    text.split(|c: char| !(c.is_alphanumeric() || c == '\'' || c == '@' || c == '%'))
        .map(|raw| raw.trim_matches('\''))
        .filter(|raw| !raw.is_empty())
        .for_each(|raw| open(raw, &mut words));
    words
}

/// `don't` and `dont` are `do not`; `soooo` is `so`.
fn open(raw: &str, words: &mut Vec<String>) {
    let word = shorten(raw);
    if let Some(opened) = OPENED.get(&*word) {
        words.extend(opened.split(' ').map(str::to_owned));
        return;
    }
    for (ending, meaning) in
        [("n't", "not"), ("'re", "are"), ("'ve", "have"), ("'ll", "will"), ("'m", "am"), ("'d", "would")]
    {
        if let Some(stem) = word.strip_suffix(ending) {
            words.extend([stem.to_owned(), meaning.to_owned()]);
            return;
        }
    }
    let word = word.strip_suffix("'s").unwrap_or(&word);
    words.push(word.replace('\'', ""));
}

/// A letter three times or more in a row is one letter held down.
fn shorten(word: &str) -> Cow<'_, str> {
    let mut triples = word.chars().zip(word.chars().skip(1)).zip(word.chars().skip(2));
    if !triples.any(|((first, second), third)| first == second && second == third && first.is_alphabetic()) {
        return Cow::Borrowed(word);
    }
    let letters: Vec<char> = word.chars().collect();
    let mut out = String::with_capacity(word.len());
    for run in letters.chunk_by(|left, right| left == right) {
        let Some(first) = run.first() else { continue };
        let times = if run.len() >= 3 && first.is_alphabetic() { 1 } else { run.len() };
        out.extend(std::iter::repeat_n(*first, times));
    }
    Cow::Owned(out)
}

/// The sentences of a text, and the parts of a sentence that stand on their own.
pub fn clauses(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let letters: Vec<char> = text.chars().collect();
    for (at, letter) in letters.iter().enumerate() {
        let next = letters.get(at + 1);
        let stop = matches!(letter, '?' | '!' | ';' | '\n')
            || (*letter == '.' && next.is_none_or(|next| next.is_whitespace()));
        if let Some(part) = parts.last_mut() {
            part.push(*letter);
        }
        if stop {
            parts.push(String::new());
        }
    }
    parts.retain(|part| part.chars().any(char::is_alphanumeric));
    parts
}
