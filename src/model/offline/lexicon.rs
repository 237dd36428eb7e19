//! What the stand-in knows of English, as tables.

pub mod everyday;
pub mod feelings;
pub mod intents;
pub mod tongues;
pub mod topics;
