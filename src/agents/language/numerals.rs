//! Numbers and money as a language writes them.

use std::borrow::Cow;

use super::LanguageError;
use super::file::{File, phrases};
use crate::domain::money::Currency;
use crate::domain::text::{Sieve, WordMap, WordSet, lower};

/// How a language writes numbers, percentages and currencies.
#[derive(Debug)]
pub struct Numerals {
    decimal: char,
    grouping: String,
    small: WordMap<u64>,
    multipliers: WordMap<u64>,
    /// Of all words of numbers.
    counting: Sieve,
    currencies: WordMap<Vec<Currency>>,
    minor_words: WordSet,
    percent: WordSet,
}

impl Numerals {
    pub(super) fn compile(name: &str, file: &File) -> Result<Self, LanguageError> {
        let mut currencies = WordMap::default();
        for (key, codes) in file.money.symbols.iter().chain(&file.money.words) {
            let parsed = codes.iter().map(|code| code.parse()).collect::<Result<Vec<Currency>, _>>();
            let parsed = parsed.map_err(|error| {
                LanguageError::value(name, format!("money.{key}"), error.to_string(), "write ISO 4217 codes")
            })?;
            currencies.insert(key.to_lowercase(), parsed);
        }
        let numbers = &file.numbers;
        let mut small: WordMap<u64> = numbers.units.clone().into_iter().collect();
        small.extend(numbers.tens.clone());
        if let Some(joint) = &numbers.unit_before_tens {
            for (unit, low) in numbers.units.iter().filter(|(_, low)| (1..=9).contains(*low)) {
                for (ten, high) in &numbers.tens {
                    small.insert(format!("{unit}{joint}{ten}"), low + high);
                }
            }
        }
        Ok(Self {
            decimal: numbers.decimal,
            grouping: numbers.grouping.clone(),
            counting: small.keys().chain(numbers.multipliers.keys()).collect(),
            small,
            multipliers: numbers.multipliers.clone().into_iter().collect(),
            currencies,
            minor_words: phrases(&file.money.minor_words).map(str::to_owned).collect(),
            percent: phrases(&numbers.percent).map(str::to_owned).collect(),
        })
    }

    /// Digits with separators as a plain decimal: `1,234.50` is `1234.50`. `None` where the separators make no number.
    pub fn decimal(&self, text: &str) -> Option<String> {
        let separators: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| !c.is_ascii_digit()).collect();
        let Some((at, last)) = separators.last().copied() else { return Some(text.to_owned()) };
        let tail = text.get(at + last.len_utf8()..)?;
        let head = text.get(..at)?;
        let groups = |text: &str, mark: char| {
            let mut parts = text.split(mark);
            let first = parts.next().is_some_and(|part| (1..=3).contains(&part.len()));
            let digits = |part: &str| part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit());
            (first && parts.all(digits)).then(|| text.replace(mark, ""))
        };
        let other = separators.first().map(|(_, mark)| *mark).filter(|mark| *mark != last);
        match other {
            Some(mark) => groups(head, mark).map(|whole| format!("{whole}.{tail}")),
            None if separators.len() > 1 => groups(text, last),
            None if last == self.decimal => Some(format!("{head}.{tail}")),
            None if self.grouping.contains(last) && tail.len() == 3 => groups(text, last),
            None if tail.len() == 2 => Some(format!("{head}.{tail}")),
            None => None,
        }
    }

    /// Whether a number in words can begin with the word (lower case).
    pub fn opens_number(&self, word: &str) -> bool {
        self.counting.may_hold(word) && (self.small.contains_key(word) || self.multipliers.contains_key(word))
    }

    /// A number in words at the start of `words` (lower case): how many words it has, and its value.
    pub fn in_words(&self, words: &[&str]) -> Option<(usize, u64)> {
        let (mut total, mut group, mut length) = (0_u64, None::<u64>, 0);
        for word in words {
            if let Some(value) = self.small.get(*word) {
                let fits = group.is_none_or(|known| known % 100 == 0 || (known % 10 == 0 && *value < 10));
                if !fits {
                    break;
                }
                group = Some(group.unwrap_or(0) + value);
            } else if let Some(factor) = self.multipliers.get(*word) {
                let value = group.take().unwrap_or(1).saturating_mul(*factor);
                if *factor >= 1000 { total = total.saturating_add(value) } else { group = Some(value) }
            } else {
                break;
            }
            length += 1;
        }
        (length > 0).then(|| (length, total.saturating_add(group.unwrap_or(0))))
    }

    /// The currencies that a sign, a word or an ISO code in capitals may mean.
    pub fn currencies(&self, raw: &str) -> Option<Cow<'_, [Currency]>> {
        let code = || {
            let capitals = raw.len() == 3 && raw.bytes().all(|b| b.is_ascii_uppercase());
            capitals.then(|| raw.parse().ok().map(|currency| Cow::Owned(vec![currency]))).flatten()
        };
        self.currencies.get(lower(raw).as_ref()).map(|known| Cow::Borrowed(known.as_slice())).or_else(code)
    }

    pub fn is_minor_unit(&self, word: &str) -> bool {
        self.minor_words.contains(word)
    }

    pub fn is_percent(&self, word: &str) -> bool {
        word == "%" || self.percent.contains(word)
    }
}
