//! What descriptions of tools say.

/// Something has to be there before it is called.
pub const NEEDS: &[&str] = &["needs|requires|need|require"];

/// The shopper has to be proved beyond an order.
pub const NEEDS_VERIFIED: &[&str] = &["needs|requires|need|require * verified|verification"];
