//! What a shopper is told and what happens for them, end to end: vendors over TCP, SQLite on disk, the offline model.
#![cfg(test)]

#[path = "support/played.rs"]
mod played;
#[path = "support/shop.rs"]
mod shop;

#[path = "conversations/announcing.rs"]
mod announcing;
#[path = "conversations/broken.rs"]
mod broken;
#[path = "conversations/change_talk.rs"]
mod change_talk;
#[path = "conversations/changes.rs"]
mod changes;
#[path = "conversations/decisions.rs"]
mod decisions;
#[path = "conversations/goodwill.rs"]
mod goodwill;
#[path = "conversations/handoff.rs"]
mod handoff;
#[path = "conversations/identity.rs"]
mod identity;
#[path = "conversations/modes.rs"]
mod modes;
#[path = "conversations/orders.rs"]
mod orders;
#[path = "conversations/prepared.rs"]
mod prepared;
#[path = "conversations/reading.rs"]
mod reading;
#[path = "conversations/refund_talk.rs"]
mod refund_talk;
#[path = "conversations/refunds.rs"]
mod refunds;
#[path = "conversations/returns.rs"]
mod returns;
