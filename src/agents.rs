//! How a conversation is understood and carried on, as pure code over its events: who answers, what is asked of the
//! model, what may be said.

pub mod catalog;
pub mod claims;
pub mod context;
pub mod conversation;
pub mod language;
pub mod router;
pub mod turn;
pub mod versions;
