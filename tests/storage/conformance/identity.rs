//! Tries and codes: what an attacker may do is counted, whatever he does at once.

use std::sync::Arc;
use std::time::Duration;

use deskhand::domain::customer::Email;
use deskhand::domain::id::{ConversationId, StoreId};
use deskhand::storage::Storage;
use deskhand::storage::codes::CodeVerdict;
use deskhand::storage::tries::{Limits, Scope};

use super::*;

fn scopes(order: &str, address: &str) -> Vec<Scope> {
    vec![Scope::Order(order.to_owned()), Scope::Address(address.to_owned())]
}

pub async fn many_at_once_gain_no_try(backend: &dyn Backend) {
    let storage = backend.open().await;
    let tasks: Vec<_> = (0..24)
        .map(|number| {
            let storage = Arc::clone(&storage);
            let scopes = scopes("1001", &format!("10.0.0.{number}"));
            tokio::spawn(async move { storage.admit(&store(), &scopes, Limits::default(), at(0)).await.unwrap() })
        })
        .collect();
    let mut admitted = 0;
    for task in tasks {
        admitted += usize::from(task.await.unwrap().is_some());
    }
    assert_eq!(admitted, 5);
    let storage = backend.open().await;
    let again = storage.admit(&store(), &scopes("1001", "10.9.9.9"), Limits::default(), at(1)).await.unwrap();
    assert!(again.is_none(), "a restart forgets nothing");
    let elsewhere = storage.admit(&StoreId::new("other"), &scopes("1001", "10.9.9.9"), Limits::default(), at(1)).await;
    assert!(elsewhere.unwrap().is_some(), "each store counts for itself");
}

pub async fn a_refused_try_counts_nowhere(backend: &dyn Backend) {
    let storage = backend.open().await;
    let limits = Limits { order: 1, address: 2, ..Limits::default() };
    let admit = async |order: &str| storage.admit(&store(), &scopes(order, "10.0.0.1"), limits, at(0)).await.unwrap();
    assert!(admit("1").await.is_some());
    assert!(admit("1").await.is_none(), "the order is used up");
    assert!(admit("2").await.is_some(), "and the address was not charged for it");
    assert!(admit("3").await.is_none(), "now the address is");
}

pub async fn a_right_try_is_forgiven(backend: &dyn Backend) {
    let storage = backend.open().await;
    let limits = Limits { order: 1, ..Limits::default() };
    let admission = storage.admit(&store(), &scopes("1", "a"), limits, at(0)).await.unwrap().expect("is the first");
    assert!(
        storage.admit(&store(), &scopes("1", "a"), limits, at(0)).await.unwrap().is_none(),
        "counts until forgiven"
    );
    storage.forgive(admission).await.unwrap();
    assert!(storage.admit(&store(), &scopes("1", "a"), limits, at(0)).await.unwrap().is_some());
}

pub async fn a_try_is_forgiven_with_the_events_that_show_it(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let limits = Limits { order: 1, ..Limits::default() };
    let admit = async || storage.admit(&store(), &scopes("1", "a"), limits, at(0)).await.unwrap();
    let admission = admit().await.expect("is the first");
    let shown = |len: u64| {
        let mut append = append(&id, len, vec![said("hello"), said("again")]);
        append.forgiven = vec![admission.clone()];
        append
    };
    storage.append(shown(7)).await.expect_err("has another length");
    assert!(admit().await.is_none(), "what was not written forgives nothing");
    storage.append(shown(1)).await.expect("is appended");
    assert!(admit().await.is_some());
}

pub async fn tries_leave_the_window(backend: &dyn Backend) {
    let storage = backend.open().await;
    let limits = Limits { order: 2, window: Duration::from_secs(100), ..Limits::default() };
    let admit = async |seconds: i64| storage.admit(&store(), &scopes("1", "a"), limits, at(seconds)).await.unwrap();
    assert!(admit(0).await.is_some());
    assert!(admit(50).await.is_some());
    assert!(admit(99).await.is_none());
    assert!(admit(100).await.is_some(), "the first is a hundred seconds old");
    assert!(admit(149).await.is_none());
    assert!(admit(150).await.is_some());
}

fn ana() -> Email {
    Email::parse("ana@example.com").unwrap()
}

async fn with_code(storage: &dyn Storage) -> ConversationId {
    let id = conversation(storage).await;
    storage.put_code(&id, 1, &ana(), "123456", at(600)).await.unwrap();
    id
}

pub async fn a_right_code_proves_once(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = with_code(&*storage).await;
    let storage = backend.open().await;
    for _ in 0..4 {
        let verdict = storage.check_code(&id, "123456", at(1)).await.unwrap();
        assert_eq!(verdict, CodeVerdict::Proved(ana()), "until the log has it");
    }
    let checked = EventBody::CodeChecked { right: true, tries_left: 0 };
    storage.append(append(&id, 1, vec![checked])).await.unwrap();
    assert_eq!(storage.check_code(&id, "123456", at(2)).await.unwrap(), CodeVerdict::TooLate);
    assert_eq!(storage.check_code(&id, "204170", at(2)).await.unwrap(), CodeVerdict::NoneOpen, "some other number");
    storage.put_code(&id, 1, &ana(), "123456", at(600)).await.unwrap();
    assert_eq!(storage.check_code(&id, "123456", at(3)).await.unwrap(), CodeVerdict::TooLate, "used is used");
}

pub async fn a_code_has_three_tries(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = with_code(&*storage).await;
    for left in [2, 1, 0] {
        assert_eq!(storage.check_code(&id, "000000", at(1)).await.unwrap(), CodeVerdict::Wrong { left });
    }
    assert_eq!(storage.check_code(&id, "123456", at(1)).await.unwrap(), CodeVerdict::TooLate);
    storage.put_code(&id, 1, &ana(), "123456", at(600)).await.unwrap();
    assert_eq!(storage.check_code(&id, "123456", at(1)).await.unwrap(), CodeVerdict::TooLate, "the same send again");
}

pub async fn guesses_at_once_are_three(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = with_code(&*storage).await;
    let tasks: Vec<_> = (0..24)
        .map(|number| {
            let (storage, id) = (Arc::clone(&storage), id.clone());
            tokio::spawn(async move { storage.check_code(&id, &format!("00000{number}"), at(1)).await.unwrap() })
        })
        .collect();
    let mut wrong = 0;
    for task in tasks {
        wrong += usize::from(matches!(task.await.unwrap(), CodeVerdict::Wrong { .. }));
    }
    assert_eq!(wrong, 3);
}

pub async fn a_newer_code_voids_the_older(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = with_code(&*storage).await;
    storage.put_code(&id, 2, &ana(), "222222", at(700)).await.unwrap();
    assert_eq!(storage.check_code(&id, "123456", at(1)).await.unwrap(), CodeVerdict::Wrong { left: 2 });
    storage.put_code(&id, 1, &ana(), "123456", at(700)).await.unwrap();
    assert_eq!(storage.check_code(&id, "123456", at(1)).await.unwrap(), CodeVerdict::Wrong { left: 1 }, "stays void");
    assert_eq!(storage.check_code(&id, "222222", at(1)).await.unwrap(), CodeVerdict::Proved(ana()));
}

pub async fn a_code_expires_and_stays_at_home(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = with_code(&*storage).await;
    let other = conversation(&*storage).await;
    assert_eq!(storage.check_code(&other, "123456", at(1)).await.unwrap(), CodeVerdict::NoneOpen);
    assert_eq!(storage.check_code(&ConversationId::generate(), "123456", at(1)).await.unwrap(), CodeVerdict::NoneOpen);
    assert_eq!(storage.check_code(&id, "123456", at(600)).await.unwrap(), CodeVerdict::TooLate);
    assert_eq!(storage.check_code(&id, "123456", at(599)).await.unwrap(), CodeVerdict::Proved(ana()));
}
