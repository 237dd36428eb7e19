//! What is taken of Intercom: what its app signed for the store's own workspace.

use deskhand::sandbox::INTERCOM_WORKSPACE;
use sha1::Sha1;

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_intercom_did_not_sign_for_this_workspace_changes_nothing() {
    let house = house(Vendor::Intercom).await;
    let (conversation, ticket) = handed_over(&house).await;
    is_quiet(&house).await;
    let secret = house.sandbox.credentials().intercom_client_secret.clone();
    let path = house.helpdesk_path();
    let event = |id: &str, app: &str, of: &str| {
        let item = json!({"type": "conversation", "id": of});
        json!({"type": "notification_event", "app_id": app, "topic": "conversation.admin.replied", "id": id,
               "data": {"type": "notification_event_data", "item": item}})
        .to_string()
    };
    let nobody = house.nobody();
    let body = event("notif_1", INTERCOM_WORKSPACE, &ticket.to_string());
    let post = |path: &str, secret: &str, body: &str| {
        let mut digest = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap();
        digest.update(body.as_bytes());
        let signature = format!("sha1={}", hex::encode(digest.finalize().into_bytes()));
        nobody.request(Method::POST, path).body(body.to_owned()).header("X-Hub-Signature", signature)
    };
    let requests = [
        nobody.request(Method::POST, &path).body(body.clone()),
        post(&path, "another secret", &body),
        post(&path, "", &body),
        post(&path, &secret, &body).body(event("notif_1", INTERCOM_WORKSPACE, "1")),
        post(&format!("{path}/tail"), &secret, &body),
        post(&path.replace(STORE, OTHER_STORE), &secret, &body),
        post(&path.replace("intercom", "zendesk"), &secret, &body),
    ];
    for request in requests {
        send(request).await.refused(401, "invalid_api_key");
    }
    let other_workspace = event("notif_3", "another", &ticket.to_string());
    let ping = r#"{"type":"notification_event","topic":"ping"}"#;
    for text in ["not json", "", "[]", ping, &other_workspace, &event("notif_4", INTERCOM_WORKSPACE, "../me")] {
        send(post(&path, &secret, text)).await.expect(200);
    }
    assert_eq!(house.storage.waiting_deliveries().await.unwrap(), 0);
    // Intercom looks for the address first, and is told nothing of the store.
    for (path, status) in
        [(path.clone(), 200), (path.replace(STORE, "nowhere"), 200), ("/webhooks/x/y".to_owned(), 404)]
    {
        assert_eq!(nobody.request(Method::HEAD, &path).send().await.unwrap().status(), status, "{path}");
    }

    // The same event again and again, and of a conversation that is nobody's here.
    let before = said(&house, &conversation).await;
    for _ in 0..5 {
        send(post(&path, &secret, &body)).await.expect(200);
    }
    send(post(&path, &secret, &event("notif_2", INTERCOM_WORKSPACE, "99"))).await.expect(200);
    is_quiet(&house).await;
    assert_eq!(said(&house, &conversation).await, before);
    assert_eq!(status(&house, &conversation).await, "handoff_pending");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_note_follows_the_opening_and_is_for_colleagues_alone() {
    let house = house(Vendor::Intercom).await;
    // Every call of the opening but the conversation's own is struck once: it goes on, and nothing is there twice.
    for (operation, effect) in [
        ("POST /contacts", Effect::CutAfter),
        ("POST /contacts", Effect::RateLimited { retry_after_seconds: 1 }),
        ("POST /tags", Effect::Status { code: 503 }),
    ] {
        house.sandbox.fault(Fault::new(effect).vendor(Vendor::Intercom).operation(operation).times(1));
    }
    let (_, ticket) = handed_over(&house).await;
    until("the note is there", async || whole_ticket(&house, ticket).contains("Why a person")).await;
    is_quiet(&house).await;
    let world = house.sandbox.world();
    assert_eq!((world.intercom.contacts.len(), world.intercom.conversations.len()), (1, 1));
    let own = world.intercom.conversation(ticket).unwrap();
    assert!(!own.text.contains("Why a person"), "the contact may read the first message: {}", own.text);
    let notes: Vec<_> = own
        .parts
        .iter()
        .filter(|part| part.text.as_deref().is_some_and(|text| text.contains("Why a person")))
        .collect();
    assert!(notes.len() == 1 && notes[0].kind == "note", "{notes:?}");
    assert!(own.tags.iter().any(|put| put.tag.name.starts_with("deskhand-")), "{:?}", own.tags);
    let contact = world.intercom.contact(&own.contact).unwrap();
    assert_eq!((contact.email.as_deref(), contact.role.as_str()), (None, "user"));
}
