//! Erasing a person: the keys of their conversations are destroyed, and with them all that the keys sealed.

use sqlx::SqliteConnection;

use super::append::EMAIL_DIGEST;
use super::orders::let_go;
use super::writer::Operation;
use super::{SqliteStorage, machine_now};
use crate::domain::customer::Email;
use crate::domain::id::StoreId;
use crate::storage::StorageError;

struct Erase {
    store: String,
    digest: Vec<u8>,
    /// Milliseconds.
    at: i64,
}

impl Operation for Erase {
    type Answer = Vec<String>;
    const DURABLE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let linked: Vec<(i64, String)> = sqlx::query_as(
            "SELECT c.id, c.conversation FROM conversation_emails m JOIN conversations c ON c.id = m.conversation \
             WHERE m.digest = $2 AND c.store = $1",
        )
        .bind(&self.store)
        .bind(&self.digest)
        .fetch_all(&mut *connection)
        .await?;
        for (id, conversation) in &linked {
            self.destroy(connection, *id).await?;
            self.drop_sealed(connection, conversation).await?;
        }
        Ok(linked.into_iter().map(|(_, conversation)| conversation).collect())
    }
}

impl Erase {
    async fn destroy(&self, connection: &mut SqliteConnection, id: i64) -> Result<(), StorageError> {
        for statement in [
            "DELETE FROM data_keys WHERE conversation = $1",
            "DELETE FROM checkpoints WHERE conversation = $1",
            "DELETE FROM conversation_emails WHERE conversation = $1",
            // The ciphertexts go too: then not even a copied key opens anything in this file.
            "UPDATE events SET sealed = '' WHERE conversation = $1 AND sealed IS NOT NULL",
        ] {
            sqlx::query(statement).bind(id).execute(&mut *connection).await?;
        }
        sqlx::query("UPDATE conversations SET erased_at = $2 WHERE id = $1")
            .bind(id)
            .bind(self.at)
            .execute(connection)
            .await?;
        Ok(())
    }

    /// What else was sealed, by the conversation's name. What was proposed can never be sent now; what may have been
    /// sent is still settled by asking the vendor.
    async fn drop_sealed(&self, connection: &mut SqliteConnection, conversation: &str) -> Result<(), StorageError> {
        for statement in [
            "DELETE FROM outbox WHERE conversation = $1",
            "DELETE FROM codes WHERE conversation = $1",
            "UPDATE effects SET request = NULL, wish = NULL WHERE conversation = $1",
        ] {
            sqlx::query(statement).bind(conversation).execute(&mut *connection).await?;
        }
        let never: Vec<(String,)> = sqlx::query_as(
            "UPDATE effects SET state = 'failed', problem = 'the person was erased before it was sent', settled_at = $2 \
             WHERE conversation = $1 AND state = 'proposed' RETURNING id",
        )
        .bind(conversation)
        .bind(self.at)
        .fetch_all(&mut *connection)
        .await?;
        for (effect,) in &never {
            let_go(connection, effect).await?;
        }
        sqlx::query(
            "UPDATE approvals SET proposal = '', note = NULL, \
             state = CASE state WHEN 'pending' THEN 'expired' ELSE state END WHERE conversation = $1",
        )
        .bind(conversation)
        .execute(connection)
        .await?;
        Ok(())
    }
}

impl SqliteStorage {
    pub(super) async fn erase_person(&self, store: &StoreId, email: &str) -> Result<u64, StorageError> {
        // What is no address was never linked to anything.
        let Some(email) = Email::parse(email) else { return Ok(0) };
        let digest = self.0.vault.digest(EMAIL_DIGEST, email.as_str()).to_vec();
        let erased = self.write(Erase { store: store.as_str().to_owned(), digest, at: machine_now() }).await?;
        for conversation in &erased {
            self.0.keys.forget(conversation);
        }
        if !erased.is_empty() {
            // Until the write-ahead log is emptied, the destroyed keys can still be found in it.
            self.0.writer.checkpoint().await?;
        }
        Ok(u64::try_from(erased.len()).unwrap_or(u64::MAX))
    }
}
