//! Who may speak: the bearer of the API token, or of one that the application has signed for its channel.

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde_json::Value;
use sha2::Sha256;

use crate::sandbox::Credentials;
use crate::sandbox::world::front::{CHANNEL, id};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bearer {
    Api,
    /// To whom external ids are shown.
    Channel,
}

pub fn bearer(credentials: &Credentials, headers: &HeaderMap, now: Timestamp) -> Option<Bearer> {
    let given = headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")?;
    if given == credentials.front_api_token {
        return Some(Bearer::Api);
    }
    let claims = signed(given, &credentials.front_app_secret)?;
    let is = |name: &str, wanted: &str| claims.get(name).and_then(Value::as_str) == Some(wanted);
    let named = is("iss", &credentials.front_app_id) && is("sub", &id("cha", CHANNEL));
    let once = claims.get("jti").and_then(Value::as_str).is_some_and(|id| !id.is_empty());
    let valid = claims.get("exp").and_then(Value::as_i64).is_some_and(|until| until > now.as_second());
    (named && once && valid).then_some(Bearer::Channel)
}

/// What a token says, if it is signed with this secret.
fn signed(token: &str, secret: &str) -> Option<Value> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (head, claims) = signed.split_once('.')?;
    let part = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let head: Value = serde_json::from_slice(&part(head)?).ok()?;
    if head.get("alg").and_then(Value::as_str) != Some("HS256") {
        return None;
    }
    let mut digest = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    digest.update(signed.as_bytes());
    digest.verify_slice(&part(signature)?).ok()?;
    serde_json::from_slice(&part(claims)?).ok()
}
