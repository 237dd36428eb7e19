//! How much vendors take, by real time as sockets' time-outs are.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How many calls a vendor takes: a leaky bucket.
#[derive(Debug)]
pub(crate) struct CallLimit {
    capacity: f64,
    a_second: f64,
    /// How full the bucket was, and when.
    level: Mutex<(f64, Instant)>,
}

impl CallLimit {
    /// `capacity` calls at once, of which `a_second` run out again.
    pub fn new(capacity: f64, a_second: f64) -> Self {
        Self { capacity, a_second, level: Mutex::new((0.0, Instant::now())) }
    }

    /// How full the bucket is with this call, or after how many seconds there is room for it.
    pub fn admit(&self) -> Result<f64, u32> {
        let mut bucket = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        let (level, at) = *bucket;
        let now = Instant::now();
        let level = (level - now.duration_since(at).as_secs_f64() * self.a_second).max(0.0);
        if level + 1.0 > self.capacity {
            *bucket = (level, now);
            return Err(1);
        }
        *bucket = (level + 1.0, now);
        Ok(level + 1.0)
    }
}

/// How many updates each thing takes in a window.
#[derive(Debug)]
pub(crate) struct UpdateLimit {
    most: usize,
    window: Duration,
    made: Mutex<HashMap<u64, VecDeque<Instant>>>,
}

impl UpdateLimit {
    pub fn new(most: usize, window: Duration) -> Self {
        Self { most, window, made: Mutex::default() }
    }

    /// Counts it, or says after how many seconds there is room for it.
    pub fn admit(&self, of: u64) -> Result<(), u32> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let (made, now) = (made.entry(of).or_default(), Instant::now());
        while made.front().is_some_and(|oldest| now.duration_since(*oldest) >= self.window) {
            made.pop_front();
        }
        match made.front() {
            Some(oldest) if made.len() >= self.most => {
                let left = self.window.saturating_sub(now.duration_since(*oldest));
                Err(u32::try_from(left.as_secs()).unwrap_or(u32::MAX).saturating_add(1))
            }
            _ => {
                made.push_back(now);
                Ok(())
            }
        }
    }
}
