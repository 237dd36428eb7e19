//! The database fills up while the server serves. What was taken in is kept and answered in the end; what was refused was
//! not kept; and once there is room, after a restart, all goes on.

use std::collections::BTreeMap;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::client::{Answer, Client, answer, send};
use super::house::{House, Wishes};

/// Pages of 4 KiB: the schema takes about half of them.
const PAGES: u32 = 150;

fn post(client: &Client, id: &str, client_message_id: &str, content: &str) -> RequestBuilder {
    let body = json!({"content": content, "client_message_id": client_message_id});
    client.request(Method::POST, &format!("/v1/conversations/{id}/messages")).json(&body)
}

/// What became of each message, by its client id: whether it was taken in.
type Told = BTreeMap<String, bool>;

/// A message that needs room, or one that needs next to none.
fn content(name: &str) -> &'static str {
    if name.ends_with(['0', '2', '4', '6', '8']) { "Hello there" } else { "x" }
}

/// Opens conversations and posts, large things first, then small ones, until nothing is taken any more.
async fn fill(house: &House, id: &str, told: &mut Told) {
    for size in [12_000, 3_000, 300, 1] {
        let body = json!({"metadata": {"text": "x".repeat(size)}});
        let mut opened = house.store().post("/v1/conversations", &body).await;
        while opened.status == 201 {
            opened = house.store().post("/v1/conversations", &body).await;
        }
        refused(opened);
    }
    let mut refused_in_a_row = 0;
    while refused_in_a_row < 3 {
        let name = format!("message-{}", told.len());
        let content = content(&name);
        // Only whether it is taken in: its turn may not get far.
        let streamed = post(&house.store(), id, &name, content).header("Accept", "text/event-stream");
        let response = streamed.send().await.unwrap();
        let taken = response.status() == 200;
        if !taken {
            refused(answer(response).await);
        }
        refused_in_a_row = if taken { 0 } else { refused_in_a_row + 1 };
        told.insert(name, taken);
    }
}

/// The error is the API's own, says when to try again, and nothing of the inside.
fn refused(answer: Answer) {
    let answer = answer.refused(503, "internal_error");
    assert!(!answer.header("retry-after").is_empty(), "{}", answer.text);
    let text = answer.text.to_lowercase();
    assert!(!text.contains("sqlite") && !text.contains("database") && text.contains("store"), "{text}");
}

/// The shopper's messages and the agent's, in the order of the log.
async fn messages(house: &House, id: &str) -> Vec<Value> {
    let read = house.store().get(&format!("/v1/conversations/{id}")).await.expect(200);
    read.body["messages"].as_array().unwrap().clone()
}

async fn received(house: &House, id: &str) -> Vec<String> {
    let events = house.desk.events(&deskhand::domain::id::ConversationId::new(id), 0).await.unwrap();
    let received = events.iter().filter_map(|event| match &event.body {
        deskhand::domain::event::EventBody::MessageReceived { client_message_id, .. } => client_message_id.clone(),
        _ => None,
    });
    received.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_full_disk_refuses_is_said_and_what_it_took_is_answered_later() {
    let house = House::with(Wishes { pages: Some(PAGES), ..Wishes::default() }).await;
    let (speaking, filled, other) =
        (house.conversation().await, house.conversation().await, house.conversation().await);
    house.store().say(&filled, "Hello").await.expect(200);
    let before = messages(&house, &filled).await.len();
    let hand = house.model.hold();
    let mut stream = house.store().say_streaming(&speaking, "Hello").await;
    hand.send("I am glad to help you. ".to_owned()).unwrap();
    stream.until("message.delta").await;

    let mut told = Told::new();
    fill(&house, &filled, &mut told).await;
    assert!(told.values().any(|taken| !taken), "{told:?}");
    let handed_over = house.store().post(&format!("/v1/conversations/{other}/escalate"), &json!({})).await;
    if handed_over.status != 200 {
        refused(handed_over);
    }
    house.nobody().get("/healthz").await.expect(200);
    assert!(messages(&house, &filled).await.len() >= before, "reading needs no room");
    // The turn that was under way is brought to its end, or stops: the server lives on in both cases.
    hand.send("Please tell me more.".to_owned()).unwrap();
    drop(hand);
    tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    house.nobody().get("/healthz").await.expect(200);
    let kept: Vec<String> = told.iter().filter(|(_, taken)| **taken).map(|(name, _)| name.clone()).collect();
    let mut there = received(&house, &filled).await;
    there.sort();
    assert_eq!(there, kept, "what was taken in is in the log, what was refused is not");
    let folder = house.close().await.unwrap();

    let house = House::with(Wishes { folder: Some(folder.path().to_owned()), ..Wishes::default() }).await;
    for (name, taken) in &told {
        let answer = send(post(&house.store(), &filled, name, content(name))).await.expect(200);
        assert!(answer.body["response"]["content"].is_string(), "{name} ({taken}): {}", answer.text);
    }
    let mut there = received(&house, &filled).await;
    there.sort();
    assert_eq!(there, told.keys().cloned().collect::<Vec<_>>(), "each once");
    let spoken = house.store().say(&speaking, "And now?").await.expect(200);
    assert!(spoken.body["response"]["content"].is_string(), "{}", spoken.text);
    let said = messages(&house, &speaking).await;
    let agent = said.iter().filter(|message| message["author"] == "agent").count();
    assert_eq!(agent, 2, "the turn that was cut short was answered once: {said:#?}");
}
