//! When a person takes over, and when not.

use serde_json::json;

use super::harness::{Chat, general, wismo};
use super::status::{parcel, shop};

fn delivered() -> Chat {
    let mut parcel = parcel(1, "delivered");
    parcel["delivered_on"] = json!("2031-03-04");
    Chat::new(wismo(), shop("#7734", "delivered", vec![parcel]))
}

#[test]
fn says_delivered_but_nothing_came() {
    for text in [
        "It says delivered but I got nothing! order 7734, mia@shop.example",
        "Tracking shows 7734 as delivered. I never received it. mia@shop.example",
        "my parcel 7734 never arrived mia@shop.example",
        "order 7734 mia@shop.example was marked delivered yesterday but its not here",
        "my package got stolen, order 7734, mia@shop.example",
    ] {
        let reply = delivered().say(text);
        assert_eq!(reply.names(), ["find_order", "track_shipment", "escalate_to_human"], "{text}");
        assert_eq!(reply.escalated(), Some("never_arrived"));
        assert!(reply.calls[2].1["summary"].as_str().unwrap().contains("delivered on Tuesday, March 4"));
    }
}

#[test]
fn without_number_it_is_asked_for_once() {
    let mut chat = delivered();
    let reply = chat.say("it says delivered but nothing is here");
    assert_eq!(reply.escalated(), None);
    reply.has(&["order number"]);
    assert_eq!(chat.say("I told you, it says delivered and I never got it!").escalated(), Some("never_arrived"));

    let mut chat = delivered();
    chat.say("it says delivered but nothing is here");
    assert_eq!(chat.say("7734 mia@shop.example").escalated(), Some("never_arrived"));
}

#[test]
fn after_the_answer_that_it_was_delivered() {
    for text in
        ["But I didn't get anything", "well its not here", "I never got it", "nothing came", "I have not received it!!"]
    {
        let mut chat = delivered();
        chat.say("where is 7734? mia@shop.example").has(&["was delivered on"]);
        assert_eq!(chat.say(text).escalated(), Some("never_arrived"), "{text}");
    }
}

#[test]
fn never_arrived_while_it_is_on_its_way_is_told_first() {
    let mut chat = Chat::new(wismo(), shop("#7734", "shipped", vec![parcel(1, "in_transit")]));
    let reply = chat.say("my order 7734 never arrived, mia@shop.example");
    assert_eq!(reply.names(), ["find_order", "track_shipment"]);
    reply.has(&["in transit"]);
    assert_eq!(chat.say("still, it never arrived").escalated(), Some("never_arrived"));
}

#[test]
fn an_item_missing_from_the_parcel() {
    for text in [
        "one item is missing from my parcel 7734, mia@shop.example",
        "the socks were not in the box. order 7734 mia@shop.example",
        "the box was empty!! 7734 mia@shop.example",
        "I only got one of the two mugs, order 7734, mia@shop.example",
    ] {
        assert_eq!(delivered().say(text).escalated(), Some("never_arrived"), "{text}");
    }
}

#[test]
fn whoever_asks_for_a_person_gets_one() {
    for text in [
        "talk to a human",
        "I want to speak to a real person please",
        "give me an agent",
        "can i talk to sombody",
        "get me your manager NOW",
        "connect me with a representative",
        "I don't want to talk to a bot",
        "human please",
    ] {
        for tools in [wismo(), general()] {
            assert_eq!(Chat::new(tools, |_, _| json!({})).say(text).escalated(), Some("asked"), "{text}");
        }
    }
}

#[test]
fn whom_a_letter_is_to_and_who_signs_it_call_nobody() {
    for text in [
        "Dear customer service,\nwhere is order 7734? mia@shop.example",
        "Hello support team, where is order 7734? mia@shop.example. Kind regards, Mia Berg",
        "Where is order 7734? mia@shop.example\n\nBest regards,\nMia Berg\nOffice Manager",
    ] {
        let reply = delivered().say(text);
        assert_eq!(reply.names(), ["find_order", "track_shipment"], "{text}");
    }
    // What is written after thanks may still be a wish, and to greet somebody may be all of it.
    for text in ["where is order 7734, thanks\nget me a human please", "THANKS\nGET ME A HUMAN", "hi, a human please!"]
    {
        assert_eq!(Chat::new(wismo(), |_, _| json!({})).say(text).escalated(), Some("asked"), "{text}");
    }
}

#[test]
fn threats_and_rage() {
    for text in [
        "I will sue you",
        "my lawyer will hear about order 7734",
        "I'm going to do a chargeback",
        "I'll call the police on you",
        "I'm going to tell the press about this",
        "I will burn your warehouse down",
    ] {
        assert_eq!(delivered().say(text).escalated(), Some("threat"), "{text}");
    }
    for text in ["FUCK YOU", "you are all fucking useless thieves!!!", "go to hell you scammers"] {
        assert_eq!(delivered().say(text).escalated(), Some("anger"), "{text}");
    }
}

#[test]
fn a_rude_but_complete_question_is_answered() {
    for text in [
        "where the fuck is my order 7734, mia@shop.example",
        "this is ridiculous, WHERE IS 7734!!! mia@shop.example",
        "you fucking idiots, where is 7734? mia@shop.example",
        "useless thieves!!! tell me when order 7734 arrives mia@shop.example",
        "wtf is going on with my damn package 7734 mia@shop.example",
    ] {
        let reply = delivered().say(text);
        assert_eq!(reply.names(), ["find_order", "track_shipment"], "{text}");
        reply.has(&["was delivered on"]);
    }
}

#[test]
fn it_says_what_it_is() {
    for text in [
        "are you a bot?",
        "Are you ChatGPT?",
        "am I talking to an AI",
        "r u human?",
        "what model are you",
        "is this a real person?",
    ] {
        for tools in [wismo(), general()] {
            let reply = Chat::new(tools, |_, _| json!({})).say(text);
            assert!(reply.calls.is_empty(), "{text}: {:?}", reply.calls);
            reply.has(&["offline stand-in", "not a language model"]);
        }
    }
}

#[test]
fn manners() {
    let mut chat = Chat::new(general(), |_, _| json!({}));
    chat.say("hello!").has(&["Hello"]);
    chat.say("what can you do?").has(&["orders", "products"]);
    chat.say("thank you so much").has(&["welcome"]);
    chat.say("bye").has(&["Goodbye"]);
}

#[test]
fn what_is_not_understood_is_asked_about_once() {
    let mut chat = Chat::new(wismo(), |_, _| json!({}));
    chat.say("blorp fizzle").has(&["not sure"]);
    chat.say("fizzle blorp").has(&["Shall I bring in a person?"]);
    assert_eq!(chat.say("yes").escalated(), Some("asked"));
}

#[test]
fn what_people_do_is_offered_to_people() {
    let mut chat = delivered();
    let reply = chat.say("where is 7734, mia@shop.example, and I want to return the kettle");
    reply.has(&["was delivered on", "a return", "Shall I bring in a person?"]);
    assert_eq!(chat.say("yes please").escalated(), Some("asked"));
}

#[test]
fn a_name_is_no_reason_for_a_person_and_another_language_is() {
    let mut chat = delivered();
    chat.say("where is my order 7734?");
    assert_eq!(chat.say("Mia Hart").escalated(), None);
    assert_eq!(chat.say("Maria de la Cruz").escalated(), None);
    assert_eq!(delivered().say("Hallo, wo ist meine Bestellung?").escalated(), Some("other"));
}
