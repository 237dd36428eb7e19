//! Answers of colleagues that become articles of the help center: proposed by a mark of theirs, accepted by a person.

use serde_json::json;
use thiserror::Error;

use super::{Inner, Stop};
use crate::agents::conversation::Conversation;
use crate::domain::clock::Clock;
use crate::domain::event::{Event, EventBody};
use crate::domain::id::{ArticleId, ConversationId, StoreId};
use crate::storage::articles::{ArticleDecision, ArticleState, ArticleWords, NewArticle, StoredArticle};
use crate::storage::log::AppendError;
use crate::storage::outbox::{Job, NewJob};
use crate::storage::{Storage, StorageError};

/// The outbox's name for proposing an article.
pub(super) const ARTICLE: &str = "article";
/// Of an article's title, in characters.
pub const LONGEST_TITLE: usize = 200;
/// Of its text.
pub const LONGEST_TEXT: usize = 8_000;

/// The proposals that follow from events which are added to a conversation.
pub(super) fn proposed(conversation: &Conversation, events: &[EventBody]) -> Vec<NewJob> {
    let numbered = events.iter().zip(conversation.len + 1..);
    let meant = numbered.filter(|(event, _)| matches!(event, EventBody::ColleagueAnswered { article: true, .. }));
    meant.map(|(_, seq)| job(&conversation.id, seq)).collect()
}

fn job(conversation: &ConversationId, seq: u64) -> NewJob {
    NewJob { lane: conversation.to_string(), kind: ARTICLE.to_owned(), payload: json!({ "seq": seq }) }
}

impl Inner {
    pub(super) async fn work_on_article(&self, job: &Job) -> Result<(), Stop> {
        let id = ConversationId::new(job.lane.clone());
        let seq = job.payload.get("seq").and_then(serde_json::Value::as_u64).unwrap_or(0);
        match self.load(&id).await {
            Ok(conversation) => {
                let article = NewArticle { store: conversation.store, conversation: id, seq, at: Clock::machine() };
                self.storage.propose_article(article).await?;
                Ok(self.storage.done(job.id).await?)
            }
            Err(error) => Ok(self.storage.bury(job.id, &error.to_string()).await?),
        }
    }
}

/// An article with its words. None: they were erased with the conversation.
#[derive(Clone, Debug)]
pub struct Shown {
    pub article: StoredArticle,
    pub words: Option<ArticleWords>,
}

/// What the person who accepts an article says otherwise than it was proposed.
#[derive(Clone, Debug, Default)]
pub struct Edited {
    pub title: Option<String>,
    pub text: Option<String>,
}

/// Why nothing was decided.
#[derive(Debug, Error)]
pub enum ArticleError {
    #[error("there is no article {0}")]
    Unknown(ArticleId),
    #[error("{0} must not be empty")]
    Empty(&'static str),
    #[error("{0} may have {1} characters at most")]
    TooLong(&'static str, usize),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// A store's articles, or all; oldest first.
///
/// # Errors
/// The database cannot be read.
pub async fn list(
    storage: &dyn Storage,
    store: Option<&StoreId>,
    state: Option<ArticleState>,
) -> Result<Vec<Shown>, StorageError> {
    let mut shown = Vec::new();
    for article in storage.articles(store, state).await? {
        let words = words(storage, &article).await?;
        shown.push(Shown { article, words });
    }
    Ok(shown)
}

/// A person's yes: agents find it from now on, with these words.
///
/// # Errors
/// There is no such article, or it would say nothing.
pub async fn accept(
    storage: &dyn Storage,
    article: StoredArticle,
    edited: Edited,
    by: &str,
) -> Result<Shown, ArticleError> {
    let proposed = words(storage, &article).await?;
    let (title, text) = proposed.map(|words| (words.title, words.text)).unzip();
    let title = bounded("title", edited.title.or(title), LONGEST_TITLE)?;
    let text = bounded("text", edited.text.or(text), LONGEST_TEXT)?;
    decide(storage, &article.id, Some(ArticleWords { title, text }), by).await
}

/// A person's no, also to what was accepted before: agents find it no more.
///
/// # Errors
/// There is no such article.
pub async fn decline(storage: &dyn Storage, id: &ArticleId, by: &str) -> Result<Shown, ArticleError> {
    decide(storage, id, None, by).await
}

async fn decide(
    storage: &dyn Storage,
    id: &ArticleId,
    words: Option<ArticleWords>,
    by: &str,
) -> Result<Shown, ArticleError> {
    let decision = ArticleDecision { words, by: by.to_owned(), at: Clock::machine() };
    let article = storage.decide_article(id, decision).await?.ok_or_else(|| ArticleError::Unknown(id.clone()))?;
    let words = self::words(storage, &article).await?;
    Ok(Shown { article, words })
}

fn bounded(name: &'static str, text: Option<String>, longest: usize) -> Result<String, ArticleError> {
    let text = text.unwrap_or_default().trim().to_owned();
    match text.chars().count() {
        0 => Err(ArticleError::Empty(name)),
        length if length > longest => Err(ArticleError::TooLong(name, longest)),
        _ => Ok(text),
    }
}

/// Those that a person has accepted, or what was asked and answered in the log.
async fn words(storage: &dyn Storage, article: &StoredArticle) -> Result<Option<ArticleWords>, StorageError> {
    if let Some(words) = &article.words {
        return Ok(Some(words.clone()));
    }
    match storage.read(&article.conversation, 0).await {
        Ok(events) => Ok(words_in(&events, article.seq)),
        Err(AppendError::Storage(error)) => Err(error),
        Err(error) => Err(StorageError::Corrupt(error.to_string())),
    }
}

fn words_in(events: &[Event], seq: u64) -> Option<ArticleWords> {
    let place = events.iter().position(|event| event.seq == seq)?;
    let EventBody::ColleagueAnswered { text, .. } = &events.get(place)?.body else { return None };
    let asked = events.get(..place)?.iter().rev().find_map(|event| match &event.body {
        EventBody::ColleagueAsked { text, .. } => Some(text.clone()),
        _ => None,
    });
    let title = asked.unwrap_or_default();
    (!text.is_empty()).then(|| ArticleWords { title, text: text.clone() })
}
