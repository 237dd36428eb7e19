//! Placeholders become values that programs take for real ones, and that are nobody's: those of examples, where there are
//! such.

use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::Value;

static PLACEHOLDER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\[(email|phone|order|tracking|postcode|address|city|name)-(\d+)\]").ok());

const NAMES: [&str; 10] = ["Robin", "Sasha", "Luca", "Mika", "Toni", "Jules", "Kerstin", "Marlow", "Quinn", "Yannick"];
const TOWNS: [&str; 10] = [
    "Oakfield",
    "Millbrook",
    "Stonebridge",
    "Lakewick",
    "Harrowdale",
    "Brightwater",
    "Fernhollow",
    "Ashcombe",
    "Northmere",
    "Willowby",
];

/// The same value for the same placeholder.
pub fn plausible(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(of_text(&text)),
        Value::Array(items) => items.into_iter().map(plausible).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, plausible(value))).collect(),
        other => other,
    }
}

fn of_text(text: &str) -> String {
    let Some(pattern) = PLACEHOLDER.as_ref() else { return text.to_owned() };
    let stand_in = |found: &Captures<'_>| {
        let (kind, number) = (&found[1], found[2].parse().unwrap_or_default());
        value(kind, number)
    };
    pattern.replace_all(text, stand_in).into_owned()
}

fn value(kind: &str, number: usize) -> String {
    match kind {
        "email" => format!("{}{number}@example.com", one_of(&NAMES, number).to_lowercase()),
        "phone" => format!("+1202555{:04}", 100 + number),
        "order" => format!("#{}", 70_000 + number),
        "tracking" => format!("1Z999AA1{number:010}"),
        "postcode" => format!("{}", 90_000 + number),
        "address" => format!("{number} Orchard Street"),
        "city" => numbered(&TOWNS, number),
        _ => numbered(&NAMES, number),
    }
}

fn one_of<'a>(pool: &[&'a str], number: usize) -> &'a str {
    pool.get(number.wrapping_sub(1) % pool.len()).copied().unwrap_or_default()
}

/// Those of a longer list than ours have a number.
fn numbered(pool: &[&str], number: usize) -> String {
    let name = one_of(pool, number);
    match number.wrapping_sub(1) / pool.len() {
        0 => name.to_owned(),
        round => format!("{name} {}", round + 1),
    }
}
