//! Conversation tokens: the right of a browser to one conversation. Nothing is stored; a token is a keyed digest of the
//! conversation's store and id.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use crate::domain::id::{ConversationId, StoreId};

const PREFIX: &str = "ct_";

/// Makes and checks conversation tokens.
pub struct ConversationTokens(Hmac<Sha256>);

impl ConversationTokens {
    /// `None` where the secret has fewer than 16 bytes.
    pub fn new(secret: &SecretString) -> Option<Self> {
        let secret = secret.expose_secret().as_bytes();
        (secret.len() >= 16).then(|| Hmac::new_from_slice(secret).ok().map(Self)).flatten()
    }

    pub fn issue(&self, store: &StoreId, conversation: &ConversationId) -> String {
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(self.digest(store, conversation).finalize().into_bytes()))
    }

    /// In constant time.
    pub fn accepts(&self, token: &str, store: &StoreId, conversation: &ConversationId) -> bool {
        let given = token.strip_prefix(PREFIX).and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        given.is_some_and(|given| self.digest(store, conversation).verify_slice(&given).is_ok())
    }

    fn digest(&self, store: &StoreId, conversation: &ConversationId) -> Hmac<Sha256> {
        let mut digest = self.0.clone();
        for part in ["deskhand conversation token 1", store.as_str(), conversation.as_str()] {
            digest.update(&(part.len() as u64).to_be_bytes());
            digest.update(part.as_bytes());
        }
        digest
    }
}
