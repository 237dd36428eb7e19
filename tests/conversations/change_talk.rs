//! Orders called off or sent elsewhere, and goods sent back, in plain words: the offline model talks, the store's rules
//! decide, and what became of it is looked for in the world.

use deskhand::domain::event::EventBody;
use serde_json::Value;

use crate::shop::{Shop, Shopper};

async fn says(shopper: &Shopper<'_>, text: &str, parts: &[&str]) {
    let answer = shopper.say(text).await;
    for part in parts {
        assert!(answer.contains(part), "{text:?} was answered with {answer:?}, without {part:?}");
    }
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

fn order(shop: &Shop, number: u64) -> Value {
    let world = shop.world();
    let orders = world["orders"].as_array().unwrap();
    orders.iter().find(|order| order["number"] == number).unwrap().clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_cancelled_once_a_code_has_proved_the_shopper() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    says(&shopper, "pls cancle order 1003, i changed my mind", &["e-mail"]).await;
    says(&shopper, "ben@example.com", &["code"]).await;
    assert!(order(&shop, 1003)["cancellation"].is_null(), "nothing is done before the code");
    let code = shop.last_code();
    says(&shopper, &code, &["I have cancelled order #1003", "refunded"]).await;
    assert!(!order(&shop, 1003)["cancellation"].is_null());
    nothing_is_withheld(&shopper).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_goes_to_another_address() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    says(
        &shopper,
        "can you send #1003 to 418 Juniper Lane, Unit 7, Chicago IL 60622 instead? ben@example.com",
        &["code"],
    )
    .await;
    let code = shop.last_code();
    says(&shopper, &code, &["#1003", "418 Juniper Lane, Unit 7, Chicago IL 60622"]).await;
    assert!(order(&shop, 1003).to_string().contains("418 Juniper Lane"));
    nothing_is_withheld(&shopper).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parcel_that_has_left_is_neither_cancelled_nor_promised() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    says(&shopper, "please cancel 1001, ana@example.com", &["code"]).await;
    let code = shop.last_code();
    says(&shopper, &code, &["#1001", "can't be cancelled"]).await;
    assert!(order(&shop, 1001)["cancellation"].is_null());
    nothing_is_withheld(&shopper).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fleece_goes_back_and_the_money_follows() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    says(&shopper, "i want to return the fleece from 1002, not the socks", &["e-mail"]).await;
    says(&shopper, "ana@example.com", &["change your mind"]).await;
    let opened = ["I have opened return #1002-R1", "“Cascade Fleece Pullover”", "Once the parcel arrives"];
    says(&shopper, "i just don't like the color", &opened).await;
    says(&shopper, "has it arrived?", &["Your return #1002-R1 has not arrived yet"]).await;
    assert_eq!(order(&shop, 1002)["refunds"].as_array().map_or(0, Vec::len), 0, "no money before the goods");
    says(&shopper, "actually i'll keep it", &["can't undo"]).await;
    nothing_is_withheld(&shopper).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn final_sale_stays_where_it_is() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    let sale = "i'd like to return both beanies of order 1006, dont like them. chloe@example.com";
    says(&shopper, sale, &["“Last-Season Wool Beanie” is final sale, so it can't be returned."]).await;
    assert!(order(&shop, 1006)["returns"].as_array().is_none_or(Vec::is_empty));
    nothing_is_withheld(&shopper).await;
}
