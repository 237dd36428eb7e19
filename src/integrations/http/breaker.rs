//! Leaves a vendor alone that does not answer, so that shoppers hear so at once instead of waiting for time-outs.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Doublings of the pause at most.
const MOST_DOUBLINGS: u32 = 3;

/// One for each account. Closed until some failures in a row, then open for a pause, then half open: one call tries.
#[derive(Debug)]
pub struct Breaker {
    failures_to_open: u32,
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant, times: u32 },
    Trying,
}

/// The right to make one attempt. Dropped without a verdict (the caller went away), it leaves the question open.
#[derive(Debug)]
pub struct Passage<'a> {
    breaker: &'a Breaker,
    trying: Option<u32>,
}

impl Breaker {
    pub fn new(failures_to_open: u32, pause: Duration) -> Self {
        Self { failures_to_open: failures_to_open.max(1), pause, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// # Errors
    /// How long until somebody may try again, where the account is being left alone.
    pub fn enter(&self) -> Result<Passage<'_>, Duration> {
        let mut state = self.state();
        match *state {
            State::Closed { .. } => Ok(Passage { breaker: self, trying: None }),
            State::Open { until, times } => {
                let left = until.saturating_duration_since(Instant::now());
                if !left.is_zero() {
                    return Err(left);
                }
                *state = State::Trying;
                Ok(Passage { breaker: self, trying: Some(times) })
            }
            State::Trying => Err(self.pause),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self, times: u32) -> State {
        let pause = self.pause.saturating_mul(1 << times.min(MOST_DOUBLINGS));
        State::Open { until: Instant::now() + pause, times: times.saturating_add(1) }
    }
}

impl Passage<'_> {
    pub fn settle(mut self, healthy: bool) {
        let mut state = self.breaker.state();
        *state = match (self.trying.take(), *state) {
            (Some(_), _) if healthy => State::Closed { failures: 0 },
            (Some(times), _) => self.breaker.open(times),
            (None, State::Closed { .. }) if healthy => State::Closed { failures: 0 },
            (None, State::Closed { failures }) if failures + 1 >= self.breaker.failures_to_open => self.breaker.open(0),
            (None, State::Closed { failures }) => State::Closed { failures: failures + 1 },
            // It set out before the breaker opened; the trial decides, not a straggler.
            (None, other) => other,
        };
    }
}

impl Drop for Passage<'_> {
    fn drop(&mut self) {
        if let Some(times) = self.trying {
            *self.breaker.state() = State::Open { until: Instant::now(), times };
        }
    }
}
