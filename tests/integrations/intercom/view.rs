//! Who wrote what, how a conversation stands, and what changes it.

use deskhand::integrations::helpdesk::{Channel, Colleague, Tagging, TicketAuthor, TicketChange};

use super::*;

fn author(kind: &str, id: &str, name: &str, email: &str) -> Value {
    json!({"type": kind, "id": id, "name": name, "email": email, "from_ai_agent": false})
}

fn rosa() -> Value {
    author("admin", "12", "Rosa Lind", "rosa@fern.example")
}

fn part(id: u64, kind: &str, author: Value, body: Value) -> Value {
    json!({"type": "conversation_part", "id": id, "part_type": kind, "author": author, "body": body,
           "created_at": 1_734_537_500 + id})
}

fn shown(parts: Vec<Value>) -> Value {
    json!({
        "type": "conversation", "id": "5", "title": null, "open": true, "state": "open", "admin_assignee_id": 12,
        "team_assignee_id": 0,
        "tags": {"type": "tag.list", "tags": [
            {"type": "tag", "id": "86", "name": "VIP", "applied_at": 1_734_537_600, "applied_by": {"type": "admin", "id": "12"}},
            {"type": "tag", "id": "87", "name": "by us", "applied_at": 1_734_537_599, "applied_by": {"type": "admin", "id": "11"}},
            {"type": "tag", "id": "88", "name": "odd", "applied_at": 1_734_537_601, "applied_by": null},
            {"type": "tag", "id": "89", "name": "theirs", "applied_at": 1_734_537_602, "applied_by": {"type": "contact", "id": "c1"}},
            {"type": "tag", "id": "90", "name": "bot", "applied_at": 1_734_537_603, "applied_by": {"type": "admin", "id": "77"}},
        ]},
        "source": {"type": "conversation", "id": "403918334", "delivered_as": "customer_initiated", "subject": "",
                   "body": "Hello", "author": author("user", "c1", "Finn", "finn@example.com")},
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "c1", "external_id": "70"}]},
        "conversation_parts": {"type": "conversation_part.list", "conversation_parts": parts},
    })
}

fn team() -> String {
    let admins = [rosa(), author("admin", "11", "Deskhand", "api@fern.example"), author("admin", "77", "Beep", "")];
    json!({"type": "admin.list", "admins": admins}).to_string()
}

async fn showing(conversation: Value) -> Server {
    Server::start(move |request, _| match request.target.as_str() {
        "/conversations/5?display_as=plaintext" => answer(200, conversation.to_string()),
        "/admins" => answer(200, team()),
        "/admins/12" => answer(200, rosa().to_string()),
        "/tags" => answer(200, r#"{"type":"tag","id":91,"name":"new"}"#),
        _ => answer(200, "{}"),
    })
    .await
}

#[tokio::test]
async fn who_wrote_what_is_told_apart() {
    let ours = || author("admin", "11", "Deskhand", "api@fern.example");
    let fin = json!({"type": "admin", "id": "14", "name": "Fin", "email": "fin@fern.example", "from_ai_agent": true});
    let parts = vec![
        part(2, "note", ours(), json!("Summary\n\n[deskhand eff_2]")),
        part(1, "comment", author("user", "c1", "Finn", ""), json!("hello\n\n[deskhand eff_1]")),
        part(3, "comment", rosa(), json!("I am on it")),
        part(4, "note", rosa(), json!("A regular\n\n[deskhand eff_9]")),
        part(5, "open", author("lead", "c1", "Finn", ""), json!("thanks")),
        part(6, "comment", author("user", "c2", "A friend", ""), json!("me too\n\n[deskhand eff_9]")),
        part(7, "comment", author("bot", "278", "Fin", ""), json!("Read this article")),
        part(8, "comment", fin, json!("And this one")),
        part(9, "comment", author("admin", "274", "Operator", "operator+abc@intercom.io"), json!("We are back at 9")),
        part(10, "comment", author("admin", "77", "Beep", ""), json!("beep")),
        part(11, "assignment", rosa(), json!("Please take it")),
        part(12, "close", rosa(), json!("All done")),
        part(13, "close", rosa(), Value::Null),
        part(14, "a kind of the future", rosa(), json!("hm")),
        part(15, "comment", ours(), json!("Our answer\n\n[deskhand eff_9]")),
        part(16, "comment", author("team", "3", "Team", ""), json!("who?")),
    ];
    let server = showing(shown(parts)).await;
    let view = client(server.base.clone()).ticket("5", Urgency::Shopper).await.unwrap().unwrap();
    let colleague =
        Colleague { id: "12".to_owned(), name: "Rosa Lind".to_owned(), email: Email::parse("rosa@fern.example") };
    let person = TicketAuthor::Person(colleague.clone());
    assert_eq!((view.open, view.assignee, view.team), (true, Some(colleague), None));
    assert_eq!(asked(&server).len(), 1, "who has written in it need not be asked for");
    assert_eq!(view.customer, Email::parse("finn@example.com"));
    let told: Vec<(&str, &TicketAuthor, bool)> =
        view.messages.iter().map(|own| (own.id.as_str(), &own.author, own.public)).collect();
    assert_eq!(
        told,
        [
            ("source:403918334", &TicketAuthor::Customer, true),
            ("1", &TicketAuthor::Customer, true),
            ("2", &TicketAuthor::OurAgent, false),
            ("3", &person, true),
            ("4", &person, false),
            ("5", &TicketAuthor::Customer, true),
            ("6", &TicketAuthor::Unknown, true),
            ("7", &TicketAuthor::VendorBot, true),
            ("8", &TicketAuthor::VendorBot, true),
            ("9", &TicketAuthor::VendorBot, true),
            ("10", &TicketAuthor::VendorBot, true),
            ("11", &person, false),
            ("12", &person, true),
            ("14", &person, false),
            ("15", &TicketAuthor::OurAgent, true),
            ("16", &TicketAuthor::Unknown, true),
        ]
    );
    let planted: Vec<_> = view.messages.iter().filter_map(|own| own.external_id.as_deref()).collect();
    assert_eq!(planted, ["eff_1", "eff_2"], "what others write like it is no mark of ours");
    let missing = Server::start(|_, _| error(404, "not_found")).await;
    assert!(client(missing.base.clone()).ticket("1", Urgency::Shopper).await.unwrap().is_none());
}

#[tokio::test]
async fn how_it_stands_and_how_its_customer_is_answered() {
    let view = async |change: &[(&str, Value)]| {
        let mut conversation = shown(vec![]);
        for (pointer, value) in change {
            *conversation.pointer_mut(pointer).unwrap() = value.clone();
        }
        let server = showing(conversation).await;
        client(server.base.clone()).ticket("5", Urgency::Shopper).await.unwrap().unwrap()
    };
    for (state, open) in [("open", true), ("snoozed", true), ("of the future", true), ("closed", false)] {
        assert_eq!(view(&[("/state", json!(state))]).await.open, open, "{state}");
    }
    assert_eq!(view(&[]).await.assignee.unwrap().name, "Rosa Lind", "who has not written is asked for");
    for nobody in [json!(0), Value::Null, json!(11), json!(77)] {
        assert_eq!(view(&[("/admin_assignee_id", nobody.clone())]).await.assignee, None, "{nobody}");
    }
    assert_eq!(view(&[("/team_assignee_id", json!(7))]).await.team.as_deref(), Some("7"));
    let (how, kind, body) = ("/source/delivered_as", "/source/type", "/source/body");
    let cases = [
        (vec![], Channel::Chat),
        (vec![(kind, json!("email"))], Channel::Email),
        (vec![(body, json!("x\n\n[deskhand eff_1]"))], Channel::Api),
        (vec![(how, json!("admin_initiated"))], Channel::Other),
        (vec![(kind, json!("whatsapp"))], Channel::Other),
    ];
    for (change, channel) in cases {
        let view = view(&change).await;
        assert_eq!(view.channel, channel, "{change:?}");
        assert_eq!(view.reply_path.is_some(), matches!(channel, Channel::Chat | Channel::Email));
        assert_eq!(view.external_id.is_some(), channel == Channel::Api);
    }
    let campaign = [(how, json!("campaigns_initiated")), ("/source/author", rosa())];
    assert_eq!(view(&campaign).await.messages[0].author, TicketAuthor::Rule, "nobody has typed it");
    assert_eq!(view(&[("/source/author", rosa())]).await.customer, None, "whose address it is not");
}

#[tokio::test]
async fn who_has_tagged_it_is_what_intercom_says() {
    let server = showing(shown(vec![])).await;
    let taggings = client(server.base.clone()).taggings("5", Urgency::Shopper).await.unwrap();
    let told: Vec<(&str, &str, &TicketAuthor)> =
        taggings.iter().map(|Tagging { id, tag, by, .. }| (id.as_str(), tag.as_str(), by)).collect();
    assert_eq!(told[0], ("87:1734537599", "by us", &TicketAuthor::OurAgent));
    assert!(matches!(told[1], ("86:1734537600", "VIP", TicketAuthor::Person(Colleague { id, .. })) if id == "12"));
    assert_eq!(told[2..4].iter().map(|(_, _, by)| *by).collect::<Vec<_>>(), [&TicketAuthor::Unknown; 2]);
    assert_eq!(told[4].2, &TicketAuthor::VendorBot);
}

#[tokio::test]
async fn only_what_is_to_be_different_is_asked_for() {
    let change = |change: TicketChange| async move {
        let server = showing(shown(vec![])).await;
        let client = client(server.base.clone());
        client.change(permit("eff_7"), "5", &change.request()).await.unwrap();
        let requests = server.requests();
        requests[1..].iter().map(|own| (format!("{} {}", own.method, own.target), own.json())).collect::<Vec<_>>()
    };
    let of = || TicketChange::of(EffectId::new("eff_7"));
    let text = |text: &str| text.to_owned();
    let as_it_is = TicketChange { open: Some(true), add_tags: vec![text("vip")], assignee: Some(text("12")), ..of() };
    assert_eq!(change(as_it_is).await, []);
    let all = TicketChange {
        open: Some(false),
        add_tags: vec![text("new")],
        remove_tags: vec![text("Vip"), text("not there")],
        assignee: Some(text("13")),
        team: Some(text("7")),
        customer: Email::parse("new@example.com"),
        ..of()
    };
    let assigned =
        |kind: &str, to: &str| json!({"message_type": "assignment", "type": kind, "admin_id": "11", "assignee_id": to});
    assert_eq!(
        change(all).await,
        [
            (text("DELETE /conversations/5/tags/86"), json!({"admin_id": "11"})),
            (text("POST /tags"), json!({"name": "new"})),
            (text("POST /conversations/5/tags"), json!({"id": "91", "admin_id": "11"})),
            (text("POST /conversations/5/parts"), json!({"message_type": "close", "type": "admin", "admin_id": "11"})),
            (text("POST /conversations/5/parts"), assigned("admin", "13")),
            (text("POST /conversations/5/parts"), assigned("team", "7")),
            (text("PUT /contacts/c1"), json!({"email": "new@example.com"})),
        ]
    );
    // A contact that we have made gets no address to which Intercom would mail.
    let mut ours = shown(vec![]);
    ours["source"]["body"] = json!("x\n\n[deskhand eff_1]");
    let server = showing(ours).await;
    let client = client(server.base.clone());
    let customer = TicketChange { customer: Email::parse("new@example.com"), ..of() };
    client.change(permit("eff_7"), "5", &customer.request()).await.unwrap();
    assert_eq!(server.count(), 1);
    let error = client.change(permit("eff_8"), "5", &customer.request()).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "another effect's permit: {error}");
}
