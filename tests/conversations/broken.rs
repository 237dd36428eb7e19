//! Vendors that break while the agent acts: whatever becomes of the call, it is done once, and nobody is told what is not so.

use std::sync::Arc;
use std::time::Duration;

use deskhand::desk::Pace;
use deskhand::sandbox::{Effect as Broken, Fault, Vendor};
use serde_json::{Value, json};

use crate::changes::order;
use crate::played::Played;
use crate::refunds::{paid, receipt_of};
use crate::returns::{labels, returns};
use crate::shop::{Setting, Shop, later};

/// One acting call, and how it shows in the world.
struct Act {
    intent: &'static str,
    tool: &'static str,
    email: &'static str,
    arguments: Value,
    /// The decision of a receipt that says it is done.
    done: &'static str,
    /// How often it was done.
    count: fn(&Shop) -> usize,
}

fn ways() -> [(&'static str, Broken); 5] {
    [
        ("cut after", Broken::CutAfter),
        ("cut before", Broken::CutBefore),
        ("429", Broken::RateLimited { retry_after_seconds: 1 }),
        ("500", Broken::Status { code: 500 }),
        ("garbage", Broken::Garbage),
    ]
}

async fn breaks(act: &Act, vendor: Vendor, narrowed: impl Fn(Fault) -> Fault) {
    for (name, way) in ways() {
        let model = Played::new(act.intent);
        let pace = Pace { absence: Duration::from_millis(150), ..Setting::default().pace };
        let shop = Shop::with(Setting { model: Arc::new(model.clone()), pace, ..Setting::default() }).await;
        shop.sandbox.fault(narrowed(Fault::new(way).vendor(vendor)).times(1));
        let what = format!("{}, {name}", act.tool);
        let mut decision = String::new();
        for _ in 0..40 {
            let shopper = shop.verified(act.email).await;
            model.then([(act.tool, act.arguments.clone())]);
            shopper.ask("12 Oak Street, Salem, OR 97301").await;
            let receipt = receipt_of(&shopper, act.tool).await;
            decision = receipt["decision"].as_str().unwrap_or_default().to_owned();
            assert!(decision != act.done || (act.count)(&shop) == 1, "{what}: told and not so: {receipt}");
            if decision == act.done {
                break;
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        assert_eq!(decision, act.done, "{what}");
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!((act.count)(&shop), 1, "{what}: once");
    }
}

fn fleece() -> Value {
    json!({"order_number": "#1002", "items": [{"line": 1, "quantity": 1}], "reason": "changed_mind"})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancellation_is_made_once() {
    let act = Act {
        intent: "cancel_order",
        tool: "cancel_order",
        email: "ben@example.com",
        arguments: json!({"order_number": "#1003"}),
        done: "cancelled",
        count: |shop| paid(shop, "#1003").len(),
    };
    breaks(&act, Vendor::Shopify, |fault| fault.operation("orderCancel")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_is_written_once() {
    let act = Act {
        intent: "modify_order_or_address",
        tool: "add_order_note",
        email: "ben@example.com",
        arguments: json!({"order_number": "#1003", "text": "Please ring twice."}),
        done: "noted",
        count: |shop| order(shop, "#1003")["note"].as_str().unwrap_or_default().matches("ring twice").count(),
    };
    breaks(&act, Vendor::Shopify, |fault| fault.operation("orderUpdate")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_return_is_opened_once() {
    let act = Act {
        intent: "return_request",
        tool: "create_return",
        email: "ana@example.com",
        arguments: fleece(),
        done: "return_open",
        count: |shop| returns(shop, "#1002").len(),
    };
    breaks(&act, Vendor::Shopify, |fault| fault.operation("returnCreate")).await;
    breaks(&act, Vendor::Shopify, |fault| fault.operation("reverseDeliveryCreateWithShipping")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_label_is_bought_once() {
    for (name, way) in ways() {
        let model = Played::new("return_request");
        let pace = Pace { absence: Duration::from_millis(150), ..Setting::default().pace };
        let shop = Shop::with(Setting { model: Arc::new(model.clone()), pace, ..Setting::default() }).await;
        shop.sandbox.fault(Fault::new(way).vendor(Vendor::Easypost).path("/buy").times(1));
        let shopper = shop.verified("ana@example.com").await;
        let mut state = Value::Null;
        for _ in 0..40 {
            model.then([("create_return", fleece())]);
            shopper.ask("send it back").await;
            state = receipt_of(&shopper, "create_return").await["label"]["state"].clone();
            assert!(state != "ready" || labels(&shop).len() == 1, "{name}: told and not so");
            if state == "ready" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        assert_eq!((state, labels(&shop).len()), (json!("ready"), 1), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goods_that_came_back_are_paid_for_once() {
    for (name, way) in ways() {
        let model = Played::new("return_request");
        let pace = Pace { absence: Duration::from_millis(150), ..Setting::default().pace };
        let shop = Shop::with(Setting { model: Arc::new(model.clone()), pace, ..Setting::default() }).await;
        let shopper = shop.verified("ana@example.com").await;
        model.then([("create_return", fleece())]);
        shopper.ask("send it back").await;
        shop.sandbox.fault(Fault::new(way).vendor(Vendor::Shopify).operation("returnProcess").times(1));
        later(shop.desk.clock(), 14 * 24 * 60);
        for _ in 0..100 {
            if !paid(&shop, "#1002").is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::sleep(Duration::from_millis(600)).await;
        assert_eq!(paid(&shop, "#1002"), ["64.00"], "{name}");
        model.then([("create_return", fleece())]);
        shopper.ask("has it arrived?").await;
        let refund = receipt_of(&shopper, "create_return").await["refund"].clone();
        assert_eq!(refund["decision"], "refunded", "{name}: {refund}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_are_sent_once_for_what_was_done() {
    let model = Played::new("cancel_order");
    let shop = Shop::with(Setting { model: Arc::new(model.clone()), ..Setting::default() }).await;
    let busy = Fault::new(Broken::RateLimited { retry_after_seconds: 1 });
    shop.sandbox.fault(busy.vendor(Vendor::Sendgrid).times(1));
    let shopper = shop.verified("ben@example.com").await;
    for _ in 0..2 {
        model.then([("cancel_order", json!({"order_number": "#1003"}))]);
        shopper.ask("cancel it").await;
    }
    for _ in 0..100 {
        if !shop.mails().is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mails = shop.mails();
    assert_eq!(mails.len(), 1, "{mails:#?}");
    let mail = mails[0].to_string();
    assert!(mail.contains("#1003") && mail.contains("89.00") && mail.contains("ben@example.com"), "{mail}");
}
