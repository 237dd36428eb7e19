//! What the bytes on disk give away, and what rotating and destroying keys does.

use std::time::Duration;

use deskhand::domain::customer::Email;
use deskhand::domain::effect::EffectKind;
use deskhand::domain::event::{Author, EventBody, ToolOutcome};
use deskhand::domain::id::{CallId, ConversationId, EffectId, MessageId, TurnId};
use deskhand::storage::StorageError;
use deskhand::storage::codes::{CodeVerdict, Codes as _};
use deskhand::storage::ledger::{Ledger as _, NewEffect};
use deskhand::storage::log::{Checkpoint, EventLog as _, Filter};
use deskhand::storage::outbox::NewJob;
use deskhand::storage::sqlite::{SqliteOptions, SqliteStorage};
use deskhand::storage::stores::{KeyKind, Stores as _};
use deskhand::storage::tries::{IdentityTries as _, Limits, Scope};
use deskhand::storage::vault::{Keyring, Vault};
use serde_json::json;
use sqlx::{Connection as _, SqliteConnection};

use super::conformance::{append, at, conversation_of, said, store};
use super::sqlite::Sqlite;

const EMAIL: &str = "zanzibar@example.com";
const CODE: &str = "739164";

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// A canary in every place that can hold one. Returns the conversation and the text of an API key.
async fn write_everything(storage: &SqliteStorage) -> (ConversationId, String) {
    let id = conversation_of(storage, Some(EMAIL)).await;
    let email = Email::parse(EMAIL).unwrap();
    let turn = TurnId::generate();
    let receipt = EventBody::ToolCompleted {
        turn: turn.clone(),
        call: CallId::new("call"),
        tool: "get_order".to_owned(),
        outcome: ToolOutcome::Done,
        receipt: json!({ "ship_to": "canary-receipt" }).into(),
        projection: json!({ "city": "canary-projection" }),
    };
    let answer = EventBody::MessageCompleted {
        turn: Some(turn.clone()),
        message: MessageId::generate(),
        attempt: 1,
        author: Author::Agent,
        content: "canary-answer".to_owned(),
    };
    let mut events = append(&id, 1, vec![said("canary-message"), receipt, answer]);
    events.outbox = vec![NewJob { lane: id.to_string(), kind: "mirror".to_owned(), payload: json!("canary-payload") }];
    storage.append(events).await.unwrap();
    let fence = storage.claim(&id, "owner", Duration::from_secs(60)).await.unwrap().unwrap();
    let checkpoint = Checkpoint { turn, attempt: 1, text: "canary-checkpoint".to_owned() };
    storage.checkpoint(&id, fence, Some(checkpoint)).await.unwrap();
    storage.put_code(&id, 1, &email, CODE, at(600)).await.unwrap();
    let effect = NewEffect {
        id: EffectId::generate(),
        store: store(),
        conversation: id.clone(),
        kind: EffectKind::Code,
        identity: format!("code:{id}:1"),
        wish: serde_json::Value::Null,
        request: format!("canary-request {CODE}"),
        at: at(0),
    };
    storage.propose(effect).await.unwrap();
    let scopes = [Scope::Order("canary-order".to_owned()), Scope::Address("203.0.113.77".to_owned())];
    storage.admit(&store(), &scopes, Limits::default(), at(0)).await.unwrap().unwrap();
    let (_, key) = storage.create_key(&store(), KeyKind::Secret, at(0)).await.unwrap();
    (id, key)
}

#[tokio::test]
async fn no_byte_on_disk_is_personal() {
    let file = Sqlite::new();
    let storage = file.storage().await;
    let (_, key) = write_everything(&storage).await;
    for when in ["in the write-ahead log", "in the file"] {
        let bytes = file.bytes();
        assert!(contains(&bytes, "message.completed"), "the search finds what is there, {when}");
        for canary in ["canary", "zanzibar", CODE, "203.0.113.77", &key, &key[3..]] {
            assert!(!contains(&bytes, canary), "{canary} stands {when}");
        }
        storage.close().await;
    }
}

/// Neither the wrapped key nor what it sealed can be found after an erasure, not even by who has the keyring.
#[tokio::test]
async fn an_erased_key_leaves_no_trace() {
    let file = Sqlite::new();
    let storage = file.storage().await;
    let (id, _) = write_everything(&storage).await;
    let other = conversation_of(&storage, Some("other@example.com")).await;
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", file.path().display())).await.unwrap();
    let secrets: Vec<(String,)> = sqlx::query_as(
        "SELECT wrapped FROM data_keys k JOIN conversations c ON c.id = k.conversation WHERE c.conversation = $1 \
         UNION ALL SELECT sealed FROM events e JOIN conversations c ON c.id = e.conversation WHERE c.conversation = $1 \
         UNION ALL SELECT request FROM effects UNION ALL SELECT payload FROM outbox UNION ALL SELECT email FROM codes \
         UNION ALL SELECT sealed FROM checkpoints",
    )
    .bind(id.as_str())
    .fetch_all(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
    assert_eq!(secrets.len(), 9);
    assert!(secrets.iter().all(|(secret,)| contains(&file.bytes(), secret)));
    assert_eq!(storage.erase(&store(), EMAIL).await.unwrap(), 1);
    let bytes = file.bytes();
    for (secret,) in &secrets {
        assert!(!contains(&bytes, secret), "{secret}");
    }
    assert_eq!(storage.read(&other, 0).await.unwrap().len(), 1);
}

/// A process that has the key in memory reads no more than one that has not.
#[tokio::test]
async fn an_erasure_reaches_other_processes() {
    let file = Sqlite::new();
    let (one, two) = (file.storage().await, file.storage().await);
    let (id, _) = write_everything(&one).await;
    assert!(serde_json::to_string(&two.read(&id, 0).await.unwrap()).unwrap().contains("canary"));
    assert_eq!(two.erase(&store(), EMAIL).await.unwrap(), 1);
    let text = serde_json::to_string(&one.read(&id, 0).await.unwrap()).unwrap();
    assert!(!text.contains("canary") && text.contains("(erased)"), "{text}");
    assert!(one.append(append(&id, 4, vec![said("canary")])).await.is_err());
    let late = one.put_code(&id, 2, &Email::parse(EMAIL).unwrap(), CODE, at(600)).await;
    assert_eq!(late, Err(StorageError::Erased));
}

const A: &str = "a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const B: &str = "b:AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

#[tokio::test]
async fn a_keyring_is_rotated_without_losing_anything() {
    let file = Sqlite::new();
    let open = async |keyring: &str| {
        let vault = Vault::new(Keyring::parse(keyring).unwrap());
        SqliteStorage::open(SqliteOptions::new(file.path(), vault)).await
    };
    let storage = open(A).await.unwrap();
    let (id, key) = write_everything(&storage).await;
    let digest = storage.vault().digest("token", "conv");
    storage.close().await;
    // The first start with both moves everything to the new key; then the old one may go.
    for (send, keyring) in [(2, format!("{B},{A}")), (3, B.to_owned())] {
        let storage = open(&keyring).await.unwrap();
        assert!(serde_json::to_string(&storage.read(&id, 0).await.unwrap()).unwrap().contains("canary-message"));
        let filter = Filter { customer_email: Some(EMAIL.to_owned()), limit: 1, ..Filter::default() };
        assert_eq!(storage.list(&filter).await.unwrap().conversations.len(), 1);
        assert!(storage.key(&key).await.unwrap().is_some());
        assert_eq!(storage.check_code(&id, "000000", at(1)).await.unwrap(), CodeVerdict::Wrong { left: 2 });
        storage.put_code(&id, send, &Email::parse(EMAIL).unwrap(), CODE, at(600)).await.unwrap();
        assert_eq!(storage.vault().digest("token", "conv"), digest);
        storage.close().await;
        let bytes = file.bytes();
        assert!(contains(&bytes, "v1.b.") && !contains(&bytes, "v1.a."), "nothing is left under the old key");
    }
    let missing = open(A).await.err();
    assert_eq!(missing, Some(StorageError::MissingKey("b".to_owned())));
    let another = open("b:AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=").await.err();
    assert!(matches!(another, Some(StorageError::Corrupt(_))), "{another:?}");
}
