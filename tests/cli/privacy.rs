//! What `deskhand privacy` hands out of a person, and what it leaves of them.

use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};

use crate::program::{Place, Ran};
use crate::servers::{after, client};

const CANARY: &str = "zanzibar-canary";

fn conversation_of(ran: &Ran) -> String {
    regex::Regex::new("conv_[0-9a-f]{32}").unwrap().find(&ran.out).unwrap().as_str().to_owned()
}

/// A conversation in which an order's number and its address agreed.
fn talked(place: &Place, order: &str, email: &str) -> String {
    let text = format!("Where is my order {order}? My e-mail is {email}. {CANARY}\n");
    conversation_of(&place.command(&["chat"]).run(&text).well())
}

fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap()
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|item| item["conversation"].as_str().unwrap()).collect()
}

/// All that a copy of the database would show to whoever has the keyring, too.
async fn sealed(place: &Place) -> Vec<String> {
    let path = place.path(".deskhand/sandbox/deskhand.db");
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", path.display())).await.unwrap();
    let rows: Vec<(String,)> =
        sqlx::query_as("SELECT wrapped FROM data_keys UNION ALL SELECT sealed FROM events WHERE sealed IS NOT NULL")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    connection.close().await.unwrap();
    rows.into_iter().map(|(text,)| text).collect()
}

/// Every file below the data folder, one after the other.
fn bytes(place: &Place) -> Vec<u8> {
    let mut folders = vec![place.path(".deskhand")];
    let mut all = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { all.extend(std::fs::read(path).unwrap()) }
        }
    }
    all
}

fn contains(all: &[u8], text: &str) -> bool {
    all.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn an_export_holds_what_is_the_persons_and_nothing_of_others() {
    let place = Place::new();
    let (ana, hal) = (talked(&place, "#1001", "ana@example.com"), talked(&place, "#1016", "hal@example.com"));
    let export = place.run(&["privacy", "export", " Ana@Example.com "]).well();
    let told = document(&export);
    assert_eq!((told["format"].as_u64(), told["kind"].as_str()), (Some(1), Some("deskhand.privacy_export")));
    assert_eq!((told["store"].as_str(), told["customer"].as_str()), (Some("sandbox"), Some("ana@example.com")));
    assert_eq!(ids(&told["conversations"]), [ana.as_str()]);
    assert_eq!(told["conversations"][0]["proved_by"], "order");
    assert!(export.out.contains(CANARY) && export.out.contains("\"message.received\""), "{}", export.out);
    assert!(!export.out.contains(&hal) && !export.out.contains("hal@"), "another person's: {}", export.out);
    assert!(export.err.contains("1 conversation, 0 withheld"), "{}", export.err);

    let by_postcode =
        conversation_of(&place.command(&["chat"]).run("where is order 1001? my postcode is 97205\n").well());
    let both = document(&place.run(&["privacy", "export", "ana@example.com"]).well());
    assert_eq!(ids(&both["conversations"]), [ana.as_str(), by_postcode.as_str()]);

    let nobody = document(&place.run(&["privacy", "export", "nobody@example.com"]).well());
    assert_eq!(ids(&nobody["conversations"]), Vec::<&str>::new());
}

#[cfg(unix)]
#[test]
fn a_file_with_an_export_is_its_owners() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new();
    talked(&place, "#1001", "ana@example.com");
    let ran = place.run(&["privacy", "export", "ana@example.com", "--output", "ana.json"]).well();
    assert_eq!(ran.out, "");
    let mode = std::fs::metadata(place.path("ana.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "{mode:o}");
    let told: Value = serde_json::from_str(&std::fs::read_to_string(place.path("ana.json")).unwrap()).unwrap();
    assert_eq!(told["conversations"].as_array().unwrap().len(), 1);
}

#[test]
fn a_refund_is_exported_with_its_effect() {
    let place = Place::new();
    let lines = "Order #1016, hal@example.com: one mug arrived broken, I want my money back\nyes please\n";
    place.command(&["chat"]).run(lines).well();
    let told = document(&place.run(&["privacy", "export", "hal@example.com"]).well());
    let effect = &told["conversations"][0]["effects"][0];
    assert_eq!((effect["kind"].as_str(), effect["state"].as_str()), (Some("refund"), Some("confirmed")), "{effect}");
    assert_eq!(effect["wish"]["case"], "damaged");
    assert!(effect["request"].as_str().unwrap().contains("refund"), "{effect}");
}

/// Whoever opens a conversation may claim any address.
#[tokio::test]
async fn a_claimed_address_hands_out_nothing_until_somebody_looked() {
    let place = Place::new();
    let mut demo = place.command(&["demo", "--port", "0"]).start();
    let text = demo.read_until("Stop with Ctrl-C");
    let (url, key) = (after(&text, "is open: ").trim_end_matches('/'), after(&text, "KEY="));
    let opened = client().post(format!("{url}/v1/conversations")).bearer_auth(key);
    let opening = json!({"customer": {"email": "bob@example.com"}, "message": format!("Hello, {CANARY}")});
    let opened: Value = opened.json(&opening).send().await.unwrap().json().await.unwrap();
    let id = opened["conversation_id"].as_str().unwrap_or_else(|| panic!("{opened}"));
    assert_eq!(demo.stop(), Some(0));

    let export = |more: &[&str]| place.run(&[&["privacy", "export", "bob@example.com"], more].concat());
    let first = export(&[]).well();
    let told = document(&first);
    assert_eq!((ids(&told["conversations"]), ids(&told["withheld"])), (Vec::new(), vec![id]));
    assert_eq!(told["withheld"][0]["why"], "claimed_only");
    assert!(!first.out.contains(CANARY), "{}", first.out);
    let looked = export(&["--include", id]).well();
    assert!(looked.out.contains(CANARY) && document(&looked)["conversations"][0]["proved_by"].is_null());
    let stranger = export(&["--include", "conv_1"]);
    assert_eq!(stranger.code, Some(1), "{}", stranger.shown());
    assert!(stranger.err.contains("conv_1 never proved or claimed bob@example.com"), "{}", stranger.err);
    let erased = place.run(&["privacy", "erase", "bob@example.com", "--yes"]).well();
    assert!(erased.out.contains("Erased: 1 conversation."), "{}", erased.out);
}

#[tokio::test]
async fn nothing_survives_an_erasure_and_others_stay() {
    let place = Place::new();
    let (ana, hal) = (talked(&place, "#1001", "ana@example.com"), talked(&place, "#1016", "hal@example.com"));
    let before = sealed(&place).await;
    let erased = place.run(&["privacy", "erase", "ana@example.com", "--yes"]).well();
    insta::assert_snapshot!(erased.shown());
    let after = sealed(&place).await;
    let gone: Vec<&String> = before.iter().filter(|text| !after.contains(text)).collect();
    assert!(gone.len() > 5 && after.len() > 5, "{} of {} are gone", gone.len(), before.len());
    let all = bytes(&place);
    assert!(
        after.iter().filter(|text| !text.is_empty()).all(|text| contains(&all, text)),
        "the search finds what is there"
    );
    assert!(gone.iter().all(|text| !contains(&all, text)), "a key or what it sealed is still in the folder");
    assert!(!contains(&all, CANARY));

    let why = place.run(&["why", &ana]).well();
    assert!(why.out.contains("(erased)") && !why.out.contains(CANARY), "{}", why.out);
    assert!(place.run(&["why", &hal]).well().out.contains(CANARY), "another person's");
    let told = document(&place.run(&["privacy", "export", "ana@example.com"]).well());
    assert_eq!((ids(&told["conversations"]), ids(&told["withheld"])), (Vec::new(), Vec::new()));
    insta::assert_snapshot!(place.run(&["privacy", "erase", "ana@example.com", "--yes"]).well().shown());
}

#[test]
fn the_ledger_keeps_its_rows_without_the_person() {
    let place = Place::new();
    let lines = "Order #1016, hal@example.com: one mug arrived broken, I want my money back\nyes please\n";
    let id = conversation_of(&place.command(&["chat"]).run(lines).well());
    // The refund, and its letter where that was written before the chat ended.
    let before = document(&place.run(&["privacy", "export", "hal@example.com"]).well());
    let rows = before["conversations"][0]["effects"].as_array().unwrap().len();
    let erased = place.run(&["privacy", "erase", "hal@example.com", "--yes"]).well();
    let kept =
        if rows == 1 { "The ledger keeps 1 row (".to_owned() } else { format!("The ledger keeps {rows} rows (") };
    assert!(rows > 0 && erased.out.contains(&kept), "{}", erased.out);
    let why = place.run(&["why", &id]).well();
    assert!(why.out.contains("confirmed"), "{}", why.out);
    let again = place.command(&["chat"]).run(lines).well();
    assert!(
        !again.out.contains("\"decision\":\"waiting_for_approval\""),
        "the same mug is not paid twice: {}",
        again.out
    );
}

#[test]
fn nothing_is_erased_without_a_yes_or_beside_a_desk() {
    let place = Place::new();
    talked(&place, "#1001", "ana@example.com");
    insta::assert_snapshot!(place.run(&["privacy", "erase", "ana@example.com"]).shown());
    insta::assert_snapshot!(place.run(&["privacy", "erase", "ana"]).shown());
    insta::assert_snapshot!(place.run(&["privacy", "erase", "ana@example.com", "--store", "other", "--yes"]).shown());
    let mut chat = place.command(&["chat"]).start_with("Hello\n");
    chat.read_until("agent> ");
    insta::assert_snapshot!(place.run(&["privacy", "erase", "ana@example.com", "--yes"]).shown());
    drop(chat);
    assert_eq!(
        document(&place.run(&["privacy", "export", "ana@example.com"]).well())["conversations"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}
