//! What servers want to see again with a tool call, besides the call: Gemini's signature of its thought.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::value::RawValue;

use super::assemble::Extra;
use crate::domain::id::CallId;

/// The newest of them, by call. They are needed only while their turn runs, and are lost with the process: a turn that
/// goes on after a restart shows its earlier calls without them.
#[derive(Debug, Default)]
pub struct Extras(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_call: HashMap<CallId, Arc<RawValue>>,
    oldest_first: VecDeque<CallId>,
}

const MOST: usize = 1_024;
const LARGEST: usize = 32 * 1_024;

impl Extras {
    pub fn keep(&self, extras: Vec<Extra>) {
        if extras.is_empty() {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (call, extra) in extras {
            if extra.get().len() > LARGEST {
                continue;
            }
            if kept.by_call.insert(call.clone(), extra.into()).is_none() {
                kept.oldest_first.push_back(call);
            }
            if kept.oldest_first.len() > MOST
                && let Some(oldest) = kept.oldest_first.pop_front()
            {
                kept.by_call.remove(&oldest);
            }
        }
    }

    pub fn find(&self, call: &CallId) -> Option<Arc<RawValue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_call.get(call).cloned()
    }
}
