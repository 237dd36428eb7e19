use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deskhand::sandbox::world::front::{CHANNEL, id, number};
use deskhand::sandbox::{Act, ActError};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::{Method, RequestBuilder};
use sha2::Sha256;

use super::*;

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token that the application signs for a channel, good for so many seconds.
fn token(app: &str, secret: &str, channel: &str, seconds: i64) -> String {
    let until = Clock::machine().as_second() + seconds;
    let claims = json!({"iss": app, "jti": "1", "sub": channel, "exp": until});
    let signed = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(&claims));
    let mut digest = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    digest.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(digest.finalize().into_bytes()))
}

fn hand_off(external_id: &str, conversation: &str, body: &str) -> Value {
    json!({
        "sender": {"handle": "conv_1", "name": "Ana", "email": "ana@example.com"}, "subject": "Where is #1001?",
        "body": body, "metadata": {"external_id": external_id, "external_conversation_id": conversation},
    })
}

impl Bench {
    fn front(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", self.sandbox.front_url());
        self.client.request(method, url).bearer_auth(&self.sandbox.credentials().front_api_token)
    }

    fn channel(&self, method: Method, path: &str) -> RequestBuilder {
        let own = self.sandbox.credentials();
        let url = format!("{}{path}", self.sandbox.front_url());
        let token = token(&own.front_app_id, &own.front_app_secret, &id("cha", CHANNEL), 10);
        self.client.request(method, url).bearer_auth(token)
    }

    async fn told_to_channel(&self, direction: &str, body: &Value) -> Response {
        let path = format!("/channels/{}/{direction}_messages", id("cha", CHANNEL));
        self.channel(Method::POST, &path).json(body).send().await.unwrap()
    }

    async fn front_shows(&self, path: &str) -> Value {
        let response = self.front(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    /// The path of a conversation that was opened.
    async fn begun(&self, external_id: &str) -> String {
        let accepted =
            self.told_to_channel("inbound", &hand_off(external_id, external_id, "<p>Where is it?</p>")).await;
        assert_eq!(accepted.status(), 202);
        let uid = accepted.json::<Value>().await.unwrap()["message_uid"].as_str().unwrap().to_owned();
        let path = format!("/messages/alt:uid:{uid}");
        let early = self.front(Method::GET, &path).send().await.unwrap();
        assert_eq!(early.status(), 404, "it is taken in after it was accepted");
        let read = async || {
            tokio::time::sleep(Duration::from_millis(20)).await;
            self.front(Method::GET, &path).send().await.unwrap()
        };
        let mut taken_in = read().await;
        while taken_in.status() == 404 {
            taken_in = read().await;
        }
        let message: Value = taken_in.json().await.unwrap();
        let link = message["_links"]["related"]["conversation"].as_str().unwrap();
        format!("/conversations/{}", link.rsplit('/').next().unwrap())
    }
}

fn ticket(path: &str) -> u64 {
    number("cnv", path.rsplit('/').next().unwrap()).unwrap()
}

#[tokio::test]
async fn the_same_external_ids_make_no_second_conversation_and_are_shown_to_the_channel_alone() {
    let bench = Bench::start().await;
    let path = bench.begun("eff_1").await;
    assert_eq!(bench.told_to_channel("inbound", &hand_off("eff_1", "eff_1", "again")).await.status(), 202);
    let outbound = json!({
        "to": [{"handle": "conv_1"}], "body": "<p>(AI) hello</p>",
        "metadata": {"external_id": "eff_2", "external_conversation_id": "eff_1"},
    });
    assert_eq!(bench.told_to_channel("outbound", &outbound).await.status(), 202);
    tokio::time::sleep(Duration::from_millis(200)).await;
    let world = bench.sandbox.world();
    assert_eq!(world.front.conversations.len(), 1);
    assert!(world.mails.is_empty(), "what the channel is told is sent to nobody");
    let mine: Value =
        bench.channel(Method::GET, &format!("{path}/messages")).send().await.unwrap().json().await.unwrap();
    let ids: Vec<&Value> =
        mine["_results"].as_array().unwrap().iter().map(|it| &it["metadata"]["external_id"]).collect();
    assert_eq!(ids, [&json!("eff_2"), &json!("eff_1"), &json!("eff_1")], "the newest first");
    let all = bench.front_shows(&format!("{path}/messages")).await;
    assert!(!all.to_string().contains("eff_1"), "{all}");
    assert_eq!(bench.front_shows(&path).await["metadata"], json!({}));
    let shown: Value = bench.channel(Method::GET, &path).send().await.unwrap().json().await.unwrap();
    assert_eq!(shown["metadata"]["external_conversation_ids"], json!(["eff_1"]));
}

#[tokio::test]
async fn each_key_opens_what_it_is_for() {
    let bench = Bench::start().await;
    let own = bench.sandbox.credentials();
    let (app, secret, channel) = (&own.front_app_id, &own.front_app_secret, id("cha", CHANNEL));
    let status = async |token: &str, method: Method, path: &str| {
        let url = format!("{}{path}", bench.sandbox.front_url());
        let request = bench.client.request(method, url).bearer_auth(token).json(&hand_off("e", "e", "x"));
        request.send().await.unwrap().status().as_u16()
    };
    let messages = format!("/channels/{channel}/inbound_messages");
    for (token, expected) in [
        (token(app, secret, &channel, 10), 202),
        (token(app, secret, &channel, -1), 401),
        (token("another", secret, &channel, 10), 401),
        (token(app, "another secret", &channel, 10), 401),
        (token(app, secret, "cha_other", 10), 401),
        (own.front_api_token.clone(), 403),
        ("nobody".to_owned(), 401),
    ] {
        assert_eq!(status(&token, Method::POST, &messages).await, expected);
    }
    assert_eq!(status(&token(app, secret, &channel, 10), Method::GET, "/me").await, 403);
    assert_eq!(status(&own.front_api_token, Method::GET, "/me").await, 200);
    let nothing: Value = bench.front(Method::GET, "/nothing").send().await.unwrap().json().await.unwrap();
    assert_eq!(nothing["_error"]["status"], 404);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_what_is_limited_is_told() {
    let bench = Bench::start().await;
    let path = bench.begun("eff_1").await;
    for body in [
        json!({}),
        json!({"sender": {"handle": "c"}, "body": " ", "metadata": {"external_id": "a", "external_conversation_id": "b"}}),
        json!({"sender": {}, "body": "x", "metadata": {"external_id": "a", "external_conversation_id": "b"}}),
        json!({"sender": {"handle": "c"}, "body": "x", "metadata": {"external_id": "a"}}),
        hand_off(&"x".repeat(201), "b", "x"),
    ] {
        let refused = bench.told_to_channel("inbound", &body).await;
        assert_eq!(refused.status(), 400, "{body}");
        assert!(refused.json::<Value>().await.unwrap()["_error"]["message"].is_string());
    }
    for fields in [json!({"status": "closed"}), json!({"assignee_id": "tea_nobody"})] {
        assert_eq!(bench.front(Method::PATCH, &path).json(&fields).send().await.unwrap().status(), 400, "{fields}");
    }
    assert_eq!(bench.front(Method::GET, "/conversations/cnv_1").send().await.unwrap().status(), 404);
    let mut limited = bench.front(Method::GET, "/me").send().await.unwrap();
    while limited.status() == 200 {
        limited = bench.front(Method::GET, "/me").send().await.unwrap();
    }
    assert_eq!((limited.status().as_u16(), &limited.headers()["retry-after"]), (429, &"1".parse().unwrap()));
}

#[tokio::test]
async fn tags_have_ids_and_are_added_and_taken_away() {
    let bench = Bench::start().await;
    let path = bench.begun("eff_1").await;
    let made = bench.front(Method::POST, "/company/tags").json(&json!({"name": "vip"})).send().await.unwrap();
    assert_eq!(made.status(), 201);
    let tag = made.json::<Value>().await.unwrap()["id"].clone();
    let again = bench.front(Method::POST, "/company/tags").json(&json!({"name": "vip"})).send().await.unwrap();
    assert_eq!(again.status(), 409);
    let at = format!("{path}/tags");
    let change = async |method: Method, ids: Value| {
        bench.front(method, &at).json(&json!({ "tag_ids": ids })).send().await.unwrap().status().as_u16()
    };
    assert_eq!(change(Method::POST, json!(["vip"])).await, 400, "a name is no id");
    for _ in 0..2 {
        assert_eq!(change(Method::POST, json!([tag])).await, 204);
    }
    assert_eq!(bench.front_shows(&path).await["tags"][0]["name"], "vip");
    assert_eq!(change(Method::DELETE, json!([tag])).await, 204);
    assert_eq!(bench.front_shows(&path).await["tags"], json!([]));
    let events = bench.front_shows(&format!("{path}/events")).await;
    let kinds: Vec<&str> =
        events["_results"].as_array().unwrap().iter().map(|it| it["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["untag", "tag", "inbound"], "the newest first, and what was so is told once");
    assert_eq!(events["_results"][1]["source"]["_meta"]["type"], "api");
}

#[tokio::test]
async fn a_merged_conversation_leads_to_its_survivor() {
    let bench = Bench::start().await;
    let (path, other) = (bench.begun("eff_1").await, bench.begun("eff_2").await);
    bench.sandbox.merge_conversations(ticket(&path), ticket(&other)).await;
    let no_redirects = reqwest::redirect::Policy::none();
    #[expect(clippy::disallowed_methods, reason = "these tests speak raw HTTP, without the crate's transport")]
    let client = Client::builder().no_proxy().redirect(no_redirects).build().unwrap();
    for (method, rest) in
        [(Method::GET, ""), (Method::GET, "/messages"), (Method::PATCH, ""), (Method::POST, "/comments")]
    {
        let url = format!("{}{path}{rest}", bench.sandbox.front_url());
        let request = client.request(method, url).bearer_auth(&bench.sandbox.credentials().front_api_token);
        let moved = request.json(&json!({"status": "archived"})).send().await.unwrap();
        assert_eq!(moved.status(), 301);
        assert_eq!(moved.headers()["location"].to_str().unwrap(), format!("/front{other}{rest}"));
    }
    assert_eq!(bench.sandbox.world().front.conversations[1].status, "open");
    let shown: Value = bench.channel(Method::GET, &other).send().await.unwrap().json().await.unwrap();
    assert_eq!(shown["metadata"]["external_conversation_ids"], json!(["eff_2", "eff_1"]));
    // What is told of it later goes on there.
    bench.told_to_channel("inbound", &hand_off("eff_3", "eff_1", "more")).await;
    assert_eq!(bench.sandbox.world().front.conversations[1].messages.len(), 3);
}

#[tokio::test]
async fn people_act_and_only_what_they_answer_by_mail_is_mailed() {
    let bench = Bench::start().await;
    let path = bench.begun("eff_1").await;
    let of = ticket(&path);
    for act in [
        json!({"act": "assign"}),
        json!({"act": "note", "text": "A regular"}),
        json!({"act": "reply", "text": "On it", "by": "theo@juniperandpine.example"}),
        json!({"act": "tag", "name": "vip"}),
        json!({"act": "mail", "text": "Thanks"}),
        json!({"act": "close"}),
    ] {
        let url = format!("{}/tickets/{of}", bench.sandbox.control_url());
        assert_eq!(bench.client.post(url).json(&act).send().await.unwrap().status(), 200, "{act}");
    }
    assert!(bench.sandbox.world().mails.is_empty(), "the channel is to deliver it");
    let shown = bench.front_shows(&path).await;
    assert_eq!((&shown["status"], &shown["assignee"]["type"]), (&json!("archived"), &json!("user")));
    let url = format!("{}/tickets?vendor=front", bench.sandbox.control_url());
    let listed: Value = bench.client.get(url).send().await.unwrap().json().await.unwrap();
    let sides: Vec<&str> =
        listed[0]["messages"].as_array().unwrap().iter().map(|own| own["by"].as_str().unwrap()).collect();
    assert_eq!((&listed[0]["id"], sides), (&json!(of), vec!["customer", "store", "customer", "note"]));
    let nobody = Act::Close { by: Some("nobody@example.com".to_owned()) };
    assert_eq!(bench.sandbox.act(of, nobody).await, Err(ActError::NoUser("nobody@example.com".to_owned())));

    // An answer by the API archives the conversation, unless it says otherwise.
    let reply =
        async |body: Value| bench.front(Method::POST, &format!("{path}/messages")).json(&body).send().await.unwrap();
    bench.sandbox.act(of, Act::Reopen { by: None }).await.unwrap();
    assert_eq!(reply(json!({"body": "x", "options": {"archive": false}})).await.status(), 202);
    assert_ne!(bench.front_shows(&path).await["status"], "archived");
    assert_eq!(reply(json!({"body": "x"})).await.status(), 202);
    assert_eq!(bench.front_shows(&path).await["status"], "archived");
}
