//! Stripe's objects as they are now.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::money::Money;
use crate::sandbox::world::charges::{Intent, IntentRefund};

fn currency(amount: Money) -> String {
    amount.currency().code().to_lowercase()
}

/// A `payment_intent`.
pub fn intent_shown(intent: &Intent, now: Timestamp, with_charge: bool) -> Value {
    let charge = if with_charge { charge_shown(intent, now) } else { intent.charge.clone().into() };
    json!({
        "id": intent.id, "object": "payment_intent", "amount": intent.amount.minor(), "amount_capturable": 0,
        "amount_received": intent.amount.minor(), "canceled_at": null, "cancellation_reason": null,
        "capture_method": "automatic", "client_secret": null, "confirmation_method": "automatic",
        "created": intent.at.as_second(), "currency": currency(intent.amount), "customer": null, "description": null,
        "latest_charge": charge, "livemode": false, "metadata": intent.metadata, "next_action": null,
        "payment_method": null, "payment_method_types": ["card"], "receipt_email": intent.email,
        "status": "succeeded",
    })
}

fn charge_shown(intent: &Intent, now: Timestamp) -> Value {
    let refunded = intent.refunded(now);
    json!({
        "id": intent.charge, "object": "charge", "amount": intent.amount.minor(),
        "amount_captured": intent.amount.minor(), "amount_refunded": refunded.minor(),
        "billing_details": {"address": null, "email": intent.email, "name": null, "phone": null},
        "captured": true, "created": intent.at.as_second(), "currency": currency(intent.amount),
        "disputed": intent.disputed, "livemode": false, "metadata": {}, "paid": true, "payment_intent": intent.id,
        "refunded": refunded == intent.amount, "status": "succeeded",
    })
}

/// A `refund`.
pub fn refund_shown(intent: &Intent, refund: &IntentRefund, now: Timestamp) -> Value {
    let status = refund.status(now);
    let mut shown = json!({
        "id": refund.id, "object": "refund", "amount": refund.amount.minor(), "balance_transaction": null,
        "charge": intent.charge, "created": refund.at.as_second(), "currency": currency(refund.amount),
        "metadata": refund.metadata, "payment_intent": intent.id, "reason": refund.reason, "receipt_number": null,
        "source_transfer_reversal": null, "status": status, "transfer_reversal": null,
    });
    let told = match status {
        "failed" => Some(("failure_reason", "expired_or_canceled_card")),
        "pending" => Some(("pending_reason", "processing")),
        _ => None,
    };
    if let Some((fields, (name, word))) = shown.as_object_mut().zip(told) {
        fields.insert(name.to_owned(), word.into());
    }
    shown
}
