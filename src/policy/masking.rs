//! What must not reach the log or a model, taken out of a shopper's text before either sees it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Stands where a payment card's number stood.
pub const CARD: &str = "[card number removed]";
/// Stands where a one-time code stood.
pub const CODE: &str = "[one-time code]";

#[expect(clippy::expect_used, reason = "the patterns are constants, compiled in every test run")]
static DIGIT_RUNS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d(?:[ \-.\u{2010}-\u{2014}\u{a0}\u{202f}]?\d){12,18}").expect("a constant pattern"));

#[expect(clippy::expect_used, reason = "the patterns are constants, compiled in every test run")]
static SIX_DIGITS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\d(?:[ \-.\u{a0}\u{202f}]?\d){5}").expect("a constant pattern"));

/// Masks every payment card number: 13 to 19 digits that pass the Luhn check and begin as cards do, with the separators
/// that people type. Digits of other scripts and full-width digits count as digits.
pub fn mask_cards(text: &str) -> String {
    let plain = ascii_digits(text);
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for found in DIGIT_RUNS.find_iter(&plain) {
        let digits: String = found.as_str().chars().filter(char::is_ascii_digit).collect();
        let touches_digit = plain
            .get(..found.start())
            .and_then(|before| before.chars().next_back())
            .is_some_and(|c| c.is_alphanumeric());
        if !touches_digit && begins_as_card(&digits) && luhn(&digits) {
            out.push_str(plain.get(from..found.start()).unwrap_or_default());
            out.push_str(CARD);
            from = found.end();
        }
    }
    if from == 0 {
        return text.to_owned();
    }
    out.push_str(plain.get(from..).unwrap_or_default());
    out
}

/// Takes the first six-digit code that stands alone out of a text: the masked text, and the code.
pub fn take_code(text: &str) -> Option<(String, String)> {
    let plain = ascii_digits(text);
    let found = SIX_DIGITS.find_iter(&plain).find(|found| stands_alone(&plain, found.range()))?;
    let code = found.as_str().chars().filter(char::is_ascii_digit).collect();
    let masked = format!("{}{CODE}{}", plain.get(..found.start())?, plain.get(found.end()..)?);
    Some((masked, code))
}

/// Whether neither a letter nor a digit touches a part of a text.
fn stands_alone(text: &str, part: Range<usize>) -> bool {
    let before = text.get(..part.start).and_then(|before| before.chars().next_back());
    let after = text.get(part.end..).and_then(|after| after.chars().next());
    !before.into_iter().chain(after).any(char::is_alphanumeric)
}

fn ascii_digits(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '０'..='９' => char::from_digit(u32::from(c) - u32::from('０'), 10).unwrap_or(c),
            '٠'..='٩' => char::from_digit(u32::from(c) - u32::from('٠'), 10).unwrap_or(c),
            _ => c,
        })
        .collect()
}

/// Whether a network issues numbers of this length that begin so. Carriers' numbers of the same length stay readable.
fn begins_as_card(digits: &str) -> bool {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| digits.starts_with(prefix));
    match digits.len() {
        14 => begins(&["30", "36", "38", "39"]),
        15 => begins(&["34", "37"]),
        16 => begins(&[
            "4", "51", "52", "53", "54", "55", "22", "23", "24", "25", "26", "27", "35", "60", "62", "64", "65",
        ]),
        13 | 19 => begins(&["4", "62", "65"]),
        17 | 18 => begins(&["62"]),
        _ => false,
    }
}

fn luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            match (place % 2, digit * 2) {
                (0, _) => digit,
                (_, doubled) if doubled > 9 => doubled - 9,
                (_, doubled) => doubled,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests;
