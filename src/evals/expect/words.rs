//! What was said.

use regex::Regex;

use super::Miss;
use crate::evals::case::expectations::Reply;

pub fn judge(reply: &Reply, said: &str, place: &str) -> Vec<Miss> {
    let lower = said.to_lowercase();
    let has = |words: &String| lower.contains(&words.to_lowercase());
    let mut misses = Vec::new();
    let mut miss = |field: &str, expected: String| misses.push(Miss::new(format!("{place}.{field}"), expected, said));
    for words in reply.contains.iter().filter(|words| !has(words)) {
        miss("contains", format!("{words:?}"));
    }
    if !reply.any_of.is_empty() && !reply.any_of.iter().any(has) {
        miss("any_of", format!("one of {:?}", reply.any_of));
    }
    for pattern in &reply.matches {
        if !Regex::new(pattern).is_ok_and(|regex| regex.is_match(said)) {
            miss("matches", format!("/{pattern}/"));
        }
    }
    for words in reply.forbids.iter().filter(|words| has(words)) {
        miss("forbids", format!("not {words:?}"));
    }
    let length = said.chars().count();
    if let Some(longest) = reply.longest.filter(|longest| length > *longest) {
        miss("longest", format!("at most {longest} characters, not {length}"));
    }
    if let Some(wanted) = &reply.language {
        let found = whatlang::detect_lang(said).map_or("none", |language| short(language.code()));
        if found != wanted {
            miss("language", format!("{wanted}, not {found}"));
        }
    }
    misses
}

/// ISO 639-1 of the languages that people shop in here, of ISO 639-3.
fn short(code: &'static str) -> &'static str {
    const KNOWN: [(&str, &str); 10] = [
        ("eng", "en"),
        ("deu", "de"),
        ("fra", "fr"),
        ("spa", "es"),
        ("ita", "it"),
        ("nld", "nl"),
        ("por", "pt"),
        ("pol", "pl"),
        ("jpn", "ja"),
        ("swe", "sv"),
    ];
    KNOWN.iter().find(|(long, _)| *long == code).map_or(code, |(_, short)| short)
}
