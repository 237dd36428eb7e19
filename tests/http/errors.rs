//! What is refused, and how it is said.

use deskhand::server::Rate;
use reqwest::{Body, Method};
use serde_json::json;

use super::client::{Client, send};
use super::house::House;

#[tokio::test]
async fn every_error_names_its_request() {
    let house = House::open().await;
    let with_id = async |id: &str| {
        send(house.store().request(Method::GET, "/v1/nothing").header("X-Request-Id", id))
            .await
            .refused(404, "not_found")
    };
    assert_eq!(with_id("checkout-7.a_B").await.body["request_id"], "checkout-7.a_B");
    for unfit in ["", "with space", "a\"quote", &"x".repeat(65)] {
        let made = with_id(unfit).await;
        assert!(made.body["request_id"].as_str().unwrap().starts_with("req_"), "{unfit:?}");
    }
    let fine = send(house.store().request(Method::GET, "/healthz").header("X-Request-Id", "mine")).await.expect(200);
    assert_eq!(fine.header("x-request-id"), "mine");
}

#[tokio::test]
async fn a_bad_body_is_told_by_field_and_problem() {
    let house = House::open().await;
    let id = house.conversation().await;
    let path = format!("/v1/conversations/{id}/messages");
    let post = async |body: &'static str| {
        let request = house.store().request(Method::POST, &path).header("Content-Type", "application/json").body(body);
        send(request).await
    };
    for (body, code, field) in [
        ("", "missing_field", "content"),
        ("{}", "missing_field", "content"),
        (r#"{"content": null}"#, "missing_field", "content"),
        (r#"{"content": 7}"#, "invalid_request", "content"),
        (r#"{"content": ["Hi"]}"#, "invalid_request", "content"),
        (r#"{"content": ""}"#, "invalid_request", "content"),
        (r#"{"content": " \n\t "}"#, "invalid_request", "content"),
        (r#"{"content": "Hi", "client_message_id": 5}"#, "invalid_request", "client_message_id"),
        (r#"{"content": "Hi", "client_message_id": ""}"#, "invalid_request", "client_message_id"),
        (r#"{"content": "Hi", "client_message_id": "a\u0000b"}"#, "invalid_request", "client_message_id"),
        (r#"{"content": "Hi", "mesage": "typo"}"#, "invalid_request", "mesage"),
    ] {
        assert_eq!(post(body).await.refused(400, code).field(), field, "{body}");
    }
    for body in ["[]", "\"Hi\"", "{\"content\": \"Hi\"", "content=Hi", "null", "\u{feff}{}"] {
        post(body).await.refused(400, "invalid_request");
    }
    let long = json!({"content": "x".repeat(8_001)});
    assert_eq!(house.store().post(&path, &long).await.refused(400, "invalid_request").field(), "content");
    let form = house.store().request(Method::POST, &path).form(&[("content", "Hi")]);
    assert_eq!(send(form).await.refused(400, "invalid_request").field(), "Content-Type");

    for (body, field) in [
        (json!({"customer": "ana@example.com"}), "customer"),
        (json!({"customer": {"email": "nobody"}}), "customer.email"),
        (json!({"customer_token": 5}), "customer_token"),
        (json!({"metadata": []}), "metadata"),
        (json!({"metadata": {"long": "x".repeat(20_000)}}), "metadata"),
        (json!({"channel": ""}), "channel"),
        (json!({"message": " "}), "message"),
        (json!({"costumer_token": "typo"}), "costumer_token"),
    ] {
        let answer = house.store().post("/v1/conversations", &body).await.refused(400, "invalid_request");
        assert_eq!(answer.field(), field, "{body}");
    }
    // Nothing of it became a message.
    let read = house.store().get(&format!("/v1/conversations/{id}")).await.expect(200);
    assert_eq!(read.body["messages"], json!([]));
}

#[tokio::test]
async fn a_body_may_be_so_large_and_no_larger() {
    let house = House::with_settings(|settings| settings.body_limit_bytes = 2_000).await;
    let large = json!({"metadata": {"text": "x".repeat(2_000)}});
    let answer = house.store().post("/v1/conversations", &large).await.refused(413, "payload_too_large");
    assert_eq!(answer.body["error"]["details"]["limit_bytes"], 2_000);
    // Without a length the server has to count.
    let pieces = futures_util::stream::iter((0..40).map(|_| Ok::<_, std::io::Error>("x".repeat(100))));
    let request = house.store().request(Method::POST, "/v1/conversations").header("Content-Type", "application/json");
    send(request.body(Body::wrap_stream(pieces))).await.refused(413, "payload_too_large");
}

#[tokio::test]
async fn unknown_paths_and_methods_have_the_same_envelope() {
    let house = House::open().await;
    let id = house.conversation().await;
    for path in ["/nothing", "/v1", "/v1/conversations/", &format!("/v1/conversations/{id}/nothing"), "/v2/x"] {
        house.store().get(path).await.refused(404, "not_found");
    }
    for (method, path) in [
        (Method::DELETE, format!("/v1/conversations/{id}")),
        (Method::GET, format!("/v1/conversations/{id}/messages")),
        (Method::PUT, "/v1/conversations".to_owned()),
        (Method::POST, "/healthz".to_owned()),
    ] {
        let answer = send(house.store().request(method, &path)).await.refused(405, "invalid_request");
        assert!(!answer.header("allow").is_empty(), "{path}");
    }
    for odd in ["conv_%00", "..%2f..%2fetc", "%F0%9F%8E%89", "conv_'--", &"x".repeat(5_000)] {
        house.store().get(&format!("/v1/conversations/{odd}")).await.refused(404, "not_found");
    }
    house.store().get("/v1/conversations/%ff").await.refused(404, "not_found");
}

#[tokio::test]
async fn places_in_a_stream_are_checked() {
    let house = House::open().await;
    let id = house.conversation().await;
    for after in ["x", "-1", "1.x", "1.", ".5", "1.2.3", "99999999999999999999", "+1"] {
        let answer = house.store().get(&format!("/v1/conversations/{id}/events?after={after}")).await;
        assert_eq!(answer.refused(400, "invalid_request").field(), "after", "{after}");
        let request = house.store().request(Method::GET, &format!("/v1/conversations/{id}/events"));
        let answer = send(request.header("Last-Event-ID", after)).await;
        assert_eq!(answer.refused(400, "invalid_request").field(), "Last-Event-ID", "{after}");
    }
    let answer = house.store().get(&format!("/v1/conversations/{id}/events?view=everything")).await;
    assert_eq!(answer.refused(400, "invalid_request").field(), "view");
}

#[tokio::test]
async fn a_key_may_call_so_often() {
    let slow = Rate { per_second: 0.1, burst: 3 };
    let house = House::with_settings(|settings| settings.key_rate = slow).await;
    for remaining in ["2", "1", "0"] {
        let answer = house.store().get("/v1/conversations").await.expect(200);
        assert_eq!(answer.header("x-ratelimit-limit"), "3");
        assert_eq!(answer.header("x-ratelimit-remaining"), remaining);
    }
    let answer = house.store().get("/v1/conversations").await.refused(429, "rate_limited");
    let wait: u64 = answer.header("retry-after").parse().unwrap();
    assert!((5..=10).contains(&wait), "{wait}");
    assert_eq!(answer.header("x-ratelimit-remaining"), "0");
    // Another key is another's.
    house.other_store().get("/v1/conversations").await.expect(200);
    house.store().get("/healthz").await.expect(200);
}

#[tokio::test]
async fn an_address_may_call_so_often() {
    let slow = Rate { per_second: 0.1, burst: 3 };
    let house = House::with_settings(|settings| settings.address_rate = slow).await;
    // Guessing keys counts, whatever their kind.
    house.nobody().with_key("sk_guess").get("/v1/conversations").await.refused(401, "invalid_api_key");
    house.nobody().with_key("pk_guess").get("/v1/conversations").await.refused(401, "invalid_api_key");
    house.browser().post("/v1/conversations", &json!({})).await.expect(201);
    let spoofed = |client: &Client| {
        client.request(Method::POST, "/v1/conversations").header("X-Forwarded-For", "203.0.113.9").json(&json!({}))
    };
    house.browser().post("/v1/conversations", &json!({})).await.refused(429, "rate_limited");
    // The header is not believed: no proxy is trusted.
    send(spoofed(&house.browser())).await.refused(429, "rate_limited");
    // A server with its secret key is not held to its address.
    house.store().get("/v1/conversations").await.expect(200);
}

#[tokio::test]
async fn a_trusted_proxy_tells_the_address() {
    let slow = Rate { per_second: 0.1, burst: 1 };
    let house = House::with_settings(|settings| {
        settings.address_rate = slow;
        settings.trusted_proxies = vec!["127.0.0.1".parse().unwrap(), "10.0.0.1".parse().unwrap()];
    })
    .await;
    let from = async |chain: &str| {
        let request = house.browser().request(Method::POST, "/v1/conversations").header("X-Forwarded-For", chain);
        send(request.json(&json!({}))).await
    };
    from("203.0.113.9").await.expect(201);
    from("203.0.113.9").await.refused(429, "rate_limited");
    from("203.0.113.10").await.expect(201);
    // What a client writes into the header itself stands left of what the proxies add.
    from("198.51.100.1, 203.0.113.10").await.refused(429, "rate_limited");
    from("203.0.113.10, 10.0.0.1").await.refused(429, "rate_limited");
    from("nonsense").await.expect(201);
    // An IPv6 customer has a network of addresses.
    from("2001:db8:1:2::1").await.expect(201);
    from("2001:db8:1:2:ffff::2").await.refused(429, "rate_limited");
    from("2001:db8:1:3::1").await.expect(201);
}

#[tokio::test]
async fn an_address_may_hold_so_many_streams() {
    let house = House::with_settings(|settings| settings.streams_per_address = 2).await;
    let opened = house.browser().post("/v1/conversations", &json!({})).await.expect(201);
    let id = opened.body["conversation_id"].as_str().unwrap();
    let mine = house.browser().with_token(opened.body["conversation_token"].as_str().unwrap());
    let first = mine.follow(id, "").await;
    let second = mine.follow(id, "").await;
    mine.get(&format!("/v1/conversations/{id}/events")).await.refused(429, "rate_limited");
    drop((first, second));
    // The places are free again as soon as the server sees that the clients have left.
    for _ in 0..100 {
        let request = mine.request(Method::GET, &format!("/v1/conversations/{id}/events"));
        if request.send().await.unwrap().status() == 200 {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    panic!("the places were never given back");
}
