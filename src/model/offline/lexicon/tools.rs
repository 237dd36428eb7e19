//! What descriptions of tools say.

/// The shopper has to be proved beyond an order.
pub const NEEDS_VERIFIED: &[&str] = &["needs|requires|need|require * verified|verification"];
