//! Money back in plain words: the offline model talks, the store's rules decide, and money is looked for in the world.

use deskhand::agents::conversation::Entry;
use deskhand::domain::event::EventBody;
use serde_json::{Value, json};

use crate::refunds::{POLICY, paid};
use crate::shop::{Setting, Shop, Shopper};

async fn shop() -> Shop {
    Shop::with(Setting { policy: toml::from_str(POLICY).unwrap(), ..Setting::default() }).await
}

/// What the model asked the tool for, oldest first.
async fn wishes(shopper: &Shopper<'_>) -> Vec<Value> {
    let conversation = shopper.conversation().await;
    let calls = conversation.dialogue.iter().filter_map(|entry| match entry {
        Entry::Calls(calls) => Some(calls.iter().filter(|call| call.name == "issue_refund")),
        _ => None,
    });
    calls.flatten().map(|call| serde_json::from_str(&call.arguments).unwrap()).collect()
}

async fn nothing_is_withheld(shopper: &Shopper<'_>) {
    let events = shopper.shop.desk.events(&shopper.id, 0).await.unwrap();
    let withheld: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.body {
            EventBody::ClaimWithheld { sentence, reason, .. } => Some(format!("{sentence} because {reason}")),
            _ => None,
        })
        .collect();
    assert!(withheld.is_empty(), "{withheld:#?}");
}

async fn says(shopper: &Shopper<'_>, text: &str, parts: &[&str]) {
    let answer = shopper.say(text).await;
    for part in parts {
        assert!(answer.contains(part), "{text:?} was answered with {answer:?}, without {part:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_broken_mug_and_then_the_other() {
    let shop = shop().await;
    let shopper = shop.shopper().await;
    says(&shopper, "Hi, one of my mugs arrvied broken :( can i have my money back?", &["order number", "e-mail"]).await;
    says(&shopper, "order 1016, 98101", &["postcode is not enough", "e-mail"]).await;
    let made = ["I have refunded $24.00", "one “Stoneware Trail Mug”", "#1016", "original payment"];
    says(&shopper, "hal@example.com", &made).await;
    assert_eq!(paid(&shop, "#1016"), ["24.00"]);
    let wish = json!({"order_number": "#1016", "items": [{"line": 1, "quantity": 1}], "reason": "damaged"});
    assert_eq!(wishes(&shopper).await, [wish]);

    says(&shopper, "I want my money back for the mug!", &["already refunded $24.00"]).await;
    says(&shopper, "did my refund go through?", &["$24.00"]).await;
    assert_eq!(wishes(&shopper).await.len(), 1, "what stands is told from its receipt");

    says(&shopper, "the other one is broken too", &["A colleague has to approve the refund of $24.00"]).await;
    assert_eq!(wishes(&shopper).await.last().unwrap()["items"], json!([{"line": 1, "quantity": 2}]), "in all");
    assert_eq!(paid(&shop, "#1016"), ["24.00"]);
    nothing_is_withheld(&shopper).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_torn_jacket_waits_for_a_colleague() {
    let shop = shop().await;
    let shopper = shop.shopper().await;
    let waits = ["A colleague has to approve the refund of $320.00", "“Summit Storm Jacket”"];
    says(&shopper, "my jacket from order #1005 came torn, refund please. chloe@example.com", &waits).await;
    says(&shopper, "i need that refund for the jacket now", &["$320.00", "still waiting for approval"]).await;
    assert!(paid(&shop, "#1005").is_empty());
    nothing_is_withheld(&shopper).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_no_is_told_with_its_reason() {
    let shop = shop().await;
    let shopper = shop.shopper().await;
    let sale = "i changed my mind about the beanies from 1006 and want both refunded, chloe@example.com";
    says(&shopper, sale, &["“Last-Season Wool Beanie” is final sale, so it can't be returned."]).await;
    assert!(paid(&shop, "#1006").is_empty());
    nothing_is_withheld(&shopper).await;

    let late = shop.shopper().await;
    says(&late, "refund for order 1004 please, ben@example.com", &["Which of these is it about"]).await;
    says(&late, "the chair", &["did you change your mind"]).await;
    says(&late, "i just dont want it anymore", &["“Hemlock Camp Chair”", "it could be returned until"]).await;
    assert!(paid(&shop, "#1004").is_empty());
    nothing_is_withheld(&late).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bottles_that_staff_paid_back_are_not_paid_again() {
    let shop = shop().await;
    let shopper = shop.shopper().await;
    let before = paid(&shop, "#1008").len();
    let all = "all three bottles of order 1008 are leaking, i want a refund. dev@example.com";
    says(&shopper, all, &["A colleague has to approve the refund of $30.00", "2 × “Basalt Insulated Bottle 750 ml”"])
        .await;
    assert_eq!(wishes(&shopper).await.last().unwrap()["items"], json!([{"line": 1, "quantity": 3}]), "as it was said");
    assert_eq!(paid(&shop, "#1008").len(), before);
    nothing_is_withheld(&shopper).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn yen_have_no_limit_and_wait() {
    let shop = shop().await;
    let shopper = shop.shopper().await;
    let waits = ["A colleague has to approve the refund of ¥12,800"];
    says(&shopper, "order 1009, emi@example.com - the lantern arrived shattered, I'd like a refund", &waits).await;
    assert!(paid(&shop, "#1009").is_empty());
    nothing_is_withheld(&shopper).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_is_torn_is_meant() {
    let shop = shop().await;
    let shopper = shop.shopper().await;
    says(&shopper, "#1002 ana@example.com the fleece is torn, the socks are fine", &["“Cascade Fleece Pullover”"])
        .await;
    let told = wishes(&shopper).await;
    assert_eq!((told.len(), &told[0]["items"]), (1, &json!([{"line": 1, "quantity": 1}])));
    nothing_is_withheld(&shopper).await;

    let asked = shop.shopper().await;
    says(&asked, "something in my order #1002 is damaged, ana@example.com", &["Which of these is it about"]).await;
    says(&asked, "the scoks, not the fleece", &["Trailhead Merino Socks"]).await;
    assert_eq!(wishes(&asked).await[0]["items"], json!([{"line": 2, "quantity": 1}]));
    nothing_is_withheld(&asked).await;
}
