//! Which language a message is written in.

use std::sync::LazyLock;

use whatlang::Script;

use super::lexicon::tongues::{GREETINGS, SMALL_WORDS, TWO_LETTERS};
use super::words::plain;
use crate::domain::customer::Email;
use crate::domain::text::WordMap;

/// The places in [`SMALL_WORDS`] of the languages that have a word.
static WORDS: LazyLock<WordMap<Vec<usize>, &str>> = LazyLock::new(|| {
    let mut places = WordMap::<Vec<usize>, _>::default();
    for (at, (_, words)) in SMALL_WORDS.iter().enumerate() {
        for word in words.split_whitespace() {
            let own = places.entry(word).or_default();
            if !own.contains(&at) {
                own.push(at);
            }
        }
    }
    places
});

/// The ISO 639-1 code of the language, when the text tells: a number or a name does not.
pub fn of(text: &str) -> Option<&'static str> {
    of_written(text, &plain(text))
}

/// The same, where its words are known: as [`plain`] gives them.
pub fn of_written(text: &str, words: &[String]) -> Option<&'static str> {
    if text.contains('@') {
        let text = Email::left_out(text);
        let words = plain(&text);
        return of_letters(&text, &words);
    }
    of_letters(text, words)
}

fn of_letters(text: &str, words: &[String]) -> Option<&'static str> {
    if !text.is_ascii()
        && whatlang::detect_script(text).is_some_and(|script| script != Script::Latin)
        && let Some(info) = whatlang::detect(text)
    {
        return of_script(text, info.script()).or_else(|| two_letters(info.lang().code()));
    }
    let words: Vec<&str> =
        words.iter().map(String::as_str).filter(|word| word.chars().all(char::is_alphabetic)).collect();
    let (code, hits, english) = by_small_words(&words);
    if english > 0 && english >= hits {
        return Some("en");
    }
    if hits >= 2 {
        return Some(code);
    }
    if let Some((_, code)) = GREETINGS.iter().find(|(greeting, _)| words.len() <= 2 && words.contains(greeting)) {
        return Some(code);
    }
    if english > 0 || words.len() < 5 {
        return None;
    }
    let info = whatlang::detect(text).filter(whatlang::Info::is_reliable)?;
    two_letters(info.lang().code())
}

/// The best language other than English with its hits, and the hits of English.
fn by_small_words(words: &[&str]) -> (&'static str, usize, usize) {
    let mut hits = [0; SMALL_WORDS.len()];
    for place in words.iter().filter_map(|word| WORDS.get(word)).flatten() {
        if let Some(hits) = hits.get_mut(*place) {
            *hits += 1;
        }
    }
    let (mut best, mut english) = (("en", 0), 0);
    for ((code, _), count) in SMALL_WORDS.iter().zip(hits) {
        if *code == "en" {
            english = count;
        } else if count > best.1 {
            best = (code, count);
        }
    }
    (best.0, best.1, english)
}

/// Short texts in a script that several languages share: letters that only one has, else the most spoken.
fn of_script(text: &str, script: Script) -> Option<&'static str> {
    match script {
        Script::Cyrillic if text.chars().any(|c| "іїєґІЇЄҐ".contains(c)) => Some("uk"),
        Script::Cyrillic if whatlang::detect(text).is_none_or(|info| !info.is_reliable()) => Some("ru"),
        _ => None,
    }
}

fn two_letters(code: &str) -> Option<&'static str> {
    TWO_LETTERS.iter().find(|(three, _)| *three == code).map(|(_, two)| *two)
}
