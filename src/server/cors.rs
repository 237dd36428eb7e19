//! Which web pages may call the API from a browser. Cookies play no part, so any page may by default: what counts is
//! the key.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::settings::ServerSettings;
use super::{ServerError, admission, request_id};

pub fn layer(settings: &ServerSettings) -> Result<CorsLayer, ServerError> {
    let origins = if settings.allowed_origins.is_empty() {
        AllowOrigin::any()
    } else {
        AllowOrigin::list(settings.allowed_origins.iter().map(|text| origin(text)).collect::<Result<Vec<_>, _>>()?)
    };
    Ok(CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::ACCEPT,
            HeaderName::from_static("last-event-id"),
            admission::TOKEN_HEADER,
            request_id::HEADER,
        ])
        .expose_headers([
            request_id::HEADER,
            admission::TOKEN_HEADER,
            header::LOCATION,
            header::RETRY_AFTER,
            HeaderName::from_static("x-ratelimit-limit"),
            HeaderName::from_static("x-ratelimit-remaining"),
            HeaderName::from_static("x-ratelimit-reset"),
        ])
        .max_age(Duration::from_secs(3600)))
}

/// An origin is scheme and host, nothing behind it: `https://shop.example`.
fn origin(text: &str) -> Result<HeaderValue, ServerError> {
    let wrong = ServerError::Setting {
        key: "server.allowed_origins",
        problem: "each must be an origin such as https://shop.example, without a path",
    };
    let parsed = url::Url::parse(text).ok().map(|url| url.origin().ascii_serialization());
    match (parsed, HeaderValue::from_str(text)) {
        (Some(serialised), Ok(value)) if serialised == text => Ok(value),
        _ => Err(wrong),
    }
}
