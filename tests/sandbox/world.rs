use deskhand::sandbox::SandboxError;

use super::gorgias::hand_off;
use super::*;

#[tokio::test]
async fn a_restarted_sandbox_is_the_same_world_under_the_same_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("world.json");
    let first = Bench::with(|options| options.world_file = Some(file.clone())).await;
    let credentials = first.sandbox.credentials().clone();
    let token = issued_token(&first).await;
    let ticket: Value = first.open_ticket(&hand_off("conv_1")).await.json().await.unwrap();
    let tracker = first.track("1Z61A04V0342517713", Some("UPS")).await;
    first.pass(hours(20));
    first.track("1Z61A04V0391826044", Some("UPS")).await;
    let before = serde_json::to_value(first.sandbox.world()).unwrap();
    first.sandbox.shutdown().await;

    // The second process begins with a clock that knows nothing of the first one's journey.
    let second = Bench::with(|options| options.world_file = Some(file.clone())).await;
    assert_eq!(second.sandbox.credentials(), &credentials);
    assert_eq!(serde_json::to_value(second.sandbox.world()).unwrap(), before);
    assert_eq!(second.sandbox.clock().now().to_string(), "2026-11-24T16:00:00Z", "time does not run backwards");
    assert_eq!(second.track("1Z61A04V0342517713", Some("UPS")).await["id"], tracker["id"]);
    let next: Value = second.open_ticket(&hand_off("conv_2")).await.json().await.unwrap();
    assert_eq!(next["id"].as_u64().unwrap(), ticket["id"].as_u64().unwrap() + 1);
    let answer = second.shopify_at("2026-10", &token, json!({"query": "{ shop { name } }"})).await;
    assert_eq!(answer.status(), 200, "a token of the first process has four hours left");
}

async fn issued_token(bench: &Bench) -> String {
    let credentials = bench.sandbox.credentials();
    let grant = json!({
        "client_id": credentials.shopify_client_id,
        "client_secret": credentials.shopify_client_secret,
        "grant_type": "client_credentials",
    });
    let url = format!("{}/admin/oauth/access_token", bench.sandbox.shopify_url());
    let granted: Value = bench.client.post(url).json(&grant).send().await.unwrap().json().await.unwrap();
    granted["access_token"].as_str().unwrap().to_owned()
}

/// What was answered is on disk, without any orderly end.
#[tokio::test]
async fn every_answered_change_is_on_disk_under_load() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("world.json");
    let bench = Bench::with(|options| {
        options.world_file = Some(file.clone());
        options.call_limits = false;
    })
    .await;
    let requests = (0..50).map(|number| {
        let request = bench.gorgias(reqwest::Method::POST, "/tickets").json(&hand_off(&format!("conv_{number}")));
        tokio::spawn(async move { request.send().await.unwrap().status() })
    });
    for request in requests.collect::<Vec<_>>() {
        assert_eq!(request.await.unwrap(), 201);
    }
    let stored: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(stored["world"]["helpdesk"]["tickets"].as_array().unwrap().len(), 50);
    assert!(!folder.path().join("world.json.new").exists());
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let start = async |change: &dyn Fn(&mut SandboxOptions)| {
        let mut options = SandboxOptions::new(demo());
        change(&mut options);
        Sandbox::start(options).await.err().expect("it must not start")
    };
    let damaged = folder.path().join("damaged.json");
    std::fs::write(&damaged, "{\"format\":1,").unwrap();
    let error = start(&|options| options.world_file = Some(damaged.clone())).await;
    assert!(error.to_string().contains("is damaged") && error.to_string().contains("delete it"), "{error}");
    let nowhere = folder.path().join("no/such/folder/world.json");
    assert!(matches!(
        start(&|options| options.world_file = Some(nowhere.clone())).await,
        SandboxError::WorldFile { .. }
    ));

    let taken = Bench::start().await;
    let address = taken.sandbox.shopify_url().replace("http://", "").replace("/shopify", "").parse().unwrap();
    let error = start(&move |options| options.address = address).await;
    assert!(error.to_string().contains("cannot listen") && error.to_string().contains("another port"), "{error}");
}

#[tokio::test]
async fn a_stopped_sandbox_frees_its_port_and_its_clients() {
    let bench = Bench::start().await;
    let address = bench.sandbox.shopify_url().replace("http://", "").replace("/shopify", "").parse().unwrap();
    assert_eq!(bench.shopify(json!({"query": "{ shop { name } }"})).await.status(), 200);
    let started = Instant::now();
    bench.sandbox.shutdown().await;
    assert!(started.elapsed() < Duration::from_secs(2), "an idle connection held the end up");
    let again = Bench::with(|options| options.address = address).await;
    assert_eq!(again.shopify(json!({"query": "{ shop { name } }"})).await.status(), 200);
}

#[tokio::test]
async fn only_the_last_requests_are_kept() {
    let bench = Bench::with(|options| options.call_limits = false).await;
    let url = format!("{}/v2/nothing", bench.sandbox.easypost_url());
    for _ in 0..10_003 {
        bench.client.get(&url).send().await.unwrap();
    }
    let kept = bench.sandbox.requests();
    assert_eq!((kept.len(), kept[0].number, kept[9_999].number), (10_000, 4, 10_003));
    assert_eq!(kept[9_999].status, Some(404));
}
