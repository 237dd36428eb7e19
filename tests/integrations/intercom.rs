//! Intercom: the contact, the conversation, its parts, and finding them again.

use deskhand::domain::clock::Clock;
use deskhand::domain::customer::Email;
use deskhand::domain::id::{ConversationId, EffectId};
use deskhand::integrations::helpdesk::intercom::{Intercom, IntercomSettings, Region};
use deskhand::integrations::helpdesk::{
    EntryKind, HelpdeskReader, HelpdeskWriter, TicketCustomer, TicketDraft, TicketEntry, TranscriptLine,
};
use deskhand::integrations::{Urgency, VendorError, WriteError};
use serde_json::{Value, json};
use url::Url;

use crate::server::{Received, Reply, Server, answer, hasty, transport};
use crate::writes::{check_every_failure, permit};

#[path = "intercom/view.rs"]
mod view;

pub fn settings(base: Url) -> IntercomSettings {
    IntercomSettings {
        region: Region::Eu,
        app_id: "fern1".to_owned(),
        access_token: "intercom-token-1234567".to_owned().into(),
        admin: 11,
        bots: vec!["77".to_owned()],
        client_secret: None,
        tags: vec!["ai-handoff".to_owned()],
        team: None,
        mail_contacts: false,
        calls_in_10_seconds: 800,
        base_url: Some(base),
    }
}

fn client(base: Url) -> Intercom {
    Intercom::new(settings(base), transport(hasty())).unwrap()
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

fn contact(id: &str) -> String {
    json!({"type": "contact", "id": id, "role": "user", "external_id": "eff_5", "email": ""}).to_string()
}

fn opened() -> Reply {
    let message = json!({"type": "user_message", "id": "403918330", "created_at": 1_734_537_501, "body": "Hello there",
                         "message_type": "inapp", "conversation_id": "499"});
    answer(200, message.to_string())
}

fn error(status: u16, code: &str) -> Reply {
    answer(
        status,
        json!({"type": "error.list", "request_id": "r", "errors": [{"code": code, "message": "no"}]}).to_string(),
    )
}

/// A workspace in which all goes well, but for what this says.
async fn workspace(otherwise: impl Fn(&str, usize) -> Option<Reply> + Send + Sync + 'static) -> Server {
    Server::start(move |request, before| {
        let asked = format!("{} {}", request.method, request.target);
        otherwise(&asked, before).unwrap_or_else(|| match asked.as_str() {
            "POST /contacts" => answer(200, contact("6762f15b1bb69f9f2193bbbc")),
            "POST /conversations" => opened(),
            "POST /tags" => answer(200, r#"{"type":"tag","id":"86","name":"ai-handoff"}"#),
            _ => answer(200, "{}"),
        })
    })
    .await
}

fn asked(server: &Server) -> Vec<String> {
    server.requests().iter().map(|request| format!("{} {}", request.method, request.target)).collect()
}

fn body_of(server: &Server, which: &str) -> Value {
    let requests = server.requests();
    let is_it = |request: &&Received| format!("{} {}", request.method, request.target) == which;
    requests.iter().find(is_it).unwrap_or_else(|| panic!("{which}")).json()
}

#[tokio::test]
async fn a_conversation_is_opened_in_the_name_of_a_contact_who_can_be_mailed_nothing() {
    let server = workspace(|_, _| None).await;
    let client = client(server.base.clone());
    let opened = client.open_ticket(permit("eff_5"), &client.request(&draft())).await.unwrap();
    assert_eq!(opened.id, "499");
    assert_eq!(opened.url.as_deref(), Some("https://app.eu.intercom.com/a/inbox/fern1/inbox/conversation/499"));
    let calls = ["POST /contacts", "POST /conversations", "POST /tags", "POST /conversations/499/tags"];
    assert_eq!(asked(&server), calls);
    for request in server.requests() {
        assert_eq!(request.header("authorization"), Some("Bearer intercom-token-1234567"));
        assert_eq!(request.header("intercom-version"), Some("2.16"));
    }
    assert_eq!(body_of(&server, "POST /contacts"), json!({"role": "user", "external_id": "eff_5"}));
    let conversation = body_of(&server, "POST /conversations");
    assert_eq!(conversation["from"], json!({"type": "user", "id": "6762f15b1bb69f9f2193bbbc"}));
    let said = conversation["body"].as_str().unwrap();
    assert!(said.contains("Customer: nothing came") && said.contains("finn@example.com"), "{said}");
    assert!(said.ends_with("\n\n[deskhand eff_5]") && !said.contains("Carrier says"), "{said}");
    assert_eq!(body_of(&server, "POST /conversations/499/tags"), json!({"id": "86", "admin_id": "11"}));
}

#[tokio::test]
async fn a_contact_that_is_there_already_is_taken_and_one_that_is_not_shown_yet_is_waited_for() {
    let found = "GET /contacts/find_by_external_id/eff_5";
    let server = workspace(move |asked, _| match asked {
        "POST /contacts" => Some(error(409, "conflict")),
        asked if asked == found => Some(answer(200, contact("known"))),
        _ => None,
    })
    .await;
    let client_ = client(server.base.clone());
    client_.open_ticket(permit("eff_5"), &client_.request(&draft())).await.unwrap();
    assert_eq!(body_of(&server, "POST /conversations")["from"]["id"], "known");

    for (call, code) in [(found, 404), ("POST /conversations", 404), ("POST /contacts", 503)] {
        let server = workspace(move |asked, _| match asked {
            asked if asked == call => Some(error(code, "not_found")),
            "POST /contacts" if call == found => Some(error(409, "conflict")),
            _ => None,
        })
        .await;
        let client = client(server.base.clone());
        let error = client.open_ticket(permit("eff_5"), &client.request(&draft())).await.unwrap_err();
        assert!(matches!(error, WriteError::NotSent(_)), "{call}: nothing was opened, and it may go again: {error}");
        assert!(asked(&server).iter().filter(|asked| *asked == "POST /conversations").count() <= 1);
    }
}

#[tokio::test]
async fn where_contacts_are_mailed_the_one_with_the_address_is_taken() {
    let server = workspace(|asked, _| match asked {
        "POST /contacts" => Some(error(409, "conflict")),
        "GET /contacts/find_by_external_id/eff_5" => Some(error(404, "not_found")),
        "POST /contacts/search" => {
            let known = |id: &str, role: &str, email: &str| json!({"id": id, "role": role, "email": email});
            let others = [known("1", "user", "other@example.com"), known("2", "lead", "finn@example.com")];
            let data = [others.to_vec(), vec![known("3", "user", "Finn@Example.com")]].concat();
            Some(answer(200, json!({"type": "list", "data": data}).to_string()))
        }
        _ => None,
    })
    .await;
    let settings = IntercomSettings { mail_contacts: true, team: Some(7), ..settings(server.base.clone()) };
    let client = Intercom::new(settings, transport(hasty())).unwrap();
    client.open_ticket(permit("eff_5"), &client.request(&draft())).await.unwrap();
    assert_eq!(body_of(&server, "POST /contacts")["email"], "finn@example.com");
    assert_eq!(body_of(&server, "POST /conversations")["from"], json!({"type": "user", "id": "3"}));
    let assigned = json!({"message_type": "assignment", "type": "team", "admin_id": "11", "assignee_id": "7"});
    assert_eq!(body_of(&server, "POST /conversations/499/parts"), assigned);
}

#[tokio::test]
async fn every_failure_of_the_opening_is_told_apart() {
    let open = async |reply: fn() -> Reply| {
        let server = workspace(move |asked, _| (asked == "POST /conversations").then(reply)).await;
        let client = client(server.base.clone());
        let outcome = client.open_ticket(permit("eff_5"), &client.request(&draft())).await;
        let sent = asked(&server).iter().filter(|asked| *asked == "POST /conversations").count();
        (outcome.unwrap_err(), sent)
    };
    let unknown: [fn() -> Reply; 9] = [
        || Reply::Cut,
        || Reply::CutBody { status: 200 },
        || Reply::Noise,
        || error(500, "server_error"),
        || error(503, "service_unavailable"),
        || error(408, "timeout"),
        || answer(200, "<html>"),
        || answer(200, ""),
        || answer(200, r#"{"type":"user_message","id":"1"}"#),
    ];
    for (number, reply) in unknown.into_iter().enumerate() {
        let (error, sent) = open(reply).await;
        assert!(matches!(error, WriteError::Unknown(_)), "{number}: {error}");
        assert_eq!(sent, 1, "{number}: what may have happened is not sent again");
    }
    for reply in [(|| error(422, "parameter_invalid")) as fn() -> Reply, || error(403, "api_plan_restricted")] {
        let (error, sent) = open(reply).await;
        assert!(matches!(error, WriteError::Refused(_)) && sent == 1, "{error}");
    }
    let (error, sent) = open(|| error(429, "rate_limit_exceeded").with("retry-after", "0")).await;
    assert!(matches!(error, WriteError::NotSent(VendorError::Throttled { .. })) && sent == 3, "{error}");
}

#[tokio::test]
async fn a_conversation_without_its_tags_is_one_all_the_same() {
    let server = workspace(|asked, _| (asked == "POST /tags").then(|| error(400, "parameter_invalid"))).await;
    let client = client(server.base.clone());
    assert_eq!(client.open_ticket(permit("eff_5"), &client.request(&draft())).await.unwrap().id, "499");
}

#[tokio::test]
async fn a_permit_for_another_effect_lets_nothing_out() {
    let server = workspace(|_, _| None).await;
    let client = client(server.base.clone());
    let mut other = draft();
    other.transcript[0].text = "\n\n[deskhand eff_6]\",\"effect\":\"eff_6\"".to_owned();
    let opening = client.open_ticket(permit("eff_6"), &client.request(&other)).await.map(drop);
    let writing = client.write(permit("eff_8"), "5", &client.entry(&entry(EntryKind::Note))).await.map(drop);
    for outcome in [opening, writing] {
        assert!(matches!(outcome.unwrap_err(), WriteError::Refused(_)));
    }
    assert_eq!(server.count(), 0);
}

fn conversation(id: &str, body: &str) -> Value {
    json!({"type": "conversation", "id": id, "source": {"type": "conversation", "body": body}})
}

#[tokio::test]
async fn a_conversation_is_found_by_its_effect_though_the_search_is_behind() {
    let wanted = "<p>Never arrived<br><br>[deskhand eff_5]</p>";
    let near = conversation("1", "<p>I quote [deskhand eff_5] in vain</p>");
    let other = conversation("2", "<p>[deskhand eff_55]</p>");
    let page = |found: Vec<Value>, next: Option<&str>| {
        let next = next.map(|after| json!({"per_page": 150, "starting_after": after}));
        let pages = json!({"type": "pages", "next": next});
        json!({"type": "conversation.list", "conversations": found, "pages": pages}).to_string()
    };
    // Found by the search, by its contact or by the word.
    let found = page(vec![near.clone(), other.clone(), conversation("3", wanted)], None);
    let server = workspace(move |asked, _| match asked {
        "GET /contacts/find_by_external_id/eff_5" => Some(answer(200, contact("c1"))),
        "POST /conversations/search" => Some(answer(200, found.clone())),
        _ => None,
    })
    .await;
    let of = |client: Intercom| async move { client.ticket_of(&EffectId::new("eff_5"), Urgency::Shopper).await };
    assert_eq!(of(client(server.base.clone())).await.unwrap().unwrap().id, "3");
    let filters = body_of(&server, "POST /conversations/search")["query"]["value"].clone();
    assert_eq!(filters[0], json!({"field": "contact_ids", "operator": "=", "value": "c1"}));
    assert_eq!(filters[1], json!({"field": "source.body", "operator": "=", "value": "eff_5"}));

    // Passed over by the search, or not to be searched so, and among the newest.
    for search in [(|| answer(200, r#"{"conversations":[]}"#)) as fn() -> Reply, || error(400, "parameter_invalid")] {
        let (first, second) =
            (page(vec![near.clone(), other.clone()], Some("c2")), page(vec![conversation("4", wanted)], None));
        let server = workspace(move |asked, _| match asked {
            "GET /contacts/find_by_external_id/eff_5" => Some(error(404, "not_found")),
            "POST /conversations/search" => Some(search()),
            "GET /conversations?per_page=150" => Some(answer(200, first.clone())),
            "GET /conversations?per_page=150&starting_after=c2" => Some(answer(200, second.clone())),
            _ => None,
        })
        .await;
        assert_eq!(of(client(server.base.clone())).await.unwrap().unwrap().id, "4");
    }

    let endless = page(vec![], Some("again"));
    let server = workspace(move |asked, _| match asked {
        "GET /contacts/find_by_external_id/eff_5" => Some(error(410, "gone")),
        "POST /conversations/search" => Some(answer(200, r#"{"conversations":[]}"#)),
        _ => Some(answer(200, endless.clone())),
    })
    .await;
    assert!(of(client(server.base.clone())).await.unwrap().is_none());
    assert_eq!(server.count(), 5);
    let down = workspace(|_, _| Some(error(500, "server_error"))).await;
    assert!(of(client(down.base.clone())).await.is_err(), "nobody knows");
}

fn entry(kind: EntryKind) -> TicketEntry {
    TicketEntry {
        effect: EffectId::new("eff_7"),
        kind,
        customer: customer(),
        text: "<b>no</b>\n[deskhand eff_8]".to_owned(),
        at: "2026-11-23T20:00:00Z".parse().unwrap(),
        reply_path: None,
    }
}

fn written(part: &str) -> String {
    let contacts = json!({"contacts": [{"type": "contact", "id": "c1"}]});
    json!({"type": "conversation", "id": "5", "contacts": contacts, "conversation_parts": {"conversation_parts": [
        {"type": "conversation_part", "id": part, "part_type": "note", "body": "x", "created_at": 1_734_537_565},
    ]}})
    .to_string()
}

#[tokio::test]
async fn what_is_recorded_reaches_nobody_and_an_answer_does() {
    let server = Server::start(|_, _| answer(200, written("133"))).await;
    let client = client(server.base.clone());
    for kind in [EntryKind::Customer, EntryKind::Agent, EntryKind::Note, EntryKind::Reply] {
        assert_eq!(client.write(permit("eff_7"), "5", &client.entry(&entry(kind))).await.unwrap(), "133");
    }
    let calls = asked(&server);
    assert_eq!(calls[0], "GET /conversations/5?display_as=plaintext", "whose words they are, it says");
    assert_eq!(calls[1..], ["POST /conversations/5/reply"; 4]);
    let bodies: Vec<Value> = server.requests()[1..].iter().map(Received::json).collect();
    let marked = "<p>&lt;b&gt;no&lt;/b&gt;<br>[deskhand eff_8]<br><br>[deskhand eff_7]</p>";
    let note = |body: &str| json!({"message_type": "note", "type": "admin", "admin_id": "11", "created_at": 1_795_464_000, "body": body});
    assert_eq!(
        bodies,
        [
            json!({"message_type": "comment", "type": "user", "intercom_user_id": "c1", "created_at": 1_795_464_000,
                   "body": "<b>no</b>\n[deskhand eff_8]\n\n[deskhand eff_7]"}),
            note(&marked.replacen("<p>", "<p>Agent:<br>", 1)),
            note(marked),
            json!({"message_type": "comment", "type": "admin", "admin_id": "11",
                   "body": "<p>&lt;b&gt;no&lt;/b&gt;<br>[deskhand eff_8]</p>"}),
        ]
    );
}

#[tokio::test]
async fn every_failure_of_an_entry_is_told_apart() {
    for kind in [EntryKind::Agent, EntryKind::Note, EntryKind::Reply] {
        check_every_failure(|base| async move {
            let client = client(base);
            let request = client.entry(&TicketEntry { effect: EffectId::new("eff_5"), ..entry(kind) });
            client.write(permit("eff_5"), "5", &request).await
        })
        .await;
    }
    // What is read before leaves no doubt: nothing was written.
    for (status, refused) in [(500, false), (503, false), (404, true), (401, true)] {
        let server = Server::start(move |_, _| error(status, "x")).await;
        let client = client(server.base.clone());
        let outcome = client.write(permit("eff_7"), "5", &client.entry(&entry(EntryKind::Customer))).await.unwrap_err();
        assert_eq!(matches!(outcome, WriteError::Refused(_)), refused, "{outcome}");
        assert_eq!(matches!(outcome, WriteError::NotSent(_)), !refused, "{outcome}");
    }
    let silent = Server::start(|_, _| answer(200, r#"{"type":"conversation","id":"5"}"#)).await;
    let client = client(silent.base.clone());
    let outcome = client.write(permit("eff_7"), "5", &client.entry(&entry(EntryKind::Note))).await.unwrap_err();
    assert!(matches!(outcome, WriteError::Unknown(VendorError::Garbled { .. })), "{outcome}");
}

#[tokio::test]
async fn check_names_the_workspace_and_sees_what_is_wrong() {
    let me = |code: &str| json!({"type": "admin", "id": "9", "app": {"id_code": code, "name": "Fern"}}).to_string();
    let team = |id: &str| json!({"type": "admin.list", "admins": [{"type": "admin", "id": id}]}).to_string();
    for (code, teammate, problem) in
        [("fern1", "11", None), ("other", "11", Some("intercom.app_id")), ("fern1", "12", Some("intercom.admin"))]
    {
        let (me, team) = (me(code), team(teammate));
        let server = Server::start(move |request, _| match request.target.as_str() {
            "/me" => answer(200, me.clone()).with("x-ratelimit-remaining", "1665"),
            _ => answer(200, team.clone()),
        })
        .await;
        match (client(server.base.clone()).check().await, problem) {
            (Ok(said), None) => assert!(said.contains("Fern") && said.contains("1665"), "{said}"),
            (Err(error @ VendorError::Credentials { .. }), Some(problem)) => {
                assert!(error.to_string().contains(problem), "{error}");
            }
            (outcome, _) => panic!("{outcome:?}"),
        }
    }
    let server = Server::start(|_, _| error(401, "unauthorized")).await;
    let refused = client(server.base.clone()).check().await.unwrap_err();
    assert!(
        matches!(&refused, VendorError::Credentials { reason, .. } if reason.contains("unauthorized: no")),
        "{refused}"
    );
}
