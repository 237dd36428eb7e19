//! What `deskhand doctor` finds in a database: hand-offs that only a person can bring to their end.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use deskhand::domain::clock::Clock;
use deskhand::domain::id::StoreId;
use deskhand::sandbox::Fixture;
use deskhand::sandbox::world::front::{CHANNEL, id};
use deskhand::storage::deliveries::{Deliveries as _, NewDelivery, Outcome};
use deskhand::storage::sqlite::{SqliteOptions, SqliteStorage};
use deskhand::storage::vault::{Keyring, Vault};
use serde_json::{Value, json};

use crate::program::{Place, Program, Ran, Running};
use crate::servers::{after, ask, client, variables};

const QUESTION: &str = "I want to talk to a human please";

/// A live store over the sandbox's vendors, each a process of its own.
struct Store {
    place: Place,
    vendors: Place,
    variables: Vec<(String, String)>,
    key: String,
    _sandbox: Running,
}

impl Store {
    fn open() -> Self {
        let (place, vendors) = (Place::new(), Place::new());
        let mut sandbox = vendors.command(&["sandbox"]).start();
        let variables = variables(&mut sandbox);
        let store = Self { place, vendors, variables, key: String::new(), _sandbox: sandbox };
        let key = store.program(&["stores", "add-key", "main"]).run("").well().out.trim().to_owned();
        Self { key, ..store }
    }

    fn program(&self, arguments: &[&str]) -> Program<'_> {
        let program = self.place.command(arguments).env("DESKHAND_MODEL", "offline").env("DESKHAND_STORE_MODE", "act");
        self.variables.iter().fold(program, |program, (name, value)| program.env(name, value))
    }

    fn serve(&self) -> (Running, String) {
        let mut served = self.program(&["serve", "--address", "127.0.0.1:0"]).start();
        let url = format!("http://{}", after(&served.read_until("Listening"), "http://"));
        (served, url)
    }

    fn doctor(&self) -> Ran {
        self.program(&["doctor", "--quick"]).run("")
    }

    /// Asks the doctor until it has nothing to say.
    fn healed(&self) -> Ran {
        let began = Instant::now();
        loop {
            let doctor = self.doctor();
            if doctor.code == Some(0) || began.elapsed() > Duration::from_secs(40) {
                return doctor.well();
            }
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    async fn fault(&self, operation: &str, effect: Value) {
        let fault = json!({"vendor": "gorgias", "operation": operation, "effect": effect});
        let armed = client().post(self.control("/faults")).json(&fault).send().await.unwrap();
        assert_eq!(armed.status(), 201);
    }

    fn control(&self, path: &str) -> String {
        let url = std::fs::read_to_string(self.vendors.path(".deskhand/sandbox/control-url")).unwrap();
        format!("{}{path}", url.trim().trim_end_matches('/'))
    }
}

/// The line of the report that names this.
fn told<'a>(doctor: &'a Ran, name: &str) -> &'a str {
    doctor.shown().lines().find(|line| line.contains(name)).unwrap_or_else(|| panic!("{}", doctor.shown()))
}

#[tokio::test]
async fn a_ticket_that_was_given_up_is_told_until_a_person_dealt_with_it() {
    let store = Store::open();
    let healthy = store.doctor().well();
    assert!(healthy.out.contains("nothing is stuck; jobs that wait: 0"), "{}", healthy.shown());
    store.fault("POST /api/tickets", json!({"kind": "status", "code": 400})).await;
    let (served, url) = store.serve();
    let (opened, stream) = ask(&url, &store.key, QUESTION).await;
    assert!(stream.contains("event: turn.completed"), "{stream}");

    let sick = store.doctor();
    assert_eq!(sick.code, Some(1), "{}", sick.shown());
    insta::assert_snapshot!(told(&sick, "wrong [ID]:"));
    assert!(sick.out.contains("1 to fix."), "{}", sick.shown());

    let id = opened["conversation_id"].as_str().unwrap();
    let resolve = client().post(format!("{url}/v1/conversations/{id}/resolve")).bearer_auth(&store.key);
    assert_eq!(resolve.send().await.unwrap().status(), 200);
    store.doctor().well();
    assert_eq!(served.stop(), Some(0));
}

#[tokio::test]
async fn what_was_given_up_is_listed_and_tried_again_by_hand() {
    let store = Store::open();
    assert!(store.program(&["outbox"]).run("").well().out.contains("Nothing waits to leave"));
    store.fault("POST /api/tickets", json!({"kind": "status", "code": 400})).await;
    let (served, url) = store.serve();
    ask(&url, &store.key, QUESTION).await;
    let listed = store.program(&["outbox"]).run("").well();
    let line =
        listed.out.lines().find(|line| line.contains("given up")).unwrap_or_else(|| panic!("{}", listed.shown()));
    assert!(line.contains("ticket of conv_") && line.contains("(400)"), "{line}");
    let number = line.split_whitespace().next().unwrap();
    let unknown = store.program(&["outbox", "retry", "4711"]).run("");
    assert!(unknown.code == Some(1) && unknown.shown().contains("nothing of number 4711"), "{}", unknown.shown());

    client().delete(store.control("/faults")).send().await.unwrap();
    let revived = store.program(&["outbox", "retry", number]).run("").well();
    assert!(revived.out.contains("is tried again"), "{}", revived.shown());
    for _ in 0..100 {
        let world: Value = client().get(store.control("/world")).send().await.unwrap().json().await.unwrap();
        if world["helpdesk"]["tickets"].as_array().unwrap().len() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    store.healed();
    let world: Value = client().get(store.control("/world")).send().await.unwrap().json().await.unwrap();
    assert_eq!(world["helpdesk"]["tickets"].as_array().unwrap().len(), 1);
    assert!(store.program(&["outbox", "retry", "--all"]).run("").well().out.contains("Nothing was given up."));
    assert!(store.program(&["webhooks"]).run("").well().out.contains("All that vendors sent was worked off."));
    assert_eq!(served.stop(), Some(0));
}

#[tokio::test]
async fn a_ticket_in_doubt_is_told_until_the_helpdesk_has_answered() {
    let store = Store::open();
    store.fault("POST /api/tickets", json!({"kind": "cut_after"})).await;
    store.fault("GET /api/tickets", json!({"kind": "status", "code": 503})).await;
    let (served, url) = store.serve();
    let (_, stream) = ask(&url, &store.key, QUESTION).await;
    assert!(stream.contains("event: turn.completed"), "{stream}");
    assert_eq!(served.stop(), Some(0));

    let sick = store.doctor();
    assert_eq!(sick.code, Some(1), "{}", sick.shown());
    insta::assert_snapshot!(told(&sick, "wrong [ID]:"));

    client().delete(store.control("/faults")).send().await.unwrap();
    let (served, _) = store.serve();
    store.healed();
    assert_eq!(served.stop(), Some(0));
    let world: Value = client().get(store.control("/world")).send().await.unwrap().json().await.unwrap();
    assert_eq!(world["helpdesk"]["tickets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_doctor_says_whether_the_carrier_tells_here() {
    let mut store = Store::open();
    let doctor = |store: &Store| store.program(&["doctor"]).run("");
    let without = doctor(&store).well();
    assert!(
        without.out.contains("ok    main.easypost.webhooks: none; returned parcels are asked about"),
        "{}",
        without.shown()
    );
    store.variables.push(("DESKHAND_EASYPOST_WEBHOOK_SECRET".to_owned(), "a secret of ours".to_owned()));
    let unregistered = doctor(&store);
    assert_eq!(unregistered.code, Some(1), "{}", unregistered.shown());
    insta::assert_snapshot!(told(&unregistered, "wrong main.easypost.webhooks:"));
    assert!(store.doctor().well().out.contains("main.easypost.webhooks: its events are taken"), "nobody is asked");
    let of = |name: &str| store.variables.iter().find(|(known, _)| known == name).unwrap().1.clone();
    let register = async |url: &str| {
        let hooks = client().post(format!("{}/v2/webhooks", of("DESKHAND_EASYPOST_BASE_URL")));
        let hook = json!({"webhook": {"url": url, "webhook_secret": "a secret of ours"}});
        let hook = hooks.bearer_auth(of("DESKHAND_EASYPOST_API_KEY")).json(&hook).send().await.unwrap();
        assert_eq!(hook.status(), 201);
    };
    register("https://desk.example/webhooks/easypost/other").await;
    assert_eq!(doctor(&store).code, Some(1), "that is another store's");
    store
        .program(&["stores", "connect", "easypost", "--store", "main", "--url", "https://desk.example"])
        .run("")
        .well();
    let told = doctor(&store).well();
    assert!(told.out.contains("main.easypost.webhooks: they are sent to https://desk.example"), "{}", told.shown());
    store.variables.push(("DESKHAND_EASYPOST_WEBHOOK_SECRET".to_owned(), "short".to_owned()));
    let guessable = doctor(&store);
    assert!(guessable.out.contains("stores.main.easypost.webhook_secret: it is too short"), "{}", guessable.shown());
}

#[tokio::test]
async fn the_helpdesk_is_connected_once_however_often_it_is_asked_for() {
    let mut store = Store::open();
    let connect = ["stores", "connect", "gorgias", "--store", "main", "--url", "https://desk.example/agent/"];
    let told = store.program(&["doctor"]).run("").well();
    assert!(
        told.out.contains("main.gorgias.webhooks: none; what people answer in Gorgias reaches no chat"),
        "{}",
        told.shown()
    );

    // Where no secret is set, one is made, and kept for its owner alone.
    let made = store.program(&connect).run("").well();
    let kept = store.place.path(".deskhand/credentials.toml");
    let text = std::fs::read_to_string(&kept).unwrap();
    let secret = text.split('"').nth(1).unwrap();
    assert!(secret.len() > 40 && !made.shown().contains(secret), "{}", made.shown());
    assert!(made.shown().contains("stores.main.gorgias.webhook_secret"), "{}", made.shown());
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    let told = store.program(&["doctor"]).run("").well();
    assert!(told.out.contains("main.gorgias.webhooks: they are sent to https://desk.example"), "{}", told.shown());
    store.program(&connect).run("").well();
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), text, "it stays");

    // One that is set elsewhere goes before.
    store.variables.push(("DESKHAND_GORGIAS_WEBHOOK_SECRET".to_owned(), "a secret of the store's own".to_owned()));
    assert!(store.program(&["doctor"]).run("").shown().contains("sends its events nowhere that belongs to this store"));
    for _ in 0..2 {
        let connected = store.program(&connect).run("").well();
        assert!(connected.out.contains("gorgias sends its events to https://desk.example"), "{}", connected.shown());
        assert!(!connected.shown().contains("/webhooks/"), "where the address ends is a secret");
    }
    let world: Value = client().get(store.control("/world")).send().await.unwrap().json().await.unwrap();
    let integrations = world["helpdesk"]["integrations"].as_array().unwrap();
    assert_eq!(integrations.len(), 1, "{integrations:?}");
    let url = integrations[0]["url"].as_str().unwrap();
    assert!(url.starts_with("https://desk.example/agent/webhooks/gorgias/main/"), "{url}");
    let told = store.program(&["doctor"]).run("").well();
    assert!(told.out.contains("main.gorgias.webhooks: they are sent to https://desk.example"), "{}", told.shown());

    for (arguments, problem) in [
        (["shopify", "main", "https://desk.example"], "no vendor of that name sends events"),
        (["zendesk", "main", "https://desk.example"], "stores.main.zendesk.subdomain is missing: give it on a line"),
        (["gorgias", "nowhere", "https://desk.example"], "there is no store \"nowhere\""),
        (["gorgias", "main", "ftp://desk.example"], "--url is not an http(s) address"),
    ] {
        let [vendor, of, url] = arguments;
        let refused = store.program(&["stores", "connect", vendor, "--store", of, "--url", url]).run("");
        assert!(refused.code != Some(0) && refused.shown().contains(problem), "{}", refused.shown());
    }
}

#[tokio::test]
async fn what_a_carrier_told_in_vain_is_named_while_its_return_waits() {
    let store = Store::open();
    std::fs::write(store.place.path("policy.toml"), Fixture::juniper_and_pine_policy()).unwrap();
    let (served, url) = store.serve();
    let question = "The fleece from order #1002 is too small, I want to send it back. I am ana@example.com";
    let (_, stream) = ask(&url, &store.key, question).await;
    assert!(stream.contains("Here is your label"), "{stream}");
    assert_eq!(served.stop(), Some(0));
    let world: Value = client().get(store.control("/world")).send().await.unwrap().json().await.unwrap();
    let shipments = world["shipments"].as_array().unwrap();
    let bought = shipments.iter().find(|shipment| !shipment["postage"].is_null()).unwrap();

    let folder = store.place.path(".deskhand");
    let vault = Vault::new(Keyring::load_or_create(&folder.join("keyring")).unwrap());
    let storage = SqliteStorage::open(SqliteOptions::in_folder(&folder, vault)).await.unwrap();
    for (event, object) in [("evt_1", bought["id"].as_str().unwrap()), ("evt_2", "shp_somebody_elses")] {
        let (vendor, kind) = ("easypost".to_owned(), "tracker.updated".to_owned());
        let (store, at) = (StoreId::new("main"), Clock::machine());
        let delivery = NewDelivery { store, vendor, event: event.to_owned(), kind, object: object.to_owned(), at };
        assert!(storage.receive(delivery).await.unwrap());
    }
    for delivery in storage.take_deliveries("a desk", 10, Duration::from_secs(60)).await.unwrap() {
        let problem = "EasyPost cannot be reached: no answer in time".to_owned();
        storage.settle_delivery(&delivery, Outcome::Dead { problem }).await.unwrap();
    }
    storage.close().await;
    let sick = store.doctor();
    assert_eq!(sick.code, Some(1), "{}", sick.shown());
    assert!(sick.out.contains("1 to fix."), "{}", sick.shown());
    let line = told(&sick, "wrong [ID]:").replace(bought["id"].as_str().unwrap(), "shp_[ID]");
    insta::assert_snapshot!(line);
    let listed = store.program(&["webhooks"]).run("").well();
    assert_eq!(listed.out.matches("given up").count(), 2, "{}", listed.shown());
    assert!(listed.out.contains("easypost told main: tracker.updated of shp_"), "{}", listed.shown());
    let again = store.program(&["webhooks", "retry", "--all"]).run("").well();
    assert_eq!(again.out.matches("is looked into again").count(), 2, "{}", again.shown());
    assert_eq!(store.program(&["webhooks"]).run("").well().out.matches("waits").count(), 2);
}

/// An address that says once and for all that it takes nothing.
fn gone() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let mut head = [0_u8; 4096];
            let _ = socket.read(&mut head).unwrap();
            socket.write_all(b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        }
    });
    url
}

#[tokio::test]
async fn an_approval_of_which_nobody_was_told_is_named_until_it_is_decided() {
    let mut store = Store::open();
    let hook =
        [("DESKHAND_APPROVALS_WEBHOOK_URL", gone()), ("DESKHAND_APPROVALS_WEBHOOK_SECRET", "a secret of ours".into())];
    store.variables.extend(hook.map(|(name, value)| (name.to_owned(), value)));
    let healthy = store.doctor().well();
    assert!(healthy.out.contains("ok    main.approvals: signed notices to 127.0.0.1"), "{}", healthy.shown());
    let key = store.program(&["stores", "add-key", "main", "--kind", "approver"]).run("").well().out.trim().to_owned();
    let (served, url) = store.serve();
    let question = "Order #1016, hal@example.com: one mug arrived broken, I want my money back";
    let (_, stream) = ask(&url, &store.key, question).await;
    assert!(stream.contains("event: approval.requested"), "{stream}");
    let began = Instant::now();
    let sick = loop {
        let doctor = store.doctor();
        if doctor.code == Some(1) || began.elapsed() > Duration::from_secs(20) {
            break doctor;
        }
        std::thread::sleep(Duration::from_millis(200));
    };
    insta::assert_snapshot!(told(&sick, "wrong [ID]:"));
    let pending = client().get(format!("{url}/v1/approvals?state=pending")).bearer_auth(&key);
    let pending: Value = pending.send().await.unwrap().json().await.unwrap();
    let id = pending["approvals"][0]["approval_id"].as_str().unwrap();
    let deny = client().post(format!("{url}/v1/approvals/{id}/deny")).bearer_auth(&key).json(&json!({}));
    assert_eq!(deny.send().await.unwrap().status(), 200);
    store.doctor().well();
    assert_eq!(served.stop(), Some(0));
}

#[test]
fn an_announcement_that_would_go_nowhere_or_unsigned_stops_the_start() {
    let store = Store::open();
    for hook in [
        &[("WEBHOOK_URL", "http://shop.example/hook"), ("WEBHOOK_SECRET", "a secret of ours")][..],
        &[("WEBHOOK_URL", "https://shop.example/hook")],
        &[("WEBHOOK_URL", "https://shop.example/hook"), ("WEBHOOK_SECRET", "short")],
        &[("WEBHOOK_SECRET", "a secret of ours")],
        &[("EMAIL", "owner")],
    ] {
        let serve = store.program(&["serve", "--address", "127.0.0.1:0"]);
        let named = |name: &str| format!("DESKHAND_APPROVALS_{name}");
        let ran = hook.iter().fold(serve, |serve, (name, value)| serve.env(&named(name), value)).run("");
        insta::assert_snapshot!(ran.shown());
    }
}

#[tokio::test]
async fn zendesk_makes_the_secret_and_it_is_told_what_to_set() {
    let mut store = Store::open();
    let read =
        async |path: &str| -> Value { client().get(store.control(path)).send().await.unwrap().json().await.unwrap() };
    let about = read("/").await;
    let text = |pointer: &str| about.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let (user, token) = (text("/credentials/gorgias_email"), text("/credentials/zendesk_api_token"));
    let variables = [
        ("DESKHAND_ZENDESK_SUBDOMAIN", "juniper".to_owned()),
        ("DESKHAND_ZENDESK_BASE_URL", text("/urls/zendesk")),
        ("DESKHAND_ZENDESK_USER", user),
        ("DESKHAND_ZENDESK_API_TOKEN", token),
    ];
    let both =
        variables.iter().fold(store.program(&["doctor"]), |program, (name, value)| program.env(name, value)).run("");
    assert!(both.out.contains("stores.main.gorgias and stores.main.zendesk are both set"), "{}", both.shown());
    store.variables.retain(|(name, _)| !name.starts_with("DESKHAND_GORGIAS_"));
    let neither = store.program(&["doctor"]).run("");
    let missing = "stores.main.front or stores.main.gorgias or stores.main.zendesk or stores.main.intercom is missing";
    assert!(neither.out.contains(missing), "{}", neither.shown());
    store.variables.extend(variables.map(|(name, value)| (name.to_owned(), value)));
    let told = store.program(&["doctor"]).run("").well();
    assert!(told.out.contains("main.zendesk: account juniper"), "{}", told.shown());
    insta::assert_snapshot!(self::told(&told, "main.zendesk.webhooks"));

    let connect = ["stores", "connect", "zendesk", "--store", "main", "--url", "https://desk.example/agent/"];
    let kept = store.program(&connect).run("").well();
    let world: Value = client().get(store.control("/world")).send().await.unwrap().json().await.unwrap();
    let made = world["zendesk"]["webhooks"][0]["secret"].as_str().unwrap();
    assert!(!kept.shown().contains(made), "it is kept, not shown");
    let told = store.program(&["doctor"]).run("").well();
    assert!(told.out.contains("main.zendesk.webhooks: they are sent to https://desk.example"), "{}", told.shown());

    // For a server that has secrets of its own.
    let connected = store.program(&[&connect[..], &["--print"]].concat()).run("").well();
    let world: Value = client().get(store.control("/world")).send().await.unwrap().json().await.unwrap();
    let webhooks = world["zendesk"]["webhooks"].as_array().unwrap();
    assert_eq!(webhooks.len(), 1, "{webhooks:?}");
    assert_eq!(webhooks[0]["endpoint"], "https://desk.example/agent/webhooks/zendesk/main");
    let (name, secret) = connected.out.lines().last().unwrap().split_once('=').unwrap();
    assert_eq!((name, secret), ("DESKHAND_ZENDESK_WEBHOOK_SECRET", webhooks[0]["secret"].as_str().unwrap()));

    let (name, secret) = (name.to_owned(), secret.to_owned());
    store.variables.push((name, secret.clone()));
    let told = store.program(&["doctor"]).run("").well();
    assert!(told.out.contains("main.zendesk.webhooks: they are sent to https://desk.example"), "{}", told.shown());
    assert!(!told.shown().contains(&secret));
}

/// What is set nowhere is asked for, line by line, and kept: the server and the doctor find it there.
#[tokio::test]
async fn credentials_that_are_given_to_connect_are_kept() {
    let mut store = Store::open();
    let of = |store: &Store, name: &str| {
        store.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).unwrap()
    };
    let connect = ["stores", "connect", "gorgias", "--store", "main", "--url", "https://desk.example"];
    let names = ["DESKHAND_GORGIAS_DOMAIN", "DESKHAND_GORGIAS_USER", "DESKHAND_GORGIAS_API_KEY"];
    let lines: String = names.iter().map(|name| of(&store, name) + "\n").collect();
    let key = of(&store, "DESKHAND_GORGIAS_API_KEY");
    store.variables.retain(|(name, _)| !names.contains(&name.as_str()));
    let none = store.program(&connect).run("");
    assert_eq!(none.code, Some(1), "{}", none.shown());
    assert!(none.shown().contains("stores.main.gorgias.domain is missing: give it on a line"), "{}", none.shown());
    assert!(!store.place.path(".deskhand/credentials.toml").exists(), "nothing is kept of half an answer");

    let connected = store.program(&connect).run(&lines).well();
    assert!(connected.out.contains("gorgias sends its events to https://desk.example"), "{}", connected.shown());
    assert!(!connected.shown().contains(&key));
    let told = store.program(&["doctor"]).run("").well();
    assert!(told.out.contains("main.gorgias.webhooks: they are sent to https://desk.example"), "{}", told.shown());
    let (served, url) = store.serve();
    let (_, stream) = ask(&url, &store.key, QUESTION).await;
    assert!(stream.contains("event: handoff"), "{stream}");
    assert_eq!(served.stop(), Some(0));
    let world: Value = client().get(store.control("/world")).send().await.unwrap().json().await.unwrap();
    assert_eq!(world["helpdesk"]["tickets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn intercom_is_connected_by_hand_and_it_is_told_how() {
    let mut store = Store::open();
    let about: Value = client().get(store.control("/")).send().await.unwrap().json().await.unwrap();
    let text = |pointer: &str| about.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let agent = about["intercom"]["admin"].to_string();
    let (token, secret) = (text("/credentials/intercom_access_token"), text("/credentials/intercom_client_secret"));
    let variables = [
        ("DESKHAND_INTERCOM_APP_ID", text("/intercom/app_id")),
        ("DESKHAND_INTERCOM_BASE_URL", text("/urls/intercom")),
        ("DESKHAND_INTERCOM_ADMIN", agent),
        ("DESKHAND_INTERCOM_ACCESS_TOKEN", token),
    ];
    let both =
        variables.iter().fold(store.program(&["doctor"]), |program, (name, value)| program.env(name, value)).run("");
    assert!(both.out.contains("stores.main.gorgias and stores.main.intercom are both set"), "{}", both.shown());
    store.variables.retain(|(name, _)| !name.starts_with("DESKHAND_GORGIAS_"));
    store.variables.extend(variables.map(|(name, value)| (name.to_owned(), value)));
    let told = store.program(&["doctor"]).run("").well();
    assert!(told.out.contains("main.intercom: workspace "), "{}", told.shown());
    insta::assert_snapshot!(self::told(&told, "main.intercom.webhooks"));

    let connect = ["stores", "connect", "intercom", "--store", "main", "--url", "https://desk.example/agent/"];
    let connected = store.program(&connect).run("").well();
    insta::assert_snapshot!(connected.shown());
    assert!(connected.out.contains("https://desk.example/agent/webhooks/intercom/main"), "{}", connected.shown());

    store.variables.push(("DESKHAND_INTERCOM_CLIENT_SECRET".to_owned(), secret.clone()));
    let told = store.program(&["doctor"]).run("").well();
    assert!(told.out.contains("main.intercom.webhooks: its events are taken"), "{}", told.shown());
    assert!(!told.shown().contains(&secret));
    store.variables.push(("DESKHAND_INTERCOM_ADMIN".to_owned(), "1".to_owned()));
    let wrong = store.program(&["doctor"]).run("");
    assert!(wrong.shown().contains("intercom.admin is 1, which is no teammate"), "{}", wrong.shown());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn front_is_checked_and_what_is_to_be_set_there_is_told_step_by_step() {
    let mut store = Store::open();
    let read =
        async |path: &str| -> Value { client().get(store.control(path)).send().await.unwrap().json().await.unwrap() };
    let (about, world) = (read("/").await, read("/world").await);
    let text = |pointer: &str| about.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let agent = id("tea", world["helpdesk"]["users"][0]["id"].as_u64().unwrap());
    let variables = [
        ("DESKHAND_FRONT_BASE_URL", text("/urls/front")),
        ("DESKHAND_FRONT_API_TOKEN", text("/credentials/front_api_token")),
        ("DESKHAND_FRONT_APP_ID", text("/credentials/front_app_id")),
        ("DESKHAND_FRONT_APP_SECRET", text("/credentials/front_app_secret")),
        ("DESKHAND_FRONT_CHANNEL", id("cha", CHANNEL)),
        ("DESKHAND_FRONT_AGENT", agent),
    ];
    let both =
        variables.iter().fold(store.program(&["doctor"]), |program, (name, value)| program.env(name, value)).run("");
    assert!(both.out.contains("stores.main.front and stores.main.gorgias are both set"), "{}", both.shown());
    store.variables.retain(|(name, _)| !name.starts_with("DESKHAND_GORGIAS_"));
    store.variables.extend(variables.map(|(name, value)| (name.to_owned(), value)));
    let healthy = store.program(&["doctor"]).run("").well();
    assert!(healthy.out.contains("main.front: company Juniper & Pine"), "{}", healthy.shown());
    insta::assert_snapshot!(told(&healthy, "main.front.webhooks"));

    let app = text("/credentials/front_app_id");
    let connect = ["stores", "connect", "front", "--store", "main", "--url", "https://desk.example/agent/"];
    let steps = store.program(&connect).run("").well();
    insta::assert_snapshot!(steps.shown().replace(&app, "[APP]"));

    let wrong = store.program(&["doctor"]).env("DESKHAND_FRONT_APP_SECRET", "a secret that is another").run("");
    assert!(wrong.out.contains("front.app_id, front.app_secret and front.channel do not fit"), "{}", wrong.shown());
    let odd = store.program(&["doctor"]).env("DESKHAND_FRONT_CHANNEL", "chat").run("");
    assert!(odd.shown().contains("stores.main.front.channel"), "{}", odd.shown());
}

#[tokio::test]
async fn tags_that_could_be_taken_for_one_another_stop_the_start() {
    let store = Store::open();
    for (name, tag) in [("APPROVE_TAG", "desk"), ("DENY_TAG", "Deskhand-Approve"), ("HANDBACK_TAG", "  ")] {
        let variable = format!("DESKHAND_PEOPLE_{name}");
        let told = store.program(&["doctor"]).env(&variable, tag).run("");
        let key = format!("stores.main.people.{}", name.to_lowercase());
        assert!(told.code != Some(0) && told.shown().contains("a beginning of its own"), "{key}: {}", told.shown());
    }
}
