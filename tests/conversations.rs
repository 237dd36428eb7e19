//! What a shopper is told and what happens for them, end to end: vendors over TCP, SQLite on disk, the offline model.
#![cfg(test)]

#[path = "support/played.rs"]
mod played;
#[path = "support/shop.rs"]
#[expect(dead_code, reason = "other crates of tests use the rest")]
mod shop;

#[path = "conversations/handoff.rs"]
mod handoff;
#[path = "conversations/identity.rs"]
mod identity;
#[path = "conversations/modes.rs"]
mod modes;
#[path = "conversations/orders.rs"]
mod orders;
#[path = "conversations/refund_talk.rs"]
mod refund_talk;
#[path = "conversations/refunds.rs"]
mod refunds;
