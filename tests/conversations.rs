//! What a shopper is told, end to end: vendors over TCP, SQLite on disk, the offline model.

#[path = "support/shop.rs"]
mod shop;

use shop::Shop;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_in_transit_is_told_from_the_carrier() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    println!("{}", shopper.say("Hi, where is my order #1001? My email is ana@example.com").await);
    println!("{:#}", shopper.log().await);
}
