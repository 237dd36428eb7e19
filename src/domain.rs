//! What the parts of Deskhand talk about: money, orders, people, proofs, effects and the events of a
//! conversation. Values only; nothing here reads a socket, a file or the environment.

pub mod anew;
pub mod clock;
pub mod customer;
pub mod durations;
pub mod effect;
pub mod event;
pub mod id;
pub mod identity;
pub mod money;
pub mod order;
pub mod pieces;
pub mod store;
pub mod text;
pub mod yaml;
