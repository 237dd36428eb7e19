//! What the simulated carrier sends by itself, to an address that a test listens at.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use sha2::Sha256;

use super::*;

const ON_ITS_WAY: &str = "1Z61A04V0342517713";

#[derive(Clone, Default)]
struct Ear(Arc<Mutex<Heard>>);

#[derive(Default)]
struct Heard {
    /// Signature and body, in the order in which they came.
    all: Vec<(String, String)>,
    /// So many are turned away first.
    refused: usize,
}

impl Ear {
    /// An address, and what comes to it.
    async fn open() -> (String, Self) {
        let ear = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/webhooks/easypost/main", listener.local_addr().unwrap());
        let routes = Router::new().route("/webhooks/easypost/main", post(take)).with_state(ear.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (url, ear)
    }

    fn bodies(&self) -> Vec<Value> {
        self.0.lock().unwrap().all.iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect()
    }

    async fn has_heard(&self, count: usize) -> Vec<Value> {
        for _ in 0..100 {
            if self.bodies().len() >= count {
                // One too many would come as soon.
                tokio::time::sleep(Duration::from_millis(250)).await;
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        let bodies = self.bodies();
        assert_eq!(bodies.len(), count, "{bodies:#?}");
        bodies
    }
}

async fn take(State(ear): State<Ear>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let mut heard = ear.0.lock().unwrap();
    assert_eq!(headers["content-type"], "application/json");
    let signature = headers.get("x-hmac-signature").map_or("", |value| value.to_str().unwrap());
    heard.all.push((signature.to_owned(), String::from_utf8(body.to_vec()).unwrap()));
    if heard.refused == 0 {
        return StatusCode::OK;
    }
    heard.refused -= 1;
    StatusCode::INTERNAL_SERVER_ERROR
}

impl Bench {
    async fn webhooks(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let url = format!("{}/v2/webhooks{path}", self.sandbox.easypost_url());
        let request = self.client.request(method, url).bearer_auth(&self.sandbox.credentials().easypost_api_key);
        let response = request.json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn register(&self, url: &str, secret: &str) -> String {
        let (status, hook) =
            self.webhooks(Method::POST, "", json!({"webhook": {"url": url, "webhook_secret": secret}})).await;
        assert_eq!((status, &hook["object"], &hook["url"]), (201, &json!("Webhook"), &json!(url)));
        assert!(!hook.to_string().contains(secret), "a secret is not shown again");
        hook["id"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn each_status_of_a_tracker_is_told_signed_and_in_order() {
    let bench = Bench::start().await;
    let (url, ear) = Ear::open().await;
    bench.track(ON_ITS_WAY, Some("UPS")).await;
    bench.register(&url, "s\u{e9}cret").await;
    bench.pass(hours(1));
    assert_eq!(ear.has_heard(0).await, Vec::<Value>::new(), "what happened before is not told");
    bench.pass(hours(72));
    let events = ear.has_heard(2).await;
    for (event, (before, now)) in
        events.iter().zip([("in_transit", "out_for_delivery"), ("out_for_delivery", "delivered")])
    {
        assert_eq!((&event["object"], &event["description"]), (&json!("Event"), &json!("tracker.updated")));
        assert_eq!(
            (&event["previous_attributes"]["status"], &event["result"]["status"]),
            (&json!(before), &json!(now))
        );
        assert_eq!((&event["result"]["tracking_code"], &event["pending_urls"]), (&json!(ON_ITS_WAY), &json!([url])));
        assert!(event["id"].as_str().unwrap().starts_with("evt_"));
    }
    assert_ne!(events[0]["id"], events[1]["id"]);
    for (signature, body) in &ear.0.lock().unwrap().all {
        let mut digest = Hmac::<Sha256>::new_from_slice("se\u{301}cret".as_bytes()).unwrap();
        digest.update(body.as_bytes());
        assert_eq!(*signature, format!("hmac-sha256-hex={}", hex::encode(digest.finalize().into_bytes())));
    }
}

#[tokio::test]
async fn an_event_comes_again_with_its_id_and_its_bytes_until_it_is_taken() {
    let bench = Bench::start().await;
    let (url, ear) = Ear::open().await;
    ear.0.lock().unwrap().refused = 2;
    bench.register(&url, "a secret").await;
    bench.pass(hours(1));
    bench.track(ON_ITS_WAY, Some("UPS")).await;
    let events = ear.has_heard(3).await;
    assert_eq!((&events[0]["description"], &events[0]["previous_attributes"]), (&json!("tracker.created"), &json!({})));
    let all = ear.0.lock().unwrap().all.clone();
    assert!(all.iter().all(|it| *it == all[0]), "{all:#?}");
    assert!(bench.sandbox.world().notices.is_empty());
}

#[tokio::test]
async fn webhooks_are_listed_dropped_and_kept_in_the_world() {
    let folder = tempfile::tempdir().unwrap();
    let world = folder.path().join("world.json");
    let start = || Bench::with(|options| options.world_file = Some(world.clone()));
    let bench = start().await;
    let (url, ear) = Ear::open().await;
    let id = bench.register(&url, "a secret").await;
    bench.track(ON_ITS_WAY, Some("UPS")).await;
    let (_, shown) = bench.webhooks(Method::GET, &format!("/{id}"), Value::Null).await;
    let (_, listed) = bench.webhooks(Method::GET, "", Value::Null).await;
    assert_eq!((&listed["webhooks"], &shown["disabled_at"]), (&json!([shown]), &Value::Null));
    bench.sandbox.shutdown().await;

    let bench = start().await;
    bench.pass(hours(72));
    ear.has_heard(2).await;
    assert_eq!(bench.webhooks(Method::DELETE, &format!("/{id}"), Value::Null).await, (200, json!({})));
    for method in [Method::DELETE, Method::GET] {
        assert_eq!(bench.webhooks(method, &format!("/{id}"), Value::Null).await.0, 404);
    }
    bench.track("771950117428", Some("FedEx")).await;
    bench.pass(hours(240));
    ear.has_heard(2).await;
    for (body, code) in [
        (json!({"webhook": {"webhook_secret": "a secret"}}), "PARAMETER.REQUIRED"),
        (json!({"webhook": {"url": "ftp://shop.example/"}}), "PARAMETER.INVALID"),
        (json!({"webhook": {"url": "shop.example"}}), "PARAMETER.INVALID"),
    ] {
        let (status, refused) = bench.webhooks(Method::POST, "", body).await;
        assert_eq!((status, &refused["error"]["code"]), (422, &json!(code)));
    }
    let unknown = bench.client.get(format!("{}/v2/webhooks", bench.sandbox.easypost_url())).send().await.unwrap();
    assert_eq!(unknown.status(), 401);
}
