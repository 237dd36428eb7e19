//! The requests that change something, against the descriptions of the vendors who take them.

use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use deskhand::domain::clock::Clock;
use deskhand::domain::customer::Email;
use deskhand::domain::id::{ConversationId, EffectId};
use deskhand::domain::yaml;
use deskhand::integrations::Urgency;
use deskhand::integrations::helpdesk::gorgias::Gorgias;
use deskhand::integrations::helpdesk::gorgias::events::Events;
use deskhand::integrations::helpdesk::zendesk::Zendesk;
use deskhand::integrations::helpdesk::{
    EntryKind, HelpdeskWriter, TicketCustomer, TicketDraft, TicketEntry, TranscriptLine,
};
use deskhand::integrations::http::{HttpSettings, Transport};
use deskhand::integrations::messaging::letters::Letter;
use deskhand::integrations::messaging::sendgrid::SendGrid;
use deskhand::integrations::messaging::{Mail, MailWriter};
use deskhand::integrations::shipping::TrackingReader;
use deskhand::integrations::shipping::easypost::EasyPost;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::Tally;

pub async fn check(shared: &Path, tally: &mut Tally) {
    let sendgrid = description(shared, "specs/sendgrid_mail_v3.json");
    let mail_send = "/components/requestBodies/PostMailSend/content/application~1json/schema";
    for mail in mails() {
        tally.of("SendGrid's mail/send", violations(&sendgrid, mail_send, &mail));
    }

    let gorgias = description(shared, "specs/gorgias/gorgias-helpdesk-subset.openapi.yaml");
    for (name, draft) in [("with", draft(3, "finn@example.com")), ("without", draft(700, ""))] {
        let what = format!("Gorgias' ticket {name} an address");
        tally.of(&what, violations(&gorgias, "/components/schemas/CreateTicket", &ticket(&draft)));
    }
    for kind in [EntryKind::Customer, EntryKind::Agent, EntryKind::Note] {
        let what = format!("Gorgias' message, {kind:?}");
        tally.of(&what, violations(&gorgias, "/components/schemas/CreateMessage", &entry(kind)));
    }
    let integration = integration().await;
    tally.of("Gorgias' integration", violations(&gorgias, "/components/schemas/HttpIntegration", &integration));
    let zendesk = description(shared, "specs/zendesk/zendesk-support-2.0.0-sanitised.yaml.gz");
    for (name, draft) in [("with", draft(3, "finn@example.com")), ("without", draft(700, ""))] {
        let what = format!("Zendesk's ticket {name} an address");
        let ticket = serde_json::from_str(&self::zendesk().request(&draft)).unwrap();
        tally.of(&what, violations(&zendesk, "/components/schemas/TicketCreateRequest", &ticket));
        tally.of(&what, unknown_fields(&zendesk, &ticket));
    }
    for kind in [EntryKind::Customer, EntryKind::Agent, EntryKind::Note] {
        let what = format!("Zendesk's comment, {kind:?}");
        let update = serde_json::from_str(&self::zendesk().entry(&said_later(kind))).unwrap();
        tally.of(&what, violations(&zendesk, "/components/schemas/TicketUpdateRequest", &update));
        tally.of(&what, unknown_fields(&zendesk, &update));
    }
    let easypost = description(shared, "specs/easypost_handwritten_openapi.yaml");
    let create = "/paths/~1trackers/post/requestBody/content/application~1json/schema";
    for tracker in trackers().await {
        tally.of("EasyPost's tracker", violations(&easypost, create, &tracker));
    }
}

pub fn description(shared: &Path, file: &str) -> Value {
    let bytes = std::fs::read(shared.join(file)).unwrap();
    let mut text = String::new();
    match file.ends_with(".gz") {
        true => drop(flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap()),
        false => text = String::from_utf8(bytes).unwrap(),
    }
    if file.contains(".json") { serde_json::from_str(&text).unwrap() } else { yaml::read(&text).unwrap() }
}

/// What of `value` breaks the schema at `pointer`, whose references lead into the same description.
pub fn violations(description: &Value, pointer: &str, value: &Value) -> Vec<String> {
    let mut schema = description.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}")).clone();
    let root = schema.as_object_mut().unwrap();
    root.insert("components".to_owned(), description["components"].clone());
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

pub fn transport() -> Transport {
    Transport::new(HttpSettings::default()).unwrap()
}

/// A mail of text, and one with HTML.
fn mails() -> [Value; 2] {
    let settings = "api_key = 'SG.1'\nfrom = 'help@fern.example'\nfrom_name = 'Fern'\nreply_to = 'us@fern.example'";
    let sendgrid = SendGrid::new(toml::from_str(settings).unwrap(), transport()).unwrap();
    let mail = Mail {
        effect: EffectId::new("eff_1"),
        to: Email::parse("ana@example.com").unwrap(),
        subject: "Your code".to_owned(),
        text: "It is 314159.".to_owned(),
    };
    let letter = Letter { mail: mail.clone(), html: "<p>314159</p>".to_owned() };
    [sendgrid.request(&mail), sendgrid.letter_request(&letter)].map(|request| serde_json::from_str(&request).unwrap())
}

fn customer(email: &str) -> TicketCustomer {
    let (conversation, name) = (ConversationId::new("conv_1"), Some("Finn".to_owned()));
    TicketCustomer { conversation, email: Email::parse(email), name }
}

/// What is written into a ticket later.
pub fn said_later(kind: EntryKind) -> TicketEntry {
    let (effect, customer) = (EffectId::new("eff_2"), customer("finn@example.com"));
    TicketEntry { effect, kind, customer, text: "And now?".to_owned(), at: Clock::machine(), reply_path: None }
}

fn entry(kind: EntryKind) -> Value {
    serde_json::from_str(&gorgias().entry(&said_later(kind))).unwrap()
}

fn zendesk() -> Zendesk {
    let settings = "subdomain = 'fern'\nuser = 'api@fern.example'\napi_token = 'k'\ntags = ['ai']\n\
        priority = 'high'\ngroup = 7";
    Zendesk::new(toml::from_str(settings).unwrap(), transport()).unwrap()
}

/// Fields of a request that Zendesk's description does not know: its schemas let any pass.
fn unknown_fields(description: &Value, request: &Value) -> Vec<String> {
    let names = |schema: &str| -> Vec<&String> {
        let properties = description.pointer(&format!("/components/schemas/{schema}/properties"));
        properties.and_then(Value::as_object).into_iter().flat_map(|all| all.keys()).collect()
    };
    let (ticket, comment) = (names("TicketObject"), names("TicketCommentObject"));
    let unknown = |at: &str, known: &[&String]| -> Vec<String> {
        let given = request.pointer(at).and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name);
        given.filter(|name| !known.contains(name)).map(|name| format!("{at} has {name}, which is not known")).collect()
    };
    [unknown("/ticket", &ticket), unknown("/ticket/comment", &comment)].concat()
}

/// The integration that has events sent here, as it leaves.
async fn integration() -> Value {
    type Asked = Arc<Mutex<Vec<Value>>>;
    let asked = Asked::default();
    let make = |State(asked): State<Asked>, Json(body): Json<Value>| async move {
        asked.lock().unwrap().push(body);
        (StatusCode::CREATED, Json(json!({"id": 1})))
    };
    let router = Router::new().route("/api/integrations", post(make)).with_state(Arc::clone(&asked));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = format!("domain = 'fern'\nuser = 'api@fern.example'\napi_key = 'k'\nbase_url = '{base}'");
    let gorgias = Gorgias::new(toml::from_str(&settings).unwrap(), transport()).unwrap();
    let events = Events::new(&"a secret of the store".to_owned().into());
    gorgias.register(&"https://agent.example.com/webhooks/gorgias/fern/1".parse().unwrap(), &events).await.unwrap();
    server.abort();
    let asked = asked.lock().unwrap().clone();
    asked.into_iter().next().expect("the integration")
}

pub fn draft(lines: usize, email: &str) -> TicketDraft {
    let line = |number: usize| TranscriptLine {
        id: format!("msg_{number}"),
        from_customer: number.is_multiple_of(2),
        text: "x".repeat(number * 100),
        at: Clock::machine(),
    };
    TicketDraft {
        effect: EffectId::new("eff_1"),
        subject: "Never arrived ".repeat(200),
        tags: vec!["missing".repeat(100)],
        customer: customer(email),
        transcript: (0..lines).map(line).collect(),
        note: "Carrier says delivered.".to_owned(),
    }
}

fn ticket(draft: &TicketDraft) -> Value {
    serde_json::from_str(&gorgias().request(draft)).unwrap()
}

fn gorgias() -> Gorgias {
    let settings = "domain = 'fern'\nuser = 'api@fern.example'\napi_key = 'k'\ntags = ['ai']\nstatus = 'open'\n\
        priority = 'high'\nassignee_team = 7";
    Gorgias::new(toml::from_str(settings).unwrap(), transport()).unwrap()
}

/// What EasyPost is asked to make, with a carrier and, once that is refused, without.
async fn trackers() -> Vec<Value> {
    type Asked = Arc<Mutex<Vec<Value>>>;
    let asked = Asked::default();
    let none = || async { Json(json!({"trackers": [], "has_more": false})) };
    let refuse = |State(asked): State<Asked>, Json(body): Json<Value>| async move {
        asked.lock().unwrap().push(body);
        (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({"error": {"code": "TRACKER.CREATE.ERROR", "errors": []}})))
    };
    let router = Router::new().route("/v2/trackers", get(none).post(refuse)).with_state(Arc::clone(&asked));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let settings = format!("api_key = 'k'\nbase_url = 'http://{}'", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let easypost = EasyPost::new(toml::from_str(&settings).unwrap(), transport()).unwrap();
    assert_eq!(easypost.track("1Z9", Some("UPS"), Urgency::Shopper).await.unwrap(), None);
    server.abort();
    let asked = asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    asked
}

#[test]
fn a_request_that_breaks_its_description_is_seen() {
    let description = json!({
        "schema": {"type": "object", "required": ["messages"], "additionalProperties": false,
            "properties": {"messages": {"type": "array", "maxItems": 1, "items": {"$ref": "#/components/schemas/Message"}}}},
        "components": {"schemas": {"Message": {"type": "object", "required": ["channel"]}}},
    });
    let good = json!({"messages": [{"channel": "api"}]});
    assert_eq!(violations(&description, "/schema", &good), [""; 0]);
    let bad = [
        json!({}),
        json!({"messages": [{}]}),
        json!({"messages": [], "extra": 1}),
        json!({"messages": [{"channel": "a"}, {"channel": "b"}]}),
    ];
    for bad in bad {
        assert_eq!(violations(&description, "/schema", &bad).len(), 1, "{bad}");
    }
}
