//! Every request has an id: the caller's own, or one of ours. It is in the answer's header, in errors and in the log.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::error::ApiError;
use crate::domain::id::RequestId;

pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST: usize = 64;

/// Gives the request its id, and errors their body.
pub async fn carry(request: Request, next: Next) -> Response {
    let id = sent(request.headers()).unwrap_or_else(RequestId::generate);
    let span = tracing::info_span!("request", id = %id, method = %request.method(), path = request.uri().path());
    let mut response = next.run(request).instrument(span).await;
    if let Some(error) = response.extensions_mut().remove::<ApiError>() {
        let (mut parts, _) = response.into_parts();
        parts.headers.remove(axum::http::header::CONTENT_LENGTH);
        response = error.render(id.clone());
        response.headers_mut().extend(parts.headers);
    }
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}

/// The caller's own id, if it is fit to stand in a log.
fn sent(headers: &HeaderMap) -> Option<RequestId> {
    let text = headers.get(HEADER)?.to_str().ok()?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    let sane = (1..=LONGEST).contains(&text.len()) && text.bytes().all(plain);
    sane.then(|| RequestId::new(text))
}
