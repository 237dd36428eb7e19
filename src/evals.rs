//! The harness: cases are played against a store of their own in the sandbox, and what came of them is compared with what
//! was expected, outcomes first.
//!
//! [`domain`] is what conversations are held in, [`store`] the one that suites are played in. [`suite`] reads files, [`play`] plays one case, [`run`] plays many, [`opened`] leaves one open, [`cassettes`] answers with what a
//! model once said, [`expect`] judges, [`rubric`] asks a model's opinion, [`tally`] counts, [`sides`] holds two ways to play
//! against each other, [`report`] tells; [`replay`] holds what was against what would be; [`router`] judges what is read in single
//! messages.

pub mod case;
pub mod cassettes;
pub mod changes;
pub mod dialogue;
pub mod domain;
pub mod expect;
pub mod import;
pub mod opened;
pub mod outcome;
pub mod play;
pub mod replay;
pub mod report;
pub mod results;
pub mod router;
pub mod rubric;
pub mod run;
pub mod scripted;
pub mod shop;
pub mod sides;
pub mod spending;
pub mod spool;
pub mod store;
pub mod suite;
pub mod tally;
pub mod tau2;
pub mod voices;
pub mod world;
