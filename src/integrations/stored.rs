//! Changes whose request does not carry the effect's id by itself: what is stored says what is wanted, and the request is
//! made from it, and from what stands there, when it leaves.

use serde::{Deserialize, Serialize};

use crate::domain::effect::Permit;
use crate::domain::id::EffectId;
use crate::integrations::{Vendor, WriteError, not_permitted};

#[derive(Serialize, Deserialize)]
pub struct Stored<T> {
    /// First, because it is looked for at the beginning.
    pub effect: EffectId,
    pub change: T,
}

/// What is wanted, to be stored.
pub fn write<T: Serialize>(effect: &EffectId, change: T) -> String {
    serde_json::to_string(&Stored { effect: effect.clone(), change }).unwrap_or_default()
}

/// What was stored, if it is what the permit is for.
pub fn read<T: for<'a> Deserialize<'a>>(
    vendor: Vendor,
    permit: &Permit,
    request: &str,
) -> Result<Stored<T>, WriteError> {
    let planted = format!("{{\"effect\":\"{}\",", permit.effect());
    let read = serde_json::from_str(request).ok().filter(|_| request.starts_with(&planted));
    read.ok_or_else(|| not_permitted(vendor))
}
