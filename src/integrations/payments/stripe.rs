//! Stripe: payment intents and their refunds. The effect's id is the idempotency key, for as long as Stripe keeps keys, and
//! stands in the refund's metadata, for ever. The version is pinned: an account's own default may be any.

use std::time::Duration;

use async_trait::async_trait;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use self::wire::{ErrorAnswer, Intent, Refunds, WireRefund};
use super::{Payment, PaymentReader, PaymentRefund, PaymentRefundDraft, PaymentWriter};
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;
use crate::integrations::http::transport::Answer;
use crate::integrations::http::{
    Account, AccountSettings, Call, Outgoing, Rate, Safety, Transport, check_base_url, redaction, secret_header,
};
use crate::integrations::{SettingsError, Urgency, Vendor, VendorError, WriteError, not_permitted};

mod currency;
mod form;
mod wire;

/// The version whose shapes these are.
pub const API_VERSION: &str = "2026-06-24.dahlia";

const VERSION_HEADER: HeaderName = HeaderName::from_static("stripe-version");
const KEY_HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Stripe may forget keys after 24 hours.
const KEYS_ARE_KEPT_FOR: Duration = Duration::from_secs(20 * 3600);
/// Refunds that one answer lists, and answers that are read of them.
const REFUNDS_PAGE: &str = "100";
const MOST_PAGES: usize = 20;
/// Longest id that is asked about, in bytes.
const LONGEST_ID: usize = 255;

/// `[stores.NAME.stripe]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StripeSettings {
    /// A secret key (`sk_…`), or better a restricted one (`rk_…`) that writes refunds and reads payment intents, charges
    /// and refunds.
    pub secret_key: SecretString,
    /// Where to send requests instead of to `https://api.stripe.com`: a proxy, a test, the sandbox.
    #[serde(default)]
    pub base_url: Option<Url>,
}

impl StripeSettings {
    /// # Errors
    /// The first setting that cannot work, with the way to put it right.
    pub fn validate(&self) -> Result<(), SettingsError> {
        let key = self.secret_key.expose_secret();
        if !(key.starts_with("sk_") || key.starts_with("rk_")) || !key.chars().all(|c| c.is_ascii_graphic()) {
            return Err(bad_key());
        }
        self.base_url.as_ref().map_or(Ok(()), |url| check_base_url("stripe.base_url", url))
    }
}

fn bad_key() -> SettingsError {
    SettingsError {
        key: "stripe.secret_key",
        problem: "it is no secret key: those begin with sk_ or rk_".to_owned(),
        fix: "copy a secret or restricted key from Stripe's dashboard, without quotes or line ends",
    }
}

pub struct Stripe {
    account: Account,
    authorization: HeaderValue,
    /// Whether the key moves no real money.
    test_mode: bool,
}

impl Stripe {
    /// # Errors
    /// Where a setting cannot work.
    pub fn new(settings: StripeSettings, transport: Transport) -> Result<Self, SettingsError> {
        settings.validate()?;
        let base = match settings.base_url {
            Some(url) => url,
            None => Url::parse("https://api.stripe.com").map_err(|_| bad_key())?,
        };
        let key = settings.secret_key.expose_secret();
        let bearer = SecretString::from(format!("Bearer {key}"));
        let authorization = secret_header(&bearer).ok_or_else(bad_key)?;
        let test_mode = key.get(2..).is_some_and(|rest| rest.starts_with("_test_"));
        let account = Account::new(
            transport,
            AccountSettings {
                vendor: Vendor::Stripe,
                base,
                // What one endpoint takes, in test mode a whole account.
                rate: Some(Rate::of(25, Duration::from_secs(1))),
                request_id_headers: &["request-id", "x-request-id"],
                reset_header: None,
            },
        );
        Ok(Self { account, authorization, test_mode })
    }

    fn signed(&self, outgoing: Outgoing) -> Outgoing {
        let version = HeaderValue::from_static(API_VERSION);
        outgoing.header(AUTHORIZATION, self.authorization.clone()).header(VERSION_HEADER, version)
    }

    async fn get(
        &self,
        operation: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
        call: &Call,
    ) -> Result<Answer, VendorError> {
        let mut url = self.account.url(path);
        url.query_pairs_mut().extend_pairs(query);
        let outgoing = self.signed(Outgoing::get(url));
        Ok(self.account.send(&Call { operation, ..*call }, &outgoing).await?)
    }

    fn read<T: for<'a> Deserialize<'a>>(&self, answer: &Answer) -> Result<T, VendorError> {
        if !answer.status.is_success() {
            return Err(self.account.error_of(answer, &ErrorAnswer::of(&answer.body).words()));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|error| self.account.garbled(answer, &redaction::unreadable(&error)))
    }

    /// What an answer that is no success says of a refund. An error about its key is about an earlier request, which may
    /// have done it or be at it.
    fn write_error(&self, answer: &Answer) -> WriteError {
        let said = ErrorAnswer::of(&answer.body);
        if said.is_about_the_key() || answer.status.as_u16() == 409 {
            return WriteError::Unknown(self.account.error_of(answer, &said.words()));
        }
        self.account.write_error_of(answer, &said.words())
    }
}

fn refused(reason: &str) -> VendorError {
    VendorError::Refused { vendor: Vendor::Stripe, status: 0, reason: reason.to_owned(), request_id: None }
}

/// Whether a text can be the id of a payment. Those of other things are not asked about.
fn is_payment_id(id: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    id.starts_with("pi_") && id.len() <= LONGEST_ID && id.chars().all(plain)
}

#[async_trait]
impl PaymentReader for Stripe {
    async fn payment(&self, id: &str, urgency: Urgency) -> Result<Option<Payment>, VendorError> {
        if !is_payment_id(id) {
            return Ok(None);
        }
        let call = self.account.call("payment_intent", Safety::Read, urgency);
        let query = [("expand[]", "latest_charge")];
        let answer = self.get("payment_intent", &["v1", "payment_intents", id], &query, &call).await?;
        if answer.status.as_u16() == 404 {
            return Ok(None);
        }
        let intent: Intent = self.read(&answer)?;
        intent.payment().map(Some).map_err(|problem| self.account.garbled(&answer, &problem))
    }

    async fn refund_of(
        &self,
        id: &str,
        effect: &EffectId,
        urgency: Urgency,
    ) -> Result<Option<PaymentRefund>, VendorError> {
        if !is_payment_id(id) {
            return Err(refused("this is no id of a payment"));
        }
        let call = self.account.call("refunds", Safety::Read, urgency);
        let mut after: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut query = vec![("payment_intent", id), ("limit", REFUNDS_PAGE)];
            query.extend(after.as_deref().map(|after| ("starting_after", after)));
            let answer = self.get("refunds", &["v1", "refunds"], &query, &call).await?;
            let Refunds { data, has_more } = self.read(&answer)?;
            after = data.last().map(|refund| refund.id.clone()).filter(|_| has_more);
            if let Some(found) = data.into_iter().find(|refund| refund.is_of(effect)) {
                return found.record().map(Some).map_err(|problem| self.account.garbled(&answer, &problem));
            }
            if after.is_none() {
                return Ok(None);
            }
        }
        Err(refused("the payment has more refunds than can be looked through"))
    }

    async fn check(&self) -> Result<String, VendorError> {
        let call = self.account.call("check", Safety::Read, Urgency::Background);
        let answer = self.get("check", &["v1", "refunds"], &[("limit", "1")], &call).await?;
        let _: Refunds = self.read(&answer)?;
        let mode = if self.test_mode { "test" } else { "live" };
        Ok(format!("the key is accepted, {mode} mode; whether it may make refunds shows only when one is made"))
    }
}

#[async_trait]
impl PaymentWriter for Stripe {
    fn dedupes_for(&self) -> Duration {
        KEYS_ARE_KEPT_FOR
    }

    fn refund_request(&self, draft: &PaymentRefundDraft) -> String {
        form::refund(draft)
    }

    async fn refund(&self, permit: Permit, request: &str) -> Result<PaymentRefund, WriteError> {
        let effect = permit.effect();
        if !form::carries(request, effect) {
            return Err(not_permitted(Vendor::Stripe));
        }
        // Without an amount Stripe would give back all that is left.
        if !form::names_an_amount(request) {
            return Err(WriteError::Refused(refused("Stripe cannot pay this amount in this currency")));
        }
        let Ok(key) = HeaderValue::from_str(effect.as_str()) else { return Err(not_permitted(Vendor::Stripe)) };
        let url = self.account.url(&["v1", "refunds"]);
        let outgoing = self.signed(Outgoing::post_form(url, request.to_owned())).header(KEY_HEADER, key);
        let call = self.account.call("refund", Safety::Write, Urgency::Shopper);
        let answer = self.account.send(&call, &outgoing).await?;
        if !answer.status.is_success() {
            return Err(self.write_error(&answer));
        }
        let refund: WireRefund = self.read(&answer).map_err(WriteError::Unknown)?;
        refund.record().map_err(|problem| WriteError::Unknown(self.account.garbled(&answer, &problem)))
    }
}
