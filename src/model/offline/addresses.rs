//! Postal addresses in free text: street, flat, city, state and postcode, each as the shopper wrote it.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::entities::constant;
use super::lexicon::changes::{COUNTRIES, NOT_IN_A_CITY, NOT_IN_A_STREET};

/// What of an address a text tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pieces {
    /// With its number.
    pub street: Option<String>,
    /// Flat or floor.
    pub second: Option<String>,
    pub city: Option<String>,
    pub province: Option<String>,
    pub postcode: Option<String>,
    /// ISO 3166, where it is named or the postcode's shape tells it.
    pub country: Option<&'static str>,
}

/// Number first and a word for a street; or one word with its number after it.
static STREET: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?ix)\b\d{1,6}[a-z]?(?:[-/]\d+[a-z]?)?\s+(?:(?:[\p{L}.'’-][\p{L}\d.'’-]*|\d{1,3}(?:st|nd|rd|th))\x20+){0,4}?
        (?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|court|ct|boulevard|blvd|way|place|pl|terrace|close|crescent|square
        |highway|hwy|parkway|pkwy|circle|trail|row|walk|gardens|grove|mews|alley|loop|plaza)\b\.?
        (?:\x20(?:ne|nw|se|sw|north|south|east|west)\b)?
        |\b[\p{L}.'-]+(?:straße|strasse|str\.|weg|platz|allee|gasse|ring|damm|ufer)\x20+\d+\x20?[a-z]?\b",
    )
});
/// Any name after a number, up to a comma.
static NAMED_STREET: LazyLock<Regex> =
    LazyLock::new(|| constant(r"(?m)\b(\d{1,5}[A-Za-z]?\s+\p{Lu}[\p{L}.'’ -]{2,40}?)\s*(?:,|$)"));
static SECOND: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"(?i)^[\s,]*((?:apt|apartment|unit|suite|ste|flat|floor|room)\b\.?\s*#?[\p{L}\d-]+|#\s?\w+)")
});
static WITH_STATE: LazyLock<Regex> = LazyLock::new(|| {
    constant(r"^[\s,]*(?:in )?([\p{L}.'’ -]+?)[\s,]+([A-Z]{2})[\s,]+(\d{5}(?:-\d{4})?|[A-Z]\d[A-Z] ?\d[A-Z]\d)\b")
});
static CODE_LAST: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"^[\s,]*(?:in )?([\p{L}.'’ -]+?)[\s,]+([A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}|[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d|\d{5}(?:-\d{4})?|\d{3}-\d{4}|\d{4} ?[A-Z]{2}|\d{4})\b",
    )
});
static CODE_FIRST: LazyLock<Regex> =
    LazyLock::new(|| constant(r"^[\s,]*(\d{5}|\d{4} ?[A-Z]{2}|\d{4})[\s,]+([\p{L}][\p{L}.'’ -]*)"));
static CITY: LazyLock<Regex> =
    LazyLock::new(|| constant(r"^[\s,]*(?:in )?([\p{L}][\p{L}.'’ -]*)(?:[\s,]+([A-Z]{2})\b)?"));
static CODE: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"\b([A-Za-z]{1,2}\d[A-Za-z\d]? ?\d[A-Za-z]{2}|[A-Za-z]\d[A-Za-z] ?\d[A-Za-z]\d|\d{5}(?:-\d{4})?|\d{3}-\d{4}|\d{4} ?[A-Z]{2}|\d{4})\b",
    )
});
/// Words by which a text asks for another address.
static ASKED_FOR: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r"(?i)\b(?:instead|new address|address|change|changed|moved|moving|redirect|reroute|forward|send|deliver|ship)\b",
    )
});

/// What a text tells. `asked`: it answers the question for an address, so that a lone city or postcode belongs to one.
pub fn find(text: &str, asked: bool) -> Pieces {
    let mut pieces = Pieces { country: named_country(text), ..Pieces::default() };
    let Some(street) = street(text, asked) else {
        if asked {
            without_street(text, &mut pieces);
        }
        return pieces;
    };
    pieces.street = text.get(street.clone()).map(tidy);
    let mut rest = text.get(street.end..).unwrap_or_default();
    if let Some(second) = SECOND.captures(rest).and_then(|captures| captures.get(1)) {
        pieces.second = Some(tidy(second.as_str()));
        rest = rest.get(second.end()..).unwrap_or_default();
    }
    place(rest, &mut pieces);
    pieces
}

impl Pieces {
    /// What a later message tells stands in the place of what was told before.
    pub fn or(self, earlier: Self) -> Self {
        Self {
            second: self.second.or(if self.street.is_some() { None } else { earlier.second }),
            street: self.street.or(earlier.street),
            city: self.city.or(earlier.city),
            province: self.province.or(earlier.province),
            postcode: self.postcode.or(earlier.postcode),
            country: self.country.or(earlier.country),
        }
    }

    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The text without its address, so that the numbers in it are read as nothing else. Places stay where they were.
pub fn blanked(text: &str) -> String {
    let Some(street) = asked_for(text) else { return text.to_owned() };
    let rest = text.get(street.end..).unwrap_or_default();
    let line = rest.len().min(rest.find(['\n', ';', '?', '!']).unwrap_or(rest.len()));
    let code = CODE.find_iter(rest.get(..line).unwrap_or_default()).next();
    let end = street.end + code.map_or(0, |code| code.end());
    let blank = " ".repeat(end - street.start);
    let mut plain = text.to_owned();
    plain.replace_range(street.start..end, &blank);
    plain
}

fn street(text: &str, asked: bool) -> Option<Range<usize>> {
    let named = || NAMED_STREET.captures(text).and_then(|captures| captures.get(1)).map(|found| found.range());
    usual_street(text).or_else(|| if asked || ASKED_FOR.is_match(text) { named() } else { None })
}

/// Not what begins with another number: `7734 to Oak Street`.
fn usual_street(text: &str) -> Option<Range<usize>> {
    let mut from = 0;
    while let Some(found) = STREET.find_at(text, from) {
        let leads_up = |word: &str| NOT_IN_A_STREET.contains(&word.to_lowercase().as_str());
        if !found.as_str().split_whitespace().any(leads_up) {
            return Some(found.range());
        }
        let number = found.as_str().find(char::is_whitespace).unwrap_or(1);
        from = found.start() + number;
    }
    None
}

/// Whether a text asks for something to go to the address in it.
pub fn is_asked_for(text: &str) -> bool {
    asked_for(text).is_some()
}

/// The street of an address to which a text asks for something to go. Few texts do, and to look for streets costs more.
fn asked_for(text: &str) -> Option<Range<usize>> {
    if ASKED_FOR.is_match(text) { street(text, true) } else { None }
}

fn place(rest: &str, pieces: &mut Pieces) {
    let group = |captures: &regex::Captures<'_>, at: usize| captures.get(at).map(|found| tidy(found.as_str()));
    if let Some(captures) = WITH_STATE.captures(rest) {
        (pieces.city, pieces.province, pieces.postcode) =
            (group(&captures, 1), group(&captures, 2), group(&captures, 3));
        let american =
            pieces.postcode.as_ref().is_some_and(|code| code.bytes().all(|b| b.is_ascii_digit() || b == b'-'));
        pieces.country = pieces.country.or(Some(if american { "US" } else { "CA" }));
    } else if let Some(captures) = CODE_FIRST.captures(rest) {
        (pieces.postcode, pieces.city) = (group(&captures, 1), group(&captures, 2).and_then(|city| city_of(&city)));
    } else if let Some(captures) = CODE_LAST.captures(rest) {
        (pieces.city, pieces.postcode) = (group(&captures, 1).and_then(|city| city_of(&city)), group(&captures, 2));
    } else if let Some(captures) = CITY.captures(rest) {
        pieces.city = group(&captures, 1).and_then(|city| city_of(&city));
        pieces.province = group(&captures, 2).filter(|_| pieces.city.is_some());
    }
    pieces.country = pieces.country.or(pieces.postcode.as_deref().and_then(by_shape));
}

fn without_street(text: &str, pieces: &mut Pieces) {
    place(text, pieces);
    if pieces.postcode.is_none() {
        pieces.postcode = CODE.captures(text).and_then(|captures| captures.get(1)).map(|code| tidy(code.as_str()));
        pieces.country = pieces.country.or(pieces.postcode.as_deref().and_then(by_shape));
    }
}

/// The words of a city, without what follows it in a sentence. Countries are none.
fn city_of(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let ends = |word: &&str| NOT_IN_A_CITY.contains(&word.to_lowercase().trim_matches('.'));
    let city: Vec<&str> = words.iter().copied().take_while(|word| !ends(word)).collect();
    let city = city.join(" ").trim_matches(['.', ',', '-', ' ']).to_owned();
    (city.chars().count() > 1 && named_country(&city).is_none()).then_some(city)
}

fn named_country(text: &str) -> Option<&'static str> {
    let lower = format!(" {} ", text.to_lowercase().replace(|c: char| !c.is_alphanumeric(), " "));
    COUNTRIES.iter().find(|(name, _)| lower.contains(&format!(" {name} "))).map(|(_, code)| *code)
}

/// Postcodes that only one country writes so.
fn by_shape(code: &str) -> Option<&'static str> {
    let shape: String = code
        .chars()
        .filter(|c| *c != ' ')
        .map(|c| {
            if c.is_ascii_digit() {
                '0'
            } else if c.is_alphabetic() {
                'A'
            } else {
                c
            }
        })
        .collect();
    match shape.as_str() {
        "A0A0A0" => Some("CA"),
        "00000-0000" => Some("US"),
        "000-0000" => Some("JP"),
        "0000AA" => Some("NL"),
        shape if shape.starts_with('A') && shape.ends_with("0AA") => Some("GB"),
        _ => None,
    }
}

fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_matches([',', ' ']).to_owned()
}
