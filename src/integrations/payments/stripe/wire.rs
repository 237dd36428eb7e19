//! Stripe's shapes, read leniently.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::currency;
use super::form::EFFECT;
use crate::domain::customer::Email;
use crate::domain::id::EffectId;
use crate::integrations::commerce::refunds::RefundState;
use crate::integrations::http::redaction;
use crate::integrations::payments::{Payment, PaymentRefund};

#[derive(Deserialize)]
pub struct Intent {
    id: String,
    #[serde(default)]
    amount_received: i64,
    currency: String,
    receipt_email: Option<String>,
    latest_charge: Option<LatestCharge>,
    #[serde(default)]
    metadata: BTreeMap<String, String>,
}

/// An id, where Stripe did not expand it.
#[derive(Deserialize)]
#[serde(untagged)]
enum LatestCharge {
    Whole(Box<Charge>),
    Id(String),
}

#[derive(Deserialize)]
struct Charge {
    status: String,
    captured: bool,
    amount_captured: i64,
    amount_refunded: i64,
    #[serde(default)]
    disputed: bool,
    billing_details: Option<BillingDetails>,
}

#[derive(Deserialize)]
struct BillingDetails {
    email: Option<String>,
}

impl Intent {
    /// # Errors
    /// What does not make sense.
    pub fn payment(self) -> Result<Payment, String> {
        let money = |field: &str, amount: i64| {
            currency::read(amount, &self.currency)
                .ok_or_else(|| format!("{field}: {amount} is no amount in {}", self.currency))
        };
        let charge = match self.latest_charge {
            Some(LatestCharge::Whole(charge)) => Some(*charge),
            Some(LatestCharge::Id(id)) => return Err(format!("latest_charge: {id} was not expanded")),
            None => None,
        };
        let paid = charge.as_ref().is_some_and(|charge| charge.status == "succeeded" && charge.captured);
        let left = charge.as_ref().map_or(0, |charge| (charge.amount_captured - charge.amount_refunded).max(0));
        let billing = charge.as_ref().and_then(|charge| charge.billing_details.as_ref()?.email.clone());
        let mut emails: Vec<Email> = Vec::new();
        for email in [self.receipt_email, billing].into_iter().flatten().filter_map(|text| Email::parse(&text)) {
            if !emails.contains(&email) {
                emails.push(email);
            }
        }
        Ok(Payment {
            received: money("amount_received", self.amount_received)?,
            refundable: money("amount_captured", if paid { left } else { 0 })?,
            disputed: charge.is_some_and(|charge| charge.disputed),
            id: self.id,
            metadata: self.metadata,
            paid,
            emails,
        })
    }
}

#[derive(Deserialize)]
pub struct Refunds {
    pub data: Vec<WireRefund>,
    pub has_more: bool,
}

#[derive(Deserialize)]
pub struct WireRefund {
    pub id: String,
    amount: i64,
    currency: String,
    status: Option<String>,
    failure_reason: Option<String>,
    pending_reason: Option<String>,
    metadata: Option<BTreeMap<String, String>>,
}

impl WireRefund {
    pub fn is_of(&self, effect: &EffectId) -> bool {
        let planted = self.metadata.as_ref().and_then(|metadata| metadata.get(EFFECT));
        planted.is_some_and(|planted| planted == effect.as_str())
    }

    /// # Errors
    /// What does not make sense.
    pub fn record(self) -> Result<PaymentRefund, String> {
        let amount = currency::read(self.amount, &self.currency).ok_or("the refund's amount cannot be read")?;
        let reason = self.failure_reason.or(self.pending_reason);
        Ok(PaymentRefund { id: self.id, amount, state: state(self.status), reason })
    }
}

/// Only a plain success is one. Without a word it is not known yet.
fn state(status: Option<String>) -> RefundState {
    match status.as_deref() {
        Some("succeeded") => RefundState::Paid,
        Some("pending" | "requires_action") | None => RefundState::Pending,
        Some("failed" | "canceled") => RefundState::Failed,
        Some(other) => RefundState::Other(other.to_owned()),
    }
}

/// What an error answer says.
#[derive(Default, Deserialize)]
pub struct ErrorAnswer {
    error: Said,
}

#[derive(Default, Deserialize)]
struct Said {
    r#type: Option<String>,
    code: Option<String>,
    decline_code: Option<String>,
    param: Option<String>,
    message: Option<String>,
}

impl ErrorAnswer {
    pub fn of(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    pub fn is_about_the_key(&self) -> bool {
        let Said { r#type, code, .. } = &self.error;
        r#type.as_deref() == Some("idempotency_error")
            || code.as_deref().is_some_and(|code| code.starts_with("idempotency_"))
    }

    /// For the operator.
    pub fn words(&self) -> String {
        let Said { r#type, code, decline_code, param, message } = &self.error;
        let parts: Vec<&str> =
            [r#type, code, decline_code, param, message].into_iter().filter_map(Option::as_deref).collect();
        if parts.is_empty() { "no error that reads".to_owned() } else { redaction::for_operator(&parts.join("; ")) }
    }
}
