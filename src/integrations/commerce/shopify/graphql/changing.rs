//! Operations that change something. Here the question is not what to tell, but whether it may have happened: only a
//! plain no, said before anything was done, proves that it did not.

use std::convert::Infallible;

use reqwest::StatusCode;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{Body, Envelope, GraphQl, MOST_TRIES, Reading, TOKEN_HEADER, UserError, words_for_status};
use crate::integrations::commerce::shopify::operations::Operation;
use crate::integrations::http::transport::Answer;
use crate::integrations::http::{Call, Outgoing, Safety, redaction};
use crate::integrations::{Urgency, VendorError, WriteError};

/// Codes of errors that Shopify finds before it does anything.
const FOUND_BEFOREHAND: [&str; 7] = [
    "ACCESS_DENIED",
    "BAD_REQUEST",
    "INVALID_FIELD_ARGUMENTS",
    "INVALID_VARIABLE",
    "MAX_COST_EXCEEDED",
    "RESOURCE_NOT_FOUND",
    "SHOP_INACTIVE",
];

/// What of an earlier request with the same key is said in: errors of `refundCreate` have no code.
const WORDS_ABOUT_KEYS: [&str; 2] = ["idempotency key", "currently in progress"];

/// The body of a request. What identifies it comes first.
pub fn body(operation: &Operation, variables: &impl Serialize) -> String {
    let body = Body { variables, operation_name: operation.name, query: operation.document };
    serde_json::to_string(&body).unwrap_or_default()
}

impl GraphQl {
    /// Sends a change. It goes again only after answers that say that it was not processed: no points, no token.
    ///
    /// # Errors
    /// By what is known of the change.
    pub async fn change<T: DeserializeOwned>(&self, operation: &Operation, body: &str) -> Result<T, WriteError> {
        let call = self.account.call(operation.name, Safety::Write, Urgency::Shopper);
        let body = bytes::Bytes::copy_from_slice(body.as_bytes());
        let mut renewed = false;
        let mut tried = 0;
        loop {
            let token = self.tokens.current(&self.account, &call).await.map_err(WriteError::NotSent)?;
            let outgoing = Outgoing::post_json(self.endpoint.clone(), body.clone()).header(TOKEN_HEADER, token.header);
            let call = Call { cost: self.cost_of(operation), ..call };
            let answer = self.account.send(&call, &outgoing).await?;
            self.notice_version(&answer);
            tried += 1;
            match self.read_change(operation, &answer)? {
                Reading::Data(data) => return Ok(data),
                Reading::Unauthorised(error) => {
                    if renewed || !self.tokens.forget(token.number).await {
                        return Err(WriteError::Refused(error));
                    }
                    renewed = true;
                }
                Reading::Throttled(wait, error) if tried >= MOST_TRIES || Instant::now() + wait >= call.deadline => {
                    return Err(WriteError::NotSent(error));
                }
                Reading::Throttled(..) => {}
                Reading::Faulty(_, error) => return Err(WriteError::Unknown(error)),
            }
        }
    }

    fn read_change<T: DeserializeOwned>(
        &self,
        operation: &Operation,
        answer: &Answer,
    ) -> Result<Reading<T>, WriteError> {
        if answer.status == StatusCode::UNAUTHORIZED {
            return Ok(Reading::Unauthorised(self.account.error_of(answer, &words_for_status(answer))));
        }
        if !answer.status.is_success() {
            return Err(self.account.write_error_of(answer, &words_for_status(answer)));
        }
        let garbled = |error: serde_json::Error| {
            WriteError::Unknown(self.account.garbled(answer, &redaction::unreadable(&error)))
        };
        let mut envelope: Envelope<Map<String, Value>> = serde_json::from_slice(&answer.body).map_err(garbled)?;
        self.notice_cost(operation, envelope.extensions.as_ref());
        match envelope.data.take() {
            Some(data) if envelope.errors.is_empty() => {
                serde_json::from_value(Value::Object(data)).map(Reading::Data).map_err(garbled)
            }
            data => self.read_refusal(answer, data.as_ref(), &envelope),
        }
    }

    /// An answer with `errors`. Data beside them means that the change was made, and something else went wrong.
    fn read_refusal<T>(
        &self,
        answer: &Answer,
        data: Option<&Map<String, Value>>,
        envelope: &Envelope<Map<String, Value>>,
    ) -> Result<Reading<T>, WriteError> {
        let done = data.is_some_and(|data| data.values().any(|value| !value.is_null()));
        let beforehand = envelope.errors.iter().all(|error| is_found_beforehand(error.code()));
        match self.read_errors::<Infallible>(answer, &envelope.errors, envelope.extensions.as_ref()) {
            Ok(Reading::Data(never)) => match never {},
            Ok(Reading::Throttled(wait, error)) if !done => Ok(Reading::Throttled(wait, error)),
            Err(error) if !done && beforehand && !envelope.errors.is_empty() => Err(WriteError::Refused(error)),
            Ok(Reading::Throttled(_, error) | Reading::Faulty(_, error) | Reading::Unauthorised(error))
            | Err(error) => Err(WriteError::Unknown(error)),
        }
    }

    /// The error for a change's `userErrors`, if there are any: it was understood and refused, nothing happened. But
    /// what is said about its key is about an earlier request, which may have done it, and an error of Shopify's own
    /// may have come at any time.
    ///
    /// # Errors
    /// The first of them.
    pub fn accepted_change(&self, errors: &[UserError]) -> Result<(), WriteError> {
        let refused = self.accepted(errors);
        let doubtful = errors.iter().any(UserError::leaves_doubt);
        refused.map_err(if doubtful { WriteError::Unknown } else { WriteError::Refused })
    }

    /// The error for a yes that does not say to what.
    pub fn yes_without(&self, what: &str) -> WriteError {
        let reason = format!("its answer holds no {what}");
        WriteError::Unknown(VendorError::Garbled { vendor: self.account.vendor(), reason, request_id: None })
    }
}

impl UserError {
    fn leaves_doubt(&self) -> bool {
        let message = self.message.to_lowercase();
        self.code.as_deref().is_some_and(|code| code.starts_with("IDEMPOTENCY_") || code == "INTERNAL_ERROR")
            || WORDS_ABOUT_KEYS.iter().any(|words| message.contains(words))
    }
}

/// Validation names its errors in `camelCase`; it comes before execution.
fn is_found_beforehand(code: &str) -> bool {
    FOUND_BEFOREHAND.contains(&code) || code.starts_with(|c: char| c.is_ascii_lowercase())
}
