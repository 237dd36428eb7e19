use super::*;

const ON_ITS_WAY: &str = "1Z61A04V0342517713";

#[tokio::test]
async fn a_wrong_key_is_refused_in_easyposts_shape() {
    let bench = Bench::start().await;
    let url = format!("{}/v2/trackers", bench.sandbox.easypost_url());
    let body = json!({"tracker": {"tracking_code": ON_ITS_WAY}});
    for request in [bench.client.post(&url), bench.client.post(&url).bearer_auth("EZTKwrong")] {
        let response = request.json(&body).send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert!(response.headers().contains_key("x-ep-request-uuid"));
        assert_eq!(response.json::<Value>().await.unwrap()["error"]["code"], "APIKEY.INACTIVE");
    }
    let key = &bench.sandbox.credentials().easypost_api_key;
    assert_eq!(bench.client.post(&url).bearer_auth(key).json(&body).send().await.unwrap().status(), 200);
    assert!(!serde_json::to_string(&bench.sandbox.requests()).unwrap().contains(key.as_str()));
}

#[tokio::test]
async fn the_same_code_and_carrier_are_one_tracker() {
    let bench = Bench::start().await;
    let first = bench.track(ON_ITS_WAY, Some("UPS")).await;
    let again = bench.track(ON_ITS_WAY, Some("UPS")).await;
    let without_carrier = bench.track(ON_ITS_WAY, None).await;
    assert_eq!((&first["id"], &first["id"]), (&again["id"], &without_carrier["id"]));
    assert_eq!(bench.sandbox.world().trackers.len(), 1);

    let id = first["id"].as_str().unwrap();
    let key = &bench.sandbox.credentials().easypost_api_key;
    let get = |path: String| {
        bench.client.get(format!("{}/v2/trackers{path}", bench.sandbox.easypost_url())).bearer_auth(key).send()
    };
    assert_eq!(get(format!("/{id}")).await.unwrap().json::<Value>().await.unwrap(), first);
    let list: Value = get(format!("?tracking_code={ON_ITS_WAY}")).await.unwrap().json().await.unwrap();
    assert_eq!(list, json!({"trackers": [first], "has_more": false}));
    let none: Value = get("?tracking_code=other".to_owned()).await.unwrap().json().await.unwrap();
    assert_eq!(none["trackers"], json!([]));
    let missing = get("/trk_0".to_owned()).await.unwrap();
    assert_eq!(missing.status(), 404);
    assert_eq!(missing.json::<Value>().await.unwrap()["error"]["code"], "NOT_FOUND");
    let empty = bench.create_tracker(json!({"tracker": {"carrier": "UPS"}})).await;
    assert_eq!(empty.status(), 422);
    assert_eq!(empty.json::<Value>().await.unwrap()["error"]["code"], "PARAMETER.REQUIRED");
}

#[tokio::test]
async fn a_tracker_moves_with_the_clock() {
    let bench = Bench::start().await;
    let now = bench.track(ON_ITS_WAY, Some("UPS")).await;
    assert_eq!(now["status"], "in_transit");
    assert_eq!(now["est_delivery_date"], "2026-11-26T04:00:00Z");
    let scans = now["tracking_details"].as_array().unwrap();
    let last = scans.last().unwrap();
    assert_eq!((scans.len(), &last["message"]), (5, &json!("Departed from Facility")));
    assert_eq!(last["tracking_location"]["city"], "Hermiston");
    assert_eq!(last["datetime"], "2026-11-23T06:00:00Z");

    bench.pass(hours(45));
    let second_day = bench.track(ON_ITS_WAY, Some("UPS")).await;
    assert_eq!((&second_day["id"], &second_day["status"]), (&now["id"], &json!("out_for_delivery")));
    let shown = bench
        .query("{ orders(first: 1, query: \"name:1001\") { nodes { fulfillments { displayStatus } } } }", json!({}));
    assert_eq!(shown.await["data"]["orders"]["nodes"][0]["fulfillments"][0]["displayStatus"], "OUT_FOR_DELIVERY");
    bench.pass(hours(8));
    assert_eq!(bench.track(ON_ITS_WAY, Some("UPS")).await["status"], "delivered");
    assert_eq!(bench.sandbox.world().trackers.len(), 1);
}

#[tokio::test]
async fn exceptions_unknown_codes_and_test_codes() {
    let bench = Bench::start().await;
    let late = bench.track("771950117428", Some("FedEx")).await;
    assert_eq!((&late["status"], &late["status_detail"]), (&json!("in_transit"), &json!("delivery_exception")));
    assert_eq!(late["est_delivery_date"], "2026-11-27T04:00:00Z", "the carrier's new promise replaces the first");
    let label = bench.track("9400136208070433865091", None).await;
    assert_eq!((&label["status"], &label["carrier"]), (&json!("pre_transit"), &json!("USPS")));
    let unknown = bench.track("NOSUCHCODE", Some("UPS")).await;
    assert_eq!((&unknown["status"], &unknown["tracking_details"]), (&json!("unknown"), &json!([])));
    let wrong_carrier = bench.track(ON_ITS_WAY, Some("FedEx")).await;
    assert_eq!(wrong_carrier["status"], "unknown");
    assert_eq!(bench.track("EZ6000000006", Some("USPS")).await["status"], "failure");
    let spelled_otherwise = bench.track("7735102846", Some("DHL Express")).await;
    assert_eq!(spelled_otherwise["status"], "delivered");
}

#[tokio::test]
async fn lists_are_limited_to_five_a_second() {
    let bench = Bench::start().await;
    let url = format!("{}/v2/trackers?page_size=1", bench.sandbox.easypost_url());
    let key = bench.sandbox.credentials().easypost_api_key.clone();
    let mut statuses = Vec::new();
    for _ in 0..30 {
        statuses.push(bench.client.get(&url).bearer_auth(&key).send().await.unwrap().status().as_u16());
    }
    assert_eq!(statuses[..5], [200; 5]);
    assert!(statuses.contains(&429), "{statuses:?}");
    assert_eq!(bench.create_tracker(json!({"tracker": {"tracking_code": ON_ITS_WAY}})).await.status(), 200);
}
