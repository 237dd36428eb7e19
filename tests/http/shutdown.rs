//! Beginning and ending.

use std::time::{Duration, Instant};

use deskhand::domain::id::ConversationId;
use deskhand::server::{self, ServerError};
use serde_json::json;

use super::client::said;
use super::house::{House, Wishes};

#[tokio::test]
async fn an_occupied_port_is_told_as_such() {
    let house = House::open().await;
    let error = server::bind(house.address).await.unwrap_err();
    assert!(matches!(error, ServerError::AddressInUse { address } if address == house.address), "{error:?}");
    assert!(error.to_string().contains("in use"));
    let foreign = server::bind("203.0.113.1:0".parse().unwrap()).await.unwrap_err();
    assert!(matches!(foreign, ServerError::AddressForeign { .. }), "{foreign:?}");
}

#[tokio::test]
async fn a_turn_under_way_is_finished() {
    let house = House::with_settings(|settings| settings.grace_seconds = 10).await;
    let hand = house.model.hold();
    let id = house.conversation().await;
    let mut events = house.store().say_streaming(&id, "Hello").await;
    hand.send("I am glad to help you. ".to_owned()).unwrap();
    let mut all = events.until("message.delta").await;
    let waiting = tokio::spawn({
        let (store, id) = (house.store(), id.clone());
        async move { store.say(&id, "And this?").await }
    });
    let mut idle = house.store().follow(&house.conversation().await, "").await;
    tokio::time::sleep(Duration::from_millis(200)).await;

    let began = Instant::now();
    house.shutdown.cancel();
    tokio::time::sleep(Duration::from_millis(100)).await;
    hand.send("Please tell me more.".to_owned()).unwrap();
    drop(hand);
    all.extend(events.rest().await);
    assert_eq!(all.last().unwrap().name, "turn.completed");
    assert_eq!(said(&all), "I am glad to help you. Please tell me more.");
    // A message that came too late for a turn is kept, and that is said.
    waiting.await.unwrap().refused(503, "internal_error");
    assert!(idle.rest().await.is_empty());
    house.serving.await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    assert!(std::net::TcpStream::connect(house.address).is_err(), "the port is free");
}

#[tokio::test]
async fn a_turn_that_takes_too_long_is_parked_and_resumed() {
    let house = House::with_settings(|settings| settings.grace_seconds = 1).await;
    let hand = house.model.hold();
    let id = house.conversation().await;
    let mut events = house.store().say_streaming(&id, "Hello").await;
    hand.send("I am glad to help you. ".to_owned()).unwrap();
    let before = events.until("message.delta").await;
    let began = Instant::now();
    let folder = house.close().await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(7), "{:?}", began.elapsed());
    assert!(events.rest().await.is_empty());
    drop(hand);

    let wishes = Wishes { folder: Some(folder.path().to_owned()), ..Wishes::default() };
    let house = House::with(wishes).await;
    let mut events = house.store().follow(&id, &before.last().unwrap().id).await;
    let after = events.until("turn.completed").await;
    let completed = after.iter().find(|event| event.name == "message.completed").unwrap();
    assert_eq!(completed.data["content"], "Hello.", "what the next owner's model says");
    assert!(after.iter().any(|event| event.name == "message.reset"), "what was seen is taken back: {after:?}");
}

#[tokio::test]
async fn a_server_that_stops_is_not_ready() {
    let house = House::with_settings(|settings| settings.grace_seconds = 2).await;
    let hand = house.model.hold();
    let id = house.conversation().await;
    let mut events = house.store().say_streaming(&id, "Hello").await;
    hand.send("I am glad to help you. ".to_owned()).unwrap();
    events.until("message.delta").await;
    // Connections that stand may still ask.
    let client = house.store();
    client.get("/readyz").await.expect(200);
    house.desk.shutdown(Duration::from_millis(1)).await;
    let answer = client.say(&id, "More").await.refused(503, "internal_error");
    assert!(!answer.header("retry-after").is_empty());
    client.post("/v1/conversations", &json!({})).await.refused(503, "internal_error");
    let read = house.desk.events(&ConversationId::new(&*id), 0).await.unwrap();
    assert!(!read.is_empty());
}
