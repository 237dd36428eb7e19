//! What the policy decided is kept with all that it was made of, and is nobody's but the store's.

use std::sync::Arc;

use deskhand::domain::event::EventBody;
use deskhand::domain::id::StoreId;
use deskhand::policy::Policy;
use deskhand::policy::basis::Judged;
use deskhand::policy::decision::{Subject, Verdict};
use deskhand::server::public::{View, public_event, published};
use deskhand::storage::log::EventLog as _;
use serde_json::{Value, json};

use crate::played::Played;
use crate::shop::{MODEL_READS_ALL, STORE, Setting, Shop, Shopper, demo_policy, later, storage};

async fn shop(model: &Played) -> Shop {
    Shop::with(Setting { model: Arc::new(model.clone()), router: MODEL_READS_ALL, ..Setting::default() }).await
}

async fn ask(shopper: &Shopper<'_>, model: &Played, tool: &'static str, email: &str, arguments: Value) {
    let order = arguments["order_number"].as_str().unwrap().to_owned();
    let find = json!({"order_number": order, "email": email, "postcode": null});
    model.then([("find_order", find), (tool, arguments)]);
    shopper.ask(&format!("{order}, {email}: I want my money back")).await;
}

fn mug(quantity: u32) -> Value {
    json!({"order_number": "#1016", "items": [{"line": 1, "quantity": quantity}], "reason": "damaged"})
}

/// What was decided, whether it was in order to act, and the number of the event.
async fn decided(shopper: &Shopper<'_>) -> Vec<(u64, bool, Judged)> {
    let events = shopper.shop.desk.events(&shopper.id, 0).await.unwrap();
    let decided = events.iter().filter_map(|event| match &event.body {
        EventBody::PolicyDecided { acts, judged, .. } => Some((event.seq, *acts, Judged::read(judged).unwrap())),
        _ => None,
    });
    decided.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_decision_is_kept_with_its_call_and_can_be_made_again() {
    let model = Played::new("damaged_or_wrong_item");
    let shop = shop(&model).await;
    let shopper = shop.shopper().await;
    ask(&shopper, &model, "quote_refund", "hal@example.com", mug(1)).await;
    ask(&shopper, &model, "issue_refund", "hal@example.com", mug(1)).await;
    ask(&shopper, &model, "issue_refund", "hal@example.com", mug(2)).await;
    let decided = decided(&shopper).await;
    let told: Vec<_> = decided.iter().map(|(_, acts, judged)| (*acts, judged.decision.verdict.code())).collect();
    assert_eq!(told, [(false, "allowed"), (true, "allowed"), (true, "above_returnless_limit")]);
    for (seq, _, judged) in &decided {
        assert_eq!(judged.basis.decide(&demo_policy()), judged.decision);
        let after = shop.desk.events(&shopper.id, *seq).await.unwrap();
        let gave = after.iter().take(2).any(|event| matches!(event.body, EventBody::ToolCompleted { .. }));
        assert!(gave, "beside what the call gave: {after:?}");
    }
    let stricter: Policy = toml::from_str("[refunds.damaged]\nno_return = \"deny\"").unwrap();
    assert!(matches!(decided[1].2.basis.decide(&stricter).verdict, Verdict::Deny(_)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_the_stores_alone_and_goes_with_the_person() {
    let model = Played::new("damaged_or_wrong_item");
    let shop = shop(&model).await;
    let shopper = shop.shopper().await;
    ask(&shopper, &model, "issue_refund", "hal@example.com", mug(1)).await;
    let events = shop.desk.events(&shopper.id, 0).await.unwrap();
    let event = events.iter().find(|event| matches!(event.body, EventBody::PolicyDecided { .. })).unwrap();
    assert_eq!(public_event(event), None);
    let (name, shown) = published(event, View::Operator).unwrap();
    let shown = serde_json::to_value(shown).unwrap();
    assert_eq!((name, &shown["verdict"], &shown["code"]), ("policy.decided", &json!("allow"), &json!("allowed")));
    assert!(!shown.to_string().contains("#1016"), "{shown}");

    let storage = storage(shop.folder.path()).await;
    assert_eq!(storage.erase(&StoreId::new(STORE), "hal@example.com").await.unwrap(), 1);
    let erased = storage.read(&shopper.id, 0).await.unwrap();
    let EventBody::PolicyDecided { verdict, judged, .. } = &erased[usize::try_from(event.seq).unwrap() - 1].body else {
        panic!("{erased:?}")
    };
    assert_eq!((verdict.as_str(), judged), ("allow", &Value::Null));
    assert!(Judged::read(judged).is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_money_for_a_return_is_decided_when_the_goods_are_back() {
    let model = Played::new("return_request");
    let shop = shop(&model).await;
    let shopper = shop.shopper().await;
    let fleece = || json!({"order_number": "#1002", "items": [{"line": 1, "quantity": 1}], "reason": "changed_mind"});
    ask(&shopper, &model, "create_return", "ana@example.com", fleece()).await;
    later(shop.sandbox.clock(), 14 * 24 * 60);
    ask(&shopper, &model, "create_return", "ana@example.com", fleece()).await;
    let subjects: Vec<_> =
        decided(&shopper).await.iter().map(|(_, acts, judged)| (*acts, judged.decision.subject)).collect();
    assert_eq!(subjects, [(true, Subject::Return), (true, Subject::RefundOnArrival)]);
}
