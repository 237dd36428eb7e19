//! Effects on orders: pieces, limits, one thing at a time, and people's decisions.

use std::sync::Arc;

use deskhand::domain::effect::{ApprovalState, Consent, Effect, EffectKind, EffectState};
use deskhand::domain::id::{ApprovalId, ConversationId, EffectId};
use deskhand::domain::money::{Currency, Money};
use deskhand::domain::order::{OrderId, Piece, Unit};
use deskhand::storage::approvals::{Approval, Decided, Granted, NewApproval};
use deskhand::storage::ledger::{Move, NewEffect};
use deskhand::storage::orders::{Allowance, Hold, OnOrder};
use deskhand::storage::{Storage, StorageError};
use jiff::Timestamp;

use super::*;

fn usd() -> Currency {
    "USD".parse().unwrap()
}

fn unit(number: u32) -> Piece {
    Piece::Unit(Unit { line: "line/a".to_owned(), number })
}

fn refund(conversation: &ConversationId, identity: &str, seconds: i64) -> NewEffect {
    NewEffect {
        id: EffectId::generate(),
        store: store(),
        conversation: conversation.clone(),
        kind: EffectKind::Refund,
        identity: identity.to_owned(),
        wish: serde_json::Value::Null,
        request: format!("{{\"refund\":{identity:?}}}"),
        at: at(seconds),
    }
}

fn hold(order: &str, pieces: &[Piece], minor: i64) -> Hold {
    Hold {
        order: OrderId::new(order),
        pieces: pieces.to_vec(),
        amount: Some(Money::from_minor(minor, usd())),
        allowances: vec![allowance("customer", None)],
    }
}

fn allowance(scope: &str, most: Option<i64>) -> Allowance {
    Allowance { scope: scope.to_owned(), at: at(1), since: Timestamp::UNIX_EPOCH, most }
}

fn question(seconds: i64) -> NewApproval {
    NewApproval {
        id: ApprovalId::generate(),
        reason: "above_order_limit".to_owned(),
        proposal: serde_json::json!({"of": "a canary"}),
        expires_at: at(seconds),
    }
}

fn decided(conversation: &ConversationId, seconds: i64) -> Decided {
    Decided {
        by: "key_1".to_owned(),
        at: at(seconds),
        note: Some("fine".to_owned()),
        append: append(conversation, 0, Vec::new()),
    }
}

fn new(outcome: OnOrder) -> Effect {
    match outcome {
        OnOrder::New(effect) => effect,
        other => panic!("not new: {other:?}"),
    }
}

async fn spent(storage: &dyn Storage, scope: &str) -> i64 {
    storage.spent(&store(), scope, usd(), Timestamp::UNIX_EPOCH, None).await.unwrap()
}

async fn go(storage: &dyn Storage, effect: &Effect, steps: &[Move]) {
    for step in steps {
        storage.advance(&effect.id, step.clone(), at(50), None).await.unwrap().expect("a step");
    }
}

fn confirmed() -> [Move; 2] {
    [Move::Send, Move::Confirm { vendor_reference: None, watched: false }]
}

/// Proposes an effect that waits for a person until second 100.
async fn asked(storage: &dyn Storage, id: &ConversationId, identity: &str, piece: Piece) -> (Effect, Approval) {
    let hold = hold("o", &[piece], 2_400);
    let effect = new(storage.propose_on_order(refund(id, identity, 1), hold, Some(question(100))).await.unwrap());
    let approvals = storage.approvals_of(id).await.unwrap();
    let approval = approvals.into_iter().find(|approval| approval.effect == effect.id).expect("an approval");
    (effect, approval)
}

pub async fn a_piece_is_consumed_once(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let tasks: Vec<_> = (0..16)
        .map(|task| {
            let (storage, id) = (Arc::clone(&storage), id.clone());
            let identity = format!("refund:{}", task % 4);
            let hold = hold("o", &[unit(1), Piece::Goodwill, Piece::Shipping], 1_000);
            tokio::spawn(async move { storage.propose_on_order(refund(&id, &identity, 1), hold, None).await.unwrap() })
        })
        .collect();
    let mut outcomes = [0; 3];
    for task in tasks {
        match task.await.unwrap() {
            OnOrder::New(_) => outcomes[0] += 1,
            OnOrder::Existing(_) => outcomes[1] += 1,
            OnOrder::Consumed(_) => outcomes[2] += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(outcomes, [1, 3, 12]);
    let consumed = storage.consumed(&store(), &OrderId::new("o")).await.unwrap();
    let pieces: Vec<_> = consumed.iter().map(|(piece, _)| piece.clone()).collect();
    assert_eq!(pieces, [Piece::Goodwill, unit(1), Piece::Shipping]);
    let elsewhere = storage.propose_on_order(refund(&id, "refund:x", 2), hold("p", &[unit(1)], 1), None).await.unwrap();
    new(elsewhere);
}

pub async fn what_fails_lets_go_and_may_be_proposed_again(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let propose =
        async || storage.propose_on_order(refund(&id, "r", 1), hold("o", &[unit(1)], 700), None).await.unwrap();
    let mut known = Vec::new();
    for _ in 0..3 {
        let effect = new(propose().await);
        assert_eq!(spent(&*storage, "customer").await, 700);
        go(&*storage, &effect, &[Move::Send, Move::Fail { problem: "refused".to_owned() }]).await;
        assert_eq!(spent(&*storage, "customer").await, 0);
        assert!(storage.consumed(&store(), &OrderId::new("o")).await.unwrap().is_empty());
        known.push(effect.id);
    }
    let last = new(propose().await);
    go(&*storage, &last, &confirmed()).await;
    assert!(matches!(propose().await, OnOrder::Existing(effect) if effect.id == last.id));
    assert!(!known.contains(&last.id));
    assert_eq!(spent(&*storage, "customer").await, 700);
}

pub async fn money_of_an_order_moves_in_one_place(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let propose = async |identity: &str, number: u32| {
        let hold = hold("o", &[unit(number)], 100);
        storage.propose_on_order(refund(&id, identity, 1), hold, None).await.unwrap()
    };
    let first = new(propose("first", 1).await);
    for step in [None, Some(Move::Send), Some(Move::Lose { problem: "cut".to_owned() })] {
        go(&*storage, &first, step.as_slice()).await;
        assert!(matches!(propose("second", 2).await, OnOrder::Busy(effect) if effect.id == first.id));
    }
    go(&*storage, &first, &[Move::Confirm { vendor_reference: None, watched: false }]).await;
    new(propose("second", 2).await);
}

pub async fn a_limit_holds_to_the_cent(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let tasks: Vec<_> = (0..20)
        .map(|task| {
            let (storage, id) = (Arc::clone(&storage), id.clone());
            let mut hold = hold(&format!("order-{task}"), &[unit(1)], 333);
            hold.allowances = vec![allowance("customer", Some(1_000)), allowance("store", Some(100_000))];
            tokio::spawn(async move {
                storage.propose_on_order(refund(&id, &format!("r:{task}"), 1), hold, None).await.unwrap()
            })
        })
        .collect();
    let mut let_through = 0;
    for task in tasks {
        match task.await.unwrap() {
            OnOrder::New(_) => let_through += 1,
            OnOrder::OverLimit { scope, used } => assert_eq!((scope.as_str(), used), ("customer", 999)),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((let_through, spent(&*storage, "customer").await), (3, 999));
    let mut one_more = hold("order-x", &[unit(1)], 1);
    one_more.allowances = vec![allowance("customer", Some(1_000))];
    new(storage.propose_on_order(refund(&id, "r:x", 1), one_more, None).await.unwrap());
    let later = storage.spent(&store(), "customer", usd(), at(1), None).await.unwrap();
    assert_eq!(later, 0, "what lies before the window does not count");
    let mut another = hold("order-y", &[unit(1)], 7);
    another.allowances = vec![allowance("store", None)];
    let last = new(storage.propose_on_order(refund(&id, "r:y", 1), another, None).await.unwrap());
    for (since, used) in [(Timestamp::UNIX_EPOCH, 999), (at(1), 0)] {
        let beside = storage.spent(&store(), "store", usd(), since, Some(&last.id)).await.unwrap();
        assert_eq!(beside, used, "the one that is judged once more does not count, within the window or before it");
    }
}

pub async fn what_waits_for_a_person_is_not_sent(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let (effect, approval) = asked(&*storage, &id, "r", unit(1)).await;
    assert_eq!((effect.consent, approval.state.clone()), (Consent::Awaited, ApprovalState::Pending));
    assert_eq!(approval.proposal, serde_json::json!({"of": "a canary"}));
    assert_eq!(spent(&*storage, "customer").await, 2_400, "what is pending counts");
    assert!(storage.advance(&effect.id, Move::Send, at(2), None).await.unwrap().is_none());
    assert!(storage.unsettled(9).await.unwrap().is_empty());
    let again = storage.propose_on_order(refund(&id, "other", 2), hold("o", &[unit(1)], 1), None).await.unwrap();
    assert!(matches!(again, OnOrder::Consumed(held) if held.id == effect.id));
    new(storage.propose_on_order(refund(&id, "third", 2), hold("o", &[unit(2)], 1), None).await.unwrap());
}

pub async fn a_yes_lets_out_what_remains_of_the_proposal(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let (effect, approval) = asked(&*storage, &id, "r", unit(1)).await;
    let granted = || Granted { request: "{\"less\":true}".to_owned(), hold: hold("o", &[unit(1)], 1_000) };
    let (approval, granted_effect) =
        storage.grant(&approval.id, decided(&id, 10), granted()).await.unwrap().expect("a yes");
    assert_eq!((approval.state.clone(), approval.note.as_deref()), (ApprovalState::Approved, Some("fine")));
    assert_eq!((granted_effect.consent, granted_effect.request.as_str()), (Consent::Given, "{\"less\":true}"));
    assert_eq!(granted_effect.amount, Some(Money::from_minor(1_000, usd())));
    assert_eq!(spent(&*storage, "customer").await, 1_000);
    assert!(storage.grant(&approval.id, decided(&id, 11), granted()).await.unwrap().is_none(), "once");
    let denied = storage.turn_down(&approval.id, ApprovalState::Denied, decided(&id, 11)).await.unwrap();
    assert!(denied.is_none(), "a yes stays a yes");
    go(&*storage, &effect, &confirmed()).await;
}

pub async fn a_no_and_a_time_that_is_over_let_go(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    for state in [ApprovalState::Denied, ApprovalState::Expired] {
        let (effect, approval) = asked(&*storage, &id, "r", unit(1)).await;
        let late = Granted { request: String::new(), hold: hold("o", &[unit(1)], 1) };
        assert!(storage.grant(&approval.id, decided(&id, 100), late).await.unwrap().is_none(), "too late");
        assert!(storage.overdue(at(99), 9).await.unwrap().is_empty());
        assert_eq!(storage.overdue(at(100), 9).await.unwrap().len(), 1);
        let told = storage.turn_down(&approval.id, state.clone(), decided(&id, 100)).await.unwrap().expect("decided");
        assert_eq!(told.state, state);
        let effect = storage.effect(&effect.id).await.unwrap().unwrap();
        assert_eq!(effect.state, EffectState::Failed);
        assert_eq!(spent(&*storage, "customer").await, 0);
    }
    assert_eq!(storage.approvals(&store(), Some(ApprovalState::Denied), 9).await.unwrap().len(), 1);
    assert_eq!(storage.approvals(&store(), None, 9).await.unwrap().len(), 2);
}

pub async fn a_yes_waits_for_other_money_of_the_order(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation(&*storage).await;
    let (_, approval) = asked(&*storage, &id, "r", unit(1)).await;
    let other = new(storage.propose_on_order(refund(&id, "s", 2), hold("o", &[unit(2)], 5), None).await.unwrap());
    let grant = async || {
        let granted = Granted { request: "{}".to_owned(), hold: hold("o", &[unit(1)], 2_400) };
        storage.grant(&approval.id, decided(&id, 10), granted).await.unwrap()
    };
    assert!(grant().await.is_none());
    go(&*storage, &other, &confirmed()).await;
    assert!(grant().await.is_some());
}

pub async fn nothing_personal_stays_of_an_approval(backend: &dyn Backend) {
    let storage = backend.open().await;
    let id = conversation_of(&*storage, Some("ana@example.com")).await;
    let (effect, approval) = asked(&*storage, &id, "r", unit(1)).await;
    storage.erase(&store(), "ana@example.com").await.unwrap();
    let approval = storage.approval(&approval.id).await.unwrap().unwrap();
    assert_eq!((approval.state, approval.proposal), (ApprovalState::Expired, serde_json::Value::Null));
    assert_eq!(storage.effect(&effect.id).await.unwrap().unwrap().state, EffectState::Failed);
    assert_eq!(spent(&*storage, "customer").await, 0);
    let after = storage.propose_on_order(refund(&id, "t", 2), hold("o", &[unit(3)], 1), None).await;
    assert!(matches!(after, Err(StorageError::Erased)), "{after:?}");
}
