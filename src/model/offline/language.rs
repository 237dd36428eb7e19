//! Which language a message is written in.

use std::sync::LazyLock;

use whatlang::Script;

use super::lexicon::tongues::{GREETINGS, SMALL_WORDS, TWO_LETTERS};
use super::words::plain;
use crate::domain::customer::Email;
use crate::domain::text::WordSet;

static WORDS: LazyLock<Vec<(&str, WordSet<&str>)>> =
    LazyLock::new(|| SMALL_WORDS.iter().map(|(code, words)| (*code, words.split_whitespace().collect())).collect());

/// The ISO 639-1 code of the language, when the text tells: a number or a name does not.
pub fn of(text: &str) -> Option<&'static str> {
    let text = &Email::left_out(text);
    if whatlang::detect_script(text).is_some_and(|script| script != Script::Latin)
        && let Some(info) = whatlang::detect(text)
    {
        return of_script(text, info.script()).or_else(|| two_letters(info.lang().code()));
    }
    let words: Vec<String> = plain(text).into_iter().filter(|word| word.chars().all(char::is_alphabetic)).collect();
    let (code, hits, english) = by_small_words(&words);
    if english > 0 && english >= hits {
        return Some("en");
    }
    if hits >= 2 {
        return Some(code);
    }
    if let Some((_, code)) =
        GREETINGS.iter().find(|(greeting, _)| words.len() <= 2 && words.iter().any(|word| word == greeting))
    {
        return Some(code);
    }
    if english > 0 || words.len() < 5 {
        return None;
    }
    let info = whatlang::detect(text).filter(whatlang::Info::is_reliable)?;
    two_letters(info.lang().code())
}

/// The best language other than English with its hits, and the hits of English.
fn by_small_words(words: &[String]) -> (&'static str, usize, usize) {
    let hits = |own: &WordSet<&str>| words.iter().filter(|word| own.contains(word.as_str())).count();
    let (mut best, mut english) = (("en", 0), 0);
    for (code, own) in WORDS.iter() {
        let count = hits(own);
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
