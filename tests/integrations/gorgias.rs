//! Gorgias: the ticket, and finding it again.

use deskhand::domain::clock::Clock;
use deskhand::domain::customer::Email;
use deskhand::domain::id::{ConversationId, EffectId};
use deskhand::integrations::helpdesk::gorgias::{Gorgias, GorgiasSettings, TicketStatus};
use deskhand::integrations::helpdesk::{
    Colleague, EntryKind, HelpdeskReader, HelpdeskWriter, TicketAuthor, TicketCustomer, TicketDraft, TicketEntry,
    TranscriptLine,
};
use deskhand::integrations::{Urgency, VendorError, WriteError};
use serde_json::{Value, json};
use url::Url;

use crate::server::{Server, answer, hasty, transport};
use crate::writes::{check_every_failure, permit};

pub fn settings(base: Url) -> GorgiasSettings {
    GorgiasSettings {
        domain: "fern".to_owned(),
        user: Email::parse("api@fern.example").unwrap(),
        api_key: "gorgias-key-1234567".to_owned().into(),
        agent: None,
        bots: vec!["77".to_owned()],
        webhook_secret: None,
        subject: "{subject}".to_owned(),
        tags: vec!["ai-handoff".to_owned()],
        status: TicketStatus::Open,
        priority: None,
        assignee_team: None,
        visitor_domain: "visitor.invalid".to_owned(),
        calls_in_20_seconds: 20,
        base_url: Some(base),
    }
}

fn client(base: Url) -> Gorgias {
    Gorgias::new(settings(base), transport(hasty())).unwrap()
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
    json!({"id": id, "uri": format!("/api/tickets/{id}/"), "external_id": external_id, "status": "open",
           "subject": null, "customer": {"id": 1}, "messages": [], "tags": [], "meta": null})
}

fn page(tickets: Vec<Value>, next: Option<&str>) -> String {
    json!({"data": tickets, "object": "list", "uri": "/api/tickets", "meta": {"prev_cursor": null, "next_cursor": next}})
        .to_string()
}

#[tokio::test]
async fn a_ticket_is_opened_in_one_call() {
    for status in [200, 201] {
        let server = Server::start(move |_, _| answer(status, ticket(82000001, json!("eff_5")).to_string())).await;
        let client = client(server.base.clone());
        let opened = client.open_ticket(permit("eff_5"), &client.request(&draft())).await.unwrap();
        assert_eq!(opened.id, "82000001");
        assert_eq!(opened.url.as_deref(), Some("https://fern.gorgias.com/app/ticket/82000001"));
        let requests = server.requests();
        assert_eq!(requests.len(), 1);
        assert_eq!((requests[0].method.as_str(), requests[0].target.as_str()), ("POST", "/api/tickets"));
        let basic = "Basic YXBpQGZlcm4uZXhhbXBsZTpnb3JnaWFzLWtleS0xMjM0NTY3";
        assert_eq!(requests[0].header("authorization"), Some(basic));
        assert_eq!(requests[0].json()["messages"].as_array().unwrap().len(), 3);
    }
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
    for body in ["", "<html>", "{}", r#"{"id":"abc"}"#] {
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
    other.transcript[0].text = "{\"external_id\":\"eff_6\"".to_owned();
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
    let server = Server::start(|request, _| match request.query("cursor").as_deref() {
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
async fn errors_say_what_gorgias_said() {
    let body = r#"{"error":{"msg":"Failed to create ticket","data":{"sender":["Missing data for required field."]}}}"#;
    let server = Server::start(move |_, _| answer(400, body)).await;
    let client_ = client(server.base.clone());
    let error = client_.open_ticket(permit("eff_5"), &client_.request(&draft())).await.unwrap_err();
    assert!(error.to_string().contains("Missing data for required field"), "{error}");

    let server = Server::start(|_, _| answer(404, "<!doctype html><title>404</title>")).await;
    let error = client(server.base.clone()).check().await.unwrap_err();
    assert!(error.to_string().contains("gorgias.domain"), "{error}");

    let server = Server::start(|_, _| answer(401, r#"{"error":{"msg":"Unauthorized."}}"#)).await;
    let error = client(server.base.clone()).check().await.unwrap_err();
    assert!(matches!(error, VendorError::Credentials { .. }), "{error}");
}

#[tokio::test]
async fn check_names_the_account() {
    let server = Server::start(|_, _| {
        answer(200, r#"{"domain":"fern","status":{"status":"active"}}"#)
            .with("x-gorgias-account-api-call-limit", "3/40")
    })
    .await;
    let said = client(server.base.clone()).check().await.unwrap();
    assert!(said.contains("fern") && said.contains("3/40"), "{said}");
}

#[test]
fn an_account_that_is_no_label_is_refused() {
    let base = Url::parse("http://127.0.0.1:9").unwrap();
    for domain in ["", "evil.example/", "a.b", "fern@evil", "-fern", "fern:80", "fern#", "fern.gorgias.com"] {
        let settings = GorgiasSettings { domain: domain.to_owned(), ..settings(base.clone()) };
        let error = settings.validate().unwrap_err();
        assert_eq!(error.key, "gorgias.domain", "{domain}");
    }
}

fn entry(kind: EntryKind) -> TicketEntry {
    let effect = EffectId::new("eff_7");
    TicketEntry {
        effect,
        kind,
        customer: customer(),
        text: "{\"external_id\":\"eff_8\"".to_owned(),
        at: Clock::machine(),
        reply_path: None,
    }
}

#[tokio::test]
async fn what_is_said_later_is_recorded_and_sent_to_nobody() {
    let server = Server::start(|_, _| answer(201, json!({"id": 218000003}).to_string())).await;
    let client = client(server.base.clone());
    for kind in [EntryKind::Customer, EntryKind::Agent, EntryKind::Note] {
        let request = client.entry(&entry(kind));
        let id = client.write(permit("eff_7"), "82000001", &request).await.unwrap();
        assert_eq!(id, "218000003");
        let error = client.write(permit("eff_8"), "82000001", &request).await.unwrap_err();
        assert!(matches!(error, WriteError::Refused(_)), "another effect's permit: {error}");
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    for (request, (from_agent, sender, sent)) in requests.iter().zip([
        (false, "finn@example.com", true),
        (true, "api@fern.example", true),
        (true, "api@fern.example", false),
    ]) {
        assert_eq!(request.target, "/api/tickets/82000001/messages");
        let body = request.json();
        assert_eq!(body["external_id"], "eff_7");
        assert_eq!((&body["from_agent"], &body["sender"]["email"]), (&json!(from_agent), &json!(sender)));
        assert_eq!(body["sent_datetime"].is_string(), sent, "without it Gorgias mails what is no note: {body}");
        assert_eq!(body["channel"] == "internal-note", !sent);
    }
}

#[tokio::test]
async fn every_failure_of_an_entry_is_told_apart() {
    check_every_failure(|base| async move {
        let client = client(base);
        let request = client.entry(&TicketEntry { effect: EffectId::new("eff_5"), ..entry(EntryKind::Customer) });
        client.write(permit("eff_5"), "82000001", &request).await
    })
    .await;
}

#[tokio::test]
async fn who_wrote_what_is_told_apart() {
    let sender = |id: u64, email: &str, name: &str| json!({"id": id, "email": email, "name": name});
    let rosa = || sender(12, "rosa@fern.example", "Rosa Lind");
    let message = |id: u64, from_agent: bool, via: &str, sender: Value| {
        json!({"id": id, "from_agent": from_agent, "via": via, "sender": sender, "public": true, "channel": "email",
               "rule_id": null, "external_id": null, "body_text": "hello", "created_datetime": "2026-08-26T13:56:18.5+00:00"})
    };
    let mut note = message(8, true, "helpdesk", rosa());
    (note["channel"], note["public"]) = (json!("internal-note"), json!(false));
    let mut by_rule = message(9, true, "helpdesk", rosa());
    by_rule["rule_id"] = json!(3);
    let mut mailed = message(10, false, "email", sender(1, "finn@example.com", "Finn"));
    (mailed["body_text"], mailed["stripped_text"]) = (json!("thanks\n> hello"), json!("thanks"));
    let messages = json!([
        message(1, false, "api", sender(1, "finn@example.com", "Finn")),
        message(2, true, "api", sender(11, "API@fern.example", "Deskhand")),
        message(3, true, "helpdesk", rosa()),
        message(4, true, "gorgias_chat", sender(13, "bot@gorgias.example", "Gorgias Bot")),
        message(5, true, "rule", rosa()),
        message(6, true, "helpdesk", sender(77, "ai@fern.example", "AI")),
        message(7, true, "carrier-pigeon", rosa()),
        note,
        by_rule,
        mailed,
    ]);
    let ticket = json!({"id": 82000001, "status": "open", "tags": [{"name": "vip"}], "assignee_user": rosa(), "messages": messages});
    let server = Server::start(move |_, _| answer(200, ticket.to_string())).await;
    let view = client(server.base.clone()).ticket("82000001", Urgency::Shopper).await.unwrap().unwrap();
    let rosa =
        Colleague { id: "12".to_owned(), name: "Rosa Lind".to_owned(), email: Email::parse("rosa@fern.example") };
    assert_eq!((view.open, &view.tags, &view.assignee), (true, &vec!["vip".to_owned()], &Some(rosa.clone())));
    let authors: Vec<&TicketAuthor> = view.messages.iter().map(|message| &message.author).collect();
    let person = TicketAuthor::Person(rosa);
    assert_eq!(
        authors,
        [
            &TicketAuthor::Customer,
            &TicketAuthor::OurAgent,
            &person,
            &TicketAuthor::VendorBot,
            &TicketAuthor::Rule,
            &TicketAuthor::VendorBot,
            &TicketAuthor::Unknown,
            &person,
            &TicketAuthor::Rule,
            &TicketAuthor::Customer,
        ]
    );
    let public: Vec<bool> = view.messages.iter().map(|message| message.public).collect();
    assert_eq!(public.iter().filter(|public| !**public).count(), 1, "only the note is for colleagues: {public:?}");
    assert_eq!(view.messages.last().unwrap().text, "thanks");
    let missing = Server::start(|_, _| answer(404, json!({"error": {"msg": "Resource not found."}}).to_string())).await;
    assert!(client(missing.base.clone()).ticket("1", Urgency::Shopper).await.unwrap().is_none());
}
