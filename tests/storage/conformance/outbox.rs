//! Lanes: order kept within one, none held up by another.

use std::sync::Arc;
use std::time::Duration;

use deskhand::domain::id::ConversationId;
use deskhand::storage::Storage;
use deskhand::storage::outbox::{Job, NewJob};
use serde_json::json;

use super::*;

const LONG: Duration = Duration::from_secs(60);
const DESK: &str = "a desk";
const NEXT_DESK: &str = "the next desk";

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
    let first = storage.take(DESK, 10, LONG).await.unwrap();
    assert_eq!(names(&first), ["a1", "b1"], "the first of each lane");
    assert_eq!((first[0].lane.as_str(), first[0].kind.as_str()), (id.as_str(), "mirror"));
    assert_eq!((first[0].attempts, first[0].created_at), (0, at(1)));
    assert!(storage.take(DESK, 10, LONG).await.unwrap().is_empty(), "both lanes are in hand");
    storage.done(first[1].id).await.unwrap();
    assert_eq!(names(&storage.take(DESK, 10, LONG).await.unwrap()), ["b2"]);
    assert_eq!(storage.depth().await.unwrap(), (3, 0));
}

pub async fn a_limit_is_kept(backend: &dyn Backend) {
    let storage = backend.open().await;
    for name in ["a", "b", "c"] {
        queue(&*storage, &[name]).await;
    }
    assert_eq!(names(&storage.take(DESK, 2, LONG).await.unwrap()), ["a", "b"]);
    assert_eq!(names(&storage.take(DESK, 2, LONG).await.unwrap()), ["c"]);
}

pub async fn a_job_is_in_one_hand(backend: &dyn Backend) {
    let storage = backend.open().await;
    for _ in 0..10 {
        queue(&*storage, &["only"]).await;
    }
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let storage = Arc::clone(&storage);
            tokio::spawn(async move { storage.take(DESK, 3, LONG).await.unwrap() })
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
    assert_eq!(names(&storage.take(DESK, 10, short).await.unwrap()), ["a1"]);
    tokio::time::sleep(short * 2).await;
    let again = backend.open().await.take(DESK, 10, LONG).await.unwrap();
    assert_eq!((names(&again), again[0].attempts), (vec!["a1"], 1));
}

pub async fn a_retry_holds_its_lane(backend: &dyn Backend) {
    let storage = backend.open().await;
    queue(&*storage, &["a1", "a2"]).await;
    let job = storage.take(DESK, 10, LONG).await.unwrap().remove(0);
    storage.retry(&job, Duration::from_millis(500), "429").await.unwrap();
    assert!(storage.take(DESK, 10, LONG).await.unwrap().is_empty(), "not due, and nothing overtakes it");
    tokio::time::sleep(Duration::from_millis(700)).await;
    let again = storage.take(DESK, 10, LONG).await.unwrap();
    assert_eq!((names(&again), again[0].attempts, again[0].failures), (vec!["a1"], 1, 1));
}

pub async fn a_dead_letter_lets_its_lane_go_on(backend: &dyn Backend) {
    let storage = backend.open().await;
    queue(&*storage, &["a1", "a2"]).await;
    let job = storage.take(DESK, 10, LONG).await.unwrap().remove(0);
    storage.bury(job.id, "no such ticket").await.unwrap();
    assert_eq!(storage.depth().await.unwrap(), (1, 1));
    assert_eq!(names(&storage.take(DESK, 10, LONG).await.unwrap()), ["a2"]);
    // A late word about a dead job does not bring it back.
    storage.retry(&job, Duration::ZERO, "late").await.unwrap();
    assert_eq!(storage.depth().await.unwrap(), (1, 1));
}

pub async fn dead_letters_are_listed_with_their_problem(backend: &dyn Backend) {
    let storage = backend.open().await;
    let mut buried = Vec::new();
    for problem in ["400: no such user", "no answer came"] {
        let id = queue(&*storage, &["a1"]).await;
        let job = storage.take(DESK, 10, LONG).await.unwrap().remove(0);
        storage.bury(job.id, problem).await.unwrap();
        buried.push((job.id, id, problem));
    }
    queue(&*storage, &["it waits"]).await;
    let listed = backend.open().await.dead_letters(10).await.unwrap();
    let told: Vec<_> = listed
        .iter()
        .map(|letter| (letter.id, letter.conversation.clone(), letter.problem.as_deref().unwrap()))
        .collect();
    assert_eq!(told, buried);
    assert_eq!((listed[0].kind.as_str(), listed[0].attempts, listed[0].created_at), ("mirror", 1, at(1)));
    assert_eq!(storage.dead_letters(1).await.unwrap().len(), 1);
    let waiting = storage.waiting_letters(10).await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!((waiting[0].kind.as_str(), waiting[0].attempts, &waiting[0].problem), ("mirror", 0, &None));
}

pub async fn what_was_given_up_is_tried_again_before_what_came_later(backend: &dyn Backend) {
    let storage = backend.open().await;
    queue(&*storage, &["a1", "a2"]).await;
    let job = storage.take(DESK, 10, LONG).await.unwrap().remove(0);
    assert!(!storage.revive(job.id).await.unwrap(), "it was not given up");
    storage.retry(&job, Duration::ZERO, "503").await.unwrap();
    storage.bury(job.id, "400").await.unwrap();
    assert!(storage.revive(job.id).await.unwrap());
    assert!(!storage.revive(job.id).await.unwrap(), "once");
    let again = storage.take(DESK, 10, LONG).await.unwrap();
    assert_eq!(names(&again), ["a1"]);
    assert_eq!((again[0].id, again[0].attempts, again[0].failures, again[0].revived), (job.id, 0, 0, 1));
    assert!(!storage.revive(4711).await.unwrap());
}

pub async fn what_a_desk_that_ended_had_in_hand_is_free(backend: &dyn Backend) {
    let earlier = backend.open().await;
    queue(&*earlier, &["a1", "a2"]).await;
    queue(&*earlier, &["b1"]).await;
    let waits = queue(&*earlier, &["c1"]).await;
    let taken = earlier.take(DESK, 10, LONG).await.unwrap();
    let put_off = taken.iter().find(|job| job.lane == waits.as_str()).unwrap();
    earlier.retry(put_off, LONG, "429").await.unwrap();
    assert_eq!(earlier.free_abandoned(DESK).await.unwrap(), 0, "who asks is alive");
    assert!(earlier.take(DESK, 10, LONG).await.unwrap().is_empty());
    drop(earlier);

    let storage = backend.open().await;
    assert!(storage.take(NEXT_DESK, 10, LONG).await.unwrap().is_empty(), "nobody has said that it is free");
    assert_eq!(storage.free_abandoned(NEXT_DESK).await.unwrap(), 2, "what was put off has a time of its own");
    let again = storage.take(NEXT_DESK, 10, LONG).await.unwrap();
    assert_eq!((names(&again), again[0].attempts, again[0].failures), (vec!["a1", "b1"], 1, 0));
    assert_eq!(storage.free_abandoned(NEXT_DESK).await.unwrap(), 0, "it has them in hand");
    assert!(storage.take(NEXT_DESK, 10, LONG).await.unwrap().is_empty());
}

/// Someone who was slow, and whose job was taken by another meanwhile, does not take it out of those hands.
pub async fn a_late_word_frees_nothing(backend: &dyn Backend) {
    let storage = backend.open().await;
    queue(&*storage, &["a1", "a2"]).await;
    let late = storage.take(DESK, 10, LONG).await.unwrap().remove(0);
    storage.free_abandoned(NEXT_DESK).await.unwrap();
    let held = storage.take(NEXT_DESK, 10, LONG).await.unwrap().remove(0);
    assert_eq!(late.id, held.id);
    storage.retry(&late, Duration::ZERO, "late").await.unwrap();
    assert!(storage.take(NEXT_DESK, 10, LONG).await.unwrap().is_empty(), "it is still in hand");
    storage.retry(&held, Duration::ZERO, "429").await.unwrap();
    assert_eq!(storage.take(NEXT_DESK, 10, LONG).await.unwrap().len(), 1);
}

pub async fn a_conversations_open_jobs_are_listed(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = queue(&*storage, &["a1", "a2"]).await;
    let other = queue(&*storage, &["b1"]).await;
    let first = storage.take(DESK, 1, LONG).await.unwrap().remove(0);
    storage.bury(first.id, "refused").await.unwrap();
    let open = storage.jobs_of(&id).await.unwrap();
    let told: Vec<_> =
        open.iter().map(|job| (job.payload["name"].as_str().unwrap(), job.dead, job.problem.as_deref())).collect();
    assert_eq!(told, [("a1", true, Some("refused")), ("a2", false, None)]);
    assert_eq!((open[0].kind.as_str(), open[0].attempts, open[0].created_at), ("mirror", 1, at(1)));
    let second = storage.take(DESK, 1, LONG).await.unwrap().remove(0);
    storage.done(second.id).await.unwrap();
    assert_eq!((storage.jobs_of(&id).await.unwrap().len(), storage.jobs_of(&other).await.unwrap().len()), (1, 1));
}
