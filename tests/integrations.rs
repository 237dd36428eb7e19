//! The clients at the wire: against servers that answer, refuse, stall, lie and hang up as the vendors do.

#![cfg(test)]

#[path = "integrations/counter.rs"]
mod counter;
#[path = "integrations/easypost.rs"]
mod easypost;
#[path = "integrations/front.rs"]
mod front;
#[path = "integrations/front_reading.rs"]
mod front_reading;
#[path = "integrations/gorgias.rs"]
mod gorgias;
#[path = "integrations/intercom.rs"]
mod intercom;
#[path = "integrations/labels.rs"]
mod labels;
#[path = "integrations/letters.rs"]
mod letters;
#[path = "integrations/redaction.rs"]
mod redaction;
#[path = "integrations/sendgrid.rs"]
mod sendgrid;
#[path = "integrations/server.rs"]
mod server;
#[path = "integrations/settings.rs"]
mod settings;
#[path = "integrations/shopify.rs"]
mod shopify;
#[path = "integrations/shopify_cancellations.rs"]
mod shopify_cancellations;
#[path = "integrations/shopify_changes.rs"]
mod shopify_changes;
#[path = "integrations/shopify_outside.rs"]
mod shopify_outside;
#[path = "integrations/shopify_processing.rs"]
mod shopify_processing;
#[path = "integrations/shopify_refund_answers.rs"]
mod shopify_refund_answers;
#[path = "integrations/shopify_refunds.rs"]
mod shopify_refunds;
#[path = "integrations/shopify_refusals.rs"]
mod shopify_refusals;
#[path = "integrations/shopify_returns.rs"]
mod shopify_returns;
#[path = "integrations/stripe.rs"]
mod stripe;
#[path = "integrations/transport.rs"]
mod transport;
#[path = "integrations/writes.rs"]
mod writes;
#[path = "integrations/zendesk.rs"]
mod zendesk;
