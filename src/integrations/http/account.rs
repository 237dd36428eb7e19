//! One account at one vendor: its address, budget and breaker, and the loop that brings a request through.

use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::time::Instant;
use tracing::Instrument as _;
use url::Url;

use super::breaker::Breaker;
use super::budget::{Budget, Rate};
use super::transport::{Answer, Broken, Transport};
use super::{Outgoing, Safety, redaction, retry};
use crate::domain::effect::Permit;
use crate::integrations::{Urgency, Vendor, VendorError, WriteError};

/// Wait that is named where a vendor turned us away without naming one.
const UNNAMED_WAIT: Duration = Duration::from_secs(1);

/// What the transport must know of a vendor.
pub struct AccountSettings {
    pub vendor: Vendor,
    pub base: Url,
    /// `None` where the vendor publishes no limit, or tells it with each answer.
    pub rate: Option<Rate>,
    /// Where the vendor names its request ids, best first.
    pub request_id_headers: &'static [&'static str],
    /// A header with the Unix second at which a used-up limit is renewed.
    pub reset_header: Option<&'static str>,
}

pub struct Account {
    transport: Transport,
    settings: AccountSettings,
    budget: Budget,
    breaker: Breaker,
}

/// One call: what it is, for whom, and until when.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// For logs.
    pub operation: &'static str,
    pub safety: Safety,
    pub urgency: Urgency,
    /// In the unit of the account's budget.
    pub cost: f64,
    pub deadline: Instant,
}

/// No answer came, or none was asked for.
#[derive(Debug)]
pub struct Failure {
    pub error: VendorError,
    /// Whether the vendor may have received the request.
    pub sent: bool,
}

impl From<Failure> for VendorError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl From<Failure> for WriteError {
    fn from(failure: Failure) -> Self {
        if failure.sent { Self::Unknown(failure.error) } else { Self::NotSent(failure.error) }
    }
}

impl Account {
    pub fn new(transport: Transport, settings: AccountSettings) -> Self {
        let http = transport.settings();
        let breaker = Breaker::new(http.breaker_failures, Duration::from_millis(http.breaker_pause_ms));
        let budget = Budget::new(settings.rate);
        Self { transport, settings, budget, breaker }
    }

    pub fn vendor(&self) -> Vendor {
        self.settings.vendor
    }

    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The address of something below the base; each segment is escaped.
    pub fn url(&self, segments: &[&str]) -> Url {
        let mut url = self.settings.base.clone();
        // Settings admit http and https only, and those can be a base.
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(segments);
        }
        url
    }

    /// A call that costs one, with all the patience that its urgency has.
    pub fn call(&self, operation: &'static str, safety: Safety, urgency: Urgency) -> Call {
        let http = self.transport.settings();
        let patience = match urgency {
            Urgency::Shopper => http.shopper_patience_ms,
            Urgency::Background => http.background_patience_ms,
        };
        let deadline = Instant::now() + Duration::from_millis(patience);
        Call { operation, safety, urgency, cost: 1.0, deadline }
    }

    /// A write as its permit allows it: one for now alone waits for nothing, and goes once.
    pub fn write(&self, operation: &'static str, permit: &Permit) -> Call {
        let call = self.call(operation, Safety::Write, Urgency::Shopper);
        if permit.is_for_now() { Call { deadline: Instant::now(), ..call } } else { call }
    }

    /// Sends the request, again where that is safe and may help, and returns the last answer, whatever its status.
    ///
    /// # Errors
    /// Where no answer came: no connection, time-out, cut off, too large, budget used up, vendor left alone.
    pub async fn send(&self, call: &Call, outgoing: &Outgoing) -> Result<Answer, Failure> {
        let span = tracing::info_span!(
            "vendor_call",
            vendor = ?self.settings.vendor,
            operation = call.operation,
            status = tracing::field::Empty,
            attempts = tracing::field::Empty,
            ms = tracing::field::Empty,
            request_id = tracing::field::Empty,
        );
        let started = Instant::now();
        let mut attempts = 0;
        let result = self.attempts(call, outgoing, &mut attempts).instrument(span.clone()).await;
        span.record("attempts", attempts);
        span.record("ms", u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX));
        let _entered = span.enter();
        match &result {
            Ok(answer) => {
                span.record("status", answer.status.as_u16());
                span.record("request_id", self.request_id(&answer.headers));
                tracing::debug!("answered");
            }
            Err(failure) => tracing::warn!(error = %failure.error, sent = failure.sent, "no answer"),
        }
        result
    }

    async fn attempts(&self, call: &Call, outgoing: &Outgoing, tried: &mut u32) -> Result<Answer, Failure> {
        let http = self.transport.settings();
        let mut sent = false;
        loop {
            let passage = self.breaker.enter().map_err(|left| self.left_alone(left, sent))?;
            let spent = self.budget.spend(call.cost, call.urgency, call.deadline).await;
            spent.map_err(|wait| self.budget_spent(wait, sent))?;
            *tried += 1;
            let outcome = self.transport.attempt(outgoing, self.attempt_timeout(call)).await;
            passage.settle(!retry::is_outage(&outcome));
            sent |= outcome.as_ref().map_or_else(|broken| broken.sent, |answer| answer.status.as_u16() != 429);

            let asked = outcome.as_ref().ok().and_then(|answer| self.wait_asked_for(answer));
            if let Some(wait) = asked {
                self.budget.pause(wait);
            }
            let pause = asked.unwrap_or_else(|| retry::backoff(Duration::from_millis(http.first_pause_ms), *tried));
            let again = *tried < http.attempts && retry::may_repeat(call.safety, &outcome);
            if !again || Instant::now() + pause >= call.deadline {
                return match outcome {
                    // This try was turned away, and an earlier one was not.
                    Ok(answer) if sent && answer.status.as_u16() == 429 && call.safety != Safety::Read => {
                        Err(Failure { error: self.error_of(&answer, "turned away"), sent })
                    }
                    outcome => outcome.map_err(|broken| self.unavailable(broken, sent)),
                };
            }
            // A wait that was asked for is the whole account's: the budget keeps it, and lets shoppers go on first.
            if asked.is_none() {
                tokio::time::sleep(pause).await;
            }
        }
    }

    /// A read ends with the shopper's patience. A write is given its time: to hang up on it early would only turn an
    /// answer into a doubt.
    fn attempt_timeout(&self, call: &Call) -> Duration {
        let whole = Duration::from_millis(self.transport.settings().attempt_timeout_ms);
        match call.safety {
            Safety::Write => whole,
            Safety::Read | Safety::Idempotent => {
                whole.min(call.deadline.saturating_duration_since(Instant::now())).max(Duration::from_millis(1))
            }
        }
    }

    fn wait_asked_for(&self, answer: &Answer) -> Option<Duration> {
        retry::wait_asked_for(answer.status, &answer.headers, self.settings.reset_header)
    }

    /// What the vendor calls this request.
    pub fn request_id(&self, headers: &HeaderMap) -> Option<String> {
        let names = self.settings.request_id_headers.iter();
        let id = names.filter_map(|name| headers.get(*name)).find_map(|value| value.to_str().ok())?;
        let plain = |c: &char| c.is_ascii_graphic();
        Some(id.chars().filter(plain).take(100).collect())
    }

    /// The error for an answer that is no success, by its status. `reason` is the vendor's word for it.
    pub fn error_of(&self, answer: &Answer, reason: &str) -> VendorError {
        let vendor = self.settings.vendor;
        let request_id = self.request_id(&answer.headers);
        let reason = redaction::for_operator(reason);
        let status = answer.status.as_u16();
        match status {
            401 | 403 => VendorError::Credentials { vendor, reason: format!("{status}: {reason}"), request_id },
            429 => {
                let wait = self.wait_asked_for(answer).unwrap_or(UNNAMED_WAIT);
                VendorError::Throttled { vendor, wait, request_id }
            }
            408 | 500..=599 => VendorError::Unavailable { vendor, reason: format!("{status}: {reason}"), request_id },
            300..=399 => {
                let reason = "it redirects elsewhere, which is not followed; check the base URL".to_owned();
                VendorError::Refused { vendor, status, reason, request_id }
            }
            _ => VendorError::Refused { vendor, status, reason, request_id },
        }
    }

    /// The same for a write: only a plain no proves that nothing happened.
    pub fn write_error_of(&self, answer: &Answer, reason: &str) -> WriteError {
        let error = self.error_of(answer, reason);
        match answer.status.as_u16() {
            429 => WriteError::NotSent(error),
            408 => WriteError::Unknown(error),
            400..=499 => WriteError::Refused(error),
            _ => WriteError::Unknown(error),
        }
    }

    /// The error for a successful answer that does not read.
    pub fn garbled(&self, answer: &Answer, reason: &str) -> VendorError {
        let (vendor, request_id) = (self.settings.vendor, self.request_id(&answer.headers));
        VendorError::Garbled { vendor, reason: redaction::for_operator(reason), request_id }
    }

    fn unavailable(&self, broken: Broken, sent: bool) -> Failure {
        let (vendor, request_id) = (self.settings.vendor, self.request_id(&broken.headers));
        Failure { error: VendorError::Unavailable { vendor, reason: broken.reason, request_id }, sent }
    }

    fn budget_spent(&self, wait: Duration, sent: bool) -> Failure {
        let error = VendorError::Throttled { vendor: self.settings.vendor, wait, request_id: None };
        Failure { error, sent }
    }

    fn left_alone(&self, left: Duration, sent: bool) -> Failure {
        let reason = format!("it failed too often and is left alone for another {} s", left.as_secs_f64().ceil());
        let error = VendorError::Unavailable { vendor: self.settings.vendor, reason, request_id: None };
        Failure { error, sent }
    }
}
