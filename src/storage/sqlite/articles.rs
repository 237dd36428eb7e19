//! Proposed articles on SQLite.

use async_trait::async_trait;
use jiff::Timestamp;
use sqlx::SqliteConnection;

use super::row::row;
use super::writer::Operation;
use super::{SqliteStorage, signed, unsigned};
use crate::domain::clock::from_millis;
use crate::domain::id::{ArticleId, ConversationId, StoreId};
use crate::storage::StorageError;
use crate::storage::articles::{ArticleDecision, ArticleState, ArticleWords, Articles, NewArticle, StoredArticle};

row! {
    struct Stored {
        id: String,
        store: String,
        conversation: String,
        seq: i64,
        state: String,
        title: Option<String>,
        text: Option<String>,
        proposed_at: i64,
        decided_at: Option<i64>,
        decided_by: Option<String>,
    }
}

impl Stored {
    fn read(self) -> Result<StoredArticle, StorageError> {
        let moment: fn(i64) -> Timestamp = from_millis;
        Ok(StoredArticle {
            state: ArticleState::parse(&self.state)
                .ok_or_else(|| StorageError::Corrupt(format!("article {} is {:?}", self.id, self.state)))?,
            id: ArticleId::new(self.id),
            store: StoreId::new(self.store),
            conversation: ConversationId::new(self.conversation),
            seq: unsigned(self.seq),
            words: self.title.zip(self.text).map(|(title, text)| ArticleWords { title, text }),
            proposed_at: moment(self.proposed_at),
            decided_at: self.decided_at.map(moment),
            decided_by: self.decided_by,
        })
    }
}

struct Propose {
    id: ArticleId,
    article: NewArticle,
}

impl Operation for Propose {
    type Answer = ();

    async fn run(&self, connection: &mut SqliteConnection) -> Result<(), StorageError> {
        sqlx::query(
            "INSERT INTO articles (id, store, conversation, seq, proposed_at) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (conversation, seq) DO NOTHING",
        )
        .bind(self.id.as_str())
        .bind(self.article.store.as_str())
        .bind(self.article.conversation.as_str())
        .bind(signed(self.article.seq))
        .bind(self.article.at.as_millisecond())
        .execute(connection)
        .await?;
        Ok(())
    }
}

struct Decide {
    id: ArticleId,
    decision: ArticleDecision,
}

impl Operation for Decide {
    type Answer = Option<Stored>;
    const DURABLE: bool = true;

    async fn run(&self, connection: &mut SqliteConnection) -> Result<Self::Answer, StorageError> {
        let ArticleDecision { words, by, at } = &self.decision;
        let state = if words.is_some() { ArticleState::Accepted } else { ArticleState::Declined };
        let row = sqlx::query_as(
            "UPDATE articles SET state = $2, title = $3, text = $4, decided_by = $5, decided_at = $6 WHERE id = $1 \
             RETURNING *",
        )
        .bind(self.id.as_str())
        .bind(state.as_str())
        .bind(words.as_ref().map(|words| words.title.as_str()))
        .bind(words.as_ref().map(|words| words.text.as_str()))
        .bind(by)
        .bind(at.as_millisecond())
        .fetch_optional(connection)
        .await?;
        Ok(row)
    }
}

#[async_trait]
impl Articles for SqliteStorage {
    async fn propose_article(&self, article: NewArticle) -> Result<(), StorageError> {
        self.write(Propose { id: ArticleId::generate(), article }).await
    }

    async fn article(&self, id: &ArticleId) -> Result<Option<StoredArticle>, StorageError> {
        let row: Option<Stored> = sqlx::query_as("SELECT * FROM articles WHERE id = $1")
            .bind(id.as_str())
            .fetch_optional(self.readers())
            .await?;
        row.map(Stored::read).transpose()
    }

    async fn articles(
        &self,
        store: Option<&StoreId>,
        state: Option<ArticleState>,
    ) -> Result<Vec<StoredArticle>, StorageError> {
        let rows: Vec<Stored> = sqlx::query_as(
            "SELECT * FROM articles WHERE ($1 IS NULL OR store = $1) AND ($2 IS NULL OR state = $2) ORDER BY id",
        )
        .bind(store.map(StoreId::as_str))
        .bind(state.map(ArticleState::as_str))
        .fetch_all(self.readers())
        .await?;
        rows.into_iter().map(Stored::read).collect()
    }

    async fn decide_article(
        &self,
        id: &ArticleId,
        decision: ArticleDecision,
    ) -> Result<Option<StoredArticle>, StorageError> {
        self.write(Decide { id: id.clone(), decision }).await?.map(Stored::read).transpose()
    }
}
