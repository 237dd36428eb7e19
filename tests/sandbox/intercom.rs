use deskhand::sandbox::world::intercom::IntercomEndpoint;
use deskhand::sandbox::{Act, ActError, INTERCOM_WORKSPACE};
use reqwest::Method;

use super::*;

impl Bench {
    fn intercom(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.sandbox.intercom_url()));
        request.bearer_auth(&self.sandbox.credentials().intercom_access_token).header("Intercom-Version", "2.16")
    }

    /// What a call answers that carries JSON.
    async fn told(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let response = self.intercom(method, path).json(&body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn seen(&self, path: &str) -> (u16, Value) {
        let response = self.intercom(Method::GET, path).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    async fn contact(&self, external_id: &str, email: &str) -> String {
        let fields = json!({"role": "user", "external_id": external_id, "email": email, "name": "Ana"});
        let (status, contact) = self.told(Method::POST, "/contacts", fields).await;
        assert_eq!(status, 200, "{contact}");
        contact["id"].as_str().unwrap().to_owned()
    }

    /// A conversation of a contact, and both their ids.
    async fn conversation(&self, email: &str) -> (String, String) {
        let contact = self.contact("eff_1", email).await;
        let fields =
            json!({"from": {"type": "user", "id": contact}, "body": "Where is <my> order?\n\n[deskhand eff_1]"});
        let (status, opened) = self.told(Method::POST, "/conversations", fields).await;
        assert_eq!((status, &opened["type"]), (200, &json!("user_message")));
        (opened["conversation_id"].as_str().unwrap().to_owned(), contact)
    }

    fn agent(&self) -> String {
        self.sandbox.look(|world| world.helpdesk.users[0].id.to_string())
    }

    async fn reply(&self, conversation: &str, fields: Value) -> (u16, Value) {
        self.told(Method::POST, &format!("/conversations/{conversation}/reply"), fields).await
    }
}

#[tokio::test]
async fn a_contact_is_made_once_and_not_found_at_first() {
    let bench = Bench::start().await;
    let id = bench.contact("eff_1", "ana@example.com").await;
    assert!(id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    for fields in [json!({"external_id": "eff_1"}), json!({"role": "user", "email": "ANA@example.com"})] {
        let (status, error) = bench.told(Method::POST, "/contacts", fields).await;
        assert_eq!((status, &error["errors"][0]["code"]), (409, &json!("conflict")));
        assert!(error["errors"][0]["message"].as_str().unwrap().ends_with(&id));
    }
    let path = "/contacts/find_by_external_id/eff_1";
    assert_eq!(bench.seen(path).await.0, 404, "it was only just made");
    let (status, contact) = bench.seen(path).await;
    assert_eq!((status, contact["id"].as_str()), (200, Some(id.as_str())));
    assert_eq!(bench.seen("/contacts/find_by_external_id/eff_2").await.0, 404);
    let query = json!({"query": {"field": "email", "operator": "=", "value": "ana@example.com"}});
    assert_eq!(bench.told(Method::POST, "/contacts/search", query).await.1["data"][0]["id"], json!(id));
    assert_eq!(bench.told(Method::POST, "/contacts", json!({"name": "nobody"})).await.0, 400);
    let other = bench.contact("eff_2", "").await;
    let (taken, free) = (json!({"email": "ana@example.com"}), json!({"email": "ben@example.com"}));
    assert_eq!(bench.told(Method::PUT, &format!("/contacts/{other}"), taken).await.0, 409);
    assert_eq!(bench.told(Method::PUT, &format!("/contacts/{other}"), free).await.1["email"], "ben@example.com");
}

#[tokio::test]
async fn a_conversation_is_listed_at_once_and_searched_for_in_vain_at_first() {
    let bench = Bench::start().await;
    let (conversation, contact) = bench.conversation("").await;
    let by = |field: &str, value: &str| json!({"query": {"operator": "OR", "value": [{"field": field, "operator": "=", "value": value}]}});
    let count = async |query: Value| {
        let (status, found) = bench.told(Method::POST, "/conversations/search", query).await;
        assert_eq!(status, 200);
        found["conversations"].as_array().unwrap().len()
    };
    assert_eq!(count(by("contact_ids", &contact)).await, 0, "the search is behind");
    assert_eq!(count(by("contact_ids", &contact)).await, 1);
    assert_eq!(count(by("source.body", "eff_1")).await, 1, "by a word");
    assert_eq!(count(by("source.body", "my order")).await, 0, "not by several");
    let (_, listed) = bench.seen("/conversations?per_page=1").await;
    assert_eq!(listed["conversations"][0]["id"], json!(conversation));
    assert_eq!(listed["pages"].get("next"), None);
    assert!(listed["conversations"][0].get("conversation_parts").is_none());
    let nobody = json!({"from": {"type": "user", "id": "0"}, "body": "x"});
    let (status, error) = bench.told(Method::POST, "/conversations", nobody).await;
    assert_eq!((status, &error["errors"][0]["message"]), (404, &json!("User Not Found")));
}

#[tokio::test]
async fn bodies_are_html_unless_plain_text_is_asked_for() {
    let bench = Bench::start().await;
    let (conversation, _) = bench.conversation("").await;
    let note = json!({"message_type": "note", "type": "admin", "admin_id": bench.agent(), "created_at": 1_795_000_000,
                      "body": "<p>a &lt; b<br>[deskhand eff_2]</p>"});
    let (status, written) = bench.reply(&conversation, note).await;
    assert_eq!(status, 200);
    let parts = written["conversation_parts"]["conversation_parts"].as_array().unwrap().clone();
    assert_eq!((parts.len(), &parts[0]["created_at"]), (1, &json!(1_795_000_000)), "the new one alone");
    let (_, html) = bench.seen(&format!("/conversations/{conversation}")).await;
    assert_eq!(html["source"]["body"], "<p>Where is &lt;my&gt; order?<br><br>[deskhand eff_1]</p>");
    let (_, plain) = bench.seen(&format!("/conversations/{conversation}?display_as=plaintext")).await;
    assert_eq!(plain["source"]["body"], "Where is <my> order?\n\n[deskhand eff_1]");
    assert_eq!(plain["conversation_parts"]["conversation_parts"][0]["body"], "a < b\n[deskhand eff_2]");
    assert_eq!(plain["contacts"]["contacts"][0]["external_id"], "eff_1");
    let (status, error) = bench.seen("/conversations/1").await;
    assert_eq!((status, &error["type"]), (404, &json!("error.list")));
}

#[tokio::test]
async fn a_teammates_comment_is_mailed_to_who_has_an_address_unless_it_says_otherwise() {
    let bench = Bench::start().await;
    let (conversation, contact) = bench.conversation("ana@example.com").await;
    let says = |kind: &str, silent: bool| {
        json!({"message_type": kind, "type": "admin", "admin_id": bench.agent(), "body": format!("{kind} {silent}"),
               "skip_notifications": silent})
    };
    let own = |contact: &str| json!({"message_type": "comment", "type": "user", "intercom_user_id": contact, "body": "I wrote"});
    for fields in [says("note", false), says("comment", true), says("comment", false), own(&contact)] {
        assert_eq!(bench.reply(&conversation, fields).await.0, 200);
    }
    assert_eq!(bench.reply(&conversation, own("another")).await.0, 404);
    let stranger = json!({"message_type": "comment", "type": "admin", "admin_id": "1", "body": "x"});
    assert_eq!(bench.reply(&conversation, stranger).await.0, 400);
    let mails: Vec<String> = bench.sandbox.world().mails.into_iter().filter_map(|mail| mail.text).collect();
    assert_eq!(mails, ["comment false"]);
}

#[tokio::test]
async fn it_is_closed_opened_again_by_the_contact_assigned_and_tagged() {
    let bench = Bench::start().await;
    let (conversation, contact) = bench.conversation("").await;
    let (path, agent) = (format!("/conversations/{conversation}"), bench.agent());
    let manage = async |fields: Value| bench.told(Method::POST, &format!("{path}/parts"), fields).await;
    let (_, closed) = manage(json!({"message_type": "close", "type": "admin", "admin_id": agent})).await;
    assert_eq!((&closed["state"], &closed["open"]), (&json!("closed"), &json!(false)));
    let again = json!({"message_type": "comment", "type": "user", "intercom_user_id": contact, "body": "Wait"});
    let (_, opened) = bench.reply(&conversation, again).await;
    let part = &opened["conversation_parts"]["conversation_parts"][0];
    assert_eq!(
        (&opened["state"], &part["part_type"], &part["body"]),
        (&json!("open"), &json!("open"), &json!("<p>Wait</p>"))
    );
    let assignment = |kind: &str, to: &str| json!({"message_type": "assignment", "type": kind, "admin_id": agent, "assignee_id": to});
    assert_eq!(manage(assignment("admin", &agent)).await.1["admin_assignee_id"].to_string(), agent);
    assert_eq!(manage(assignment("team", "7")).await.1["team_assignee_id"], 7);
    assert_eq!(manage(assignment("admin", "0")).await.1["admin_assignee_id"], 0);
    let (_, tag) = bench.told(Method::POST, "/tags", json!({"name": "VIP"})).await;
    assert_eq!(bench.told(Method::POST, "/tags", json!({"name": "vip"})).await.1["id"], tag["id"], "no case");
    let put = json!({"id": tag["id"], "admin_id": agent});
    let (status, put) = bench.told(Method::POST, &format!("{path}/tags"), put).await;
    assert_eq!((status, &put["applied_by"]), (200, &json!({"type": "admin", "id": agent})));
    assert_eq!(bench.told(Method::POST, &format!("{path}/tags"), json!({"id": "1", "admin_id": agent})).await.0, 404);
    assert_eq!(bench.seen(&path).await.1["tags"]["tags"][0]["applied_by"]["id"], json!(agent));
    let off = format!("{path}/tags/{}", tag["id"].as_str().unwrap());
    assert_eq!(bench.told(Method::DELETE, &off, json!({"admin_id": agent})).await.0, 200);
    assert_eq!(bench.told(Method::DELETE, &off, json!({"admin_id": agent})).await.0, 404);
}

#[tokio::test]
async fn who_has_no_token_sees_nothing_and_too_many_calls_are_turned_away() {
    let bench = Bench::start().await;
    let url = format!("{}/me", bench.sandbox.intercom_url());
    for request in [bench.client.get(&url), bench.client.get(&url).bearer_auth("wrong")] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert_eq!(response.json::<Value>().await.unwrap()["errors"][0]["code"], "unauthorized");
    }
    let (_, me) = bench.seen("/me").await;
    assert_eq!((&me["app"]["id_code"], &me["id"]), (&json!(INTERCOM_WORKSPACE), &json!(bench.agent())));
    assert_eq!(bench.seen("/admins").await.1["admins"][0]["id"], json!(bench.agent()));
    assert_eq!(bench.seen(&format!("/admins/{}", bench.agent())).await.0, 200);
    assert_eq!(bench.seen("/admins/1").await.0, 404);
    let fault = deskhand::sandbox::Fault::new(deskhand::sandbox::Effect::RateLimited { retry_after_seconds: 3 });
    bench.sandbox.fault(fault.vendor(deskhand::sandbox::Vendor::Intercom).times(1));
    let response = bench.intercom(Method::GET, "/me").send().await.unwrap();
    assert_eq!(response.status(), 429);
    assert!(response.headers().contains_key("x-ratelimit-reset") && !response.headers().contains_key("retry-after"));
    assert_eq!(response.json::<Value>().await.unwrap()["errors"][0]["code"], "rate_limit_exceeded");
}

#[tokio::test]
async fn people_act_and_the_app_hears_of_it_in_plain_text() {
    let bench = Bench::start().await;
    let (conversation, _) = bench.conversation("").await;
    let id: u64 = conversation.parse().unwrap();
    // Nobody listens at that address: what is told stays to be looked at.
    let url = format!("{}/intercom/endpoint", bench.sandbox.control_url());
    let endpoint = json!({"url": "http://127.0.0.1:9/", "topics": ["conversation.admin.replied", "conversation_part.tag.created"]});
    assert_eq!(bench.client.put(&url).json(&endpoint).send().await.unwrap().status(), 200);
    let text = |text: &str| text.to_owned();
    for act in [
        Act::Note { text: text("not told"), by: None },
        Act::Reply { text: text("a < b"), by: None },
        Act::Tag { name: text("vip"), by: None },
        Act::Bot { text: text("beep") },
        Act::Mail { text: text("hello") },
        Act::Assign { by: None },
        Act::Close { by: None },
    ] {
        bench.sandbox.act(id, act).await.unwrap();
    }
    let world = bench.sandbox.world();
    assert!(matches!(&world.intercom.endpoint, Some(IntercomEndpoint { topics, .. }) if topics.len() == 2));
    let told: Vec<Value> = world.intercom.notices.iter().map(|own| serde_json::from_str(&own.body).unwrap()).collect();
    let topics: Vec<&str> = told.iter().map(|own| own["topic"].as_str().unwrap()).collect();
    assert_eq!(topics, ["conversation.admin.replied", "conversation_part.tag.created"]);
    assert_eq!(told[0]["app_id"], INTERCOM_WORKSPACE);
    let item = &told[0]["data"]["item"];
    assert_eq!((&item["type"], &item["id"]), (&json!("conversation"), &json!(conversation)));
    assert_eq!(item["conversation_parts"]["conversation_parts"][0]["body"], "a < b");
    let own = world.intercom.conversation(id).unwrap();
    let kinds: Vec<&str> = own.parts.iter().map(|part| part.kind.as_str()).collect();
    assert_eq!(kinds, ["note", "comment", "comment", "comment", "assignment", "close"]);
    assert!(!own.open && own.assignee.is_some());
    let nobody = Act::Reply { text: text("x"), by: Some(text("nobody@example.com")) };
    assert_eq!(bench.sandbox.act(id, nobody).await, Err(ActError::NoUser(text("nobody@example.com"))));
}
