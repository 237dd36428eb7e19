//! The request for a refund. Stripe compares the parameters of a repeated one, so it is written once, here.

use url::form_urlencoded::{Serializer, parse};

use super::currency;
use crate::domain::id::EffectId;
use crate::integrations::payments::PaymentRefundDraft;

/// Where the effect's id stands in what Stripe keeps of the refund.
pub const EFFECT: &str = "deskhand_effect";

/// What identifies it comes first. An amount that Stripe cannot pay is left empty, and not sent.
pub fn refund(draft: &PaymentRefundDraft) -> String {
    let amount = currency::write(draft.amount).map(|amount| amount.to_string()).unwrap_or_default();
    Serializer::new(String::new())
        .append_pair(&format!("metadata[{EFFECT}]"), draft.effect.as_str())
        .append_pair("payment_intent", &draft.payment)
        .append_pair("amount", &amount)
        // Stripe puts whoever is paid back as fraudulent on a block list.
        .append_pair("reason", "requested_by_customer")
        .finish()
}

pub fn carries(request: &str, effect: &EffectId) -> bool {
    parse(request.as_bytes()).next().is_some_and(|(name, value)| {
        name.strip_prefix("metadata[").and_then(|rest| rest.strip_suffix(']')) == Some(EFFECT)
            && value == effect.as_str()
    })
}

pub fn names_an_amount(request: &str) -> bool {
    let amount = parse(request.as_bytes()).find(|(name, _)| name == "amount");
    amount.is_some_and(|(_, amount)| amount.parse().is_ok_and(|amount: i64| amount > 0))
}
