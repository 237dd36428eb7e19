//! The offline model, asked as the desk asks it: messages, tool schemas and a response format in; pieces out.

#[cfg(test)]
#[path = "offline/any_input.rs"]
mod any_input;
#[cfg(test)]
#[path = "offline/changes.rs"]
mod changes;
#[cfg(test)]
#[path = "offline/harness.rs"]
mod harness;
#[cfg(test)]
#[path = "offline/identity.rs"]
mod identity;
#[cfg(test)]
#[path = "offline/intents.rs"]
mod intents;
#[cfg(test)]
#[path = "offline/knowledge.rs"]
mod knowledge;
#[cfg(test)]
#[path = "offline/learnt.rs"]
mod learnt;
#[cfg(test)]
#[path = "offline/listing.rs"]
mod listing;
#[cfg(test)]
#[path = "offline/people.rs"]
mod people;
#[cfg(test)]
#[path = "offline/returns.rs"]
mod returns;
#[cfg(test)]
#[path = "offline/routing.rs"]
mod routing;
#[cfg(test)]
#[path = "offline/status.rs"]
mod status;
