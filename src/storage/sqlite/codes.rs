//! One-time codes on SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::ledger::refuse_erased;
use super::row::row;
use super::writer::Operation;
use super::{SqliteStorage, unseal_with};
use crate::domain::customer::Email;
use crate::domain::id::ConversationId;
use crate::storage::StorageError;
use crate::storage::codes::{CodeVerdict, Codes};
use crate::storage::vault::{Key, Vault};

/// Six digits withstand this many guesses, and no more.
const TRIES: i64 = 3;

const DIGEST: &str = "code";

/// What is hashed: a code is good for its own send alone.
fn bound(conversation: &ConversationId, number: i64, code: &str) -> String {
    format!("{conversation}\0{number}\0{code}")
}

fn place(number: i64) -> String {
    format!("code/{number}")
}

struct PutCode {
    conversation: ConversationId,
    number: i64,
    hash: Vec<u8>,
    sealed_email: String,
    /// Milliseconds.
    expires_at: i64,
}

impl Operation for PutCode {
    type Answer = ();
    const DURABLE: bool = true;

    /// One row a conversation: a newer send voids the older by taking its place, an older one never comes back. The same
    /// send stored again keeps the tries that were made on it.
    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        refuse_erased(connection, &self.conversation).await?;
        sqlx::query(
            "INSERT INTO codes (conversation, number, hash, email, expires_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (conversation) DO UPDATE SET \
             tries = CASE WHEN codes.number = excluded.number THEN codes.tries ELSE 0 END, \
             number = excluded.number, hash = excluded.hash, email = excluded.email, expires_at = excluded.expires_at \
             WHERE excluded.number >= codes.number",
        )
        .bind(self.conversation.as_str())
        .bind(self.number)
        .bind(&self.hash)
        .bind(&self.sealed_email)
        .bind(self.expires_at)
        .execute(connection)
        .await?;
        Ok(())
    }
}

struct CheckCode {
    conversation: ConversationId,
    code: String,
    /// Milliseconds.
    at: i64,
    key: Key,
    vault: Vault,
}

row! {
    struct Stored {
        number: i64,
        hash: Vec<u8>,
        email: String,
        expires_at: i64,
        tries: i64,
    }
}

impl Operation for CheckCode {
    type Answer = CodeVerdict;
    const DURABLE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let row: Option<Stored> =
            sqlx::query_as("SELECT number, hash, email, expires_at, tries FROM codes WHERE conversation = $1")
                .bind(self.conversation.as_str())
                .fetch_optional(&mut *connection)
                .await?;
        let Some(row) = row else { return Ok(CodeVerdict::NoneOpen) };
        let given = bound(&self.conversation, row.number, &self.code);
        let agrees = self.vault.agrees(DIGEST, &given, &row.hash);
        if self.at >= row.expires_at || row.tries >= TRIES {
            return Ok(if agrees { CodeVerdict::TooLate } else { CodeVerdict::NoneOpen });
        }
        if agrees {
            let email = unseal_with(&self.key, &self.conversation, &place(row.number), &row.email)?;
            let email = Email::parse(&email).ok_or_else(|| StorageError::Corrupt("a code's address".to_owned()))?;
            return Ok(CodeVerdict::Proved(email));
        }
        sqlx::query("UPDATE codes SET tries = tries + 1 WHERE conversation = $1")
            .bind(self.conversation.as_str())
            .execute(connection)
            .await?;
        Ok(CodeVerdict::Wrong { left: u32::try_from(TRIES - row.tries - 1).unwrap_or(0) })
    }
}

/// The log says that the code was right: it never proves anything again.
pub(super) async fn use_up(
    connection: &mut SqliteConnection,
    conversation: &ConversationId,
) -> Result<(), StorageError> {
    sqlx::query("UPDATE codes SET tries = $2, expires_at = 0 WHERE conversation = $1")
        .bind(conversation.as_str())
        .bind(TRIES)
        .execute(connection)
        .await?;
    Ok(())
}

#[async_trait]
impl Codes for SqliteStorage {
    async fn put_code(
        &self,
        conversation: &ConversationId,
        number: u32,
        email: &Email,
        code: &str,
        expires_at: Timestamp,
    ) -> Result<(), StorageError> {
        let number = i64::from(number);
        let hash = self.0.vault.digest(DIGEST, &bound(conversation, number, code)).to_vec();
        let sealed_email = self.seal(conversation, &place(number), email.as_str()).await?;
        let expires_at = expires_at.as_millisecond();
        self.write(PutCode { conversation: conversation.clone(), number, hash, sealed_email, expires_at }).await
    }

    async fn check_code(
        &self,
        conversation: &ConversationId,
        code: &str,
        at: Timestamp,
    ) -> Result<CodeVerdict, StorageError> {
        let key = match self.data_key(conversation).await {
            Err(StorageError::UnknownConversation) => return Ok(CodeVerdict::NoneOpen),
            key => key?,
        };
        let Some(key) = key else { return Ok(CodeVerdict::NoneOpen) };
        let (code, vault) = (code.to_owned(), self.0.vault.clone());
        self.write(CheckCode { conversation: conversation.clone(), code, at: at.as_millisecond(), key, vault }).await
    }
}
