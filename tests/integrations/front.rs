//! Front: the conversation, what is written into it, and finding both again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deskhand::domain::clock::Clock;
use deskhand::domain::customer::Email;
use deskhand::domain::id::{ConversationId, EffectId};
use deskhand::integrations::helpdesk::front::{Front, FrontSettings};
use deskhand::integrations::helpdesk::{
    EntryKind, HelpdeskReader, HelpdeskWriter, TicketCustomer, TicketDraft, TicketEntry, TranscriptLine,
};
use deskhand::integrations::{Urgency, VendorError, WriteError};
use serde_json::{Value, json};
use url::Url;

use crate::server::{Received, Reply, Server, answer, hasty, transport};
use crate::writes::{check_every_failure, permit};

pub fn settings(base: Url) -> FrontSettings {
    FrontSettings {
        api_token: "front-token-1234567".to_owned().into(),
        app_id: "app-1".to_owned(),
        app_secret: "front-app-secret-1234567".to_owned().into(),
        channel: "cha_1".to_owned(),
        agent: "tea_9".to_owned(),
        inbox: None,
        bots: vec!["tea_77".to_owned()],
        tags: vec!["AI handoff".to_owned()],
        subject: "{subject}".to_owned(),
        calls_per_minute: 1000,
        base_url: Some(base),
    }
}

pub fn client(base: Url) -> Front {
    Front::new(settings(base), transport(hasty())).unwrap()
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

pub fn link(path: &str) -> String {
    format!("https://acme.api.frontapp.com/{path}")
}

fn accepted() -> Reply {
    answer(202, json!({"status": "accepted", "message_uid": "0a1b"}).to_string())
}

pub fn list(results: Value) -> Reply {
    answer(200, json!({"_pagination": {"next": null}, "_links": {}, "_results": results}).to_string())
}

fn found_message() -> Reply {
    let links = json!({"self": link("messages/msg_1"), "related": {"conversation": link("conversations/cnv_5")}});
    answer(200, json!({"_links": links, "id": "msg_1", "type": "custom", "is_inbound": true}).to_string())
}

pub fn conversation(id: &str, more: &Value) -> Value {
    let mut shown = json!({"id": id, "subject": "Never arrived", "status": "unassigned", "assignee": null, "tags": [],
        "recipient": {"_links": {"related": {"contact": link("contacts/crd_1")}}, "name": null, "handle": "conv_1", "role": "from"}});
    shown.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    shown
}

/// What the channel's token shows of a conversation.
fn channelled(id: &str, effect: &str) -> Reply {
    let metadata = json!({"metadata": {"external_conversation_ids": [effect]}});
    answer(200, conversation(id, &metadata).to_string())
}

pub fn not_found() -> Reply {
    answer(404, json!({"_error": {"status": 404, "title": "Not found", "message": "No such thing"}}).to_string())
}

pub fn by_channel(request: &Received) -> bool {
    let token = request.header("authorization").unwrap().strip_prefix("Bearer ").unwrap();
    if token == "front-token-1234567" {
        return false;
    }
    let claims = token.split('.').nth(1).unwrap();
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    assert_eq!((&claims["iss"], &claims["sub"]), (&json!("app-1"), &json!("cha_1")));
    let left = claims["exp"].as_i64().unwrap() - Clock::machine().as_second();
    assert!((5..=10).contains(&left), "{left}");
    true
}

#[tokio::test]
async fn a_conversation_is_opened_in_one_call_of_the_channel_and_then_tagged() {
    let server = Server::start(|request, number| match (request.method.as_str(), request.target.as_str()) {
        ("POST", "/channels/cha_1/inbound_messages") => accepted(),
        // It is taken in after it was accepted.
        ("GET", "/messages/alt:uid:0a1b") if number < 3 => not_found(),
        ("GET", "/messages/alt:uid:0a1b") => found_message(),
        ("GET", "/tags?limit=100") => list(json!([{"id": "tag_1", "name": "vip"}])),
        ("POST", "/company/tags") => answer(201, json!({"id": "tag_2", "name": "AI handoff"}).to_string()),
        ("POST", "/conversations/cnv_5/tags") => answer(204, ""),
        other => panic!("{other:?}"),
    })
    .await;
    let client = client(server.base.clone());
    let opened = client.open_ticket(permit("eff_5"), &client.request(&draft())).await.unwrap();
    assert_eq!(opened.id, "cnv_5");
    assert_eq!(opened.url.as_deref(), Some("https://app.frontapp.com/open/cnv_5"));
    let requests = server.requests();
    let message = requests[0].json();
    assert!(by_channel(&requests[0]));
    assert_eq!(message["metadata"], json!({"external_id": "eff_5", "external_conversation_id": "eff_5"}));
    assert_eq!(message["sender"], json!({"handle": "conv_1", "email": "finn@example.com"}));
    assert!(!requests[0].body.contains("Carrier says"), "what is for colleagues is no message of the customer's");
    assert!(!by_channel(&requests[1]), "the API's own token reads");
    let tagged = requests.last().unwrap();
    assert_eq!(tagged.json(), json!({"tag_ids": ["tag_2"]}));

    // What is known is not asked for again.
    client.open_ticket(permit("eff_5"), &client.request(&draft())).await.unwrap();
    assert_eq!(server.requests().iter().filter(|own| own.target.contains("tags?")).count(), 1);
}

#[tokio::test]
async fn a_conversation_without_its_tags_is_there_all_the_same() {
    let server = Server::start(|request, _| match (request.method.as_str(), request.target.as_str()) {
        ("POST", "/channels/cha_1/inbound_messages") => accepted(),
        ("GET", "/messages/alt:uid:0a1b") => found_message(),
        _ => answer(403, "{}"),
    })
    .await;
    let settings = FrontSettings { inbox: Some("inb_7".to_owned()), ..settings(server.base.clone()) };
    let client = Front::new(settings, transport(hasty())).unwrap();
    assert_eq!(client.open_ticket(permit("eff_5"), &client.request(&draft())).await.unwrap().id, "cnv_5");
    let last = server.requests().pop().unwrap();
    assert_eq!((last.method.as_str(), last.json()), ("PATCH", json!({"inbox_id": "inb_7"})));
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
async fn every_failure_of_a_comment_is_told_apart() {
    check_every_failure(|base| async move {
        let client = client(base);
        let entry = TicketEntry { effect: EffectId::new("eff_5"), ..entry(EntryKind::Note) };
        client.write(permit("eff_5"), "cnv_5", &client.entry(&entry)).await
    })
    .await;
}

#[tokio::test]
async fn a_yes_that_leads_nowhere_is_unknown() {
    for body in ["", "<html>", "{}", r#"{"message_uid":7}"#] {
        let server = Server::start(move |_, _| answer(202, body)).await;
        let client = client(server.base.clone());
        let error = client.open_ticket(permit("eff_5"), &client.request(&draft())).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(VendorError::Garbled { .. })), "{body}: {error}");
        assert_eq!(server.count(), 1);
    }
    let never = Server::start(|request, _| if request.method == "POST" { accepted() } else { not_found() }).await;
    let client = client(never.base.clone());
    let error = client.open_ticket(permit("eff_5"), &client.request(&draft())).await.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)), "{error}");
    assert_eq!(
        never.requests().iter().filter(|own| own.method == "POST").count(),
        1,
        "it is looked for, not sent again"
    );
}

#[tokio::test]
async fn a_permit_for_another_conversation_lets_nothing_out() {
    let server = Server::start(|_, _| accepted()).await;
    let client = client(server.base.clone());
    let mut other = draft();
    other.transcript[0].text = r#"{"message":{"metadata":{"external_id":"eff_6""#.to_owned();
    let error = client.open_ticket(permit("eff_6"), &client.request(&other)).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    let error = client.write(permit("eff_6"), "cnv_5", &client.entry(&entry(EntryKind::Note))).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_conversation_is_found_by_its_effect_and_no_other_is_taken_for_it() {
    let server = Server::start(|request, _| match request.target.as_str() {
        target if target.starts_with("/conversations/search/") => list(json!([
            conversation("cnv_1", &json!({})),
            conversation("cnv_2", &json!({})),
            conversation("cnv_3", &json!({}))
        ])),
        // A colleague has quoted the id elsewhere.
        "/conversations/cnv_1" => not_found(),
        "/conversations/cnv_2" => channelled("cnv_2", "eff_55"),
        "/conversations/cnv_3" => channelled("cnv_3", "eff_5"),
        other => panic!("{other}"),
    })
    .await;
    let client = client(server.base.clone());
    let found = client.ticket_of(&EffectId::new("eff_5"), Urgency::Shopper).await.unwrap().unwrap();
    assert_eq!(found.id, "cnv_3");
    assert_eq!(server.requests()[0].target, "/conversations/search/eff_5");
    assert!(server.requests()[1..].iter().all(by_channel), "only the channel's token is shown external ids");
    assert!(client.ticket_of(&EffectId::new("eff_9"), Urgency::Shopper).await.unwrap().is_none());
}

pub fn entry(kind: EntryKind) -> TicketEntry {
    TicketEntry {
        effect: EffectId::new("eff_7"),
        kind,
        customer: customer(),
        text: "no <b>\n\n[deskhand eff_8]".to_owned(),
        at: "2026-11-23T20:00:00Z".parse().unwrap(),
        reply_path: None,
    }
}

#[tokio::test]
async fn what_is_said_later_is_told_to_the_channel_under_its_id_and_what_is_for_colleagues_is_a_comment() {
    let server = Server::start(|request, _| match (request.method.as_str(), request.target.as_str()) {
        ("GET", "/conversations/cnv_5") => channelled("cnv_5", "eff_1"),
        ("POST", "/conversations/cnv_5/comments") => answer(201, json!({"id": "com_1"}).to_string()),
        ("POST", _) => accepted(),
        other => panic!("{other:?}"),
    })
    .await;
    let client = client(server.base.clone());
    for kind in [EntryKind::Customer, EntryKind::Agent, EntryKind::Note, EntryKind::Reply] {
        let request = client.entry(&entry(kind));
        let id = client.write(permit("eff_7"), "cnv_5", &request).await.unwrap();
        assert_eq!(id, if kind == EntryKind::Note { "com_1" } else { "0a1b" });
        let error = client.write(permit("eff_8"), "cnv_5", &request).await.unwrap_err();
        assert!(matches!(error, WriteError::Refused(_)), "another effect's permit: {error}");
    }
    let requests = server.requests();
    let targets: Vec<&str> = requests.iter().map(|request| request.target.as_str()).collect();
    assert_eq!(
        targets,
        [
            "/conversations/cnv_5",
            "/channels/cha_1/inbound_messages",
            "/channels/cha_1/outbound_messages",
            "/conversations/cnv_5/comments",
            "/conversations/cnv_5/messages"
        ],
        "what the channel calls it is asked once"
    );
    let ids = json!({"external_id": "eff_7", "external_conversation_id": "eff_1"});
    let body = "<p>no &lt;b&gt;<br><br>[deskhand eff_8]</p>";
    let (inbound, outbound) = (requests[1].json(), requests[2].json());
    assert_eq!((&inbound["metadata"], &inbound["body"]), (&ids, &json!(body)));
    assert_eq!((&outbound["metadata"], &outbound["author_id"]), (&ids, &json!("tea_9")));
    assert_eq!(outbound["to"][0]["handle"], "conv_1");
    assert_eq!(inbound["delivered_at"], 1_795_464_000);
    let note = requests[3].json()["body"].as_str().unwrap().to_owned();
    assert!(note.ends_with("\n\n[deskhand eff_7]"), "{note}");
    let reply = requests[4].json();
    assert_eq!(reply["options"]["archive"], false, "an answer leaves it open");
    assert_eq!(reply["body"], format!("<div id=\"deskhand-eff_7\">{body}</div>"));
}

#[tokio::test]
async fn nothing_is_told_to_the_channel_of_a_conversation_that_is_not_its_own() {
    for (status, body) in [(404, "{}".to_owned()), (200, conversation("cnv_5", &json!({})).to_string())] {
        let server = Server::start(move |_, _| answer(status, body.clone())).await;
        let client = client(server.base.clone());
        let error =
            client.write(permit("eff_7"), "cnv_5", &client.entry(&entry(EntryKind::Customer))).await.unwrap_err();
        assert!(matches!(error, WriteError::Refused(_)), "{error}");
        assert_eq!(server.count(), 1);
    }
    let server = Server::start(|_, _| answer(503, "{}")).await;
    let client = client(server.base.clone());
    let error = client.write(permit("eff_7"), "cnv_5", &client.entry(&entry(EntryKind::Customer))).await.unwrap_err();
    assert!(matches!(error, WriteError::NotSent(_)), "it may be its own: {error}");
}

#[tokio::test]
async fn a_channels_token_is_made_anew_for_each_try() {
    let server = Server::start(|request, number| match (request.target.as_str(), number) {
        ("/channels/cha_1/inbound_messages", 0 | 1) => answer(429, "{}").with("retry-after", "0"),
        ("/channels/cha_1/inbound_messages", _) => accepted(),
        ("/messages/alt:uid:0a1b", _) => found_message(),
        _ => answer(403, "{}"),
    })
    .await;
    let client = client(server.base.clone());
    client.open_ticket(permit("eff_5"), &client.request(&draft())).await.unwrap();
    let requests = server.requests();
    let tokens: Vec<Option<&str>> = requests[..3].iter().map(|request| request.header("authorization")).collect();
    assert!(requests[..3].iter().all(by_channel));
    assert!(tokens[0] != tokens[1] && tokens[1] != tokens[2]);
}
