//! What a colleague answered and meant for everyone: proposed as an article of the help center, until a person has decided.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StorageError;
use crate::domain::id::{ArticleId, ConversationId, StoreId};

/// Where a proposed article stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArticleState {
    Proposed,
    /// Agents find it.
    Accepted,
    Declined,
}

impl ArticleState {
    pub const ALL: [Self; 3] = [Self::Proposed, Self::Accepted, Self::Declined];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Accepted => "accepted",
            Self::Declined => "declined",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// The answer in the log that is proposed.
#[derive(Clone, Debug)]
pub struct NewArticle {
    pub store: StoreId,
    pub conversation: ConversationId,
    /// The number of its event. An answer is proposed once.
    pub seq: u64,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredArticle {
    pub id: ArticleId,
    pub store: StoreId,
    pub conversation: ConversationId,
    pub seq: u64,
    pub state: ArticleState,
    /// Once it was accepted: the words of the person who did. Before, its words stand in the log alone, where they go with the
    /// shopper's data.
    pub words: Option<ArticleWords>,
    pub proposed_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    pub decided_by: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArticleWords {
    pub title: String,
    pub text: String,
}

/// A person's word about it. The last one counts: what was accepted can be taken back.
#[derive(Clone, Debug)]
pub struct ArticleDecision {
    /// None: it is declined.
    pub words: Option<ArticleWords>,
    pub by: String,
    pub at: Timestamp,
}

#[async_trait]
pub trait Articles: Send + Sync {
    async fn propose_article(&self, article: NewArticle) -> Result<(), StorageError>;

    async fn article(&self, id: &ArticleId) -> Result<Option<StoredArticle>, StorageError>;

    /// A store's, or all, oldest first; `None`: in any state.
    async fn articles(
        &self,
        store: Option<&StoreId>,
        state: Option<ArticleState>,
    ) -> Result<Vec<StoredArticle>, StorageError>;

    /// `None`: there is none of this id.
    async fn decide_article(
        &self,
        id: &ArticleId,
        decision: ArticleDecision,
    ) -> Result<Option<StoredArticle>, StorageError>;
}
