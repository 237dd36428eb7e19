//! A part of a price, and money that is for no goods: a person says how much, always, and it is paid once.

use std::sync::Arc;
use std::time::Duration;

use deskhand::desk::Pace;
use deskhand::desk::approvals::{DecisionError, Yes};
use deskhand::domain::effect::EffectState;
use deskhand::domain::event::EventBody;
use deskhand::policy::Policy;
use deskhand::sandbox::{Effect as Broken, Fault, Vendor};
use serde_json::{Value, json};

use crate::played::Played;
use crate::refunds::{
    POLICY, approve, ask, find, paid, pending, receipt_of, refund, repaid_by_stripe, shop, system_lines,
};
use crate::shop::{MODEL_READS_ALL, Setting, Shop, Shopper};

fn goodwill(order: &str, items: &Value) -> (&'static str, Value) {
    ("request_goodwill", json!({"order_number": order, "items": items, "wanted": "20% off\n\u{202e}pay 999.00"}))
}

fn one() -> Value {
    json!([{"line": 1, "quantity": 1}])
}

fn so_much(amount: &str) -> Yes {
    Yes { amount: Some(amount.to_owned()), ..Yes::default() }
}

async fn wish(shopper: &Shopper<'_>, model: &Played, order: &str, email: &str, items: &Value) -> Value {
    model.then([find(order, email), goodwill(order, items)]);
    shopper.ask(&format!("{order}, {email}: I keep it for less")).await;
    receipt_of(shopper, "request_goodwill").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_of_a_price_is_a_person_s_to_grant_and_needs_no_ticket() {
    for line in [
        "order 1016 hal@example.com can i get 20% off because one mug is chipped",
        "one mug of order #1016 came with a scratch, can i get a partial refund? hal@example.com",
        "order 1016, hal@example.com: one mug has a small scratch, give me 5 dollars back and i keep it",
    ] {
        let shop = Shop::open().await;
        let shopper = shop.shopper().await;
        let told = shopper.say(line).await;
        assert!(told.contains("A colleague has to approve the refund for one"), "{line}: {told}");
        let waiting = pending(&shop).await;
        assert_eq!((waiting.len(), waiting[0].reason.as_str()), (1, "goodwill"), "{line}");
        let proposal = &waiting[0].proposal;
        assert_eq!((&proposal["at_most"]["amount"], &proposal["amount"]), (&json!("24.00"), &Value::Null));
        assert_eq!((&proposal["wanted"], &proposal["items"][0]["quantity"]), (&json!(line), &json!(1)));
        assert!(shop.tickets().is_empty() && paid(&shop, "#1016").is_empty());
        let talk = shopper.say("thanks. where is my parcel?").await;
        assert!(talk.contains("delivered"), "the agent goes on talking: {talk}");
        approve(&shop, &waiting[0], so_much("4.80")).await.unwrap();
        assert_eq!(paid(&shop, "#1016"), ["4.80"]);
        assert!(system_lines(&shopper).await.contains("$4.80 has been refunded for order #1016"));
        let again = shopper.say("can i get 20% off order 1016 because one mug is chipped").await;
        assert!(again.contains("$4.80"), "{again}");
        assert_eq!((paid(&shop, "#1016").len(), pending(&shop).await.len()), (1, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_yes_without_an_amount_or_beyond_the_price_pays_nothing() {
    let model = Played::new("refund_request");
    let shop = shop(&model).await;
    let shopper = shop.shopper().await;
    let asked = wish(&shopper, &model, "#1016", "hal@example.com", &one()).await;
    assert_eq!((&asked["decision"], &asked["amount"]), (&json!("waiting_for_approval"), &Value::Null));
    let events = shop.desk.events(&shopper.id, 0).await.unwrap();
    let told = events.iter().any(|event| matches!(event.body, EventBody::ApprovalRequested { amount: Some(_), .. }));
    assert!(!told, "no screen shows an amount that nobody named");
    let waiting = pending(&shop).await.remove(0);
    assert_eq!(waiting.proposal["wanted"], "20% off pay 999.00", "one line, in the direction of reading");
    for yes in [Yes::default(), so_much("24.01"), so_much("0.00"), so_much("-1.00")] {
        let refused = approve(&shop, &waiting, yes.clone()).await;
        assert!(matches!(refused, Err(DecisionError::Edit { field: "amount", .. })), "{yes:?}: {refused:?}");
    }
    assert!(paid(&shop, "#1016").is_empty());
    assert_eq!(approve(&shop, &waiting, so_much("24.00")).await.unwrap(), EffectState::Confirmed);
    let twice = approve(&shop, &waiting, so_much("24.00")).await;
    assert!(matches!(twice, Err(DecisionError::Decided(_))), "{twice:?}");
    assert_eq!(paid(&shop, "#1016"), ["24.00"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_has_goodwill_once_and_is_not_paid_back_besides() {
    let model = Played::new("damaged_or_wrong_item");
    let shop = shop(&model).await;
    let (shopper, other) = (shop.shopper().await, shop.shopper().await);
    let first = wish(&shopper, &model, "#1016", "hal@example.com", &one()).await;
    let elsewhere = wish(&other, &model, "#1016", "hal@example.com", &one()).await;
    assert_eq!((&elsewhere["refund"], pending(&shop).await.len()), (&first["refund"], 1));
    approve(&shop, &pending(&shop).await[0], so_much("5.00")).await.unwrap();

    let whole = ask(&shopper, &model, "#1016", "hal@example.com", refund("#1016", 1, 1)).await;
    assert_eq!((&whole["refund"], &whole["goodwill"]), (&first["refund"], &json!(true)), "{whole}");
    let second = ask(&shopper, &model, "#1016", "hal@example.com", refund("#1016", 1, 2)).await;
    assert_eq!(second["decision"], "waiting_for_approval", "5.00 and 24.00 are more than 25.00: {second}");
    let more = wish(&shopper, &model, "#1016", "hal@example.com", &json!([{"line": 1, "quantity": 2}])).await;
    assert_eq!(more["refund"], second["refund"]);
    approve(&shop, &pending(&shop).await[0], Yes::default()).await.unwrap();
    assert_eq!(paid(&shop, "#1016"), ["5.00", "24.00"]);
    assert!(pending(&shop).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_for_no_goods_is_granted_once_an_order() {
    let model = Played::new("refund_request");
    let shop = shop(&model).await;
    let shopper = shop.shopper().await;
    let first = wish(&shopper, &model, "#1010", "emi@example.com", &json!([])).await;
    assert_eq!((&first["decision"], &first["items"]), (&json!("waiting_for_approval"), &json!([])));
    let again = wish(&shopper, &model, "#1010", "emi@example.com", &json!([])).await;
    assert_eq!(again["refund"], first["refund"]);
    let waiting = pending(&shop).await;
    assert_eq!((waiting.len(), &waiting[0].proposal["at_most"]["amount"]), (1, &json!("48.00")), "all that was paid");
    // Two payments, of 28.00 and 20.00.
    approve(&shop, &waiting[0], so_much("30.00")).await.unwrap();
    let mut parts = paid(&shop, "#1010");
    parts.sort();
    assert_eq!(parts.len(), 2, "{parts:?}");
    let sum: i64 = parts.iter().map(|part| part.replace('.', "").parse::<i64>().unwrap()).sum();
    assert_eq!(sum, 3_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_does_not_pay_it_twice() {
    for broken in [Broken::CutAfter, Broken::CutBefore, Broken::Status { code: 500 }] {
        let model = Played::new("refund_request");
        let pace = Pace { absence: Duration::from_millis(200), ..Setting::default().pace };
        let policy = toml::from_str(POLICY).unwrap();
        let shop = Shop::with(Setting {
            policy,
            model: Arc::new(model.clone()),
            router: MODEL_READS_ALL,
            pace,
            ..Setting::default()
        })
        .await;
        let shopper = shop.shopper().await;
        wish(&shopper, &model, "#1016", "hal@example.com", &one()).await;
        let fault = Fault::new(broken.clone()).vendor(Vendor::Shopify).operation("refundCreate").times(1);
        shop.sandbox.fault(fault);
        approve(&shop, &pending(&shop).await[0], so_much("6.00")).await.unwrap();
        for _ in 0..100 {
            if system_lines(&shopper).await.contains("$6.00 has been refunded") {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(paid(&shop, "#1016"), ["6.00"], "{broken:?}");
        assert_eq!(system_lines(&shopper).await.matches("$6.00 has been refunded").count(), 1, "{broken:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_waits_where_a_yes_would_not_do() {
    let model = Played::new("refund_request");
    let denying: Policy = toml::from_str(
        &POLICY.replace("[refunds.changed_mind]", "[refunds]\ngoodwill = \"deny\"\n\n[refunds.changed_mind]"),
    )
    .unwrap();
    let setting =
        Setting { policy: denying, model: Arc::new(model.clone()), router: MODEL_READS_ALL, ..Setting::default() };
    let strict = Shop::with(setting).await;
    let shopper = strict.shopper().await;
    let denied = wish(&shopper, &model, "#1016", "hal@example.com", &one()).await;
    assert_eq!((&denied["decision"], &denied["reason"]), (&json!("not_possible"), &json!("goodwill")), "{denied}");

    let shop = shop(&model).await;
    let shopper = shop.shopper().await;
    let outside = wish(&shopper, &model, "#1014", "gia@example.com", &one()).await;
    assert_eq!((&outside["decision"], &outside["reason"]), (&json!("a_person_decides"), &json!("paid_elsewhere")));
    let other_s = wish(&shopper, &model, "#1016", "ana@example.com", &one()).await;
    assert!(!other_s["error"].is_null(), "{other_s}");
    let by_postcode = json!({"order_number": "#1016", "email": null, "postcode": "98101"});
    model.then([("find_order", by_postcode), goodwill("#1016", &one())]);
    shopper.ask("order 1016, 98101: something off, please").await;
    assert_eq!(receipt_of(&shopper, "request_goodwill").await["error"]["code"], "assurance");
    assert!(pending(&shop).await.is_empty() && pending(&strict).await.is_empty());
    assert!(repaid_by_stripe(&shop).is_empty() && paid(&shop, "#1016").is_empty());
}
