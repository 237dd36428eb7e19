//! Leaky buckets, by real time as sockets' time-outs are.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// How many calls a vendor takes.
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
