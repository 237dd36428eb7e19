//! Stores and their API keys.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StorageError;
use crate::domain::id::{KeyId, StoreId};

/// A store's state that outlives the configuration file.
#[derive(Clone, Debug)]
pub struct StoreRecord {
    pub store: StoreId,
    /// `deskhand pause`: everything goes to people.
    pub paused: bool,
    pub updated_at: Timestamp,
}

/// What a key may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// `sk_…`, server side.
    Secret,
    /// `ak_…`, in the hands of people: a secret one that may also decide about effects which wait for a yes.
    Approver,
    /// `pk_…`, in a widget.
    Public,
}

#[derive(Clone, Debug)]
pub struct ApiKey {
    pub id: KeyId,
    pub store: StoreId,
    pub kind: KeyKind,
    pub created_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

#[async_trait]
pub trait Stores: Send + Sync {
    /// `None` where nothing was ever recorded for it: then it is not paused.
    async fn store(&self, store: &StoreId) -> Result<Option<StoreRecord>, StorageError>;

    async fn set_paused(&self, store: &StoreId, paused: bool, at: Timestamp) -> Result<(), StorageError>;

    /// Makes a key and returns its text, which is never shown again: only its hash is stored.
    async fn create_key(&self, store: &StoreId, kind: KeyKind, at: Timestamp)
    -> Result<(ApiKey, String), StorageError>;

    /// The key with this text, unless it was revoked.
    async fn key(&self, text: &str) -> Result<Option<ApiKey>, StorageError>;

    async fn keys(&self, store: &StoreId) -> Result<Vec<ApiKey>, StorageError>;

    async fn revoke_key(&self, id: &KeyId, at: Timestamp) -> Result<bool, StorageError>;

    /// A key of this kind whose text the caller chose (configuration, demo): stored if absent, so that it survives `--fresh`.
    /// One that is known moves to this store and kind, and stays revoked if it was.
    async fn import_key(
        &self,
        store: &StoreId,
        kind: KeyKind,
        text: &str,
        at: Timestamp,
    ) -> Result<ApiKey, StorageError>;

    /// Turns that a store has completed since `since`: what caps are held against (law 13).
    async fn count_turns(&self, store: &StoreId, since: Timestamp) -> Result<u64, StorageError>;
}
