//! What was read a moment ago and is asked for with every request.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Another process may change it, a command for instance: so late it is noticed at most.
const GOOD_FOR: Duration = Duration::from_millis(500);
/// At more, all are read anew.
const MOST: usize = 1024;

pub(super) struct Fresh<K, V>(Mutex<HashMap<K, (Instant, V)>>);

impl<K, V> Default for Fresh<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Hash + Eq, V: Clone> Fresh<K, V> {
    pub fn get(&self, key: &K) -> Option<V> {
        self.entries().get(key).filter(|(read, _)| read.elapsed() < GOOD_FOR).map(|(_, value)| value.clone())
    }

    pub fn put(&self, key: K, value: V) {
        let mut entries = self.entries();
        if entries.len() >= MOST {
            entries.clear();
        }
        entries.insert(key, (Instant::now(), value));
    }

    pub fn clear(&self) {
        self.entries().clear();
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<K, (Instant, V)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
