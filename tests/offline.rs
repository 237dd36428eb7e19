//! The offline model, asked as the desk asks it: messages, tool schemas and a response format in; pieces out.

#[path = "offline/any_input.rs"]
mod any_input;
#[path = "offline/harness.rs"]
mod harness;
#[path = "offline/identity.rs"]
mod identity;
#[path = "offline/intents.rs"]
mod intents;
#[path = "offline/knowledge.rs"]
mod knowledge;
#[path = "offline/listing.rs"]
mod listing;
#[path = "offline/people.rs"]
mod people;
#[path = "offline/routing.rs"]
mod routing;
#[path = "offline/status.rs"]
mod status;
