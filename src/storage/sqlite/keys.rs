//! Data keys: one a conversation, wrapped by the keyring in the database, unwrapped in memory while in use.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use sqlx::SqliteConnection;

use super::SqliteStorage;
use crate::domain::id::ConversationId;
use crate::storage::StorageError;
use crate::storage::vault::{Key, Vault};

/// Two generations of this many keys each are held.
const GENERATION: usize = 2048;

const LOOKUP: &str = "lookup";

/// Unwrapped keys. When the young generation is full it becomes the old one, and the old one is forgotten, so that
/// what is in use stays and the rest goes without any book-keeping.
#[derive(Default)]
pub(super) struct Cache(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<String, Key>,
    old: HashMap<String, Key>,
}

impl Cache {
    fn get(&self, conversation: &str) -> Option<Key> {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = generations.young.get(conversation) {
            return Some(key.clone());
        }
        let (conversation, key) = generations.old.remove_entry(conversation)?;
        generations.insert(conversation, key.clone());
        Some(key)
    }

    pub(super) fn put(&self, conversation: &str, key: Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(conversation.to_owned(), key);
    }

    pub(super) fn forget(&self, conversation: &str) {
        let mut generations = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        generations.young.remove(conversation);
        generations.old.remove(conversation);
    }
}

impl Generations {
    fn insert(&mut self, conversation: String, key: Key) {
        if self.young.len() >= GENERATION {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(conversation, key);
    }
}

/// What a wrapped data key is bound to.
fn place(conversation: &str) -> String {
    format!("{conversation}/key")
}

pub(super) fn wrap(vault: &Vault, conversation: &ConversationId, key: &Key) -> Result<String, StorageError> {
    vault.wrap(key, &place(conversation.as_str()))
}

impl SqliteStorage {
    /// The conversation's key, `None` once it is destroyed.
    pub(super) async fn data_key(&self, conversation: &ConversationId) -> Result<Option<Key>, StorageError> {
        if let Some(key) = self.0.keys.get(conversation.as_str()) {
            return Ok(Some(key));
        }
        let row: Option<(Option<i64>, Option<String>)> = sqlx::query_as(
            "SELECT c.erased_at, k.wrapped FROM conversations c LEFT JOIN data_keys k ON k.conversation = c.id \
             WHERE c.conversation = $1",
        )
        .bind(conversation.as_str())
        .fetch_optional(self.readers())
        .await?;
        match row {
            None => Err(StorageError::UnknownConversation),
            Some((Some(_), _)) => Ok(None),
            Some((None, None)) => Err(StorageError::Corrupt(format!("{conversation} has no key"))),
            Some((None, Some(wrapped))) => {
                let key = self.0.vault.unwrap(&wrapped, &place(conversation.as_str()))?;
                self.0.keys.put(conversation.as_str(), key.clone());
                Ok(Some(key))
            }
        }
    }
}

/// Finds or makes the database's lookup key, and wraps every key anew that is not under the keyring's first: after one
/// start with a rotated keyring, the older keys can be taken out of it.
pub(super) async fn bind(vault: &Vault, connection: &mut SqliteConnection) -> Result<Vault, StorageError> {
    let stored: Option<(String,)> = sqlx::query_as("SELECT wrapped FROM vault WHERE name = $1")
        .bind(LOOKUP)
        .fetch_optional(&mut *connection)
        .await?;
    let bound = match stored {
        Some((wrapped,)) => vault.bound_to(vault.unwrap(&wrapped, LOOKUP)?),
        None => vault.clone(),
    };
    // Written at every start, changed or not: a database that cannot be written is found out now, not by a shopper.
    sqlx::query("INSERT INTO vault (name, wrapped) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET wrapped = $2")
        .bind(LOOKUP)
        .bind(bound.wrap(bound.lookup_key(), LOOKUP)?)
        .execute(&mut *connection)
        .await?;
    while rewrap_some(&bound, connection).await? > 0 {}
    Ok(bound)
}

async fn rewrap_some(vault: &Vault, connection: &mut SqliteConnection) -> Result<usize, StorageError> {
    let rows: Vec<(i64, String, String)> = sqlx::query_as(
        "SELECT k.conversation, c.conversation, k.wrapped FROM data_keys k JOIN conversations c ON c.id = k.conversation \
         WHERE k.kid < $1 OR k.kid > $1 LIMIT 1000",
    )
    .bind(vault.kid())
    .fetch_all(&mut *connection)
    .await?;
    for (id, conversation, wrapped) in &rows {
        let place = place(conversation);
        sqlx::query("UPDATE data_keys SET kid = $2, wrapped = $3 WHERE conversation = $1")
            .bind(id)
            .bind(vault.kid())
            .bind(vault.wrap(&vault.unwrap(wrapped, &place)?, &place)?)
            .execute(&mut *connection)
            .await?;
    }
    Ok(rows.len())
}
