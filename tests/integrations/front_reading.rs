//! Front: how a conversation is read and changed, and whether the keys work.

use deskhand::domain::customer::Email;
use deskhand::domain::id::EffectId;
use deskhand::integrations::helpdesk::{
    Channel, Colleague, EntryKind, HelpdeskReader, HelpdeskWriter, TicketAuthor, TicketChange,
};
use deskhand::integrations::{Urgency, VendorError, WriteError};
use serde_json::{Value, json};

use crate::front::{by_channel, client, conversation, entry, link, list, not_found};
use crate::server::{Server, answer};
use crate::writes::permit;

fn teammate(id: &str, kind: &str, first: &str, last: &str) -> Value {
    json!({"id": id, "type": kind, "email": format!("{}@fern.example", first.to_lowercase()), "first_name": first, "last_name": last})
}

fn said(id: &str, second: i64, kind: &str, inbound: bool, author: Value, external: Value) -> Value {
    let from = json!([{"handle": "conv_1", "role": "from"}]);
    json!({"id": id, "type": kind, "is_inbound": inbound, "draft_mode": null, "created_at": second, "author": author,
        "body": format!("<p>{id}</p>"), "recipients": if inbound { from } else { json!([]) }, "metadata": {"external_id": external}})
}

/// A conversation with these messages and comments, the oldest first.
async fn shown(of: Value, mut messages: Vec<Value>, mut comments: Vec<Value>, ours: bool) -> Server {
    messages.reverse();
    comments.reverse();
    Server::start(move |request, _| match request.target.split('?').next().unwrap() {
        "/conversations/cnv_5" => answer(200, of.to_string()),
        "/conversations/cnv_5/messages" if by_channel(request) && !ours => not_found(),
        "/conversations/cnv_5/messages" => list(json!(messages)),
        "/conversations/cnv_5/comments" => list(json!(comments)),
        "/conversations/cnv_5/inboxes" => list(json!([{"id": "inb_1"}])),
        "/contacts/crd_1" => {
            let handles =
                json!([{"handle": "conv_1", "source": "custom"}, {"handle": "Finn@example.com", "source": "email"}]);
            answer(200, json!({"id": "crd_1", "handles": handles}).to_string())
        }
        other => panic!("{other}"),
    })
    .await
}

#[tokio::test]
async fn who_wrote_what_is_told_apart() {
    let (rosa, us) = (teammate("tea_2", "user", "Rosa", "Lind"), teammate("tea_9", "user", "Deskhand", ""));
    let bot = |kind: &str| teammate("tea_8", kind, "A", "Bot");
    let none = Value::Null;
    let messages = vec![
        said("msg_1", 1, "custom", true, none.clone(), json!("eff_1")),
        said("msg_2", 2, "custom", false, us.clone(), json!("eff_2")),
        said("msg_3", 3, "custom", false, none.clone(), json!("eff_3")),
        said("msg_4", 4, "custom", false, rosa.clone(), json!("msg_4")),
        said("msg_5", 5, "custom", false, bot("rule"), none.clone()),
        said("msg_6", 6, "custom", false, bot("ai"), none.clone()),
        said("msg_7", 7, "custom", false, bot("application"), none.clone()),
        said("msg_8", 8, "custom", false, none.clone(), none.clone()),
        said("msg_9", 9, "custom", true, none.clone(), none.clone()),
        said("msg_10", 10, "email", true, none.clone(), none.clone()),
        said("msg_11", 11, "custom", false, teammate("tea_77", "user", "Not", "Human"), none.clone()),
        said("msg_12", 12, "custom", false, bot("of the future"), none.clone()),
    ];
    let mut draft = said("msg_13", 13, "custom", false, rosa.clone(), none);
    draft["draft_mode"] = json!("shared");
    let messages = [messages, vec![draft]].concat();
    let comments = vec![
        json!({"id": "com_1", "author": us, "body": "Summary\n\n[deskhand eff_7]", "posted_at": 2.5}),
        json!({"id": "com_2", "author": rosa, "body": "A regular\n\n[deskhand eff_8]", "posted_at": 4.5}),
    ];
    let more = json!({"assignee": rosa, "status": "assigned", "tags": [{"id": "tag_1", "name": "vip"}]});
    let server = shown(conversation("cnv_5", &more), messages, comments, true).await;
    let view = client(server.base.clone()).ticket("cnv_5", Urgency::Shopper).await.unwrap().unwrap();
    let rosa =
        Colleague { id: "tea_2".to_owned(), name: "Rosa Lind".to_owned(), email: Email::parse("rosa@fern.example") };
    assert_eq!((view.open, view.channel, &view.reply_path), (true, Channel::Api, &None));
    assert_eq!((view.team.as_deref(), view.external_id.as_deref()), (Some("inb_1"), Some("eff_1")));
    assert_eq!((&view.tags, &view.assignee), (&vec!["vip".to_owned()], &Some(rosa.clone())));
    assert_eq!(view.customer, Email::parse("finn@example.com"), "as Front knows them");
    let person = TicketAuthor::Person(rosa);
    let written: Vec<(&str, &TicketAuthor)> =
        view.messages.iter().map(|message| (message.id.as_str(), &message.author)).collect();
    assert_eq!(
        written,
        [
            ("msg_1", &TicketAuthor::Customer),
            ("msg_2", &TicketAuthor::OurAgent),
            ("com_1", &TicketAuthor::OurAgent),
            ("msg_3", &TicketAuthor::OurAgent),
            ("msg_4", &person),
            ("com_2", &person),
            ("msg_5", &TicketAuthor::Rule),
            ("msg_6", &TicketAuthor::VendorBot),
            ("msg_7", &TicketAuthor::Unknown),
            ("msg_8", &TicketAuthor::Unknown),
            ("msg_9", &TicketAuthor::Unknown),
            ("msg_10", &TicketAuthor::Customer),
            ("msg_11", &TicketAuthor::VendorBot),
            ("msg_12", &TicketAuthor::Unknown),
        ],
        "a draft was not sent"
    );
    let planted: Vec<_> = view.messages.iter().filter_map(|message| message.external_id.as_deref()).collect();
    assert_eq!(planted, ["eff_1", "eff_2", "eff_7", "eff_3"], "what others write like it is no mark of ours");
    let private: Vec<&str> = view.messages.iter().filter(|it| !it.public).map(|it| it.id.as_str()).collect();
    assert_eq!(private, ["com_1", "com_2"]);
    let missing = Server::start(|_, _| not_found()).await;
    assert!(client(missing.base.clone()).ticket("cnv_1", Urgency::Shopper).await.unwrap().is_none());
}

#[tokio::test]
async fn a_conversation_by_mail_is_answered_by_mail_and_what_was_sent_for_us_is_known_again() {
    let from = |handle: &str| json!({"handle": handle, "role": "from", "_links": {"related": {"contact": null}}});
    let mut first = said("msg_1", 1, "email", true, Value::Null, Value::Null);
    first["recipients"] = json!([from("Finn@Example.com")]);
    first["text"] = json!("Where is it?");
    let mut copied = said("msg_2", 2, "email", true, Value::Null, Value::Null);
    copied["recipients"] = json!([from("friend@example.com")]);
    let mut ours = said("msg_3", 3, "email", false, teammate("tea_9", "user", "Deskhand", ""), Value::Null);
    ours["body"] = json!("<div><div id=\"deskhand-eff_7\"><p>It is there.</p></div></div>");
    let elsewhere = said("msg_4", 4, "custom", true, Value::Null, Value::Null);
    let recipient = json!({"recipient": from("finn@example.com"), "status": "archived"});
    let of = conversation("cnv_5", &recipient);
    let server = shown(of, vec![first, copied, ours, elsewhere], vec![], false).await;
    let view = client(server.base.clone()).ticket("cnv_5", Urgency::Shopper).await.unwrap().unwrap();
    assert_eq!((view.open, view.channel, view.reply_path), (false, Channel::Email, Some(Value::Null)));
    assert_eq!(view.customer, Email::parse("finn@example.com"));
    let authors: Vec<&TicketAuthor> = view.messages.iter().map(|message| &message.author).collect();
    let (customer, unknown) = (&TicketAuthor::Customer, &TicketAuthor::Unknown);
    assert_eq!(authors, [customer, unknown, &TicketAuthor::OurAgent, unknown]);
    assert_eq!(view.messages[0].text, "Where is it?");
    assert_eq!(view.messages[2].external_id.as_deref(), Some("eff_7"));
}

#[tokio::test]
async fn a_merged_conversation_is_read_and_written_at_its_survivor() {
    let server = Server::start(|request, _| match request.target.split('?').next().unwrap() {
        path if path.starts_with("/conversations/cnv_5") => {
            let rest = path.strip_prefix("/conversations/cnv_5").unwrap();
            answer(301, "{}").with("location", format!("/conversations/cnv_6{rest}"))
        }
        "/conversations/cnv_6" if request.method == "PATCH" => answer(204, ""),
        "/conversations/cnv_6" => answer(200, conversation("cnv_6", &json!({})).to_string()),
        "/conversations/cnv_6/comments" if request.method == "POST" => answer(201, json!({"id": "com_1"}).to_string()),
        "/conversations/cnv_6/messages" | "/conversations/cnv_6/comments" | "/conversations/cnv_6/inboxes" => {
            list(json!([]))
        }
        "/contacts/crd_1" => not_found(),
        other => panic!("{other}"),
    })
    .await;
    let client = client(server.base.clone());
    let view = client.ticket("cnv_5", Urgency::Shopper).await.unwrap().unwrap();
    assert_eq!(view.reference.id, "cnv_5", "as the hand-off knows it");
    assert_eq!(client.write(permit("eff_7"), "cnv_5", &client.entry(&entry(EntryKind::Note))).await.unwrap(), "com_1");
    let change = TicketChange { open: Some(false), ..TicketChange::of(EffectId::new("eff_8")) };
    client.change(permit("eff_8"), "cnv_5", &change.request()).await.unwrap();
    assert_eq!(server.requests().last().unwrap().json(), json!({"status": "archived"}));
}

#[tokio::test]
async fn nobody_is_led_to_another_host_or_in_circles() {
    for location in [
        "https://evil.example/conversations/cnv_6",
        "//evil.example/conversations/cnv_6",
        "/accounts/cnv_6",
        "not an address",
    ] {
        let server = Server::start(move |_, _| answer(301, "{}").with("location", location)).await;
        let error = client(server.base.clone()).ticket("cnv_5", Urgency::Shopper).await.unwrap_err();
        assert!(matches!(error, VendorError::Refused { status: 301, .. }), "{error}");
        assert_eq!(server.count(), 1, "{location}");
    }
    let circle = Server::start(|_, _| answer(301, "{}").with("location", "/conversations/cnv_5")).await;
    client(circle.base.clone()).ticket("cnv_5", Urgency::Shopper).await.unwrap_err();
    assert_eq!(circle.count(), 2);
}

#[tokio::test]
async fn changes_leave_all_else_as_it_is() {
    let server = Server::start(|request, _| match (request.method.as_str(), request.target.as_str()) {
        ("GET", "/tags?limit=100") => list(json!([{"id": "tag_1", "name": "VIP"}, {"id": "tag_3", "name": "old"}])),
        ("POST", "/company/tags") => answer(201, json!({"id": "tag_2", "name": "new"}).to_string()),
        ("GET", "/conversations/cnv_5") => answer(200, conversation("cnv_5", &json!({})).to_string()),
        ("POST", "/contacts/crd_1/handles") => answer(409, "{}"),
        ("POST" | "DELETE", "/conversations/cnv_5/tags") | ("PATCH", "/conversations/cnv_5") => answer(204, ""),
        other => panic!("{other:?}"),
    })
    .await;
    let client = client(server.base.clone());
    let change = TicketChange {
        open: Some(true),
        add_tags: vec!["vip".to_owned(), "new".to_owned()],
        remove_tags: vec!["old".to_owned(), "nowhere".to_owned()],
        assignee: Some("tea_2".to_owned()),
        team: Some("inb_2".to_owned()),
        customer: Email::parse("finn@example.com"),
        ..TicketChange::of(EffectId::new("eff_8"))
    };
    client.change(permit("eff_8"), "cnv_5", &change.request()).await.unwrap();
    let requests = server.requests();
    let of = |method: &str, target: &str| -> Value {
        requests.iter().find(|own| own.method == method && own.target == target).unwrap().json()
    };
    assert_eq!(of("DELETE", "/conversations/cnv_5/tags"), json!({"tag_ids": ["tag_3"]}));
    assert_eq!(of("POST", "/conversations/cnv_5/tags"), json!({"tag_ids": ["tag_1", "tag_2"]}));
    let fields = of("PATCH", "/conversations/cnv_5");
    assert_eq!(fields, json!({"status": "open", "assignee_id": "tea_2", "inbox_id": "inb_2"}), "no list of tags");
    assert_eq!(of("POST", "/contacts/crd_1/handles"), json!({"handle": "finn@example.com", "source": "email"}));
    let error = client.change(permit("eff_9"), "cnv_5", &change.request()).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
}

#[tokio::test]
async fn who_has_tagged_is_proved_by_events() {
    let event = |id: &str, kind: &str, at: f64, source: Value, tag: &str| {
        json!({"id": id, "type": kind, "emitted_at": at, "source": source,
            "target": {"_meta": {"type": "tag"}, "data": {"id": "tag_1", "name": tag}}})
    };
    let by = |kind: &str, data: Value| json!({"_meta": {"type": kind}, "data": data});
    let server = Server::start(move |request, _| {
        let next = format!("{}?page_token=p2", link("conversations/cnv_5/events"));
        let (results, next) = match request.query("page_token").as_deref() {
            None => (
                json!([
                    event("evt_6", "untag", 6.0, by("teammate", teammate("tea_2", "user", "Rosa", "Lind")), "yes"),
                    event("evt_5", "tag", 5.5, by("rule", json!({"id": "rul_1"})), "ruled"),
                    event("evt_4", "tag", 4.0, by("teammate", teammate("tea_8", "macro", "A", "Bot")), "by macro"),
                    json!({"id": "evt_0", "type": "archive", "emitted_at": 4.0, "source": by("teammate", Value::Null)}),
                ]),
                Some(next),
            ),
            Some("p2") => (
                json!([
                    event("evt_3", "tag", 3.0, by("api", Value::Null), "ours"),
                    event("evt_2", "tag", 2.0, by("gmail", Value::Null), "odd"),
                    event("evt_1", "tag", 1.0, by("teammate", teammate("tea_2", "user", "Rosa", "Lind")), "yes"),
                ]),
                None,
            ),
            other => panic!("{other:?}"),
        };
        answer(200, json!({"_pagination": {"next": next}, "_results": results}).to_string())
    })
    .await;
    let taggings = client(server.base.clone()).taggings("cnv_5", Urgency::Shopper).await.unwrap();
    let told: Vec<(&str, &str)> = taggings.iter().map(|own| (own.id.as_str(), own.tag.as_str())).collect();
    let expected = [("evt_1", "yes"), ("evt_2", "odd"), ("evt_3", "ours"), ("evt_4", "by macro"), ("evt_5", "ruled")];
    assert_eq!(told, expected);
    assert!(matches!(&taggings[0].by, TicketAuthor::Person(rosa) if rosa.name == "Rosa Lind"));
    let others: Vec<&TicketAuthor> = taggings[1..].iter().map(|own| &own.by).collect();
    let rule = &TicketAuthor::Rule;
    assert_eq!(others, [&TicketAuthor::Unknown, &TicketAuthor::OurAgent, rule, rule]);
}

#[tokio::test]
async fn check_names_the_company_and_what_does_not_fit() {
    let start = async |wrong: &'static str| {
        Server::start(move |request, _| match request.target.as_str() {
            target if target == wrong && target.starts_with("/messages") => answer(401, "{}"),
            target if target == wrong => not_found(),
            "/me" => {
                let company = json!({"id": "cmp_1", "name": "Fern"}).to_string();
                answer(200, company).with("x-ratelimit-limit", "50").with("x-ratelimit-remaining", "49")
            }
            "/messages/alt:uid:none" => not_found(),
            _ => answer(200, "{}"),
        })
        .await
    };
    let server = start("nothing").await;
    let said = client(server.base.clone()).check().await.unwrap();
    assert!(said.contains("Fern") && said.contains("49 of 50"), "{said}");
    for (wrong, part) in [
        ("/channels/cha_1", "front.channel"),
        ("/teammates/tea_9", "front.agent"),
        ("/messages/alt:uid:none", "front.app_secret"),
    ] {
        let server = start(wrong).await;
        let error = client(server.base.clone()).check().await.unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
    let said = r#"{"_error":{"status":401,"title":"Unauthenticated","message":"JSON Web Token is invalid"}}"#;
    let server = Server::start(move |_, _| answer(401, said)).await;
    let error = client(server.base.clone()).check().await.unwrap_err();
    assert!(
        matches!(error, VendorError::Credentials { .. }) && error.to_string().contains("Unauthenticated"),
        "{error}"
    );
}
