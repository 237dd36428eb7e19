//! The clients at the wire: against servers that answer, refuse, stall, lie and hang up as the vendors do.

#[path = "integrations/easypost.rs"]
mod easypost;
#[path = "integrations/server.rs"]
mod server;
#[path = "integrations/shopify.rs"]
mod shopify;
