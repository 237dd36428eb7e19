//! What vendors send by themselves: EasyPost's own signed example is read, and what the sandbox sends looks like it; Zendesk's
//! signatures are judged as they should be.

use std::collections::BTreeSet;
use std::path::Path;

use axum::Router;
use axum::body::Bytes;
use axum::routing::post;
use deskhand::integrations::helpdesk::intercom::events as intercom;
use deskhand::integrations::helpdesk::zendesk::events as zendesk;
use deskhand::integrations::hooks::{Heard, Hook as _};
use deskhand::integrations::shipping::TrackingReader as _;
use deskhand::integrations::shipping::easypost::EasyPost;
use deskhand::integrations::shipping::easypost::events::Events;
use deskhand::integrations::{Urgency, hooks};
use deskhand::sandbox::{Fixture, Sandbox, SandboxOptions};
use jiff::SignedDuration;
use reqwest::header::{HeaderMap, HeaderValue};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::Tally;
use super::labels::nullable;
use super::requests::{description, transport, violations};

pub async fn check(shared: &Path, tally: &mut Tally) {
    let helpdesks = description(shared, "specs/helpdesk-webhook-signature-vectors.json");
    zendesk(&helpdesks, tally);
    intercom(&helpdesks["intercom_webhook"], tally);
    let vectors = &description(shared, "specs/utility-webhook-signature-vectors.json")["easypost"];
    signatures(vectors, tally);
    let official: Value = serde_json::from_str(vectors["official"]["body"].as_str().unwrap()).unwrap();
    let easypost = nullable(description(shared, "specs/easypost_handwritten_openapi.yaml"));
    for event in sent_by_the_sandbox().await {
        let what = format!("the sandbox's {}", event["description"].as_str().unwrap());
        tally.of(&what, differences(&official, &event));
        tally.of(
            &format!("{what}, its tracker"),
            violations(&easypost, "/components/schemas/Tracker", &event["result"]),
        );
    }
}

fn signatures(vectors: &Value, tally: &mut Tally) {
    let official = &vectors["official"];
    let computed = &vectors["computed"];
    for (vector, name, good) in
        [(official, "signature", true), (computed, "signature_nfkd", true), (computed, "wrong_without_nfkd", false)]
    {
        let text = |name: &str| vector[name].as_str().unwrap();
        let events = Events::new(&SecretString::from(text("secret")));
        let signature = HeaderValue::from_str(text(name)).unwrap();
        let headers = HeaderMap::from_iter([("x-hmac-signature".parse().unwrap(), signature)]);
        let right = events.is_signed("", &headers, text("body").as_bytes()) == good;
        tally.of(
            &format!("EasyPost's {name}"),
            (!right).then(|| "it is judged wrongly".to_owned()).into_iter().collect(),
        );
        // Of a tracker that belongs to no shipment, or of none.
        let unheard = events.read(text("body").as_bytes()) == Heard::Nothing;
        tally.of("EasyPost's event", (!unheard).then(|| "it is heard".to_owned()).into_iter().collect());
    }
    let of_shipment = official["body"].as_str().unwrap().replace("\"shipment_id\":null", "\"shipment_id\":\"shp_1\"");
    let text = |text: &str| text.to_owned();
    let hint = hooks::Hint { event: text("evt_1"), kind: text("tracker.updated"), object: text("shp_1") };
    let heard = Events::new(&SecretString::from("any secret")).read(of_shipment.as_bytes()) == Heard::Hint(hint);
    tally.of("EasyPost's event of a shipment", (!heard).then(|| "it is not heard".to_owned()).into_iter().collect());
}

/// The vendor's own example is from before it changed what it signs, so it must be refused.
fn zendesk(vectors: &Value, tally: &mut Tally) {
    let (now, old) = (&vectors["zendesk_local"], &vectors["zendesk_doc_example"]);
    for (vector, name, good) in [(now, "X-Zendesk-Webhook-Signature", true), (old, "signature", false)] {
        let text = |name: &str| vector[name].as_str().unwrap();
        let events = zendesk::Events::new(&SecretString::from(text("secret")));
        let header = |name: &'static str, text: &str| (name.parse().unwrap(), HeaderValue::from_str(text).unwrap());
        let headers = HeaderMap::from_iter([
            header("x-zendesk-webhook-signature", text(name)),
            header("x-zendesk-webhook-signature-timestamp", text("timestamp")),
        ]);
        let moment = text("timestamp").parse().unwrap();
        let right = events.is_signed_at(moment, &headers, text("body").as_bytes()) == good;
        tally.of(
            &format!("Zendesk's {name}"),
            (!right).then(|| "it is judged wrongly".to_owned()).into_iter().collect(),
        );
    }
}

fn intercom(vector: &Value, tally: &mut Tally) {
    let text = |name: &str| vector[name].as_str().unwrap();
    let (signature, body) = (HeaderValue::from_str(text("X-Hub-Signature")).unwrap(), text("body"));
    let headers = HeaderMap::from_iter([("x-hub-signature".parse().unwrap(), signature)]);
    for (secret, good) in [(text("client_secret"), true), ("another", false)] {
        let events = intercom::Events::new(&SecretString::from(secret), "any");
        let right = events.is_signed("", &headers, body.as_bytes()) == good;
        tally.of("Intercom's signature", (!right).then(|| "it is judged wrongly".to_owned()).into_iter().collect());
        let unheard = events.read(body.as_bytes()) == Heard::Nothing;
        tally.of("Intercom's ping", (!unheard).then(|| "it is heard".to_owned()).into_iter().collect());
    }
}

/// One that says that there is a tracker, and one that it has moved.
async fn sent_by_the_sandbox() -> [Value; 2] {
    let (sender, mut received) = mpsc::unbounded_channel();
    let take = post(move |body: Bytes| {
        let taken = sender.send(serde_json::from_slice::<Value>(&body).unwrap()).is_ok();
        async move { taken.to_string() }
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", take)).await });
    let sandbox = Sandbox::start(SandboxOptions::new(Fixture::juniper_and_pine().unwrap())).await.unwrap();
    let settings = json!({"api_key": sandbox.credentials().easypost_api_key, "base_url": sandbox.easypost_url()});
    let client = EasyPost::new(serde_json::from_value(settings).unwrap(), transport()).unwrap();
    client.register(&url.parse().unwrap(), &SecretString::from("any secret")).await.unwrap();
    client.track("1Z61A04V0342517713", Some("UPS"), Urgency::Shopper).await.unwrap().unwrap();
    let created = received.recv().await.unwrap();
    sandbox.clock().advance(SignedDuration::from_hours(240));
    [created, received.recv().await.unwrap()]
}

/// Fields that one has and the other has not.
fn differences(official: &Value, event: &Value) -> Vec<String> {
    let names = |value: &Value, pointer: &str| -> BTreeSet<String> {
        value.pointer(pointer).and_then(Value::as_object).into_iter().flatten().map(|(name, _)| name.clone()).collect()
    };
    let mut problems: Vec<String> = names(official, "")
        .symmetric_difference(&names(event, ""))
        .map(|name| format!("{name} is a field of only one of them"))
        .collect();
    for pointer in ["/result", "/result/tracking_details/0", "/result/tracking_details/0/tracking_location"] {
        let missing = names(official, pointer).difference(&names(event, pointer)).cloned().collect::<Vec<_>>();
        problems.extend(missing.into_iter().map(|name| format!("{pointer} has no {name}")));
    }
    problems
}
