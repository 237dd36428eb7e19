//! Token buckets: how many requests a key or an address may make.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::Instant;

use super::settings::Rate;

/// Beyond so many, buckets that are full again are forgotten.
const MOST_BUCKETS: usize = 50_000;

/// A bucket for each `K`.
pub struct Buckets<K> {
    rate: Rate,
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

/// What a bucket says to a request.
#[derive(Clone, Copy, Debug)]
pub struct Verdict {
    pub allowed: bool,
    pub limit: u32,
    pub remaining: u32,
    /// Until the next request may come.
    pub retry_after_seconds: u64,
    /// Until everything is allowed again.
    pub reset_seconds: u64,
}

impl<K: Eq + Hash> Buckets<K> {
    pub fn new(rate: Rate) -> Self {
        Self { rate, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes one from the bucket of `key`.
    pub fn take(&self, key: K, now: Instant) -> Verdict {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_BUCKETS && !buckets.contains_key(&key) {
            buckets.retain(|_, bucket| self.filled(*bucket, now) < self.burst());
            if buckets.len() >= MOST_BUCKETS {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(key).or_insert(Bucket { tokens: self.burst(), at: now });
        let tokens = self.filled(*bucket, now);
        let allowed = tokens >= 1.0;
        let tokens = if allowed { tokens - 1.0 } else { tokens };
        *bucket = Bucket { tokens, at: now };
        self.verdict(allowed, tokens)
    }

    fn burst(&self) -> f64 {
        f64::from(self.rate.burst)
    }

    fn filled(&self, bucket: Bucket, now: Instant) -> f64 {
        let elapsed = now.saturating_duration_since(bucket.at).as_secs_f64();
        (bucket.tokens + elapsed * self.rate.per_second).min(self.burst())
    }

    fn verdict(&self, allowed: bool, tokens: f64) -> Verdict {
        let seconds = |missing: f64| (missing.max(0.0) / self.rate.per_second).ceil() as u64;
        Verdict {
            allowed,
            limit: self.rate.burst,
            remaining: tokens as u32,
            retry_after_seconds: seconds(1.0 - tokens).max(1),
            reset_seconds: seconds(self.burst() - tokens),
        }
    }
}

impl Verdict {
    /// The one that leaves less.
    pub fn tighter(self, other: Option<Self>) -> Self {
        other.filter(|other| other.remaining < self.remaining).unwrap_or(self)
    }

    pub fn write(&self, headers: &mut HeaderMap) {
        const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
        const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
        const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset_seconds));
    }
}

#[cfg(test)]
mod tests;
