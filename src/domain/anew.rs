//! Names that are made anew in each run, as they look in a text.

use std::sync::LazyLock;

use regex::Regex;

/// Identifiers, as [`super::id`] makes them.
pub const ID: &str = r"\b(?:conv|msg|turn|eff|appr|call|key|req)_[0-9a-f]{12,}\b";
/// Addresses of servers that are there for one case.
pub const SERVER: &str = r"http://127\.0\.0\.1:\d+";
/// What nobody should guess: names of files, tokens.
pub const SECRET: &str = r"\b[A-Za-z0-9_-]{40,}\b";

/// A pattern that a test compiles.
pub type Pattern = LazyLock<Option<Regex>>;

/// The text, with something else wherever the pattern is found.
pub fn replaced(pattern: &Pattern, text: &str, mut by: impl FnMut(&str) -> String) -> String {
    match pattern.as_ref() {
        Some(regex) => regex
            .replace_all(text, |found: &regex::Captures<'_>| by(found.get(0).map_or("", |all| all.as_str())))
            .into_owned(),
        None => text.to_owned(),
    }
}
