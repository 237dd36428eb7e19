//! Which conversations this process works on, and small counts that need not be read from disk each time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::id::{ConversationId, StoreId};

/// Conversations being worked on; `true`: something new arrived meanwhile.
#[derive(Default)]
pub struct Running(Mutex<HashMap<ConversationId, bool>>);

impl Running {
    /// `false`: someone works on it already, and will look again.
    pub fn begin(&self, id: &ConversationId) -> bool {
        let mut running = locked(&self.0);
        match running.get_mut(id) {
            Some(again) => {
                *again = true;
                false
            }
            None => {
                running.insert(id.clone(), false);
                true
            }
        }
    }

    pub fn has(&self, id: &ConversationId) -> bool {
        locked(&self.0).contains_key(id)
    }

    /// `false`: something new arrived; look again.
    pub fn end(&self, id: &ConversationId) -> bool {
        let mut running = locked(&self.0);
        match running.get_mut(id) {
            Some(again) if *again => {
                *again = false;
                false
            }
            _ => {
                running.remove(id);
                true
            }
        }
    }
}

/// Turns of a store in the last 24 hours: read from the log now and then, counted in between.
#[derive(Default)]
pub struct TurnsToday(Mutex<HashMap<StoreId, (Instant, u64)>>);

/// How long a count is good before the log is asked again.
const GOOD_FOR: Duration = Duration::from_secs(60);

impl TurnsToday {
    pub fn get(&self, store: &StoreId) -> Option<u64> {
        let counts = locked(&self.0);
        counts.get(store).filter(|(read, _)| read.elapsed() < GOOD_FOR).map(|(_, count)| *count)
    }

    pub fn set(&self, store: &StoreId, count: u64) {
        locked(&self.0).insert(store.clone(), (Instant::now(), count));
    }

    pub fn add(&self, store: &StoreId) {
        if let Some((_, count)) = locked(&self.0).get_mut(store) {
            *count += 1;
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
