//! The list of orders, which needs a code.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::{Value, json};

use super::harness::{Chat, usd, wismo};
use super::status::order;

/// A shop that wants a code for the list; the second code typed is right.
fn guarded() -> Chat {
    let proved = Rc::new(Cell::new(0u32));
    let script = move |tool: &str, arguments: &Value| match tool {
        "find_order" if arguments["email"] == "mia@shop.example" => {
            json!({"found": true, "as_of": "2031-03-05", "order": order("#7734", "not_shipped", json!([]))})
        }
        "find_order" => json!({"found": false, "locked": false, "message": "No order matches."}),
        "list_orders" if proved.get() >= 2 => json!({"as_of": "2031-03-05", "more": true, "orders": [
            {"order_number": "#7734", "placed_on": "2031-03-01", "status": "not_shipped", "payment": "paid", "total": usd("151.50")},
            {"order_number": "#7001", "placed_on": "2030-11-30", "status": "delivered", "payment": "paid",
             "total": {"amount": "9.90", "currency": "CHF"}},
        ]}),
        "list_orders" => json!({"error": {"code": "assurance", "message": "Needs a verified shopper."}}),
        "send_verification_code" => json!({"sent": true, "sent_to": "m•••@shop.example", "valid_minutes": 10}),
        "confirm_verification_code" => {
            proved.set(proved.get() + 1);
            match proved.get() {
                2.. => json!({"verified": true, "email": "m•••@shop.example"}),
                _ => json!({"verified": false, "tries_left": 2, "message": "The code is not right."}),
            }
        }
        _ => json!({}),
    };
    Chat::new(wismo(), script)
}

#[test]
fn the_list_is_shown_after_the_code() {
    let mut chat = guarded();
    let reply = chat.say("Can you show me all my orders?");
    assert_eq!(reply.names(), ["list_orders"]);
    reply.has(&["order number", "e-mail"]);
    let reply = chat.say("7734 mia@shop.example");
    assert_eq!(reply.names(), ["find_order", "send_verification_code"]);
    reply.has(&["I have sent a code to m•••@shop.example", "type it here", "10 minutes"]);
    let reply = chat.say("[one-time code]");
    assert_eq!(reply.names(), ["confirm_verification_code"]);
    reply.has(&["not correct", "2 more tries"]);
    let reply = chat.say("oh it's [one-time code]");
    assert_eq!(reply.names(), ["confirm_verification_code", "list_orders"]);
    reply.has(&[
        "#7734: not shipped, placed on Saturday, March 1, $151.50",
        "November 30, 2030",
        "9.90 CHF",
        "more orders",
    ]);
}

#[test]
fn an_order_that_was_matched_before_is_enough_for_the_code() {
    let mut chat = guarded();
    chat.say("where is 7734? mia@shop.example").has(&["not been shipped"]);
    let reply = chat.say("list my orders please");
    assert_eq!(reply.names(), ["list_orders", "send_verification_code"]);
    reply.has(&["I have sent a code"]);
    let reply = chat.say("I did not get the code, send a new one");
    assert_eq!(reply.names(), ["send_verification_code"]);
    chat.say("[one-time code]").has(&[" Shall I send a new code?"]);
    assert_eq!(chat.say("yes").names(), ["send_verification_code"]);
}

#[test]
fn a_customer_who_is_known_needs_no_code() {
    let mut chat = Chat::new(wismo(), |_, _| json!({"as_of": "2031-03-05", "more": false, "orders": []}));
    let reply = chat.say("what open orders do I have?");
    assert_eq!(reply.calls, [("list_orders".to_owned(), json!({"status": "open"}))]);
    reply.has(&["don't see any orders"]);
}

#[test]
fn a_code_that_cannot_be_sent_again_is_said() {
    let mut chat = Chat::new(wismo(), |tool, _| match tool {
        "find_order" => {
            json!({"found": true, "as_of": "2031-03-05", "order": order("#7734", "not_shipped", json!([]))})
        }
        "send_verification_code" => json!({"error": {"code": "attempts_used_up", "message": "Three codes were sent."}}),
        _ => json!({"error": {"code": "assurance", "message": "Needs a verified shopper."}}),
    });
    chat.say("show me my orders. one is 7734, mia@shop.example")
        .has(&["can't do that again", "Shall I bring in a person?"]);
}

#[test]
fn a_code_that_was_perhaps_sent_is_not_called_sent() {
    let mut chat = Chat::new(wismo(), |tool, _| match tool {
        "find_order" => {
            json!({"found": true, "as_of": "2031-03-05", "order": order("#7734", "not_shipped", json!([]))})
        }
        "send_verification_code" => json!({"sent": "maybe", "sent_to": "m•••@shop.example", "valid_minutes": 10}),
        _ => json!({"error": {"code": "assurance", "message": "Needs a verified shopper."}}),
    });
    let reply = chat.say("show me my orders. one is 7734, mia@shop.example");
    reply.has(&["can't tell whether the code was sent"]).lacks(&["I have sent"]);
}

/// The desk says in a remark of its own that the customer is known.
fn known_customer(orders: Value) -> Chat {
    let mut chat = Chat::new(wismo(), move |tool, arguments| match tool {
        "list_orders" => json!({"as_of": "2031-03-05", "more": false, "orders": orders}),
        "get_order" => {
            json!({"as_of": "2031-03-05", "order": order(arguments["order_number"].as_str().unwrap(), "not_shipped", json!([]))})
        }
        other => panic!("{other} is not needed"),
    });
    chat.messages.push(deskhand::model::Message::System("The shopper is verified.".into()));
    chat
}

#[test]
fn a_known_customer_need_not_prove_or_know_anything() {
    let one =
        json!([{"order_number": "#7734", "placed_on": "2031-03-01", "status": "not_shipped", "total": usd("9.00")}]);
    let two = json!([
        {"order_number": "#7734", "placed_on": "2031-03-01", "status": "not_shipped", "total": usd("9.00")},
        {"order_number": "#7001", "placed_on": "2031-03-01", "status": "delivered", "total": usd("9.00")},
    ]);
    let reply = known_customer(one).say("where is my order?");
    assert_eq!(reply.names(), ["list_orders", "get_order"]);
    reply.has(&["Order #7734 has not been shipped yet"]);
    let mut chat = known_customer(two);
    chat.say("where is my order?").has(&["#7734", "#7001", "Which order number do you mean?"]);
    let reply = chat.say("7734");
    assert_eq!(reply.names(), ["get_order"]);
    reply.has(&["has not been shipped yet"]);
}
