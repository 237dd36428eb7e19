//! Conversations as this process knew them last, so that a log need not be read from its beginning for each message.
//!
//! One that is out of date does no harm: whoever acts on it appends under its length, is refused, and reads on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::agents::conversation::Conversation;
use crate::domain::id::ConversationId;

/// Two generations of this many are held: when the young one is full it becomes the old one, which is forgotten.
const GENERATION: usize = 256;

#[derive(Default)]
pub struct Recent(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<ConversationId, Box<Conversation>>,
    old: HashMap<ConversationId, Box<Conversation>>,
}

impl Recent {
    /// Hands a conversation over, if it is known.
    pub fn take(&self, id: &ConversationId) -> Option<Box<Conversation>> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generations.young.remove(id).or_else(|| generations.old.remove(id))
    }

    /// Keeps a conversation, unless a longer state of it is known.
    pub fn put(&self, conversation: Box<Conversation>) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = generations.young.get(&conversation.id).or_else(|| generations.old.get(&conversation.id));
        if known.is_some_and(|known| known.len > conversation.len) {
            return;
        }
        if generations.young.len() >= GENERATION {
            generations.old = std::mem::take(&mut generations.young);
        }
        generations.young.insert(conversation.id.clone(), conversation);
    }
}
