//! EasyPost's shapes, read leniently: only what a tracker cannot do without is required.

use jiff::Timestamp;
use serde::Deserialize;

use crate::domain::order::{Scan, Tracker, TrackerStatus};
use crate::integrations::http::redaction;

#[derive(Deserialize)]
pub struct Trackers {
    pub trackers: Vec<WireTracker>,
}

#[derive(Deserialize)]
pub struct WireTracker {
    id: String,
    pub mode: Option<String>,
    tracking_code: String,
    status: Option<String>,
    status_detail: Option<String>,
    carrier: Option<String>,
    signed_by: Option<String>,
    est_delivery_date: Option<Timestamp>,
    public_url: Option<String>,
    #[serde(default)]
    tracking_details: Vec<WireScan>,
}

#[derive(Deserialize)]
struct WireScan {
    datetime: Option<Timestamp>,
    status: Option<String>,
    status_detail: Option<String>,
    message: Option<String>,
    tracking_location: Option<Location>,
}

#[derive(Deserialize)]
struct Location {
    city: Option<String>,
    state: Option<String>,
}

impl WireTracker {
    /// Whether it really is the one that was asked for.
    pub fn is_of(&self, number: &str, carrier: Option<&str>) -> bool {
        let same_carrier =
            |wanted: &str| self.carrier.as_deref().is_none_or(|found| carrier_code(found).eq_ignore_ascii_case(wanted));
        self.tracking_code.eq_ignore_ascii_case(number) && carrier.is_none_or(same_carrier)
    }
}

impl From<WireTracker> for Tracker {
    fn from(tracker: WireTracker) -> Self {
        let mut scans: Vec<Scan> = tracker.tracking_details.into_iter().filter_map(scan).collect();
        scans.sort_by_key(|scan| scan.at);
        Self {
            id: tracker.id,
            tracking_number: tracker.tracking_code,
            carrier: tracker.carrier,
            status: status(tracker.status),
            detail: detail(tracker.status_detail),
            estimated_at: tracker.est_delivery_date,
            signed_by: tracker.signed_by,
            public_url: tracker.public_url,
            scans,
        }
    }
}

fn scan(scan: WireScan) -> Option<Scan> {
    let (city, state) = scan.tracking_location.map_or((None, None), |place| (place.city, place.state));
    Some(Scan {
        at: scan.datetime?,
        status: status(scan.status),
        detail: detail(scan.status_detail),
        message: scan.message.unwrap_or_default(),
        city: city.filter(|text| !text.is_empty()),
        state: state.filter(|text| !text.is_empty()),
    })
}

fn status(text: Option<String>) -> TrackerStatus {
    text.map_or(TrackerStatus::Unknown, TrackerStatus::from)
}

/// `unknown` is EasyPost's word for having none.
fn detail(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty() && text != "unknown")
}

/// A carrier's name as EasyPost writes its codes: `DHL Express` becomes `DHLExpress`.
pub fn carrier_code(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).take(40).collect()
}

/// The code of an error answer.
pub fn error_code(body: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Envelope {
        error: Said,
    }
    #[derive(Deserialize)]
    struct Said {
        code: String,
    }
    serde_json::from_slice(body).ok().map(|Envelope { error }| error.code)
}

/// What an error answer says. `message` may be a text, a list or an object, `errors` a list of texts or of objects.
pub fn reason(body: &[u8]) -> String {
    #[derive(Deserialize)]
    struct Envelope {
        error: Said,
    }
    #[derive(Deserialize)]
    struct Said {
        code: Option<String>,
        message: Option<serde_json::Value>,
        #[serde(default)]
        errors: Vec<serde_json::Value>,
    }
    let Ok(Envelope { error }) = serde_json::from_slice(body) else {
        return "no error that reads".to_owned();
    };
    let text = |value: serde_json::Value| match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    let parts = error.code.into_iter().chain(error.message.map(text)).chain(error.errors.into_iter().map(text));
    redaction::for_operator(&parts.collect::<Vec<_>>().join("; "))
}
