//! What a platform only lets one overwrite whole, an order's note and its address, is read and written by one at a time: two at
//! once would each write what they had read, and one line would be lost.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use tokio::sync::{Mutex, MutexGuard};

use crate::domain::effect::{Effect, EffectKind};

/// Some locks for all orders: which one an order has, its id says.
#[derive(Default)]
pub struct Overwriting([Mutex<()>; 32]);

impl Overwriting {
    /// Alone with the effect's order, until it is dropped. `None`: its kind overwrites nothing.
    pub async fn alone(&self, effect: &Effect) -> Option<MutexGuard<'_, ()>> {
        if !matches!(effect.kind, EffectKind::Note | EffectKind::AddressChange) {
            return None;
        }
        let mut hasher = DefaultHasher::new();
        effect.order.hash(&mut hasher);
        let place = usize::try_from(hasher.finish() % 32).unwrap_or_default();
        Some(self.0.get(place)?.lock().await)
    }
}
