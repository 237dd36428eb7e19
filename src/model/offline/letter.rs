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

/// More words than a name and what somebody does.
const LONGEST_SIGNATURE: usize = 10;

/// Where the letter itself stands.
pub fn body(text: &str) -> Range<usize> {
    let start = SALUTATION.find(text).map_or(0, |found| found.end());
    let rest = text.get(start..).unwrap_or_default();
    let signs = |after: &str| !after.contains('?') && after.split_whitespace().count() <= LONGEST_SIGNATURE;
    let closing = CLOSING.find_iter(rest).find(|found| signs(rest.get(found.end()..).unwrap_or_default()));
    // The mark before the closing ends the last sentence.
    let end = closing.map_or(text.len(), |found| {
        let mark = rest.get(found.range()).and_then(|closing| closing.chars().next()).filter(|c| !c.is_alphabetic());
        start + found.start() + mark.map_or(0, char::len_utf8)
    });
    start..end
}
