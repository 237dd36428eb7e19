//! What opens the channel: a JSON Web Token that the application signs itself, good for ten seconds.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{SignedDuration, Timestamp};
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use sha2::Sha256;

use super::settings::FrontSettings;
use crate::domain::id::secret_token;
use crate::integrations::http::secret_header;

const LIVES: SignedDuration = SignedDuration::from_secs(10);

/// Who may write into the channel.
pub struct Signer {
    app: String,
    channel: String,
    secret: SecretString,
}

impl Signer {
    pub fn new(settings: &FrontSettings) -> Self {
        let FrontSettings { app_id, channel, app_secret, .. } = settings;
        Self { app: app_id.clone(), channel: channel.clone(), secret: app_secret.clone() }
    }

    /// The header that opens the channel from this moment on.
    pub fn header(&self, now: Timestamp) -> Option<HeaderValue> {
        secret_header(&SecretString::from(format!("Bearer {}", self.token(now, &secret_token())?)))
    }

    fn token(&self, now: Timestamp, id: &str) -> Option<String> {
        let claims = json!({"iss": self.app, "jti": id, "sub": self.channel, "exp": (now + LIVES).as_second()});
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(&claims));
        let mut digest = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret().as_bytes()).ok()?;
        digest.update(signed.as_bytes());
        Some(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(digest.finalize().into_bytes())))
    }
}

#[cfg(test)]
mod tests;
