//! The built-in page: a shopper's chat and, beside it, the workings. One document, no build step.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::IntoResponse;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::app::App;
use super::settings::DemoPage;

const DOCUMENT: &str = include_str!("page/page.html");
const CLOSED: &str = include_str!("page/closed.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");
const APPROVAL: &str = include_str!("page/approval.html");
const DECIDING: &str = include_str!("page/approval.js");

/// The page as it is sent, made once at start.
pub struct Page {
    document: Bytes,
    /// Where somebody who signs in with an approver's key decides. The same for every approval: it holds nothing of it.
    approval: Bytes,
    headers: HeaderMap,
}

impl Page {
    pub fn new(demo: Option<&DemoPage>) -> Self {
        let document = match demo {
            Some(demo) => DOCUMENT
                .replace("/* style */", STYLE)
                .replace("/* script */", SCRIPT)
                // Last, so that nothing in the settings is taken for a place of the template.
                .replace("/* settings */", &settings(demo)),
            None => CLOSED.replace("/* style */", STYLE),
        };
        let approval = APPROVAL.replace("/* style */", STYLE).replace("/* script */", DECIDING);
        Self { document: document.into(), approval: approval.into(), headers: headers(&content_policy()) }
    }
}

/// JSON that may stand in a document: no `<` can end its element.
fn settings(demo: &DemoPage) -> String {
    let text = serde_json::to_string(demo).unwrap_or_default();
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// Only the scripts and the style of this file run; the page talks to this server alone.
fn content_policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text.as_bytes()));
    format!(
        "default-src 'none'; script-src 'sha256-{}' 'sha256-{}'; style-src 'sha256-{}'; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hash(SCRIPT),
        hash(DECIDING),
        hash(STYLE)
    )
}

fn headers(content_policy: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let fixed = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(content_policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    headers
}

pub async fn route(State(app): State<Arc<App>>) -> impl IntoResponse {
    (app.page.headers.clone(), app.page.document.clone())
}

pub async fn approval(State(app): State<Arc<App>>) -> impl IntoResponse {
    (app.page.headers.clone(), app.page.approval.clone())
}
