//! Zendesk: the ticket, its comments, and finding them again.

use std::time::Duration;

use deskhand::domain::clock::Clock;
use deskhand::domain::customer::Email;
use deskhand::domain::id::{ConversationId, EffectId};
use deskhand::integrations::helpdesk::zendesk::{Zendesk, ZendeskSettings};
use deskhand::integrations::helpdesk::{
    Colleague, EntryKind, HelpdeskReader, HelpdeskWriter, TicketAuthor, TicketCustomer, TicketDraft, TicketEntry,
    TranscriptLine,
};
use deskhand::integrations::{Urgency, VendorError, WriteError};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use url::Url;

use crate::server::{Server, answer, hasty, transport};
use crate::writes::{check_every_failure, permit};

pub fn settings(base: Url) -> ZendeskSettings {
    ZendeskSettings {
        subdomain: "fern".to_owned(),
        user: Email::parse("api@fern.example").unwrap(),
        api_token: "zendesk-token-1234567".to_owned().into(),
        bots: vec!["77".to_owned()],
        webhook_secret: None,
        subject: "{subject}".to_owned(),
        tags: vec!["ai-handoff".to_owned()],
        priority: None,
        group: None,
        visitor_domain: "visitor.invalid".to_owned(),
        calls_per_minute: 100,
        base_url: Some(base),
    }
}

fn client(base: Url) -> Zendesk {
    Zendesk::new(settings(base), transport(hasty())).unwrap()
}

fn customer() -> TicketCustomer {
    TicketCustomer { conversation: ConversationId::new("conv_1"), email: Email::parse("finn@example.com"), name: None }
}

pub fn draft() -> TicketDraft {
    let line = |id: &str, from_customer, text: &str| TranscriptLine {
        id: id.to_owned(),
        from_customer,
        text: text.to_owned(),
        at: Clock::machine(),
    };
    TicketDraft {
        effect: EffectId::new("eff_5"),
        subject: "Never arrived".to_owned(),
        tags: vec![],
        customer: customer(),
        transcript: vec![line("m1", true, "nothing came"), line("m2", false, "A colleague will help.")],
        note: "Carrier says delivered.".to_owned(),
    }
}

fn ticket(id: u64, external_id: Value) -> Value {
    json!({"id": id, "url": format!("https://fern.zendesk.com/api/v2/tickets/{id}.json"), "external_id": external_id,
           "status": "new", "subject": null, "requester_id": 1, "assignee_id": null, "tags": []})
}

fn opened(id: u64) -> String {
    json!({"ticket": ticket(id, json!("eff_5"))}).to_string()
}

fn page(tickets: Vec<Value>, next: Option<&str>) -> String {
    json!({"tickets": tickets, "meta": {"has_more": next.is_some(), "after_cursor": next.unwrap_or("end"), "before_cursor": "b"},
           "links": {"next": null, "prev": null}})
    .to_string()
}

#[tokio::test]
async fn a_ticket_is_opened_in_one_call_that_mails_nobody() {
    // Larger than what a float holds exactly.
    let server = Server::start(|_, _| answer(201, opened(9_007_199_254_740_993))).await;
    let client = client(server.base.clone());
    let opened = client.open_ticket(permit("eff_5"), &client.request(&draft())).await.unwrap();
    assert_eq!(opened.id, "9007199254740993");
    assert_eq!(opened.url.as_deref(), Some("https://fern.zendesk.com/agent/tickets/9007199254740993"));
    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    let request = &requests[0];
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/api/v2/tickets"));
    let basic = "Basic YXBpQGZlcm4uZXhhbXBsZS90b2tlbjp6ZW5kZXNrLXRva2VuLTEyMzQ1Njc=";
    assert_eq!(request.header("authorization"), Some(basic));
    assert_eq!(request.header("idempotency-key"), Some("eff_5"));
    let body = request.json();
    assert_eq!(body["ticket"]["external_id"], "eff_5");
    assert_eq!(body["ticket"]["comment"]["public"], false, "a public comment is mailed");
    let said = body["ticket"]["comment"]["body"].as_str().unwrap();
    assert!(said.contains("Carrier says delivered.") && said.contains("Customer: nothing came"), "{said}");
}

#[tokio::test]
async fn every_failure_is_told_apart() {
    check_every_failure(|base| async move {
        let client = client(base);
        client.open_ticket(permit("eff_5"), &client.request(&draft())).await
    })
    .await;
}

#[tokio::test]
async fn a_yes_without_a_ticket_is_unknown() {
    for body in ["", "<html>", "{}", r#"{"ticket":{"id":"abc"}}"#] {
        let server = Server::start(move |_, _| answer(201, body)).await;
        let client = client(server.base.clone());
        let error = client.open_ticket(permit("eff_5"), &client.request(&draft())).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(VendorError::Garbled { .. })), "{body}: {error}");
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_permit_for_another_ticket_lets_nothing_out() {
    let server = Server::start(|_, _| answer(201, "{}")).await;
    let client = client(server.base.clone());
    // The other effect's id stands in what the shopper wrote, which must not pass for the request's own.
    let mut other = draft();
    other.transcript[0].text = "{\"ticket\":{\"external_id\":\"eff_6\"".to_owned();
    let error = client.open_ticket(permit("eff_6"), &client.request(&other)).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_ticket_is_found_by_its_effect_and_no_other_is_taken_for_it() {
    let server = Server::start(|_, _| {
        let tickets = vec![ticket(1, json!("eff_55")), ticket(2, Value::Null), ticket(3, json!("eff_5"))];
        answer(200, page(tickets, None))
    })
    .await;
    let client = client(server.base.clone());
    let found = client.ticket_of(&EffectId::new("eff_5"), Urgency::Shopper).await.unwrap().unwrap();
    assert_eq!(found.id, "3");
    assert_eq!(server.requests()[0].query("external_id").as_deref(), Some("eff_5"));
    assert!(client.ticket_of(&EffectId::new("eff_9"), Urgency::Shopper).await.unwrap().is_none());
}

#[tokio::test]
async fn a_filter_that_is_not_applied_is_made_up_for_by_reading_on() {
    let server = Server::start(|request, _| match request.query("page[after]").as_deref() {
        None => answer(200, page(vec![ticket(9, json!("eff_1"))], Some("c2"))),
        Some("c2") => answer(200, page(vec![ticket(8, json!("eff_5"))], Some("c3"))),
        other => panic!("{other:?}"),
    })
    .await;
    let found = client(server.base.clone()).ticket_of(&EffectId::new("eff_5"), Urgency::Shopper).await.unwrap();
    assert_eq!(found.unwrap().id, "8");

    let endless = Server::start(|_, _| answer(200, page(vec![], Some("again")))).await;
    let found = client(endless.base.clone()).ticket_of(&EffectId::new("eff_5"), Urgency::Shopper).await.unwrap();
    assert!(found.is_none());
    assert_eq!(endless.count(), 5);
}

#[tokio::test]
async fn errors_say_what_zendesk_said() {
    let body = r#"{"error":"RecordInvalid","description":"Record validation errors","details":{"status":[{"description":"Status: closed prevents ticket update"}]}}"#;
    let server = Server::start(move |_, _| answer(422, body)).await;
    let client_ = client(server.base.clone());
    let error = client_.open_ticket(permit("eff_5"), &client_.request(&draft())).await.unwrap_err().to_string();
    assert!(error.contains("RecordInvalid") && error.contains("closed prevents ticket update"), "{error}");

    let titled = r#"{"error":{"title":"No help desk at fern.zendesk.com","message":"There is no help desk"}}"#;
    for (body, part) in [("<!doctype html><title>404</title>", "zendesk.subdomain"), (titled, "No help desk at")] {
        let server = Server::start(move |_, _| answer(404, body)).await;
        let error = client(server.base.clone()).check().await.unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
    let server = Server::start(|_, _| answer(401, r#"{"error":"Couldn't authenticate you"}"#)).await;
    let error = client(server.base.clone()).check().await.unwrap_err();
    assert!(matches!(error, VendorError::Credentials { .. }), "{error}");
}

#[tokio::test]
async fn check_names_the_account_and_sees_who_is_nobody_there() {
    let me = |role: &str| json!({"user": {"id": 12, "name": "Deskhand", "role": role}}).to_string();
    let staff = me("agent");
    let server = Server::start(move |_, _| {
        answer(200, staff.clone()).with("x-rate-limit", "400").with("x-rate-limit-remaining", "399")
    })
    .await;
    let said = client(server.base.clone()).check().await.unwrap();
    assert!(said.contains("fern") && said.contains("399 of 400"), "{said}");
    let nobody = json!({"user": {"id": null, "name": "Anonymous user", "role": "end-user"}}).to_string();
    for body in [nobody, me("end-user")] {
        let server = Server::start(move |_, _| answer(200, body.clone())).await;
        let error = client(server.base.clone()).check().await.unwrap_err();
        assert!(matches!(error, VendorError::Credentials { .. }), "{error}");
    }
}

#[test]
fn an_account_that_is_no_label_is_refused() {
    let base = Url::parse("http://127.0.0.1:9").unwrap();
    for subdomain in ["", "evil.example/", "a.b", "fern@evil", "-fern", "fern:80", "fern#", "fern.zendesk.com"] {
        let settings = ZendeskSettings { subdomain: subdomain.to_owned(), ..settings(base.clone()) };
        let error = settings.validate().unwrap_err();
        assert_eq!(error.key, "zendesk.subdomain", "{subdomain}");
    }
}

fn entry(kind: EntryKind) -> TicketEntry {
    TicketEntry {
        effect: EffectId::new("eff_7"),
        kind,
        customer: customer(),
        text: "no\n\n[deskhand eff_8]\"}}}".to_owned(),
        at: Clock::machine(),
        reply_path: None,
    }
}

fn updated(comment: u64) -> String {
    let events = json!([{"id": 1, "type": "Change"}, {"id": comment, "type": "Comment"}]);
    json!({"ticket": ticket(5, Value::Null), "audit": {"id": 3, "events": events}}).to_string()
}

#[tokio::test]
async fn what_is_said_later_is_recorded_and_mailed_to_nobody() {
    let server = Server::start(|_, _| answer(200, updated(218))).await;
    let client = client(server.base.clone());
    for kind in [EntryKind::Customer, EntryKind::Agent, EntryKind::Note] {
        let request = client.entry(&entry(kind));
        let id = client.write(permit("eff_7"), "5", &request).await.unwrap();
        assert_eq!(id, "218");
        let error = client.write(permit("eff_8"), "5", &request).await.unwrap_err();
        assert!(matches!(error, WriteError::Refused(_)), "another effect's permit: {error}");
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    for (request, begins) in requests.iter().zip(["Customer:\nno\n", "Agent:\nno\n", "no\n"]) {
        assert_eq!((request.method.as_str(), request.target.as_str()), ("PUT", "/api/v2/tickets/5"));
        let comment = &request.json()["ticket"]["comment"];
        assert_eq!(comment["public"], false, "without it Zendesk may mail it");
        let body = comment["body"].as_str().unwrap();
        assert!(body.starts_with(begins) && body.ends_with("\n\n[deskhand eff_7]"), "{body}");
    }
}

#[tokio::test]
async fn every_failure_of_an_entry_is_told_apart() {
    check_every_failure(|base| async move {
        let client = client(base);
        let request = client.entry(&TicketEntry { effect: EffectId::new("eff_5"), ..entry(EntryKind::Customer) });
        client.write(permit("eff_5"), "5", &request).await
    })
    .await;
}

#[tokio::test]
async fn a_ticket_that_has_had_its_updates_keeps_nobody_from_being_handed_over() {
    let server = Server::start(|request, _| match request.method.as_str() {
        "PUT" => answer(429, "{}").with("retry-after", "240"),
        _ => answer(201, opened(1)),
    })
    .await;
    let client = client(server.base.clone());
    let error = client.write(permit("eff_7"), "5", &client.entry(&entry(EntryKind::Customer))).await.unwrap_err();
    assert!(matches!(error, WriteError::NotSent(VendorError::Throttled { .. })), "{error}");
    let request = client.request(&draft());
    let opened = tokio::time::timeout(Duration::from_secs(5), client.open_ticket(permit("eff_5"), &request)).await;
    assert_eq!(opened.expect("at once").unwrap().id, "1");
}

#[tokio::test]
async fn a_ticket_is_not_updated_so_often_that_zendesk_turns_it_away() {
    let server = Server::start(|_, _| answer(200, updated(218))).await;
    let client = client(server.base.clone());
    let write =
        async |ticket: &str| client.write(permit("eff_7"), ticket, &client.entry(&entry(EntryKind::Note))).await;
    for _ in 0..25 {
        write("5").await.unwrap();
    }
    let error = write("5").await.unwrap_err();
    assert!(matches!(error, WriteError::NotSent(VendorError::Throttled { .. })), "{error}");
    assert_eq!(server.count(), 25, "nothing left");
    write("6").await.unwrap();
}

/// A ticket with these comments.
async fn shown(ticket: Value, comments: Vec<Value>, users: Value) -> Server {
    Server::start(move |request, _| match request.target.contains("/comments") {
        true => {
            assert_eq!(request.query("include").as_deref(), Some("users"));
            let mut newest_first = comments.clone();
            newest_first.reverse();
            let meta = json!({"has_more": false, "after_cursor": "c"});
            answer(200, json!({"comments": newest_first, "users": users, "meta": meta}).to_string())
        }
        false => answer(200, json!({"ticket": ticket, "users": []}).to_string()),
    })
    .await
}

fn comment(id: u64, author: i64, channel: &str, public: bool, body: &str) -> Value {
    json!({"id": id, "type": "Comment", "author_id": author, "body": body, "plain_body": body, "public": public,
           "via": {"channel": channel, "source": {}}, "created_at": "2026-08-26T13:56:18Z"})
}

#[tokio::test]
async fn who_wrote_what_is_told_apart() {
    let user =
        |id: i64, email: &str, name: &str, role: &str| json!({"id": id, "email": email, "name": name, "role": role});
    let users = json!([
        user(1, "finn@example.com", "Finn", "end-user"),
        user(2, "friend@example.com", "A friend, in copy", "end-user"),
        user(11, "API@fern.example", "Deskhand", "admin"),
        user(12, "rosa@fern.example", "Rosa Lind", "agent"),
        user(13, "boss@fern.example", "Boss", "admin"),
        user(77, "bot@fern.example", "Bot", "agent"),
        user(78, "odd@fern.example", "Odd", "a role of the future"),
    ]);
    let comments = vec![
        comment(1, 11, "api", false, "Summary"),
        comment(2, 11, "api", false, "Customer:\nhello\n\n[deskhand eff_7]"),
        comment(3, 12, "web", true, "I am on it"),
        comment(4, 13, "email", true, "So am I"),
        comment(5, 12, "web", false, "A regular\n\n[deskhand eff_9]"),
        comment(6, 1, "email", true, "thanks\n\n[deskhand eff_9]"),
        comment(7, 2, "email", true, "me too"),
        comment(8, -1, "rule", true, "We are closed"),
        comment(9, 12, "rule", true, "We are closed, says Rosa's rule"),
        comment(10, -1, "answer_bot_for_web_widget", true, "Read this article"),
        comment(11, 77, "api", true, "beep"),
        comment(12, 78, "web", true, "hm"),
        comment(13, 99, "web", true, "who?"),
    ];
    let ticket = json!({"id": 5, "status": "Hold", "tags": ["vip"], "assignee_id": 12, "requester_id": 1});
    let server = shown(ticket, comments, users).await;
    let view = client(server.base.clone()).ticket("5", Urgency::Shopper).await.unwrap().unwrap();
    let colleague = |id: &str, name: &str, email: &str| Colleague {
        id: id.to_owned(),
        name: name.to_owned(),
        email: Email::parse(email),
    };
    let rosa = colleague("12", "Rosa Lind", "rosa@fern.example");
    assert_eq!((view.open, &view.tags, &view.assignee), (true, &vec!["vip".to_owned()], &Some(rosa.clone())));
    let authors: Vec<&TicketAuthor> = view.messages.iter().map(|message| &message.author).collect();
    let (person, boss) =
        (TicketAuthor::Person(rosa), TicketAuthor::Person(colleague("13", "Boss", "boss@fern.example")));
    assert_eq!(
        authors,
        [
            &TicketAuthor::OurAgent,
            &TicketAuthor::OurAgent,
            &person,
            &boss,
            &person,
            &TicketAuthor::Customer,
            &TicketAuthor::Unknown,
            &TicketAuthor::Rule,
            &TicketAuthor::Rule,
            &TicketAuthor::VendorBot,
            &TicketAuthor::VendorBot,
            &TicketAuthor::Unknown,
            &TicketAuthor::Unknown,
        ]
    );
    let private: Vec<&str> =
        view.messages.iter().filter(|message| !message.public).map(|message| message.id.as_str()).collect();
    assert_eq!(private, ["1", "2", "5"]);
    let planted: Vec<_> = view.messages.iter().filter_map(|message| message.external_id.as_deref()).collect();
    assert_eq!(planted, ["eff_7"], "what others write like it is no mark of ours");
    let missing = Server::start(|_, _| answer(404, json!({"error": "RecordNotFound"}).to_string())).await;
    assert!(client(missing.base.clone()).ticket("1", Urgency::Shopper).await.unwrap().is_none());
}

#[tokio::test]
async fn what_is_over_is_over_in_any_case_and_our_own_user_is_nobodys_assignee() {
    let users = json!([{"id": 11, "email": "api@fern.example", "name": "Deskhand", "role": "agent"}]);
    for (status, open) in [
        ("new", true),
        ("OPEN", true),
        ("pending", true),
        ("hold", true),
        ("of the future", true),
        ("solved", false),
        ("Solved", false),
        ("CLOSED", false),
    ] {
        let ticket = json!({"id": 5, "status": status, "tags": [], "assignee_id": 11, "requester_id": 1});
        let server = shown(ticket, vec![comment(1, 11, "api", false, "Summary")], users.clone()).await;
        let view = client(server.base.clone()).ticket("5", Urgency::Shopper).await.unwrap().unwrap();
        assert_eq!((view.open, view.assignee), (open, None), "{status}");
    }
}

#[tokio::test]
async fn all_pages_of_comments_are_read_and_put_into_their_order() {
    let server = Server::start(|request, _| {
        let page = |comment: Value, next: Option<&str>| {
            let meta = json!({"has_more": next.is_some(), "after_cursor": next});
            answer(200, json!({"comments": [comment], "users": [], "meta": meta}).to_string())
        };
        match (request.target.contains("/comments"), request.query("page[after]").as_deref()) {
            (false, _) => answer(200, json!({"ticket": ticket(5, Value::Null)}).to_string()),
            (true, None) => page(comment(10, 1, "email", true, "second"), Some("c2")),
            (true, Some("c2")) => page(comment(9, 1, "email", true, "first"), None),
            (true, other) => panic!("{other:?}"),
        }
    })
    .await;
    let view = client(server.base.clone()).ticket("5", Urgency::Shopper).await.unwrap().unwrap();
    let texts: Vec<&str> = view.messages.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["first", "second"]);
}

#[tokio::test]
async fn zendesk_makes_the_secret_of_a_webhook() {
    let server = Server::start(|request, _| match (request.method.as_str(), request.target.as_str()) {
        ("POST", "/api/v2/webhooks") => {
            let webhook = json!({"id": "01H", "endpoint": "https://desk.example/x", "status": "active"});
            answer(201, json!({ "webhook": webhook }).to_string())
        }
        ("GET", "/api/v2/webhooks/01H/signing_secret") => {
            answer(200, json!({"signing_secret": {"algorithm": "SHA256", "secret": "made by Zendesk"}}).to_string())
        }
        ("GET", _) => {
            let webhook =
                |id: &str, status: &str| json!({"id": id, "endpoint": "https://desk.example/x", "status": status});
            let webhooks = [webhook("01A", "active"), webhook("01B", "inactive")];
            answer(200, json!({"webhooks": webhooks, "meta": {"has_more": false}}).to_string())
        }
        ("DELETE", "/api/v2/webhooks/01A") => answer(204, ""),
        ("DELETE", "/api/v2/webhooks/01B") => answer(404, "{}"),
        other => panic!("{other:?}"),
    })
    .await;
    let client = client(server.base.clone());
    let secret = client.register(&Url::parse("https://desk.example/x").unwrap()).await.unwrap();
    assert_eq!(secret.expose_secret(), "made by Zendesk");
    let body = server.requests()[0].json();
    assert_eq!(body["webhook"]["endpoint"], "https://desk.example/x");
    let subscriptions = body["webhook"]["subscriptions"].to_string();
    assert!(subscriptions.contains("zen:event-type:ticket.comment_added"), "{subscriptions}");
    assert!(subscriptions.contains("zen:event-type:ticket.status_changed"), "{subscriptions}");
    let known = client.webhooks().await.unwrap();
    assert_eq!(
        known.iter().map(|own| (own.id.as_str(), own.disabled)).collect::<Vec<_>>(),
        [("01A", false), ("01B", true)]
    );
    client.unregister("01A").await.unwrap();
    client.unregister("01B").await.unwrap();
}
