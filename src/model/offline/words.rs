//! Text as a list of plain words: lower case, contractions opened, typing slips mended.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::lexicon::everyday::{CONTRACTIONS, OPENS_A_QUESTION};
use super::spelling;
use crate::domain::text::{WordMap, lower};

mod beginnings;

pub use beginnings::Beginnings;

/// The words of a text, ready to be matched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    all: Vec<String>,
    /// Of each of them.
    each: Vec<Beginnings>,
    beginnings: Beginnings,
}

static OPENED: LazyLock<WordMap<&str, &str>> = LazyLock::new(|| CONTRACTIONS.iter().copied().collect());

impl Words {
    pub fn of(text: &str) -> Self {
        Self::mended(plain(text))
    }

    /// Of words as [`plain`] gives them.
    pub fn mended(written: Vec<String>) -> Self {
        written.into_iter().map(spelling::mend).collect()
    }

    pub fn as_slice(&self) -> &[String] {
        &self.all
    }

    pub fn beginnings(&self) -> Beginnings {
        self.beginnings
    }

    /// The word in a place that begins in one of these ways.
    pub fn beginning(&self, at: usize, beginnings: Beginnings) -> Option<&str> {
        if self.each.get(at)?.meets(beginnings) { self.all.get(at).map(String::as_str) } else { None }
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
        let each: Vec<Beginnings> = all.iter().map(|word| Beginnings::of_word(word)).collect();
        let beginnings = each.iter().copied().fold(Beginnings::default(), Beginnings::and);
        Self { all, each, beginnings }
    }
}

/// Few texts have a word for fewer letters.
const LETTERS: usize = 4;

/// The words as written, in lower case and with contractions opened, slips included.
pub fn plain(text: &str) -> Vec<String> {
    let text = lower(text);
    // Few texts have any, and to look at each letter costs more.
    let is_plain = text.is_ascii() && !text.contains('`');
    let text = if is_plain { text } else { Cow::Owned(text.replace(['’', '‘', '`', '´'], "'")) };
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
    if !word.contains('\'') {
        words.push(word.into_owned());
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
    let (mut last, mut times) = (None, 0);
    let is_held = word.chars().any(|letter| {
        times = if last.replace(letter) == Some(letter) { times + 1 } else { 1 };
        times == 3 && letter.is_alphabetic()
    });
    if !is_held {
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

/// `1)` before a point of a list.
fn opens_an_item(text: &str, at: usize) -> bool {
    let before = text.get(..at).and_then(|before| before.chars().next_back());
    before.is_none_or(char::is_whitespace) && text.get(at + 1..).is_some_and(|after| after.starts_with(')'))
}

/// Whether a clause asks something, with a question mark or without.
pub fn is_question(clause: &str) -> bool {
    let first = clause.split_whitespace().next().map(str::to_lowercase);
    clause.trim_end().ends_with('?') || first.is_some_and(|word| OPENS_A_QUESTION.contains(&word.as_str()))
}

/// The sentences of a text, and the parts of a sentence that stand on their own.
pub fn clauses(text: &str) -> Vec<&str> {
    let (mut parts, mut from) = (Vec::new(), 0);
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        let mut ends = || letters.peek().is_none_or(|(_, next)| next.is_whitespace());
        if matches!(letter, '?' | '!' | ';' | '\n') || (letter == '.' && ends()) {
            let end = at + letter.len_utf8();
            parts.extend(text.get(from..end));
            from = end;
        } else if letter.is_ascii_digit() && opens_an_item(text, at) {
            parts.extend(text.get(from..at));
            from = at;
        }
    }
    parts.extend(text.get(from..));
    parts.retain(|part| part.chars().any(char::is_alphanumeric));
    parts
}
