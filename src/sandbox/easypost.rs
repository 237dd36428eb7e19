//! EasyPost v2: trackers that move with the clock, labels, and webhooks that hear of trackers.
//!
//! Facts of the vendor that this keeps: creating a tracker again for the same code and carrier within three months
//! returns the first one, with status 200 both times; a code that no carrier knows is a tracker of status `unknown`.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::fault::Vendor;
use super::limit::CallLimit;
use super::world::parcel::Progress;
use super::world::shipping::Postage;
use super::world::{Scan, TrackerRecord, World};
use super::{Shared, gate};

mod label;
pub(super) mod letters;
mod rates;
mod shipments;
mod webhooks;

pub(super) fn routes() -> Router<Arc<Shared>> {
    Router::new()
        .route("/v2/trackers", post(create).get(list))
        .route("/v2/trackers/{id}", get(show))
        .route("/v2/shipments", post(shipments::create))
        .route("/v2/shipments/{id}", get(shipments::show))
        .route("/v2/shipments/{id}/rerate", post(shipments::rerate))
        .route("/v2/shipments/{id}/buy", post(shipments::buy))
        .route("/v2/webhooks", post(webhooks::create).get(webhooks::list))
        .route("/v2/webhooks/{id}", get(webhooks::show).delete(webhooks::remove))
        .route("/labels/{name}", get(shipments::file))
        .fallback(|| async { error(StatusCode::NOT_FOUND, "NOT_FOUND", "The requested resource could not be found.") })
        .method_not_allowed_fallback(|| async {
            error(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "The method is not allowed here.")
        })
}

/// For how long the same code means the same tracker.
const SAME_TRACKER: SignedDuration = SignedDuration::from_hours(90 * 24);

async fn create(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(refusal) = unauthorised(&shared, &headers) {
        return refusal;
    }
    let Ok(fields) = serde_json::from_slice::<Value>(&body) else {
        return error(StatusCode::BAD_REQUEST, "BAD_REQUEST", "The request body is not valid JSON.");
    };
    let text = |name: &str| fields.pointer(&format!("/tracker/{name}")).and_then(Value::as_str).map(str::trim);
    let Some(code) = text("tracking_code").filter(|code| !code.is_empty()) else {
        let errors = json!([{"field": "tracking_code", "message": "is required"}]);
        return error_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            "PARAMETER.REQUIRED",
            "Missing required parameter.",
            errors,
        );
    };
    let carrier = text("carrier").filter(|carrier| !carrier.is_empty());
    let now = shared.clock.now();
    let known = shared.world.read().trackers.iter().find(|tracker| is_same(tracker, code, carrier, now)).cloned();
    let tracker = match known {
        Some(tracker) => tracker,
        None => shared.world.change(|world| register(world, code, carrier, now)).await,
    };
    let shown = shown(&shared.world.read(), &tracker, now);
    let location = format!("/api/v2/trackers/{}", tracker.id);
    let mut response = answered(Json(shown).into_response());
    if let Ok(location) = HeaderValue::from_str(&location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn is_same(tracker: &TrackerRecord, code: &str, carrier: Option<&str>, now: Timestamp) -> bool {
    let same_carrier = match (carrier, tracker.carrier.as_deref()) {
        (Some(asked), Some(known)) => asked.eq_ignore_ascii_case(known),
        (None, _) => true,
        (Some(_), None) => false,
    };
    tracker.code.eq_ignore_ascii_case(code) && same_carrier && now.duration_since(tracker.created_at) < SAME_TRACKER
}

fn register(world: &mut World, code: &str, carrier: Option<&str>, now: Timestamp) -> TrackerRecord {
    if let Some(known) = world.trackers.iter().find(|tracker| is_same(tracker, code, carrier, now)) {
        return known.clone();
    }
    let found_out = world.parcel(code, None).map(|parcel| parcel.carrier.clone());
    let carrier = carrier.map(str::to_owned).or(found_out);
    let seed = format!("{code} {carrier:?} {}", world.trackers.len());
    let digest = hex::encode(Sha256::digest(seed.as_bytes()));
    let id = format!("trk_{}", digest.get(..32).unwrap_or(&digest));
    let tracker = TrackerRecord { id, code: code.to_owned(), carrier, created_at: now };
    world.trackers.push(tracker.clone());
    tracker
}

async fn show(State(shared): State<Arc<Shared>>, headers: HeaderMap, Path(id): Path<String>) -> Response {
    if let Some(refusal) = unauthorised(&shared, &headers) {
        return refusal;
    }
    let world = shared.world.read();
    match world.trackers.iter().find(|tracker| tracker.id == id) {
        Some(tracker) => answered(Json(shown(&world, tracker, shared.clock.now())).into_response()),
        None => error(StatusCode::NOT_FOUND, "NOT_FOUND", "The requested resource could not be found."),
    }
}

/// Lists are limited to five calls a second.
pub(super) fn list_limit() -> CallLimit {
    CallLimit::new(5.0, 5.0)
}

async fn list(State(shared): State<Arc<Shared>>, headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    if let Some(refusal) = unauthorised(&shared, &headers) {
        return refusal;
    }
    if shared.tracker_list_limit.admit().is_err() && shared.call_limits {
        return answered(gate::rate_limited(Vendor::Easypost, 1));
    }
    let query = query.unwrap_or_default();
    let wanted = |name: &str| {
        url::form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    };
    let (code, carrier) = (wanted("tracking_code"), wanted("carrier"));
    let size = wanted("page_size").and_then(|size| size.parse::<usize>().ok()).unwrap_or(20).clamp(1, 100);
    let before = wanted("before_id");
    let (world, now) = (shared.world.read(), shared.clock.now());
    let newest_first = world.trackers.iter().rev();
    let after_cursor = newest_first.skip_while(|tracker| before.as_ref().is_some_and(|id| *id != tracker.id));
    let mut found = after_cursor.skip(usize::from(before.is_some())).filter(|tracker| {
        code.as_deref().is_none_or(|code| tracker.code.eq_ignore_ascii_case(code))
            && carrier.as_deref().is_none_or(|carrier| tracker.carrier.as_deref() == Some(carrier))
    });
    let trackers: Vec<Value> = found.by_ref().take(size).map(|tracker| shown(&world, tracker, now)).collect();
    let has_more = found.next().is_some();
    answered(Json(json!({"trackers": trackers, "has_more": has_more})).into_response())
}

/// A `Tracker` as it is now.
fn shown(world: &World, tracker: &TrackerRecord, now: Timestamp) -> Value {
    let parcel = world.parcel(&tracker.code, tracker.carrier.as_deref());
    let nothing = Progress { status: "unknown", detail: "unknown", estimate: None, scans: &[] };
    let progress = parcel.map_or(nothing, |parcel| parcel.progress(now));
    let (status, detail) = match parcel {
        None => test_code(&tracker.code).unwrap_or((progress.status, progress.detail)),
        Some(_) => (progress.status, progress.detail),
    };
    let changed = progress.scans.last().map_or(tracker.created_at, |scan| scan.at.max(tracker.created_at));
    let delivered = status == "delivered";
    let mut fields = Map::new();
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    set("id", tracker.id.clone().into());
    set("object", "Tracker".into());
    set("mode", "test".into());
    set("tracking_code", tracker.code.clone().into());
    set("status", status.into());
    set("status_detail", detail.into());
    set("created_at", moment(tracker.created_at));
    set("updated_at", moment(changed));
    set("signed_by", parcel.filter(|_| delivered).and_then(|p| p.signed_by.clone()).into());
    set("weight", Value::Null);
    set("est_delivery_date", progress.estimate.map_or(Value::Null, moment));
    let is_of = |postage: &Postage| postage.tracker == tracker.id;
    let shipment = world.shipments.iter().find(|shipment| shipment.postage.as_ref().is_some_and(is_of));
    set("shipment_id", shipment.map(|shipment| shipment.id.clone()).into());
    set("carrier", tracker.carrier.clone().into());
    set("tracking_details", progress.scans.iter().map(|scan| scanned(scan, tracker)).collect());
    set("carrier_detail", Value::Null);
    set("fees", json!([]));
    set("finalized", delivered.into());
    set("is_return", parcel.is_some_and(|parcel| parcel.is_return).into());
    set("public_url", public_url(tracker).into());
    Value::Object(fields)
}

fn public_url(tracker: &TrackerRecord) -> String {
    format!("https://track.easypost.com/{}", STANDARD.encode(&tracker.id))
}

fn scanned(scan: &Scan, tracker: &TrackerRecord) -> Value {
    json!({
        "object": "TrackingDetail",
        "message": scan.message,
        "description": null,
        "status": scan.status,
        "status_detail": scan.detail,
        "datetime": moment(scan.at),
        "source": tracker.carrier,
        "carrier_code": null,
        "tracking_location": {
            "object": "TrackingLocation",
            "city": scan.city,
            "state": scan.state,
            "country": scan.country,
            "zip": scan.zip,
        },
    })
}

/// The codes that a test key may always ask for.
fn test_code(code: &str) -> Option<(&'static str, &'static str)> {
    Some(match code {
        "EZ1000000001" => ("pre_transit", "status_update"),
        "EZ2000000002" => ("in_transit", "status_update"),
        "EZ3000000003" => ("out_for_delivery", "status_update"),
        "EZ4000000004" => ("delivered", "status_update"),
        "EZ5000000005" => ("return_to_sender", "status_update"),
        "EZ6000000006" => ("failure", "status_update"),
        _ => return None,
    })
}

fn moment(at: Timestamp) -> Value {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into()
}

/// The refusal, unless the key came as the user of Basic or as a bearer token.
fn unauthorised(shared: &Shared, headers: &HeaderMap) -> Option<Response> {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = match given.split_once(' ') {
        Some(("Bearer", key)) => Some(key.trim().to_owned()),
        Some(("Basic", encoded)) => {
            let decoded = STANDARD.decode(encoded.trim()).ok().and_then(|bytes| String::from_utf8(bytes).ok());
            decoded.and_then(|pair| pair.split_once(':').map(|(user, _)| user.to_owned()))
        }
        _ => None,
    };
    if key.as_deref() == Some(&shared.credentials.easypost_api_key) {
        return None;
    }
    Some(error(StatusCode::UNAUTHORIZED, "APIKEY.INACTIVE", "This API key is no longer active or does not exist."))
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    error_with(status, code, message, json!([]))
}

fn error_with(status: StatusCode, code: &str, message: &str, errors: Value) -> Response {
    let body = json!({"error": {"code": code, "message": message, "errors": errors}});
    answered((status, Json(body)).into_response())
}

fn answered(mut response: Response) -> Response {
    if let Ok(id) = HeaderValue::from_str(crate::domain::id::RequestId::generate().as_str()) {
        response.headers_mut().insert(HeaderName::from_static("x-ep-request-uuid"), id);
    }
    response
}
