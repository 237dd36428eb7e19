//! Lanes: order kept within one, none held up by another.

use std::sync::Arc;
use std::time::Duration;

use deskhand::domain::id::ConversationId;
use deskhand::storage::Storage;
use deskhand::storage::outbox::{Job, NewJob};
use serde_json::json;

use super::*;

const LONG: Duration = Duration::from_secs(60);

async fn queue(storage: &dyn Storage, names: &[&str]) -> ConversationId {
    let id = conversation(storage).await;
    let mut append = append(&id, 1, vec![said("hello")]);
    append.outbox = names
        .iter()
        .map(|name| NewJob { lane: id.to_string(), kind: "mirror".to_owned(), payload: json!({ "name": name }) })
        .collect();
    storage.append(append).await.unwrap();
    id
}

fn name(job: &Job) -> &str {
    job.payload["name"].as_str().unwrap()
}

fn names(jobs: &[Job]) -> Vec<&str> {
    jobs.iter().map(name).collect()
}

pub async fn a_lane_keeps_its_order(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = queue(&*storage, &["a1", "a2"]).await;
    queue(&*storage, &["b1", "b2"]).await;
    let first = storage.take(10, LONG).await.unwrap();
    assert_eq!(names(&first), ["a1", "b1"], "the first of each lane");
    assert_eq!((first[0].lane.as_str(), first[0].kind.as_str()), (id.as_str(), "mirror"));
    assert_eq!((first[0].attempts, first[0].created_at), (0, at(1)));
    assert!(storage.take(10, LONG).await.unwrap().is_empty(), "both lanes are in hand");
    storage.done(first[1].id).await.unwrap();
    assert_eq!(names(&storage.take(10, LONG).await.unwrap()), ["b2"]);
    assert_eq!(storage.depth().await.unwrap(), (3, 0));
}

pub async fn a_limit_is_kept(backend: &dyn Backend) {
    let storage = backend.open().await;
    for name in ["a", "b", "c"] {
        queue(&*storage, &[name]).await;
    }
    assert_eq!(names(&storage.take(2, LONG).await.unwrap()), ["a", "b"]);
    assert_eq!(names(&storage.take(2, LONG).await.unwrap()), ["c"]);
}

pub async fn a_job_is_in_one_hand(backend: &dyn Backend) {
    let storage = backend.open().await;
    for _ in 0..10 {
        queue(&*storage, &["only"]).await;
    }
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let storage = Arc::clone(&storage);
            tokio::spawn(async move { storage.take(3, LONG).await.unwrap() })
        })
        .collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(task.await.unwrap().into_iter().map(|job| job.id));
    }
    taken.sort_unstable();
    taken.dedup();
    assert_eq!(taken.len(), 10);
}

pub async fn what_was_dropped_comes_back(backend: &dyn Backend) {
    let storage = backend.open().await;
    queue(&*storage, &["a1", "a2"]).await;
    let short = Duration::from_millis(40);
    assert_eq!(names(&storage.take(10, short).await.unwrap()), ["a1"]);
    tokio::time::sleep(short * 2).await;
    let again = backend.open().await.take(10, LONG).await.unwrap();
    assert_eq!((names(&again), again[0].attempts), (vec!["a1"], 1));
}

pub async fn a_retry_holds_its_lane(backend: &dyn Backend) {
    let storage = backend.open().await;
    queue(&*storage, &["a1", "a2"]).await;
    let job = storage.take(10, LONG).await.unwrap().remove(0);
    storage.retry(job.id, Duration::from_millis(500), "429").await.unwrap();
    assert!(storage.take(10, LONG).await.unwrap().is_empty(), "not due, and nothing overtakes it");
    tokio::time::sleep(Duration::from_millis(700)).await;
    let again = storage.take(10, LONG).await.unwrap();
    assert_eq!((names(&again), again[0].attempts), (vec!["a1"], 1));
}

pub async fn a_dead_letter_lets_its_lane_go_on(backend: &dyn Backend) {
    let storage = backend.open().await;
    queue(&*storage, &["a1", "a2"]).await;
    let job = storage.take(10, LONG).await.unwrap().remove(0);
    storage.bury(job.id, "no such ticket").await.unwrap();
    assert_eq!(storage.depth().await.unwrap(), (1, 1));
    assert_eq!(names(&storage.take(10, LONG).await.unwrap()), ["a2"]);
    // A late word about a dead job does not bring it back.
    storage.retry(job.id, Duration::ZERO, "late").await.unwrap();
    assert_eq!(storage.depth().await.unwrap(), (1, 1));
}
