//! What EasyPost's client asks for labels, and what the sandbox answers, by the description of EasyPost.

use std::path::Path;

use deskhand::domain::customer::Address;
use deskhand::domain::id::EffectId;
use deskhand::integrations::Urgency;
use deskhand::integrations::shipping::easypost::EasyPost;
use deskhand::integrations::shipping::labels::{LabelReader, LabelWriter, Parcel, ParcelDraft};
use deskhand::sandbox::{Fixture, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use super::relay::{Relay, Said};
use super::requests::{description, transport, violations};
use super::{Tally, permit};

pub async fn check(shared: &Path, tally: &mut Tally) {
    let easypost = nullable(description(shared, "specs/easypost_handwritten_openapi.yaml"));
    let sandbox = Sandbox::start(SandboxOptions::new(Fixture::juniper_and_pine().unwrap())).await.unwrap();
    let relay = Relay::before(sandbox.easypost_url()).await;
    let settings = json!({"api_key": sandbox.credentials().easypost_api_key, "base_url": relay.base});
    let client = EasyPost::new(serde_json::from_value(settings).unwrap(), transport()).unwrap();
    let effect = EffectId::new("eff_1");
    client.offers(&draft(&effect), Urgency::Shopper).await.unwrap();
    let offers = client.offers(&draft(&effect), Urgency::Shopper).await.unwrap();
    let request = client.purchase_request(&effect, &offers[0]);
    client.buy(permit(&effect), &request).await.unwrap();
    client.buy(permit(&effect), &request).await.unwrap();
    client.label_of(&request, Urgency::Shopper).await.unwrap().unwrap();
    let said = relay.said();
    let kinds: Vec<_> = said.iter().map(|it| (it.method.as_str(), kind(&it.path), it.status)).collect();
    assert_eq!(
        kinds,
        [
            ("GET", "/shipments/{id}", 404),
            ("POST", "/shipments", 201),
            ("GET", "/shipments/{id}", 200),
            ("POST", "/shipments/{id}/rerate", 200),
            ("POST", "/shipments/{id}/buy", 200),
            ("POST", "/shipments/{id}/buy", 422),
            ("GET", "/shipments/{id}", 200),
            ("GET", "/shipments/{id}", 200),
        ]
    );
    said.iter().for_each(|it| judge(&easypost, it, tally));
}

fn draft(effect: &EffectId) -> ParcelDraft {
    let text = |text: &str| Some(text.to_owned());
    let address = Address {
        name: text("Ana"),
        line1: text("1 Elm Street"),
        line2: text("Apt 4"),
        city: text("Portland"),
        province: text("OR"),
        postcode: text("97205"),
        country: text("US"),
    };
    let parcel = Parcel { weight_grams: 900, length_cm: 30, width_cm: 20, height_cm: 10 };
    ParcelDraft {
        effect: effect.clone(),
        from: address.clone(),
        email: None,
        phone: text("+1503"),
        to: address,
        parcel,
    }
}

/// The path as the description has it.
fn kind(path: &str) -> &'static str {
    match path.strip_prefix("/v2/shipments").unwrap().split('/').nth(2) {
        Some("rerate") => "/shipments/{id}/rerate",
        Some("buy") => "/shipments/{id}/buy",
        _ if path == "/v2/shipments" => "/shipments",
        _ => "/shipments/{id}",
    }
}

fn judge(easypost: &Value, said: &Said, tally: &mut Tally) {
    let (method, path) = (said.method.to_lowercase(), kind(&said.path).replace('/', "~1"));
    let content = "content/application~1json/schema";
    let what = format!("EasyPost's {} {}", said.method, kind(&said.path));
    let body = format!("/paths/{path}/{method}/requestBody/{content}");
    if easypost.pointer(&body).is_some() {
        tally.of(&what, violations(easypost, &body, &said.asked));
    }
    let answer = match said.status {
        200 | 201 => format!("/paths/{path}/{method}/responses/{}/{content}", said.status),
        _ => format!("/components/responses/Error/{content}"),
    };
    tally.of(&format!("{what}, answered {}", said.status), violations(easypost, &answer, &said.answered));
}

/// A description of OpenAPI 3.0 says that something may be null where JSON Schema has another word for it.
pub fn nullable(description: Value) -> Value {
    match description {
        Value::Array(items) => items.into_iter().map(nullable).collect(),
        Value::Object(fields) => {
            let may_be_null = fields.get("nullable") == Some(&Value::Bool(true));
            let plain: serde_json::Map<_, _> = fields.into_iter().map(|(name, it)| (name, nullable(it))).collect();
            if may_be_null { json!({"anyOf": [plain, {"type": "null"}]}) } else { plain.into() }
        }
        plain => plain,
    }
}
