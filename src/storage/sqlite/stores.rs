//! Stores and their API keys, on SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::row::row;
use super::writer::Operation;
use super::{SqliteStorage, unsigned};
use crate::domain::clock::from_millis;
use crate::domain::id::{KeyId, StoreId, secret_token};
use crate::storage::StorageError;
use crate::storage::stores::{ApiKey, KeyKind, StoreRecord, Stores};

const DIGEST: &str = "api key";

fn kind_name(kind: KeyKind) -> &'static str {
    match kind {
        KeyKind::Secret => "sk",
        KeyKind::Approver => "ak",
        KeyKind::Public => "pk",
    }
}

row! {
    struct StoredKey {
        id: String,
        store: String,
        kind: String,
        created_at: i64,
        revoked_at: Option<i64>,
    }
}

impl StoredKey {
    fn read(self) -> Result<ApiKey, StorageError> {
        let kind = [KeyKind::Secret, KeyKind::Approver, KeyKind::Public]
            .into_iter()
            .find(|kind| kind_name(*kind) == self.kind)
            .ok_or_else(|| StorageError::Corrupt(format!("key {} is of the unknown kind {:?}", self.id, self.kind)))?;
        Ok(ApiKey {
            id: KeyId::new(self.id),
            store: StoreId::new(self.store),
            kind,
            created_at: from_millis(self.created_at),
            revoked_at: self.revoked_at.map(from_millis),
        })
    }
}

struct SetPaused {
    store: String,
    paused: bool,
    at: i64,
}

impl Operation for SetPaused {
    type Answer = ();
    const DURABLE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        sqlx::query(
            "INSERT INTO stores (store, paused, updated_at) VALUES ($1, $2, $3) \
             ON CONFLICT (store) DO UPDATE SET paused = excluded.paused, updated_at = excluded.updated_at",
        )
        .bind(&self.store)
        .bind(self.paused)
        .bind(self.at)
        .execute(connection)
        .await?;
        Ok(())
    }
}

/// Stores a key by its digest. One that is known keeps its name and whether it was revoked, and follows the
/// configuration to another store or kind.
struct PutKey {
    id: String,
    store: String,
    kind: KeyKind,
    digest: Vec<u8>,
    at: i64,
}

impl Operation for PutKey {
    type Answer = StoredKey;
    const DURABLE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        Ok(sqlx::query_as(
            "INSERT INTO api_keys (id, store, kind, digest, created_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (digest) DO UPDATE SET store = excluded.store, kind = excluded.kind \
             RETURNING id, store, kind, created_at, revoked_at",
        )
        .bind(&self.id)
        .bind(&self.store)
        .bind(kind_name(self.kind))
        .bind(&self.digest)
        .bind(self.at)
        .fetch_one(connection)
        .await?)
    }
}

struct RevokeKey {
    id: String,
    at: i64,
}

impl Operation for RevokeKey {
    type Answer = bool;
    const DURABLE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let done = sqlx::query("UPDATE api_keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL")
            .bind(&self.id)
            .bind(self.at)
            .execute(connection)
            .await?;
        Ok(done.rows_affected() > 0)
    }
}

#[async_trait]
impl Stores for SqliteStorage {
    async fn store(&self, store: &StoreId) -> Result<Option<StoreRecord>, StorageError> {
        if let Some(record) = self.0.store_records.get(store) {
            return Ok(record);
        }
        let row: Option<(bool, i64)> = sqlx::query_as("SELECT paused, updated_at FROM stores WHERE store = $1")
            .bind(store.as_str())
            .fetch_optional(self.readers())
            .await?;
        let record = row.map(|(paused, at)| StoreRecord { store: store.clone(), paused, updated_at: from_millis(at) });
        self.0.store_records.put(store.clone(), record.clone());
        Ok(record)
    }

    async fn set_paused(&self, store: &StoreId, paused: bool, at: Timestamp) -> Result<(), StorageError> {
        self.write(SetPaused { store: store.as_str().to_owned(), paused, at: at.as_millisecond() }).await?;
        self.0.store_records.clear();
        Ok(())
    }

    async fn create_key(
        &self,
        store: &StoreId,
        kind: KeyKind,
        at: Timestamp,
    ) -> Result<(ApiKey, String), StorageError> {
        let text = format!("{}_{}", kind_name(kind), secret_token());
        Ok((self.import_key(store, kind, &text, at).await?, text))
    }

    async fn key(&self, text: &str) -> Result<Option<ApiKey>, StorageError> {
        let digest = self.0.vault.digest(DIGEST, text).to_vec();
        if let Some(key) = self.0.known_keys.get(&digest) {
            return Ok(Some(key));
        }
        let row: Option<StoredKey> = sqlx::query_as(
            "SELECT id, store, kind, created_at, revoked_at FROM api_keys WHERE digest = $1 AND revoked_at IS NULL",
        )
        .bind(&digest)
        .fetch_optional(self.readers())
        .await?;
        let Some(row) = row else { return Ok(None) };
        let key = row.read()?;
        self.0.known_keys.put(digest, key.clone());
        Ok(Some(key))
    }

    async fn keys(&self, store: &StoreId) -> Result<Vec<ApiKey>, StorageError> {
        let rows: Vec<StoredKey> = sqlx::query_as(
            "SELECT id, store, kind, created_at, revoked_at FROM api_keys WHERE store = $1 ORDER BY created_at, id",
        )
        .bind(store.as_str())
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(StoredKey::read).collect()
    }

    async fn revoke_key(&self, id: &KeyId, at: Timestamp) -> Result<bool, StorageError> {
        let revoked = self.write(RevokeKey { id: id.as_str().to_owned(), at: at.as_millisecond() }).await?;
        self.0.known_keys.clear();
        Ok(revoked)
    }

    async fn import_key(
        &self,
        store: &StoreId,
        kind: KeyKind,
        text: &str,
        at: Timestamp,
    ) -> Result<ApiKey, StorageError> {
        let digest = self.0.vault.digest(DIGEST, text).to_vec();
        let id = KeyId::generate().as_str().to_owned();
        let key = PutKey { id, store: store.as_str().to_owned(), kind, digest, at: at.as_millisecond() };
        let key = self.write(key).await?.read()?;
        self.0.known_keys.clear();
        Ok(key)
    }

    async fn count_turns(&self, store: &StoreId, since: Timestamp) -> Result<u64, StorageError> {
        let (turns,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM turns WHERE store = $1 AND at >= $2")
            .bind(store.as_str())
            .bind(since.as_millisecond())
            .fetch_one(self.readers())
            .await?;
        Ok(unsigned(turns))
    }
}
