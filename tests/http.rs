//! The HTTP surface: a real server over TCP, a real desk, SQLite in a folder of its own, and the sandbox as vendors.

#![cfg(test)]

#[path = "http/approvals.rs"]
mod approvals;
#[path = "http/auth.rs"]
mod auth;
#[path = "http/channel.rs"]
mod channel;
#[path = "http/client.rs"]
mod client;
#[path = "http/conversations.rs"]
mod conversations;
#[path = "http/decisions.rs"]
mod decisions;
#[path = "http/errors.rs"]
mod errors;
#[path = "http/full_disk.rs"]
mod full_disk;
#[path = "http/held_model.rs"]
mod held_model;
#[path = "http/helpdesk.rs"]
mod helpdesk;
#[path = "http/house.rs"]
mod house;
#[path = "http/pages.rs"]
mod pages;
#[path = "http/people.rs"]
mod people;
#[path = "http/questions.rs"]
mod questions;
#[path = "http/shutdown.rs"]
mod shutdown;
#[path = "http/streams.rs"]
mod streams;
#[path = "http/tickets.rs"]
mod tickets;
#[path = "http/webhooks.rs"]
mod webhooks;
