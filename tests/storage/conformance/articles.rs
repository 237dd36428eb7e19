//! Answers that may become articles: proposed once, decided by people, and the last word counts.

use deskhand::domain::id::ArticleId;
use deskhand::storage::articles::{ArticleDecision, ArticleState, ArticleWords, NewArticle};

use super::*;

async fn propose(storage: &dyn Storage, conversation: &ConversationId, seq: u64) {
    let article = NewArticle { store: store(), conversation: conversation.clone(), seq, at: at(1) };
    storage.propose_article(article).await.unwrap();
}

fn words(text: &str) -> ArticleWords {
    ArticleWords { title: "Zips".to_owned(), text: text.to_owned() }
}

pub async fn an_answer_is_proposed_once(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    for seq in [4, 4, 9] {
        propose(&*storage, &id, seq).await;
    }
    let storage = backend.open().await;
    let all = storage.articles(Some(&store()), None).await.unwrap();
    assert_eq!(all.iter().map(|article| article.seq).collect::<Vec<_>>(), [4, 9]);
    assert!(all.iter().all(|article| article.state == ArticleState::Proposed && article.words.is_none()));
    assert!(storage.articles(Some(&StoreId::new("other")), None).await.unwrap().is_empty());
    assert_eq!(storage.articles(None, Some(ArticleState::Proposed)).await.unwrap(), all);
}

pub async fn the_last_word_about_an_article_counts(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    propose(&*storage, &id, 4).await;
    let article = storage.articles(None, None).await.unwrap().remove(0);
    for (accepted, by) in
        [(Some(words("It has one.")), "key_1"), (Some(words("It has two.")), "key_2"), (None, "key_3")]
    {
        let decision = ArticleDecision { words: accepted.clone(), by: by.to_owned(), at: at(2) };
        let decided = storage.decide_article(&article.id, decision).await.unwrap().expect("there is one");
        let state = if accepted.is_some() { ArticleState::Accepted } else { ArticleState::Declined };
        let found = backend.open().await.article(&article.id).await.unwrap().expect("it is kept");
        assert_eq!((&found.words, found.state, found.decided_by.as_deref()), (&accepted, state, Some(by)));
        assert_eq!(found, decided);
    }
    // Proposed again by a repeated job, it stays as it was decided.
    propose(&*storage, &id, 4).await;
    assert_eq!(storage.article(&article.id).await.unwrap().unwrap().state, ArticleState::Declined);
    let decision = ArticleDecision { words: None, by: "key_1".to_owned(), at: at(3) };
    assert!(storage.decide_article(&ArticleId::new("art_none"), decision).await.unwrap().is_none());
}
