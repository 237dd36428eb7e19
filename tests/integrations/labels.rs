//! EasyPost's labels: prices for a parcel, a label bought once, and found again.

use deskhand::domain::clock::Clock;
use deskhand::domain::customer::{Address, Email};
use deskhand::domain::id::EffectId;
use deskhand::domain::order::TrackerStatus;
use deskhand::integrations::shipping::TrackingReader;
use deskhand::integrations::shipping::easypost::EasyPost;
use deskhand::integrations::shipping::labels::{Label, LabelReader, LabelWriter, Offer, Parcel, ParcelDraft};
use deskhand::integrations::{Urgency, VendorError, WriteError};
use deskhand::sandbox::world::Shipment;
use deskhand::sandbox::{Effect, Fault, Fixture, Sandbox, SandboxOptions, Vendor};
use jiff::SignedDuration;
use serde_json::{Value, json};
use url::Url;

use crate::server::{Server, answer, hasty, transport};
use crate::writes::{check_every_failure, permit};

fn client_at(base: Url) -> EasyPost {
    let settings = json!({"api_key": "EZTK_0123456789", "base_url": base});
    EasyPost::new(serde_json::from_value(settings).unwrap(), transport(hasty())).unwrap()
}

/// EasyPost's client at the sandbox's wire.
struct Counter {
    sandbox: Sandbox,
    client: EasyPost,
}

impl Counter {
    async fn open() -> Self {
        let mut options = SandboxOptions::new(Fixture::juniper_and_pine().unwrap());
        options.clock = Clock::standing("2026-11-23T20:00:00Z".parse().unwrap());
        let sandbox = Sandbox::start(options).await.unwrap();
        let settings = json!({"api_key": sandbox.credentials().easypost_api_key, "base_url": sandbox.easypost_url()});
        let client = EasyPost::new(serde_json::from_value(settings).unwrap(), transport(hasty())).unwrap();
        Self { sandbox, client }
    }

    async fn offers(&self, draft: &ParcelDraft) -> Result<Vec<Offer>, VendorError> {
        self.client.offers(draft, Urgency::Shopper).await
    }

    /// The request for the cheapest label.
    async fn request(&self) -> String {
        let offers = self.offers(&draft("eff_1")).await.unwrap();
        let cheapest = offers.iter().min_by_key(|offer| offer.price.minor()).unwrap();
        self.client.purchase_request(&EffectId::new("eff_1"), cheapest)
    }

    async fn buy(&self, request: &str) -> Result<Label, WriteError> {
        self.client.buy(permit("eff_1"), request).await
    }

    async fn label(&self, request: &str) -> Option<Label> {
        self.client.label_of(request, Urgency::Shopper).await.unwrap()
    }

    fn strike(&self, path: &str, effect: Effect) {
        self.sandbox.fault(Fault::new(effect).vendor(Vendor::Easypost).path(path).times(1));
    }

    fn shipments(&self) -> Vec<Shipment> {
        self.sandbox.world().shipments
    }

    fn bought(&self) -> usize {
        self.shipments().iter().filter(|shipment| shipment.postage.is_some()).count()
    }

    fn asked(&self, path: &str) -> usize {
        self.sandbox.requests().iter().filter(|request| request.path.contains(path)).count()
    }
}

fn address(name: &str, line1: &str, city: &str, province: &str, postcode: &str) -> Address {
    let text = |text: &str| Some(text.to_owned());
    Address {
        name: text(name),
        line1: text(line1),
        line2: None,
        city: text(city),
        province: text(province),
        postcode: text(postcode),
        country: text("US"),
    }
}

fn draft(effect: &str) -> ParcelDraft {
    ParcelDraft {
        effect: EffectId::new(effect),
        from: address("Ana Whitfield", "1841 NW Irving Street", "Portland", "OR", "97205"),
        email: Email::parse("ana@example.com"),
        phone: Some("+15035550141".to_owned()),
        to: address("Juniper & Pine (returns)", "400 S 8th Street", "Boise", "ID", "83702"),
        parcel: Parcel { weight_grams: 900, length_cm: 30, width_cm: 20, height_cm: 10 },
    }
}

#[tokio::test]
async fn what_is_asked_names_both_ends_as_easypost_turns_them() {
    let server = Server::start(|request, _| match request.method.as_str() {
        "GET" => answer(404, r#"{"error":{"code":"NOT_FOUND","message":"no","errors":[]}}"#),
        _ => answer(
            201,
            json!({"id": "shp_1", "rates": [], "messages": [{"carrier": "UPS", "message": "no"}, 7]}).to_string(),
        ),
    })
    .await;
    let found = client_at(server.base.clone()).offers(&draft("eff_1"), Urgency::Shopper).await.unwrap();
    assert_eq!(found, [], "no carrier has a price");
    let requests = server.requests();
    assert_eq!(requests[0].target, "/v2/shipments/eff_1");
    assert_eq!((requests[1].method.as_str(), requests[1].target.as_str()), ("POST", "/v2/shipments"));
    assert_eq!(requests[1].header("authorization"), Some("Bearer EZTK_0123456789"));
    assert_eq!(
        requests[1].json(),
        json!({"shipment": {
            "to_address": {"name": "Ana Whitfield", "street1": "1841 NW Irving Street", "city": "Portland",
                "state": "OR", "zip": "97205", "country": "US", "phone": "+15035550141", "email": "ana@example.com"},
            "from_address": {"name": "Juniper & Pine (returns)", "street1": "400 S 8th Street", "city": "Boise",
                "state": "ID", "zip": "83702", "country": "US"},
            "parcel": {"length": "11.9", "width": "7.9", "height": "4", "weight": "31.8"},
            "is_return": true, "reference": "eff_1", "options": {"label_format": "PDF"},
        }})
    );
}

#[tokio::test]
async fn prices_are_asked_for_the_same_parcel_again() {
    let counter = Counter::open().await;
    let first = counter.offers(&draft("eff_1")).await.unwrap();
    let carriers: Vec<_> = first.iter().map(|offer| (offer.carrier.as_str(), offer.service.as_str())).collect();
    assert_eq!(
        carriers,
        [("USPS", "GroundAdvantage"), ("USPS", "Priority"), ("UPS", "Ground"), ("FedEx", "FEDEX_GROUND")]
    );
    assert_eq!(first[0].price.to_string(), "8.07 USD");
    let again = counter.offers(&draft("eff_1")).await.unwrap();
    assert_eq!(
        again.iter().map(|offer| offer.price).collect::<Vec<_>>(),
        first.iter().map(|it| it.price).collect::<Vec<_>>()
    );
    assert_ne!(again[0].rate, first[0].rate);
    assert_eq!((counter.shipments().len(), counter.bought()), (1, 0), "to ask costs nothing");
    let heavy = ParcelDraft { parcel: Parcel { weight_grams: 40_000, ..draft("x").parcel }, ..draft("eff_2") };
    let carriers: Vec<_> = counter.offers(&heavy).await.unwrap().into_iter().map(|offer| offer.carrier).collect();
    assert_eq!(carriers, ["UPS", "FedEx"]);
}

#[tokio::test]
async fn a_parcel_that_nobody_takes_has_no_price() {
    let counter = Counter::open().await;
    let nowhere = ParcelDraft { from: Address { postcode: None, ..draft("x").from }, ..draft("eff_1") };
    assert_eq!(counter.offers(&nowhere).await.unwrap(), []);
    let weightless = ParcelDraft { parcel: Parcel { weight_grams: 0, ..draft("x").parcel }, ..draft("eff_2") };
    let error = counter.offers(&weightless).await.unwrap_err();
    assert!(matches!(error, VendorError::Refused { status: 422, .. }), "{error}");
}

#[tokio::test]
async fn a_lost_answer_to_the_question_leaves_one_parcel() {
    let counter = Counter::open().await;
    counter
        .sandbox
        .fault(Fault::new(Effect::CutAfter).vendor(Vendor::Easypost).operation("POST /v2/shipments").times(1));
    let error = counter.offers(&draft("eff_1")).await.unwrap_err();
    assert!(matches!(error, VendorError::Unavailable { .. }), "{error}");
    assert!(!counter.offers(&draft("eff_1")).await.unwrap().is_empty());
    assert_eq!(counter.shipments().len(), 1);
}

#[tokio::test]
async fn a_label_is_bought_found_and_can_be_opened() {
    let counter = Counter::open().await;
    let request = counter.request().await;
    assert_eq!(counter.label(&request).await, None);
    let label = counter.buy(&request).await.unwrap();
    assert_eq!((label.carrier.as_str(), label.service.as_str()), ("USPS", "GroundAdvantage"));
    assert_eq!((label.price.to_string(), label.tracking_number.len()), ("8.07 USD".to_owned(), 22));
    assert_eq!(counter.label(&request).await.as_ref(), Some(&label));
    #[expect(clippy::disallowed_methods, reason = "the shopper opens the label, not the program")]
    let file = reqwest::Client::builder().no_proxy().build().unwrap().get(&label.url).send().await.unwrap();
    assert_eq!(file.headers()["content-type"], "application/pdf");
    let file = file.bytes().await.unwrap();
    assert!(file.starts_with(b"%PDF-") && file.ends_with(b"%%EOF\n"));
    let text = String::from_utf8_lossy(&file).into_owned();
    assert!(text.contains("1841 NW Irving Street") && text.contains("Juniper & Pine \\(returns\\)"), "{text}");
    let error = counter.offers(&draft("eff_1")).await.unwrap_err();
    assert!(matches!(error, VendorError::Refused { .. }), "{error}");
}

#[tokio::test]
async fn the_parcel_travels_from_the_shopper_to_the_store() {
    let counter = Counter::open().await;
    let request = counter.request().await;
    let label = counter.buy(&request).await.unwrap();
    let track = || counter.client.track(&label.tracking_number, Some(&label.carrier), Urgency::Shopper);
    let tracker = track().await.unwrap().unwrap();
    assert_eq!((&tracker.status, tracker.scans.len()), (&TrackerStatus::Unknown, 0));
    assert_eq!(tracker.public_url, label.tracking_url);
    counter.sandbox.clock().advance(SignedDuration::from_hours(1));
    assert_eq!(track().await.unwrap().unwrap().status, TrackerStatus::PreTransit);
    counter.sandbox.clock().advance(SignedDuration::from_hours(24));
    let picked_up = track().await.unwrap().unwrap();
    assert_eq!((&picked_up.status, picked_up.scans[1].city.as_deref()), (&TrackerStatus::InTransit, Some("Portland")));
    counter.sandbox.clock().advance(SignedDuration::from_hours(4 * 24));
    let arrived = track().await.unwrap().unwrap();
    assert!(arrived.delivered_at().is_some());
    assert_eq!(arrived.scans.last().unwrap().city.as_deref(), Some("Boise"));
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_the_label_is_bought_once() {
    for (effect, done) in [
        (Effect::CutAfter, true),
        (Effect::Garbage, true),
        (Effect::CutBefore, false),
        (Effect::Status { code: 500 }, false),
    ] {
        let counter = Counter::open().await;
        let request = counter.request().await;
        counter.strike("/buy", effect.clone());
        let error = counter.buy(&request).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(_)), "{effect:?}: {error}");
        assert_eq!(counter.bought(), usize::from(done), "{effect:?}");
        assert_eq!(counter.label(&request).await.is_some(), done, "{effect:?}");
        let label = counter.buy(&request).await.unwrap();
        assert_eq!(counter.label(&request).await, Some(label), "{effect:?}");
        assert_eq!((counter.bought(), counter.sandbox.world().trackers.len()), (1, 1), "{effect:?}");
    }
}

#[tokio::test]
async fn what_the_twin_refuses_is_refused() {
    let counter = Counter::open().await;
    let request = counter.request().await;
    let other = request.replace("\"rate\":\"rate_", "\"rate\":\"rate_0");
    assert!(matches!(counter.buy(&other).await.unwrap_err(), WriteError::Refused(_)));
    let error = counter.client.buy(permit("eff_2"), &request).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    assert_eq!((counter.bought(), counter.asked("/buy")), (0, 1), "a permit for another effect lets nothing out");
    let foreign = request.replace("eff_1", "eff_2");
    let error = counter.client.label_of(&foreign, Urgency::Shopper).await.unwrap_err();
    assert!(matches!(error, VendorError::Refused { .. }), "{error}");
}

fn bought(label: Value) -> Value {
    json!({
        "id": "shp_1", "reference": "eff_1", "tracking_code": "1Z9", "postage_label": label, "rates": [],
        "selected_rate": {"id": "rate_1", "carrier": "UPS", "service": "Ground", "rate": "8.20000", "currency": "USD"},
        "tracker": {"public_url": "javascript:alert(1)"},
    })
}

fn purchase() -> String {
    r#"{"effect":"eff_1","change":{"shipment":"shp_1","rate":"rate_1"}}"#.to_owned()
}

#[tokio::test]
async fn a_yes_that_cannot_be_used_is_unknown() {
    for label in [
        json!(null),
        json!({"label_url": null}),
        json!({"label_url": "javascript:alert(1)"}),
        json!({"label_url": "file:///etc/passwd"}),
    ] {
        let body = bought(label);
        let server = Server::start(move |_, _| answer(200, body.to_string())).await;
        let error = client_at(server.base.clone()).buy(permit("eff_1"), &purchase()).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(VendorError::Garbled { .. })), "{error}");
    }
    let files = json!({"label_url": "https://labels.example/1.png", "label_pdf_url": "https://labels.example/1.pdf"});
    let body = bought(files);
    let server = Server::start(move |_, _| answer(200, body.to_string())).await;
    let label = client_at(server.base.clone()).buy(permit("eff_1"), &purchase()).await.unwrap();
    assert_eq!((label.url.as_str(), label.tracking_url), ("https://labels.example/1.pdf", None));
    assert_eq!(label.price.to_string(), "8.20 USD");
    assert_eq!(server.requests()[0].json(), json!({"rate": {"id": "rate_1"}}));
}

#[tokio::test]
async fn every_failure_is_told_apart() {
    check_every_failure(|base| async move { client_at(base).buy(permit("eff_1"), &purchase()).await }).await;
}
