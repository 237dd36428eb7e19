//! `deskhand stores connect`: vendors are told where to send, and what they need is kept or told.

use deskhand::sandbox::world::front::{CHANNEL, id};
use serde_json::Value;

use crate::doctor::{QUESTION, Store, told};
use crate::servers::{ask, client};

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
