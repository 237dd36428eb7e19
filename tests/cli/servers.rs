//! The demo, the server and the sandbox as processes.

use serde_json::{Value, json};

use crate::program::{Place, Running};

pub fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "a test is a client like any other")]
    reqwest::Client::new()
}

pub async fn ask(url: &str, key: &str, question: &str) -> (Value, String) {
    let client = client();
    let opened = client.post(format!("{url}/v1/conversations")).bearer_auth(key).json(&json!({}));
    let opened: Value = opened.send().await.unwrap().json().await.unwrap();
    let id = opened["conversation_id"].as_str().unwrap();
    let post = client.post(format!("{url}/v1/conversations/{id}/messages")).bearer_auth(key);
    let post = post.header("Accept", "text/event-stream").json(&json!({ "content": question }));
    (opened.clone(), post.send().await.unwrap().text().await.unwrap())
}

pub fn after<'a>(text: &'a str, mark: &str) -> &'a str {
    let rest = text.split_once(mark).unwrap_or_else(|| panic!("{mark:?} is not in {text}")).1;
    rest.split_whitespace().next().unwrap()
}

#[tokio::test]
async fn the_demo_prints_what_works() {
    let place = Place::new();
    let mut demo = place.command(&["demo", "--port", "0"]).start();
    let text = demo.read_until("Stop with Ctrl-C");
    assert!(text.contains("rules, not a language model. Nothing leaves this machine."), "{text}");
    let (url, key) = (after(&text, "is open: "), after(&text, "KEY="));
    let page = client().get(url).send().await.unwrap().text().await.unwrap();
    assert!(page.contains("<!doctype html>"), "{page}");
    let question = text.lines().find(|line| line.trim_start().starts_with("Where is my order")).unwrap().trim();
    let (_, stream) = ask(url, key, question).await;
    assert!(stream.contains("event: message.completed") && stream.contains("event: turn.completed"), "{stream}");
    assert!(stream.contains("track_shipment"), "{stream}");
    assert_eq!(demo.stop(), Some(0));
    // The same keys at the next start.
    let mut again = place.command(&["demo", "--port", "0", "--fresh"]).start();
    assert_eq!(after(&again.read_until("Stop with Ctrl-C"), "KEY="), key);
    assert_eq!(again.stop(), Some(0));
}

/// Carriers are asked once a minute; here nobody waits for that.
#[tokio::test]
async fn the_demo_pays_in_a_moment_for_what_has_come_back() {
    let place = Place::new();
    let mut demo = place.command(&["demo", "--port", "0"]).start();
    assert!(demo.read_until("Stop with Ctrl-C").contains("is open: "));
    assert_eq!(demo.stop(), Some(0));
    // Its second start finds the webhook of the first, which leads nowhere any more.
    let mut demo = place.command(&["demo", "--port", "0"]).start();
    let text = demo.read_until("Stop with Ctrl-C");
    let (url, key) = (after(&text, "is open: "), after(&text, "KEY="));
    let question = "The fleece from order #1002 is too small, I want to send it back. I am ana@example.com";
    let (opened, stream) = ask(url, key, question).await;
    assert!(stream.contains("Here is your label"), "{stream}");
    let began = std::time::Instant::now();
    place.run(&["sandbox", "later", "10d"]).well();
    let id = opened["conversation_id"].as_str().unwrap();
    loop {
        let read = client().get(format!("{url}/v1/conversations/{id}")).bearer_auth(key);
        let read = read.send().await.unwrap().text().await.unwrap();
        if read.contains("$64.00 has been refunded") {
            break;
        }
        assert!(began.elapsed() < std::time::Duration::from_secs(30), "{read}");
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(demo.stop(), Some(0));
}

/// What `deskhand sandbox` prints, as variables.
pub fn variables(sandbox: &mut Running) -> Vec<(String, String)> {
    let text = sandbox.read_until("ALL_ORDERS");
    let lines = text.lines().filter_map(|line| line.strip_prefix("export ")?.split_once('='));
    lines.map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned())).collect()
}

#[tokio::test]
async fn a_live_store_is_served_over_the_wire() {
    let vendors = Place::new();
    let mut sandbox = vendors.command(&["sandbox"]).start();
    let variables = variables(&mut sandbox);
    let place = Place::new();
    let program = |arguments: &[&str]| {
        let program = place.command(arguments).env("DESKHAND_MODEL", "offline").env("DESKHAND_STORE_MODE", "act");
        variables.iter().fold(program, |program, (name, value)| program.env(name, value))
    };
    let doctor = program(&["doctor"]).run("").well();
    for vendor in ["main.shopify", "main.easypost", "main.sendgrid", "main.gorgias"] {
        assert!(doctor.out.contains(&format!("ok    {vendor}: ")), "{}", doctor.out);
    }
    let key = program(&["stores", "add-key", "main"]).run("").well().out.trim().to_owned();
    assert!(key.starts_with("sk_"));
    let mut served = program(&["serve", "--address", "127.0.0.1:0"]).start();
    let url = format!("http://{}", after(&served.read_until("Listening"), "http://"));
    let (_, stream) = ask(&url, &key, "Where is my order #1001? My e-mail is ana@example.com").await;
    assert!(stream.contains("event: turn.completed") && stream.contains("\"carrier\":\"UPS\""), "{stream}");
    let second = program(&["chat", "--store", "main"]).run("Hello\n");
    assert_eq!(second.code, Some(2), "two desks would settle each other's work: {}", second.shown());
    assert!(second.err.contains("another deskhand is using") && second.err.contains("HTTP API"), "{}", second.err);
    let closed = client().get(&url).send().await.unwrap().text().await.unwrap();
    assert!(!closed.contains("pk_"), "the page of a live store carries no key");

    let old = program(&["stores", "show", "main"]).run("").well().out;
    let rotated = program(&["stores", "rotate-key", "main", after(&old, "key ")]).run("").well().out;
    assert!(rotated.starts_with("sk_") && rotated.trim() != key);
    assert_eq!(served.stop(), Some(0));
    let mail = vendors.run(&["sandbox", "mail"]).well();
    assert!(mail.err.contains("No mail was sent."), "{}", mail.shown());
    assert_eq!(sandbox.stop(), Some(0));
}
