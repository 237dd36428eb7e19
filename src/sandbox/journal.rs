//! Every request that came in, in order, with what it was answered.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use axum::http::HeaderMap;
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::Vendor;

/// How many requests are kept; older ones are forgotten.
pub const KEPT: usize = 10_000;

/// A request as it came in. Secrets are replaced by `[redacted]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedRequest {
    /// From 1, in order of arrival.
    pub number: u64,
    pub at: Timestamp,
    pub vendor: Vendor,
    pub method: String,
    /// Without the vendor's prefix, with the query.
    pub path: String,
    /// The GraphQL operation and its root fields, or method and path.
    pub operations: Vec<String>,
    pub headers: BTreeMap<String, String>,
    /// JSON where it is JSON, else a string.
    pub body: Value,
    /// What was answered; none while the answer is awaited, or where the connection was cut.
    pub status: Option<u16>,
}

#[derive(Debug, Default)]
pub struct Journal(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    forgotten: u64,
    entries: VecDeque<Entry>,
}

/// A request with its body as it came; it is parsed when somebody looks.
#[derive(Debug)]
pub(super) struct Entry {
    pub at: Timestamp,
    pub vendor: Vendor,
    pub method: String,
    pub path: String,
    pub operations: Vec<String>,
    pub headers: HeaderMap,
    pub body: Bytes,
    pub status: Option<u16>,
}

impl Journal {
    /// Writes a request down and returns its number.
    pub(super) fn record(&self, entry: Entry) -> u64 {
        let mut pages = self.pages();
        if pages.entries.len() == KEPT {
            pages.entries.pop_front();
            pages.forgotten += 1;
        }
        pages.entries.push_back(entry);
        pages.forgotten + pages.entries.len() as u64
    }

    pub(super) fn answered(&self, number: u64, status: u16) {
        let mut pages = self.pages();
        let Some(index) = number.checked_sub(pages.forgotten + 1) else { return };
        if let Some(entry) = usize::try_from(index).ok().and_then(|index| pages.entries.get_mut(index)) {
            entry.status = Some(status);
        }
    }

    /// The requests after `number` (0 for all that are kept), oldest first.
    pub fn since(&self, number: u64) -> Vec<RecordedRequest> {
        let pages = self.pages();
        let skip = usize::try_from(number.saturating_sub(pages.forgotten)).unwrap_or(usize::MAX);
        let numbered = pages.entries.iter().enumerate().skip(skip);
        numbered.map(|(index, entry)| entry.recorded(pages.forgotten + index as u64 + 1)).collect()
    }

    pub fn clear(&self) {
        *self.pages() = Pages::default();
    }

    fn pages(&self) -> std::sync::MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn recorded(&self, number: u64) -> RecordedRequest {
        RecordedRequest {
            number,
            at: self.at,
            vendor: self.vendor,
            method: self.method.clone(),
            path: self.path.clone(),
            operations: self.operations.clone(),
            headers: readable(&self.headers),
            body: body(&self.body),
            status: self.status,
        }
    }
}

const SECRET_HEADERS: [&str; 4] = ["authorization", "x-shopify-access-token", "cookie", "proxy-authorization"];
const SECRET_FIELDS: [&str; 3] = ["client_secret", "refresh_token", "subject_token"];
const REDACTED: &str = "[redacted]";

fn readable(headers: &HeaderMap) -> BTreeMap<String, String> {
    let shown = headers.iter().map(|(name, value)| {
        let secret = SECRET_HEADERS.contains(&name.as_str());
        let text = if secret { REDACTED.to_owned() } else { String::from_utf8_lossy(value.as_bytes()).into_owned() };
        (name.as_str().to_owned(), text)
    });
    shown.collect()
}

fn body(bytes: &Bytes) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    match serde_json::from_slice::<Value>(bytes) {
        Ok(Value::Object(mut fields)) => {
            for (_, value) in fields.iter_mut().filter(|(name, _)| SECRET_FIELDS.contains(&name.as_str())) {
                *value = REDACTED.into();
            }
            Value::Object(fields)
        }
        Ok(value) => value,
        Err(_) => String::from_utf8_lossy(bytes).into_owned().into(),
    }
}
