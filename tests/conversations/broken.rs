//! Vendors that break while the agent acts: whatever becomes of the call, it is done once, and nobody is told what is not so.

use std::sync::Arc;
use std::time::Duration;

use deskhand::desk::Pace;
use deskhand::domain::event::Status;
use deskhand::integrations::http::HttpSettings;
use deskhand::sandbox::{Effect as Broken, Fault, Vendor};
use serde_json::{Value, json};

use crate::changes::order;
use crate::played::Played;
use crate::refunds::{paid, receipt_of, repaid_by_stripe, system_lines};
use crate::returns::{labels, returns};
use crate::shop::{MODEL_READS_ALL, Setting, Shop, later};

/// One acting call, and how it shows in the world.
struct Act {
    intent: &'static str,
    tool: &'static str,
    email: &'static str,
    arguments: Value,
    /// The decisions of a receipt that says it is done.
    done: &'static [&'static str],
    /// How often it was done.
    count: fn(&Shop) -> usize,
}

/// Longer than any test.
const FOR_EVER: u64 = 600_000;

fn ways() -> [(&'static str, Broken); 7] {
    [
        ("cut after", Broken::CutAfter),
        ("cut before", Broken::CutBefore),
        ("429", Broken::RateLimited { retry_after_seconds: 1 }),
        ("500", Broken::Status { code: 500 }),
        ("garbage", Broken::Garbage),
        ("never answers, and has done nothing", Broken::Latency { milliseconds: FOR_EVER }),
        ("never answers, and has done it", Broken::Hold { barrier: "nobody lifts it".to_owned() }),
    ]
}

/// A shop that looks soon again after what nobody knows, and waits for no vendor longer than this.
async fn hasty(model: &Played) -> Shop {
    let pace = Pace { absence: Duration::from_millis(150), ..Setting::default().pace };
    let http = HttpSettings { attempt_timeout_ms: 900, ..Setting::default().http };
    Shop::with(Setting { model: Arc::new(model.clone()), router: MODEL_READS_ALL, pace, http, ..Setting::default() })
        .await
}

/// In each way, each in a shop of its own, side by side.
async fn in_each_way(tried: impl AsyncFn(&'static str, Broken)) {
    futures_util::future::join_all(ways().map(|(name, way)| tried(name, way))).await;
}

async fn breaks(act: &Act, vendor: Vendor, narrowed: impl Fn(Fault) -> Fault) {
    in_each_way(async |name, way| {
        let model = Played::new(act.intent);
        let shop = hasty(&model).await;
        shop.sandbox.fault(narrowed(Fault::new(way).vendor(vendor)).times(1));
        let what = format!("{}, {name}", act.tool);
        let mut done = false;
        for _ in 0..60 {
            let shopper = shop.verified(act.email).await;
            model.then([(act.tool, act.arguments.clone())]);
            shopper.ask("12 Oak Street, Salem, OR 97301").await;
            let receipt = receipt_of(&shopper, act.tool).await;
            done = act.done.contains(&receipt["decision"].as_str().unwrap_or_default());
            assert!(!done || (act.count)(&shop) == 1, "{what}: told and not so: {receipt}");
            if done {
                break;
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        assert!(done, "{what}: never done");
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!((act.count)(&shop), 1, "{what}: once");
    })
    .await;
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
        done: &["cancelled"],
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
        done: &["noted"],
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
        done: &["return_open"],
        count: |shop| returns(shop, "#1002").len(),
    };
    breaks(&act, Vendor::Shopify, |fault| fault.operation("returnCreate")).await;
    breaks(&act, Vendor::Shopify, |fault| fault.operation("reverseDeliveryCreateWithShipping")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_is_changed_once() {
    let act = Act {
        intent: "modify_order_or_address",
        tool: "change_shipping_address",
        email: "ben@example.com",
        arguments: json!({
            "order_number": "#1003", "line1": "12 Oak Street", "line2": null, "city": "Salem", "province": "OR",
            "postcode": "97301", "country": "US",
        }),
        done: &["changed", "unchanged"],
        count: |shop| usize::from(order(shop, "#1003")["shipping_address"].to_string().contains("12 Oak Street")),
    };
    breaks(&act, Vendor::Shopify, |fault| fault.operation("orderUpdate")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stripe_was_paid_is_paid_back_and_entered_once() {
    let act = Act {
        intent: "damaged_or_wrong_item",
        tool: "issue_refund",
        email: "gia@example.com",
        arguments: json!({"order_number": "#1014", "items": [{"line": 1, "quantity": 1}], "reason": "damaged"}),
        done: &["refunded"],
        count: |shop| {
            let entered = order(shop, "#1014")["refunds"].as_array().map_or(0, Vec::len);
            let repaid = repaid_by_stripe(shop);
            assert!(repaid.len() <= 1 && repaid.iter().all(|refund| refund["amount"]["amount"] == "22.00"));
            entered.min(repaid.len())
        },
    };
    breaks(&act, Vendor::Stripe, |fault| fault.operation("POST /v1/refunds")).await;
    breaks(&act, Vendor::Shopify, |fault| fault.operation("refundCreate")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_label_is_bought_once() {
    in_each_way(async |name, way| {
        let model = Played::new("return_request");
        let shop = hasty(&model).await;
        shop.sandbox.fault(Fault::new(way).vendor(Vendor::Easypost).path("/buy").times(1));
        let shopper = shop.verified("ana@example.com").await;
        let mut state = Value::Null;
        for _ in 0..60 {
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
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn goods_that_came_back_are_paid_for_once() {
    in_each_way(async |name, way| {
        let model = Played::new("return_request");
        let shop = hasty(&model).await;
        let shopper = shop.verified("ana@example.com").await;
        model.then([("create_return", fleece())]);
        shopper.ask("send it back").await;
        shop.sandbox.fault(Fault::new(way).vendor(Vendor::Shopify).operation("returnProcess").times(1));
        later(shop.desk.clock(), 14 * 24 * 60);
        for _ in 0..150 {
            if !paid(&shop, "#1002").is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        assert_eq!(paid(&shop, "#1002"), ["64.00"], "{name}");
        let mut refund = Value::Null;
        for _ in 0..20 {
            model.then([("create_return", fleece())]);
            shopper.ask("has it arrived?").await;
            refund = receipt_of(&shopper, "create_return").await["refund"].clone();
            if refund["decision"] == "refunded" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
        assert_eq!(refund["decision"], "refunded", "{name}: {refund}");
        assert_eq!(paid(&shop, "#1002"), ["64.00"], "{name}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_could_not_be_cancelled_is_told_and_a_person_s() {
    let model = Played::new("cancel_order");
    let shop = hasty(&model).await;
    shop.sandbox.fault(Fault::new(Broken::CutBefore).vendor(Vendor::Shopify).operation("orderCancel").times(1));
    let shopper = shop.verified("ben@example.com").await;
    model.then([("cancel_order", json!({"order_number": "#1003"}))]);
    shopper.ask("cancel it").await;
    assert_eq!(receipt_of(&shopper, "cancel_order").await["decision"], "being_checked");
    for _ in 0..100 {
        if shopper.conversation().await.status == Status::HandoffPending {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(Duration::from_millis(400)).await;
    let told = system_lines(&shopper).await;
    assert_eq!(told.matches("What you asked for on order #1003 was not done. A colleague will").count(), 1, "{told}");
    assert_eq!(shop.tickets().len(), 1);
    assert!(order(&shop, "#1003")["cancellation"].is_null() && paid(&shop, "#1003").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn letters_are_sent_once_for_what_was_done() {
    let model = Played::new("cancel_order");
    let shop =
        Shop::with(Setting { model: Arc::new(model.clone()), router: MODEL_READS_ALL, ..Setting::default() }).await;
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
