//! The retail domain of the τ²-bench benchmark: its database, its tools, and the hash by which it judges a
//! conversation.
//!
//! The benchmark is a Python program, and what an agent reads and what the judge compares is Python's text. So every
//! text here is written as Python writes it, to the character. The recorded runs in `tests/data.rs` are the measure.

mod arguments;
mod calculate;
mod database;
mod failure;
mod fingerprint;
mod python;
mod records;
mod state;
mod tools;

#[cfg(test)]
mod tests;

pub use self::database::{Database, ReadError};
pub use self::fingerprint::Table;
pub use self::python::{dumps, round2};
pub use self::state::{Change, State};
pub use self::tools::{Effect, TOOLS, Tool};

/// What a tool says to the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// A record as JSON, or plain text; a failure begins with `Error: `.
    pub text: String,
    /// Why the tool failed, and changed nothing.
    pub fault: Option<Fault>,
}

/// Whose a failure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The tool says no.
    Refused,
    /// The arguments are not the tool's.
    Misused,
    UnknownTool,
}
