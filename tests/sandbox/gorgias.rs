use reqwest::Method;

use super::*;

/// A hand-off as it should be: recorded, not sent.
pub fn hand_off(external_id: &str) -> Value {
    json!({
        "channel": "api", "via": "api", "from_agent": false, "external_id": external_id,
        "customer": {"email": "ana@example.com", "name": "Ana Whitfield"},
        "subject": "Where is #1001?", "tags": [{"name": "ai-handoff"}],
        "messages": [
            {"channel": "api", "via": "api", "from_agent": false, "sender": {"email": "ana@example.com"},
             "body_text": "Where is my order?", "external_id": "msg_1", "sent_datetime": "2026-11-23T19:58:00Z"},
            {"channel": "api", "via": "api", "from_agent": true, "sender": {"email": "agent@desk.example"},
             "body_text": "On its way.", "external_id": "msg_2", "sent_datetime": "2026-11-23T19:58:09Z"},
            {"channel": "internal-note", "via": "api", "from_agent": true, "public": false,
             "sender": {"email": "agent@desk.example"}, "body_text": "Summary"},
        ],
    })
}

#[tokio::test]
async fn a_ticket_with_its_transcript_is_found_by_its_external_id() {
    let bench = Bench::start().await;
    let response = bench.open_ticket(&hand_off("conv_1")).await;
    assert_eq!(response.status(), 201);
    assert_eq!(response.headers()["x-gorgias-account-api-call-limit"], "1/40");
    let ticket: Value = response.json().await.unwrap();
    assert_eq!(ticket["messages"].as_array().unwrap().len(), 3);
    assert_eq!(ticket["requester"]["email"], "ana@example.com");
    assert_eq!(ticket["messages"][0]["sent_datetime"], "2026-11-23T19:58:00.000000+00:00");
    assert_eq!(ticket["messages"][2]["sent_datetime"], Value::Null);
    assert!(bench.sandbox.world().mails.is_empty(), "nothing was sent to the customer");

    let found = |query: &'static str| bench.gorgias(Method::GET, query).send();
    let list: Value = found("/tickets?external_id=conv_1").await.unwrap().json().await.unwrap();
    assert_eq!(list["data"][0]["id"], ticket["id"]);
    assert_eq!(list["meta"], json!({"prev_cursor": null, "next_cursor": null}));
    let none: Value = found("/tickets?external_id=conv_2").await.unwrap().json().await.unwrap();
    assert_eq!(none["data"], json!([]));
    let path = format!("/tickets/{}", ticket["id"]);
    let read: Value = bench.gorgias(Method::GET, &path).send().await.unwrap().json().await.unwrap();
    assert_eq!(read, ticket);
    assert_eq!(bench.gorgias(Method::GET, "/tickets/1").send().await.unwrap().status(), 404);
    let customers: Value = found("/customers?email=ana@example.com").await.unwrap().json().await.unwrap();
    assert_eq!(customers["data"][0]["name"], "Ana Whitfield");
    let domain: Value = found("/account").await.unwrap().json().await.unwrap();
    assert_eq!(domain["domain"], "juniper-and-pine");
}

#[tokio::test]
async fn a_wrong_key_and_missing_fields_are_refused() {
    let bench = Bench::start().await;
    let url = format!("{}/api/tickets", bench.sandbox.gorgias_url());
    let stranger = bench.client.post(url).basic_auth("agent@desk.example", Some("wrong"));
    let response = stranger.json(&hand_off("x")).send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert_eq!(response.json::<Value>().await.unwrap(), json!({"error": {"msg": "Unauthorized."}}));

    let required = "Missing data for required field.";
    let without = |pointer: &str, name: &str| {
        let mut body = hand_off("x");
        body.pointer_mut(pointer).unwrap().as_object_mut().unwrap().remove(name);
        body
    };
    for (pointer, name) in [
        ("", "via"),
        ("", "messages"),
        ("/messages/0", "channel"),
        ("/messages/1", "via"),
        ("/messages/1", "from_agent"),
        ("/messages/2", "sender"),
    ] {
        let response = bench.open_ticket(&without(pointer, name)).await;
        assert_eq!(response.status(), 400, "{pointer} {name}");
        let body: Value = response.json().await.unwrap();
        let expected = json!({"error": {"msg": "Failed to create ticket", "data": {name: [required]}}});
        assert_eq!(body, expected);
    }
    for (pointer, value, field) in [
        ("/status", json!("pending"), "status"),
        ("/external_id", json!("x".repeat(256)), "external_id"),
        ("/messages", json!([]), "messages"),
        ("/messages/0/sent_datetime", json!("yesterday"), "sent_datetime"),
        ("/messages/1/sender", json!({"email": "nobody@desk.example"}), "sender"),
        ("/messages/2/from_agent", json!(false), "from_agent"),
        ("/customer", json!({"id": 1}), "customer"),
    ] {
        let mut body = hand_off("x");
        body["status"] = json!("open");
        *body.pointer_mut(pointer).unwrap() = value;
        let response = bench.open_ticket(&body).await;
        assert_eq!(response.status(), 400, "{pointer}");
        let answer: Value = response.json().await.unwrap();
        assert!(answer["error"]["data"][field].is_array(), "{answer:#}");
    }
    assert!(bench.sandbox.world().helpdesk.tickets.is_empty());
}

#[tokio::test]
async fn a_message_without_a_sending_time_reaches_the_customer() {
    let bench = Bench::start().await;
    let mut body = hand_off("conv_1");
    body.pointer_mut("/messages/1").unwrap().as_object_mut().unwrap().remove("sent_datetime");
    let ticket: Value = bench.open_ticket(&body).await.json().await.unwrap();
    let world = bench.sandbox.world();
    assert_eq!(world.mails.len(), 1);
    assert_eq!(
        (&world.mails[0].to[0], world.mails[0].text.as_deref()),
        (&"ana@example.com".to_owned(), Some("On its way."))
    );
    assert!(world.helpdesk.tickets[0].messages[1].delivered_to_customer);

    let path = format!("/tickets/{}/messages", ticket["id"]);
    let note = json!({"channel": "internal-note", "via": "api", "from_agent": true,
        "sender": {"email": "agent@desk.example"}, "body_text": "More"});
    let response = bench.gorgias(Method::POST, &path).json(&note).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(bench.sandbox.world().mails.len(), 1, "a note is never sent");
}

#[tokio::test]
async fn tags_and_status() {
    let bench = Bench::start().await;
    let ticket: Value = bench.open_ticket(&hand_off("conv_1")).await.json().await.unwrap();
    let path = format!("/tickets/{}", ticket["id"]);
    let tags = format!("{path}/tags");
    let names = || {
        let world = bench.sandbox.world();
        world.helpdesk.tickets[0].tags.iter().map(|tag| tag.name.clone()).collect::<Vec<_>>()
    };
    let added = bench.gorgias(Method::POST, &tags).json(&json!({"names": ["vip", "ai-handoff"]})).send().await.unwrap();
    assert_eq!((added.status().as_u16(), added.text().await.unwrap().as_str()), (201, ""));
    assert_eq!(names(), ["ai-handoff", "vip"]);
    let removed = bench.gorgias(Method::DELETE, &tags).json(&json!({"names": ["vip"]})).send().await.unwrap();
    assert_eq!(removed.status(), 204);
    assert_eq!(names(), ["ai-handoff"]);
    let closed = bench.gorgias(Method::PUT, &path).json(&json!({"status": "closed", "tags": [{"name": "done"}]}));
    let closed: Value = closed.send().await.unwrap().json().await.unwrap();
    assert_eq!(closed["status"], "closed");
    assert_eq!(closed["closed_datetime"], "2026-11-23T20:00:00.000000+00:00");
    assert_eq!(names(), ["done"], "tags in a PUT replace all");
    let wrong = bench.gorgias(Method::PUT, &path).json(&json!({"status": "resolved"})).send().await.unwrap();
    assert_eq!(wrong.status(), 400);
}

#[tokio::test]
async fn forty_calls_fill_the_accounts_bucket() {
    let bench = Bench::start().await;
    let mut refused = None;
    for _ in 0..60 {
        let response = bench.gorgias(Method::GET, "/account").send().await.unwrap();
        if response.status() == 429 {
            refused = Some(response);
            break;
        }
    }
    let refused = refused.expect("the limit was never reached");
    assert_eq!(refused.headers()["retry-after"], "1");
    assert_eq!(refused.headers()["x-gorgias-account-api-call-limit"], "40/40");
    assert!(refused.json::<Value>().await.unwrap()["error"]["msg"].is_string());

    let unlimited = Bench::with(|options| options.call_limits = false).await;
    for _ in 0..60 {
        assert_eq!(unlimited.gorgias(Method::GET, "/account").send().await.unwrap().status(), 200);
    }
}
