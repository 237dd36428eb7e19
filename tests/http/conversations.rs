//! What the routes of a conversation do and say.

use serde_json::{Value, json};

use super::client::Answer;
use super::held_model::Script;
use super::house::{House, Wishes};

#[tokio::test]
async fn a_message_is_answered_with_json() {
    let house = House::open().await;
    house.model.then(Script::Call("search_help_center", json!({"query": "opening hours"}))).say("How may I help you?");
    let id = house.conversation().await;
    let answer = house.store().say(&id, "Hello there").await.expect(200).body;
    assert_eq!(answer["conversation_id"], id.as_str());
    assert!(answer["message_id"].as_str().unwrap().starts_with("msg_"));
    assert_eq!(answer["response"]["content"], "How may I help you?");
    assert_eq!(
        answer["analysis"],
        json!({"intent": "product_question", "agent": "general", "sentiment": "neutral", "confidence": 0.9})
    );
    assert_eq!(answer["actions_taken"][0]["tool"], "search_help_center");
    assert_eq!(answer["status"], "ai_handling");
    let mut names: Vec<&str> = answer.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["actions_taken", "analysis", "conversation_id", "message_id", "response", "status"]);
}

#[tokio::test]
async fn where_is_my_order() {
    let house = House::with(Wishes { offline: true, ..Wishes::default() }).await;
    let id = house.conversation().await;
    let answer = house.store().say(&id, "Where is my order #1001? My email is ana@example.com").await.expect(200).body;
    let said = answer["response"]["content"].as_str().unwrap();
    assert!(said.contains("UPS"), "{answer:#}");
    assert_eq!(answer["analysis"]["intent"], "order_status");
    let tools: Vec<&str> =
        answer["actions_taken"].as_array().unwrap().iter().filter_map(|action| action["tool"].as_str()).collect();
    assert!(tools.contains(&"find_order") && tools.contains(&"track_shipment"), "{tools:?}");
    let read = house.store().get(&format!("/v1/conversations/{id}")).await.expect(200).body;
    assert_eq!(read["assurance"], "order_matched");
}

#[tokio::test]
async fn opening_may_bring_the_first_message() {
    let house = House::open().await;
    house.model.say("Welcome.");
    let body = json!({
        "channel": "widget", "customer": {"email": "ana@example.com", "name": "Ana"}, "metadata": {"page": "/cart"},
        "message": "Hello",
    });
    let opened = house.browser().post("/v1/conversations", &body).await.expect(201).body;
    assert_eq!(opened["answer"]["response"]["content"], "Welcome.");
    assert_eq!(opened["status"], "ai_handling");
    let id = opened["conversation_id"].as_str().unwrap();
    let read = house.store().get(&format!("/v1/conversations/{id}")).await.expect(200).body;
    assert_eq!(read["channel"], "widget");
    let messages: Vec<_> = read["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (message["author"].as_str().unwrap(), message["content"].as_str().unwrap()))
        .collect();
    assert_eq!(messages, [("customer", "Hello"), ("agent", "Welcome.")]);
}

#[tokio::test]
async fn a_repeated_message_has_the_first_result() {
    let house = House::open().await;
    house.model.say("First.").say("Second.");
    let id = house.conversation().await;
    let path = format!("/v1/conversations/{id}/messages");
    let body = json!({"content": "Hello", "client_message_id": "c-1"});
    let first = house.store().post(&path, &body).await.expect(200).body;
    let again = house.store().post(&path, &body).await.expect(200).body;
    assert_eq!(first, again);
    let other = json!({"content": "Something else", "client_message_id": "c-1"});
    let answer = house.store().post(&path, &other).await.refused(409, "conflict");
    assert_eq!(answer.field(), "client_message_id");
    // Without an id it is a message of its own.
    let third = house.store().post(&path, &json!({"content": "Hello"})).await.expect(200).body;
    assert_eq!(third["response"]["content"], "Second.");
    // Twice at once it is still one message.
    let body = json!({"content": "Both", "client_message_id": "c-2"});
    let (store, path) = (house.store(), path);
    let (one, two) = tokio::join!(store.post(&path, &body), store.post(&path, &body));
    assert_eq!(one.expect(200).body, two.expect(200).body);
    let read = house.store().get(&format!("/v1/conversations/{id}")).await.expect(200).body;
    let both = read["messages"].as_array().unwrap().iter().filter(|message| message["content"] == "Both");
    assert_eq!(both.count(), 1);
}

#[tokio::test]
async fn while_a_person_has_it_the_agent_is_silent() {
    let house = House::open().await;
    let id = house.conversation().await;
    let act = async |route: &str| house.store().post(&format!("/v1/conversations/{id}/{route}"), &json!({})).await;
    assert_eq!(act("escalate").await.expect(200).body["status"], "handoff_pending");
    assert_eq!(act("escalate").await.expect(200).body["status"], "handoff_pending");
    let silent = house.store().say(&id, "Are you there?").await.expect(202);
    assert_eq!(silent.body["response"], Value::Null);
    assert_eq!(silent.body["status"], "handoff_pending");
    // Also to one who wanted a stream.
    let request = house.store().request(reqwest::Method::POST, &format!("/v1/conversations/{id}/messages"));
    let request = request.header("Accept", "text/event-stream").json(&json!({"content": "Hello?"}));
    assert_eq!(super::client::send(request).await.expect(202).body["response"], Value::Null);
    let read = read(&house, &id).await;
    assert_eq!(read["handoff"]["number"], 1);
    assert_eq!(read["handoff"]["reason"], "operator");
    let said = read["messages"].as_array().unwrap().iter().filter(|message| message["author"] == "agent");
    assert_eq!(said.count(), 0);

    assert_eq!(act("handback").await.expect(200).body["status"], "ai_handling");
    house.model.say("Here I am.");
    let answer = house.store().say(&id, "And now?").await.expect(200).body;
    assert_eq!(answer["response"]["content"], "Here I am.");

    assert_eq!(act("resolve").await.expect(200).body["status"], "resolved");
    house.model.say("Hello again.");
    let answer = house.store().say(&id, "One more thing").await.expect(200).body;
    assert_eq!(answer["status"], "ai_handling");
}

async fn read(house: &House, id: &str) -> Value {
    house.store().get(&format!("/v1/conversations/{id}")).await.expect(200).body
}

#[tokio::test]
async fn asking_for_a_person_brings_a_ticket_with_a_reference() {
    let house = House::open().await;
    let id = house.conversation().await;
    let answer = house.store().say(&id, "I want to talk to a person").await.expect(200).body;
    assert_eq!(answer["status"], "handoff_pending");
    let read = read(&house, &id).await;
    let reference = read["handoff"]["reference"].as_str().unwrap_or_else(|| panic!("{read:#}"));
    let said = answer["response"]["content"].as_str().unwrap();
    assert!(said.contains(reference), "{said}");
    assert!(read["handoff"]["url"].is_string(), "the store's people get the ticket's address");
}

#[tokio::test]
async fn the_list_can_be_filtered_and_paged() {
    let house = House::open().await;
    let mut ids = Vec::new();
    for number in 0..5 {
        let body = json!({"customer": {"email": format!("shopper{number}@example.com")}});
        let opened = house.store().post("/v1/conversations", &body).await.expect(201).body;
        ids.push(opened["conversation_id"].as_str().unwrap().to_owned());
    }
    house.store().say(&ids[1], "Hello").await.expect(200);
    house.store().post(&format!("/v1/conversations/{}/resolve", ids[2]), &json!({})).await.expect(200);

    let listed = async |query: &str| house.store().get(&format!("/v1/conversations?{query}")).await.expect(200);
    assert_eq!(found(&listed("status=resolved").await), [ids[2].as_str()]);
    assert_eq!(found(&listed("intent=product_question").await), [ids[1].as_str()]);
    assert_eq!(found(&listed("customer_email=Shopper3@example.com").await), [ids[3].as_str()]);
    assert_eq!(found(&listed("customer_email=nobody@example.com").await), [] as [&str; 0]);
    assert_eq!(found(&listed("status=ai_handling&limit=100").await).len(), 4);

    let (mut seen, mut query) = (Vec::new(), "limit=2".to_owned());
    loop {
        let page = listed(&query).await;
        assert!(found(&page).len() <= 2);
        seen.extend(found(&page).into_iter().map(str::to_owned));
        match page.body["next_cursor"].as_str() {
            Some(cursor) => query = format!("limit=2&cursor={cursor}"),
            None => break,
        }
    }
    seen.sort_unstable();
    ids.sort_unstable();
    assert_eq!(seen, ids);

    for (query, field) in [
        ("status=asleep", "status"),
        ("intent=gossip", "intent"),
        ("customer_email=nobody", "customer_email"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("cursor=;drop", "cursor"),
        ("colour=red", "colour"),
    ] {
        let answer = house.store().get(&format!("/v1/conversations?{query}")).await.refused(400, "invalid_request");
        assert_eq!(answer.field(), field);
    }
}

fn found(page: &Answer) -> Vec<&str> {
    page.body["conversations"].as_array().unwrap().iter().filter_map(|one| one["conversation_id"].as_str()).collect()
}

#[tokio::test]
async fn messages_that_arrive_during_a_turn_are_all_answered() {
    let house = House::open().await;
    let hand = house.model.hold();
    house.model.say("To the others.");
    let id = house.conversation().await;
    let (store, other) = (house.store(), house.store());
    let first = tokio::spawn({
        let id = id.clone();
        async move { store.say(&id, "First").await.expect(200).body }
    });
    while house.desk.events(&deskhand::domain::id::ConversationId::new(&*id), 0).await.unwrap().len() < 3 {
        tokio::task::yield_now().await;
    }
    let second = tokio::spawn({
        let id = id.clone();
        async move { other.say(&id, "Second").await.expect(200).body }
    });
    hand.send("To the first.".to_owned()).unwrap();
    drop(hand);
    assert_eq!(first.await.unwrap()["response"]["content"], "To the first.");
    let answered = second.await.unwrap();
    assert!(answered["response"]["content"].as_str().unwrap().contains("To the others."), "{answered:#}");
}

#[tokio::test]
async fn nobody_waits_for_an_answer_that_will_not_come() {
    let house = House::open().await;
    let id = house.conversation().await;
    house.take_turn_away(&id).await;
    let waiting = tokio::spawn({
        let (store, id) = (house.store(), id.clone());
        async move { store.say(&id, "Hello").await }
    });
    while house.desk.events(&deskhand::domain::id::ConversationId::new(&*id), 0).await.unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    let mut streaming = house.store().say_streaming(&id, "And I?").await;
    house.store().post(&format!("/v1/conversations/{id}/escalate"), &json!({})).await.expect(200);
    // It came in before a person had the conversation: what it hears is that one takes over.
    let answer = waiting.await.unwrap().expect(200);
    assert_eq!(answer.body["status"], "handoff_pending");
    assert!(answer.body["response"]["content"].is_string(), "{:#}", answer.body);
    assert_eq!(super::client::names(&streaming.rest().await)[0], "message.received");
}
