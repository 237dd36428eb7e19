//! Lengths of time as people write them: 12h, 30d, 8w.

use jiff::{SignedDuration, Span, SpanRelativeTo};

pub fn parse(text: &str) -> Result<SignedDuration, String> {
    let wrong = || "write a number and a unit, such as 12h, 30d or 8w".to_owned();
    let span: Span = text.parse().map_err(|_| wrong())?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| wrong())?;
    if duration.is_positive() { Ok(duration) } else { Err(wrong()) }
}
