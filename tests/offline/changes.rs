//! Orders called off, sent elsewhere and noted on: proof first, then the wish, then what came of it.

use serde_json::{Value, json};

use super::harness::{Chat, orders, usd};
use super::status::order;

const NUMBERS: [&str; 2] = ["#7734", "#7735"];

/// A shop with two orders of `mia@shop.example` that have not left. The right code makes changes possible.
fn shop(refuse: Option<&'static str>) -> impl FnMut(&str, &Value) -> Value {
    let mut verified = false;
    move |tool, arguments| {
        let named = arguments["order_number"].as_str().map(|text| format!("#{}", text.trim_start_matches('#')));
        let known = named.filter(|number| NUMBERS.contains(&number.as_str()));
        let number = known.clone().unwrap_or_default();
        match tool {
            "find_order" if known.is_some() && arguments["email"] == "mia@shop.example" => {
                json!({"found": true, "as_of": "2031-03-05", "order": order(&number, "not_shipped", json!([]))})
            }
            "find_order" => json!({"found": false, "locked": false, "message": "No order matches."}),
            "get_order" => json!({"as_of": "2031-03-05", "order": order(&number, "not_shipped", json!([]))}),
            "send_verification_code" => json!({"sent": true, "sent_to": "m•••@shop.example", "valid_minutes": 10}),
            "confirm_verification_code" => {
                verified = true;
                json!({"verified": true, "email": "m•••@shop.example"})
            }
            "cancel_order" | "change_shipping_address" if !verified => {
                json!({"error": {"code": "assurance", "message": "The shopper must be verified."}})
            }
            "cancel_order" | "change_shipping_address" if refuse.is_some() => {
                json!({"order_number": number, "decision": "not_possible", "reason": refuse})
            }
            "cancel_order" => {
                json!({"order_number": number, "cancellation": format!("eff_{number}"), "decision": "cancelled",
                "amount": usd("151.50"), "money": "refunded"})
            }
            "change_shipping_address" => {
                let mut address = arguments.clone();
                address.as_object_mut().unwrap().remove("order_number");
                json!({"order_number": number, "change": "eff_move", "decision": "changed", "address": address})
            }
            "add_order_note" => {
                json!({"order_number": number, "note": "eff_note", "decision": "noted", "text": arguments["text"]})
            }
            "transfer_to_agent" => json!({"transferred_to": arguments["agent"]}),
            _ => json!({}),
        }
    }
}

fn chat() -> Chat {
    Chat::new(orders(), shop(None))
}

const CANCELLED: &[&str] = &["I have cancelled order #7734", "$151.50 has been refunded"];

#[test]
fn a_code_comes_before_a_cancellation_and_the_wish_goes_on_after_it() {
    let mut chat = chat();
    let reply = chat.say("hi, pls cancle order 7734, my email is mia@shop.example");
    assert_eq!(reply.names(), ["find_order", "send_verification_code"]);
    reply.has(&["code"]).lacks(&["cancelled"]);
    let reply = chat.say("[one-time code]");
    assert_eq!(reply.names(), ["confirm_verification_code", "cancel_order"]);
    reply.has(CANCELLED);
    assert!(chat.say("did you cancel it?").calls.is_empty(), "what is done is told from its receipt");
}

#[test]
fn what_is_missing_is_asked_for_before_a_cancellation() {
    let mut chat = chat();
    chat.say("i want to cancel my order").has(&["order number", "e-mail"]);
    chat.say("7734").has(&["e-mail"]);
    assert_eq!(chat.say("mia@shop.example").names(), ["find_order", "send_verification_code"]);
    chat.say("[one-time code]").has(CANCELLED);
}

#[test]
fn whoever_changes_their_mind_keeps_the_order() {
    let mut chat = chat();
    chat.say("cancel 7734 please, mia@shop.example");
    for text in ["actually keep it", "ok thanks", "yes"] {
        let reply = chat.say(text);
        assert!(!reply.names().contains(&"cancel_order"), "{text}: {reply:?}");
        reply.lacks(&["cancelled"]);
    }

    let mut late = Chat::new(orders(), shop(None));
    late.say("cancel 7734 please, mia@shop.example");
    late.say("[one-time code]").has(CANCELLED);
    late.say("oh no, never mind, I want to keep it").has(&["can't undo", "person"]);
}

#[test]
fn an_order_that_has_left_is_not_cancelled() {
    let mut chat = Chat::new(orders(), shop(Some("already_fulfilled")));
    chat.say("cancel 7734 please, mia@shop.example");
    chat.say("[one-time code]").has(&["already been shipped", "can't be cancelled"]);
}

#[test]
fn one_is_asked_about_and_another_cancelled() {
    let mut chat = chat();
    let reply = chat.say("where is 7734, and cancel 7735. mia@shop.example");
    assert!(reply.names().contains(&"send_verification_code"), "{reply:?}");
    let reply = chat.say("[one-time code]");
    let cancelled: Vec<&Value> =
        reply.calls.iter().filter(|(name, _)| name == "cancel_order").map(|(_, call)| call).collect();
    assert_eq!(cancelled, [&json!({"order_number": "#7735"})], "{reply:?}");
}

#[test]
fn addresses_out_of_free_text() {
    for (text, wanted) in [
        (
            "please send 7734 to 12 Oak Street, Apt 4, Portland OR 97205 instead, mia@shop.example",
            json!({"line1": "12 Oak Street", "line2": "Apt 4", "city": "Portland", "province": "OR", "postcode": "97205", "country": "US"}),
        ),
        (
            "I moved! The new address for order 7734 is 1801 N Lamar Blvd Austin TX 78701. mia@shop.example",
            json!({"line1": "1801 N Lamar Blvd", "line2": null, "city": "Austin", "province": "TX", "postcode": "78701", "country": "US"}),
        ),
        (
            "change the delivery address of order #7734 please: 7 Mill Lane, Leeds LS1 4DY. my mail: mia@shop.example",
            json!({"line1": "7 Mill Lane", "line2": null, "city": "Leeds", "province": null, "postcode": "LS1 4DY", "country": "GB"}),
        ),
        (
            "deliver order 7734 to Lindenstraße 5, 10115 Berlin, Germany instead. mia@shop.example",
            json!({"line1": "Lindenstraße 5", "line2": null, "city": "Berlin", "province": null, "postcode": "10115", "country": "DE"}),
        ),
    ] {
        let mut chat = chat();
        let reply = chat.say(text);
        assert_eq!(reply.names(), ["find_order", "send_verification_code"], "{text}: {}", reply.text);
        assert_eq!(reply.calls[0].1["postcode"], Value::Null, "the new postcode proves nothing");
        let reply = chat.say("[one-time code]");
        let (name, mut arguments) = reply.calls.last().unwrap().clone();
        assert_eq!((name.as_str(), &arguments["order_number"]), ("change_shipping_address", &json!("#7734")), "{text}");
        arguments.as_object_mut().unwrap().remove("order_number");
        assert_eq!(arguments, wanted, "{text}");
        reply.has(&["I have changed the delivery address", wanted["line1"].as_str().unwrap()]);
    }
}

#[test]
fn an_address_in_parts_is_put_together() {
    let mut chat = chat();
    chat.say("I typed the wrong shipping address on 7734, mia@shop.example").has(&["new address", "postcode"]);
    chat.say("12 Oak Street").has(&["city"]);
    chat.say("Portland").has(&["postcode"]);
    assert_eq!(chat.say("97205").names(), ["send_verification_code"]);
    let reply = chat.say("[one-time code]");
    assert_eq!(reply.calls.last().unwrap().1["postcode"], "97205", "{reply:?}");
    reply.has(&["12 Oak Street", "Portland 97205"]);
}

#[test]
fn a_note_needs_no_code() {
    let mut chat = chat();
    let reply = chat.say("please add a note to order 7734 that the bell is broken, mia@shop.example");
    assert_eq!(reply.names(), ["find_order", "add_order_note"], "{}", reply.text);
    reply.has(&["I have added a note to order #7734"]);
}
