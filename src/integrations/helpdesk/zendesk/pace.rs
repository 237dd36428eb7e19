//! How often one ticket is updated. Zendesk takes 30 updates of a ticket in ten minutes from one user, and turns the next one
//! away for as long as that lasts. It is not asked then: an answer like that would hold up what other tickets are to have.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Less than 30: what was turned away may count, too.
const MOST: usize = 25;
const WINDOW: Duration = Duration::from_secs(600);

#[derive(Default)]
pub struct Pace(Mutex<HashMap<String, VecDeque<Instant>>>);

impl Pace {
    /// Counts an update of this ticket, or says how long there is no room for it.
    pub fn take(&self, ticket: &str, now: Instant) -> Result<(), Duration> {
        let recent = |at: &Instant| now.duration_since(*at) < WINDOW;
        let mut made = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        made.retain(|_, updates| updates.back().is_some_and(recent));
        let updates = made.entry(ticket.to_owned()).or_default();
        while updates.front().is_some_and(|at| !recent(at)) {
            updates.pop_front();
        }
        match updates.front() {
            Some(oldest) if updates.len() >= MOST => Err(WINDOW.saturating_sub(now.duration_since(*oldest))),
            _ => {
                updates.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests;
