//! The ledger: one row an identity, and every step from every state.

use std::sync::Arc;
use std::time::Duration;

use deskhand::domain::effect::{Effect, EffectKind, EffectState};
use deskhand::domain::event::EventBody;
use deskhand::domain::id::{ConversationId, EffectId};
use deskhand::storage::ledger::{Move, NewEffect, Proposed};
use deskhand::storage::log::Writer;
use deskhand::storage::{Storage, StorageError};

use super::*;

fn ticket(conversation: &ConversationId, number: u32) -> NewEffect {
    NewEffect {
        id: EffectId::generate(),
        store: store(),
        conversation: conversation.clone(),
        kind: EffectKind::Ticket,
        identity: format!("ticket:{conversation}:{number}"),
        wish: serde_json::Value::Null,
        request: format!("{{\"ticket\":{number}}}"),
        at: at(i64::from(number)),
    }
}

pub async fn proposed(storage: &dyn Storage, conversation: &ConversationId, number: u32) -> Effect {
    match storage.propose(ticket(conversation, number)).await.unwrap() {
        Proposed::New(effect) => effect,
        Proposed::Existing(effect) => panic!("exists: {effect:?}"),
    }
}

fn steps() -> [(&'static str, Move); 5] {
    [
        ("send", Move::Send),
        ("confirm", Move::Confirm { vendor_reference: Some("T-1".to_owned()), watched: false }),
        ("fail", Move::Fail { problem: "refused".to_owned() }),
        ("lose", Move::Lose { problem: "cut".to_owned() }),
        ("absent", Move::Absent),
    ]
}

/// The steps that lead to a state from `proposed`.
fn way_to(state: &str) -> Vec<Move> {
    let step = |name: &str| steps().into_iter().find(|(known, _)| *known == name).unwrap().1;
    match state {
        "proposed" => vec![],
        "sent" => vec![step("send")],
        "unknown" => vec![step("send"), step("lose")],
        "confirmed" => vec![step("send"), step("confirm")],
        _ => vec![step("send"), step("fail")],
    }
}

pub async fn an_identity_is_one_row(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (storage, id) = (Arc::clone(&storage), id.clone());
            tokio::spawn(async move { storage.propose(ticket(&id, 1)).await.unwrap() })
        })
        .collect();
    let (mut new, mut ids) = (0, Vec::new());
    for task in tasks {
        match task.await.unwrap() {
            Proposed::New(effect) => {
                new += 1;
                ids.push(effect.id);
            }
            Proposed::Existing(effect) => ids.push(effect.id),
        }
    }
    ids.dedup();
    assert_eq!((new, ids.len()), (1, 1));
    assert_eq!(storage.effects_of(&id).await.unwrap().len(), 1);
    let mut elsewhere = ticket(&id, 1);
    elsewhere.store = deskhand::domain::id::StoreId::new("other");
    assert!(matches!(storage.propose(elsewhere).await.unwrap(), Proposed::New(_)), "each store has its own");
    let unknown = storage.propose(ticket(&ConversationId::generate(), 1)).await;
    assert!(matches!(unknown, Err(StorageError::UnknownConversation)), "{unknown:?}");
}

pub async fn every_step_from_every_state(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let table = [
        ("proposed", [Some("sent"), None, Some("failed"), None, None]),
        ("sent", [None, Some("confirmed"), Some("failed"), Some("unknown"), None]),
        ("unknown", [Some("sent"), Some("confirmed"), Some("failed"), None, Some("unknown")]),
        ("confirmed", [None; 5]),
        ("failed", [None; 5]),
    ];
    let mut number = 0;
    for (from, outcomes) in table {
        for ((name, step), expected) in steps().into_iter().zip(outcomes) {
            number += 1;
            let effect = proposed(&*storage, &id, number).await;
            for step in way_to(from) {
                storage.advance(&effect.id, step, at(10), None).await.unwrap().expect("is a way");
            }
            let before = storage.effect(&effect.id).await.unwrap().unwrap();
            let moved = storage.advance(&effect.id, step, at(20), None).await.unwrap();
            let after = storage.effect(&effect.id).await.unwrap().unwrap();
            let state = moved.as_ref().map(|effect| effect.state.as_str().to_owned());
            assert_eq!(state.as_deref(), expected, "{name} from {from}");
            assert_eq!(after, moved.unwrap_or(before), "{name} from {from}");
        }
    }
}

pub async fn a_row_tells_its_story(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let effect = proposed(&*storage, &id, 1).await;
    assert_eq!((effect.state, effect.request.as_str()), (EffectState::Proposed, "{\"ticket\":1}"));
    let go =
        async |step: Move, seconds: i64| storage.advance(&effect.id, step, at(seconds), None).await.unwrap().unwrap();
    assert_eq!(go(Move::Send, 10).await.sent_at, Some(at(10)));
    let lost = go(Move::Lose { problem: "connection cut".to_owned() }, 20).await;
    assert_eq!((lost.problem.as_deref(), lost.settled_at), (Some("connection cut"), None));
    go(Move::Absent, 30).await;
    let absent = go(Move::Absent, 90).await;
    assert_eq!((absent.absent, absent.absent_at), (2, Some(at(90))));
    let again = go(Move::Send, 100).await;
    assert_eq!(again.sent_at, Some(at(10)), "the vendor knows the key since the first time");
    assert_eq!((again.absent, again.absent_at), (0, None), "what was asked before says nothing of this attempt");
    let done = go(Move::Confirm { vendor_reference: Some("T-7".to_owned()), watched: false }, 110).await;
    assert_eq!((done.vendor_reference.as_deref(), done.settled_at, done.problem), (Some("T-7"), Some(at(110)), None));
    assert_eq!(done.request, "{\"ticket\":1}");
}

/// Two who take the same row: one sends.
pub async fn a_step_is_made_once(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let effect = proposed(&*storage, &id, 1).await;
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let (storage, id) = (Arc::clone(&storage), effect.id.clone());
            tokio::spawn(async move { storage.advance(&id, Move::Send, at(5), None).await.unwrap().is_some() })
        })
        .collect();
    let mut sent = 0;
    for task in tasks {
        sent += usize::from(task.await.unwrap());
    }
    assert_eq!(sent, 1);
}

pub async fn a_step_and_its_events_are_one(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let effect = proposed(&*storage, &id, 1).await;
    let moved = |state: EffectState| {
        let event = EventBody::EffectMoved {
            effect: effect.id.clone(),
            kind: EffectKind::Ticket,
            state,
            vendor_reference: None,
        };
        let mut append = append(&id, 99, vec![event]);
        append.writer = Writer::Turn(deskhand::storage::log::Fence(77));
        append
    };
    let confirm = || Move::Confirm { vendor_reference: None, watched: false };
    let early = storage.advance(&effect.id, confirm(), at(5), Some(moved(EffectState::Confirmed))).await.unwrap();
    assert!(early.is_none());
    assert_eq!(storage.read(&id, 0).await.unwrap().len(), 1, "no step, no event");
    storage.advance(&effect.id, Move::Send, at(6), Some(moved(EffectState::Sent))).await.unwrap().expect("sends");
    storage.append(append(&id, 2, vec![said("meanwhile")])).await.unwrap();
    storage
        .advance(&effect.id, confirm(), at(7), Some(moved(EffectState::Confirmed)))
        .await
        .unwrap()
        .expect("confirms");
    assert_eq!(numbers(&storage.read(&id, 0).await.unwrap()), [1, 2, 3, 4], "whatever its expected length and fence");
}

pub async fn what_was_sent_is_forgotten_at_start(backend: &dyn Backend) {
    let storage = backend.open().await;
    let (dead, live, killed) =
        (conversation(&*storage).await, conversation(&*storage).await, conversation(&*storage).await);
    let mut effects = Vec::new();
    for id in [&dead, &live, &killed] {
        let effect = proposed(&*storage, id, 1).await;
        storage.advance(&effect.id, Move::Send, at(1), None).await.unwrap().unwrap();
        effects.push(effect.id);
    }
    let untouched = proposed(&*storage, &dead, 2).await;
    let fence = storage.claim(&live, "this desk", Duration::from_secs(60)).await.unwrap().unwrap();
    storage.claim(&killed, "a desk that was killed just now", Duration::from_secs(60)).await.unwrap().unwrap();
    let state = async |id: &EffectId| storage.effect(id).await.unwrap().unwrap().state;
    assert_eq!(storage.forget_sent("this desk", at(2)).await.unwrap(), 2);
    assert_eq!(state(&effects[0]).await, EffectState::Unknown);
    assert_eq!(state(&effects[2]).await, EffectState::Unknown, "its lease runs on, and nobody is behind it");
    assert_eq!(state(&effects[1]).await, EffectState::Sent, "its owner lives");
    storage.release(&live, fence).await.unwrap();
    assert_eq!(storage.forget_sent("this desk", at(3)).await.unwrap(), 1);
    assert_eq!(state(&effects[1]).await, EffectState::Unknown);
    assert_eq!(state(&untouched.id).await, EffectState::Proposed);
}

pub async fn what_waits_is_listed_oldest_first(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let mut effects = Vec::new();
    for number in [3, 1, 2, 4] {
        effects.push(proposed(&*storage, &id, number).await.id);
    }
    storage.advance(&effects[3], Move::Send, at(10), None).await.unwrap().unwrap();
    let listed: Vec<_> = storage.unsettled(10).await.unwrap().into_iter().map(|effect| effect.id).collect();
    assert_eq!(listed, [effects[1].clone(), effects[2].clone(), effects[0].clone()]);
    assert_eq!(storage.unsettled(1).await.unwrap().len(), 1);
    storage.advance(&effects[3], Move::Lose { problem: "cut".to_owned() }, at(11), None).await.unwrap().unwrap();
    assert_eq!(storage.unsettled(10).await.unwrap().len(), 4);
}

pub async fn an_effect_is_found_by_its_vendors_name_for_it(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let (other, kind) = (deskhand::domain::id::StoreId::new("other"), EffectKind::Ticket);
    let effect = proposed(&*storage, &id, 1).await;
    let go = async |step: Move| storage.advance(&effect.id, step, at(10), None).await.unwrap().unwrap();
    assert!(!storage.under_way(&store(), kind).await.unwrap(), "nothing of it has left");
    go(Move::Send).await;
    assert!(storage.under_way(&store(), kind).await.unwrap());
    assert!(!storage.under_way(&other, kind).await.unwrap());
    assert!(!storage.under_way(&store(), EffectKind::Label).await.unwrap());
    go(Move::Lose { problem: "cut".to_owned() }).await;
    assert!(storage.under_way(&store(), kind).await.unwrap());
    assert_eq!(storage.effect_called(&store(), kind, "T-1").await.unwrap(), None);
    go(Move::Confirm { vendor_reference: Some("T-1".to_owned()), watched: true }).await;
    assert!(!storage.under_way(&store(), kind).await.unwrap());
    let found = storage.effect_called(&store(), kind, "T-1").await.unwrap().map(|found| found.id);
    assert_eq!(found.as_ref(), Some(&effect.id));
    assert_eq!(storage.effect_called(&store(), kind, "T-2").await.unwrap(), None);
    assert_eq!(storage.effect_called(&store(), EffectKind::Label, "T-1").await.unwrap(), None);
    assert_eq!(storage.effect_called(&other, kind, "T-1").await.unwrap(), None);
}
