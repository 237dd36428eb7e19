//! Sends operations, and hears all three ways in which Shopify says no: by HTTP status, in `errors` beside HTTP 200,
//! and (for mutations) in `userErrors` beside data.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderName;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use url::Url;

use super::operations::Operation;
use super::token::Tokens;
use super::{API_VERSION, ShopifySettings};
use crate::integrations::http::transport::Answer;
use crate::integrations::http::{Account, AccountSettings, Call, Outgoing, Rate, Safety, Transport, redaction, retry};
use crate::integrations::{SettingsError, Urgency, Vendor, VendorError};

pub mod changing;

const TOKEN_HEADER: HeaderName = HeaderName::from_static("x-shopify-access-token");
const VERSION_HEADER: HeaderName = HeaderName::from_static("x-shopify-api-version");
/// Wait after THROTTLED where the answer does not tell the state of the bucket.
const UNTOLD_WAIT: Duration = Duration::from_secs(1);
/// How often a throttled operation is tried, patience permitting.
const MOST_TRIES: u32 = 6;

pub struct GraphQl {
    account: Account,
    endpoint: Url,
    tokens: Tokens,
    /// What each operation last cost, so that one which the bucket cannot pay is not sent.
    costs: Mutex<HashMap<&'static str, f64>>,
    /// Set once, when Shopify first answered with another version than it was asked for.
    other_version: OnceLock<String>,
}

#[derive(Serialize)]
struct Body<'a, V> {
    variables: &'a V,
    #[serde(rename = "operationName")]
    operation_name: &'static str,
    query: &'static str,
}

#[derive(Deserialize)]
struct Envelope<T> {
    data: Option<T>,
    #[serde(default)]
    errors: Vec<GraphQlError>,
    extensions: Option<Extensions>,
}

#[derive(Deserialize)]
struct GraphQlError {
    #[serde(default)]
    message: String,
    extensions: Option<ErrorExtensions>,
}

impl GraphQlError {
    fn code(&self) -> &str {
        self.extensions.as_ref().and_then(|it| it.code.as_deref()).unwrap_or_default()
    }
}

#[derive(Deserialize)]
struct ErrorExtensions {
    code: Option<String>,
}

#[derive(Deserialize)]
struct Extensions {
    cost: Option<Cost>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cost {
    requested_query_cost: Option<f64>,
    throttle_status: Option<ThrottleStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ThrottleStatus {
    maximum_available: f64,
    currently_available: f64,
    restore_rate: f64,
}

/// What a mutation says in its payload. Some kinds have no code.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct UserError {
    pub field: Option<Vec<String>>,
    pub message: String,
    pub code: Option<String>,
}

/// What to do after an answer.
enum Reading<T> {
    Data(T),
    /// Not processed for want of points; the budget waits for them.
    Throttled(Duration, VendorError),
    /// A passing fault of theirs: again after this.
    Faulty(Duration, VendorError),
    /// The token is not, or no longer, good.
    Unauthorised(VendorError),
}

impl GraphQl {
    pub fn new(settings: &ShopifySettings, transport: Transport) -> Result<Self, SettingsError> {
        let base = match &settings.base_url {
            Some(url) => url.clone(),
            None => Url::parse(&format!("https://{}", settings.shop)).map_err(|error| SettingsError {
                key: "shopify.shop",
                problem: error.to_string(),
                fix: "write the domain that ends in .myshopify.com",
            })?,
        };
        let tokens = Tokens::new(settings, &base)?;
        let account = Account::new(
            transport,
            AccountSettings {
                vendor: Vendor::Shopify,
                base,
                rate: None,
                request_id_headers: &["x-request-id"],
                reset_header: None,
            },
        );
        let endpoint = account.url(&["admin", "api", API_VERSION, "graphql.json"]);
        let (costs, other_version) = (Mutex::default(), OnceLock::new());
        Ok(Self { account, endpoint, tokens, costs, other_version })
    }

    /// A reading call of this operation.
    pub fn call(&self, operation: &Operation, urgency: Urgency) -> Call {
        self.account.call(operation.name, Safety::Read, urgency)
    }

    /// Runs an operation until it is answered, refused, or the call's patience is at its end.
    ///
    /// # Errors
    /// Every way of not getting data.
    pub async fn run<V, T>(&self, operation: &Operation, variables: &V, call: &Call) -> Result<T, VendorError>
    where
        V: Serialize + Sync,
        T: DeserializeOwned,
    {
        let body = bytes::Bytes::from(changing::body(operation, variables));
        let mut renewed = false;
        let mut tried = 0;
        loop {
            let token = self.tokens.current(&self.account, call).await?;
            let outgoing = Outgoing::post_json(self.endpoint.clone(), body.clone()).header(TOKEN_HEADER, token.header);
            let call = Call { operation: operation.name, cost: self.cost_of(operation), ..*call };
            let answer = self.account.send(&call, &outgoing).await?;
            self.notice_version(&answer);
            tried += 1;
            match self.read(operation, &answer)? {
                Reading::Data(data) => return Ok(data),
                Reading::Unauthorised(error) => {
                    if renewed || !self.tokens.forget(token.number).await {
                        return Err(error);
                    }
                    renewed = true;
                }
                Reading::Throttled(wait, error) | Reading::Faulty(wait, error)
                    if tried >= MOST_TRIES || Instant::now() + wait >= call.deadline =>
                {
                    return Err(error);
                }
                Reading::Throttled(..) => {}
                Reading::Faulty(wait, _) => tokio::time::sleep(wait).await,
            }
        }
    }

    fn read<T: DeserializeOwned>(&self, operation: &Operation, answer: &Answer) -> Result<Reading<T>, VendorError> {
        if answer.status == StatusCode::UNAUTHORIZED {
            return Ok(Reading::Unauthorised(self.account.error_of(answer, &words_for_status(answer))));
        }
        if !answer.status.is_success() {
            return Err(self.account.error_of(answer, &words_for_status(answer)));
        }
        match serde_json::from_slice::<Envelope<T>>(&answer.body) {
            Ok(envelope) => {
                self.notice_cost(operation, envelope.extensions.as_ref());
                match envelope.data {
                    Some(data) if envelope.errors.is_empty() => Ok(Reading::Data(data)),
                    _ => self.read_errors(answer, &envelope.errors, envelope.extensions.as_ref()),
                }
            }
            // Partial data beside errors has holes where the shape allows none; then the errors are the answer.
            Err(unreadable) => match serde_json::from_slice::<Envelope<serde::de::IgnoredAny>>(&answer.body) {
                Ok(envelope) if !envelope.errors.is_empty() => {
                    self.notice_cost(operation, envelope.extensions.as_ref());
                    self.read_errors(answer, &envelope.errors, envelope.extensions.as_ref())
                }
                _ => Err(self.account.garbled(answer, &redaction::unreadable(&unreadable))),
            },
        }
    }

    fn read_errors<T>(
        &self,
        answer: &Answer,
        errors: &[GraphQlError],
        extensions: Option<&Extensions>,
    ) -> Result<Reading<T>, VendorError> {
        let vendor = self.account.vendor();
        let request_id = self.account.request_id(&answer.headers);
        let Some(first) = errors.first() else {
            return Err(self.account.garbled(answer, "it holds neither data nor errors"));
        };
        let has = |wanted: &str| errors.iter().any(|error| error.code() == wanted);
        let reason = redaction::for_operator(format!("{} {}", first.code(), first.message).trim());
        if has("THROTTLED") {
            let wait = wait_for(extensions);
            self.account.budget().pause(wait);
            return Ok(Reading::Throttled(wait, VendorError::Throttled { vendor, wait, request_id }));
        }
        if has("ACCESS_DENIED") {
            return Err(VendorError::Credentials { vendor, reason, request_id });
        }
        if has("INTERNAL_SERVER_ERROR") || has("TIMEOUT") {
            let pause = retry::backoff(UNTOLD_WAIT, 1);
            return Ok(Reading::Faulty(pause, VendorError::Unavailable { vendor, reason, request_id }));
        }
        Err(VendorError::Refused { vendor, status: answer.status.as_u16(), reason, request_id })
    }

    fn notice_version(&self, answer: &Answer) {
        let Some(served) = answer.headers.get(VERSION_HEADER).and_then(|value| value.to_str().ok()) else { return };
        let served = redaction::for_operator(served);
        if served != API_VERSION && self.other_version.set(served.clone()).is_ok() {
            tracing::warn!(asked = API_VERSION, served, "Shopify answers with another API version; update Deskhand");
        }
    }

    /// The version that Shopify answered with, where it was not the one asked for.
    pub fn served_version(&self) -> Option<&str> {
        self.other_version.get().map(String::as_str)
    }

    fn notice_cost(&self, operation: &Operation, extensions: Option<&Extensions>) {
        let Some(cost) = extensions.and_then(|extensions| extensions.cost.as_ref()) else { return };
        if let Some(requested) = cost.requested_query_cost {
            self.costs.lock().unwrap_or_else(PoisonError::into_inner).insert(operation.name, requested);
        }
        if let Some(status) = &cost.throttle_status {
            let rate = Rate { capacity: status.maximum_available, per_second: status.restore_rate };
            self.account.budget().observe(rate, status.currently_available);
        }
    }

    fn cost_of(&self, operation: &Operation) -> f64 {
        let costs = self.costs.lock().unwrap_or_else(PoisonError::into_inner);
        costs.get(operation.name).copied().unwrap_or(operation.expected_cost)
    }

    /// The error for a mutation's `userErrors`, if there are any: it was understood and refused, nothing happened.
    ///
    /// # Errors
    /// The first of them.
    pub fn accepted(&self, errors: &[UserError]) -> Result<(), VendorError> {
        let Some(first) = errors.first() else { return Ok(()) };
        let field = first.field.as_deref().unwrap_or_default().join(".");
        let words = [first.code.as_deref().unwrap_or_default(), &field].join(" ");
        let words = format!("{}: {}", words.trim(), first.message);
        let reason = redaction::for_operator(&words);
        Err(VendorError::Refused { vendor: self.account.vendor(), status: 200, reason, request_id: None })
    }

    /// The error for a thing that Shopify does not show, or not as it was asked for.
    pub fn refused(&self, reason: &str) -> VendorError {
        VendorError::Refused { vendor: self.account.vendor(), status: 200, reason: reason.to_owned(), request_id: None }
    }

    /// The error for data that reads but makes no sense.
    pub fn garbled(&self, problem: impl std::error::Error) -> VendorError {
        let reason = redaction::for_operator(&problem.to_string());
        VendorError::Garbled { vendor: self.account.vendor(), reason, request_id: None }
    }

    /// The error for a token that is good but not good enough.
    pub fn credentials(&self, problem: impl std::error::Error) -> VendorError {
        VendorError::Credentials { vendor: self.account.vendor(), reason: problem.to_string(), request_id: None }
    }
}

/// Until the bucket holds what the query asked for: by Shopify's own numbers, and a little more so that waiting
/// clients do not all come back in the same instant.
fn wait_for(extensions: Option<&Extensions>) -> Duration {
    let cost = extensions.and_then(|extensions| extensions.cost.as_ref());
    let told = cost.and_then(|cost| {
        let (requested, status) = (cost.requested_query_cost?, cost.throttle_status.as_ref()?);
        let missing = (requested - status.currently_available).max(0.0);
        (status.restore_rate > 0.0).then(|| missing / status.restore_rate)
    });
    let wait = told.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).unwrap_or(UNTOLD_WAIT);
    (wait + Duration::from_millis(50)).mul_f64(1.0 + 0.2 * retry::random_share()).min(retry::LONGEST_WAIT)
}

/// What a status means here, with what Shopify said about it: `errors` as text or as anything else, or a page of HTML.
fn words_for_status(answer: &Answer) -> String {
    #[derive(Deserialize)]
    struct Said {
        errors: serde_json::Value,
    }
    let meaning = match answer.status.as_u16() {
        401 => "the token is wrong, expired or revoked",
        402 => "the shop is frozen until its owner pays Shopify",
        403 => "the app lacks a scope, this machine is not on its IP allowlist, or its token must be an expiring one",
        404 => "there is no such shop, or it no longer serves this API version",
        423 => "the shop is locked",
        _ => "no success",
    };
    match serde_json::from_slice::<Said>(&answer.body) {
        Ok(Said { errors: serde_json::Value::String(text) }) => format!("{meaning} ({text})"),
        Ok(Said { errors }) => format!("{meaning} ({errors})"),
        Err(_) => meaning.to_owned(),
    }
}

#[cfg(test)]
mod tests;
