//! What no turn depends on.

use async_trait::async_trait;
use deskhand::domain::id::{ArticleId, KeyId, StoreId};
use deskhand::storage::StorageError;
use deskhand::storage::articles::{ArticleDecision, ArticleState, Articles, NewArticle, StoredArticle};
use deskhand::storage::stores::{ApiKey, KeyKind, StoreRecord, Stores};
use jiff::Timestamp;

use super::Watched;

#[async_trait]
impl Articles for Watched {
    async fn propose_article(&self, article: NewArticle) -> Result<(), StorageError> {
        self.before("propose article").await;
        let proposed = self.storage.propose_article(article).await;
        self.after("propose article").await;
        proposed
    }

    async fn article(&self, id: &ArticleId) -> Result<Option<StoredArticle>, StorageError> {
        self.storage.article(id).await
    }

    async fn articles(
        &self,
        store: Option<&StoreId>,
        state: Option<ArticleState>,
    ) -> Result<Vec<StoredArticle>, StorageError> {
        self.storage.articles(store, state).await
    }

    async fn decide_article(
        &self,
        id: &ArticleId,
        decision: ArticleDecision,
    ) -> Result<Option<StoredArticle>, StorageError> {
        self.storage.decide_article(id, decision).await
    }
}

#[async_trait]
impl Stores for Watched {
    async fn store(&self, store: &StoreId) -> Result<Option<StoreRecord>, StorageError> {
        self.storage.store(store).await
    }

    async fn set_paused(&self, store: &StoreId, paused: bool, at: Timestamp) -> Result<(), StorageError> {
        self.storage.set_paused(store, paused, at).await
    }

    async fn create_key(
        &self,
        store: &StoreId,
        kind: KeyKind,
        at: Timestamp,
    ) -> Result<(ApiKey, String), StorageError> {
        self.storage.create_key(store, kind, at).await
    }

    async fn key(&self, text: &str) -> Result<Option<ApiKey>, StorageError> {
        self.storage.key(text).await
    }

    async fn keys(&self, store: &StoreId) -> Result<Vec<ApiKey>, StorageError> {
        self.storage.keys(store).await
    }

    async fn revoke_key(&self, id: &KeyId, at: Timestamp) -> Result<bool, StorageError> {
        self.storage.revoke_key(id, at).await
    }

    async fn import_key(
        &self,
        store: &StoreId,
        kind: KeyKind,
        text: &str,
        at: Timestamp,
    ) -> Result<ApiKey, StorageError> {
        self.storage.import_key(store, kind, text, at).await
    }

    async fn count_turns(&self, store: &StoreId, since: Timestamp) -> Result<u64, StorageError> {
        self.storage.count_turns(store, since).await
    }
}
