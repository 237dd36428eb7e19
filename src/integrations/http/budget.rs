//! How many calls an account may make, and who goes first when they run short.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::super::Urgency;

/// Shortest sleep between two looks at the bucket.
const SHORTEST_SLEEP: Duration = Duration::from_millis(2);
/// The wait that is named to one whose patience ended behind others.
const LINE_TOO_LONG: Duration = Duration::from_secs(1);
/// The share of the bucket that background work leaves for shoppers.
const KEPT_FOR_SHOPPERS: f64 = 0.25;

/// A bucket: how much it holds, and how fast it fills. The unit is a call, or a vendor's own cost points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    pub capacity: f64,
    pub per_second: f64,
}

impl Rate {
    /// `count` calls in every `window`.
    pub fn of(count: u32, window: Duration) -> Self {
        let capacity = f64::from(count.max(1));
        Self { capacity, per_second: capacity / window.as_secs_f64().max(0.001) }
    }
}

/// The token bucket of one account. Shoppers go before background work, and among equals the first come first.
#[derive(Debug)]
pub struct Budget {
    bucket: Mutex<Bucket>,
    shopper_line: tokio::sync::Mutex<()>,
    background_line: tokio::sync::Mutex<()>,
    shoppers: AtomicUsize,
    /// Told when the vendor's own count has come in.
    observed: Notify,
}

#[derive(Debug)]
struct Bucket {
    /// `None`: no limit is known.
    rate: Option<Rate>,
    available: f64,
    at: Instant,
    paused_until: Option<Instant>,
    /// Spent since the vendor last told its own count; a part of it comes back with the next. `None`: it tells none.
    unsettled: Option<f64>,
}

/// What is missing.
struct Shortage {
    /// Until the bucket has filled by itself.
    wait: Duration,
    /// Whether calls in flight may give back enough before that.
    may_come_back: bool,
}

impl From<Duration> for Shortage {
    fn from(wait: Duration) -> Self {
        Self { wait, may_come_back: false }
    }
}

/// Counts a shopper as waiting for as long as it lives.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Budget {
    pub fn new(rate: Option<Rate>) -> Self {
        let available = rate.map_or(0.0, |rate| rate.capacity);
        Self {
            bucket: Mutex::new(Bucket { rate, available, at: Instant::now(), paused_until: None, unsettled: None }),
            shopper_line: tokio::sync::Mutex::new(()),
            background_line: tokio::sync::Mutex::new(()),
            shoppers: AtomicUsize::new(0),
            observed: Notify::new(),
        }
    }

    /// Waits until `cost` may be spent, and spends it.
    ///
    /// # Errors
    /// The wait that would still be needed, where that goes past the deadline. Nothing is spent then.
    pub async fn spend(&self, cost: f64, urgency: Urgency, deadline: Instant) -> Result<(), Duration> {
        let (line, _waiting) = match urgency {
            Urgency::Shopper => {
                self.shoppers.fetch_add(1, Ordering::Relaxed);
                (&self.shopper_line, Some(Waiting(&self.shoppers)))
            }
            Urgency::Background => (&self.background_line, None),
        };
        let Ok(_turn) = tokio::time::timeout_at(deadline, line.lock()).await else {
            return Err(LINE_TOO_LONG);
        };
        loop {
            let observed = self.observed.notified();
            match self.try_spend(cost, urgency) {
                Ok(()) => return Ok(()),
                Err(short) => {
                    let left = deadline.saturating_duration_since(Instant::now());
                    if left.is_zero() || (short.wait > left && !short.may_come_back) {
                        return Err(short.wait);
                    }
                    let _ = tokio::time::timeout(short.wait.clamp(SHORTEST_SLEEP, left.max(SHORTEST_SLEEP)), observed)
                        .await;
                }
            }
        }
    }

    fn try_spend(&self, cost: f64, urgency: Urgency) -> Result<(), Shortage> {
        let mut bucket = self.bucket();
        let now = Instant::now();
        if let Some(until) = bucket.paused_until {
            if until > now {
                return Err(Shortage::from(until - now));
            }
            bucket.paused_until = None;
        }
        let Some(rate) = bucket.rate else { return Ok(()) };
        bucket.fill(rate, now);
        let cost = cost.min(rate.capacity);
        let needed = match urgency {
            Urgency::Shopper => cost,
            Urgency::Background => (cost + KEPT_FOR_SHOPPERS * rate.capacity).min(rate.capacity),
        };
        let overtaken = urgency == Urgency::Background && self.shoppers.load(Ordering::Relaxed) > 0;
        if bucket.available >= needed && !overtaken {
            bucket.available -= cost;
            bucket.unsettled = bucket.unsettled.map(|spent| spent + cost);
            return Ok(());
        }
        let missing = if overtaken { needed.max(cost) } else { needed - bucket.available };
        let wait = Duration::try_from_secs_f64(missing / rate.per_second.max(0.001)).unwrap_or(Duration::MAX);
        let may_come_back = bucket.unsettled.is_some_and(|spent| bucket.available + spent >= needed);
        Err(Shortage { wait, may_come_back })
    }

    /// Nothing leaves for so long: the vendor said so.
    pub fn pause(&self, wait: Duration) {
        let until = Instant::now() + wait;
        let mut bucket = self.bucket();
        bucket.paused_until = Some(bucket.paused_until.map_or(until, |old| old.max(until)));
    }

    /// Takes over what the vendor says of its own bucket.
    pub fn observe(&self, rate: Rate, available: f64) {
        let mut bucket = self.bucket();
        bucket.rate = Some(rate);
        bucket.available = available.min(rate.capacity);
        bucket.at = Instant::now();
        bucket.unsettled = Some(0.0);
        drop(bucket);
        self.observed.notify_waiters();
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Bucket {
    fn fill(&mut self, rate: Rate, now: Instant) {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.available = (self.available + elapsed * rate.per_second).min(rate.capacity);
        self.at = now;
    }
}
