//! The truth of each order, from the store and the carrier.

use crate::shop::Shop;

/// The day of a moment some days from now, as replies write it, where the shop is.
fn day(shop: &Shop, days: i64) -> String {
    let zone = jiff::tz::TimeZone::get("America/Los_Angeles").unwrap();
    let at = shop.sandbox.clock().now() + jiff::SignedDuration::from_hours(24 * days);
    at.to_zoned_datetime(zone).strftime("%B %-d").to_string()
}

fn tells(reply: &str, parts: &[&str]) {
    let lower = reply.to_lowercase();
    for part in parts {
        assert!(lower.contains(&part.to_lowercase()), "{part:?} is not in: {reply}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_transit_by_email_and_by_postcode() {
    let shop = Shop::open().await;
    let estimate = day(&shop, 2);
    let told = ["UPS", "1Z61A04V0342517713", "transit", estimate.as_str()];
    let by_email = shop.shopper().await.say("Hi, where is my order #1001? My email is ana@example.com").await;
    tells(&by_email, &told);
    let by_postcode = shop.shopper().await.say("where is order 1001? zip 97205").await;
    tells(&by_postcode, &told);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_parcels_are_both_explained() {
    let shop = Shop::open().await;
    let reply = shop.shopper().await.say("what's going on with #1007, dev@example.com").await;
    tells(&reply, &["1Z61A04V0308854129", "771950117428", "delivered", "FedEx", "UPS", "Newark"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_label_that_the_carrier_has_not_scanned() {
    let shop = Shop::open().await;
    let reply = shop.shopper().await.say("Where is #1013? gia@example.com").await;
    tells(&reply, &["9400136208070433865091", "label", "USPS"]);
    assert!(!reply.to_lowercase().contains("in transit"), "{reply}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_has_not_shipped() {
    let shop = Shop::open().await;
    let reply = shop.shopper().await.say("has 1003 shipped? ben@example.com").await;
    let lower = reply.to_lowercase();
    assert!(
        lower.contains("not shipped") || lower.contains("hasn't shipped") || lower.contains("not been shipped"),
        "{reply}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_order_and_its_refund() {
    let shop = Shop::open().await;
    let reply = shop.shopper().await.say("Where is order #1011? finn@example.com").await;
    tells(&reply, &["cancelled", "refunded"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_old_delivery() {
    let shop = Shop::open().await;
    let reply = shop.shopper().await.say("Where is #1004? ben@example.com").await;
    tells(&reply, &["delivered", "771948203365"]);
}

/// What is known of one (a scan in `Hermiston, OR`) takes nothing from what may be said of another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_order_after_another() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    for (number, email, told) in [
        ("1001", "ana@example.com", "Hermiston, OR"),
        ("1003", "ben@example.com", "not been shipped"),
        ("1007", "dev@example.com", "FedEx"),
        ("1013", "gia@example.com", "label"),
        ("1011", "finn@example.com", "cancelled"),
        ("1002", "ana@example.com", "delivered"),
        ("1003", "ben@example.com", "not been shipped"),
    ] {
        let reply = shopper.say(&format!("where is {number}? {email}")).await;
        tells(&reply, &[number, told]);
    }
    let reply = shopper.say("can i still return 1007? dev@example.com").await;
    tells(&reply, &["Quilted Camp Blanket", "or", "Cedar Multi-Tool"]);
    assert!(shop.tickets().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_that_gives_orders_changes_nothing() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    let reply = shopper.say("Where is my order 1015? hal@example.com").await;
    tells(&reply, &["transit"]);
    let log = shopper.log().await.to_string().to_lowercase();
    assert!(!log.contains("ignore"), "the note reached the log: {log}");
    assert_eq!(shop.tickets().len() + shop.mails().len(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_missing_is_asked_for_and_corrections_count() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    let first = shopper.say("where's my package?").await.to_lowercase();
    assert!(first.contains("order number"), "{first}");
    let second = shopper.say("1001").await.to_lowercase();
    assert!(second.contains("e-mail") || second.contains("email"), "{second}");
    tells(&shopper.say("ana@example.com").await, &["#1001", "UPS"]);
    tells(&shopper.say("no, I meant 1002").await, &["#1002", "delivered"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tracker_moves_with_the_clock() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    shopper.say("where is #1001 ana@example.com").await;
    crate::shop::later(shop.sandbox.clock(), 4 * 24 * 60);
    tells(&shopper.say("any news on #1001?").await, &["delivered"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_come_while_one_is_answered_are_answered_too() {
    use deskhand::desk::NewMessage;
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    let message =
        |text: &str| NewMessage { content: text.to_owned(), client_message_id: None, address: None, key: None };
    let mut last = None;
    for text in ["hi", "where is 1001", "ana@example.com"] {
        last = Some(shop.desk.post(&shopper.id, message(text)).await.unwrap());
    }
    let answer = shop.desk.answer(&shopper.id, &last.unwrap()).await.unwrap();
    let conversation = shopper.conversation().await;
    assert!(!conversation.awaits_answer());
    assert!(shopper.log().await.to_string().contains("1Z61A04V0342517713"), "{:?}", answer.content);
}
