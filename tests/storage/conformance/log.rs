//! Expected lengths, all or nothing, what is read back, lists.

use std::sync::Arc;

use deskhand::domain::event::{Analysis, Entities, EventBody, Intent, Sentiment, Status};
use deskhand::domain::id::{ConversationId, StoreId, TurnId};
use deskhand::domain::identity::Proof;
use deskhand::storage::Storage;
use deskhand::storage::log::{AppendError, Filter, Writer};
use deskhand::storage::outbox::NewJob;
use serde_json::json;

use super::*;

pub async fn what_was_appended_is_read_back(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = ConversationId::generate();
    let written =
        storage.open(&id, at(0), vec![opened(Some("ana@example.com")), said("Where is #1001?")]).await.unwrap();
    let turn = TurnId::generate();
    let more = storage.append(append(&id, 2, vec![turn_started(&turn, 2)])).await.unwrap();
    assert_eq!(numbers(&more), [3]);
    let read = storage.read(&id, 0).await.unwrap();
    assert_eq!(read, [written, more].concat());
    assert_eq!(numbers(&storage.read(&id, 2).await.unwrap()), [3]);
    assert!(storage.read(&id, 3).await.unwrap().is_empty());
    assert_eq!(backend.open().await.read(&id, 0).await.unwrap(), read, "another process reads the same");
}

pub async fn a_log_that_was_never_opened_is_unknown(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = ConversationId::generate();
    assert!(matches!(storage.read(&id, 0).await, Err(AppendError::Unknown)));
    assert!(matches!(storage.append(append(&id, 0, vec![said("hello")])).await, Err(AppendError::Unknown)));
}

pub async fn a_log_is_opened_once(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    storage.append(append(&id, 1, vec![said("hello")])).await.unwrap();
    let again = storage.open(&id, at(2), vec![opened(None)]).await;
    assert!(matches!(again, Err(AppendError::Changed { len: 2 })), "{again:?}");
    assert_eq!(storage.read(&id, 0).await.unwrap().len(), 2);
    let without = storage.open(&ConversationId::generate(), at(0), vec![said("hello")]).await;
    assert!(matches!(without, Err(AppendError::Storage(_))), "{without:?}");
}

/// Sixteen tasks add fifteen messages each, and whoever is late reads the new length and tries again.
pub async fn races_leave_no_gap_and_no_double(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let tasks: Vec<_> = (0..16).map(|task| tokio::spawn(add_fifteen(Arc::clone(&storage), id.clone(), task))).collect();
    let mut lost = 0;
    for task in tasks {
        lost += task.await.unwrap();
    }
    assert!(lost > 0, "nobody ever raced");
    let events = storage.read(&id, 0).await.unwrap();
    assert_eq!(numbers(&events), (1..=241).collect::<Vec<_>>());
    let mut texts: Vec<_> = events.iter().filter_map(content).collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), 240);
}

async fn add_fifteen(storage: Arc<dyn Storage>, id: ConversationId, task: usize) -> usize {
    let (mut len, mut lost) = (1, 0);
    for number in 0..15 {
        loop {
            match storage.append(append(&id, len, vec![said(&format!("{task}/{number}"))])).await {
                Ok(events) => break len = events[0].seq,
                Err(AppendError::Changed { len: now }) => (len, lost) = (now, lost + 1),
                Err(error) => panic!("{error}"),
            }
        }
    }
    lost
}

pub fn content(event: &deskhand::domain::event::Event) -> Option<String> {
    match &event.body {
        EventBody::MessageReceived { content, .. } => Some(content.clone()),
        _ => None,
    }
}

/// Neighbours in one group do not undo each other: half of these have a wrong length.
pub async fn a_refused_append_leaves_others_alone(backend: &dyn Backend) {
    let storage = backend.open().await;
    let mut conversations = Vec::new();
    for _ in 0..20 {
        conversations.push(conversation(&*storage).await);
    }
    let tasks: Vec<_> = (0..20)
        .map(|index| {
            let (storage, id) = (Arc::clone(&storage), conversations[index].clone());
            let expected = if index % 2 == 0 { 1 } else { 7 };
            tokio::spawn(async move { storage.append(append(&id, expected, vec![said("hello")])).await })
        })
        .collect();
    for (index, task) in tasks.into_iter().enumerate() {
        let outcome = task.await.unwrap();
        let len = storage.read(&conversations[index], 0).await.unwrap().len();
        match index % 2 {
            0 => assert!(outcome.is_ok() && len == 2, "{outcome:?}"),
            _ => assert!(matches!(outcome, Err(AppendError::Changed { len: 1 })) && len == 1, "{outcome:?}"),
        }
    }
}

pub async fn events_and_their_jobs_are_one(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let job = NewJob { lane: id.to_string(), kind: "mirror".to_owned(), payload: json!({ "text": "hello" }) };
    let mut refused = append(&id, 9, vec![said("hello")]);
    refused.outbox = vec![job.clone()];
    assert!(matches!(storage.append(refused).await, Err(AppendError::Changed { len: 1 })));
    assert_eq!(storage.depth().await.unwrap(), (0, 0));
    let mut accepted = append(&id, 1, vec![said("hello")]);
    accepted.outbox = vec![job.clone(), job];
    storage.append(accepted).await.unwrap();
    assert_eq!(storage.depth().await.unwrap(), (2, 0));
}

pub async fn a_client_message_id_is_taken_once(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    storage.append(append(&id, 1, vec![said_once("first", Some("a"))])).await.unwrap();
    let again = storage.append(append(&id, 2, vec![said_once("second", Some("a"))])).await;
    assert!(matches!(again, Err(AppendError::Changed { len: 2 })), "{again:?}");
    let first = storage.by_client_message(&id, "a").await.unwrap().expect("is known");
    assert_eq!((first.seq, content(&first)), (2, Some("first".to_owned())));
    assert!(storage.by_client_message(&id, "b").await.unwrap().is_none());
    let other = conversation(&*storage).await;
    storage.append(append(&other, 1, vec![said_once("first", Some("a"))])).await.expect("another conversation's own");
}

pub async fn a_long_append_keeps_its_order(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let events = (0..37).map(|number| said(&format!("number {number}"))).collect();
    storage.append(append(&id, 1, events)).await.unwrap();
    let read: Vec<_> = storage.read(&id, 1).await.unwrap().iter().filter_map(content).collect();
    assert_eq!(read, (0..37).map(|number| format!("number {number}")).collect::<Vec<_>>());
}

pub async fn a_summary_follows_the_events(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let turn = TurnId::generate();
    let routed = EventBody::Routed {
        turn: turn.clone(),
        agent: "wismo".to_owned(),
        from: None,
        analysis: Analysis {
            intent: Intent::OrderStatus,
            confidence: 0.9,
            sentiment: Sentiment::Neutral,
            language: "en".to_owned(),
            entities: Entities::default(),
        },
        versions: None,
    };
    let mut events = append(&id, 1, vec![said("hello"), routed, status(Status::HandoffPending)]);
    events.at = at(60);
    storage.append(events).await.unwrap();
    let page = storage.list(&Filter { limit: 10, ..Filter::default() }).await.unwrap();
    let summary = page.conversations.into_iter().find(|summary| summary.conversation == id).expect("is listed");
    assert_eq!(summary.status, Status::HandoffPending);
    assert_eq!(summary.intent.as_deref(), Some("order_status"));
    assert_eq!((summary.opened_at, summary.updated_at, summary.len), (at(0), at(60), 4));
    assert_eq!(summary.store, store());
}

pub async fn lists_are_filtered_and_paged(backend: &dyn Backend) {
    let storage = backend.open().await;
    let mut all = Vec::new();
    for number in 0..7 {
        let id = conversation_of(&*storage, (number % 2 == 0).then_some("Ana@Example.com ")).await;
        if number < 3 {
            storage.append(append(&id, 1, vec![status(Status::Resolved)])).await.unwrap();
        }
        all.push(id);
    }
    let listed = async |filter: Filter| -> Vec<ConversationId> {
        let page = storage.list(&filter).await.unwrap();
        page.conversations.into_iter().map(|summary| summary.conversation).collect()
    };
    let filter = Filter { store: Some(store()), limit: 3, ..Filter::default() };
    let mut walked = Vec::new();
    let mut cursor = None;
    for _ in 0..3 {
        let page = storage.list(&Filter { cursor: cursor.take(), ..filter.clone() }).await.unwrap();
        walked.extend(page.conversations.into_iter().map(|summary| summary.conversation));
        cursor = page.next;
    }
    assert!(cursor.is_none());
    walked.reverse();
    assert_eq!(walked, all, "newest first, each once");
    let by_email = Filter { customer_email: Some("ana@example.com".to_owned()), limit: 10, ..Filter::default() };
    assert_eq!(listed(by_email.clone()).await.len(), 4);
    assert_eq!(listed(Filter { status: Some(Status::Resolved), ..by_email.clone() }).await.len(), 2);
    assert_eq!(listed(Filter { store: Some(StoreId::new("other")), ..by_email }).await.len(), 0);
    assert_eq!(
        listed(Filter { customer_email: Some("' OR 1=1 --".to_owned()), limit: 10, ..Filter::default() }).await.len(),
        0
    );
    assert_eq!(listed(Filter { intent: Some("other".to_owned()), limit: 10, ..Filter::default() }).await.len(), 0);
    let bad = storage.list(&Filter { cursor: Some("abc".to_owned()), limit: 10, ..Filter::default() }).await;
    assert!(bad.unwrap_err().to_string().contains("cursor"));
}

pub async fn a_proved_address_finds_its_conversation(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let email = deskhand::domain::customer::Email::parse("ben@example.com").unwrap();
    let proved = EventBody::IdentityProved { turn: None, proof: Proof::Code { email } };
    let mut proof = append(&id, 1, vec![proved.clone(), proved]);
    proof.writer = Writer::Anyone;
    storage.append(proof).await.unwrap();
    let filter = Filter { customer_email: Some("BEN@example.com".to_owned()), limit: 10, ..Filter::default() };
    let page = storage.list(&filter).await.unwrap();
    assert_eq!(page.conversations.len(), 1);
    assert_eq!(page.conversations[0].conversation, id);
}
