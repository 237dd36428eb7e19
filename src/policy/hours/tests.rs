use jiff::civil::date;

use super::*;

fn hours() -> Hours {
    toml::from_str(
        "monday = '09:00-17:30'\ntuesday = '09:00-17:30'\nfriday = '09:00 - 12:00'\nholidays = ['2026-12-25']\n\
         special = { '2026-12-24' = '10:00-11:00' }",
    )
    .unwrap()
}

fn at(date: Date, hour: i8, minute: i8) -> Staffed {
    let zone = TimeZone::get("America/Los_Angeles").unwrap();
    let moment = date.at(hour, minute, 0, 0).to_zoned_datetime(zone.clone()).unwrap().timestamp();
    hours().at(moment, &zone)
}

#[test]
fn somebody_is_there_from_the_first_minute_to_before_the_last() {
    let monday = date(2026, 11, 30);
    assert_eq!(at(monday, 8, 59), Staffed::From(monday.at(9, 0, 0, 0)));
    assert_eq!(at(monday, 9, 0), Staffed::Now);
    assert_eq!(at(monday, 17, 29), Staffed::Now);
    assert_eq!(at(monday, 17, 30), Staffed::From(date(2026, 12, 1).at(9, 0, 0, 0)));
}

#[test]
fn days_without_hours_and_holidays_are_passed_over() {
    let (wednesday, friday) = (date(2026, 12, 23), date(2026, 12, 25));
    assert_eq!(at(wednesday, 12, 0), Staffed::From(date(2026, 12, 24).at(10, 0, 0, 0)), "a day with hours of its own");
    assert_eq!(at(date(2026, 12, 24), 11, 0), Staffed::From(date(2026, 12, 28).at(9, 0, 0, 0)));
    assert_eq!(at(friday, 10, 0), Staffed::From(date(2026, 12, 28).at(9, 0, 0, 0)), "a holiday");
}

#[test]
fn the_clocks_are_those_of_the_store() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let moment = date(2026, 11, 30).at(8, 30, 0, 0).to_zoned_datetime(zone.clone()).unwrap().timestamp();
    assert_eq!(hours().at(moment, &zone), Staffed::From(date(2026, 11, 30).at(9, 0, 0, 0)));
    let west = TimeZone::get("America/Los_Angeles").unwrap();
    assert_eq!(hours().at(moment, &west), Staffed::From(date(2026, 11, 30).at(9, 0, 0, 0)), "still Sunday there");
}

#[test]
fn nothing_is_said_where_nobody_wrote_hours() {
    let zone = TimeZone::UTC;
    assert_eq!(Hours::default().at(Timestamp::UNIX_EPOCH, &zone), Staffed::Unknown);
    let only = Hours { holidays: vec![date(2026, 12, 25)], ..Hours::default() };
    assert_eq!(only.at(Timestamp::UNIX_EPOCH, &zone), Staffed::Unknown);
}

#[test]
fn what_is_no_time_stops_the_start() {
    for text in ["9-17", "17:00-09:00", "09:00", "09:00-09:00", "25:00-26:00", ""] {
        let hours = Hours { sunday: Some(text.to_owned()), ..Hours::default() };
        assert_eq!(hours.check().unwrap_err().key, "people.hours.sunday", "{text}");
    }
    let special = Hours { special: [(date(2026, 12, 24), "late".to_owned())].into(), ..Hours::default() };
    assert_eq!(special.check().unwrap_err().key, "people.hours.special.2026-12-24");
    hours().check().unwrap();
}
