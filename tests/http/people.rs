//! People in the helpdesk and shoppers in the chat: what one writes the other reads, once, in order, and nobody else speaks.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deskhand::domain::clock::Clock;
use deskhand::sandbox::helpdesk::TicketShown;
use deskhand::sandbox::world::front;
use deskhand::sandbox::{Act, Carriage, Effect, Fault, Vendor};
use deskhand::storage::deliveries::Deliveries as _;
use futures_util::future::join_all;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::SignedDuration;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::client::{Event, send};
use super::helpdesk::{
    at_each_helpdesk, handed_over, house_with, in_ticket, is_quiet, reply, said, status, ticket_of, times, until,
    waiting_work, whole_ticket, write_fault,
};
use super::house::{House, OTHER_STORE, STORE};

#[path = "front.rs"]
mod of_front;
#[path = "people/intercom.rs"]
mod of_intercom;

at_each_helpdesk! {
    a_person_takes_over_answers_and_hands_the_matter_back_by_closing_it,
    our_own_words_bots_rules_and_notes_take_nothing_over_and_reach_nobody_twice,
    a_tag_gives_the_conversation_back_and_the_ticket_goes_on_following_it,
    a_shopper_who_answers_by_mail_is_heard_once_and_without_what_they_quote,
    through_outages_and_lost_answers_the_ticket_has_each_message_once_in_order,
    what_the_helpdesk_refuses_leaves_a_mark_and_the_rest_goes_on,
    a_ticket_that_was_lost_goes_again_only_where_the_helpdesk_dedupes,
    two_people_and_the_shopper_at_once_and_the_agent_falls_silent,
    late_and_reordered_events_of_many_tickets_lose_nothing,
}

async fn house(helpdesk: Vendor) -> House {
    house_with(helpdesk, |_| ()).await
}

fn human(events: &[Event]) -> &Event {
    events.last().filter(|event| event.name == "human.message").expect("a person's message")
}

async fn a_person_takes_over_answers_and_hands_the_matter_back_by_closing_it(helpdesk: Vendor) {
    let house = house(helpdesk).await;
    let (conversation, ticket) = handed_over(&house).await;
    let mut stream = house.store().follow(&conversation, "0").await;
    stream.until("handoff").await;

    let written = tokio::time::Instant::now();
    house.sandbox.act(ticket, reply("Hello! I found your parcel at the depot.")).await.unwrap();
    let heard = stream.until("human.message").await;
    assert!(written.elapsed() < Duration::from_secs(1), "{:?}", written.elapsed());
    assert_eq!(human(&heard).data["content"], "Hello! I found your parcel at the depot.");
    assert_eq!(human(&heard).data["name"], "Rosa", "the first name, as the store gives it away");
    assert_eq!(status(&house, &conversation).await, "human_handling");

    let answer = house.store().say(&conversation, "Great, when does it come?").await.expect(202);
    assert_eq!(answer.body["response"], Value::Null);
    until("it is in the ticket", async || times(&in_ticket(&house, ticket), "Great, when does it come?") == 1).await;

    house.sandbox.act(ticket, Act::Close { by: None }).await.unwrap();
    until("it is resolved", async || status(&house, &conversation).await == "resolved").await;
    let answer = house.store().say(&conversation, "One more thing: what did your colleague say?").await.expect(200);
    assert_eq!(answer.body["status"], "ai_handling");
    let response = answer.body["response"]["content"].as_str().unwrap();
    assert!(
        response.contains("Rosa wrote:") && response.contains("I found your parcel at the depot"),
        "it knows what was said: {response}"
    );
    is_quiet(&house).await;
    let mails: Vec<_> = house
        .sandbox
        .world()
        .mails
        .into_iter()
        .filter(|mail| mail.via != deskhand::sandbox::world::MailVia::Sendgrid)
        .collect();
    // A contact of ours has no address at Intercom: there is nobody whom it could mail. Front hands the answer to the channel, and
    // that is us.
    let mailed = usize::from(!matches!(helpdesk, Vendor::Front | Vendor::Intercom));
    assert_eq!(mails.len(), mailed, "only the person's own answer was mailed: {mails:?}");
    let world = house.sandbox.world();
    let parts = world.intercom.conversations.iter().flat_map(|own| &own.parts);
    let delivered: Vec<_> = parts.filter(|part| part.delivered).filter_map(|part| part.text.as_deref()).collect();
    assert_eq!(delivered.len(), usize::from(helpdesk == Vendor::Intercom), "only that is delivered: {delivered:?}");
}

async fn our_own_words_bots_rules_and_notes_take_nothing_over_and_reach_nobody_twice(helpdesk: Vendor) {
    let house = house(helpdesk).await;
    let (conversation, ticket) = handed_over(&house).await;
    for text in ["first", "second", "third"] {
        house.store().say(&conversation, text).await.expect(202);
    }
    for act in [
        Act::Bot { text: "We are the helpdesk's bot".to_owned() },
        Act::Rule { text: "Thank you for your patience".to_owned() },
        Act::Note { text: "He is a regular".to_owned(), by: None },
        Act::Tag { name: "vip".to_owned(), by: None },
    ] {
        house.sandbox.act(ticket, act).await.unwrap();
    }
    is_quiet(&house).await;
    assert_eq!(status(&house, &conversation).await, "handoff_pending");
    let lines = said(&house, &conversation).await;
    assert!(lines.iter().all(|(author, _)| author != "human"), "{lines:?}");
    let ticket = in_ticket(&house, ticket);
    let own: Vec<&String> =
        ticket.iter().filter(|line| ["first", "second", "third"].contains(&line.as_str())).collect();
    assert_eq!(own, ["first", "second", "third"]);
    assert_eq!(lines.iter().filter(|(author, _)| author == "customer").count(), 4, "{lines:?}");
}

async fn a_tag_gives_the_conversation_back_and_the_ticket_goes_on_following_it(helpdesk: Vendor) {
    let house = house(helpdesk).await;
    let (conversation, ticket) = handed_over(&house).await;
    house.sandbox.act(ticket, Act::Assign { by: None }).await.unwrap();
    until("somebody has it", async || status(&house, &conversation).await == "human_handling").await;
    house.sandbox.act(ticket, Act::Tag { name: "deskhand-handback".to_owned(), by: None }).await.unwrap();
    until("the agent has it", async || status(&house, &conversation).await == "ai_handling").await;
    let answer = house.store().say(&conversation, "where is #1001? ana@example.com").await.expect(200);
    assert!(answer.body["response"]["content"].as_str().unwrap().contains("1Z61A04V0342517713"), "{}", answer.text);
    until("both are in the ticket", async || {
        let lines = in_ticket(&house, ticket);
        times(&lines, "where is #1001?") == 1 && times(&lines, "(AI)") >= 1 && times(&lines, "1Z61A04V0342517713") == 1
    })
    .await;
    // A person who writes takes it over again, with the tag still there.
    house.sandbox.act(ticket, reply("Let me have a look myself.")).await.unwrap();
    until("a person has it", async || status(&house, &conversation).await == "human_handling").await;
    let answer = house.store().say(&conversation, "and #1002?").await.expect(202);
    assert_eq!(answer.body["response"], Value::Null);
}

async fn a_shopper_who_answers_by_mail_is_heard_once_and_without_what_they_quote(helpdesk: Vendor) {
    let house = house(helpdesk).await;
    let (conversation, ticket) = handed_over(&house).await;
    house.sandbox.act(ticket, Act::Mail { text: "I am home on Friday".to_owned() }).await.unwrap();
    until("it is in the conversation", async || {
        said(&house, &conversation).await.contains(&("customer".to_owned(), "I am home on Friday".to_owned()))
    })
    .await;
    is_quiet(&house).await;
    assert_eq!(times(&in_ticket(&house, ticket), "I am home on Friday"), 1, "it is not written back");
    assert_eq!(status(&house, &conversation).await, "human_handling");
}

async fn through_outages_and_lost_answers_the_ticket_has_each_message_once_in_order(helpdesk: Vendor) {
    let house = house(helpdesk).await;
    let (conversation, ticket) = handed_over(&house).await;
    let faults = [
        Effect::CutAfter,
        Effect::CutBefore,
        Effect::Status { code: 503 },
        Effect::RateLimited { retry_after_seconds: 1 },
        Effect::Garbage,
    ];
    let texts: Vec<String> = (1..=faults.len() * 2).map(|number| format!("line {number}.")).collect();
    for (effect, texts) in faults.into_iter().zip(texts.chunks(2)) {
        until("nothing is on its way", async || waiting_work(&house).await == 0).await;
        house.sandbox.fault(write_fault(&house, ticket, effect));
        for text in texts {
            house.store().say(&conversation, text).await.expect(202);
        }
        until("it is in the ticket", async || in_ticket(&house, ticket).join("\n").contains(&texts[1])).await;
    }
    // It is down for an hour, and what was said meanwhile comes when it is back.
    house.sandbox.fault(Fault::new(Effect::Status { code: 503 }).vendor(helpdesk));
    for text in ["in the hour.", "and later in it."] {
        house.store().say(&conversation, text).await.expect(202);
        house.sandbox.clock().advance(SignedDuration::from_mins(30));
    }
    assert!(waiting_work(&house).await > 0 && !in_ticket(&house, ticket).join("\n").contains("in the hour."));
    house.sandbox.faults().clear();
    until("it is in the ticket", async || in_ticket(&house, ticket).join("\n").contains("and later in it.")).await;
    is_quiet(&house).await;
    let whole = in_ticket(&house, ticket).join("\n");
    let texts: Vec<String> = texts.into_iter().chain(["in the hour.", "and later in it."].map(str::to_owned)).collect();
    let places: Vec<usize> = texts.iter().map(|text| whole.find(text.as_str()).expect("every line")).collect();
    assert!(places.is_sorted(), "{whole}");
    for text in &texts {
        assert_eq!(whole.matches(text.as_str()).count(), 1, "{whole}");
    }
    let operation = write_fault(&house, ticket, Effect::CutBefore).operation.unwrap();
    let requests = house.sandbox.requests();
    let writes: Vec<Option<u16>> =
        requests.iter().filter(|own| own.operations.contains(&operation)).map(|own| own.status).collect();
    for struck in [None, Some(429), Some(503)] {
        assert!(writes.contains(&struck), "the faults struck: {writes:?}");
    }
}

async fn a_ticket_that_was_lost_goes_again_only_where_the_helpdesk_dedupes(helpdesk: Vendor) {
    use deskhand::storage::outbox::Outbox as _;
    let house = house(helpdesk).await;
    let into_channel = format!("POST /channels/{}/inbound_messages", front::id("cha", front::CHANNEL));
    let opens = match helpdesk {
        Vendor::Front => into_channel.as_str(),
        Vendor::Zendesk => "POST /api/v2/tickets",
        Vendor::Intercom => "POST /conversations",
        _ => "POST /api/tickets",
    };
    house.sandbox.fault(Fault::new(Effect::CutBefore).vendor(helpdesk).operation(opens).times(1));
    let conversation = house.conversation().await;
    house.store().say(&conversation, "I want to talk to a human please").await.expect(200);
    let sent = || house.sandbox.requests().iter().filter(|own| own.operations.contains(&opens.to_owned())).count();
    if house.reader().capabilities().dedupes_tickets_for.is_none() {
        until("it is given up", async || !house.storage.dead_letters(10).await.unwrap().is_empty()).await;
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        assert_eq!(sent(), 1, "nobody knows whether it was made");
        assert_eq!(status(&house, &conversation).await, "handoff_pending");
        let dead = house.storage.dead_letters(10).await.unwrap();
        assert!(house.storage.revive(dead[0].id).await.unwrap(), "a person has looked");
    }
    ticket_of(&house, &conversation).await;
    is_quiet(&house).await;
    assert_eq!(sent(), 2);
    let world = house.sandbox.world();
    assert_eq!(TicketShown::all(&world).len(), 1);
}

async fn what_the_helpdesk_refuses_leaves_a_mark_and_the_rest_goes_on(helpdesk: Vendor) {
    let house = house(helpdesk).await;
    let (conversation, ticket) = handed_over(&house).await;
    until("the reference is in the ticket", async || waiting_work(&house).await == 0).await;
    house.sandbox.fault(write_fault(&house, ticket, Effect::Status { code: 400 }));
    house.store().say(&conversation, "refused").await.expect(202);
    until("a mark is there", async || whole_ticket(&house, ticket).contains("may be missing here")).await;
    house.store().say(&conversation, "taken").await.expect(202);
    until("the rest goes on", async || times(&in_ticket(&house, ticket), "taken") == 1).await;
    use deskhand::storage::outbox::Outbox as _;
    let dead = house.storage.dead_letters(10).await.unwrap();
    assert_eq!(dead.len(), 1, "{dead:?}");
    assert_eq!(times(&in_ticket(&house, ticket), "refused"), 0);
}

/// The first line of what is answered to the announcement of five megabytes, of which some come.
async fn answer_to_a_huge_body(house: &House, path: &str, token: &str) -> String {
    let mut connection = TcpStream::connect(house.address).await.unwrap();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: desk\r\nX-Deskhand-Token: {token}\r\nContent-Length: {}\r\n\r\n{}",
        5 << 20,
        "x".repeat(1000)
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let mut line = String::new();
    BufReader::new(connection).read_line(&mut line).await.unwrap();
    line.trim_end().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_was_not_told_both_secrets_changes_nothing() {
    let house = house(Vendor::Gorgias).await;
    let (conversation, ticket) = handed_over(&house).await;
    is_quiet(&house).await;
    let integration = house.sandbox.world().helpdesk.integrations[0].clone();
    let token = integration.headers["x-deskhand-token"].as_str().unwrap().to_owned();
    let path = house.helpdesk_path();
    let body = json!({"event_id": "1", "event_type": "ticket-updated", "ticket_id": ticket.to_string()}).to_string();
    let nobody = house.nobody();
    let post = |path: &str, token: Option<&str>| {
        let request = nobody.request(Method::POST, path).body(body.clone());
        token.into_iter().fold(request, |request, token| request.header("X-Deskhand-Token", token))
    };
    let (short, _) = path.rsplit_once('/').unwrap();
    let requests = [
        post(&path, None),
        post(&path, Some("")),
        post(&path, Some(&token[..32])),
        post(short, Some(&token)),
        post(&format!("{short}/{}", "0".repeat(32)), Some(&token)),
        post(&path.replace(STORE, OTHER_STORE), Some(&token)),
        post(&path.replace(STORE, "nowhere"), Some(&token)),
        post(&path.replace("gorgias", "easypost"), Some(&token)),
    ];
    for request in requests {
        send(request).await.refused(401, "invalid_api_key");
    }
    assert_eq!(answer_to_a_huge_body(&house, &path, &token).await, "HTTP/1.1 413 Payload Too Large");
    for text in ["not json", "", "[]", r#"{"event_id":"1","event_type":"x","ticket_id":"../../account"}"#] {
        let request = nobody.request(Method::POST, &path).header("X-Deskhand-Token", &token).body(text);
        send(request).await.expect(200);
    }
    assert_eq!(house.storage.waiting_deliveries().await.unwrap(), 0);

    // The same event again and again, and of a ticket that is nobody's here.
    let before = said(&house, &conversation).await;
    for _ in 0..5 {
        send(post(&path, Some(&token))).await.expect(200);
    }
    let other = json!({"event_id": "2", "event_type": "ticket-updated", "ticket_id": "99"}).to_string();
    send(nobody.request(Method::POST, &path).header("X-Deskhand-Token", &token).body(other)).await.expect(200);
    is_quiet(&house).await;
    assert_eq!(said(&house, &conversation).await, before);
    assert_eq!(status(&house, &conversation).await, "handoff_pending");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_zendesk_did_not_sign_a_moment_ago_changes_nothing() {
    let house = house(Vendor::Zendesk).await;
    let (conversation, ticket) = handed_over(&house).await;
    is_quiet(&house).await;
    let secret = house.sandbox.world().zendesk.webhooks[0].secret.clone();
    let path = house.helpdesk_path();
    let event = |id: &str, ticket: &str| {
        json!({"type": "zen:event-type:ticket.comment_added", "id": id, "detail": {"id": ticket}}).to_string()
    };
    let nobody = house.nobody();
    let body = event("evt_1", &ticket.to_string());
    let post = |path: &str, secret: &str, moment: &str, body: &str| {
        let mut digest = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        digest.update(moment.as_bytes());
        digest.update(body.as_bytes());
        let signature = STANDARD.encode(digest.finalize().into_bytes());
        let request = nobody.request(Method::POST, path).body(body.to_owned());
        request.header("X-Zendesk-Webhook-Signature", signature).header("X-Zendesk-Webhook-Signature-Timestamp", moment)
    };
    let now = Clock::machine();
    let (fresh, stale) = (now.to_string(), (now - SignedDuration::from_mins(6)).to_string());
    let altered = post(&path, &secret, &fresh, &body).body(event("evt_1", "1"));
    let requests = [
        nobody.request(Method::POST, &path).body(body.clone()),
        post(&path, "another secret", &fresh, &body),
        post(&path, "", &fresh, &body),
        post(&path, &secret, &stale, &body),
        post(&path, &secret, "", &body),
        altered,
        post(&format!("{path}/tail"), &secret, &fresh, &body),
        post(&path.replace(STORE, OTHER_STORE), &secret, &fresh, &body),
        post(&path.replace("zendesk", "gorgias"), &secret, &fresh, &body),
    ];
    for request in requests {
        send(request).await.refused(401, "invalid_api_key");
    }
    for text in
        ["not json", "", "[]", &event("evt_3", "../../users"), r#"{"type":"zen:event-type:user.created","id":"1"}"#]
    {
        send(post(&path, &secret, &fresh, text)).await.expect(200);
    }
    assert_eq!(house.storage.waiting_deliveries().await.unwrap(), 0);

    // The same event again and again, and of a ticket that is nobody's here.
    let before = said(&house, &conversation).await;
    for _ in 0..5 {
        send(post(&path, &secret, &fresh, &body)).await.expect(200);
    }
    send(post(&path, &secret, &fresh, &event("evt_2", "99"))).await.expect(200);
    is_quiet(&house).await;
    assert_eq!(said(&house, &conversation).await, before);
    assert_eq!(status(&house, &conversation).await, "handoff_pending");
}

async fn two_people_and_the_shopper_at_once_and_the_agent_falls_silent(helpdesk: Vendor) {
    let house = house(helpdesk).await;
    let (conversation, ticket) = handed_over(&house).await;
    house.sandbox.act(ticket, Act::Tag { name: "deskhand-handback".to_owned(), by: None }).await.unwrap();
    until("the agent has it", async || status(&house, &conversation).await == "ai_handling").await;
    let shopper = house.store();
    let asked = async {
        for number in 0..4 {
            let text = format!("where is #1001? ana@example.com ({number})");
            shopper.say(&conversation, &text).await;
        }
    };
    let first = house.sandbox.act(ticket, reply("Rosa here."));
    let second = house
        .sandbox
        .act(ticket, Act::Reply { text: "Theo here.".to_owned(), by: Some("theo@juniperandpine.example".to_owned()) });
    let (first, second, ()) = tokio::join!(first, second, asked);
    first.unwrap();
    second.unwrap();
    until("both are heard", async || {
        let lines = said(&house, &conversation).await;
        lines.iter().filter(|(author, _)| author == "human").count() == 2
    })
    .await;
    is_quiet(&house).await;
    let lines = said(&house, &conversation).await;
    let taken_over = lines.iter().position(|(author, _)| author == "human").unwrap();
    assert!(lines[taken_over..].iter().all(|(author, _)| author != "agent"), "{lines:?}");
    let asked: Vec<&String> =
        lines.iter().filter(|(_, text)| text.starts_with("where")).map(|(_, text)| text).collect();
    assert_eq!(asked.len(), 4);
    assert!(asked.iter().enumerate().all(|(number, text)| text.ends_with(&format!("({number})"))), "{asked:?}");
}

async fn late_and_reordered_events_of_many_tickets_lose_nothing(helpdesk: Vendor) {
    let house = house(helpdesk).await;
    let tickets = join_all((0..3).map(|_| handed_over(&house))).await;
    house.sandbox.carry(Carriage { copies: 3, late_milliseconds: 300, reversed: true });
    for (number, (_, ticket)) in tickets.iter().enumerate() {
        for line in ["one", "two", "three"] {
            house.sandbox.act(*ticket, reply(&format!("{line} of {number}"))).await.unwrap();
        }
    }
    is_quiet(&house).await;
    for (number, (conversation, _)) in tickets.iter().enumerate() {
        let lines = said(&house, conversation).await;
        let human: Vec<&str> =
            lines.iter().filter(|(author, _)| author == "human").map(|(_, text)| text.as_str()).collect();
        assert_eq!(human, ["one", "two", "three"].map(|line| format!("{line} of {number}")));
    }
}
