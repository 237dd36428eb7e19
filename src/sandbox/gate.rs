//! What every request passes on its way to a vendor: it is written down, and faults strike it here.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use serde_json::json;

use super::Shared;
use super::fault::{Effect, Target, Vendor};
use super::intercom;
use super::journal::Entry;
use super::shopify;
use super::wire::Cutter;

/// The largest body that any vendor takes, a mail with attachments.
const LARGEST_BODY: usize = 30 * 1024 * 1024;

/// Records the request, lets it suffer what is armed, and passes it on.
pub(super) async fn pass(
    State((vendor, shared)): State<(Vendor, Arc<Shared>)>,
    ConnectInfo(cutter): ConnectInfo<Cutter>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return refusal(vendor, StatusCode::PAYLOAD_TOO_LARGE);
    };
    let path = parts.uri.path_and_query().map_or_else(String::new, ToString::to_string);
    let operations = operations(vendor, parts.method.as_str(), parts.uri.path(), &body);
    let effects = if shared.faults.any() {
        shared.faults.strike(&Target { vendor, path: &path, operations: &operations })
    } else {
        Vec::new()
    };
    let number = shared.journal.record(Entry {
        at: shared.clock.now(),
        vendor,
        method: parts.method.to_string(),
        path,
        operations,
        headers: parts.headers.clone(),
        body: body.clone(),
        status: None,
    });
    let response = match before(vendor, &effects).await {
        Passage::On => after(&shared, &effects, next.run(Request::from_parts(parts, Body::from(body))).await).await,
        Passage::Answered(response) => Some(response),
        Passage::Cut => None,
    };
    let Some(response) = response else {
        cutter.cut();
        return StatusCode::NO_CONTENT.into_response();
    };
    shared.journal.answered(number, response.status().as_u16());
    response
}

enum Passage {
    On,
    Answered(Response),
    Cut,
}

/// The effects that keep a request from the vendor.
async fn before(vendor: Vendor, effects: &[Effect]) -> Passage {
    for effect in effects {
        match effect {
            Effect::Latency { milliseconds } => tokio::time::sleep(Duration::from_millis(*milliseconds)).await,
            Effect::RateLimited { retry_after_seconds } => {
                return Passage::Answered(rate_limited(vendor, *retry_after_seconds));
            }
            Effect::Throttled if vendor == Vendor::Shopify => {
                return Passage::Answered(shopify::throttled_answer().into_response());
            }
            Effect::Throttled => return Passage::Answered(rate_limited(vendor, 1)),
            Effect::Status { code } => {
                let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                return Passage::Answered(refusal(vendor, status));
            }
            Effect::CutBefore => return Passage::Cut,
            Effect::Garbage | Effect::CutAfter | Effect::Hold { .. } => {}
        }
    }
    Passage::On
}

/// The effects on an answer that the vendor has given. `None`: it never arrives.
async fn after(shared: &Shared, effects: &[Effect], mut response: Response) -> Option<Response> {
    for effect in effects {
        match effect {
            Effect::Hold { barrier } => shared.faults.wait_at(barrier).await,
            Effect::CutAfter => return None,
            Effect::Garbage => {
                *response.status_mut() = StatusCode::OK;
                *response.body_mut() = Body::from("<html><body>upstream \u{fffd}\u{0}{\"data\":[nul");
                response.headers_mut().remove(header::CONTENT_LENGTH);
            }
            _ => {}
        }
    }
    Some(response)
}

/// What a fault may call the request.
fn operations(vendor: Vendor, method: &str, path: &str, body: &Bytes) -> Vec<String> {
    match vendor {
        Vendor::Shopify if path.ends_with("/graphql.json") => shopify::operation_names(body),
        _ => vec![format!("{method} {path}")],
    }
}

/// Status 429 as this vendor answers it: SendGrid and Intercom name a moment in a header of their own, the others tell the
/// seconds.
pub(super) fn rate_limited(vendor: Vendor, retry_after_seconds: u32) -> Response {
    let mut response = refusal(vendor, StatusCode::TOO_MANY_REQUESTS);
    let names_a_moment = matches!(vendor, Vendor::Sendgrid | Vendor::Intercom);
    if !names_a_moment
        && let Ok(value) = HeaderValue::from_str(&match vendor {
            Vendor::Shopify => format!("{retry_after_seconds}.0"),
            _ => retry_after_seconds.to_string(),
        })
    {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    if names_a_moment {
        let reset = super::Clock::machine().as_second() + i64::from(retry_after_seconds);
        let headers = response.headers_mut();
        headers.insert("x-ratelimit-limit", HeaderValue::from_static("600"));
        headers.insert("x-ratelimit-remaining", HeaderValue::from_static("0"));
        headers.insert("x-ratelimit-reset", HeaderValue::from(reset));
    }
    response
}

/// An error status in this vendor's shape.
pub(super) fn refusal(vendor: Vendor, status: StatusCode) -> Response {
    let reason = status.canonical_reason().unwrap_or("Error");
    let limited = status == StatusCode::TOO_MANY_REQUESTS;
    let body = match vendor {
        Vendor::Shopify if limited => json!({"errors": "Exceeded the call limit for this app. Slow down."}),
        Vendor::Shopify => json!({"errors": reason}),
        Vendor::Easypost => {
            let code = if limited { "RATE_LIMITED".to_owned() } else { reason.to_uppercase().replace(' ', "_") };
            json!({"error": {"code": code, "message": reason, "errors": []}})
        }
        Vendor::Sendgrid => json!({"errors": [{"message": reason.to_lowercase(), "field": null, "help": null}]}),
        Vendor::Front => {
            let title = if limited { "Rate limit exceeded" } else { reason };
            json!({"_error": {"status": status.as_u16(), "title": title, "message": reason}})
        }
        Vendor::Gorgias if limited => json!({"error": {"msg": "You have reached the rate limit of the API."}}),
        Vendor::Gorgias => json!({"error": {"msg": reason}}),
        Vendor::Zendesk if limited => {
            json!({"error": "TooManyRequests", "description": "Number of allowed requests exceeded"})
        }
        Vendor::Zendesk => json!({"error": reason.replace(' ', ""), "description": reason}),
        Vendor::Intercom if limited => intercom::error_body("rate_limit_exceeded", "Exceeded rate limit"),
        Vendor::Intercom => intercom::error_body(&reason.to_lowercase().replace(' ', "_"), reason),
        Vendor::Stripe if limited => {
            json!({"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many requests."}})
        }
        Vendor::Stripe => json!({"error": {"type": "api_error", "message": reason}}),
    };
    (status, Json(body)).into_response()
}
