//! What `deskhand doctor` finds in a database: hand-offs that only a person can bring to their end.

use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};

use deskhand::domain::clock::Clock;
use deskhand::domain::id::StoreId;
use deskhand::sandbox::Fixture;
use deskhand::storage::deliveries::{Deliveries as _, NewDelivery, Outcome};
use deskhand::storage::sqlite::{SqliteOptions, SqliteStorage};
use deskhand::storage::vault::{Keyring, Vault};
use serde_json::{Value, json};

use crate::program::{Place, Program, Ran, Running};
use crate::servers::{after, ask, client, variables};

pub const QUESTION: &str = "I want to talk to a human please";

/// A live store over the sandbox's vendors, each a process of its own.
pub struct Store {
    pub place: Place,
    vendors: Place,
    pub variables: Vec<(String, String)>,
    pub key: String,
    _sandbox: Running,
}

impl Store {
    pub fn open() -> Self {
        let (place, vendors) = (Place::new(), Place::new());
        let mut sandbox = vendors.command(&["sandbox"]).start();
        let variables = variables(&mut sandbox);
        let store = Self { place, vendors, variables, key: String::new(), _sandbox: sandbox };
        let key = store.program(&["stores", "add-key", "main"]).run("").well().out.trim().to_owned();
        Self { key, ..store }
    }

    pub fn program(&self, arguments: &[&str]) -> Program<'_> {
        let program = self.place.command(arguments).env("DESKHAND_MODEL", "offline").env("DESKHAND_STORE_MODE", "act");
        self.variables.iter().fold(program, |program, (name, value)| program.env(name, value))
    }

    pub fn serve(&self) -> (Running, String) {
        let mut served = self.program(&["serve", "--address", "127.0.0.1:0"]).start();
        let url = format!("http://{}", after(&served.read_until("Listening"), "http://"));
        (served, url)
    }

    pub fn doctor(&self) -> Ran {
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

    pub fn control(&self, path: &str) -> String {
        let url = std::fs::read_to_string(self.vendors.path(".deskhand/sandbox/control-url")).unwrap();
        format!("{}{path}", url.trim().trim_end_matches('/'))
    }
}

/// The line of the report that names this.
pub fn told<'a>(doctor: &'a Ran, name: &str) -> &'a str {
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
async fn tags_that_could_be_taken_for_one_another_stop_the_start() {
    let store = Store::open();
    for (name, tag) in [("APPROVE_TAG", "desk"), ("DENY_TAG", "Deskhand-Approve"), ("HANDBACK_TAG", "  ")] {
        let variable = format!("DESKHAND_PEOPLE_{name}");
        let told = store.program(&["doctor"]).env(&variable, tag).run("");
        let key = format!("stores.main.people.{}", name.to_lowercase());
        assert!(told.code != Some(0) && told.shown().contains("a beginning of its own"), "{key}: {}", told.shown());
    }
}
