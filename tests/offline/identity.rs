//! Numbers and proofs: corrections, contradictions, wrong ones.

use serde_json::{Value, json};

use super::harness::{Chat, wismo};
use super::status::{order, parcel, shop};

fn chat() -> Chat {
    Chat::new(wismo(), shop("#7734", "shipped", vec![parcel(1, "in_transit")]))
}

#[test]
fn a_corrected_number_replaces_the_old_one() {
    for correction in [
        "no, I meant 7734",
        "sorry, it's 7734",
        "oops wrong number, 7734",
        "not 7743 but 7734",
        "actually its order 7734",
    ] {
        let mut chat = chat();
        chat.say("where is order 7743?");
        chat.say(correction);
        let reply = chat.say("mia@shop.example");
        assert_eq!(reply.calls.first().map(|call| &call.1["order_number"]), Some(&json!("7734")), "{correction}");
        reply.has(&["in transit"]);
    }
    let reply = chat().say("where's 7743, sorry I meant 7734, mia@shop.example");
    assert_eq!(reply.calls[0].1["order_number"], "7734");
    assert_eq!(reply.names(), ["find_order", "track_shipment"]);
}

#[test]
fn a_young_shops_short_numbers_are_order_numbers() {
    let chat = || Chat::new(wismo(), shop("#734", "shipped", vec![parcel(1, "in_transit")]));
    // Beside a proof.
    for proof in ["mia@shop.example", "30117", "SW1A 1AA"] {
        let reply = chat().say(&format!("any news of 734? {proof}"));
        assert_eq!(reply.calls.first().map(|call| &call.1["order_number"]), Some(&json!("734")), "{proof}");
    }
    // After another one of the shop's.
    for (first, then) in [
        ("where is #743? mia@shop.example", "I mixed it up, 734 is what I wanted"),
        ("where is NO-743? mia@shop.example", "how about 734 then?"),
        ("where is order 743 (mia@shop.example)", "and 734"),
    ] {
        let mut chat = chat();
        chat.say(first);
        let reply = chat.say(then);
        assert_eq!(reply.calls.first().map(|call| &call.1["order_number"]), Some(&json!("734")), "{then}");
        reply.has(&["in transit"]);
    }
    // In the place of one, by itself.
    for message in ["how's 734 looking?", "still nothing on 734", "any news about 734?"] {
        let mut chat = chat();
        chat.say(message).has(&["734", "e-mail address"]);
    }
    // By itself it may be anything.
    let reply = chat().say("do you have 734 of these");
    assert!(!reply.names().contains(&"find_order"), "{:?}", reply.calls);
}

#[test]
fn of_two_numbers_that_begin_alike_neither_is_a_postcode() {
    let orders = |text: &str| chat().say(text).calls.into_iter().map(|call| call.1["order_number"].clone()).collect();
    let both: Vec<Value> = orders("where are orders 24044 and 24053? mia@shop.example");
    assert_eq!(both, [json!("24044"), json!("24053")]);
    let one: Vec<Value> = orders("where is order 24044, 97053?");
    assert_eq!(one, [json!("24044")]);
}

#[test]
fn a_wrong_proof_is_told_without_details_and_may_be_corrected() {
    let mut chat = chat();
    let reply = chat.say("Where is 7734? zoe@shop.example");
    assert_eq!(reply.names(), ["find_order"]);
    reply.has(&["couldn't find an order with these details"]);
    let again = chat.say("but where is 7734? zoe@shop.example");
    assert!(again.calls.is_empty(), "the same try is not made again: {:?}", again.calls);
    let reply = chat.say("sorry, mia@shop.example");
    assert_eq!(reply.calls[0].1["email"], "mia@shop.example");
    reply.has(&["in transit"]);
}

#[test]
fn an_unknown_number_gets_the_same_words_as_a_wrong_address() {
    let unknown = chat().say("where is 9911? mia@shop.example");
    let wrong = chat().say("where is 7734? zoe@shop.example");
    assert_eq!(unknown.text, wrong.text);
}

#[test]
fn all_that_is_given_is_passed_on() {
    let mut chat = chat();
    let reply = chat.say("order 7734, mia@shop.example, postcode 30117 - where is it?");
    assert_eq!(reply.calls[0].1, json!({"order_number": "7734", "email": "mia@shop.example", "postcode": "30117"}));
    let mut chat = self::chat();
    chat.say("order 7734, zoe@shop.example, where is it?");
    let reply = chat.say("try postcode 30117");
    assert_eq!(reply.calls[0].1, json!({"order_number": "7734", "email": "zoe@shop.example", "postcode": "30117"}));
    reply.has(&["couldn't find"]);
}

#[test]
fn of_two_addresses_it_asks_once_which() {
    let mut chat = chat();
    let reply = chat.say("where is 7734? my mail is zoe@shop.example or mia@shop.example");
    assert!(reply.calls.is_empty());
    reply.has(&["Which e-mail address", "zoe@shop.example", "mia@shop.example"]);
    let reply = chat.say("the second one");
    assert_eq!(reply.calls[0].1["email"], "mia@shop.example");
    reply.has(&["in transit"]);

    let mut chat = self::chat();
    chat.say("where is 7734? zoe@shop.example");
    let mut chat = self::chat();
    chat.say("where is my stuff, zoe@shop.example");
    chat.say("mia@shop.example").has(&["Which e-mail address"]);
    chat.say("mia@shop.example").has(&["order number"]);
    chat.say("7734").has(&["in transit"]);
}

#[test]
fn when_the_tries_are_used_up_a_person_is_offered() {
    let mut chat = Chat::new(wismo(), |_, _| json!({"found": false, "locked": true, "message": "No more tries."}));
    chat.say("where is 7734? zoe@shop.example").has(&["can't try again", "Shall I bring in a person?"]);
    assert_eq!(chat.say("yes please").escalated(), Some("asked"));
    let mut chat = Chat::new(wismo(), |_, _| json!({"error": {"code": "attempts_used_up", "message": "No more."}}));
    chat.say("where is 7734? zoe@shop.example").has(&["can't try again", "Shall I bring in a person?"]);
}

#[test]
fn another_order_with_its_own_proof() {
    let script = |tool: &str, arguments: &Value| {
        let number = arguments["order_number"].as_str().unwrap();
        match tool {
            "find_order" => {
                json!({"found": true, "as_of": "2031-03-05", "order": order(number, "not_shipped", json!([]))})
            }
            _ => json!({}),
        }
    };
    let mut chat = Chat::new(wismo(), script);
    chat.say("where is 7734? mia@shop.example 30117");
    let reply = chat.say("and where's order 8800, zoe@shop.example");
    assert_eq!(reply.calls[0].1, json!({"order_number": "8800", "email": "zoe@shop.example", "postcode": null}));
    reply.has(&["Order 8800"]).lacks(&["7734"]);
    let reply = chat.say("and the other one?");
    assert!(reply.calls.is_empty());
    reply.has(&["Order 7734"]).lacks(&["8800"]);
}

#[test]
fn without_number_it_says_what_it_needs_and_offers_a_person() {
    let mut chat = chat();
    chat.say("where is my parcel?");
    chat.say("I don't know the number").has(&["order number", "Shall I bring in a person?"]);
    assert_eq!(chat.say("ok yes").escalated(), Some("asked"));
}

#[test]
fn an_outage_is_said_and_handed_on() {
    let mut chat = Chat::new(wismo(), |tool, _| match tool {
        "find_order" => json!({"error": {"code": "unavailable", "message": "The store cannot be reached."}}),
        _ => json!({}),
    });
    let reply = chat.say("where is 7734? mia@shop.example");
    assert_eq!(reply.names(), ["find_order", "escalate_to_human"]);
    assert_eq!(reply.escalated(), Some("other"));
    reply.has(&["cannot look that up"]);
}

#[test]
fn two_orders_with_an_address_each() {
    let reply = chat().say("where is 7001 for zoe@shop.example, and where is 7734 for mia@shop.example?");
    assert_eq!(reply.names(), ["find_order", "find_order", "track_shipment"]);
    assert_eq!(reply.calls[0].1, json!({"order_number": "7001", "email": "zoe@shop.example", "postcode": null}));
    assert_eq!(reply.calls[1].1, json!({"order_number": "7734", "email": "mia@shop.example", "postcode": null}));
    reply.has(&["I can't look up order 7001 with these details", "Order #7734 is in transit"]);
}
