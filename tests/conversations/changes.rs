//! Orders that have not left: called off, or sent elsewhere; and lines in a note. With a model that calls what the test
//! says, after a code. What happened is looked for in the world, never in words.

use std::sync::Arc;
use std::time::Duration;

use deskhand::desk::approvals::Yes;
use deskhand::domain::effect::{ApprovalState, EffectState};
use deskhand::domain::id::StoreId;
use deskhand::sandbox::{Effect as Broken, Fault, Vendor};
use serde_json::{Value, json};

use crate::played::Played;
use crate::refunds::{paid, receipt_of, system_lines};
use crate::shop::{MODEL_READS_ALL, STORE, Setting, Shop, Shopper};

fn cancel(order: &str) -> (&'static str, Value) {
    ("cancel_order", json!({"order_number": order}))
}

fn address(order: &str, line1: &str, postcode: &str, country: &str) -> (&'static str, Value) {
    let place = json!({
        "order_number": order, "line1": line1, "line2": null, "city": "Salem", "province": "OR", "postcode": postcode,
        "country": country,
    });
    ("change_shipping_address", place)
}

fn note(order: &str, text: &str) -> (&'static str, Value) {
    ("add_order_note", json!({"order_number": order, "text": text}))
}

async fn shop(model: &Played) -> Shop {
    Shop::with(Setting { model: Arc::new(model.clone()), router: MODEL_READS_ALL, ..Setting::default() }).await
}

/// What the tool gave for a message of a shopper who is verified.
async fn ask(shopper: &Shopper<'_>, model: &Played, said: &str, call: (&'static str, Value)) -> Value {
    let tool = call.0;
    model.then([call]);
    shopper.ask(said).await;
    receipt_of(shopper, tool).await
}

pub fn order(shop: &Shop, name: &str) -> Value {
    let world = shop.world();
    let orders = world.pointer("/orders").and_then(Value::as_array).cloned().unwrap_or_default();
    orders.into_iter().find(|order| order["name"] == name).expect("the order")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_has_not_left_is_cancelled_once_with_its_whole_payment() {
    let model = Played::new("cancel_order");
    let shop = shop(&model).await;
    let email = order(&shop, "#1003")["email"].as_str().unwrap().to_owned();
    let shopper = shop.verified(&email).await;
    let first = ask(&shopper, &model, "please cancel #1003", cancel("#1003")).await;
    assert_eq!(
        (&first["decision"], &first["amount"]["amount"], &first["money"]),
        (&json!("cancelled"), &json!("89.00"), &json!("refunded"))
    );
    assert_eq!(paid(&shop, "#1003"), ["89.00"]);
    assert!(!order(&shop, "#1003")["cancellation"].is_null());

    let again = ask(&shopper, &model, "cancel #1003!", cancel("#1003")).await;
    assert_eq!((&again["cancellation"], &again["decision"]), (&first["cancellation"], &json!("cancelled")));
    let elsewhere = shop.verified(&email).await;
    let told = ask(&elsewhere, &model, "cancel #1003", cancel("#1003")).await;
    assert_eq!(told["cancellation"], first["cancellation"]);
    assert_eq!(paid(&shop, "#1003"), ["89.00"]);

    let shipped = ask(&shop.verified("ana@example.com").await, &model, "cancel #1001", cancel("#1001")).await;
    assert_eq!((&shipped["decision"], &shipped["reason"]), (&json!("not_possible"), &json!("already_fulfilled")));
    assert!(order(&shop, "#1001")["cancellation"].is_null());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_code_nothing_is_changed() {
    let model = Played::new("cancel_order");
    let shop = shop(&model).await;
    let email = order(&shop, "#1003")["email"].clone();
    let before = order(&shop, "#1003");
    let shopper = shop.shopper().await;
    let find = json!({"order_number": "#1003", "email": email, "postcode": null});
    for call in [cancel("#1003"), address("#1003", "12 Oak Street", "97301", "US")] {
        model.then([("find_order", find.clone()), call.clone()]);
        let email = email.as_str().unwrap();
        shopper.ask(&format!("#1003, {email}: cancel it, or send it to 12 Oak Street, Salem 97301")).await;
        assert_eq!(receipt_of(&shopper, call.0).await["error"]["code"], "assurance", "{}", call.0);
    }
    assert_eq!(order(&shop, "#1003"), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_foreign_order_is_not_cancelled_by_a_verified_shopper() {
    let model = Played::new("cancel_order");
    let shop = shop(&model).await;
    let told = ask(&shop.verified("ana@example.com").await, &model, "cancel #1003", cancel("#1003")).await;
    assert_eq!(told["error"]["code"], "not_found");
    let unknown = ask(&shop.verified("ana@example.com").await, &model, "cancel #7777", cancel("#7777")).await;
    assert_eq!(told, unknown, "nothing tells another's order from none");
    assert!(order(&shop, "#1003")["cancellation"].is_null());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_address_is_the_shopper_s_own_word_and_changes_once() {
    let model = Played::new("modify_order_or_address");
    let shop = shop(&model).await;
    let email = order(&shop, "#1003")["email"].as_str().unwrap().to_owned();
    let shopper = shop.verified(&email).await;
    let said = "send #1003 to 12 Oak Street, Salem, OR 97301 instead";
    let invented = ask(&shopper, &model, said, address("#1003", "99 Thief Lane", "97301", "US")).await;
    assert_eq!(invented["error"]["code"], "invalid_arguments");

    let first = ask(&shopper, &model, said, address("#1003", "12 Oak Street", "97301", "US")).await;
    assert_eq!((&first["decision"], &first["address"]["line1"]), (&json!("changed"), &json!("12 Oak Street")));
    let now = order(&shop, "#1003")["shipping_address"].clone();
    assert!(now.to_string().contains("12 Oak Street") && now.to_string().contains("97301"), "{now}");
    let again = ask(&shopper, &model, said, address("#1003", "12 Oak Street", "97301", "US")).await;
    assert_eq!(again["decision"], "unchanged");

    let abroad = ask(&shopper, &model, said, address("#1003", "12 Oak Street", "97301", "CA")).await;
    assert_eq!((&abroad["decision"], &abroad["reason"]), (&json!("a_person_decides"), &json!("other_country")));
    assert_eq!(order(&shop, "#1003")["shipping_address"], now);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_is_added_once_and_takes_nothing_away() {
    let model = Played::new("modify_order_or_address");
    let shop = shop(&model).await;
    let before = order(&shop, "#1015")["note"].as_str().unwrap_or_default().to_owned();
    let shopper = shop.verified("hal@example.com").await;
    let text = "Leave it with the neighbour at number 7.";
    for _ in 0..2 {
        let told = ask(&shopper, &model, "note on #1015, please", note("#1015", text)).await;
        assert_eq!((&told["decision"], &told["text"]), (&json!("noted"), &json!(text)));
    }
    let after = order(&shop, "#1015")["note"].as_str().unwrap().to_owned();
    assert!(after.starts_with(&before) && after.matches(text).count() == 1, "{after}");
    for number in 0..9 {
        model.then([note("#1015", &format!("Wish\u{0}\u{202e}\nnumber {number}."))]);
        shopper.ask("and another").await;
    }
    let after = order(&shop, "#1015")["note"].as_str().unwrap().to_owned();
    assert_eq!(after.matches("Wish number").count(), 4, "an order's note is not a diary: {after}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dear_order_waits_for_a_yes_that_is_judged_anew() {
    let model = Played::new("cancel_order");
    let mut policy = crate::shop::demo_policy();
    policy.cancellations.limits = toml::from_str(r#"USD = "50.00""#).unwrap();
    let shop =
        Shop::with(Setting { model: Arc::new(model.clone()), router: MODEL_READS_ALL, policy, ..Setting::default() })
            .await;
    let email = order(&shop, "#1003")["email"].as_str().unwrap().to_owned();
    let shopper = shop.verified(&email).await;
    let asked = ask(&shopper, &model, "cancel #1003", cancel("#1003")).await;
    assert_eq!(asked["decision"], "waiting_for_approval");
    assert!(paid(&shop, "#1003").is_empty());
    let store = StoreId::new(STORE);
    let approval = shop.desk.approvals(&store, Some(ApprovalState::Pending)).await.unwrap().remove(0);
    let part = Yes { amount: Some("10.00".to_owned()), ..Yes::default() };
    assert!(shop.desk.approve(&store, &approval.id, "key_1", part).await.is_err(), "whole or not at all");
    let (_, effect) = shop.desk.approve(&store, &approval.id, "key_1", Yes::default()).await.unwrap();
    assert_eq!(effect.state, EffectState::Confirmed);
    assert_eq!(paid(&shop, "#1003"), ["89.00"]);
    assert!(system_lines(&shopper).await.contains("#1003 has been cancelled, and $89.00 refunded"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_waits_for_one_that_is_on_its_way() {
    let model = Played::new("modify_order_or_address");
    let shop = shop(&model).await;
    let email = order(&shop, "#1003")["email"].as_str().unwrap().to_owned();
    let (one, other) = (shop.verified(&email).await, shop.verified(&email).await);
    let said = "For #1003: Please ring twice. Leave it at the back.";
    let (first, second) = (note("#1003", "Please ring twice."), note("#1003", "Leave it at the back."));
    let slow = Broken::Hold { barrier: "the first is written".to_owned() };
    shop.sandbox.fault(Fault::new(slow).vendor(Vendor::Shopify).operation("orderUpdate").times(1));
    model.then([first]);
    let meanwhile = async {
        assert!(shop.sandbox.faults().wait_held("the first is written", 1, Duration::from_secs(20)).await);
        let told = ask(&other, &model, said, second.clone()).await;
        assert_eq!(told["error"]["code"], "not_possible", "{told}");
        shop.sandbox.faults().release("the first is written");
    };
    tokio::join!(one.ask(said), meanwhile);
    assert_eq!(receipt_of(&one, "add_order_note").await["decision"], "noted");
    assert_eq!(ask(&other, &model, said, second.clone()).await["decision"], "noted");
    let note = order(&shop, "#1003")["note"].as_str().unwrap_or_default().to_owned();
    for line in ["Please ring twice.", "Leave it at the back."] {
        assert_eq!(note.matches(line).count(), 1, "{note:?}");
    }
}
