//! When a request may go again, and when.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

use super::Safety;
use super::transport::{Answer, Broken};
use crate::domain::clock::Clock;

/// The longest wait that a vendor's header may impose on an account. One that wants more is asked again after this.
pub const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Whether a repeat could end better and does no harm.
pub fn may_repeat(safety: Safety, outcome: &Result<Answer, Broken>) -> bool {
    match outcome {
        Err(broken) => !broken.sent || safety != Safety::Write,
        Ok(answer) => matches!(
            (answer.status.as_u16(), safety),
            (429, _) | (408 | 502 | 503 | 504, Safety::Idempotent) | (408 | 500..=599, Safety::Read)
        ),
    }
}

/// Whether this outcome says that the vendor is unwell, which is what the breaker counts.
pub fn is_outage(outcome: &Result<Answer, Broken>) -> bool {
    outcome.as_ref().map_or(true, |answer| answer.status.is_server_error())
}

/// How long the vendor asks us to stay away: `Retry-After` in seconds, with or without a fraction, or as a date; else
/// the vendor's own header with the Unix second of its next window.
pub fn wait_asked_for(status: StatusCode, headers: &HeaderMap, reset_header: Option<&str>) -> Option<Duration> {
    if !matches!(status.as_u16(), 429 | 503) {
        return None;
    }
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let asked = match text(RETRY_AFTER.as_str()) {
        Some(value) => seconds(value).or_else(|| until(http_date(value)?, headers)),
        None => reset_header
            .and_then(text)
            .and_then(|value| value.parse().ok())
            .and_then(|second| Timestamp::from_second(second).ok())
            .and_then(|moment| until(moment, headers)),
    };
    asked.map(|wait| wait.min(LONGEST_WAIT))
}

fn seconds(text: &str) -> Option<Duration> {
    let number: f64 = text.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)?;
    Some(Duration::try_from_secs_f64(number).unwrap_or(LONGEST_WAIT))
}

fn http_date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

/// By the vendor's own clock where it tells it: two machines seldom agree.
fn until(moment: Timestamp, headers: &HeaderMap) -> Option<Duration> {
    let now = headers.get(DATE).and_then(|value| http_date(value.to_str().ok()?)).unwrap_or_else(Clock::machine);
    Some(Duration::try_from(moment.duration_since(now)).unwrap_or(Duration::ZERO))
}

/// The pause before attempt `tried + 1`: doubled each time, between half and the whole of it.
pub fn backoff(first: Duration, tried: u32) -> Duration {
    let whole = first.saturating_mul(1 << tried.saturating_sub(1).min(6));
    whole.mul_f64(0.5 + 0.5 * random_share())
}

/// Between 0 and 1. Spreads clients, keeps no secret: the standard library's hash keys are random enough.
pub fn random_share() -> f64 {
    let random = RandomState::new().build_hasher().finish() >> 32;
    f64::from(u32::try_from(random).unwrap_or_default()) / f64::from(u32::MAX)
}
