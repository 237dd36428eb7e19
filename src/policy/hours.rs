//! When people are there.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde::{Deserialize, Serialize};

use super::check::Unsound;

/// How many days ahead somebody is looked for. A store that nobody opens for longer says nothing of it.
const LOOK_AHEAD: i32 = 31;

/// The week and its exceptions, in the store's time zone. Where no day has hours, nobody knows when people are there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hours {
    /// From and to, on the same day: `"09:00-17:30"`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub monday: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tuesday: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wednesday: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thursday: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub friday: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub saturday: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sunday: Option<String>,
    /// Days on which nobody is there: `["2026-12-25"]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub holidays: Vec<Date>,
    /// Days with hours of their own: `{ "2026-12-24" = "09:00-12:00" }`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub special: BTreeMap<Date, String>,
}

/// Whether somebody is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Staffed {
    /// The store says nothing of it, or nobody is there for a long time.
    Unknown,
    Now,
    /// By the store's clocks.
    From(DateTime),
}

impl Hours {
    pub fn at(&self, moment: Timestamp, zone: &TimeZone) -> Staffed {
        let now = moment.to_zoned_datetime(zone.clone()).datetime();
        for days in 0..=LOOK_AHEAD {
            let Ok(date) = now.date().checked_add(days.days()) else { break };
            let Some((from, to)) = self.of(date).and_then(read) else { continue };
            let (from, to) = (date.to_datetime(from), date.to_datetime(to));
            if now < from {
                return Staffed::From(from);
            }
            if now < to {
                return Staffed::Now;
            }
        }
        Staffed::Unknown
    }

    fn of(&self, date: Date) -> Option<&str> {
        if self.holidays.contains(&date) {
            return None;
        }
        self.special.get(&date).or(self.on(date.weekday()).as_ref()).map(String::as_str)
    }

    fn on(&self, day: Weekday) -> &Option<String> {
        match day {
            Weekday::Monday => &self.monday,
            Weekday::Tuesday => &self.tuesday,
            Weekday::Wednesday => &self.wednesday,
            Weekday::Thursday => &self.thursday,
            Weekday::Friday => &self.friday,
            Weekday::Saturday => &self.saturday,
            Weekday::Sunday => &self.sunday,
        }
    }

    pub(super) fn check(&self) -> Result<(), Unsound> {
        let week = Weekday::Monday.cycle_forward().take(7).filter_map(|day| {
            let name = format!("{day:?}").to_lowercase();
            self.on(day).as_ref().map(|hours| (name, hours))
        });
        let special = self.special.iter().map(|(date, hours)| (format!("special.{date}"), hours));
        for (name, hours) in week.chain(special) {
            if read(hours).is_none() {
                return Err(Unsound {
                    key: format!("people.hours.{name}"),
                    problem: format!("{hours:?} is no time from and to on one day"),
                    fix: "write it as \"09:00-17:30\"; leave out a day on which nobody is there",
                });
            }
        }
        Ok(())
    }
}

fn read(hours: &str) -> Option<(Time, Time)> {
    let (from, to) = hours.split_once('-')?;
    let time = |text: &str| Time::strptime("%H:%M", text.trim()).ok();
    let (from, to) = (time(from)?, time(to)?);
    (from < to).then_some((from, to))
}

#[cfg(test)]
mod tests;
