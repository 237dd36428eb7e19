//! Goods that come back, with a model that calls what the test says: one return, one label, and money once the parcel has
//! arrived, whoever notices first. What happened is looked for in the world, never in words.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use deskhand::desk::Pace;
use deskhand::desk::approvals::Yes;
use deskhand::domain::clock::Clock;
use deskhand::domain::effect::{ApprovalState, EffectState};
use deskhand::domain::event::Status;
use deskhand::domain::id::StoreId;
use deskhand::integrations::hooks::{Hint, Source};
use deskhand::integrations::http::HttpSettings;
use deskhand::policy::Policy;
use deskhand::sandbox::{Effect as Broken, Fault, Vendor};
use deskhand::storage::deliveries::NewDelivery;
use serde_json::{Value, json};

use crate::played::Played;
use crate::refunds::{paid, receipt_of, system_lines};
use crate::shop::{MODEL_READS_ALL, STORE, Setting, Shop, Shopper, demo_policy, later};

/// Longer than any parcel takes back.
const TWO_WEEKS: i64 = 14 * 24 * 60;

fn goods(order: &str, line: u32, quantity: u32, reason: &str) -> Value {
    json!({"order_number": order, "items": [{"line": line, "quantity": quantity}], "reason": reason})
}

async fn shop(model: &Played, absence: Duration, policy: Policy) -> Shop {
    paced(model, Pace { absence, ..Setting::default().pace }, policy).await
}

async fn paced(model: &Played, pace: Pace, policy: Policy) -> Shop {
    Shop::with(Setting { model: Arc::new(model.clone()), router: MODEL_READS_ALL, pace, policy, ..Setting::default() })
        .await
}

/// A shop that looks after returns by itself.
async fn watchful(model: &Played) -> Shop {
    shop(model, Duration::from_millis(150), demo_policy()).await
}

/// A shop that notices nothing unless somebody asks.
async fn idle(model: &Played) -> Shop {
    shop(model, Duration::from_secs(600), demo_policy()).await
}

async fn ask(shopper: &Shopper<'_>, model: &Played, email: &str, tool: &'static str, arguments: Value) -> Value {
    let order = arguments["order_number"].as_str().unwrap().to_owned();
    let find = json!({"order_number": order, "email": email, "postcode": null});
    model.then([("find_order", find), (tool, arguments)]);
    shopper.ask(&format!("{order}, {email}: I want to send it back")).await;
    receipt_of(shopper, tool).await
}

pub fn returns(shop: &Shop, order: &str) -> Vec<Value> {
    let world = shop.world();
    let orders = world.pointer("/orders").and_then(Value::as_array).cloned().unwrap_or_default();
    let order = orders.into_iter().find(|known| known["name"] == order).expect("the order");
    order["returns"].as_array().cloned().unwrap_or_default()
}

/// Labels that were bought.
pub fn labels(shop: &Shop) -> Vec<Value> {
    let world = shop.world();
    let shipments = world.pointer("/shipments").and_then(Value::as_array).cloned().unwrap_or_default();
    shipments.into_iter().filter(|shipment| !shipment["postage"].is_null()).collect()
}

async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..150 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("waited in vain: {what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleece_goes_back_with_one_label_and_its_price_follows_by_itself() {
    let model = Played::new("return_request");
    let shop = watchful(&model).await;
    let shopper = shop.shopper().await;
    let fleece = || goods("#1002", 1, 1, "changed_mind");
    let email = "ana@example.com";
    let may = ask(&shopper, &model, email, "check_return_eligibility", fleece()).await;
    assert_eq!((&may["decision"], &may["refund"]["decision"]), (&json!("can_be_returned"), &json!("on_arrival")));
    assert_eq!(may["refund"]["amount"]["amount"], "64.00");
    assert!(returns(&shop, "#1002").is_empty(), "nothing is done by asking");

    let opened = ask(&shopper, &model, email, "create_return", fleece()).await;
    assert_eq!((&opened["decision"], &opened["label"]["state"]), (&json!("return_open"), &json!("ready")));
    assert_eq!(opened["items"], json!([{"title": "Cascade Fleece Pullover", "quantity": 1}]));
    assert_eq!(opened["parcel"]["status"], "not_sent_yet");
    let again = ask(&shopper, &model, email, "create_return", fleece()).await;
    assert_eq!((&again["return"], &again["label"]), (&opened["return"], &opened["label"]));
    let elsewhere = shop.shopper().await;
    let told = ask(&elsewhere, &model, email, "create_return", fleece()).await;
    assert_eq!(told["return"], opened["return"]);
    let open = returns(&shop, "#1002");
    assert_eq!((open.len(), open[0]["lines"].as_array().unwrap().len(), labels(&shop).len()), (1, 1, 1));
    let on_file = labels(&shop)[0]["postage"]["tracking_code"].clone();
    assert_eq!(opened["label"]["tracking_number"], on_file);
    assert!(json!(open).to_string().contains(on_file.as_str().unwrap()), "the platform has the label, too");

    assert!(paid(&shop, "#1002").is_empty());
    later(shop.desk.clock(), TWO_WEEKS);
    until("the fleece is paid for", async || !paid(&shop, "#1002").is_empty()).await;
    until("the shopper is told", async || system_lines(&shopper).await.contains("$64.00 has been refunded")).await;
    let late = ask(&shopper, &model, email, "create_return", fleece()).await;
    let refund = &late["refund"];
    assert_eq!((&refund["decision"], &refund["amount"]["amount"]), (&json!("refunded"), &json!("64.00")));
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(paid(&shop, "#1002"), ["64.00"]);
    assert_eq!(system_lines(&shopper).await.matches("$64.00").count(), 1, "told once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_asks_first_when_the_goods_are_back_is_paid_once() {
    let model = Played::new("return_request");
    let shop = idle(&model).await;
    let email = "ana@example.com";
    let fleece = || goods("#1002", 1, 1, "changed_mind");
    let first = shop.shopper().await;
    ask(&first, &model, email, "create_return", fleece()).await;
    later(shop.desk.clock(), TWO_WEEKS);
    let shoppers = [shop.shopper().await, shop.shopper().await];
    for shopper in &shoppers {
        model.then([("find_order", json!({"order_number": "#1002", "email": email, "postcode": null}))]);
        shopper.ask(&format!("#1002 {email}")).await;
    }
    model.then([("create_return", fleece()), ("create_return", fleece())]);
    futures_util::future::join_all(shoppers.iter().map(|shopper| shopper.ask("it is back, pay me"))).await;
    assert_eq!(paid(&shop, "#1002"), ["64.00"]);
    let socks = ask(&first, &model, email, "create_return", goods("#1002", 2, 1, "changed_mind")).await;
    assert_eq!(socks["decision"], "return_open", "the socks are another matter");
    assert_eq!(returns(&shop, "#1002").len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_slower_finds_the_money_and_hands_nothing_over() {
    let model = Played::new("return_request");
    let shop = idle(&model).await;
    let (email, fleece) = ("ana@example.com", || goods("#1002", 1, 1, "changed_mind"));
    let shopper = shop.shopper().await;
    ask(&shopper, &model, email, "create_return", fleece()).await;
    later(shop.desk.clock(), TWO_WEEKS);
    let slow = Broken::Latency { milliseconds: 4_000 };
    shop.sandbox.fault(Fault::new(slow).vendor(Vendor::Shopify).operation("ReturnSettlement").times(1));
    let since = shop.sandbox.requests().len();
    let asked = || {
        let requests = shop.sandbox.requests();
        requests.iter().skip(since).any(|request| request.operations.iter().any(|name| name == "ReturnSettlement"))
    };
    let label = labels(&shop)[0]["id"].as_str().unwrap().to_owned();
    let hint = Hint { event: "evt_1".to_owned(), kind: "tracker.updated".to_owned(), object: label };
    shop.desk.deliver(&StoreId::new(STORE), Source::EasyPost, hint).await.unwrap();
    until("the desk asks what the goods come to", async || asked()).await;
    let told = ask(&shopper, &model, email, "create_return", fleece()).await;
    assert_eq!(told["refund"]["decision"], "refunded", "{told}");
    let storage = shop.desk.storage();
    until("the desk has looked, too", async || storage.waiting_deliveries().await.unwrap() == 0).await;
    assert_eq!(paid(&shop, "#1002"), ["64.00"]);
    assert_eq!(shopper.conversation().await.status, Status::AiHandling, "nobody is needed");
}

/// That desks ended while they had it in hand says nothing about the carrier: when that fails for the first time, it is asked again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_carrier_told_is_not_given_up_for_the_ends_of_desks() {
    let model = Played::new("return_request");
    let never = Duration::from_secs(600);
    let pace = Pace { absence: never, sweep: never, ..Setting::default().pace };
    let shop = paced(&model, pace, demo_policy()).await;
    let fleece = goods("#1002", 1, 1, "changed_mind");
    ask(&shop.shopper().await, &model, "ana@example.com", "create_return", fleece).await;
    let (storage, store) = (shop.desk.storage(), StoreId::new(STORE));
    let (vendor, kind) = ("easypost".to_owned(), "tracker.updated".to_owned());
    let (event, object) = ("evt_0".to_owned(), labels(&shop)[0]["id"].as_str().unwrap().to_owned());
    let told = NewDelivery { store: store.clone(), vendor, event, kind: kind.clone(), object, at: Clock::machine() };
    assert!(storage.receive(told).await.unwrap());
    for _ in 0..30 {
        assert_eq!(storage.take_deliveries("a desk that has ended", 10, never).await.unwrap().len(), 1);
        assert_eq!(storage.free_deliveries("the desk after it").await.unwrap(), 1);
    }
    let fails = Fault::new(Broken::Status { code: 503 }).vendor(Vendor::Easypost);
    shop.sandbox.fault(fails.times(HttpSettings::default().attempts));
    let woken = AtomicU32::new(0);
    until("it is dealt with", async || {
        let event = format!("evt_{}", woken.fetch_add(1, Ordering::Relaxed) + 1);
        let wakes = Hint { event, kind: kind.clone(), object: "shp_of_somebody_else".to_owned() };
        shop.desk.deliver(&store, Source::EasyPost, wakes).await.unwrap();
        let waiting = storage.deliveries_that_wait(100).await.unwrap();
        waiting.iter().all(|delivery| delivery.event != "evt_0")
    })
    .await;
    assert!(storage.dead_deliveries(10).await.unwrap().is_empty(), "nothing was given up");
    assert!(shop.sandbox.requests().iter().any(|request| request.status == Some(503)), "it did fail");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn money_at_once_for_goods_on_their_way_back_is_the_money_of_the_return() {
    let model = Played::new("return_request");
    let shop = idle(&model).await;
    let (email, fleece) = ("ana@example.com", || goods("#1002", 1, 1, "changed_mind"));
    let opened = ask(&shop.shopper().await, &model, email, "create_return", fleece()).await;
    let model = Played::new("refund_request");
    let shop = shop.with_model(Arc::new(model.clone())).await;
    let shopper = shop.shopper().await;
    for (tool, reason) in [("issue_refund", "changed_mind"), ("issue_refund", "damaged"), ("quote_refund", "damaged")] {
        let early = ask(&shopper, &model, email, tool, goods("#1002", 1, 1, reason)).await;
        assert_eq!((&early["decision"], &early["reason"]), (&json!("not_possible"), &json!("goods_not_arrived")));
        assert_eq!(early["return"], opened["return"]);
    }
    assert!(paid(&shop, "#1002").is_empty());
    later(shop.desk.clock(), TWO_WEEKS);
    for _ in 0..2 {
        let late = ask(&shopper, &model, email, "issue_refund", fleece()).await;
        assert_eq!((&late["decision"], &late["amount"]["amount"]), (&json!("refunded"), &json!("64.00")));
    }
    assert_eq!(paid(&shop, "#1002"), ["64.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_late_or_final_is_refused_with_its_reason() {
    let model = Played::new("return_request");
    let shop = idle(&model).await;
    let shopper = shop.shopper().await;
    let late = ask(&shopper, &model, "ben@example.com", "create_return", goods("#1004", 1, 1, "changed_mind")).await;
    assert_eq!((&late["decision"], &late["reason"]), (&json!("not_possible"), &json!("outside_window")));
    assert_eq!(late["windows"][0]["open"], false);
    let last = ask(&shopper, &model, "chloe@example.com", "create_return", goods("#1006", 1, 1, "changed_mind")).await;
    assert_eq!((&last["decision"], &last["reason"]), (&json!("not_possible"), &json!("final_sale")));
    assert!(returns(&shop, "#1004").is_empty() && returns(&shop, "#1006").is_empty() && labels(&shop).is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dear_jacket_comes_back_freely_and_its_money_waits_for_a_yes() {
    let model = Played::new("return_request");
    let shop = watchful(&model).await;
    let shopper = shop.shopper().await;
    let jacket = || goods("#1005", 1, 1, "changed_mind");
    let opened = ask(&shopper, &model, "chloe@example.com", "create_return", jacket()).await;
    assert_eq!(
        (&opened["decision"], &opened["refund"]["decision"]),
        (&json!("return_open"), &json!("on_arrival_with_approval"))
    );
    later(shop.desk.clock(), TWO_WEEKS);
    let store = StoreId::new(STORE);
    let pending = async || shop.desk.approvals(&store, Some(ApprovalState::Pending)).await.unwrap();
    until("a person is asked", async || !pending().await.is_empty()).await;
    until("the shopper is told", async || system_lines(&shopper).await.contains("has to approve")).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(pending().await.len(), 1);
    assert!(paid(&shop, "#1005").is_empty());
    let approval = pending().await.remove(0);
    let less = Yes { amount: Some("300.00".to_owned()), ..Yes::default() };
    let (_, refund) = shop.desk.approve(&store, &approval.id, "key_1", less).await.unwrap();
    assert_eq!(refund.state, EffectState::Confirmed);
    assert_eq!(paid(&shop, "#1005"), ["300.00"]);
    assert_eq!(system_lines(&shopper).await.matches("has to approve").count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_return_that_staff_opened_is_paid_to_both_payments_once_it_has_arrived() {
    let model = Played::new("return_request");
    let shop = idle(&model).await;
    let shopper = shop.shopper().await;
    let pliers = || goods("#1010", 1, 1, "changed_mind");
    for _ in 0..2 {
        let told = ask(&shopper, &model, "emi@example.com", "create_return", pliers()).await;
        assert_eq!((&told["decision"], &told["parcel"]["status"]), (&json!("return_open"), &json!("arrived")));
        assert_eq!(told["refund"]["decision"], "refunded");
        assert_eq!(told["refund"]["amount"]["amount"], "48.00");
    }
    let mut parts = paid(&shop, "#1010");
    parts.sort();
    assert_eq!(parts, ["20.00", "28.00"]);
    assert!(labels(&shop).is_empty(), "it had a label");
    assert_eq!(returns(&shop, "#1010").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_return_that_staff_opened_is_followed_once_somebody_has_asked_for_it() {
    let model = Played::new("return_request");
    let shop = watchful(&model).await;
    let late = jiff::SignedDuration::from_hours(24 * 5);
    shop.sandbox
        .change(|world| {
            let back = world.parcels.iter_mut().find(|parcel| parcel.is_return).expect("a parcel on its way back");
            if let Some(delivered) = back.scans.last_mut() {
                delivered.at += late;
            }
        })
        .await;
    let shopper = shop.shopper().await;
    let pliers = goods("#1010", 1, 1, "changed_mind");
    let told = ask(&shopper, &model, "emi@example.com", "create_return", pliers).await;
    assert_eq!((&told["decision"], &told["parcel"]["status"]), (&json!("return_open"), &json!("under_way")));
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(paid(&shop, "#1010").is_empty(), "not before the parcel is there");
    later(shop.desk.clock(), TWO_WEEKS);
    until("both payments are paid back", async || paid(&shop, "#1010").len() == 2).await;
    until("the shopper is told", async || system_lines(&shopper).await.contains("$48.00 has been refunded")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postcode_opens_no_return() {
    let model = Played::new("return_request");
    let shop = idle(&model).await;
    let shopper = shop.shopper().await;
    let find = json!({"order_number": "#1002", "email": null, "postcode": "97205"});
    model.then([("find_order", find), ("create_return", goods("#1002", 1, 1, "changed_mind"))]);
    shopper.ask("order 1002, 97205: I want to send the fleece back").await;
    assert_eq!(receipt_of(&shopper, "create_return").await["error"]["code"], "assurance");
    assert!(returns(&shop, "#1002").is_empty());
}
