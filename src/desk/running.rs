//! Which conversations this process works on, and small counts that need not be read from disk each time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::domain::id::{ConversationId, StoreId};

/// Conversations being worked on.
#[derive(Default)]
pub struct Running(Mutex<HashMap<ConversationId, Work>>);

#[derive(Default)]
struct Work {
    /// Something new arrived meanwhile.
    again: bool,
    /// Cancelled in the moment in which a person takes the conversation: what is being said stops.
    silence: CancellationToken,
}

impl Running {
    /// `false`: someone works on it already, and will look again.
    pub fn begin(&self, id: &ConversationId) -> bool {
        let mut running = locked(&self.0);
        match running.get_mut(id) {
            Some(work) => {
                work.again = true;
                false
            }
            None => {
                running.insert(id.clone(), Work::default());
                true
            }
        }
    }

    pub fn has(&self, id: &ConversationId) -> bool {
        locked(&self.0).contains_key(id)
    }

    /// Whose conversation it is has changed: the agent's words stop, or may flow again.
    pub fn silence(&self, id: &ConversationId, silent: bool) {
        if let Some(work) = locked(&self.0).get_mut(id) {
            if silent {
                work.silence.cancel();
            } else {
                work.silence = CancellationToken::new();
            }
        }
    }

    /// What tells the one who speaks to stop.
    pub fn silenced(&self, id: &ConversationId) -> CancellationToken {
        locked(&self.0).get(id).map(|work| work.silence.clone()).unwrap_or_default()
    }

    /// `false`: something new arrived; look again.
    pub fn end(&self, id: &ConversationId) -> bool {
        let mut running = locked(&self.0);
        match running.get_mut(id) {
            Some(work) if work.again => {
                work.again = false;
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
