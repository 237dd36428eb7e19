//! Postcodes by their shape, or by the word before them.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{constant, held};

/// Great Britain, Canada, Japan, the United States with four more digits, Brazil, Poland, Sweden and
/// others that part three digits from two, Ireland, the Netherlands; and, in
/// the United States, what begins with a zero or follows a state.
const SHAPES: [&str; 11] = [
    r"(?i)\b([a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2})\b",
    r"(?i)\b([a-z]\d[a-z]\s?\d[a-z]\d)\b",
    r"\b(\d{5}-\d{4})\b",
    r"\b(\d{5}-\d{3})\b",
    r"\b(\d{3}-\d{4})\b",
    r"\b(\d{2}-\d{3})\b",
    r"\b(\d{3}\s\d{2})\b",
    r"\b([A-Z]\d{2}\s[A-Z0-9]{4})\b",
    r"\b([1-9]\d{3}\s[A-Z]{2})\b",
    r"\b(0\d{4})\b",
    r"\b[A-Z]{2},?\s(\d{5})\b",
];
static SHAPE: LazyLock<Vec<Regex>> = LazyLock::new(|| SHAPES.into_iter().map(constant).collect());
/// All of them in one pass: most texts have none.
static ANY_SHAPE: LazyLock<Regex> = LazyLock::new(|| constant(&SHAPES.map(|shape| format!("(?:{shape})")).join("|")));
static ANNOUNCED: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?ix)\b(?:zip\s?codes?|zips?|post\s?-?\s?codes?|postal(?:\s?codes?)?|plz|pin\s?-?codes?|postcode)\b
        (?:\s*(?:number|is|was|are|it's|of|for|the|my|delivery|order|=|:|-))*[\s:]*
        ([a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2}\b|[a-z]\d[a-z]\s?\d[a-z]\d\b|\d{3,4}\s[A-Z]{2}\b|\d{3}\s\d{2}\b|\d[\d-]{2,9}\b|[a-z]{1,2}-?\d{3,6}\b)",
    )
});
static ANNOUNCEMENT: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)\b(?:zip|zip\s?code|post\s?code|postal\s?code|postal|plz|pin\s?code)\b[\s:=]*(?:number|is|no)?[\s:=.]*$",
    )
});

pub fn find(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    // None of the patterns does without a digit.
    if !text.contains(char::is_numeric) {
        return found;
    }
    let shapes = if ANY_SHAPE.is_match(text) { SHAPE.as_slice() } else { &[] };
    for pattern in std::iter::once(&*ANNOUNCED).chain(shapes) {
        for (range, code) in held(pattern, text) {
            let overlaps = found.iter().any(|(other, _)| other.start < range.end && range.start < other.end);
            if !overlaps {
                found.push((range, normal(&code)));
            }
        }
    }
    found.sort_by_key(|(range, _)| range.start);
    found
}

/// Whether the text so far ends by announcing a postcode.
pub fn is_announced(before: &str) -> bool {
    ANNOUNCEMENT.is_match(before)
}

fn normal(text: &str) -> String {
    text.trim_matches('-').split_whitespace().collect::<Vec<_>>().join(" ").to_uppercase()
}
