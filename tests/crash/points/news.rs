//! What the sweep has read of a deed that is about to be sent, held back until the deed's turn is over.

use std::time::Duration;

use deskhand::domain::effect::{Effect, EffectState};
use tokio::sync::watch;

/// Once old news have reached the sweep.
pub const OLD_NEWS: &str = "after old news";

/// Whoever runs a turn lets go of it so long after its last event, at most.
const LETTING_GO: Duration = Duration::from_millis(100);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
enum Age {
    Unread,
    Read,
    Old,
}

/// Held back once, if at all.
pub struct News(Option<watch::Sender<Age>>);

impl News {
    pub fn new(held_back: bool) -> Self {
        Self(held_back.then(|| watch::Sender::new(Age::Unread)))
    }

    /// A deed on an order is not sent before the sweep has read of it.
    pub async fn before_sending(&self, effect: &Effect) {
        if let Some(age) = self.0.as_ref().filter(|_| effect.order.is_some()) {
            until(age, Age::Read).await;
        }
    }

    /// What the sweep has read; `true` if it was held back.
    pub async fn read(&self, effects: &[Effect]) -> bool {
        let is_about_to_be_sent = |effect: &Effect| effect.order.is_some() && effect.state == EffectState::Proposed;
        let Some(age) = self.0.as_ref().filter(|age| *age.borrow() == Age::Unread) else { return false };
        if !effects.iter().any(is_about_to_be_sent) {
            return false;
        }
        age.send_replace(Age::Read);
        until(age, Age::Old).await;
        tokio::time::sleep(LETTING_GO).await;
        true
    }

    pub fn turn_is_over(&self) {
        if let Some(age) = &self.0 {
            age.send_if_modified(|age| {
                let gets_old = *age == Age::Read;
                if gets_old {
                    *age = Age::Old;
                }
                gets_old
            });
        }
    }
}

async fn until(age: &watch::Sender<Age>, at_least: Age) {
    age.subscribe().wait_for(|now| *now >= at_least).await.unwrap();
}
