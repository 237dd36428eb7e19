//! Who sent the latest message of each conversation: failed tries are counted under them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::NewMessage;
use super::running::Running;
use crate::domain::id::{ConversationId, KeyId};

/// Senders that are remembered before those whose conversations rest are forgotten.
const MOST: usize = 10_000;

#[derive(Clone, Default)]
pub struct Sender {
    pub address: Option<String>,
    pub key: Option<KeyId>,
}

#[derive(Default)]
pub struct Senders(Mutex<HashMap<ConversationId, Sender>>);

impl Senders {
    pub fn remember(&self, id: &ConversationId, message: &NewMessage, running: &Running) {
        let sender = Sender { address: message.address.clone(), key: message.key.clone() };
        let mut senders = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if senders.len() >= MOST {
            senders.retain(|id, _| running.has(id));
        }
        senders.insert(id.clone(), sender);
    }

    pub fn of(&self, id: &ConversationId) -> Sender {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id).cloned().unwrap_or_default()
    }
}
