use deskhand::sandbox::{Effect, Fault, Vendor};

use super::gorgias::hand_off;
use super::*;

fn shop_name() -> Value {
    json!({"query": "query ShopName { shop { name } }"})
}

#[tokio::test]
async fn a_cut_after_the_commit_leaves_the_ticket_and_no_answer() {
    let bench = Bench::start().await;
    bench.sandbox.fault(Fault::new(Effect::CutAfter).vendor(Vendor::Gorgias).operation("POST /api/tickets").times(1));
    let lost = bench.gorgias(reqwest::Method::POST, "/tickets").json(&hand_off("conv_1")).send().await;
    let error = lost.expect_err("the connection was cut");
    assert!(error.is_request() && error.status().is_none(), "{error:?}");
    assert_eq!(bench.sandbox.world().helpdesk.tickets.len(), 1);
    assert_eq!(bench.sandbox.requests()[0].status, None);
    assert_eq!(bench.open_ticket(&hand_off("conv_2")).await.status(), 201, "only one request was struck");
    assert_eq!(bench.sandbox.requests()[1].status, Some(201));
}

#[tokio::test]
async fn a_cut_closes_the_socket_without_a_byte() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let bench = Bench::start().await;
    bench.sandbox.fault(Fault::new(Effect::CutAfter).vendor(Vendor::Sendgrid));
    let address = bench.sandbox.sendgrid_url().replace("http://", "").replace("/sendgrid", "");
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    socket.write_all(b"POST /sendgrid/v3/mail/send HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}").await.unwrap();
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), socket.read_to_end(&mut answer)).await.unwrap();
    assert!(answer.is_empty(), "{answer:?}");
    assert!(matches!(read, Ok(0)) || read.is_err());
}

#[tokio::test]
async fn a_cut_before_the_commit_leaves_nothing() {
    let bench = Bench::start().await;
    bench.sandbox.fault(Fault::new(Effect::CutBefore).path("/tickets").times(1));
    assert!(bench.gorgias(reqwest::Method::POST, "/tickets").json(&hand_off("conv_1")).send().await.is_err());
    assert!(bench.sandbox.world().helpdesk.tickets.is_empty());
}

#[tokio::test]
async fn an_answer_is_held_at_a_barrier_until_it_is_released() {
    let bench = Bench::start().await;
    let hold = Effect::Hold { barrier: "ticket".to_owned() };
    bench.sandbox.fault(Fault::new(hold).vendor(Vendor::Gorgias).times(1));
    let request = bench.gorgias(reqwest::Method::POST, "/tickets").json(&hand_off("conv_1"));
    let held = tokio::spawn(async move { request.send().await.unwrap().status() });
    assert!(bench.sandbox.faults().wait_held("ticket", 1, Duration::from_secs(10)).await);
    assert_eq!(bench.sandbox.world().helpdesk.tickets.len(), 1, "the vendor has committed");
    assert_eq!(bench.sandbox.requests()[0].status, None);
    assert!(!held.is_finished());
    assert_eq!(bench.open_ticket(&hand_off("conv_2")).await.status(), 201, "others pass");
    assert_eq!(bench.sandbox.faults().release("ticket"), 1);
    assert_eq!(held.await.unwrap(), 201);
}

#[tokio::test]
async fn limits_errors_and_garbage_come_in_each_vendors_shape() {
    let bench = Bench::start().await;
    let limited = |vendor| Fault::new(Effect::RateLimited { retry_after_seconds: 7 }).vendor(vendor).times(1);
    for vendor in Vendor::ALL {
        bench.sandbox.fault(limited(vendor));
    }
    let answers = [
        (bench.shopify(shop_name()).await, "7.0", "/errors"),
        (bench.create_tracker(json!({"tracker": {"tracking_code": "A"}})).await, "7", "/error/code"),
        (bench.open_ticket(&hand_off("a")).await, "7", "/error/msg"),
    ];
    for (response, retry_after, pointer) in answers {
        assert_eq!(response.status(), 429);
        assert_eq!(response.headers()["retry-after"], retry_after);
        let body: Value = response.json().await.unwrap();
        assert!(body.pointer(pointer).is_some_and(Value::is_string), "{body:#}");
    }

    bench.sandbox.fault(Fault::new(Effect::Throttled).operation("ShopName").times(1));
    let other: Value = bench.shopify(json!({"query": "{ currentAppInstallation { id } }"})).await.json().await.unwrap();
    assert!(other["data"].is_object(), "another operation is not struck");
    let throttled = bench.shopify(shop_name()).await;
    assert_eq!(throttled.status(), 200);
    let throttled: Value = throttled.json().await.unwrap();
    assert_eq!(throttled["errors"][0]["extensions"]["code"], "THROTTLED");
    assert_eq!(throttled["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"], 0);

    bench.sandbox.fault(Fault::new(Effect::Status { code: 503 }).vendor(Vendor::Shopify).after(1).times(1));
    assert_eq!(bench.shopify(shop_name()).await.status(), 200);
    assert_eq!(bench.shopify(shop_name()).await.status(), 503);
    bench.sandbox.fault(Fault::new(Effect::Garbage).operation("shop").times(1));
    let garbage = bench.shopify(shop_name()).await;
    assert_eq!(garbage.status(), 200);
    assert!(serde_json::from_slice::<Value>(&garbage.bytes().await.unwrap()).is_err());

    bench.sandbox.fault(Fault::new(Effect::Latency { milliseconds: 300 }));
    let started = Instant::now();
    bench.shopify(shop_name()).await;
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn faults_barriers_requests_and_clock_over_http() {
    let bench = Bench::start().await;
    let control = |path: &str| format!("{}{path}", bench.sandbox.control_url());
    let about: Value = bench.client.get(control("/")).send().await.unwrap().json().await.unwrap();
    assert_eq!(about["urls"]["shopify"], bench.sandbox.shopify_url());
    assert_eq!(about["credentials"]["easypost_api_key"], bench.sandbox.credentials().easypost_api_key);

    let fault =
        json!({"vendor": "shopify", "operation": "ShopName", "times": 1, "effect": {"kind": "hold", "barrier": "b"}});
    let armed = bench.client.post(control("/faults")).json(&fault).send().await.unwrap();
    assert_eq!(armed.status(), 201);
    let url = format!("{}/admin/api/2026-10/graphql.json", bench.sandbox.shopify_url());
    let request =
        bench.client.post(url).header("X-Shopify-Access-Token", &bench.sandbox.credentials().shopify_access_token);
    let held = tokio::spawn(request.json(&shop_name()).send());
    assert!(bench.sandbox.faults().wait_held("b", 1, Duration::from_secs(10)).await);
    let released = bench.client.post(control("/faults/release")).json(&json!({"barrier": "b"})).send().await.unwrap();
    assert_eq!(released.json::<Value>().await.unwrap(), json!({"released": 1}));
    assert_eq!(held.await.unwrap().unwrap().status(), 200);

    let listed: Value = bench.client.get(control("/faults")).send().await.unwrap().json().await.unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(bench.client.delete(control("/faults")).send().await.unwrap().status(), 204);
    assert!(bench.sandbox.faults().list().is_empty());
    let wrong = bench.client.post(control("/faults")).json(&json!({"effect": {"kind": "melt"}})).send().await.unwrap();
    assert_eq!(wrong.status(), 422);
    assert!(wrong.json::<Value>().await.unwrap()["error"].as_str().unwrap().contains("melt"));

    bench.track("1Z61A04V0342517713", Some("UPS")).await;
    let read = bench.client.get(control("/requests?vendor=shopify")).send().await.unwrap();
    let requests: Value = read.json().await.unwrap();
    assert_eq!(requests.as_array().unwrap().len(), 1);
    assert_eq!(requests[0]["operations"], json!(["ShopName", "shop"]));
    assert_eq!(
        (&requests[0]["status"], &requests[0]["headers"]["x-shopify-access-token"]),
        (&json!(200), &json!("[redacted]"))
    );
    let later: Value = bench.client.get(control("/requests?since=1")).send().await.unwrap().json().await.unwrap();
    assert_eq!((later.as_array().unwrap().len(), &later[0]["number"]), (1, &json!(2)));

    let advance = |seconds: i64| bench.client.post(control("/clock")).json(&json!({"advance_seconds": seconds})).send();
    let moved: Value = advance(86_400).await.unwrap().json().await.unwrap();
    assert_eq!(moved["now"], "2026-11-24T20:00:00Z");
    assert_eq!(advance(-1).await.unwrap().status(), 400);
    let world: Value = bench.client.get(control("/world")).send().await.unwrap().json().await.unwrap();
    assert_eq!(world["trackers"].as_array().unwrap().len(), 1);
    assert_eq!(bench.client.post(control("/reset")).send().await.unwrap().status(), 200);
    assert!(bench.sandbox.world().trackers.is_empty() && bench.sandbox.requests().is_empty());
    assert_eq!(bench.sandbox.world().created_at.to_string(), "2026-11-24T20:00:00Z");
}
