//! What surrounds a letter: to whom it is, and who signs it. Neither asks for anything, whatever words are in it
//! (`Dear customer service`, `Office Manager`).

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::entities::constant;

static SALUTATION: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?ix)^\s*(?:dear|hello|hi|hey|to)\s+
        (?:(?:the|our|my|or|and|customer|client|support|service|services|care|help|desk|sales|store|shop|online|team|staff
            |sir|sirs|madam|madame|agent|representative|manager|all|everyone|folks|friend|friends)\s*)+[,!.:;\n\u{2013}-]",
    )
});
static CLOSING: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?ix)(?:^|[\n.!?,]\s*)(?:
            (?:with\s+)?(?:best|kind|kindest|warm|warmest|friendly|many)\s+(?:regards|wishes|greetings)[,.!\s]
            | regards[,.!\s] | sincerely(?:\s+yours)?[,.!\s] | yours\s+(?:faithfully|sincerely|truly)[,.!\s]
            | (?:many\s+thanks|thanks(?:\s+in\s+advance)?|thank\s+you|cheers)[,.!]?\s*\n )",
    )
});

/// Where the letter itself stands.
pub fn body(text: &str) -> Range<usize> {
    let says_something = |from: &usize| text.get(*from..).is_some_and(|rest| rest.contains(char::is_alphanumeric));
    let start = SALUTATION.find(text).map(|found| found.end()).filter(says_something).unwrap_or_default();
    let rest = text.get(start..).unwrap_or_default();
    let closing = CLOSING.find_iter(rest).find(|found| rest.get(found.end()..).is_some_and(is_signature));
    // The mark before the closing ends the last sentence.
    let end = closing.map_or(text.len(), |found| {
        let mark = rest.get(found.range()).and_then(|closing| closing.chars().next()).filter(|c| !c.is_alphabetic());
        start + found.start() + mark.map_or(0, char::len_utf8)
    });
    start..end
}

/// A name and what somebody does, as such are written: `Melissa Grant, Office Manager`. A wish in small letters is none, and
/// neither is one that is shouted.
fn is_signature(text: &str) -> bool {
    const LONGEST: usize = 10;
    const LONGEST_ABBREVIATION: usize = 3;
    let is_written_so = |word: &str| {
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let is_shouted = letters > LONGEST_ABBREVIATION && !word.contains(char::is_lowercase);
        !word.starts_with(char::is_lowercase) && !is_shouted
    };
    !text.contains('?') && text.split_whitespace().count() <= LONGEST && text.split_whitespace().all(is_written_so)
}
