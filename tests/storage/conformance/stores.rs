//! Stores, their keys, their turns.

use deskhand::domain::id::{StoreId, TurnId};
use deskhand::storage::stores::KeyKind;

use super::*;

pub async fn a_pause_outlives_the_process(backend: &dyn Backend) {
    let storage = backend.open().await;
    assert!(storage.store(&store()).await.unwrap().is_none());
    storage.set_paused(&store(), true, at(1)).await.unwrap();
    let record = backend.open().await.store(&store()).await.unwrap().expect("was recorded");
    assert_eq!((record.paused, record.updated_at), (true, at(1)));
    storage.set_paused(&store(), false, at(2)).await.unwrap();
    assert!(!storage.store(&store()).await.unwrap().expect("was recorded").paused);
}

pub async fn keys_are_found_by_their_text(backend: &dyn Backend) {
    let storage = backend.open().await;
    let (secret, text) = storage.create_key(&store(), KeyKind::Secret, at(1)).await.unwrap();
    let (public, public_text) = storage.create_key(&store(), KeyKind::Public, at(2)).await.unwrap();
    assert!(text.starts_with("sk_") && public_text.starts_with("pk_") && text.len() >= 3 + 27, "160 bits at least");
    let storage = backend.open().await;
    let found = storage.key(&text).await.unwrap().expect("is known");
    assert_eq!((&found.id, found.kind, &found.store), (&secret.id, KeyKind::Secret, &store()));
    assert!(storage.key(&text.to_uppercase()).await.unwrap().is_none());
    assert!(storage.key("").await.unwrap().is_none());
    assert_eq!(storage.keys(&store()).await.unwrap().len(), 2);
    assert!(storage.keys(&StoreId::new("other")).await.unwrap().is_empty());
    assert!(storage.revoke_key(&public.id, at(3)).await.unwrap());
    assert!(!storage.revoke_key(&public.id, at(4)).await.unwrap(), "once");
    assert!(storage.key(&public_text).await.unwrap().is_none());
    assert_eq!(storage.keys(&store()).await.unwrap()[1].revoked_at, Some(at(3)));
}

pub async fn an_imported_key_is_stored_once(backend: &dyn Backend) {
    let storage = backend.open().await;
    let first = storage.import_key(&store(), KeyKind::Public, "pk_demo", at(1)).await.unwrap();
    let again = storage.import_key(&store(), KeyKind::Public, "pk_demo", at(2)).await.unwrap();
    assert_eq!((first.id.clone(), first.created_at), (again.id, again.created_at));
    assert!(storage.revoke_key(&first.id, at(3)).await.unwrap());
    let revoked = storage.import_key(&store(), KeyKind::Public, "pk_demo", at(4)).await.unwrap();
    assert_eq!(revoked.revoked_at, Some(at(3)), "an import does not undo a revocation");
    assert!(storage.key("pk_demo").await.unwrap().is_none());
}

pub async fn turns_are_counted(backend: &dyn Backend) {
    let storage = backend.open().await;
    for seconds in [10, 20, 30] {
        let id = conversation(&*storage).await;
        let turn = TurnId::generate();
        let mut append = append(&id, 1, vec![said("hello"), turn_started(&turn, 2), turn_completed(&turn, 2)]);
        append.at = at(seconds);
        storage.append(append).await.unwrap();
    }
    assert_eq!(storage.count_turns(&store(), at(0)).await.unwrap(), 3);
    assert_eq!(storage.count_turns(&store(), at(20)).await.unwrap(), 2);
    assert_eq!(storage.count_turns(&StoreId::new("other"), at(0)).await.unwrap(), 0);
}
