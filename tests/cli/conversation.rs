//! Talking in the terminal, against the sandbox.

use serde_json::Value;

use crate::program::{Place, Ran};

const QUESTION: &str = "Where is my order #1001? My e-mail is ana@example.com\n";

fn conversation_of(ran: &Ran) -> String {
    regex::Regex::new("conv_[0-9a-f]{32}").unwrap().find(&ran.out).unwrap().as_str().to_owned()
}

#[test]
fn piped_lines_are_answered_one_after_the_other() {
    let place = Place::new();
    let ran = place
        .command(&["chat"])
        .run(&format!("Hello\n\n{QUESTION}I would like to talk to a person\nThank you\n"))
        .well();
    assert_eq!(ran.out.matches("you> ").count(), 4, "an empty line is no message: {}", ran.out);
    let answer = ran.out.lines().find(|line| line.starts_with("agent> ") && line.contains("UPS"));
    let answer = answer.unwrap_or_else(|| panic!("no answer: {}", ran.out));
    assert!(answer.contains("#1001") && answer.contains("1Z"), "{answer}");
    assert!(ran.out.contains("desk> Your reference is "), "{}", ran.out);
    assert!(ran.out.trim_end().ends_with("A person has this conversation; the agent is silent."), "{}", ran.out);
    assert!(!ran.out.contains('\u{1b}'), "no colours in a pipe");
    assert_eq!(ran.err, "");
}

#[test]
fn a_conversation_goes_on_after_the_program_ended() {
    let place = Place::new();
    let first = place.command(&["chat"]).run(QUESTION).well();
    let id = conversation_of(&first);
    let again = place.command(&["chat", "--conversation", &id]).run("And what is in order 1001?\n").well();
    assert!(again.out.contains("agent> Order #1001 contains"), "still matched: {}", again.out);
    let fresh = place.command(&["chat", "--fresh", "--conversation", &id]).run("");
    assert_eq!(fresh.code, Some(1), "--fresh forgets it: {}", fresh.shown());
}

#[test]
fn json_has_one_event_a_line_in_the_shape_of_the_streams() {
    let ran = Place::new().command(&["chat", "--json"]).run(QUESTION).well();
    let events: Vec<Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(names.first(), Some(&"message.received"));
    assert_eq!(names.last(), Some(&"turn.completed"));
    assert!(names.contains(&"tool.completed") && names.contains(&"message.delta"), "{names:?}");
    let said: String = events
        .iter()
        .filter(|event| event["event"] == "message.delta")
        .map(|event| event["data"]["text"].as_str().unwrap())
        .collect();
    let whole = events.iter().find(|event| event["event"] == "message.completed").unwrap();
    assert_eq!(whole["data"]["content"], said.as_str(), "the pieces are the message");
    assert!(events.iter().all(|event| event["id"].is_string()));
}

#[test]
fn a_customer_who_is_signed_in_sees_their_orders() {
    let ran = Place::new().command(&["chat", "--as", "ana@example.com"]).run("Show me my orders\n").well();
    assert!(ran.out.contains("list_orders"), "{}", ran.out);
    assert!(ran.out.contains("- #1001: ") && ran.out.contains("- #1002: "), "{}", ran.out);
    assert!(!ran.out.contains("#1003"), "another customer's: {}", ran.out);
}

#[test]
fn why_tells_the_course_of_a_conversation_and_of_a_turn() {
    let place = Place::new();
    let id = conversation_of(&place.command(&["chat"]).run(QUESTION).well());
    let why = place.run(&["why", &id]).well();
    for expected in
        ["routed      to wismo: order_status", "find_order {", "proved      order #1001, by email", "Tokens: "]
    {
        assert!(why.out.contains(expected), "{expected} is not in {}", why.out);
    }
    let versions = [
        r"\n  by          prompt [0-9a-f]{12}, policy [0-9a-f]{12}, tools [0-9a-f]{12}, ",
        r"articles [0-9a-f]{12}, weights [0-9a-f]{12}, model .*offline",
    ];
    assert!(regex::Regex::new(&versions.concat()).unwrap().is_match(&why.out), "{}", why.out);
    let turn = regex::Regex::new("turn_[0-9a-f]{32}").unwrap().find(&why.out).unwrap().as_str().to_owned();
    let of_turn = place.run(&["why", &turn]).well();
    assert!(of_turn.out.contains("track_shipment") && !of_turn.out.contains("shopper "), "{}", of_turn.out);
}

#[test]
fn an_exported_conversation_names_nobody() {
    let place = Place::new();
    let id = conversation_of(&place.command(&["chat"]).run(QUESTION).well());
    let json = place.run(&["export", &id]).well();
    let transcript: Value = serde_json::from_str(&json.out).unwrap();
    assert!(transcript["events"].as_array().unwrap().len() > 5);
    let markdown = place.run(&["export", &id, "--format", "markdown"]).well();
    assert!(
        markdown.out.contains("**Shopper:** Where is my order [order-1]? My e-mail is [email-1]"),
        "{}",
        markdown.out
    );
    assert!(markdown.out.contains("**Agent:** "), "{}", markdown.out);
    let tracking = regex::Regex::new("1Z[0-9A-Z]{8}").unwrap();
    for text in [&json.out, &markdown.out] {
        for personal in ["ana@", "1001", "97205", "Hermiston"] {
            assert!(!text.contains(personal), "{personal} is in {text}");
        }
        assert!(!tracking.is_match(text), "a tracking number is in {text}");
    }
}

#[test]
fn a_paused_store_sends_everyone_to_a_person() {
    let place = Place::new();
    place.run(&["pause", "sandbox"]).well();
    assert!(place.run(&["stores", "show", "sandbox"]).well().out.contains("sandbox: paused"));
    let ran = place.command(&["chat"]).run(QUESTION).well();
    assert!(ran.out.contains("a person (store policy") && !ran.out.contains("find_order"), "{}", ran.out);
    place.run(&["resume", "sandbox"]).well();
    assert!(place.command(&["chat"]).run(QUESTION).well().out.contains("find_order"));
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_it_in_order() {
    let place = Place::new();
    let mut chat = place.command(&["chat"]).start_with("Hello\n");
    chat.read_until("agent> ");
    assert_eq!(chat.signal("INT"), Some(130));
    assert!(place.command(&["chat"]).run("Hello\n").well().out.contains("agent> "), "nothing is left locked");
}
