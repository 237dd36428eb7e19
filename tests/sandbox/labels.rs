//! Shipments as a raw client meets them.

use super::*;

fn shipment() -> Value {
    json!({"shipment": {
        "to_address": {"name": "Ana", "street1": "1 Elm Street", "city": "Portland", "zip": "97205", "country": "US"},
        "from_address": {"company": "Store", "street1": "2 Oak Road", "city": "Boise", "zip": "83702", "country": "US"},
        "parcel": {"weight": 15.4}, "options": {"label_format": "PDF"},
    }})
}

impl Bench {
    async fn easypost(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}/v2{path}", self.sandbox.easypost_url());
        let request = self.client.post(url).bearer_auth(&self.sandbox.credentials().easypost_api_key);
        let response = request.json(body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }
}

#[tokio::test]
async fn a_shipment_is_rated_bought_once_and_tracked() {
    let bench = Bench::start().await;
    let (status, made) = bench.easypost("/shipments", &shipment()).await;
    assert_eq!((status, &made["object"], &made["status"]), (201, &json!("Shipment"), &json!("unknown")));
    assert_eq!((&made["postage_label"], &made["tracking_code"]), (&Value::Null, &Value::Null));
    assert_eq!((&made["rates"][0]["rate"], &made["parcel"]["weight"]), (&json!("7.45"), &json!(15.4)));
    assert_eq!(made["messages"][0]["carrier"], "DHLExpress", "it does not go abroad");
    let path = format!("/shipments/{}", made["id"].as_str().unwrap());
    let rate = json!({"rate": {"id": made["rates"][1]["id"]}});
    let (status, bought) = bench.easypost(&format!("{path}/buy"), &rate).await;
    assert_eq!((status, &bought["selected_rate"]["service"]), (200, &json!("Priority")));
    assert_eq!(bought["fees"][0]["amount"], "9.80000");
    assert_eq!(bought["tracker"]["shipment_id"], made["id"]);
    assert_eq!(bought["tracker"]["tracking_code"], bought["tracking_code"]);
    let (status, again) = bench.easypost(&format!("{path}/buy"), &rate).await;
    assert_eq!((status, &again["error"]["code"]), (422, &json!("SHIPMENT.POSTAGE.EXISTS")));
    assert!(!bench.sandbox.world().parcels.last().unwrap().is_return);
    bench.pass(hours(25));
    let tracker = bench.track(bought["tracking_code"].as_str().unwrap(), Some("USPS")).await;
    assert_eq!((&tracker["id"], &tracker["status"]), (&bought["tracker"]["id"], &json!("in_transit")));
    let scans = tracker["tracking_details"].as_array().unwrap();
    assert_eq!(scans[1]["tracking_location"]["city"], "Boise", "it is no return: it leaves the store");
}

#[tokio::test]
async fn a_return_leaves_from_the_address_it_goes_to() {
    let bench = Bench::start().await;
    let mut back = shipment();
    back["shipment"]["is_return"] = json!(true);
    let (_, made) = bench.easypost("/shipments", &back).await;
    let path = format!("/shipments/{}/buy", made["id"].as_str().unwrap());
    let (_, bought) = bench.easypost(&path, &json!({"rate": {"id": made["rates"][0]["id"]}})).await;
    bench.pass(hours(25));
    let tracker = bench.track(bought["tracking_code"].as_str().unwrap(), None).await;
    assert_eq!(tracker["tracking_details"][1]["tracking_location"]["city"], "Portland");
    assert_eq!(tracker["is_return"], true);
}

#[tokio::test]
async fn what_is_wrong_is_named() {
    let bench = Bench::start().await;
    for (pointer, field) in [
        ("/to_address", "to_address"),
        ("/from_address", "from_address"),
        ("/parcel/weight", "weight"),
        ("/options/label_format", "options.label_format"),
    ] {
        let mut bad = shipment();
        *bad["shipment"].pointer_mut(pointer).unwrap() = Value::Null;
        let (status, body) = bench.easypost("/shipments", &bad).await;
        assert_eq!((status, &body["error"]["code"]), (422, &json!("PARAMETER.REQUIRED")), "{pointer}");
        assert_eq!(body["error"]["errors"][0]["field"], field);
    }
    assert_eq!(bench.easypost("/shipments", &json!({})).await.0, 422);
    let (_, made) = bench.easypost("/shipments", &shipment()).await;
    let path = format!("/shipments/{}/buy", made["id"].as_str().unwrap());
    assert_eq!(bench.easypost(&path, &json!({})).await.0, 422);
    assert_eq!(bench.easypost(&path, &json!({"rate": {"id": "rate_0"}})).await.0, 404);
    assert_eq!(bench.easypost("/shipments/shp_0/buy", &json!({"rate": {"id": "rate_0"}})).await.0, 404);
    let url = format!("{}/v2/shipments", bench.sandbox.easypost_url());
    assert_eq!(bench.client.post(&url).bearer_auth("EZTKwrong").json(&shipment()).send().await.unwrap().status(), 401);
    let label = format!("{}/labels/guessed.pdf", bench.sandbox.easypost_url());
    assert_eq!(bench.client.get(label).send().await.unwrap().status(), 404);
    assert!(bench.sandbox.world().shipments.iter().all(|shipment| shipment.postage.is_none()));
}
