//! Days as a sentence names them: found in its tokens, and compared with the days of receipts.

use jiff::civil::Date;

use super::{Atom, Found, Scanner};
use crate::agents::claims::text::Kind;
use crate::agents::language::Part;

/// A day, or days, as a sentence names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::agents::claims) enum DateClaim {
    Day {
        year: Option<i16>,
        month: i8,
        day: i8,
        weekday: Option<i8>,
    },
    DayOfMonth {
        day: i8,
        weekday: Option<i8>,
    },
    Weekday {
        weekday: i8,
        week: Week,
    },
    Offset(i64),
    WholeWeek(i64),
    Month(i8),
    /// A time that is named and that no receipt can tell.
    Vague,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::agents::claims) enum Week {
    Any,
    This,
    Next,
    Last,
}

impl DateClaim {
    /// Whether the words, said on `today`, mean `actual`.
    pub fn means(self, actual: Date, today: Date) -> bool {
        let away = days_between(today, actual);
        let weekday_fits =
            |weekday: Option<i8>| weekday.is_none_or(|day| day == actual.weekday().to_monday_one_offset());
        match self {
            Self::Day { year, month, day, weekday } => {
                let same_year = year.map_or(away.abs() < 300, |year| year == actual.year());
                same_year && actual.month() == month && actual.day() == day && weekday_fits(weekday)
            }
            Self::DayOfMonth { day, weekday } => actual.day() == day && away.abs() <= 27 && weekday_fits(weekday),
            Self::Weekday { weekday, week } => {
                let weeks = weeks_between(today, actual);
                let near = match week {
                    Week::Any => away.abs() <= 7,
                    Week::This => weeks == 0,
                    Week::Next => weeks == 1,
                    Week::Last => away < 0 && (weeks == -1 || away >= -7),
                };
                near && weekday_fits(Some(weekday))
            }
            Self::Offset(days) => away == days,
            Self::WholeWeek(weeks) => weeks_between(today, actual) == weeks,
            Self::Month(month) => actual.month() == month && away.abs() < 300,
            Self::Vague => false,
        }
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    (to - from).get_days().into()
}

/// Calendar weeks, which begin on Mondays.
fn weeks_between(from: Date, to: Date) -> i64 {
    let monday = |date: Date| i64::from(date.weekday().to_monday_zero_offset());
    (days_between(from, to) + monday(from) - monday(to)) / 7
}

impl Scanner<'_> {
    pub(super) fn dates(&self, at: usize) -> Found {
        let token = self.tokens.get(at)?;
        let numeric = matches!(token.kind, Kind::Number | Kind::Mixed) || self.number(at).is_some();
        if !numeric && !self.language.calendar.opens_day(&token.text) {
            return None;
        }
        self.relative(at)
            .or_else(|| self.days_from_today(at))
            .or_else(|| self.weekday(at))
            .or_else(|| self.day(at, None))
            .or_else(|| self.clock(at))
            .map(|(end, claim)| (end, Atom::Date(claim)))
    }

    fn clock(&self, at: usize) -> Option<(usize, DateClaim)> {
        self.language.calendar.clock.contains(self.text(at)).then_some((at + 1, DateClaim::Vague))
    }

    fn phrase<'p>(&self, at: usize, list: &'p [(Vec<String>, i64)]) -> Option<(usize, &'p i64)> {
        list.iter().find_map(|(words, value)| {
            let fits = words.iter().enumerate().all(|(offset, word)| self.text(at + offset) == word);
            fits.then_some((at + words.len(), value))
        })
    }

    fn relative(&self, at: usize) -> Option<(usize, DateClaim)> {
        let calendar = &self.language.calendar;
        let day = self.phrase(at, &calendar.relative).map(|(end, days)| (end, DateClaim::Offset(*days)));
        day.or_else(|| self.phrase(at, &calendar.weeks).map(|(end, weeks)| (end, DateClaim::WholeWeek(*weeks))))
    }

    /// `in 3 days`, `5 days ago`, `vor 5 Tagen`.
    fn days_from_today(&self, at: usize) -> Option<(usize, DateClaim)> {
        let calendar = &self.language.calendar;
        let before = self.text(at);
        let (start, sign) = match before {
            _ if calendar.ago_before.contains(before) => (at + 1, -1),
            _ if calendar.ahead_before.contains(before) => (at + 1, 1),
            _ => (at, 0),
        };
        let (end, number) = self.number(start)?;
        let factor = match self.text(end) {
            unit if calendar.day_units.contains(unit) => 1,
            unit if calendar.week_units.contains(unit) => 7,
            _ => return None,
        };
        let days = number.parse::<i64>().ok()?.checked_mul(factor)?;
        match sign {
            0 if calendar.ago_after.contains(self.text(end + 1)) => Some((end + 2, DateClaim::Offset(-days))),
            0 => None,
            _ => Some((end + 1, DateClaim::Offset(sign * days))),
        }
    }

    fn weekday(&self, at: usize) -> Option<(usize, DateClaim)> {
        let calendar = &self.language.calendar;
        let before = self.text(at);
        let week = match before {
            _ if calendar.next.contains(before) => Week::Next,
            _ if calendar.last.contains(before) => Week::Last,
            _ if calendar.this.contains(before) => Week::This,
            _ => Week::Any,
        };
        let start = if week == Week::Any { at } else { at + 1 };
        if week != Week::Any && calendar.months.contains_key(self.text(start)) {
            return Some((start + 1, DateClaim::Vague));
        }
        let weekday = *calendar.weekdays.get(self.text(start))?;
        let mut next = start + 1;
        while self.text(next) == "." || self.text(next) == "," || calendar.before_day.contains(self.text(next)) {
            next += 1;
        }
        let alone = (start + 1, DateClaim::Weekday { weekday, week });
        Some(self.day(next, Some(weekday)).filter(|_| week == Week::Any).unwrap_or(alone))
    }

    fn day(&self, at: usize, weekday: Option<i8>) -> Option<(usize, DateClaim)> {
        self.iso(at, weekday)
            .or_else(|| self.numeric(at, weekday))
            .or_else(|| self.month_and_day(at, weekday))
            .or_else(|| self.day_and_month(at, weekday))
            .or_else(|| self.day_alone(at, weekday))
    }

    fn integer(&self, at: usize, longest: usize) -> Option<i16> {
        let token = self.tokens.get(at).filter(|token| token.kind == Kind::Number && token.text.len() <= longest)?;
        token.text.parse().ok()
    }

    fn iso(&self, at: usize, weekday: Option<i8>) -> Option<(usize, DateClaim)> {
        let shape = self.text(at).len() == 4 && self.text(at + 1) == "-" && self.text(at + 3) == "-";
        let (year, month, day) = (self.integer(at, 4)?, self.integer(at + 2, 2), self.integer(at + 4, 2));
        let (month, day) = shape.then_some((i8::try_from(month?).ok()?, i8::try_from(day?).ok()?))?;
        Some((at + 5, DateClaim::Day { year: Some(year), month, day, weekday }))
    }

    fn numeric(&self, at: usize, weekday: Option<i8>) -> Option<(usize, DateClaim)> {
        self.language.calendar.numeric.iter().find_map(|shape| {
            let (values, end) = self.numeric_parts(at, shape.separator, shape.parts.len())?;
            let value = |part: Part| {
                shape.parts.iter().position(|known| *known == part).and_then(|index| values.get(index)).copied()
            };
            let year = value(Part::Year).map(|year| if year < 100 { year + 2000 } else { year });
            let month = i8::try_from(value(Part::Month)?).ok().filter(|month| (1..=12).contains(month))?;
            let day = i8::try_from(value(Part::Day)?).ok().filter(|day| (1..=31).contains(day))?;
            Some((end, DateClaim::Day { year, month, day, weekday }))
        })
    }

    /// Digits set apart by `separator`: in one token (`25.11.2026`) or in several (`11/25`).
    fn numeric_parts(&self, at: usize, separator: char, count: usize) -> Option<(Vec<i16>, usize)> {
        let first = self.tokens.get(at).filter(|token| token.kind == Kind::Number)?;
        if first.text.contains(separator) {
            let values = first.text.split(separator).map(date_part).collect::<Option<Vec<i16>>>()?;
            // Without its year such a date ends with the separator, which tells it from an amount.
            let open = count == 2;
            let closed = self.text(at + 1).starts_with(separator);
            let right = values.len() == count && (!open || closed);
            return right.then_some((values, if open { at + 2 } else { at + 1 }));
        }
        let mut values = Vec::with_capacity(count);
        for index in 0..count {
            values.push(self.integer(at + 2 * index, 4).and_then(|_| date_part(self.text(at + 2 * index)))?);
            let last = index + 1 == count;
            if !last && !self.text(at + 2 * index + 1).starts_with(separator) {
                return None;
            }
        }
        let end = at + 2 * count - 1;
        let more = self.text(end).starts_with(separator) && self.integer(end + 1, 4).is_some();
        (!more).then_some((values, end))
    }

    fn month(&self, at: usize) -> Option<(usize, i8)> {
        let month = *self.language.calendar.months.get(self.text(at))?;
        let dotted = self.text(at + 1) == "."
            && self.tokens.get(at + 1).is_some_and(|token| token.glued)
            && self.integer(at + 2, 4).is_some();
        Some((if dotted { at + 2 } else { at + 1 }, month))
    }

    /// `25`, `25th`, `25.`
    fn day_number(&self, at: usize) -> Option<(usize, i8, bool)> {
        let calendar = &self.language.calendar;
        let token = self.tokens.get(at)?;
        let valid = |day: &i8| (1..=31).contains(day);
        match token.kind {
            Kind::Number => {
                let day = token.text.parse().ok().filter(valid)?;
                let suffix = calendar.day_suffixes.contains(self.text(at + 1))
                    && self.tokens.get(at + 1).is_some_and(|token| token.glued);
                Some((if suffix { at + 2 } else { at + 1 }, day, suffix))
            }
            Kind::Mixed => {
                let digits: String = token.text.chars().take_while(char::is_ascii_digit).collect();
                let known = calendar.day_suffixes.contains(token.text.get(digits.len()..)?);
                Some((at + 1, digits.parse().ok().filter(valid).filter(|_| known)?, true))
            }
            _ => None,
        }
    }

    /// A year right after a date.
    fn year(&self, at: usize) -> (usize, Option<i16>) {
        let start = if self.text(at) == "," { at + 1 } else { at };
        match self.integer(start, 4).filter(|year| (1900..2200).contains(year)) {
            Some(year) => (start + 1, Some(year)),
            None => (at, None),
        }
    }

    fn month_and_day(&self, at: usize, weekday: Option<i8>) -> Option<(usize, DateClaim)> {
        let (after, month) = self.month(at)?;
        let after = if self.language.calendar.before_day.contains(self.text(after)) { after + 1 } else { after };
        if let Some((end, day, suffixed)) = self.day_number(after) {
            // A dot after the day ends the sentence where days have no dots.
            let (end, year) = self.year(if suffixed { end } else { after + 1 });
            return Some((end, DateClaim::Day { year, month, day, weekday }));
        }
        let spelled = self.tokens.get(at).is_some_and(|token| token.raw.starts_with(char::is_uppercase));
        spelled.then_some((at + 1, DateClaim::Month(month)))
    }

    fn day_and_month(&self, at: usize, weekday: Option<i8>) -> Option<(usize, DateClaim)> {
        let (after, day, _) = self.day_number(at)?;
        let after =
            if self.language.calendar.between_day_and_month.contains(self.text(after)) { after + 1 } else { after };
        let (end, month) = self.month(after)?;
        let (end, year) = self.year(end);
        Some((end, DateClaim::Day { year, month, day, weekday }))
    }

    /// `the 25th`: a number that has a day's suffix, or stands after a weekday.
    fn day_alone(&self, at: usize, weekday: Option<i8>) -> Option<(usize, DateClaim)> {
        let (end, day, suffixed) = self.day_number(at)?;
        suffixed.then_some((end, DateClaim::DayOfMonth { day, weekday }))
    }
}

/// A day or month of one or two digits, a year of two or four: `0026` is none of them.
fn date_part(text: &str) -> Option<i16> {
    let shaped = text.len() <= 2 || (text.len() == 4 && !text.starts_with('0'));
    text.parse().ok().filter(|_| shaped)
}
