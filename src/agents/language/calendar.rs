//! Dates and spans of time as a language writes them.

use super::LanguageError;
use super::file::{Dates, phrases};
use crate::domain::text::{Sieve, WordMap, WordSet};

/// The part of an all-digit date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Day,
    Month,
    Year,
}

/// An all-digit way to write a date.
#[derive(Debug)]
pub struct Numeric {
    pub separator: char,
    pub parts: Vec<Part>,
}

/// How a language writes dates. Words are lower case.
#[derive(Debug)]
pub struct Calendar {
    pub months: WordMap<i8>,
    pub weekdays: WordMap<i8>,
    /// Phrases and their distance from today in days; the longest first.
    pub relative: Vec<(Vec<String>, i64)>,
    pub weeks: Vec<(Vec<String>, i64)>,
    pub next: WordSet,
    pub last: WordSet,
    pub this: WordSet,
    pub day_suffixes: WordSet,
    pub between_day_and_month: WordSet,
    pub month_before_day: bool,
    pub numeric: Vec<Numeric>,
    pub ago_before: WordSet,
    pub ago_after: WordSet,
    pub ahead_before: WordSet,
    pub day_units: WordSet,
    pub week_units: WordSet,
    pub other_units: WordSet,
    pub minute_units: WordSet,
    pub before_noon: WordSet,
    pub after_noon: WordSet,
    pub range: WordSet,
    pub before_day: WordSet,
    pub clock: WordSet,
    /// All words with which a day can begin.
    opening: WordSet,
    openings: Sieve,
}

impl Calendar {
    pub(super) fn compile(name: &str, dates: &Dates) -> Result<Self, LanguageError> {
        let set = |text: &str| phrases(text).map(str::to_lowercase).collect();
        let lower = |map: &std::collections::BTreeMap<String, i8>| {
            map.iter().map(|(word, number)| (word.to_lowercase(), *number)).collect()
        };
        let calendar = Self {
            months: lower(&dates.months),
            weekdays: lower(&dates.weekdays),
            relative: by_length(&dates.relative),
            weeks: by_length(&dates.weeks),
            next: set(&dates.next),
            last: set(&dates.last),
            this: set(&dates.this),
            day_suffixes: set(&dates.day_suffixes),
            between_day_and_month: set(&dates.between_day_and_month),
            month_before_day: dates.month_before_day,
            numeric: dates.numeric.iter().map(|text| numeric(name, text)).collect::<Result<_, _>>()?,
            ago_before: set(&dates.ago_before),
            ago_after: set(&dates.ago_after),
            ahead_before: set(&dates.ahead_before),
            day_units: set(&dates.day_units),
            week_units: set(&dates.week_units),
            other_units: set(&dates.other_units),
            minute_units: set(&dates.minute_units),
            before_noon: set(&dates.before_noon),
            after_noon: set(&dates.after_noon),
            range: set(&dates.range),
            before_day: set(&dates.before_day),
            clock: set(&dates.clock),
            opening: WordSet::default(),
            openings: Sieve::default(),
        };
        let opening: WordSet = calendar.first_words().cloned().collect();
        Ok(Self { openings: opening.iter().collect(), opening, ..calendar })
    }

    fn first_words(&self) -> impl Iterator<Item = &String> {
        let phrases = self.relative.iter().chain(&self.weeks).filter_map(|(words, _)| words.first());
        let sets = [&self.next, &self.last, &self.this, &self.ago_before, &self.ahead_before, &self.clock];
        phrases.chain(sets.into_iter().flatten()).chain(self.months.keys()).chain(self.weekdays.keys())
    }

    /// Whether a day can begin with this word; any can with a number.
    pub fn opens_day(&self, word: &str) -> bool {
        self.openings.may_hold(word) && self.opening.contains(word)
    }

    /// Whether the word measures time.
    pub fn is_unit(&self, word: &str) -> bool {
        [&self.day_units, &self.week_units, &self.other_units, &self.minute_units].iter().any(|set| set.contains(word))
    }
}

fn by_length(map: &std::collections::BTreeMap<String, i64>) -> Vec<(Vec<String>, i64)> {
    let split = |text: &String| text.to_lowercase().split([' ', '-']).map(str::to_owned).collect::<Vec<_>>();
    let mut list: Vec<_> = map.iter().map(|(text, days)| (split(text), *days)).collect();
    list.sort_by_key(|(words, _)| std::cmp::Reverse(words.len()));
    list
}

fn numeric(name: &str, text: &str) -> Result<Numeric, LanguageError> {
    let bad = || LanguageError::value(name, "dates.numeric", format!("has {text:?}"), "write it like m/d/y or d.m.");
    let separator = text.chars().find(|c| !c.is_ascii_alphabetic()).ok_or_else(bad)?;
    let part = |letter: &str| match letter {
        "d" => Ok(Part::Day),
        "m" => Ok(Part::Month),
        "y" => Ok(Part::Year),
        _ => Err(bad()),
    };
    let parts = text.split(separator).map(part).collect::<Result<Vec<_>, _>>()?;
    Ok(Numeric { separator, parts })
}
