//! EasyPost's trackers: found, else made; read leniently; its errors in all their shapes.

use std::time::Duration;

use deskhand::domain::order::TrackerStatus;
use deskhand::integrations::shipping::TrackingReader;
use deskhand::integrations::shipping::easypost::{EasyPost, EasyPostSettings};
use deskhand::integrations::{Urgency, VendorError};
use serde_json::{Value, json};

use crate::server::{Received, Reply, Server, answer, hasty, transport};

pub fn settings(server: &Server) -> EasyPostSettings {
    EasyPostSettings {
        api_key: "EZTK_0123456789".to_owned().into(),
        base_url: Some(server.base.clone()),
        searches_per_second: 5,
        webhook_secret: None,
    }
}

fn client(server: &Server) -> EasyPost {
    EasyPost::new(settings(server), transport(hasty())).unwrap()
}

fn tracker(code: &str, carrier: &str) -> Value {
    json!({
        "id": "trk_1", "object": "Tracker", "mode": "test", "tracking_code": code, "status": "in_transit",
        "status_detail": "weather_delay", "signed_by": null, "weight": 17.5, "est_delivery_date": "2026-11-25T00:00:00Z",
        "shipment_id": null, "carrier": carrier, "public_url": "https://track.example/trk_1", "finalized": false,
        "is_return": false, "carrier_detail": null,
        "tracking_details": [
            {"object": "TrackingDetail", "message": "Departed", "description": "", "status": "in_transit",
             "status_detail": "departed_facility", "datetime": "2026-11-21T20:12:00Z", "source": "UPS", "carrier_code": "",
             "tracking_location": {"object": "TrackingLocation", "city": "Reno", "state": "NV", "country": "US", "zip": null}},
            {"object": "TrackingDetail", "message": "Label made", "status": "teleported", "status_detail": null,
             "datetime": "2026-11-20T08:00:00Z", "tracking_location": {"city": null, "state": "", "country": null, "zip": null}}
        ]
    })
}

fn trackers(found: Vec<Value>) -> Reply {
    answer(200, json!({"trackers": found, "has_more": false}).to_string())
}

fn unprocessable(error: Value) -> Reply {
    answer(422, json!({"error": error}).to_string()).with("x-ep-request-uuid", "ep-uuid-7")
}

fn is_create(request: &Received) -> bool {
    request.method == "POST" && request.target == "/v2/trackers"
}

#[tokio::test]
async fn a_known_number_is_found_and_then_read_by_its_id() {
    let server = Server::start(|request, _| match request.target.as_str() {
        "/v2/trackers/trk_1" => answer(200, tracker("1Z9", "UPS").to_string()),
        _ => trackers(vec![tracker("1Z9OTHER", "UPS"), tracker("1Z9", "USPS"), tracker("1Z9", "UPS")]),
    })
    .await;
    let client = client(&server);
    let found = client.track(" 1Z 9", Some("UPS"), Urgency::Shopper).await.unwrap().unwrap();
    assert_eq!((found.id.as_str(), found.tracking_number.as_str()), ("trk_1", "1Z9"));
    assert_eq!(found.carrier.as_deref(), Some("UPS"));
    assert_eq!(found.status, TrackerStatus::InTransit);
    assert_eq!(found.detail.as_deref(), Some("weather_delay"));
    assert_eq!(found.estimated_at.unwrap().to_string(), "2026-11-25T00:00:00Z");
    let scans: Vec<_> =
        found.scans.iter().map(|scan| (scan.message.as_str(), scan.city.as_deref(), scan.state.as_deref())).collect();
    assert_eq!(scans, [("Label made", None, None), ("Departed", Some("Reno"), Some("NV"))], "oldest first");
    assert_eq!(found.scans[0].status, TrackerStatus::Other("teleported".to_owned()));

    client.track("1Z9", Some("UPS"), Urgency::Shopper).await.unwrap().unwrap();
    let requests = server.requests();
    assert_eq!(requests[0].query("tracking_code").as_deref(), Some("1Z9"));
    assert_eq!(requests[0].header("authorization"), Some("Bearer EZTK_0123456789"));
    assert_eq!(requests[1].target, "/v2/trackers/trk_1", "searches are few; a known tracker is read directly");
    assert_eq!(requests.len(), 2);
}

#[tokio::test]
async fn an_unknown_number_gets_a_tracker() {
    for status in [200, 201] {
        let server = Server::start(move |request, _| match is_create(request) {
            true => answer(status, tracker("1Z9", "DHLExpress").to_string()),
            false => trackers(vec![]),
        })
        .await;
        let found = client(&server).track("1Z9", Some("DHL Express"), Urgency::Shopper).await.unwrap();
        assert!(found.is_some());
        let made = server.requests().remove(1);
        assert_eq!(made.json(), json!({"tracker": {"tracking_code": "1Z9", "carrier": "DHLExpress"}}));
    }
}

#[tokio::test]
async fn a_carrier_that_easypost_does_not_know_is_left_out() {
    let server = Server::start(|request, _| match (is_create(request), request.body.contains("carrier")) {
        (false, _) => trackers(vec![]),
        (true, true) => {
            unprocessable(json!({"code": "TRACKER.CREATE.ERROR", "message": "carrier", "errors": ["bad carrier"]}))
        }
        (true, false) => answer(201, tracker("1Z9", "UPS").to_string()),
    })
    .await;
    assert!(client(&server).track("1Z9", Some("Our own van"), Urgency::Shopper).await.unwrap().is_some());
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn a_number_that_no_carrier_knows_is_none_and_is_not_remembered() {
    let server = Server::start(|request, _| match is_create(request) {
        true => unprocessable(json!({"code": "INVALID", "message": ["no", "carrier"]})),
        false => trackers(vec![]),
    })
    .await;
    let client = client(&server);
    assert_eq!(client.track("nonsense", None, Urgency::Shopper).await.unwrap(), None);
    assert_eq!(client.track("nonsense", None, Urgency::Shopper).await.unwrap(), None);
    assert_eq!(server.count(), 4);
    for odd in ["", "  ", "é", &"9".repeat(65)] {
        assert_eq!(client.track(odd, None, Urgency::Shopper).await.unwrap(), None);
    }
    assert_eq!(server.count(), 4, "what cannot be a number is not asked about");
}

#[tokio::test]
async fn a_tracker_that_went_away_is_looked_for_again() {
    let server = Server::start(|request, before| match (request.target.as_str(), before) {
        ("/v2/trackers/trk_1", _) => answer(404, r#"{"error":{"code":"NOT_FOUND","message":"gone","errors":[]}}"#),
        _ => trackers(vec![tracker("1Z9", "UPS")]),
    })
    .await;
    let client = client(&server);
    client.track("1Z9", None, Urgency::Shopper).await.unwrap().unwrap();
    client.track("1Z9", None, Urgency::Shopper).await.unwrap().unwrap();
    assert_eq!(server.count(), 3);
}

#[tokio::test]
async fn many_who_ask_at_once_search_once() {
    let server = Server::start(|request, _| match request.target.as_str() {
        "/v2/trackers/trk_1" => answer(200, tracker("1Z9", "UPS").to_string()),
        _ => trackers(vec![tracker("1Z9", "UPS")]),
    })
    .await;
    let client = client(&server);
    let calls = (0..20).map(|_| client.track("1Z9", Some("UPS"), Urgency::Shopper));
    for found in futures_util::future::join_all(calls).await {
        assert!(found.unwrap().is_some());
    }
    let searches = server.requests().iter().filter(|request| request.target.starts_with("/v2/trackers?")).count();
    assert_eq!(searches, 1);
}

#[tokio::test]
async fn searches_keep_to_five_a_second() {
    let server =
        Server::start(|request, _| trackers(vec![tracker(&request.query("tracking_code").unwrap(), "UPS")])).await;
    let client = client(&server);
    let started = std::time::Instant::now();
    let numbers: Vec<String> = (0..8).map(|number| format!("N{number}")).collect();
    let calls = numbers.iter().map(|number| client.track(number, None, Urgency::Shopper));
    for found in futures_util::future::join_all(calls).await {
        assert!(found.unwrap().is_some());
    }
    assert!(started.elapsed() >= Duration::from_millis(500), "{:?}", started.elapsed());
}

#[tokio::test]
async fn errors_come_in_several_shapes() {
    let shapes = [
        json!({"code": "APIKEY.INACTIVE", "message": "This key is inactive", "errors": []}),
        json!({"code": "APIKEY.INACTIVE", "message": {"key": ["inactive"]}, "errors": ["key is inactive"]}),
        json!({"code": "APIKEY.INACTIVE", "message": ["key", "inactive"], "errors": [{"field": "key", "message": "inactive"}]}),
    ];
    for shape in shapes {
        let server = Server::start(move |_, _| {
            answer(401, json!({"error": shape}).to_string()).with("x-ep-request-uuid", "ep-uuid-7")
        })
        .await;
        let error = client(&server).track("1Z9", None, Urgency::Shopper).await.unwrap_err();
        assert!(matches!(error, VendorError::Credentials { .. }), "{error}");
        let text = error.to_string();
        assert!(text.contains("APIKEY.INACTIVE") && text.contains("inactive") && text.contains("ep-uuid-7"), "{text}");
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn making_a_tracker_is_tried_again_after_lost_connections_and_not_after_their_own_error() {
    let server = Server::start(|request, before| match (is_create(request), before) {
        (false, _) => trackers(vec![]),
        (true, 1) => Reply::Cut,
        (true, 2) => answer(503, "busy"),
        (true, _) => answer(200, tracker("1Z9", "UPS").to_string()),
    })
    .await;
    assert!(client(&server).track("1Z9", None, Urgency::Shopper).await.unwrap().is_some());
    assert_eq!(server.count(), 4);

    let server = Server::start(|request, _| match is_create(request) {
        true => answer(500, "{}"),
        false => trackers(vec![]),
    })
    .await;
    let error = client(&server).track("1Z9", None, Urgency::Shopper).await.unwrap_err();
    assert!(matches!(error, VendorError::Unavailable { .. }), "{error}");
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn check_tells_the_mode() {
    let server = Server::start(|_, _| trackers(vec![tracker("1Z9", "UPS")])).await;
    assert!(client(&server).check().await.unwrap().contains("test mode"));
    let server = Server::start(|_, _| answer(401, r#"{"error":{"code":"APIKEY.INACTIVE","message":"no"}}"#)).await;
    assert!(matches!(client(&server).check().await.unwrap_err(), VendorError::Credentials { .. }));
}
