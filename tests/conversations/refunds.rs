//! Money back, with a model that calls what the test says: what the policy lets out, what waits for a person, and what
//! is never paid twice. Money is looked for in the world, never in words.

use std::sync::Arc;
use std::time::Duration;

use deskhand::desk::Pace;
use deskhand::desk::approvals::{DecisionError, Yes};
use deskhand::domain::effect::{ApprovalState, EffectState};
use deskhand::domain::event::EventBody;
use deskhand::domain::id::StoreId;
use deskhand::sandbox::{Effect as Broken, Fault, Vendor};
use deskhand::storage::approvals::Approval;
use serde_json::{Value, json};

use crate::played::Played;
use crate::shop::{MODEL_READS_ALL, STORE, Setting, Shop, Shopper, later};

pub const POLICY: &str = r#"
mode = "act"

[returns]
window_days = 30
excluded_tags = ["final-sale"]

[refunds.changed_mind]
return_first = "automatic"
no_return = "deny"
after_window = "deny"
excluded = "deny"
order_limits = { USD = "150.00" }

[refunds.damaged]
return_first = "automatic"
no_return = "automatic"
after_window = "person"
excluded = "automatic"
no_return_limits = { USD = "25.00" }
order_limits = { USD = "1000.00" }

[limits.customer]
days = 30
most = { USD = "300.00" }

[limits.store]
days = 1
most = { USD = "2000.00" }
"#;

pub async fn shop(model: &Played) -> Shop {
    let policy = toml::from_str(POLICY).unwrap();
    Shop::with(Setting { policy, model: Arc::new(model.clone()), router: MODEL_READS_ALL, ..Setting::default() }).await
}

pub fn find(order: &str, email: &str) -> (&'static str, Value) {
    ("find_order", json!({"order_number": order, "email": email, "postcode": null}))
}

pub fn refund(order: &str, line: u32, quantity: u32) -> (&'static str, Value) {
    let items = json!([{"line": line, "quantity": quantity}]);
    ("issue_refund", json!({"order_number": order, "items": items, "reason": "damaged"}))
}

/// What a tool gave last.
pub async fn receipt_of(shopper: &Shopper<'_>, wanted: &str) -> Value {
    let conversation = shopper.conversation().await;
    let last = conversation.dialogue.iter().rev().find_map(|entry| match entry {
        deskhand::agents::conversation::Entry::Result { tool, receipt, .. } if tool == wanted => Some(receipt),
        _ => None,
    });
    last.expect("a receipt").as_ref().clone()
}

async fn told(shopper: &Shopper<'_>) -> Value {
    receipt_of(shopper, "issue_refund").await
}

/// Amounts of the order's refunds in the world, as decimal strings.
pub fn paid(shop: &Shop, order: &str) -> Vec<String> {
    let world = shop.world();
    let orders = world.pointer("/orders").and_then(Value::as_array).cloned().unwrap_or_default();
    let order = orders.into_iter().find(|known| known["name"] == order).expect("the order");
    let transactions = order["transactions"].as_array().cloned().unwrap_or_default();
    let refunds = transactions.iter().filter(|transaction| transaction["kind"] == "REFUND");
    refunds.map(|refund| refund["amount"]["amount"].as_str().unwrap().to_owned()).collect()
}

pub async fn ask(
    shopper: &Shopper<'_>,
    model: &Played,
    order: &str,
    email: &str,
    call: (&'static str, Value),
) -> Value {
    model.then([find(order, email), call]);
    shopper.ask(&format!("{order}, {email}: it arrived broken, I want my money back")).await;
    told(shopper).await
}

pub async fn pending(shop: &Shop) -> Vec<Approval> {
    shop.desk.approvals(&StoreId::new(STORE), Some(ApprovalState::Pending)).await.unwrap()
}

pub async fn approve(shop: &Shop, approval: &Approval, yes: Yes) -> Result<EffectState, DecisionError> {
    let decided = shop.desk.approve(&StoreId::new(STORE), &approval.id, "key_1", yes).await;
    decided.map(|(_, effect)| effect.state)
}

pub async fn system_lines(shopper: &Shopper<'_>) -> String {
    let events = shopper.shop.desk.events(&shopper.id, 0).await.unwrap();
    let lines = events.iter().filter_map(|event| match &event.body {
        EventBody::MessageCompleted { author: deskhand::domain::event::Author::System, content, .. } => Some(content),
        _ => None,
    });
    lines.cloned().collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_mug_is_paid_back_once_and_the_second_needs_a_yes() {
    let model = Played::new("damaged_or_wrong_item");
    let shop = shop(&model).await;
    let shopper = shop.shopper().await;
    let first = ask(&shopper, &model, "#1016", "hal@example.com", refund("#1016", 1, 1)).await;
    assert_eq!((&first["decision"], &first["amount"]["amount"]), (&json!("refunded"), &json!("24.00")));
    assert_eq!(paid(&shop, "#1016"), ["24.00"]);

    let insisting = ask(&shopper, &model, "#1016", "hal@example.com", refund("#1016", 1, 1)).await;
    assert_eq!(insisting["decision"], "refunded");
    let elsewhere = shop.shopper().await;
    ask(&elsewhere, &model, "#1016", "hal@example.com", refund("#1016", 1, 1)).await;
    assert_eq!(paid(&shop, "#1016"), ["24.00"], "the same mug never again");

    let second = ask(&shopper, &model, "#1016", "hal@example.com", refund("#1016", 1, 2)).await;
    let one = json!([{"title": "Stoneware Trail Mug", "quantity": 1}]);
    assert_eq!((&second["decision"], &second["items"]), (&json!("waiting_for_approval"), &one));
    let first_again = ask(&shopper, &model, "#1016", "hal@example.com", refund("#1016", 1, 1)).await;
    assert_eq!((&first_again["refund"], &first_again["decision"]), (&first["refund"], &json!("refunded")));
    assert_eq!(paid(&shop, "#1016"), ["24.00"]);
    let approvals = pending(&shop).await;
    assert_eq!((approvals.len(), approvals[0].reason.as_str()), (1, "above_returnless_limit"));
    assert_eq!(approve(&shop, &approvals[0], Yes::default()).await.unwrap(), EffectState::Confirmed);
    assert_eq!(paid(&shop, "#1016"), ["24.00", "24.00"]);
    assert!(system_lines(&shopper).await.contains("$24.00 has been refunded for order #1016"));
    let again = approve(&shop, &approvals[0], Yes::default()).await;
    assert!(matches!(again, Err(DecisionError::Decided(ApprovalState::Approved))), "{again:?}");
    assert_eq!(paid(&shop, "#1016"), ["24.00", "24.00"], "a double click pays once");
}

/// What Stripe has paid back, with the effect's note.
pub fn repaid_by_stripe(shop: &Shop) -> Vec<Value> {
    let world = shop.world();
    let intents = world.pointer("/intents").and_then(Value::as_array).cloned().unwrap_or_default();
    intents.iter().flat_map(|intent| intent["refunds"].as_array().cloned().unwrap_or_default()).collect()
}

fn still_refundable(shop: &Shop, name: &str) -> i64 {
    let world = shop.world();
    let orders = world.pointer("/orders").and_then(Value::as_array).cloned().unwrap_or_default();
    let order = orders.into_iter().find(|order| order["name"] == name).expect("the order");
    let ordered: i64 = order["lines"].as_array().unwrap().iter().map(|line| line["quantity"].as_i64().unwrap()).sum();
    let refunds = order["refunds"].as_array().cloned().unwrap_or_default();
    let lines = refunds.iter().flat_map(|refund| refund["lines"].as_array().cloned().unwrap_or_default());
    ordered - lines.map(|line| line["quantity"].as_i64().unwrap()).sum::<i64>()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stripe_was_paid_goes_back_through_stripe_and_is_gone_at_the_platform() {
    let faults = [
        None,
        Some(Fault::new(Broken::CutAfter).vendor(Vendor::Stripe).operation("POST /v1/refunds").times(1)),
        Some(Fault::new(Broken::CutBefore).vendor(Vendor::Stripe).operation("POST /v1/refunds").times(1)),
        Some(Fault::new(Broken::CutAfter).vendor(Vendor::Shopify).operation("refundCreate").times(1)),
        Some(Fault::new(Broken::Status { code: 503 }).vendor(Vendor::Shopify).operation("refundCreate").times(1)),
    ];
    for fault in faults {
        let model = Played::new("damaged_or_wrong_item");
        let pace = Pace { absence: Duration::from_millis(200), ..Setting::default().pace };
        let setting = Setting {
            policy: toml::from_str(POLICY).unwrap(),
            model: Arc::new(model.clone()),
            router: MODEL_READS_ALL,
            pace,
            ..Setting::default()
        };
        let shop = Shop::with(setting).await;
        let shopper = shop.shopper().await;
        let what = format!("{fault:?}");
        fault.into_iter().for_each(|fault| shop.sandbox.fault(fault));
        let first = ask(&shopper, &model, "#1014", "gia@example.com", refund("#1014", 1, 1)).await;
        let decision = first["decision"].as_str().unwrap();
        assert!(["refunded", "submitted", "being_checked"].contains(&decision), "{what}: {first}");
        for _ in 0..100 {
            if still_refundable(&shop, "#1014") == 0 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let again = ask(&shopper, &model, "#1014", "gia@example.com", refund("#1014", 1, 1)).await;
        assert_eq!(again["refund"], first["refund"], "{what}");
        assert_eq!(again["amount"]["amount"], "22.00", "{what}");
        let refunds = repaid_by_stripe(&shop);
        assert_eq!(refunds.len(), 1, "{what}: {refunds:?}");
        assert_eq!(refunds[0]["amount"]["amount"], "22.00");
        assert_eq!(refunds[0]["reason"], "requested_by_customer");
        assert_eq!(still_refundable(&shop, "#1014"), 0, "{what}: the platform offers it no more");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_small_wishes_in_many_conversations_stay_within_the_limit() {
    let model = Played::new("damaged_or_wrong_item");
    let shop = shop(&model).await;
    let by_staff = paid(&shop, "#1008").len();
    let by_agent = || -> i64 {
        let paid = paid(&shop, "#1008").split_off(by_staff);
        paid.iter().map(|amount| amount.replace('.', "").parse::<i64>().unwrap()).sum()
    };
    for number in 1..=3 {
        for _ in 0..3 {
            let shopper = shop.shopper().await;
            ask(&shopper, &model, "#1008", "dev@example.com", refund("#1008", 1, number)).await;
        }
    }
    assert!((1..=2_500).contains(&by_agent()), "{:?}", paid(&shop, "#1008"));
    for approval in pending(&shop).await {
        let _ = approve(&shop, &approval, Yes::default()).await;
    }
    assert_eq!(by_agent(), 3_000, "all that staff left, after a yes, and no cent more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postcode_is_not_enough_for_money() {
    let model = Played::new("damaged_or_wrong_item");
    let shop = shop(&model).await;
    let shopper = shop.shopper().await;
    let by_postcode = json!({"order_number": "#1016", "email": null, "postcode": "98101"});
    model.then([("find_order", by_postcode), refund("#1016", 1, 1)]);
    shopper.ask("order 1016, 98101: a mug arrived broken").await;
    assert_eq!(told(&shopper).await["error"]["code"], "assurance");
    assert!(paid(&shop, "#1016").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_jacket_waits_and_a_person_may_pay_less_or_say_no() {
    let model = Played::new("damaged_or_wrong_item");
    let shop = shop(&model).await;
    let shopper = shop.shopper().await;
    let asked = ask(&shopper, &model, "#1005", "chloe@example.com", refund("#1005", 1, 1)).await;
    assert_eq!((&asked["decision"], &asked["amount"]["amount"]), (&json!("waiting_for_approval"), &json!("320.00")));
    assert!(paid(&shop, "#1005").is_empty());
    let approval = pending(&shop).await.remove(0);
    let too_much = approve(&shop, &approval, Yes { amount: Some("320.01".to_owned()), ..Yes::default() }).await;
    assert!(matches!(too_much, Err(DecisionError::Edit { field: "amount", .. })), "{too_much:?}");
    let foreign = shop.desk.approve(&StoreId::new("other"), &approval.id, "key_1", Yes::default()).await;
    assert!(matches!(foreign, Err(DecisionError::Unknown)), "{foreign:?}");
    let less = Yes { amount: Some("100.00".to_owned()), ..Yes::default() };
    assert_eq!(approve(&shop, &approval, less).await.unwrap(), EffectState::Confirmed);
    assert_eq!(paid(&shop, "#1005"), ["100.00"]);

    let second = ask(&shopper, &model, "#1009", "emi@example.com", refund("#1009", 1, 1)).await;
    assert_eq!(second["decision"], "waiting_for_approval", "no limit in yen");
    let approval = pending(&shop).await.remove(0);
    let message = Some("The photo shows another lamp.".to_owned());
    shop.desk.deny(&StoreId::new(STORE), &approval.id, "key_1", message).await.unwrap();
    assert!(paid(&shop, "#1009").is_empty());
    let lines = system_lines(&shopper).await;
    assert!(lines.contains("cannot approve it") && lines.contains("The photo shows another lamp."), "{lines}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_s_word_in_time_is_no_yes() {
    let model = Played::new("damaged_or_wrong_item");
    let shop = shop(&model).await;
    let shopper = shop.shopper().await;
    ask(&shopper, &model, "#1005", "chloe@example.com", refund("#1005", 1, 1)).await;
    let approval = pending(&shop).await.remove(0);
    later(shop.desk.clock(), 80 * 60);
    let late = approve(&shop, &approval, Yes::default()).await;
    assert!(
        matches!(late, Err(DecisionError::Expired(_) | DecisionError::Decided(ApprovalState::Expired))),
        "{late:?}"
    );
    for _ in 0..50 {
        if pending(&shop).await.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(pending(&shop).await.is_empty());
    assert!(paid(&shop, "#1005").is_empty());
    assert!(system_lines(&shopper).await.contains("in time"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_conversations_at_once_pay_once() {
    let model = Played::new("damaged_or_wrong_item");
    let shop = shop(&model).await;
    let shoppers = [shop.shopper().await, shop.shopper().await, shop.shopper().await];
    for shopper in &shoppers {
        model.then([find("#1016", "hal@example.com")]);
        shopper.ask("#1016 hal@example.com").await;
    }
    model.then(vec![refund("#1016", 1, 1); 3]);
    futures_util::future::join_all(shoppers.iter().map(|shopper| shopper.ask("broken, money back"))).await;
    assert_eq!(paid(&shop, "#1016"), ["24.00"]);
}
