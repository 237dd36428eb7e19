//! What Stripe's client asks, and what the sandbox answers, by Stripe's description.

use std::path::Path;

use deskhand::domain::id::EffectId;
use deskhand::domain::money::Money;
use deskhand::integrations::Urgency;
use deskhand::integrations::payments::stripe::Stripe;
use deskhand::integrations::payments::{PaymentReader, PaymentRefundDraft, PaymentWriter};
use deskhand::sandbox::{Fixture, Sandbox, SandboxOptions};
use serde_json::{Map, Value, json};

use super::labels::nullable;
use super::relay::{Relay, Said};
use super::requests::{description, transport, violations};
use super::{Tally, permit};

pub async fn check(shared: &Path, tally: &mut Tally) {
    let stripe = description(shared, "specs/stripe_apisguru_2022-11-15.json");
    let sandbox = Sandbox::start(SandboxOptions::new(Fixture::juniper_and_pine().unwrap())).await.unwrap();
    let relay = Relay::before(sandbox.stripe_url()).await;
    let settings = json!({"secret_key": sandbox.credentials().stripe_secret_key, "base_url": relay.base});
    let client = Stripe::new(serde_json::from_value(settings).unwrap(), transport()).unwrap();
    let (effect, payment) = (EffectId::new("eff_1"), sandbox.world().intents[0].id.clone());
    client.payment(&payment, Urgency::Shopper).await.unwrap().unwrap();
    let amount = |minor| Money::from_minor(minor, "USD".parse().unwrap());
    let draft = |minor| PaymentRefundDraft { effect: effect.clone(), payment: payment.clone(), amount: amount(minor) };
    client.refund(permit(&effect), &client.refund_request(&draft(700))).await.unwrap();
    client.refund(permit(&effect), &client.refund_request(&draft(701))).await.unwrap_err();
    client.refund_of(&payment, &effect, Urgency::Shopper).await.unwrap().unwrap();
    assert_eq!(client.payment("pi_0", Urgency::Shopper).await.unwrap(), None);
    let said = relay.said();
    assert_eq!(said.iter().map(|it| it.status).collect::<Vec<_>>(), [200, 200, 400, 200, 404]);
    said.iter().for_each(|it| judge(&stripe, it, tally));
}

fn judge(stripe: &Value, said: &Said, tally: &mut Tally) {
    let what = format!("Stripe's {} {}", said.method, said.path);
    if said.method == "POST" {
        let body = "/paths/~1v1~1refunds/post/requestBody/content/application~1x-www-form-urlencoded/schema";
        tally.of(&what, violations(stripe, body, &form(said.asked.as_str().unwrap())));
    }
    let answered = format!("{what}, answered {}", said.status);
    match said.answered["object"].as_str() {
        Some("list") => {
            for refund in said.answered["data"].as_array().unwrap() {
                tally.of(&answered, shape(stripe, "refund", refund));
            }
        }
        Some("payment_intent") => {
            tally.of(&answered, shape(stripe, "payment_intent", &said.answered));
            tally.of(&answered, shape(stripe, "charge", &said.answered["latest_charge"]));
        }
        Some(kind) => tally.of(&answered, shape(stripe, kind, &said.answered)),
        None => tally.of(&answered, shape(stripe, "api_errors", &said.answered["error"])),
    }
}

/// By the object's own description; what it refers to is not followed, because Stripe's objects all refer to each other.
fn shape(stripe: &Value, kind: &str, object: &Value) -> Vec<String> {
    let mut schema = stripe["components"]["schemas"][kind].clone();
    let properties = schema["properties"].as_object_mut().unwrap();
    let mut problems: Vec<String> = object.as_object().unwrap().keys().cloned().collect();
    // Added to refunds since this description.
    problems.retain(|name| !properties.contains_key(name) && name != "pending_reason");
    for (_, property) in properties.iter_mut() {
        if property.to_string().contains("\"$ref\"") {
            *property = json!({});
        }
    }
    let description = json!({"schema": nullable(schema), "components": {}});
    problems.extend(violations(&description, "/schema", object));
    problems
}

/// A form as the object that its description describes.
fn form(text: &str) -> Value {
    let mut fields = Map::new();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
            Some((outer, inner)) => {
                let object = fields.entry(outer).or_insert_with(|| json!({}));
                object[inner] = json!(value);
            }
            None if name == "amount" => drop(fields.insert(name.into_owned(), json!(value.parse::<i64>().unwrap()))),
            None => drop(fields.insert(name.into_owned(), json!(value))),
        }
    }
    fields.into()
}
