//! What carriers send by themselves: who is believed, and what follows from it, once, whoever notices how often.

use std::time::Duration;

use deskhand::desk::Pace;
use deskhand::sandbox::{Effect, Fault, Fixture, Vendor};
use deskhand::storage::deliveries::Deliveries as _;
use futures_util::future::join_all;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::SignedDuration;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sha2::Sha256;

use super::client::{Answer, Client, send};
use super::held_model::Script;
use super::house::{CARRIER_SECRET, House, OTHER_STORE, STORE, Wishes};

/// Longer than any parcel takes back.
const TWO_WEEKS: SignedDuration = SignedDuration::from_hours(14 * 24);
const PAID: &str = "$64.00 has been refunded for order #1002";

/// A house that asks no carrier for ten minutes: whatever it notices before, it was told.
async fn house() -> House {
    let policy = toml::from_str(Fixture::juniper_and_pine_policy()).unwrap();
    let pace = Pace { absence: Duration::from_secs(600), ..Wishes::default().pace };
    House::with(Wishes { policy, pace, ..Wishes::default() }).await
}

fn fleece() -> Value {
    let items = json!([{"line": 1, "quantity": 1}]);
    json!({"order_number": "#1002", "items": items, "reason": "changed_mind"})
}

/// A conversation in which the model opens the return of a fleece, or hears how it stands.
async fn send_back(house: &House, conversation: &str) -> Answer {
    let find = json!({"order_number": "#1002", "email": "ana@example.com", "postcode": null});
    house.model.then(Script::Call("find_order", find)).then(Script::Call("create_return", fleece())).say("Hello.");
    house.store().say(conversation, "#1002, ana@example.com: I want to send it back").await.expect(200)
}

/// The shipment of the only label.
fn shipment(house: &House) -> String {
    let world = house.sandbox.world();
    let mut bought = world.shipments.iter().filter(|shipment| shipment.postage.is_some());
    let id = bought.next().expect("a label was bought").id.clone();
    assert!(bought.next().is_none(), "one label");
    id
}

fn event(id: &str, shipment: &str) -> String {
    let result = json!({"id": "trk_1", "object": "Tracker", "status": "delivered", "shipment_id": shipment});
    json!({"id": id, "object": "Event", "description": "tracker.updated", "result": result}).to_string()
}

/// The é of the secret, taken apart.
fn sign(body: &str) -> String {
    signed_with(&CARRIER_SECRET.replace('\u{e9}', "e\u{301}"), body)
}

fn signed_with(key: &str, body: &str) -> String {
    let mut digest = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    digest.update(body.as_bytes());
    format!("hmac-sha256-hex={}", hex::encode(digest.finalize().into_bytes()))
}

fn post(client: &Client, store: &str, body: &str) -> RequestBuilder {
    let request = client.request(Method::POST, &format!("/webhooks/easypost/{store}"));
    request.header("Content-Type", "application/json").body(body.to_owned())
}

async fn told(house: &House, body: &str) -> Answer {
    send(post(&house.nobody(), STORE, body).header("X-Hmac-Signature", sign(body))).await
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("waited in vain: {what}");
}

async fn is_worked_off(house: &House) {
    until("all is worked off", async || house.storage.waiting_deliveries().await.unwrap() == 0).await;
    assert!(house.storage.dead_deliveries(10).await.unwrap().is_empty());
}

/// How often the carrier was asked for a parcel.
fn asked(house: &House) -> usize {
    house.sandbox.requests().iter().filter(|request| request.path.starts_with("/v2/trackers")).count()
}

async fn messages(house: &House, conversation: &str) -> String {
    house.store().get(&format!("/v1/conversations/{conversation}")).await.expect(200).text
}

async fn register(house: &House, url: String) {
    let hook = json!({"webhook": {"url": url, "webhook_secret": CARRIER_SECRET}});
    let vendor = Client::new(house.address, None).with_key(&house.sandbox.credentials().easypost_api_key);
    let request = vendor.to(Method::POST, &format!("{}/v2/webhooks", house.sandbox.easypost_url()));
    send(request.json(&hook)).await.expect(201);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_carrier_tells_of_an_arrival_and_the_shopper_hears_of_the_money_at_once() {
    let house = house().await;
    register(&house, format!("http://{}/webhooks/easypost/{STORE}", house.address)).await;
    let conversation = house.conversation().await;
    send_back(&house, &conversation).await;
    assert!(house.refunds("#1002").is_empty());
    let mut stream = house.store().follow(&conversation, "0").await;
    stream.until("turn.completed").await;

    house.sandbox.clock().advance(TWO_WEEKS);
    let line = stream.until("message.completed").await;
    assert!(line.last().unwrap().data.to_string().contains(PAID), "{line:?}");
    assert_eq!(house.refunds("#1002"), ["64.00"]);
    until("every event is taken", async || house.sandbox.world().notices.is_empty()).await;
    is_worked_off(&house).await;
    assert_eq!(house.refunds("#1002"), ["64.00"]);
    assert_eq!(messages(&house, &conversation).await.matches(PAID).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_at_once_and_again_and_the_shopper_who_asks_pay_once() {
    let house = house().await;
    let (first, second) = (house.conversation().await, house.conversation().await);
    send_back(&house, &first).await;
    let shipment = shipment(&house);
    house.sandbox.clock().advance(TWO_WEEKS);
    let bodies: Vec<String> = (0..9).map(|number| event(&format!("evt_{}", number % 3), &shipment)).collect();
    let (answers, opened) =
        tokio::join!(join_all(bodies.iter().map(|body| told(&house, body))), send_back(&house, &second));
    for answer in answers {
        assert_eq!(answer.expect(200).body, json!({"received": true}));
    }
    assert!(opened.text.contains("return_open"), "{}", opened.text);
    is_worked_off(&house).await;
    assert_eq!(house.refunds("#1002"), ["64.00"]);

    let heard = asked(&house);
    for body in &bodies {
        told(&house, body).await.expect(200);
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_eq!(asked(&house), heard, "a repetition makes nobody ask anybody");
    told(&house, &event("evt_late", &shipment)).await.expect(200);
    is_worked_off(&house).await;
    assert_eq!(house.refunds("#1002"), ["64.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_signed_for_this_store_changes_nothing() {
    let house = house().await;
    let conversation = house.conversation().await;
    send_back(&house, &conversation).await;
    house.sandbox.clock().advance(TWO_WEEKS);
    let body = event("evt_1", &shipment(&house));
    let heard = asked(&house);
    let nobody = house.nobody();
    let unsigned = post(&nobody, STORE, &body);
    let otherwise = post(&nobody, STORE, &body).header("X-Hmac-Signature", signed_with("another secret", &body));
    let composed = post(&nobody, STORE, &body).header("X-Hmac-Signature", signed_with(CARRIER_SECRET, &body));
    let altered = post(&nobody, STORE, &body.replace("evt_1", "evt_2")).header("X-Hmac-Signature", sign(&body));
    let of_other = post(&nobody, OTHER_STORE, &body).header("X-Hmac-Signature", sign(&body));
    let of_none = post(&nobody, "nowhere", &body).header("X-Hmac-Signature", sign(&body));
    let keyed = post(&house.store(), STORE, &body);
    let mut answers = Vec::new();
    for request in [unsigned, otherwise, composed, altered, of_other, of_none, keyed] {
        let answer = send(request).await.refused(401, "invalid_api_key");
        answers.push(answer.body["error"].clone());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "all the same: {answers:?}");
    send(nobody.request(Method::POST, "/webhooks/nobody/juniper").body(body.clone())).await.refused(404, "not_found");
    send(nobody.request(Method::GET, "/webhooks/easypost/juniper")).await.refused(405, "invalid_request");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!((asked(&house), house.storage.waiting_deliveries().await.unwrap()), (heard, 0));
    assert!(house.refunds("#1002").is_empty());
    told(&house, &body).await.expect(200);
    until("it is paid for", async || house.refunds("#1002") == ["64.00"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_guesses_signatures_is_held_to_the_address_rate() {
    let mut wishes = Wishes::default();
    wishes.settings.address_rate.burst = 3;
    wishes.settings.address_rate.per_second = 0.01;
    let house = House::with(wishes).await;
    let body = event("evt_1", "shp_1");
    for status in [401, 401, 401, 429] {
        send(post(&house.nobody(), STORE, &body)).await.expect(status);
    }
    for _ in 0..5 {
        told(&house, &body).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_nobody_waits_for_is_taken_and_leaves_nothing_behind() {
    let house = house().await;
    let batch = json!({"id": "evt_b", "description": "batch.updated", "result": {"id": "batch_1"}}).to_string();
    let number = json!({"id": "evt_n", "description": "tracker.updated", "result": {"shipment_id": null}}).to_string();
    let outbound = event("evt_o", "shp_somebody_elses");
    for body in [&batch, &number, &outbound, "no JSON", "[]", "{}", ""] {
        told(&house, body).await.expect(200);
    }
    is_worked_off(&house).await;
    let huge = format!("{{\"pad\":\"{}\"}}", "x".repeat(1024 * 1024));
    told(&house, &huge).await.refused(413, "payload_too_large");
    let long = json!({"pad": "x".repeat(300_000), "id": "evt_l", "description": "batch.updated"}).to_string();
    told(&house, &long).await.expect(200);
    is_worked_off(&house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_says_where_to_look_and_is_not_believed() {
    let house = house().await;
    let conversation = house.conversation().await;
    send_back(&house, &conversation).await;
    let shipment = shipment(&house);
    let heard = asked(&house);
    told(&house, &event("evt_1", &shipment)).await.expect(200);
    is_worked_off(&house).await;
    assert!(asked(&house) > heard, "the carrier is asked");
    assert!(house.refunds("#1002").is_empty(), "the parcel is not there, whatever the event says");

    house.sandbox.clock().advance(TWO_WEEKS);
    house.sandbox.fault(Fault::new(Effect::Garbage).vendor(Vendor::Shopify).times(1));
    house.sandbox.fault(Fault::new(Effect::Garbage).vendor(Vendor::Easypost).path("/v2/trackers").times(1));
    told(&house, &event("evt_2", &shipment)).await.expect(200);
    until("it is paid for once the vendors can be read", async || house.refunds("#1002") == ["64.00"]).await;
    is_worked_off(&house).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_is_faster_than_the_label_waits_for_it() {
    let house = house().await;
    let conversation = house.conversation().await;
    let held = Effect::Hold { barrier: "bought".to_owned() };
    house.sandbox.fault(Fault::new(held).vendor(Vendor::Easypost).path("/buy").times(1));
    let meanwhile = async {
        assert!(house.sandbox.faults().wait_held("bought", 1, Duration::from_secs(20)).await);
        let body = event("evt_1", &shipment(&house));
        told(&house, &body).await.expect(200);
        tokio::time::sleep(Duration::from_millis(700)).await;
        assert_eq!(house.storage.waiting_deliveries().await.unwrap(), 1, "whose it is cannot be known yet");
        house.sandbox.faults().release("bought");
    };
    tokio::join!(send_back(&house, &conversation), meanwhile);
    is_worked_off(&house).await;
    assert!(house.refunds("#1002").is_empty());
    house.sandbox.clock().advance(TWO_WEEKS);
    told(&house, &event("evt_2", &shipment(&house))).await.expect(200);
    until("it is paid for", async || house.refunds("#1002") == ["64.00"]).await;
}
