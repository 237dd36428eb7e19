//! The checkable particles of a sentence: amounts, dates, numbers, addresses. Every digit belongs to one of them.

mod dates;

pub(super) use dates::DateClaim;

use std::borrow::Cow;

use super::evidence::Evidence;
use super::text::{Kind, Token};
use crate::agents::language::Language;
use crate::domain::money::{Currency, Money};

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Atom {
    /// In each currency that the words may mean; empty where they make no amount.
    Money(Vec<Money>),
    Percent(String),
    Date(DateClaim),
    /// A span of time in minutes, where it is one; the words of it otherwise need a source in text.
    Duration {
        numbers: Vec<String>,
        minutes: bool,
        /// The words of the unit: `business`, `days`.
        units: Vec<String>,
    },
    /// Hour and minute of a day.
    Time(i8, i8),
    Number(String),
    Tracking(String),
    Url(String),
    Email(String),
    Order(String),
    /// Letters mixed with digits that no receipt explains.
    Code(String),
}

/// An atom and the tokens that it covers.
#[derive(Clone, Debug)]
pub(super) struct Placed {
    pub start: usize,
    pub end: usize,
    pub atom: Atom,
}

/// Finds the atoms of a sentence, from left to right, the longest reading first.
pub(super) fn find(language: &Language, evidence: &Evidence, tokens: &[Token]) -> Vec<Placed> {
    let scanner = Scanner::new(language, evidence, tokens);
    let mut placed = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match scanner.atom_at(at) {
            Some((end, atom)) if end > at => {
                placed.push(Placed { start: at, end, atom });
                at = end;
            }
            _ => at += 1,
        }
    }
    placed
}

struct Scanner<'s> {
    language: &'s Language,
    evidence: &'s Evidence,
    tokens: &'s [Token<'s>],
    /// Of each token, where the number that begins there ends, and the number as a plain decimal: what every reading asks
    /// for.
    numbers: Vec<Option<(usize, String)>>,
}

type Found = Option<(usize, Atom)>;

impl<'s> Scanner<'s> {
    fn new(language: &'s Language, evidence: &'s Evidence, tokens: &'s [Token<'s>]) -> Self {
        let numbers = (0..tokens.len()).map(|at| number(language, tokens, at)).collect();
        Self { language, evidence, tokens, numbers }
    }

    fn atom_at(&self, at: usize) -> Found {
        let tracking = self.tracking(at);
        if tracking.is_some() || !self.may_begin(at) {
            return tracking;
        }
        self.whole_token(at)
            .or_else(|| self.money(at))
            .or_else(|| self.dates(at))
            .or_else(|| self.measured(at))
            .or_else(|| self.bare(at))
    }

    /// Whether anything but a tracking number can begin here; with most words nothing does.
    fn may_begin(&self, at: usize) -> bool {
        let plain = |token: &Token| matches!(token.kind, Kind::Word | Kind::Mark | Kind::Sign);
        let opens_day = |token: &Token| self.language.calendar.opens_day(&token.text);
        let opens = |token: &Token| !plain(token) || opens_day(token);
        self.number(at).is_some() || self.number(at + 1).is_some() || self.tokens.get(at).is_some_and(opens)
    }

    fn text(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", |token| token.text.as_ref())
    }

    /// A tracking number that some receipt has, however it is grouped.
    fn tracking(&self, at: usize) -> Found {
        let first = self.tokens.get(at)?;
        if matches!(first.kind, Kind::Mark | Kind::Url | Kind::Email) {
            return None;
        }
        self.evidence.tracking.iter().find_map(|tracking| {
            let mut rest = tracking.compact.as_str();
            let mut end = at;
            while !rest.is_empty() {
                let token = self.tokens.get(end)?;
                if !(token.is_mark("-") && end > at) {
                    rest = after(rest, token.raw)?;
                }
                end += 1;
            }
            Some((end, Atom::Tracking(tracking.number.clone())))
        })
    }

    fn whole_token(&self, at: usize) -> Found {
        let token = self.tokens.get(at)?;
        let atom = match token.kind {
            Kind::Url => Atom::Url(token.raw.to_owned()),
            Kind::Email => Atom::Email(token.text.to_string()),
            Kind::Order => Atom::Order(token.text.to_string()),
            _ => return None,
        };
        Some((at + 1, atom))
    }

    fn number(&self, at: usize) -> Option<(usize, &str)> {
        let (end, number) = self.numbers.get(at)?.as_ref()?;
        Some((*end, number))
    }

    fn currencies(&self, at: usize) -> Option<Cow<'_, [Currency]>> {
        self.language.numerals.currencies(self.tokens.get(at)?.raw)
    }

    fn money(&self, at: usize) -> Found {
        if let Some((end, number)) = self.number(at + 1)
            && let Some(currencies) = self.currencies(at)
        {
            let end = if self.currencies(end).is_some() { end + 1 } else { end };
            return Some((end, amounts(number, &currencies)));
        }
        let (end, number) = self.number(at)?;
        let (end, currencies) = match self.currencies(end) {
            Some(currencies) => (end + 1, currencies),
            None if self.text(end) == "-" => (end + 2, self.currencies(end + 1)?),
            None => return self.minor_units(end),
        };
        // Half an amount more ("64 dollars and 50 cents") is never said.
        if self.minor_units_follow(end) {
            return Some((end, Atom::Money(Vec::new())));
        }
        Some((end, amounts(number, &currencies)))
    }

    fn minor_units(&self, end: usize) -> Found {
        self.language.numerals.is_minor_unit(self.text(end)).then(|| (end + 1, Atom::Money(Vec::new())))
    }

    fn minor_units_follow(&self, end: usize) -> bool {
        (end..end + 2)
            .any(|at| self.number(at).is_some_and(|(after, _)| self.language.numerals.is_minor_unit(self.text(after))))
    }

    /// Percentages, durations, times, counts.
    fn measured(&self, at: usize) -> Found {
        let (end, number) = self.number(at)?;
        if self.language.numerals.is_percent(self.text(end)) {
            return Some((end + 1, Atom::Percent(number.to_owned())));
        }
        self.time(at).or_else(|| self.duration(end, number))
    }

    fn time(&self, at: usize) -> Found {
        let hour: i8 = self.tokens.get(at).filter(|token| token.kind == Kind::Number)?.text.parse().ok()?;
        let colon = self.text(at + 1) == ":";
        let minute: Option<i8> = colon.then(|| self.text(at + 2).parse().ok()).flatten();
        let end = if minute.is_some() { at + 3 } else { at + 1 };
        let calendar = &self.language.calendar;
        let half = self.text(end).replace('.', "");
        let (hour, end) = match half.as_str() {
            half if calendar.after_noon.contains(half) => (hour % 12 + 12, end + 1),
            half if calendar.before_noon.contains(half) => (hour % 12, end + 1),
            _ if minute.is_some() => (hour, end),
            _ => return None,
        };
        Some((end, Atom::Time(hour, minute.unwrap_or(0))))
    }

    fn duration(&self, end: usize, number: &str) -> Found {
        let calendar = &self.language.calendar;
        let mut numbers = vec![number.to_owned()];
        let mut end = end;
        let joined = self.text(end) == "-" || self.text(end) == "–" || calendar.range.contains(self.text(end));
        if joined
            && let Some((after, other)) = self.number(end + 1).filter(|(after, _)| calendar.is_unit(self.text(*after)))
        {
            numbers.push(other.to_owned());
            end = after;
        }
        if self.text(end) == "-" {
            end += 1;
        }
        if !calendar.is_unit(self.text(end)) {
            return None;
        }
        let minutes = calendar.minute_units.contains(self.text(end));
        let mut after = end + 1;
        while calendar.is_unit(self.text(after)) {
            after += 1;
        }
        let units = (end..after).map(|at| self.text(at).to_owned()).collect();
        Some((after, Atom::Duration { numbers, minutes, units }))
    }

    fn bare(&self, at: usize) -> Found {
        let token = self.tokens.get(at)?;
        match token.kind {
            Kind::Mixed => {
                let digits: String = token.text.chars().take_while(char::is_ascii_digit).collect();
                let suffix = token.text.get(digits.len()..).unwrap_or("");
                match digits.parse::<i8>() {
                    Ok(hour) if self.language.calendar.after_noon.contains(suffix) => {
                        Some((at + 1, Atom::Time(hour % 12 + 12, 0)))
                    }
                    Ok(hour) if self.language.calendar.before_noon.contains(suffix) => {
                        Some((at + 1, Atom::Time(hour % 12, 0)))
                    }
                    Ok(_) if suffix == "x" => Some((at + 1, Atom::Number(digits))),
                    _ => Some((at + 1, Atom::Code(token.raw.to_owned()))),
                }
            }
            _ => {
                let (end, number) = self.number(at)?;
                // `one` is mostly a pronoun: the lexicon knows it.
                if token.is_word() && (self.in_a_phrase(at, end) || number == "1") {
                    return None;
                }
                Some((end, Atom::Number(number.to_owned())))
            }
        }
    }

    /// Whether a phrase of the language goes on beyond a number in words: `six digit code`.
    fn in_a_phrase(&self, at: usize, end: usize) -> bool {
        let run: Vec<&str> = self
            .tokens
            .iter()
            .skip(at)
            .take(8)
            .take_while(|token| token.is_word())
            .map(|token| token.text.as_ref())
            .collect();
        self.language.lexicon.longest(&run).is_some_and(|(length, _)| at + length > end)
    }
}

/// A number in digits or words, as a plain decimal.
fn number(language: &Language, tokens: &[Token], at: usize) -> Option<(usize, String)> {
    let token = tokens.get(at)?;
    match token.kind {
        Kind::Number => {
            Some((at + 1, language.numerals.decimal(&token.text).unwrap_or_else(|| token.text.to_string())))
        }
        Kind::Word => {
            // Most words are none.
            if !language.numerals.opens_number(&token.text) {
                return None;
            }
            let words: Vec<&str> = tokens
                .iter()
                .skip(at)
                .take(8)
                .take_while(|token| token.is_word())
                .map(|token| token.text.as_ref())
                .collect();
            language.numerals.in_words(&words).map(|(length, value)| (at + length, value.to_string()))
        }
        _ => None,
    }
}

fn amounts(number: &str, currencies: &[Currency]) -> Atom {
    Atom::Money(currencies.iter().filter_map(|currency| Money::parse(number, *currency).ok()).collect())
}

/// Capital letters and digits alone: how tracking numbers are compared.
pub(super) fn compact(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect()
}

/// What is left of a compact text behind a part of it. `None`: it does not begin so, or the part is empty.
fn after<'t>(whole: &'t str, part: &str) -> Option<&'t str> {
    let mut rest = whole;
    for c in part.chars().filter(|c| c.is_alphanumeric()) {
        rest = match c.is_ascii() {
            true => rest.strip_prefix(c.to_ascii_uppercase())?,
            false => c.to_uppercase().try_fold(rest, |rest, capital| rest.strip_prefix(capital))?,
        };
    }
    (rest.len() < whole.len()).then_some(rest)
}
