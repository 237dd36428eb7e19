//! Goods that go back: the wish, the label, and how the return stands.

use std::cell::Cell;
use std::rc::Rc;

use serde_json::{Value, json};

use super::harness::{Chat, returns, route, usd};
use super::status::{order, parcel};

/// A shop with one delivered order; its return's parcel is where `parcel` has it.
fn shop(way: &Rc<Cell<&'static str>>, decision: &'static str) -> impl FnMut(&str, &Value) -> Value + 'static {
    let mut sent = parcel(1, "delivered");
    sent["delivered_on"] = json!("2031-03-02");
    sent["shipped_on"] = json!("2031-02-28");
    let way = Rc::clone(way);
    move |tool, arguments| {
        let proved = arguments["email"] == "mia@shop.example" || arguments["postcode"] == "30117";
        match tool {
            "find_order" if proved && arguments["order_number"].as_str().unwrap().ends_with("7734") => {
                json!({"found": true, "as_of": "2031-03-05", "order": order("#7734", "delivered", json!([sent]))})
            }
            "find_order" => json!({"found": false, "locked": false, "message": "No order matches."}),
            "create_return" => {
                let titles = ["Tin Kettle", "Wick"];
                let items: Vec<Value> = arguments["items"].as_array().unwrap().iter().map(|item| {
                    json!({"title": titles[item["line"].as_u64().unwrap() as usize - 1], "quantity": item["quantity"]})
                }).collect();
                if decision == "not_possible" {
                    return json!({"order_number": "#7734", "items": items, "decision": decision, "reason": "outside_window",
                        "windows": [{"title": "Tin Kettle", "delivered_on": "2031-01-02", "returnable_until": "2031-02-01", "open": false}]});
                }
                let arrived = way.get() == "arrived";
                let money = if arrived { "refunded" } else { "on_arrival" };
                json!({"order_number": "#7734", "items": items, "return": "#7734-R1", "decision": decision,
                    "label": {"state": "ready", "carrier": "Royal Post", "tracking_number": "RP777GB", "url": "https://labels.example/7.pdf"},
                    "parcel": {"status": way.get(), "arrived_on": arrived.then_some("2031-03-04")},
                    "terms": {"label_paid_by": "store", "restocking_fee_percent": 0},
                    "refund": {"decision": money, "amount": usd("91.50")}})
            }
            "transfer_to_agent" => json!({"transferred_to": arguments["agent"]}),
            _ => json!({}),
        }
    }
}

fn chat(decision: &'static str) -> (Chat, Rc<Cell<&'static str>>) {
    let way = Rc::new(Cell::new("not_sent_yet"));
    let script = shop(&way, decision);
    (Chat::new(returns(), script), way)
}

const OPENED: &[&str] = &[
    "I have opened return #7734-R1 for one “Tin Kettle” of order #7734.",
    "https://labels.example/7.pdf",
    "drop the parcel off with Royal Post",
    "Once the parcel arrives, $91.50 is refunded.",
];

#[test]
fn a_return_from_wish_to_money() {
    let (mut chat, way) = chat("return_open");
    let reply = chat.say("i'd like to retrun the kettle from order 7734, changed my mind. mia@shop.example");
    assert_eq!(reply.names(), ["find_order", "create_return"], "{}", reply.text);
    let wish = json!({"order_number": "#7734", "items": [{"line": 1, "quantity": 1}], "reason": "changed_mind"});
    assert_eq!(reply.calls[1].1, wish);
    reply.has(OPENED);

    let how = chat.say("how do I send it?");
    assert_eq!((how.names(), &how.calls[0].1), (vec!["create_return"], &wish));
    how.has(&["Print the label", "Royal Post"]).lacks(&["arrives"]);

    way.set("under_way");
    chat.say("has it arrived yet?")
        .has(&["Your return #7734-R1 is on its way back", "Once the parcel arrives, $91.50"]);
    way.set("arrived");
    let when = chat.say("when do i get my money?");
    when.has(&["Your return #7734-R1 arrived on Tuesday, March 4", "$91.50 has been refunded"]);

    chat.say("actually I'd rather keep it").has(&["can't undo", "person"]);
}

#[test]
fn what_is_missing_is_asked_for_before_a_return() {
    let (mut chat, _) = chat("return_open");
    chat.say("I want to send something back").has(&["order number", "e-mail"]);
    chat.say("7734, 30117").has(&["postcode is not enough"]);
    chat.say("mia@shop.example").has(&["Which of these is it about"]);
    chat.say("the wicks, not the kettle").has(&["How many"]);
    chat.say("two").has(&["change your mind"]);
    let reply = chat.say("yes, I just don't need them anymore");
    let wish = json!({"order_number": "#7734", "items": [{"line": 2, "quantity": 2}], "reason": "changed_mind"});
    assert_eq!(reply.calls.last().unwrap(), &("create_return".to_owned(), wish), "{}", reply.text);
}

#[test]
fn a_question_that_names_an_order_is_a_wish() {
    let (mut chat, _) = chat("return_open");
    let reply = chat.say("can i return the kettle from order 7734? i dont need it anymore. mia@shop.example");
    assert_eq!(reply.names(), ["find_order", "create_return"], "{}", reply.text);
}

#[test]
fn a_no_is_told_with_its_day() {
    let (mut chat, _) = chat("not_possible");
    chat.say("return the kettle of 7734, i don't like it, mia@shop.example")
        .has(&["“Tin Kettle” can't be returned", "Saturday, February 1"]);
}

#[test]
fn what_the_store_has_to_approve_is_not_called_open() {
    let (mut chat, _) = chat("requested");
    let reply = chat.say("return the kettle of 7734, i don't like it, mia@shop.example");
    reply.has(&["I have requested a return", "the store has to approve"]).lacks(&["opened", "label"]);
}

#[test]
fn an_exchange_is_for_people() {
    let (mut chat, _) = chat("return_open");
    let reply = chat.say("can I swap the kettle from 7734 for a bigger one? mia@shop.example");
    assert_eq!(reply.escalated(), Some("topic"), "{reply:?}");
    let (_, handed) = reply.calls.last().unwrap();
    let goods = json!({"order_number": "#7734", "items": [{"line": 1, "quantity": 1}], "reason": "changed_mind"});
    assert_eq!((&handed["proposal"]["kind"], &handed["proposal"]["goods"]), (&json!("exchange"), &goods));
    let summary = handed["summary"].as_str().unwrap();
    assert!(summary.contains("kettle") && summary.contains("7734"), "{summary}");
}

#[test]
fn follow_ups_stay_with_the_return() {
    let said = "I have opened return #7734-R1 for one “Tin Kettle” of order #7734.";
    for text in ["how do I send it?", "has it arrived?", "when do I get my money?", "where do i drop it off"] {
        let answer = route(&["I want to return the kettle", said, text]);
        assert_eq!(answer["intent"], "return_request", "{text}: {answer}");
    }
}

#[test]
fn what_was_asked_goes_on_when_the_answer_is_a_number_and_an_address() {
    for facts in ["Order 7734, mia@shop.example", "It's order #7734 and mia@shop.example", "7734 mia@shop.example"] {
        let dialogue =
            ["I want to send the kettle back, I changed my mind.", "Please tell me your order number.", facts];
        assert_eq!(route(&dialogue)["intent"], "return_request", "{facts}");
    }
}
