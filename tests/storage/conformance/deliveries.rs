//! What vendors send: kept once, worked off in order.

use std::sync::Arc;
use std::time::Duration;

use deskhand::storage::Storage;
use deskhand::storage::deliveries::{Delivery, NewDelivery, Outcome};

use super::*;

const LONG: Duration = Duration::from_secs(60);
const DESK: &str = "a desk";
const NEXT_DESK: &str = "the next desk";

fn delivery(event: &str, object: &str) -> NewDelivery {
    NewDelivery {
        store: store(),
        vendor: "easypost".to_owned(),
        event: event.to_owned(),
        kind: "tracker.updated".to_owned(),
        object: object.to_owned(),
        at: at(5),
    }
}

async fn receive(storage: &dyn Storage, events: &[(&str, &str)]) {
    for (event, object) in events {
        assert!(storage.receive(delivery(event, object)).await.unwrap(), "{event}");
    }
}

async fn take(storage: &dyn Storage) -> Vec<Delivery> {
    storage.take_deliveries(DESK, 10, LONG).await.unwrap()
}

fn events(deliveries: &[Delivery]) -> Vec<&str> {
    deliveries.iter().map(|delivery| delivery.event.as_str()).collect()
}

fn retry(delay: Duration) -> Outcome {
    Outcome::Retry { delay, problem: "503".to_owned() }
}

pub async fn an_event_is_kept_once_for_each_store_and_vendor(backend: &dyn Backend) {
    let storage = backend.open().await;
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let storage = Arc::clone(&storage);
            tokio::spawn(async move { storage.receive(delivery("evt_1", "shp_1")).await.unwrap() })
        })
        .collect();
    let mut new = 0;
    for task in tasks {
        new += usize::from(task.await.unwrap());
    }
    assert_eq!(new, 1);
    let elsewhere = NewDelivery { store: StoreId::new("other"), ..delivery("evt_1", "shp_1") };
    assert!(storage.receive(elsewhere).await.unwrap(), "each store has its own");
    let another = NewDelivery { vendor: "stripe".to_owned(), ..delivery("evt_1", "shp_1") };
    assert!(storage.receive(another).await.unwrap(), "each vendor counts for itself");
    let taken = take(&*storage).await;
    assert_eq!(taken.len(), 3);
    let NewDelivery { store, vendor, event, kind, object, at } = delivery("evt_1", "shp_1");
    let first = &taken[0];
    assert_eq!((&first.store, &first.vendor, &first.event), (&store, &vendor, &event));
    assert_eq!((&first.kind, &first.object, first.received_at), (&kind, &object, at));
    assert_eq!((first.tries, first.problem.as_deref()), (0, None));
    storage.settle_delivery(first, Outcome::Done).await.unwrap();
    let again = backend.open().await.receive(delivery("evt_1", "shp_1")).await.unwrap();
    assert!(!again, "what is dealt with is known as well");
}

pub async fn deliveries_about_a_thing_keep_their_order(backend: &dyn Backend) {
    let storage = backend.open().await;
    receive(&*storage, &[("a1", "shp_a"), ("a2", "shp_a"), ("b1", "shp_b"), ("b2", "shp_b")]).await;
    assert_eq!(storage.take_deliveries(DESK, 1, LONG).await.unwrap().len(), 1, "a limit is kept");
    let second = take(&*storage).await;
    assert_eq!(events(&second), ["b1"], "the first of each");
    assert!(take(&*storage).await.is_empty(), "both are in hand");
    storage.settle_delivery(&second[0], Outcome::Done).await.unwrap();
    let next = take(&*storage).await;
    assert_eq!(events(&next), ["b2"]);
    storage.settle_delivery(&next[0], retry(Duration::from_millis(300))).await.unwrap();
    receive(&*storage, &[("b3", "shp_b")]).await;
    assert!(take(&*storage).await.is_empty(), "not due, and nothing overtakes it");
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(events(&take(&*storage).await), ["b2"]);
    assert_eq!(storage.waiting_deliveries().await.unwrap(), 4);
}

pub async fn a_delivery_is_in_one_hand_and_comes_back_when_it_is_dropped(backend: &dyn Backend) {
    let storage = backend.open().await;
    let names: Vec<String> = (0..10).map(|number| format!("evt_{number}")).collect();
    for name in &names {
        receive(&*storage, &[(name, name)]).await;
    }
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let storage = Arc::clone(&storage);
            tokio::spawn(async move { storage.take_deliveries(DESK, 3, LONG).await.unwrap() })
        })
        .collect();
    let mut taken = Vec::new();
    for task in tasks {
        taken.extend(task.await.unwrap().into_iter().map(|delivery| delivery.event));
    }
    taken.sort();
    assert_eq!(taken, names);
    assert_eq!(storage.free_deliveries(DESK).await.unwrap(), 0, "who asks is alive");
    drop(storage);

    let storage = backend.open().await;
    assert!(take(&*storage).await.is_empty(), "nobody has said that they are free");
    assert_eq!(storage.free_deliveries(NEXT_DESK).await.unwrap(), 10);
    let short = Duration::from_millis(40);
    assert_eq!(storage.take_deliveries(NEXT_DESK, 10, short).await.unwrap().len(), 10);
    tokio::time::sleep(short * 2).await;
    let again = storage.take_deliveries(NEXT_DESK, 10, LONG).await.unwrap();
    assert_eq!((again.len(), again[0].tries, again[0].failures), (10, 2, 0));
}

pub async fn only_a_failed_try_counts(backend: &dyn Backend) {
    let storage = backend.open().await;
    receive(&*storage, &[("evt_1", "shp_1")]).await;
    let wait = || Outcome::Wait { delay: Duration::ZERO };
    let told = [(retry(Duration::ZERO), 1, Some("503")), (wait(), 1, None), (retry(Duration::ZERO), 2, Some("503"))];
    for (outcome, tries, problem) in told {
        let taken = take(&*storage).await.remove(0);
        storage.settle_delivery(&taken, outcome.clone()).await.unwrap();
        let taken = take(&*storage).await.remove(0);
        assert_eq!((taken.tries, taken.failures), (tries, tries), "{outcome:?}");
        assert_eq!(taken.problem.as_deref(), problem, "{outcome:?}");
        storage.settle_delivery(&taken, wait()).await.unwrap();
    }
}

pub async fn a_dead_delivery_lets_the_next_go_on_and_is_listed(backend: &dyn Backend) {
    let storage = backend.open().await;
    receive(&*storage, &[("evt_1", "shp_1"), ("evt_2", "shp_1")]).await;
    let taken = take(&*storage).await.remove(0);
    storage.settle_delivery(&taken, Outcome::Dead { problem: "no answer".to_owned() }).await.unwrap();
    assert_eq!(events(&take(&*storage).await), ["evt_2"]);
    let dead = backend.open().await.dead_deliveries(10).await.unwrap();
    assert_eq!(events(&dead), ["evt_1"]);
    assert_eq!((dead[0].tries, dead[0].failures, dead[0].problem.as_deref()), (1, 1, Some("no answer")));
    assert!(storage.revive_delivery(dead[0].id).await.unwrap());
    assert!(!storage.revive_delivery(dead[0].id).await.unwrap(), "once");
    assert!(storage.dead_deliveries(10).await.unwrap().is_empty());
    let waiting = storage.deliveries_that_wait(10).await.unwrap();
    assert!(
        waiting.iter().any(|delivery| delivery.id == dead[0].id && delivery.tries + delivery.failures == 0),
        "{waiting:?}"
    );
    assert!(!storage.receive(delivery("evt_1", "shp_1")).await.unwrap(), "it does not rise again");
}

/// Someone who was slow, and whose delivery was taken by another meanwhile.
pub async fn a_late_word_about_a_delivery_changes_nothing(backend: &dyn Backend) {
    let storage = backend.open().await;
    receive(&*storage, &[("evt_1", "shp_1")]).await;
    let late = take(&*storage).await.remove(0);
    storage.free_deliveries(NEXT_DESK).await.unwrap();
    let held = storage.take_deliveries(NEXT_DESK, 10, LONG).await.unwrap().remove(0);
    for outcome in [retry(Duration::ZERO), Outcome::Dead { problem: "late".to_owned() }, Outcome::Done] {
        storage.settle_delivery(&late, outcome).await.unwrap();
        assert!(storage.dead_deliveries(1).await.unwrap().is_empty());
        assert!(storage.take_deliveries(DESK, 10, LONG).await.unwrap().is_empty(), "it is still in hand");
    }
    storage.settle_delivery(&held, Outcome::Done).await.unwrap();
    assert_eq!(storage.waiting_deliveries().await.unwrap(), 0);
    storage.settle_delivery(&held, retry(Duration::ZERO)).await.unwrap();
    assert_eq!(storage.waiting_deliveries().await.unwrap(), 0, "what is done stays done");
}

pub async fn what_is_over_is_forgotten_and_what_waits_is_not(backend: &dyn Backend) {
    let storage = backend.open().await;
    receive(&*storage, &[("evt_1", "shp_1"), ("evt_2", "shp_2"), ("evt_3", "shp_3")]).await;
    let taken = take(&*storage).await;
    storage.settle_delivery(&taken[0], Outcome::Done).await.unwrap();
    storage.settle_delivery(&taken[1], Outcome::Dead { problem: "no".to_owned() }).await.unwrap();
    assert_eq!(storage.forget_deliveries(at(5)).await.unwrap(), 0, "not yet");
    assert_eq!(storage.forget_deliveries(at(6)).await.unwrap(), 2);
    assert!(storage.dead_deliveries(10).await.unwrap().is_empty());
    assert_eq!(storage.waiting_deliveries().await.unwrap(), 1);
    assert!(storage.receive(delivery("evt_1", "shp_1")).await.unwrap());
}
