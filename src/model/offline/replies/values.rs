//! Dates, money and foreign texts as they are written to a shopper.

use jiff::civil::Date;
use serde_json::Value;

use crate::model::offline::receipts::text;

/// `Wednesday, November 25`, with the year when it is not the year of `as_of`. What is no date is said as it is.
pub fn date(text: &str, as_of: Option<&str>) -> String {
    let Some(date) = parse(text) else { return text.to_owned() };
    let same_year = as_of.and_then(parse).is_none_or(|today| today.year() == date.year());
    date.strftime(if same_year { "%A, %B %-d" } else { "%A, %B %-d, %Y" }).to_string()
}

/// Whether the day is before `as_of`; not when either is unknown.
pub fn is_past(text: &str, as_of: Option<&str>) -> bool {
    match (parse(text), as_of.and_then(parse)) {
        (Some(date), Some(today)) => date < today,
        _ => false,
    }
}

fn parse(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// `$64.00`, `¥12,800`, `64.00 CHF`.
pub fn money(value: Option<&Value>) -> Option<String> {
    let value = value?;
    let amount = match value.get("amount")? {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let currency = text(value, "currency")?;
    let sign = match currency {
        "USD" => "$",
        "EUR" => "€",
        "GBP" => "£",
        "JPY" => "¥",
        _ => return Some(format!("{amount} {currency}")),
    };
    Some(match amount.strip_prefix('-') {
        Some(positive) => format!("-{sign}{}", grouped(positive)),
        None => format!("{sign}{}", grouped(&amount)),
    })
}

/// Whether there is an amount other than zero.
pub fn is_some_money(value: Option<&Value>) -> bool {
    let amount = value.and_then(|value| text(value, "amount")).unwrap_or("");
    amount.chars().any(|c| ('1'..='9').contains(&c))
}

/// Thousands with commas.
fn grouped(amount: &str) -> String {
    let (whole, rest) = amount.split_once('.').map_or((amount, None), |(whole, rest)| (whole, Some(rest)));
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.chars().count() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    match rest {
        Some(rest) => format!("{out}.{rest}"),
        None => out,
    }
}

/// A text that others wrote, in quotation marks, on one line and of bounded length.
pub fn quoted(text: &str) -> String {
    const LONGEST: usize = 160;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace(['“', '”', '"'], "'");
    let line = line.trim_end_matches(['.', '!', '?', ' ']);
    let cut: String = line.chars().take(LONGEST).collect();
    let dots = if line.chars().count() > LONGEST { "…" } else { "" };
    format!("“{cut}{dots}”")
}

/// `2 × “Tin Kettle” (2 l / Blue)`.
pub fn item(item: &Value) -> Option<String> {
    let title = quoted(text(item, "title")?);
    let variant = text(item, "variant")
        .filter(|variant| reads_well(variant))
        .map(|variant| format!(" ({})", variant.trim()))
        .unwrap_or_default();
    let quantity = item.get("quantity").and_then(Value::as_u64).unwrap_or(1);
    Some(if quantity == 1 { format!("{title}{variant}") } else { format!("{quantity} × {title}{variant}") })
}

/// Numbers and single letters read like quantities and signs; a variant with one is left out.
fn reads_well(variant: &str) -> bool {
    variant
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .all(|word| word.chars().count() > 1 && word.chars().all(char::is_alphabetic))
}

/// `a, b and c`.
pub fn enumerate(parts: &[String]) -> String {
    match parts.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        Some((last, _)) => last.clone(),
        None => String::new(),
    }
}
