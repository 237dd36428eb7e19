//! Identifiers, one type each, so that one cannot stand where another is meant.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A new one: sorts by the time at which it was made, and cannot be guessed.
            #[expect(clippy::disallowed_methods, reason = "this is the module that makes identifiers")]
            pub fn generate() -> Self {
                Self(format!(concat!($prefix, "_{}"), uuid::Uuid::now_v7().simple()))
            }

            /// Takes one that was made elsewhere, as it is.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

identifiers! {
    /// A conversation.
    ConversationId = "conv";
    /// A message of anyone in a conversation.
    MessageId = "msg";
    /// One turn of the agent: from a customer's message to the agent's last word.
    TurnId = "turn";
    /// A row of the effects ledger. It travels in the request, so that the vendor can be asked about it.
    EffectId = "eff";
    /// A person's decision that an effect waits for.
    ApprovalId = "appr";
    /// An answer of a colleague's that may become a help article.
    ArticleId = "art";
    /// A tool call. Models send their own; one is made where they do not.
    CallId = "call";
    /// An API key's public half; the secret half is only stored hashed.
    KeyId = "key";
    /// A store: the tenant.
    StoreId = "store";
    /// An HTTP request, as named in errors and logs.
    RequestId = "req";
}

/// 32 bytes that nobody can guess, as 43 characters that are safe in a URL.
pub fn secret_token() -> String {
    use base64::Engine as _;
    let mut bytes = [0u8; 32];
    for half in bytes.chunks_mut(16) {
        #[expect(clippy::disallowed_methods, reason = "this is the module that makes secrets")]
        half.copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    }
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

/// A six-digit code, each equally likely.
pub fn six_digits() -> String {
    #[expect(clippy::disallowed_methods, reason = "this is the module that makes secrets")]
    let random = uuid::Uuid::new_v4().as_u128() >> 64;
    format!("{:06}", random % 1_000_000)
}
