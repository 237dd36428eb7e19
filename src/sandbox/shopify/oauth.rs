//! The client-credentials grant. Tokens last 24 hours by the sandbox's clock and outlive its restart: they carry their
//! end, and a signature over it.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::sandbox::Shared;

/// Seconds. The vendor says 86399.
const LIFE: i64 = 86_399;

/// `POST /admin/oauth/access_token`, as JSON or as a form.
pub async fn access_token(State(shared): State<Arc<Shared>>, body: Bytes) -> Response {
    let field = |name: &str| match serde_json::from_slice::<Value>(&body) {
        Ok(fields) => fields.get(name).and_then(Value::as_str).map(str::to_owned),
        Err(_) => url::form_urlencoded::parse(&body).find(|(key, _)| key == name).map(|(_, v)| v.into_owned()),
    };
    let known = field("client_id").as_deref() == Some(&shared.credentials.shopify_client_id)
        && field("client_secret").as_deref() == Some(&shared.credentials.shopify_client_secret);
    match field("grant_type").as_deref() {
        Some("client_credentials") if known => {
            let ends = shared.clock.now().as_second() + LIFE;
            let scope = shared.world.read().shop.scopes.join(",");
            let token = issued(&shared.credentials.shopify_client_secret, ends);
            Json(json!({"access_token": token, "scope": scope, "expires_in": LIFE})).into_response()
        }
        Some("client_credentials") => refused("invalid_client", "Client authentication failed"),
        _ => refused("unsupported_grant_type", "The grant type is not supported by this app"),
    }
}

fn refused(error: &str, description: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({"error": error, "error_description": description}))).into_response()
}

fn issued(secret: &str, ends: i64) -> String {
    let signature = match Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        Ok(mac) => hex::encode(mac.chain_update(ends.to_be_bytes()).finalize().into_bytes()),
        Err(_) => String::new(),
    };
    let signature: String = signature.chars().take(20).collect();
    format!("shpat_{ends:012x}{signature}")
}

/// Whether this token opens the Admin API now.
pub fn is_valid(shared: &Shared, token: &str) -> bool {
    if token == shared.credentials.shopify_access_token {
        return true;
    }
    let ends = token.strip_prefix("shpat_").and_then(|rest| rest.get(..12));
    let ends = ends.and_then(|hex| i64::from_str_radix(hex, 16).ok());
    ends.is_some_and(|ends| {
        issued(&shared.credentials.shopify_client_secret, ends) == token && shared.clock.now().as_second() < ends
    })
}
