//! Law 2: identity before data.

use std::time::{Duration, Instant};

use deskhand::domain::identity::Assurance;

use crate::shop::{Shop, later};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unknown_order_and_a_wrong_address_get_the_same_words_calls_and_time() {
    let shop = Shop::open().await;
    let mut seen = Vec::new();
    for text in ["where is #1001, ben@example.com", "where is #7301, ben@example.com"] {
        let (before, began) = (shop.sandbox.requests().len(), Instant::now());
        let reply = shop.shopper().await.say(text).await;
        let number = text.split([' ', ',']).find(|word| word.starts_with('#')).unwrap();
        seen.push((reply.replace(number, "#N"), shop.sandbox.requests().len() - before, began.elapsed()));
    }
    let [(words, calls, time), (other_words, other_calls, other_time)] = seen.as_slice() else { panic!() };
    assert_eq!(words, other_words);
    assert_eq!((calls, other_calls), (&1, &1));
    assert!(*time >= Duration::from_millis(300) && *other_time >= Duration::from_millis(300));
    let lower = words.to_lowercase();
    assert!(!lower.contains("ups") && !lower.contains("exist"), "{words}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_postcode_does_not_heal_a_wrong_address() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    shopper.say("where is #1001? ben@example.com, postcode 97205").await;
    assert_eq!(shopper.conversation().await.identity.highest(), Assurance::Anonymous);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_tries_end_after_five_across_conversations_addresses_and_restarts() {
    let shop = Shop::open().await;
    for (index, address) in ["192.0.2.1", "192.0.2.2", "192.0.2.3"].into_iter().enumerate() {
        shop.shopper_at(None, address).await.say(&format!("where is #1001? wrong{index}@example.com")).await;
    }
    let shop = shop.restart().await;
    for (index, address) in ["192.0.2.4", "192.0.2.5"].into_iter().enumerate() {
        shop.shopper_at(None, address).await.say(&format!("where is #1001? more{index}@example.com")).await;
    }
    let shopper = shop.shopper_at(None, "192.0.2.6").await;
    let before = shop.sandbox.requests().len();
    let reply = shopper.say("where is #1001? ana@example.com").await;
    assert_eq!(shop.sandbox.requests().len(), before, "the platform is not asked any more");
    assert_eq!(shopper.conversation().await.identity.highest(), Assurance::Anonymous);
    let lower = reply.to_lowercase();
    assert!(lower.contains("person") || lower.contains("colleague"), "a person is offered: {reply}");
    assert_eq!(shop.tickets().len(), 0, "wrong tries do not hand off by themselves");
    let other = shop.shopper_at(None, "192.0.2.7").await;
    other.say("where is #1002? ana@example.com").await;
    assert_eq!(other.conversation().await.identity.highest(), Assurance::OrderMatched);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_are_listed_only_after_a_code() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    shopper.say("show me all my orders").await;
    assert_eq!(shop.mails().len(), 0, "no code on a wish alone");
    shopper.say("my order is #1002 and my email ana@example.com").await;
    shopper.say("now list all my orders please").await;
    assert_eq!(shop.mails().len(), 1, "{}", shopper.log().await);
    let code = shop.last_code();
    let reply = shopper.say(&format!("it's {code}")).await;
    assert!(reply.contains("#1001") && reply.contains("#1002"), "{reply}");
    let conversation = shopper.conversation().await;
    assert_eq!(conversation.identity.highest(), Assurance::Verified);
    assert!(!shopper.log().await.to_string().contains(&code), "the code is nowhere in the log");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_code_dies_by_three_wrong_tries_by_time_and_by_the_next_one() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    shopper.say("#1002 ana@example.com").await;
    shopper.say("list all my orders").await;
    let first = shop.last_code();
    let wrong = if first == "000000" { "000001" } else { "000000" };
    for _ in 0..3 {
        shopper.say(wrong).await;
    }
    shopper.say(&first).await;
    assert_eq!(shopper.conversation().await.identity.highest(), Assurance::OrderMatched);

    let late = shop.shopper().await;
    late.say("#1002 ana@example.com").await;
    late.say("list all my orders").await;
    let second = shop.last_code();
    later(shop.sandbox.clock(), 11);
    late.say(&second).await;
    assert_eq!(late.conversation().await.identity.highest(), Assurance::OrderMatched);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_of_the_store_verifies() {
    let shop = Shop::open().await;
    let reply = shop.verified("ana@example.com").await.say("show me all my orders").await;
    assert!(reply.contains("#1001") && reply.contains("#1002") && !reply.contains("#1003"), "{reply}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn search_syntax_in_a_shopper_s_words_finds_nobody_else() {
    let shop = Shop::open().await;
    for text in [
        "where is order \"1001 OR name:1003\" ana@example.com",
        "where is #1003 OR #1001, my email is ana@example.com",
        "order *, ana@example.com",
        "order 1003\" OR email:\"ana@example.com, zip 60614* OR 97205",
    ] {
        let shopper = shop.shopper().await;
        let reply = shopper.say(text).await;
        assert!(!reply.contains("89.00"), "{reply}");
        let proved: Vec<String> = shopper.conversation().await.matched.into_iter().map(|(name, _)| name).collect();
        assert!(!proved.contains(&"#1003".to_owned()), "{text}: {proved:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn card_numbers_reach_neither_log_nor_model() {
    let shop = Shop::open().await;
    let shopper = shop.shopper().await;
    shopper.say("I paid with 4242 4242 4242 4242, where is #1001? ana@example.com").await;
    let log = shopper.log().await.to_string();
    assert!(!log.contains("4242") && log.contains("[card number removed]"), "{log}");
}
