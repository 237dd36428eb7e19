//! Sealing. The keyring seals data keys, one a conversation; a data key seals what is personal in its conversation.
//! Erasing a person is destroying data keys. Lookups that must not reveal what they look up are keyed digests.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20::{R20, hchacha};
use cipher::common::Generate as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::StorageError;

mod keyring;

pub use keyring::{Keyring, KeyringError};

const NONCE_BYTES: usize = 24;

/// 256 bits that nobody may see. Wiped when dropped.
#[derive(Clone)]
pub(super) struct Key(Zeroizing<[u8; 32]>);

impl Key {
    pub(super) fn generate() -> Self {
        Self(Zeroizing::new(<[u8; 32]>::generate()))
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// `v1.<kid>.<base64 of nonce and ciphertext>`. It opens only with the same key under the same `place`.
    pub(super) fn seal(&self, kid: &str, place: &str, text: &[u8]) -> Result<String, StorageError> {
        let too_long = || StorageError::Corrupt("too long to be sealed".to_owned());
        let nonce = <[u8; NONCE_BYTES]>::generate();
        let (cipher, rest) = self.cipher(&nonce).ok_or_else(too_long)?;
        let mut sealed = Vec::with_capacity(NONCE_BYTES + text.len() + CHACHA20_POLY1305.tag_len());
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(text);
        let (_, body) = sealed.split_at_mut_checked(NONCE_BYTES).ok_or_else(too_long)?;
        let tag = cipher.seal_in_place_separate_tag(rest, Aad::from(place), body).map_err(|_| too_long())?;
        sealed.extend_from_slice(tag.as_ref());
        let mut text = String::with_capacity(8 + kid.len() + sealed.len() * 4 / 3);
        text.push_str("v1.");
        text.push_str(kid);
        text.push('.');
        STANDARD_NO_PAD.encode_string(&sealed, &mut text);
        Ok(text)
    }

    pub(super) fn open(&self, sealed: &str, place: &str) -> Result<Zeroizing<Vec<u8>>, StorageError> {
        let unreadable = || StorageError::Corrupt(format!("what is sealed as {place:?} does not open with its key"));
        let (_, body) = parse(sealed).ok_or_else(unreadable)?;
        let bytes = STANDARD_NO_PAD.decode(body).map_err(|_| unreadable())?;
        let (nonce, body) = bytes.split_at_checked(NONCE_BYTES).ok_or_else(unreadable)?;
        let (cipher, rest) = self.cipher(nonce).ok_or_else(unreadable)?;
        let mut text = Zeroizing::new(body.to_vec());
        let length = cipher.open_in_place(rest, Aad::from(place), &mut text).map_err(|_| unreadable())?.len();
        text.truncate(length);
        Ok(text)
    }

    /// XChaCha20-Poly1305: HChaCha20 makes a key from the nonce's first 16 bytes, under which ChaCha20-Poly1305 takes the
    /// other eight behind four zeros.
    fn cipher(&self, nonce: &[u8]) -> Option<(LessSafeKey, Nonce)> {
        let (first, others) = nonce.split_first_chunk::<16>()?;
        let key = Zeroizing::new(<[u8; 32]>::from(hchacha::<R20>(self.bytes().into(), first.into())));
        let mut rest = [0; 12];
        *rest.last_chunk_mut::<8>()? = others.try_into().ok()?;
        let key = UnboundKey::new(&CHACHA20_POLY1305, key.as_slice()).ok()?;
        Some((LessSafeKey::new(key), Nonce::assume_unique_for_key(rest)))
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// Key's name and body of a sealed text.
fn parse(sealed: &str) -> Option<(&str, &str)> {
    sealed.strip_prefix("v1.")?.split_once('.')
}

/// The keyring at work. Clones share it.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    keyring: Keyring,
    lookup: Key,
}

impl Vault {
    /// Its digests depend on the first key until a database binds them to its own lookup key, which survives the
    /// keyring's rotation: ask the opened storage for its vault wherever digests must last.
    pub fn new(keyring: Keyring) -> Self {
        let lookup = Key(Zeroizing::new(hmac(keyring.first().1, "lookup key", "")));
        Self(Arc::new(Inner { keyring, lookup }))
    }

    /// The same keyring, with the lookup key that a database keeps.
    pub(super) fn bound_to(&self, lookup: Key) -> Self {
        Self(Arc::new(Inner { keyring: self.0.keyring.clone(), lookup }))
    }

    pub(super) fn lookup_key(&self) -> &Key {
        &self.0.lookup
    }

    /// HMAC-SHA256 under the lookup key: the same text gives the same digest, and without the key nobody can test a
    /// guess. `purpose` keeps digests of different things apart.
    pub fn digest(&self, purpose: &str, text: &str) -> [u8; 32] {
        hmac(&self.0.lookup, purpose, text)
    }

    /// Whether `digest` is the one of `text`, in constant time.
    pub fn agrees(&self, purpose: &str, text: &str, digest: &[u8]) -> bool {
        keyed(&self.0.lookup, purpose, text).verify_slice(digest).is_ok()
    }

    /// The name of the key that seals from now on.
    pub(super) fn kid(&self) -> &str {
        self.0.keyring.first().0
    }

    /// Seals a key under the keyring's first.
    pub(super) fn wrap(&self, key: &Key, place: &str) -> Result<String, StorageError> {
        let (kid, first) = self.0.keyring.first();
        first.seal(kid, place, key.bytes())
    }

    /// Opens what any key of the keyring has wrapped.
    pub(super) fn unwrap(&self, wrapped: &str, place: &str) -> Result<Key, StorageError> {
        let unreadable = || StorageError::Corrupt(format!("the key {place:?} does not read back"));
        let (kid, _) = parse(wrapped).ok_or_else(unreadable)?;
        let key = self.0.keyring.find(kid).ok_or_else(|| StorageError::MissingKey(kid.to_owned()))?;
        Key::from_bytes(&key.open(wrapped, place)?).ok_or_else(unreadable)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault(..)")
    }
}

fn keyed(key: &Key, purpose: &str, text: &str) -> Hmac<Sha256> {
    // A key shorter than the block is padded with zeros by HMAC's own definition.
    let mut block = [0u8; 64];
    for (to, from) in block.iter_mut().zip(key.bytes()) {
        *to = *from;
    }
    let mut mac = Hmac::<Sha256>::new(&block.into());
    block.zeroize();
    mac.update(purpose.as_bytes());
    mac.update(&[0]);
    mac.update(text.as_bytes());
    mac
}

fn hmac(key: &Key, purpose: &str, text: &str) -> [u8; 32] {
    keyed(key, purpose, text).finalize().into_bytes().into()
}

#[cfg(test)]
mod tests;
