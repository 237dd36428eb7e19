//! Streams: order, ids, coming back in the middle, leaving, many at once.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::client::{Event, Events, names, said};
use super::held_model::Script;
use super::house::{House, Wishes};

const FIRST: &str = "I am glad to help you. ";
const SECOND: &str = "Thank you for your message 🌲! ";
const THIRD: &str = "Please tell me more.";

/// A turn under way, of which the first sentence was said.
async fn speaking(house: &House) -> (String, tokio::sync::mpsc::UnboundedSender<String>, Events, Vec<Event>) {
    let hand = house.model.hold();
    let id = house.conversation().await;
    let mut events = house.store().say_streaming(&id, "Hello").await;
    hand.send(FIRST.to_owned()).unwrap();
    let seen = events.until("message.delta").await;
    (id, hand, events, seen)
}

fn completed(events: &[Event]) -> &str {
    let event = events.iter().find(|event| event.name == "message.completed").expect("a completed message");
    event.data["content"].as_str().unwrap()
}

#[tokio::test]
async fn a_message_streams_its_turn() {
    let house = House::open().await;
    let id = house.conversation().await;
    house.model.then(Script::Call("search_help_center", json!({"query": "hours"}))).say("How may I help you?");
    let mut stream = house.store().say_streaming(&id, "Hello").await;
    let events = stream.rest().await;
    assert_eq!(
        names(&events),
        [
            "message.received",
            "routed",
            "tool.started",
            "tool.completed",
            "message.delta",
            "message.completed",
            "turn.completed"
        ]
    );
    assert_eq!(stream.headers["cache-control"], "no-cache");
    assert_eq!(stream.headers["x-accel-buffering"], "no");
    for event in &events {
        assert_eq!(event.data["conversation_id"], id.as_str());
        let seq = event.data["seq"].as_u64().unwrap();
        match event.name.as_str() {
            "message.delta" => {
                let end = event.data["offset"].as_u64().unwrap() + event.data["text"].as_str().unwrap().len() as u64;
                assert_eq!(event.id, format!("{seq}.{end}"));
                assert!(event.data["turn"].is_string() && event.data["attempt"].is_number());
            }
            _ => {
                assert_eq!(event.id, seq.to_string());
                assert!(event.data["at"].as_str().unwrap().ends_with('Z'), "{event:?}");
            }
        }
    }
    let routed = &events[1].data;
    assert_eq!((&routed["intent"], &routed["agent"]), (&json!("product_question"), &json!("general")));
    assert_eq!(events[2].data["call_id"], events[3].data["call_id"]);
    assert_eq!(events[3].data["outcome"], "done");
}

#[tokio::test]
async fn a_client_may_come_back_in_the_middle_of_an_answer() {
    let house = House::open().await;
    let (id, hand, mut staying, mut all) = speaking(&house).await;
    let mut leaving = house.store().follow(&id, "0").await;
    let mut parts = leaving.until("message.delta").await;
    drop(leaving);
    let last = parts.last().unwrap().id.clone();
    hand.send(SECOND.to_owned()).unwrap();
    all.extend(staying.until("message.delta").await);
    let mut back = house.store().follow(&id, &last).await;
    hand.send(THIRD.to_owned()).unwrap();
    drop(hand);
    parts.extend(back.until("turn.completed").await);
    all.extend(staying.until("turn.completed").await);

    let whole = format!("{FIRST}{SECOND}{THIRD}");
    assert_eq!(completed(&all), whole);
    assert_eq!(said(&all), whole);
    assert_eq!(said(&parts), whole, "nothing twice, nothing missing");
    let mut offset = 0;
    for delta in parts.iter().filter(|event| event.name == "message.delta") {
        assert_eq!(delta.data["offset"].as_u64().unwrap(), offset);
        offset += delta.data["text"].as_str().unwrap().len() as u64;
    }
}

#[tokio::test]
async fn a_client_may_come_back_anywhere() {
    let house = House::open().await;
    let (id, hand, mut staying, seen) = speaking(&house).await;
    let delta = seen.last().unwrap().data.clone();
    let seq = delta["seq"].as_u64().unwrap();
    hand.send(SECOND.to_owned()).unwrap();
    staying.until("message.delta").await;
    let said_so_far = format!("{FIRST}{SECOND}");
    for offset in [0, 5, FIRST.len()] {
        let mut events = house.store().follow(&id, &format!("{seq}.{offset}")).await;
        assert_eq!(said(&events.until("message.delta").await), said_so_far[offset..]);
    }
    // Inside a character, and beyond the end: such a client gets the message when it is whole, and nothing breaks.
    let inside = FIRST.len() + "Thank you for your message 🌲".len() - 1;
    let mut odd = house.store().follow(&id, &format!("{seq}.{inside}")).await;
    let mut beyond = house.store().follow(&id, &format!("{seq}.100000")).await;
    drop(hand);
    for events in [&mut odd, &mut beyond] {
        assert_eq!(completed(&events.until("turn.completed").await), said_so_far.trim_end());
    }
}

#[tokio::test]
async fn a_client_that_leaves_loses_nothing() {
    let house = House::open().await;
    let (id, hand, leaving, seen) = speaking(&house).await;
    drop(leaving);
    tokio::time::sleep(Duration::from_millis(100)).await;
    hand.send(SECOND.to_owned()).unwrap();
    hand.send(THIRD.to_owned()).unwrap();
    drop(hand);
    let mut back = house.store().follow(&id, &seen.last().unwrap().id).await;
    let rest = back.until("turn.completed").await;
    assert_eq!(completed(&rest), format!("{FIRST}{SECOND}{THIRD}"));
    // One who waited for JSON and left, too.
    let hand = house.model.hold();
    let waiting = tokio::spawn({
        let (store, id) = (house.store(), id.clone());
        async move { store.say(&id, "And this?").await }
    });
    back.until("routed").await;
    waiting.abort();
    assert!(waiting.await.is_err());
    hand.send(THIRD.to_owned()).unwrap();
    drop(hand);
    assert_eq!(completed(&back.until("turn.completed").await), THIRD);
}

#[tokio::test]
async fn all_followers_get_the_same_bytes() {
    let house = House::open().await;
    let id = house.conversation().await;
    let hand = house.model.hold();
    let mut followers = Vec::new();
    for _ in 0..8 {
        followers.push(house.store().follow(&id, "").await);
    }
    let answered = tokio::spawn({
        let (store, id) = (house.store(), id.clone());
        async move { store.say(&id, "Hello").await.expect(200) }
    });
    for piece in [FIRST, SECOND, THIRD] {
        tokio::time::sleep(Duration::from_millis(50)).await;
        hand.send(piece.to_owned()).unwrap();
    }
    drop(hand);
    answered.await.unwrap();
    for follower in &mut followers {
        follower.until("turn.completed").await;
    }
    let bytes: Vec<&str> = followers.iter().map(|follower| follower.raw.as_str()).collect();
    assert!(bytes[0].contains("message.delta"), "{}", bytes[0]);
    assert!(bytes.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_nobody_up() {
    let house = House::open().await;
    let id = house.conversation().await;
    let hand = house.model.hold();
    let mut sleeper = house.store().follow(&id, "").await;
    let mut reader = house.store().follow(&id, "").await;
    let answered = tokio::spawn({
        let (store, id) = (house.store(), id.clone());
        async move { store.say(&id, "Hello").await.expect(200) }
    });
    // More than the desk keeps for a follower that lags behind.
    for _ in 0..600 {
        hand.send(FIRST.repeat(40)).unwrap();
    }
    drop(hand);
    let content = completed(&reader.until("turn.completed").await).len();
    assert!(content > 500_000, "{content}");
    answered.await.unwrap();
    let late = sleeper.until("turn.completed").await;
    assert_eq!(completed(&late).len(), content, "and when it wakes up it has everything");
}

#[tokio::test]
async fn shoppers_see_projections_and_operators_the_workings() {
    let house = House::with(Wishes { offline: true, ..Wishes::default() }).await;
    let opened = house.browser().post("/v1/conversations", &json!({})).await.expect(201).body;
    let id = opened["conversation_id"].as_str().unwrap();
    let shopper = house.browser().with_token(opened["conversation_token"].as_str().unwrap());
    shopper.say(id, "Where is my order #1001? My postcode is 97205").await.expect(200);
    shopper.say(id, "I want to talk to a person please").await.expect(200);
    let mut events = shopper.follow(id, "").await;
    let (first, second) = (events.until("turn.completed").await, events.until("turn.completed").await);
    let shown = [first, second].concat();
    const PUBLIC: [&str; 11] = [
        "message.received",
        "routed",
        "message.delta",
        "message.reset",
        "message.completed",
        "tool.started",
        "tool.completed",
        "handoff",
        "status",
        "error",
        "turn.completed",
    ];
    assert!(shown.iter().all(|event| PUBLIC.contains(&event.name.as_str())), "{:?}", names(&shown));
    let text = &events.raw;
    for hidden in ["ana@example.com", "receipt", "entities", "as_of", "helped", "\"by\"", "order_matched", "eff_"] {
        assert!(!text.contains(hidden), "{hidden} in {text}");
    }
    let reference = shown.iter().rev().find(|event| event.name == "handoff").unwrap();
    assert_eq!(reference.data["reason"], "asked");
    assert!(reference.data["reference"].is_string(), "{reference:?}");
    assert!(reference.data.get("url").is_none());

    let path = format!("/v1/conversations/{id}/events?view=operator");
    let mut events = Events::of(house.store().request(Method::GET, &path)).await;
    let (first, second) = (events.until("turn.completed").await, events.until("turn.completed").await);
    let workings = [first, second].concat();
    let effects: Vec<&Value> =
        workings.iter().filter(|event| event.name == "effect").map(|event| &event.data["state"]).collect();
    assert_eq!(effects.last().unwrap().as_str(), Some("confirmed"), "{effects:?}");
    let proved = workings.iter().find(|event| event.name == "identity.proved").unwrap();
    assert_eq!((&proved.data["by"], &proved.data["matched_by"]), (&json!("order"), &json!("postcode")));
    assert!(!events.raw.contains("ana@example.com"), "addresses are nobody's to stream");
}

#[tokio::test]
async fn a_stream_ends_when_a_person_takes_the_conversation() {
    let house = House::open().await;
    let (id, hand, mut events, _) = speaking(&house).await;
    house.store().post(&format!("/v1/conversations/{id}/escalate"), &json!({})).await.expect(200);
    drop(hand);
    let rest = events.rest().await;
    assert_eq!(rest.last().unwrap().name, "turn.completed", "{:?}", names(&rest));
    assert!(names(&rest).contains(&"handoff") && names(&rest).contains(&"status"), "{:?}", names(&rest));
}

#[tokio::test]
async fn opening_may_stream_the_first_turn() {
    let house = House::open().await;
    let request = house.browser().request(Method::POST, "/v1/conversations").header("Accept", "text/event-stream");
    let mut events = Events::of(request.json(&json!({"message": "Hello"}))).await;
    let id = events.headers["location"].to_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let token = events.headers["x-conversation-token"].to_str().unwrap().to_owned();
    assert_eq!(events.rest().await.last().unwrap().name, "turn.completed");
    house.browser().with_token(&token).get(&format!("/v1/conversations/{id}")).await.expect(200);
}

/// Law 7: from the moment in which a person has the conversation, the agent says nothing more, not even the rest of a
/// message that it has begun.
#[tokio::test]
async fn the_agent_falls_silent_in_the_middle_of_a_message() {
    let house = House::open().await;
    let (id, hand, mut events, _) = speaking(&house).await;
    house.store().post(&format!("/v1/conversations/{id}/escalate"), &json!({})).await.expect(200);
    let mut all = events.until("status").await;
    drop(hand.send(SECOND.to_owned()));
    drop(hand.send(THIRD.to_owned()));
    // Whether its model goes on or not.
    all.extend(events.until("turn.completed").await);
    assert_eq!(said(&all), "", "{:?}", names(&all));
    assert!(all.iter().all(|event| event.data["author"] != "agent"));
    drop(hand);
}

#[tokio::test]
async fn who_does_not_finish_a_request_loses_the_connection_and_who_waits_for_an_answer_keeps_it() {
    let house = House::with_settings(|settings| settings.idle_seconds = 1).await;
    let (_, hand, mut events, _) = speaking(&house).await;
    assert_eq!(exchanged(&house, "GET /healthz HTTP/1.1\r\nHost: desk\r\nX-Slo").await, "");
    let answer = exchanged(&house, "GET /healthz HTTP/1.1\r\nHost: desk\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    drop(hand);
    assert_eq!(events.rest().await.last().unwrap().name, "turn.completed");
}

/// What the server sends to who says `request` and no more, until it closes the connection.
async fn exchanged(house: &House, request: &str) -> String {
    let mut connection = TcpStream::connect(house.address).await.unwrap();
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let closed = tokio::time::timeout(Duration::from_secs(20), connection.read_to_string(&mut answer)).await;
    closed.expect("the server closes the connection").unwrap();
    answer
}
