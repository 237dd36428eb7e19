//! The program as a user runs it: what it prints, where, and how it ends.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, in its helpers, too"
)]

#[path = "support"]
mod support {
    pub mod mind;
    #[expect(dead_code, reason = "the model client's own tests use the rest")]
    pub mod model_server;
}

#[path = "cli/cassettes.rs"]
mod cassettes;
#[path = "cli/compare.rs"]
mod compare;
#[path = "cli/connect.rs"]
mod connect;
#[path = "cli/conversation.rs"]
mod conversation;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/errors.rs"]
mod errors;
#[path = "cli/eval.rs"]
mod eval;
#[path = "cli/help.rs"]
mod help;
#[path = "cli/import.rs"]
mod import;
#[path = "cli/midway.rs"]
mod midway;
#[path = "cli/policy.rs"]
mod policy;
#[path = "cli/privacy.rs"]
mod privacy;
#[path = "cli/program.rs"]
mod program;
#[path = "cli/project.rs"]
mod project;
#[path = "cli/readme.rs"]
mod readme;
#[path = "cli/replay.rs"]
mod replay;
#[path = "cli/router.rs"]
mod router;
#[path = "cli/rubrics.rs"]
mod rubrics;
#[path = "cli/servers.rs"]
mod servers;
#[path = "cli/show.rs"]
mod show;
#[path = "cli/simulated.rs"]
mod simulated;
#[path = "cli/tau2.rs"]
mod tau2;
