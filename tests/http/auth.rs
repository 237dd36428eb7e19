//! Who may do what: keys, conversation tokens, customer tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;

use super::client::{Events, send};
use super::house::{CUSTOMER_SECRET, House, STORE};

#[tokio::test]
async fn without_a_good_key_nothing_is_done() {
    let house = House::open().await;
    let id = house.conversation().await;
    for path in ["/v1/conversations", &format!("/v1/conversations/{id}"), &format!("/v1/conversations/{id}/events")] {
        let answer = house.nobody().get(path).await.refused(401, "invalid_api_key");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
        house.nobody().with_key("sk_guessed").get(path).await.refused(401, "invalid_api_key");
        house.nobody().with_key("pk_guessed").get(path).await.refused(401, "invalid_api_key");
        house.nobody().with_key("").get(path).await.refused(401, "invalid_api_key");
        let basic = house.nobody().request(Method::GET, path).basic_auth(&house.secret_key, None::<&str>);
        send(basic).await.refused(401, "invalid_api_key");
    }
    house.nobody().post("/v1/conversations", &json!({})).await.refused(401, "invalid_api_key");
}

#[tokio::test]
async fn a_revoked_key_is_no_key() {
    let house = House::open().await;
    house.browser().post("/v1/conversations", &json!({})).await.expect(201);
    house.revoke_public_key().await;
    house.browser().post("/v1/conversations", &json!({})).await.refused(401, "invalid_api_key");
}

#[tokio::test]
async fn a_browser_reaches_its_own_conversation_and_no_other() {
    let house = House::open().await;
    let opened = house.browser().post("/v1/conversations", &json!({})).await.expect(201);
    let id = opened.body["conversation_id"].as_str().unwrap();
    let token = opened.body["conversation_token"].as_str().unwrap();
    assert_eq!(opened.header("location"), format!("/v1/conversations/{id}"));
    let mine = house.browser().with_token(token);
    mine.get(&format!("/v1/conversations/{id}")).await.expect(200);
    mine.say(id, "Hi").await.expect(200);

    let other = house.conversation().await;
    for path in ["", "/events"] {
        let own = format!("/v1/conversations/{id}{path}");
        let foreign = format!("/v1/conversations/{other}{path}");
        let unknown = format!("/v1/conversations/conv_unknown{path}");
        let refusals = [
            house.browser().get(&own).await,
            house.browser().with_token("ct_AAAA").get(&own).await,
            house.browser().with_token(&token[..token.len() - 1]).get(&own).await,
            mine.get(&foreign).await,
            mine.get(&unknown).await,
        ];
        let messages: Vec<Value> = refusals
            .into_iter()
            .map(|answer| answer.refused(403, "insufficient_permissions").body["error"].clone())
            .collect();
        // Whether a conversation exists is not told, either.
        assert!(messages.windows(2).all(|pair| pair[0] == pair[1]), "{messages:?}");
    }
    for route in ["messages", "escalate", "resolve", "handback"] {
        let path = format!("/v1/conversations/{other}/{route}");
        mine.post(&path, &json!({"content": "Hi"})).await.refused(403, "insufficient_permissions");
    }
}

#[tokio::test]
async fn an_event_source_can_only_send_an_address() {
    let house = House::open().await;
    let opened = house.browser().post("/v1/conversations", &json!({})).await.expect(201);
    let id = opened.body["conversation_id"].as_str().unwrap();
    let token = opened.body["conversation_token"].as_str().unwrap();
    house.browser().with_token(token).say(id, "Hi").await.expect(200);
    let address = |key: &str| format!("/v1/conversations/{id}/events?key={key}&conversation_token={token}");
    let mut events = Events::of(house.nobody().request(Method::GET, &address(&house.public_key))).await;
    assert_eq!(events.next().await.unwrap().name, "message.received");

    house.nobody().get(&address(&house.secret_key)).await.refused(401, "invalid_api_key");
    let read = format!("/v1/conversations/{id}?key={}&conversation_token={token}", house.public_key);
    house.nobody().get(&read).await.refused(401, "invalid_api_key");
}

#[tokio::test]
async fn some_things_need_a_secret_key() {
    let house = House::open().await;
    let opened = house.browser().post("/v1/conversations", &json!({})).await.expect(201);
    let id = opened.body["conversation_id"].as_str().unwrap();
    let mine = house.browser().with_token(opened.body["conversation_token"].as_str().unwrap());
    mine.get("/v1/conversations").await.refused(403, "insufficient_permissions");
    for route in ["resolve", "handback"] {
        let path = format!("/v1/conversations/{id}/{route}");
        mine.post(&path, &json!({})).await.refused(403, "insufficient_permissions");
    }
    let operator = format!("/v1/conversations/{id}/events?view=operator");
    mine.get(&operator).await.refused(403, "insufficient_permissions");
    // Asking for a person is the shopper's right.
    let answer = mine.post(&format!("/v1/conversations/{id}/escalate"), &json!({})).await.expect(200);
    assert_eq!(answer.body, json!({"conversation_id": id, "status": "handoff_pending"}));
}

#[tokio::test]
async fn what_belongs_to_another_store_does_not_exist() {
    let house = House::open().await;
    let opened = house.store().post("/v1/conversations", &json!({})).await.expect(201);
    let id = opened.body["conversation_id"].as_str().unwrap();
    let token = opened.body["conversation_token"].as_str().unwrap();
    for stranger in [house.other_store(), house.other_store().with_token(token)] {
        let unknown = stranger.get("/v1/conversations/conv_unknown").await.refused(404, "not_found");
        let theirs = stranger.get(&format!("/v1/conversations/{id}")).await.refused(404, "not_found");
        assert_eq!(theirs.body["error"], unknown.body["error"]);
        stranger.get(&format!("/v1/conversations/{id}/events")).await.refused(404, "not_found");
        stranger.say(id, "Hi").await.refused(404, "not_found");
        for route in ["escalate", "resolve", "handback"] {
            stranger.post(&format!("/v1/conversations/{id}/{route}"), &json!({})).await.refused(404, "not_found");
        }
    }
    let list = house.other_store().get("/v1/conversations").await.expect(200);
    assert_eq!(list.body["conversations"], json!([]));
}

#[tokio::test]
async fn a_claim_proves_nothing() {
    let house = House::open().await;
    for client in [house.store(), house.browser()] {
        let claim = json!({"customer": {"email": "ana@example.com", "verified": true}});
        let opened = client.post("/v1/conversations", &claim).await.expect(201);
        let id = opened.body["conversation_id"].as_str().unwrap();
        let read = house.store().get(&format!("/v1/conversations/{id}")).await.expect(200);
        assert_eq!(read.body["assurance"], "anonymous");
    }
}

#[tokio::test]
async fn a_token_that_the_store_signed_verifies() {
    let house = House::open().await;
    let token = jwt(json!({"alg": "HS256", "typ": "JWT"}), claims(), CUSTOMER_SECRET);
    for client in [house.store(), house.browser()] {
        let opened = client.post("/v1/conversations", &json!({"customer_token": token})).await.expect(201);
        let id = opened.body["conversation_id"].as_str().unwrap();
        let read = house.store().get(&format!("/v1/conversations/{id}")).await.expect(200);
        assert_eq!(read.body["assurance"], "verified");
    }
}

#[tokio::test]
async fn every_other_token_is_refused() {
    let house = House::open().await;
    let hs256 = || json!({"alg": "HS256"});
    let with = |change: Value| {
        let mut claims = claims();
        claims.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        claims
    };
    let good = jwt(hs256(), claims(), CUSTOMER_SECRET);
    let (head, signature) = good.rsplit_once('.').unwrap();
    let unsigned = jwt(json!({"alg": "none"}), claims(), CUSTOMER_SECRET);
    let bad = [
        jwt(hs256(), claims(), "another secret"),
        jwt(json!({"alg": "none"}), claims(), CUSTOMER_SECRET),
        jwt(json!({"alg": "HS512"}), claims(), CUSTOMER_SECRET),
        jwt(json!({"alg": "HS256", "crit": ["b64"]}), claims(), CUSTOMER_SECRET),
        jwt(hs256(), with(json!({"exp": now() - 1})), CUSTOMER_SECRET),
        jwt(hs256(), with(json!({"exp": null})), CUSTOMER_SECRET),
        jwt(hs256(), with(json!({"exp": "tomorrow"})), CUSTOMER_SECRET),
        jwt(hs256(), with(json!({"nbf": now() + 600})), CUSTOMER_SECRET),
        jwt(hs256(), with(json!({"aud": "other"})), CUSTOMER_SECRET),
        jwt(hs256(), with(json!({"aud": null})), CUSTOMER_SECRET),
        jwt(hs256(), with(json!({"email": "not an address"})), CUSTOMER_SECRET),
        jwt(hs256(), with(json!({"email": null})), CUSTOMER_SECRET),
        format!("{}.", unsigned.rsplit_once('.').unwrap().0),
        format!("{head}.{}", &signature[..signature.len() - 2]),
        format!("{head}."),
        "a.b.c".to_owned(),
        "nonsense".to_owned(),
        String::new(),
    ];
    for token in bad {
        let answer = house.browser().post("/v1/conversations", &json!({"customer_token": token})).await;
        assert_eq!(answer.refused(401, "invalid_api_key").field(), "customer_token", "{token}");
    }
    // This store has no secret to sign with.
    let token = jwt(hs256(), with(json!({"aud": "other"})), "");
    let answer = house.other_store().post("/v1/conversations", &json!({"customer_token": token})).await;
    assert_eq!(answer.refused(401, "invalid_api_key").field(), "customer_token");
}

fn now() -> i64 {
    deskhand::domain::clock::Clock::machine().as_second()
}

fn claims() -> Value {
    json!({"email": "Ana@example.com", "aud": [STORE], "exp": now() + 600, "nbf": now() - 10})
}

fn jwt(header: Value, claims: Value, secret: &str) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(header), part(claims));
    let mut digest = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    digest.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(digest.finalize().into_bytes()))
}
