//! Deskhand: a support-agent runtime for online stores. It never says what it has not done, and never does it twice.
//!
//! The floors of the house are drawn in `ARCHITECTURE.md`: each imports only what lies below it.

pub mod agents;
pub mod cli;
pub mod desk;
pub mod domain;
pub mod evals;
pub mod integrations;
pub mod model;
pub mod policy;
pub mod sandbox;
pub mod server;
pub mod storage;
pub mod tools;

/// The program in the README compiles as it is printed.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
