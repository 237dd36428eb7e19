use deskhand::sandbox::{Act, ActError};
use reqwest::Method;

use super::*;

/// A hand-off as it should be: for colleagues only.
fn hand_off(external_id: &str, public: bool) -> Value {
    json!({"ticket": {
        "external_id": external_id, "subject": "Where is #1001?", "tags": ["AI handoff"],
        "requester": {"name": "Ana Whitfield", "email": "ana@example.com"},
        "comment": {"public": public, "body": "Where is my order?"},
    }})
}

impl Bench {
    async fn opened(&self, external_id: &str, public: bool) -> Value {
        let response =
            self.zendesk(Method::POST, "/tickets").json(&hand_off(external_id, public)).send().await.unwrap();
        assert_eq!(response.status(), 201);
        response.json::<Value>().await.unwrap()["ticket"].clone()
    }

    async fn shown(&self, path: &str) -> Value {
        let response = self.zendesk(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    async fn update(&self, ticket: &Value, fields: Value) -> Response {
        let path = format!("/tickets/{}", ticket["id"]);
        self.zendesk(Method::PUT, &path).json(&json!({ "ticket": fields })).send().await.unwrap()
    }

    fn mailed(&self) -> Vec<String> {
        self.sandbox.world().mails.into_iter().filter_map(|mail| mail.text).collect()
    }
}

#[tokio::test]
async fn a_ticket_is_found_by_its_external_id_and_read_with_its_comments() {
    let bench = Bench::start().await;
    let ticket = bench.opened("eff_1", false).await;
    assert_eq!((&ticket["status"], &ticket["tags"]), (&json!("new"), &json!(["ai", "handoff"])), "a space makes two");
    assert!(bench.mailed().is_empty());
    assert_eq!(bench.shown("/tickets?external_id=eff_1").await["tickets"][0]["id"], ticket["id"]);
    assert_eq!(bench.shown("/tickets?external_id=eff_2").await["tickets"], json!([]));
    let path = format!("/tickets/{}", ticket["id"]);
    assert_eq!(bench.shown(&path).await["ticket"], ticket);
    for number in 0..3 {
        let comment = json!({"comment": {"public": false, "body": format!("note {number}")}});
        assert_eq!(bench.update(&ticket, comment).await.status(), 200);
    }
    let first = bench.shown(&format!("{path}/comments?include=users&sort=-created_at&page[size]=3")).await;
    let bodies = |page: &Value| -> Vec<String> {
        let comments = page["comments"].as_array().unwrap();
        comments.iter().map(|comment| comment["body"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(bodies(&first), ["note 2", "note 1", "note 0"]);
    assert_eq!(first["meta"]["has_more"], true);
    let roles: Vec<&str> =
        first["users"].as_array().unwrap().iter().map(|user| user["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["admin", "end-user"]);
    let cursor = first["meta"]["after_cursor"].as_str().unwrap();
    let query = reqwest::Url::parse_with_params("http://x/", [("page[after]", cursor)]).unwrap();
    let rest = format!("{path}/comments?sort=-created_at&page[size]=3&{}", query.query().unwrap());
    let rest = bench.shown(&rest).await;
    assert_eq!((bodies(&rest), &rest["meta"]["has_more"]), (vec!["Where is my order?".to_owned()], &json!(false)));
    let missing = bench.zendesk(Method::GET, "/tickets/1").send().await.unwrap();
    assert_eq!(missing.status(), 404);
    assert_eq!(missing.json::<Value>().await.unwrap()["error"], "RecordNotFound");
}

#[tokio::test]
async fn who_is_not_signed_in_is_nobody_and_sees_nothing() {
    let bench = Bench::start().await;
    assert_eq!(bench.shown("/users/me").await["user"]["role"], "admin");
    let url = |path: &str| format!("{}/api/v2{path}", bench.sandbox.zendesk_url());
    let nobody: Value = bench.client.get(url("/users/me")).send().await.unwrap().json().await.unwrap();
    assert_eq!((&nobody["user"]["id"], &nobody["user"]["role"]), (&Value::Null, &json!("end-user")));
    for user in ["agent@desk.example/token", "agent@desk.example"] {
        let stranger = bench.client.get(url("/tickets")).basic_auth(user, Some("wrong")).send().await.unwrap();
        assert_eq!(stranger.status(), 401);
    }
    let token = &bench.sandbox.credentials().zendesk_api_token;
    let without = bench.client.get(url("/tickets")).basic_auth("agent@desk.example", Some(token)).send().await.unwrap();
    assert_eq!(without.status(), 401, "a token is no password");
}

#[tokio::test]
async fn a_public_comment_is_mailed_and_one_that_does_not_say_is_like_the_first() {
    let bench = Bench::start().await;
    let ticket = bench.opened("eff_1", false).await;
    bench.update(&ticket, json!({"comment": {"body": "as the first one"}})).await;
    assert!(bench.mailed().is_empty(), "the first one was private");
    bench.update(&ticket, json!({"comment": {"body": "hello", "public": true}})).await;
    assert_eq!(bench.mailed(), ["hello"]);
    let requester = &ticket["requester_id"];
    let in_their_name = json!({"comment": {"body": "I wrote", "public": true, "author_id": requester}});
    bench.update(&ticket, in_their_name).await;
    assert_eq!(bench.mailed(), ["hello"], "nobody is mailed their own words");
    let open = bench.opened("eff_2", true).await;
    bench.update(&open, json!({"comment": {"body": "as the first one"}})).await;
    assert_eq!(bench.mailed(), ["hello", "Where is my order?", "as the first one"]);
}

#[tokio::test]
async fn a_key_opens_one_ticket() {
    let bench = Bench::start().await;
    let open = async |body: Value| {
        let request = bench.zendesk(Method::POST, "/tickets").header("Idempotency-Key", "eff_1").json(&body);
        request.send().await.unwrap()
    };
    let first = open(hand_off("eff_1", false)).await;
    assert_eq!((first.status().as_u16(), &first.headers()["x-idempotency-lookup"]), (201, &"miss".parse().unwrap()));
    let again = open(hand_off("eff_1", false)).await;
    assert_eq!((again.status().as_u16(), &again.headers()["x-idempotency-lookup"]), (201, &"hit".parse().unwrap()));
    let (first, again) = (first.json::<Value>().await.unwrap(), again.json::<Value>().await.unwrap());
    assert_eq!(first["ticket"]["id"], again["ticket"]["id"]);
    assert_eq!(open(hand_off("eff_2", false)).await.status(), 400, "another request under the same key");
    bench.pass(hours(3));
    let later = open(hand_off("eff_1", false)).await;
    assert_eq!(later.headers()["x-idempotency-lookup"], "miss", "it is forgotten");
    assert_eq!(bench.sandbox.world().zendesk.tickets.len(), 2);
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let bench = Bench::start().await;
    let ticket = bench.opened("eff_1", false).await;
    for (fields, field) in [
        (json!({"status": "resolved"}), "status"),
        (json!({"priority": "critical"}), "priority"),
        (json!({"comment": {"body": " "}}), "comment"),
        (json!({"comment": {"body": "x".repeat(65_537)}}), "comment"),
        (json!({"requester": {"name": "Ana"}}), "requester"),
    ] {
        let refused = bench.update(&ticket, fields).await;
        assert_eq!(refused.status(), 422, "{field}");
        assert!(refused.json::<Value>().await.unwrap()["details"][field].is_array(), "{field}");
    }
    let shapeless = bench.zendesk(Method::POST, "/tickets").json(&json!({"subject": "x"})).send().await.unwrap();
    assert_eq!(shapeless.status(), 400);
    assert_eq!(bench.update(&ticket, json!({"status": "closed"})).await.status(), 200);
    let closed = bench.update(&ticket, json!({"comment": {"body": "too late"}})).await;
    assert_eq!(closed.status(), 422, "a closed ticket takes no updates");
}

#[tokio::test]
async fn tags_are_replaced_by_post_and_added_by_put() {
    let bench = Bench::start().await;
    let ticket = bench.opened("eff_1", false).await;
    let path = format!("/tickets/{}/tags", ticket["id"]);
    let change = async |method: Method, tags: Value| {
        let response = bench.zendesk(method, &path).json(&json!({ "tags": tags })).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap()["tags"].clone())
    };
    assert_eq!(change(Method::PUT, json!(["VIP"])).await, (200, json!(["ai", "handoff", "vip"])));
    assert_eq!(change(Method::DELETE, json!(["ai"])).await, (200, json!(["handoff", "vip"])));
    assert_eq!(change(Method::POST, json!(["only"])).await, (201, json!(["only"])));
    assert_eq!(bench.shown(&path).await["tags"], json!(["only"]));
}

#[tokio::test]
async fn a_ticket_takes_thirty_updates_in_ten_minutes() {
    let bench = Bench::start().await;
    let (ticket, other) = (bench.opened("eff_1", false).await, bench.opened("eff_2", false).await);
    let note = || json!({"comment": {"body": "a note"}});
    for _ in 0..30 {
        assert_eq!(bench.update(&ticket, note()).await.status(), 200);
    }
    let refused = bench.update(&ticket, note()).await;
    assert_eq!(refused.status(), 429);
    let wait: u32 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((500..=601).contains(&wait), "{wait}");
    assert_eq!(bench.update(&other, note()).await.status(), 200, "another ticket has its own");
    let world = bench.sandbox.world();
    assert_eq!(world.zendesk.tickets[0].comments.len(), 31);
}

#[tokio::test]
async fn a_webhooks_secret_is_told_apart_from_it_and_only_what_it_asked_for_is_sent() {
    let bench = Bench::start().await;
    let webhook = |endpoint: &str| {
        json!({"webhook": {"name": "Deskhand", "endpoint": endpoint, "http_method": "POST", "request_format": "json",
               "status": "active", "subscriptions": ["zen:event-type:ticket.status_changed"]}})
    };
    let make = async |body: Value| bench.zendesk(Method::POST, "/webhooks").json(&body).send().await.unwrap();
    assert_eq!(make(webhook("nowhere")).await.status(), 422);
    let made: Value = make(webhook("http://127.0.0.1:9/x")).await.json().await.unwrap();
    let id = made["webhook"]["id"].as_str().unwrap();
    let secret = bench.shown(&format!("/webhooks/{id}/signing_secret")).await;
    let secret = secret["signing_secret"]["secret"].as_str().unwrap();
    assert!(secret.len() > 20);
    let listed = bench.shown("/webhooks?page[size]=100").await;
    assert_eq!(listed["webhooks"][0]["endpoint"], "http://127.0.0.1:9/x");
    assert!(!listed.to_string().contains(secret));

    let ticket = bench.opened("eff_1", false).await;
    let number = ticket["id"].as_u64().unwrap();
    let told = || {
        let notices = bench.sandbox.world().zendesk.notices;
        notices.iter().map(|own| serde_json::from_str::<Value>(&own.body).unwrap()).collect::<Vec<_>>()
    };
    assert!(told().is_empty(), "it did not ask for comments");
    for act in [Act::Close { by: None }, Act::Reopen { by: None }] {
        bench.sandbox.act(number, act).await.unwrap();
    }
    let statuses: Vec<String> =
        told().iter().map(|event| event["detail"]["status"].as_str().unwrap().to_owned()).collect();
    assert_eq!(statuses, ["Solved", "OPEN"], "in any case");
    assert_eq!(told()[0]["detail"]["id"], number.to_string());

    bench.sandbox.reset().await.unwrap();
    assert_eq!(bench.shown("/webhooks").await["count"], 1, "it stays, as secrets do");
    let gone = bench.zendesk(Method::DELETE, &format!("/webhooks/{id}")).send().await.unwrap();
    assert_eq!(gone.status(), 204);
    let again = bench.zendesk(Method::DELETE, &format!("/webhooks/{id}")).send().await.unwrap();
    assert_eq!(again.status(), 404);
}

#[tokio::test]
async fn people_act_on_the_tickets_of_either_helpdesk() {
    let bench = Bench::start().await;
    let ticket = bench.opened("eff_1", false).await["id"].as_u64().unwrap();
    let other: Value = bench.open_ticket(&crate::gorgias::hand_off("conv_1")).await.json().await.unwrap();
    let other = other["id"].as_u64().unwrap();
    let act = async |id: u64, vendor: &str, act: Value| {
        let url = format!("{}/tickets/{id}{vendor}", bench.sandbox.control_url());
        bench.client.post(url).json(&act).send().await.unwrap().status().as_u16()
    };
    let reply = |text: &str| json!({"act": "reply", "text": text});
    assert_eq!(act(ticket, "", reply("from Zendesk")).await, 200);
    assert_eq!(act(ticket, "?vendor=zendesk", json!({"act": "assign"})).await, 200);
    assert_eq!(act(ticket, "?vendor=gorgias", reply("nowhere")).await, 404);
    assert_eq!(act(other, "?vendor=zendesk", reply("nowhere")).await, 404);
    assert_eq!(act(other, "", reply("from Gorgias")).await, 200);
    assert_eq!(act(1, "", reply("nowhere")).await, 404);
    assert_eq!(bench.mailed(), ["from Zendesk", "from Gorgias"]);
    let nobody = Act::Close { by: Some("nobody@example.com".to_owned()) };
    let refused = bench.sandbox.act(ticket, nobody).await;
    assert_eq!(refused, Err(ActError::NoUser("nobody@example.com".to_owned())));

    let listed = async |query: &str| {
        let url = format!("{}/tickets{query}", bench.sandbox.control_url());
        bench.client.get(url).send().await.unwrap().json::<Value>().await.unwrap()
    };
    let zendesk = listed("?vendor=zendesk").await;
    assert_eq!(
        (zendesk.as_array().unwrap().len(), &zendesk[0]["status"]),
        (1, &json!("open")),
        "who takes it opens it"
    );
    let sides: Vec<&str> =
        zendesk[0]["messages"].as_array().unwrap().iter().map(|own| own["by"].as_str().unwrap()).collect();
    assert_eq!(sides, ["note", "store"]);
    assert_eq!(listed("").await.as_array().unwrap().len(), 2);
}
