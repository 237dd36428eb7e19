//! Agents: what they may say and in which languages.

pub mod claims;
pub mod language;
