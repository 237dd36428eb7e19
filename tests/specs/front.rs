//! Front: what is asked of it, by its own descriptions, what the sandbox answers in its place, and what it signs.

use std::path::Path;

use deskhand::domain::clock::Clock;
use deskhand::domain::customer::Email;
use deskhand::domain::id::EffectId;
use deskhand::integrations::Urgency;
use deskhand::integrations::helpdesk::front::{Front, events};
use deskhand::integrations::helpdesk::{EntryKind, HelpdeskReader as _, HelpdeskWriter as _, TicketChange};
use deskhand::integrations::hooks::Hook as _;
use deskhand::sandbox::world::front::{CHANNEL, id, number};
use deskhand::sandbox::{Act, Fixture, Sandbox, SandboxOptions};
use jiff::Timestamp;
use reqwest::header::{HeaderMap, HeaderValue};
use secrecy::SecretString;
use serde_json::{Value, json};

use super::labels::nullable;
use super::requests::{description, draft, said_later, transport, violations};
use super::{Tally, permit};

pub async fn check(shared: &Path, tally: &mut Tally) {
    signatures(&description(shared, "specs/helpdesk-webhook-signature-vectors.json"), tally);
    let core = any_of(nullable(description(shared, "specs/front/front-core-api.json.gz")));
    let channel = nullable(description(shared, "specs/front/front-channel-api.json"));
    let options = SandboxOptions { call_limits: false, ..SandboxOptions::new(Fixture::juniper_and_pine().unwrap()) };
    let sandbox = Sandbox::start(options).await.unwrap();
    let conversation = walk(&sandbox).await;
    for request in sandbox.requests().iter().filter(|own| own.method != "GET") {
        let Some((description, schema)) = asked(&core, &channel, &request.method, &request.path) else {
            tally.of("Front", vec![format!("nothing is known of {} {}", request.method, request.path)]);
            continue;
        };
        let what = format!("Front's {} {}", request.method, request.path);
        tally.of(&what, violations(description, schema, &request.body));
        tally.of(&what, unknown_fields(description, schema, &request.body));
    }
    answers(&sandbox, &conversation, &core, tally).await;
}

/// Alternatives of the description's own overlap: what a tag is may be read as a message, too, of which nothing is required.
fn any_of(description: Value) -> Value {
    match description {
        Value::Array(items) => items.into_iter().map(any_of).collect(),
        Value::Object(fields) => {
            let renamed = |name: String| if name == "oneOf" { "anyOf".to_owned() } else { name };
            fields.into_iter().map(|(name, value)| (renamed(name), any_of(value))).collect()
        }
        plain => plain,
    }
}

/// One conversation through all that is ever done with one.
async fn walk(sandbox: &Sandbox) -> String {
    let own = sandbox.credentials();
    let agent = sandbox.look(|world| id("tea", world.helpdesk.users[0].id));
    let settings = json!({
        "api_token": own.front_api_token, "app_id": own.front_app_id, "app_secret": own.front_app_secret, "agent": agent,
        "channel": id("cha", CHANNEL), "inbox": id("inb", 80_002), "tags": ["ai"], "base_url": sandbox.front_url(),
        "calls_per_minute": 5000,
    });
    let front = Front::new(serde_json::from_value(settings).unwrap(), transport()).unwrap();
    front.check().await.unwrap();
    let mut conversation = String::new();
    for (effect, draft) in [("eff_1", draft(3, "finn@example.com")), ("eff_1", draft(700, ""))] {
        let request = front.request(&draft);
        conversation = front.open_ticket(permit(&EffectId::new(effect)), &request).await.unwrap().id;
    }
    let effect = EffectId::new("eff_2");
    for kind in [EntryKind::Customer, EntryKind::Agent, EntryKind::Note, EntryKind::Reply] {
        front.write(permit(&effect), &conversation, &front.entry(&said_later(kind))).await.unwrap();
    }
    let change = TicketChange {
        open: Some(true),
        add_tags: vec!["vip".to_owned()],
        remove_tags: vec!["ai".to_owned()],
        assignee: Some(sandbox.look(|world| id("tea", world.helpdesk.users[1].id))),
        team: Some(id("inb", 80_001)),
        customer: Email::parse("finn@example.com"),
        ..TicketChange::of(EffectId::new("eff_3"))
    };
    front.change(permit(&change.effect), &conversation, &change.request()).await.unwrap();
    let of = number("cnv", &conversation).unwrap();
    for act in [
        Act::Reply { text: "On it".to_owned(), by: None },
        Act::Note { text: "A regular".to_owned(), by: None },
        Act::Rule { text: "We are closed".to_owned() },
        Act::Mail { text: "Thanks".to_owned() },
        Act::Tag { name: "seen".to_owned(), by: None },
        Act::Close { by: None },
    ] {
        sandbox.act(of, act).await.unwrap();
    }
    front.ticket_of(&EffectId::new("eff_1"), Urgency::Shopper).await.unwrap().unwrap();
    front.ticket(&conversation, Urgency::Shopper).await.unwrap().unwrap();
    assert_eq!(front.taggings(&conversation, Urgency::Shopper).await.unwrap().len(), 4);
    conversation
}

/// Which of the descriptions says what this request has to be.
fn asked<'d>(core: &'d Value, channel: &'d Value, method: &str, path: &str) -> Option<(&'d Value, &'static str)> {
    let end = path.rsplit('/').next()?;
    let (description, schema) = match (method, end) {
        ("POST", "inbound_messages") => (channel, "/components/schemas/InboundMessage"),
        ("POST", "outbound_messages") => (channel, "/components/schemas/OutboundMessage"),
        ("POST", "comments") => (core, "/components/schemas/CreateComment"),
        ("POST", "messages") => (core, "/components/schemas/OutboundReplyMessage"),
        ("POST", "tags") if path.contains("/company/") => (core, "/components/schemas/CreateTag"),
        ("POST" | "DELETE", "tags") => (core, "/components/schemas/TagIds"),
        ("POST", "handles") => (core, "/components/schemas/ContactHandle"),
        ("PATCH", conversation) if conversation.starts_with("cnv_") => (core, "/components/schemas/UpdateConversation"),
        _ => return None,
    };
    Some((description, schema))
}

/// Fields that the description does not know: its schemas let any pass.
fn unknown_fields(description: &Value, schema: &str, body: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    let mut look = vec![(description.pointer(schema).cloned().unwrap_or_default(), body.clone())];
    while let Some((schema, value)) = look.pop() {
        match value {
            Value::Object(fields) if schema["properties"].is_object() => {
                for (name, value) in fields {
                    match schema["properties"].get(&name) {
                        Some(inner) => look.push((inner.clone(), value)),
                        None => problems.push(format!("{name} is not known")),
                    }
                }
            }
            Value::Array(items) => look.extend(items.into_iter().map(|item| (schema["items"].clone(), item))),
            _ => {}
        }
    }
    problems
}

async fn answers(sandbox: &Sandbox, conversation: &str, core: &Value, tally: &mut Tally) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "this reads what the sandbox answers, as any client would")]
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let agent = sandbox.look(|world| id("tea", world.helpdesk.users[0].id));
    let contact = sandbox.look(|world| id("crd", world.front.contacts[0].number));
    let of = |part: &str| format!("/conversations/{conversation}{part}");
    let channel = format!("/channels/{}", id("cha", CHANNEL));
    for (path, response) in [
        ("/me".to_owned(), "identity"),
        (channel, "channel"),
        (format!("/teammates/{agent}"), "teammate"),
        (format!("/contacts/{contact}"), "contact"),
        ("/tags".to_owned(), "listOfTags"),
        (of(""), "conversation"),
        (of("/messages"), "listOfMessages"),
        (of("/comments"), "listOfComments"),
        (of("/events"), "listOfEvents"),
        (of("/inboxes"), "listOfInboxes"),
        ("/conversations/search/eff_1".to_owned(), "listOfConversationSearchResults"),
    ] {
        let request = client.get(format!("{}{path}", sandbox.front_url()));
        let answer = request.bearer_auth(&sandbox.credentials().front_api_token).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        let pointer = format!("/components/responses/{response}/content/application~1json/schema");
        tally.of(&format!("the sandbox's {path}"), violations(core, &pointer, &answer));
    }
}

/// A rule's webhook is signed otherwise, and is none that is taken.
fn signatures(vectors: &Value, tally: &mut Tally) {
    let (application, rule) = (&vectors["front_application"], &vectors["front_rule_webhook"]);
    let moment = application["x-front-request-timestamp"].as_str().unwrap();
    let now = Timestamp::from_millisecond(moment.parse().unwrap()).unwrap();
    for (what, vector, good) in [("an application", application, true), ("a rule", rule, false)] {
        let text = |name: &str| vector[name].as_str().unwrap();
        let events = events::Events::new(&SecretString::from(text("secret")));
        let headers = HeaderMap::from_iter([
            ("x-front-signature".parse().unwrap(), HeaderValue::from_str(text("X-Front-Signature")).unwrap()),
            ("x-front-request-timestamp".parse().unwrap(), HeaderValue::from_str(moment).unwrap()),
        ]);
        let right = events.is_signed_at(now, &headers, text("body").as_bytes()) == good;
        let late = events.is_signed("", &headers, text("body").as_bytes())
            && now < Clock::machine() - jiff::SignedDuration::from_hours(1);
        let problems = [(!right).then_some("it is judged wrongly"), late.then_some("it is too old")];
        tally.of(&format!("Front's signature of {what}"), problems.into_iter().flatten().map(str::to_owned).collect());
    }
}
