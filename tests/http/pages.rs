//! What stands beside the conversations: health, the API's description, the built-in page, browsers of other origins.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deskhand::server::{self, DemoPage};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::client::{Events, send};
use super::house::{House, STORE, Wishes};

#[tokio::test]
async fn health_and_readiness() {
    let house = House::open().await;
    assert_eq!(house.nobody().get("/healthz").await.expect(200).body["status"], "ok");
    let ready = house.nobody().get("/readyz").await.expect(200).body;
    assert_eq!(ready["ready"], true);
    assert_eq!(ready["storage"], "writable");
    assert_eq!(ready["stores"][0], json!({"store": "juniper", "model": "held in a test's hand"}));
}

#[tokio::test]
async fn a_full_disk_is_told_without_internals() {
    let house = House::with(Wishes { pages: Some(120), ..Wishes::default() }).await;
    let body = json!({"metadata": {"text": "x".repeat(12_000)}});
    let mut refused = None;
    for _ in 0..200 {
        let answer = house.store().post("/v1/conversations", &body).await;
        if answer.status != 201 {
            refused = Some(answer.refused(503, "internal_error"));
            break;
        }
    }
    let refused = refused.expect("the disk is never full");
    assert!(!refused.text.to_lowercase().contains("sqlite") && !refused.text.contains("database"), "{}", refused.text);
}

#[tokio::test]
async fn without_its_database_the_server_lives_and_is_not_ready() {
    let house = House::open().await;
    house.nobody().get("/readyz").await.expect(200);
    house.lose_the_database().await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let ready = house.nobody().get("/readyz").await.expect(503).body;
    assert_eq!((&ready["ready"], &ready["storage"]), (&json!(false), &json!("unwritable")));
    house.nobody().get("/healthz").await.expect(200);
    let answer = house.store().post("/v1/conversations", &json!({})).await;
    assert!(answer.status.is_server_error(), "{}", answer.text);
    assert_eq!(answer.body["error"]["code"], "internal_error");
}

#[tokio::test]
async fn the_description_is_the_same_as_the_command_line_prints() {
    let house = House::open().await;
    let served = house.nobody().get("/openapi.json").await.expect(200);
    assert_eq!(served.header("content-type"), "application/json");
    assert_eq!(served.text, server::openapi().to_pretty_json().unwrap());
}

/// Each documented operation exists, and answers nobody without a key or a signature.
#[tokio::test]
async fn what_is_described_is_there() {
    let house = House::open().await;
    let id = house.conversation().await;
    let api: Value = serde_json::to_value(server::openapi()).unwrap();
    let mut seen = BTreeSet::new();
    for (path, item) in api["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            seen.insert(format!("{} {path}", method.to_uppercase()));
            let method: Method = method.to_uppercase().parse().unwrap();
            let path = path.replace("{id}", &id).replace("{vendor}", "easypost").replace("{store}", STORE);
            // Who only looks whether there is an address is told nothing else.
            if method == Method::HEAD {
                assert_eq!(house.nobody().request(method, &path).send().await.unwrap().status(), 200);
                continue;
            }
            let answer = send(house.nobody().request(method, &path)).await;
            let expected = if path.starts_with("/v1") || path.starts_with("/webhooks") { 401 } else { 200 };
            answer.expect(expected);
        }
    }
    let expected = [
        "GET /healthz",
        "GET /readyz",
        "GET /v1/approvals",
        "GET /v1/articles",
        "GET /v1/conversations",
        "GET /v1/conversations/{id}",
        "GET /v1/conversations/{id}/events",
        "HEAD /webhooks/{vendor}/{store}",
        "POST /v1/approvals/{id}/approve",
        "POST /v1/approvals/{id}/deny",
        "POST /v1/articles/{id}/accept",
        "POST /v1/articles/{id}/decline",
        "POST /v1/conversations",
        "POST /v1/conversations/{id}/escalate",
        "POST /v1/conversations/{id}/handback",
        "POST /v1/conversations/{id}/messages",
        "POST /v1/conversations/{id}/resolve",
        "POST /webhooks/{vendor}/{store}",
        "POST /webhooks/{vendor}/{store}/{tail}",
    ];
    assert_eq!(seen.iter().map(String::as_str).collect::<Vec<_>>(), expected);
}

fn demo() -> DemoPage {
    DemoPage {
        public_key: String::new(),
        store_name: "Juniper </script><script>alert(1)</script> & Pine".to_owned(),
        suggestions: vec!["Where is #1001? <!--".to_owned()],
        model_note: "The offline stand-in answers.".to_owned(),
    }
}

#[tokio::test]
async fn without_its_setting_the_page_says_how_to_have_it() {
    let house = House::open().await;
    let page = house.nobody().get("/").await.expect(200);
    assert!(page.text.contains("server.demo_page"), "{}", page.text);
    assert!(!page.text.contains("pk_"));
}

#[tokio::test]
async fn the_page_runs_its_own_script_and_nothing_else() {
    let house = House::with_settings(|settings| settings.demo_page = Some(demo())).await;
    let page = house.nobody().get("/").await.expect(200);
    let policy = page.header("content-security-policy").to_owned();
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");

    let scripts: Vec<&str> = between(&page.text, "<script>", "</script>");
    let styles: Vec<&str> = between(&page.text, "<style>", "</style>");
    assert_eq!((scripts.len(), styles.len()), (1, 1), "what is in the settings must not become an element");
    for (kind, text) in [("script-src", scripts[0]), ("style-src", styles[0])] {
        let hash = STANDARD.encode(Sha256::digest(text));
        assert!(policy.contains(&format!("{kind} 'sha256-{hash}'")), "{policy}");
    }
    let settings = between(&page.text, "<script type=\"application/json\" id=\"settings\">", "</script>");
    let settings: Value = serde_json::from_str(settings[0]).unwrap();
    assert_eq!(settings["public_key"], house.public_key.as_str());
    assert_eq!(settings["store_name"], demo().store_name);
    assert!(!page.text.contains(" onclick=") && !page.text.contains(" style="), "no inline handlers or styles");
    let script = scripts[0];
    for dangerous in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("] {
        assert!(!script.contains(dangerous), "{dangerous}");
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Vec<&'a str> {
    text.split(start).skip(1).filter_map(|rest| rest.split_once(end)).map(|(inner, _)| inner).collect()
}

#[tokio::test]
async fn the_pages_key_sees_the_workings_and_no_other_browser_does() {
    let house = House::with_settings(|settings| settings.demo_page = Some(demo())).await;
    let opened = house.browser().post("/v1/conversations", &json!({})).await.expect(201);
    let id = opened.body["conversation_id"].as_str().unwrap();
    let mine = house.browser().with_token(opened.body["conversation_token"].as_str().unwrap());
    mine.say(id, "Hello").await.expect(200);
    let mut events =
        Events::of(mine.request(Method::GET, &format!("/v1/conversations/{id}/events?view=operator"))).await;
    let names: Vec<String> = events.until("turn.completed").await.into_iter().map(|event| event.name).collect();
    for name in ["turn.started", "routed", "model.answered"] {
        assert!(names.iter().any(|known| known == name), "{names:?}");
    }
}

#[tokio::test]
async fn pages_of_other_origins_may_call_if_they_are_allowed() {
    let preflight = async |house: &House, origin: &str| {
        let request = house
            .nobody()
            .request(Method::OPTIONS, "/v1/conversations")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "authorization,content-type,x-conversation-token,last-event-id");
        send(request).await.expect(200)
    };
    let house = House::open().await;
    let answer = preflight(&house, "https://shop.example").await;
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    assert!(answer.header("access-control-allow-headers").contains("x-conversation-token"));
    // An error, too, must be readable by the page.
    let request = house.nobody().request(Method::GET, "/v1/conversations").header("Origin", "https://shop.example");
    assert_eq!(send(request).await.expect(401).header("access-control-allow-origin"), "*");

    let house =
        House::with_settings(|settings| settings.allowed_origins = vec!["https://shop.example".to_owned()]).await;
    let allowed = preflight(&house, "https://shop.example").await;
    assert_eq!(allowed.header("access-control-allow-origin"), "https://shop.example");
    assert_eq!(preflight(&house, "https://evil.example").await.header("access-control-allow-origin"), "");
}
