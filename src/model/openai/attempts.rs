//! The attempts of one request: which failures are tried again, when, and for how long.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use async_openai::middleware::HttpRequestFactory;
use futures_util::StreamExt as _;
use reqwest::Response;
use tokio::time::{Instant, sleep, timeout_at};

use super::answer::{Limits, Reading, Setting};
use super::carrier::NotCarried;
use super::endpoint::Endpoint;
use super::failure::{Failure, Remedy, ServerError, judge, unreachable};
use super::request::Parameters;
use super::settings::OpenAiSettings;
use crate::domain::id::CallId;
use crate::model::ModelError;

/// An error body is read up to here.
const LONGEST_ERROR: usize = 64 * 1024;

/// One request's attempts at one endpoint.
pub struct Attempts {
    endpoint: Arc<Endpoint>,
    settings: Arc<OpenAiSettings>,
    taken: Arc<HashSet<CallId>>,
    sent: Parameters,
    /// When the time for everything is over.
    total: Instant,
}

impl Attempts {
    pub fn new(
        endpoint: &Arc<Endpoint>,
        settings: &Arc<OpenAiSettings>,
        taken: Arc<HashSet<CallId>>,
        sent: Parameters,
        total: Instant,
    ) -> Self {
        Self { endpoint: Arc::clone(endpoint), settings: Arc::clone(settings), taken, sent, total }
    }

    /// Sends the request until an answer has begun, or nothing more helps.
    pub async fn run(&self, request: HttpRequestFactory) -> Result<Reading, Failure> {
        let mut tried = 0;
        loop {
            let failure = match self.attempt(&request).await {
                Ok(reading) => return Ok(reading),
                Err(failure) => failure,
            };
            let Some(wait) = self.wait_after(&failure, tried) else { return Err(failure) };
            tried += 1;
            tracing::warn!(
                host = self.endpoint.host,
                model = self.endpoint.model,
                error = %failure.error,
                wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX),
                "the model is asked again"
            );
            sleep(wait).await;
        }
    }

    /// How long to wait before the next attempt; `None` when there is none. Nobody waits longer than for a first token,
    /// nor for an attempt that would come too late.
    fn wait_after(&self, failure: &Failure, tried: u32) -> Option<Duration> {
        let Remedy::Again { after } = failure.remedy else { return None };
        if tried >= self.settings.retries {
            return None;
        }
        let wait = after.unwrap_or_else(|| backoff(tried, random()));
        let is_bearable = wait <= self.settings.first_token_limit && Instant::now() + wait < self.total;
        is_bearable.then_some(wait)
    }

    async fn attempt(&self, request: &HttpRequestFactory) -> Result<Reading, Failure> {
        let limits = self.limits();
        let response = self.response(request, &limits).await?;
        if !response.status().is_success() {
            return Err(self.refusal(response, &limits).await);
        }
        let endpoint = &self.endpoint;
        let mut reading = Reading::new(
            response,
            Setting {
                asked: endpoint.model.clone(),
                taken: Arc::clone(&self.taken),
                extras: Arc::clone(&endpoint.extras),
                secrets: Arc::clone(&endpoint.secrets),
                sent: self.sent,
                limits,
            },
        );
        reading.begun().await?;
        Ok(reading)
    }

    fn limits(&self) -> Limits {
        Limits {
            first_token: Instant::now() + self.settings.first_token_limit,
            total: self.total,
            idle: self.settings.idle_limit,
            first_token_span: self.settings.first_token_limit,
            total_span: self.settings.total_limit,
        }
    }

    async fn response(&self, request: &HttpRequestFactory, limits: &Limits) -> Result<Response, Failure> {
        let endpoint = &self.endpoint;
        let mut request = request.build().await.map_err(|error| {
            let reason = endpoint.secrets.conceal(&error.to_string());
            Failure::last(ModelError::Unreachable { endpoint: endpoint.host.clone(), reason })
        })?;
        // The shared client's own time-out is meant for short calls; the limits here are the reader's.
        *request.timeout_mut() = Some(limits.total.saturating_duration_since(Instant::now()) + Duration::from_secs(1));
        match timeout_at(limits.begin(), endpoint.carrier.carry(request)).await {
            Err(_) => Err(Failure::last(limits.too_slow_to_begin())),
            Ok(Err(NotCarried::Wire(error))) => Err(unreachable(&endpoint.host, &error, &endpoint.secrets)),
            Ok(Err(NotCarried::Cassette(unanswered))) => {
                Err(Failure::last(ModelError::NotRecorded { reason: unanswered.to_string() }))
            }
            Ok(Ok(response)) => Ok(response),
        }
    }

    async fn refusal(&self, response: Response, limits: &Limits) -> Failure {
        let status = response.status();
        let headers = response.headers().clone();
        let mut body = Vec::new();
        let read = async {
            let mut bytes = response.bytes_stream();
            while let Some(Ok(piece)) = bytes.next().await {
                body.extend_from_slice(&piece);
                if body.len() > LONGEST_ERROR {
                    break;
                }
            }
        };
        // The status is enough where the body does not come.
        drop(timeout_at(limits.begin(), read).await);
        let mut error = ServerError::from_body(&body);
        if error.message.trim().is_empty() {
            error.message = status.canonical_reason().unwrap_or("no reason given").to_owned();
        }
        judge(status.as_u16(), &headers, &error, self.sent, &self.endpoint.secrets)
    }
}

/// 0.5 s × 2ⁿ, at most 8 s, less up to a quarter by chance, so that clients that failed together do not return together.
fn backoff(tried: u32, random: u64) -> Duration {
    const FIRST: Duration = Duration::from_millis(500);
    const LONGEST: Duration = Duration::from_secs(8);
    let whole = FIRST.saturating_mul(2_u32.saturating_pow(tried)).min(LONGEST);
    let less = u32::try_from(random % 250).unwrap_or(0);
    whole.saturating_sub(whole.saturating_mul(less) / 1_000)
}

fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests;
