//! One owner of a turn at a time, and what waits for one.

use std::sync::Arc;
use std::time::Duration;

use deskhand::domain::event::Status;
use deskhand::domain::id::{ConversationId, TurnId};
use deskhand::storage::StorageError;
use deskhand::storage::log::{AppendError, Checkpoint, Fence, Writer};

use super::*;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(400);

pub async fn one_of_many_claims_wins(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let tasks: Vec<_> = (0..16)
        .map(|owner| {
            let (storage, id) = (Arc::clone(&storage), id.clone());
            tokio::spawn(async move { storage.claim(&id, &format!("owner {owner}"), LONG).await.unwrap() })
        })
        .collect();
    let mut fences = Vec::new();
    for task in tasks {
        fences.extend(task.await.unwrap());
    }
    assert_eq!(fences.len(), 1);
    let unknown = storage.claim(&ConversationId::generate(), "owner", LONG).await;
    assert_eq!(unknown, Err(StorageError::UnknownConversation));
}

pub async fn a_later_owner_fences_the_earlier(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let first = storage.claim(&id, "first", SHORT).await.unwrap().expect("is free");
    assert_eq!(storage.claim(&id, "second", LONG).await.unwrap(), None, "still held");
    tokio::time::sleep(SHORT * 2).await;
    let second = storage.claim(&id, "second", LONG).await.unwrap().expect("ran out");
    assert!(second > first);

    let as_owner = |fence: Fence, len: u64| {
        let mut append = append(&id, len, vec![said("hello")]);
        append.writer = Writer::Turn(fence);
        append
    };
    assert!(matches!(storage.append(as_owner(first, 1)).await, Err(AppendError::Fenced)));
    assert!(matches!(storage.append(as_owner(first, 9)).await, Err(AppendError::Fenced)), "fenced whatever the length");
    assert!(!storage.renew(&id, first, LONG).await.unwrap());
    storage.release(&id, first).await.unwrap();
    assert_eq!(storage.claim(&id, "third", LONG).await.unwrap(), None, "a lost lease releases nothing");
    storage.append(as_owner(second, 1)).await.expect("holds the turn");
    storage.append(append(&id, 2, vec![said("anyone may")])).await.expect("needs no turn");
    let forged = Fence(second.0 + 1);
    assert!(matches!(storage.append(as_owner(forged, 3)).await, Err(AppendError::Fenced)));
    assert!(storage.renew(&id, second, LONG).await.unwrap());
    storage.release(&id, second).await.unwrap();
    assert!(!storage.renew(&id, second, LONG).await.unwrap(), "given back");
    assert!(storage.claim(&id, "third", LONG).await.unwrap().expect("is free") > second);
}

pub async fn the_same_owner_may_claim_again(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let first = storage.claim(&id, "owner", LONG).await.unwrap().expect("is free");
    let again = storage.claim(&id, "owner", LONG).await.unwrap().expect("is its own");
    assert!(again > first);
}

pub async fn a_renewed_lease_lasts(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let fence = storage.claim(&id, "first", SHORT).await.unwrap().expect("is free");
    assert!(storage.renew(&id, fence, LONG).await.unwrap());
    tokio::time::sleep(SHORT * 2).await;
    assert_eq!(storage.claim(&id, "second", LONG).await.unwrap(), None);
}

pub async fn a_claim_and_its_first_events_are_one(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let started = |len: u64| append(&id, len, vec![turn_started(&TurnId::generate(), len)]);
    let late = storage.begin("first", LONG, started(0)).await;
    assert!(matches!(late, Err(AppendError::Changed { len: 1 })), "{late:?}");
    let (first, events) = storage.begin("first", SHORT, started(1)).await.expect("is free");
    assert_eq!(numbers(&events), [2]);
    let held = storage.begin("second", LONG, started(2)).await;
    assert!(matches!(held, Err(AppendError::Fenced)), "{held:?}");
    tokio::time::sleep(SHORT * 2).await;
    let (second, _) = storage.begin("second", LONG, started(2)).await.expect("ran out");
    assert!(second > first);
    assert!(!storage.renew(&id, first, LONG).await.unwrap());
    // However often it was claimed before without an event.
    let mut last = second;
    for _ in 0..5 {
        let fence = storage.claim(&id, "second", LONG).await.unwrap().expect("is its own");
        assert!(fence > last);
        last = fence;
    }
    let (again, events) = storage.begin("second", LONG, started(3)).await.expect("is its own");
    assert!(again > last && numbers(&events) == [4]);
    let unknown = storage.begin("owner", LONG, append(&ConversationId::generate(), 0, vec![said("hello")])).await;
    assert!(matches!(unknown, Err(AppendError::Unknown)), "{unknown:?}");
}

pub async fn a_last_event_gives_the_turn_back(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let turn = TurnId::generate();
    let (fence, _) = storage.begin("first", LONG, append(&id, 1, vec![turn_started(&turn, 1)])).await.unwrap();
    let last = |len: u64, fence: Fence| {
        let mut append = append(&id, len, vec![said("hello"), turn_completed(&turn, 1)]);
        append.writer = Writer::Leaving(fence);
        append
    };
    assert!(matches!(storage.append(last(2, Fence(fence.0 + 1))).await, Err(AppendError::Fenced)));
    assert!(matches!(storage.append(last(1, fence)).await, Err(AppendError::Changed { len: 2 })));
    assert_eq!(storage.claim(&id, "second", LONG).await.unwrap(), None, "still held");
    storage.append(last(2, fence)).await.expect("holds the turn");
    assert!(!storage.renew(&id, fence, LONG).await.unwrap(), "given back");
    assert!(storage.claim(&id, "second", LONG).await.unwrap().expect("is free") > fence);
}

pub async fn what_is_unanswered_is_found(backend: &dyn Backend) {
    let storage = backend.open().await;
    let waiting = conversation(&*storage).await;
    storage.append(append(&waiting, 1, vec![said("hello")])).await.unwrap();
    let answered = conversation(&*storage).await;
    let turn = TurnId::generate();
    let whole = vec![said("hello"), turn_started(&turn, 2), turn_completed(&turn, 2)];
    storage.append(append(&answered, 1, whole)).await.unwrap();
    let humans = conversation(&*storage).await;
    storage.append(append(&humans, 1, vec![said("hello"), status(Status::HumanHandling)])).await.unwrap();
    let silent = conversation(&*storage).await;
    assert_eq!(storage.unanswered(10).await.unwrap(), std::slice::from_ref(&waiting));

    let fence = storage.claim(&waiting, "owner", LONG).await.unwrap().expect("is free");
    assert!(storage.unanswered(10).await.unwrap().is_empty(), "someone is at it");
    storage.release(&waiting, fence).await.unwrap();
    assert_eq!(storage.unanswered(10).await.unwrap(), std::slice::from_ref(&waiting));

    // A message that came while the turn ran is not answered by it.
    let turn = TurnId::generate();
    storage.append(append(&waiting, 2, vec![said("and another thing"), turn_completed(&turn, 2)])).await.unwrap();
    assert_eq!(storage.unanswered(10).await.unwrap(), std::slice::from_ref(&waiting));
    storage.append(append(&waiting, 4, vec![turn_completed(&turn, 3)])).await.unwrap();
    assert!(storage.unanswered(10).await.unwrap().is_empty());
    storage.append(append(&silent, 1, vec![said("now me")])).await.unwrap();
    assert_eq!(backend.open().await.unanswered(10).await.unwrap(), [silent]);
}

pub async fn a_checkpoint_belongs_to_the_owner(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    assert_eq!(storage.read_checkpoint(&id).await.unwrap(), None);
    let first = storage.claim(&id, "first", SHORT).await.unwrap().expect("is free");
    let checkpoint = |text: &str| Checkpoint { turn: TurnId::new("turn_1"), attempt: 2, text: text.to_owned() };
    storage.checkpoint(&id, first, Some(checkpoint("Your parcel"))).await.unwrap();
    storage.checkpoint(&id, first, Some(checkpoint("Your parcel is"))).await.unwrap();
    assert_eq!(backend.open().await.read_checkpoint(&id).await.unwrap(), Some(checkpoint("Your parcel is")));
    tokio::time::sleep(SHORT * 2).await;
    let second = storage.claim(&id, "second", LONG).await.unwrap().expect("ran out");
    storage.checkpoint(&id, first, Some(checkpoint("late"))).await.unwrap();
    storage.checkpoint(&id, first, None).await.unwrap();
    assert_eq!(storage.read_checkpoint(&id).await.unwrap(), Some(checkpoint("Your parcel is")));
    storage.checkpoint(&id, second, None).await.unwrap();
    assert_eq!(storage.read_checkpoint(&id).await.unwrap(), None);
}
