//! Customer tokens: the store's own word that a shopper is signed in. A JSON Web Token (RFC 7519), HS256, nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value;
use sha2::Sha256;
use thiserror::Error;

use crate::domain::customer::Email;
use crate::domain::id::StoreId;

const LONGEST: usize = 4_096;

/// Why a token proves nothing. `Display` is for the store's developer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum CustomerTokenError {
    #[error("customer_token is not a JSON Web Token signed with HS256")]
    Malformed,
    #[error("customer_token's signature is wrong; sign it with the store's customer token secret")]
    Signature,
    #[error("customer_token needs exp, a time in seconds, in the future")]
    Expired,
    #[error("customer_token is not good yet; check its nbf and the clocks")]
    NotYet,
    #[error("customer_token is for somebody else; its aud must be the store's id")]
    Audience,
    #[error("customer_token needs email, the customer's address")]
    Email,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    /// Extensions that a reader must understand (RFC 7515 §4.1.11): we understand none.
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Claims {
    email: Option<String>,
    aud: Option<Audience>,
    exp: Option<f64>,
    nbf: Option<f64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn names(&self, store: &StoreId) -> bool {
        match self {
            Self::One(name) => name == store.as_str(),
            Self::Several(names) => names.iter().any(|name| name == store.as_str()),
        }
    }
}

/// The address that a token proves.
pub fn verify(
    token: &str,
    secret: &SecretString,
    store: &StoreId,
    now: Timestamp,
) -> Result<Email, CustomerTokenError> {
    let (signed, signature) = token.rsplit_once('.').ok_or(CustomerTokenError::Malformed)?;
    let (header, claims) = signed.split_once('.').ok_or(CustomerTokenError::Malformed)?;
    let header: Header = part(header)?;
    if token.len() > LONGEST || header.alg != "HS256" || header.crit.is_some() {
        return Err(CustomerTokenError::Malformed);
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| CustomerTokenError::Malformed)?;
    let mut digest =
        Hmac::<Sha256>::new_from_slice(secret.expose_secret().as_bytes()).map_err(|_| CustomerTokenError::Signature)?;
    digest.update(signed.as_bytes());
    digest.verify_slice(&signature).map_err(|_| CustomerTokenError::Signature)?;
    part::<Claims>(claims)?.check(store, now)
}

fn part<T: for<'de> Deserialize<'de>>(text: &str) -> Result<T, CustomerTokenError> {
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| CustomerTokenError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| CustomerTokenError::Malformed)
}

impl Claims {
    fn check(&self, store: &StoreId, now: Timestamp) -> Result<Email, CustomerTokenError> {
        let now = now.as_millisecond() as f64 / 1_000.0;
        if self.exp.is_none_or(|exp| now >= exp) {
            return Err(CustomerTokenError::Expired);
        }
        if self.nbf.is_some_and(|nbf| now < nbf) {
            return Err(CustomerTokenError::NotYet);
        }
        if !self.aud.as_ref().is_some_and(|audience| audience.names(store)) {
            return Err(CustomerTokenError::Audience);
        }
        self.email.as_deref().and_then(Email::parse).ok_or(CustomerTokenError::Email)
    }
}
