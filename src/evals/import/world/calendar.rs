//! Days of receipts as moments.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub struct Calendar {
    pub begins: Timestamp,
    /// The store's, with its name.
    pub zone: (String, TimeZone),
}

impl Calendar {
    pub fn name(&self) -> &str {
        &self.zone.0
    }

    /// Noon of that day; of today, or where it does not read, shortly before the first word.
    pub fn past(&self, date: Option<&str>) -> Timestamp {
        let latest = self.begins - SignedDuration::from_mins(10);
        date.and_then(|date| self.noon(date)).map_or(latest, |noon| noon.min(latest))
    }

    /// Noon of that day, which may be still to come.
    pub fn noon(&self, date: &str) -> Option<Timestamp> {
        let date: Date = date.parse().ok()?;
        let noon = date.at(12, 0, 0, 0).to_zoned_datetime(self.zone.1.clone()).ok()?;
        Some(noon.timestamp())
    }
}

/// The zone of `2026-10-05T11:06:25-08:00`, where it lies whole hours from UTC.
pub fn offset(at: &str) -> Option<(String, TimeZone)> {
    let offset = at.get(19..)?;
    let (sign, hours) = match offset.split_at_checked(1)? {
        ("-", rest) => ('+', rest),
        ("+", rest) => ('-', rest),
        _ => return None,
    };
    let hours: u8 = hours.strip_suffix(":00")?.parse().ok()?;
    // Its signs are the other way round.
    let name = if hours == 0 { "UTC".to_owned() } else { format!("Etc/GMT{sign}{hours}") };
    let zone = TimeZone::get(&name).ok()?;
    Some((name, zone))
}
