//! Erasing a person.

use std::time::Duration;

use deskhand::domain::customer::Email;
use deskhand::domain::effect::{EffectKind, EffectState};
use deskhand::domain::event::{EventBody, ToolOutcome};
use deskhand::domain::id::{CallId, ConversationId, EffectId, StoreId, TurnId};
use deskhand::domain::identity::Proof;
use deskhand::storage::codes::CodeVerdict;
use deskhand::storage::ledger::{Move, NewEffect};
use deskhand::storage::log::{AppendError, Checkpoint, Filter};
use deskhand::storage::outbox::NewJob;
use deskhand::storage::{Storage, StorageError};
use serde_json::json;

use super::*;

const LONG: Duration = Duration::from_secs(60);

/// A conversation with something of everything in it that is sealed. Returns two effects: one proposed, one sent.
async fn full(storage: &dyn Storage, email: &str) -> (ConversationId, EffectId, EffectId) {
    let id = conversation_of(storage, Some(email)).await;
    let turn = TurnId::generate();
    let receipt = EventBody::ToolCompleted {
        turn: turn.clone(),
        call: CallId::new("call_1"),
        tool: "get_order".to_owned(),
        outcome: ToolOutcome::Done,
        receipt: json!({ "ship_to": "12 canary street" }).into(),
        projection: json!({ "order": "#1001" }),
    };
    let proof = Proof::Code { email: Email::parse(email).unwrap() };
    let mut append = append(&id, 1, vec![said("canary"), receipt, EventBody::IdentityProved { turn: None, proof }]);
    append.outbox = vec![NewJob { lane: id.to_string(), kind: "mirror".to_owned(), payload: json!("canary") }];
    storage.append(append).await.unwrap();
    let fence = storage.claim(&id, "owner", LONG).await.unwrap().unwrap();
    let checkpoint = Checkpoint { turn, attempt: 1, text: "canary".to_owned() };
    storage.checkpoint(&id, fence, Some(checkpoint)).await.unwrap();
    storage.release(&id, fence).await.unwrap();
    storage.put_code(&id, 1, &Email::parse(email).unwrap(), "123456", at(600)).await.unwrap();
    let proposed = effect(storage, &id, 1).await;
    let sent = effect(storage, &id, 2).await;
    storage.advance(&sent, Move::Send, at(2), None).await.unwrap().unwrap();
    (id, proposed, sent)
}

async fn effect(storage: &dyn Storage, conversation: &ConversationId, number: u32) -> EffectId {
    let effect = NewEffect {
        id: EffectId::generate(),
        store: store(),
        conversation: conversation.clone(),
        kind: EffectKind::Ticket,
        identity: format!("ticket:{conversation}:{number}"),
        wish: serde_json::Value::Null,
        request: "canary".to_owned(),
        at: at(1),
    };
    let id = effect.id.clone();
    storage.propose(effect).await.unwrap();
    id
}

pub async fn an_erased_person_is_gone(backend: &dyn Backend) {
    let storage = backend.open().await;
    let (id, ..) = full(&*storage, "ana@example.com").await;
    let before = storage.read(&id, 0).await.unwrap();
    assert_eq!(storage.erase(&store(), " Ana@example.com").await.unwrap(), 1);
    for storage in [storage, backend.open().await] {
        let after = storage.read(&id, 0).await.unwrap();
        assert_eq!(numbers(&after), numbers(&before), "the log is whole");
        let text = serde_json::to_string(&after).unwrap();
        assert!(!text.contains("canary") && !text.contains("ana@"), "{text}");
        assert!(text.contains("(erased)"));
        assert_eq!(storage.read_checkpoint(&id).await.unwrap(), None);
        assert_eq!(storage.depth().await.unwrap(), (0, 0));
        assert_eq!(storage.check_code(&id, "123456", at(3)).await.unwrap(), CodeVerdict::NoneOpen);
        assert!(storage.unanswered(10).await.unwrap().is_empty(), "nothing is left to answer");
        let filter = Filter { customer_email: Some("ana@example.com".to_owned()), limit: 10, ..Filter::default() };
        assert!(storage.list(&filter).await.unwrap().conversations.is_empty());
        assert_eq!(storage.erase(&store(), "ana@example.com").await.unwrap(), 0);
    }
}

pub async fn others_keep_what_they_said(backend: &dyn Backend) {
    let storage = backend.open().await;
    let (ana, ..) = full(&*storage, "ana@example.com").await;
    let (ben, ..) = full(&*storage, "ben@example.com").await;
    assert_eq!(storage.erase(&StoreId::new("other"), "ana@example.com").await.unwrap(), 0, "each store its own people");
    assert_eq!(storage.erase(&store(), "not an address").await.unwrap(), 0);
    storage.erase(&store(), "ana@example.com").await.unwrap();
    assert!(serde_json::to_string(&storage.read(&ben, 0).await.unwrap()).unwrap().contains("canary"));
    assert!(!serde_json::to_string(&storage.read(&ana, 0).await.unwrap()).unwrap().contains("canary"));
    assert_eq!(storage.depth().await.unwrap(), (1, 0));
    assert_eq!(storage.check_code(&ben, "000000", at(3)).await.unwrap(), CodeVerdict::Wrong { left: 2 });
}

pub async fn nothing_new_is_kept_of_an_erased_person(backend: &dyn Backend) {
    let storage = backend.open().await;
    let (id, ..) = full(&*storage, "ana@example.com").await;
    storage.erase(&store(), "ana@example.com").await.unwrap();
    let refused = storage.append(append(&id, 4, vec![said("canary")])).await;
    assert!(matches!(refused, Err(AppendError::Storage(StorageError::Erased))), "{refused:?}");
    let effect = NewEffect {
        id: EffectId::generate(),
        store: store(),
        conversation: id.clone(),
        kind: EffectKind::Code,
        identity: "code:1".to_owned(),
        wish: serde_json::Value::Null,
        request: "canary".to_owned(),
        at: at(3),
    };
    assert!(matches!(storage.propose(effect).await, Err(StorageError::Erased)));
    let email = Email::parse("ana@example.com").unwrap();
    assert_eq!(storage.put_code(&id, 2, &email, "123456", at(600)).await, Err(StorageError::Erased));
}

/// What was proposed is never sent; what may have been sent is settled, and told in the log without what is personal.
pub async fn effects_are_settled_after_an_erasure(backend: &dyn Backend) {
    let storage = backend.open().await;
    let (id, proposed, sent) = full(&*storage, "ana@example.com").await;
    storage.erase(&store(), "ana@example.com").await.unwrap();
    let failed = storage.effect(&proposed).await.unwrap().unwrap();
    assert_eq!((failed.state, failed.request.as_str()), (EffectState::Failed, "(erased)"));
    assert!(storage.advance(&proposed, Move::Send, at(4), None).await.unwrap().is_none());

    storage.advance(&sent, Move::Lose { problem: "cut".to_owned() }, at(4), None).await.unwrap().unwrap();
    assert!(storage.advance(&sent, Move::Send, at(5), None).await.unwrap().is_none(), "its bytes are gone");
    let event = EventBody::EffectMoved {
        effect: sent.clone(),
        kind: EffectKind::Ticket,
        state: EffectState::Confirmed,
        vendor_reference: Some("T-1".to_owned()),
    };
    let append = append(&id, 0, vec![event.clone(), said("canary")]);
    let confirm = Move::Confirm { vendor_reference: Some("T-1".to_owned()), watched: false };
    let confirmed = storage.advance(&sent, confirm, at(6), Some(append)).await.unwrap().expect("is settled");
    assert_eq!((confirmed.state, confirmed.request.as_str()), (EffectState::Confirmed, "(erased)"));
    let told = storage.read(&id, 4).await.unwrap();
    assert_eq!(told[0].body, event);
    assert!(!serde_json::to_string(&told).unwrap().contains("canary"));
}
