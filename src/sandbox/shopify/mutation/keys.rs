//! Idempotency keys. A key that did something is answered with that for 24 hours by the world's clock, from the state as
//! it is then; a change that was refused leaves its key unused.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::{Change, Outcome, Payload, UserError};
use crate::sandbox::world::{AnsweredKey, World};

const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24);

/// The keys of requests whose answer has not left yet.
#[derive(Clone, Default)]
pub struct KeysInUse(Arc<Mutex<HashSet<String>>>);

/// Keys that one request holds until it is dropped.
pub struct KeysHeld {
    own: Vec<String>,
    all: KeysInUse,
}

impl KeysInUse {
    /// Takes the keys of these changes, but for those that another request holds.
    pub fn take(&self, changes: &[Change]) -> Arc<KeysHeld> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let keys = changes.iter().filter_map(|change| change.key.clone());
        let own = keys.filter(|key| held.insert(key.clone())).collect();
        Arc::new(KeysHeld { own, all: self.clone() })
    }
}

impl Drop for KeysHeld {
    fn drop(&mut self) {
        let mut held = self.all.0.lock().unwrap_or_else(PoisonError::into_inner);
        for key in &self.own {
            held.remove(key);
        }
    }
}

/// Makes the change unless its key has done so before.
pub fn once(
    world: &mut World,
    now: Timestamp,
    change: &Change,
    held: &KeysHeld,
    variables: &str,
    perform: fn(&mut World, Timestamp, &Change) -> Result<Done, Outcome>,
) -> Outcome {
    let Some(key) = &change.key else {
        let message = "The @idempotent directive is required for this mutation but was not provided.";
        return Outcome::error("BAD_REQUEST", message);
    };
    if key.trim().is_empty() {
        return Outcome::error("BAD_REQUEST", "The idempotency key cannot be an empty string or whitespace only.");
    }
    if !held.own.contains(key) {
        return refused("This request is currently in progress, please try again");
    }
    world.answered_keys.retain(|answered| now.duration_since(answered.at) < KEPT_FOR);
    let fingerprint = fingerprint(change, variables);
    if let Some(answered) = world.answered_keys.iter().find(|answered| answered.key == *key) {
        if answered.fingerprint != fingerprint {
            return refused("The same idempotency key cannot be used with different operation parameters");
        }
        return Done { order: answered.order, refund: answered.refund }.outcome();
    }
    match perform(world, now, change) {
        Err(outcome) => outcome,
        Ok(done) => {
            let Done { order, refund } = done;
            world.answered_keys.push(AnsweredKey { key: key.clone(), at: now, fingerprint, order, refund });
            done.outcome()
        }
    }
}

/// A refund that was made.
#[derive(Clone, Copy)]
pub struct Done {
    pub order: u64,
    pub refund: u64,
}

impl Done {
    fn outcome(self) -> Outcome {
        Outcome::Payload(Payload {
            kind: "RefundCreatePayload",
            order: Some(self.order),
            refund: Some(self.refund),
            ..Payload::default()
        })
    }
}

fn refused(message: &str) -> Outcome {
    Outcome::Payload(Payload::refused("RefundCreatePayload", vec![UserError::new("", message)]))
}

/// The order of fields counts: another order is another request.
fn fingerprint(change: &Change, variables: &str) -> String {
    let parts = [change.name.as_str(), &change.written, variables];
    hex::encode(Sha256::digest(parts.join("\n")))
}
