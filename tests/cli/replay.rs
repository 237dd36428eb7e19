//! Conversations that were held are played again: nothing changes under the same rules, and under others the right one is
//! named with the decision that differs.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::import::{Talk, code};
use crate::program::Place;

const RULES: &str = include_str!("../../src/sandbox/fixtures/juniper-and-pine.policy.toml");
const LIMIT: &str = "no_return_limits = { USD = \"25.00\" }";

fn stricter() -> String {
    let rules = RULES.replace(LIMIT, "no_return_limits = { USD = \"20.00\" }");
    assert_ne!(rules, RULES);
    rules
}

fn world(place: &Place) -> Vec<u8> {
    std::fs::read(place.path(".deskhand/sandbox/world.json")).unwrap()
}

/// What is still under way when the desk stops would be done in a replay.
fn until_its_letter_is_out(place: &Place, conversation: &str) {
    let sent = regex::Regex::new(r"effect +letter \S+: confirmed").unwrap();
    let began = Instant::now();
    while !sent.is_match(&place.run(&["why", conversation]).out) {
        assert!(began.elapsed() < Duration::from_secs(30), "no letter was sent");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn report(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[tokio::test]
async fn a_changed_number_names_the_conversation_that_would_differ() {
    let place = Place::new().file("policy.toml", RULES);
    let mut demo = place.command(&["demo", "--port", "0"]).start();
    let mut talk = Talk::begin(&mut demo).await;
    talk.say("Where is my order #1001? My e-mail is ana@example.com").await;
    talk.say("can you send #1003 to 418 Juniper Lane, Unit 7, Chicago IL 60622 instead? ben@example.com").await;
    assert!(talk.say(&format!("the code is {}", code(&place, "ben@example.com"))).await.contains("418 Juniper Lane"));
    talk.say("I want to talk to a person").await;
    talk.another().await;
    let paid = talk.say("one mug of order #1016 arrived broken, I want my money back. hal@example.com").await;
    let paid = if paid.contains("$24.00") && paid.contains("refunded") { paid } else { talk.say("yes please").await };
    assert!(paid.contains("$24.00"), "{paid}");
    let refunded = talk.id.clone();
    until_its_letter_is_out(&place, &refunded);
    talk.another().await;
    talk.say("What is your return policy?").await;
    assert_eq!(demo.stop(), Some(0));
    let (before, course) = (world(&place), place.run(&["why", &refunded]).well().out);

    let same = place.run(&["replay", "--json", "same.json"]).well();
    assert!(same.out.contains("3 replayed: 3 unchanged, 0 would differ; 0 could not be replayed."), "{}", same.shown());
    assert!(same.err.contains("3/3 conversations, 0 to look at"), "{}", same.err);
    assert_eq!(report(&place.path("same.json"))["versions"], json!([]));

    let place = place.file("policy.toml", &stricter());
    let other = place.run(&["replay", "--since", "1d", "--json", "other.json"]);
    assert_eq!(other.code, Some(1), "{}", other.shown());
    let told = report(&place.path("other.json"));
    assert_eq!(told["counts"], json!({ "replayed": 3, "unchanged": 2, "differ": 1, "not_replayed": 0 }), "{told}");
    assert_eq!(told["conversations"][0]["conversation"], json!(refunded));
    for expected in
        ["refund: allow [allowed], 24.00 USD", "needs approval [above_returnless_limit], 24.00 USD", "effects"]
    {
        assert!(other.out.contains(expected), "{expected} is not in {}", other.out);
    }
    assert!(other.out.contains("Other than when they were held:\n  policy "), "{}", other.out);
    assert!(other.out.contains("turn 1: “one mug of order #1016 arrived broken"), "{}", other.out);

    place.run(&["export", &refunded, "--output", "transcript.json"]).well();
    let exported = place.run(&["replay", "transcript.json"]);
    assert!(exported.code == Some(1) && exported.out.contains("1 replayed: 0 unchanged"), "{}", exported.shown());
    assert_eq!(world(&place), before, "the sandbox's world");
    assert_eq!(place.run(&["why", &refunded]).well().out, course, "the log");
}

#[test]
fn what_versions_a_conversation_went_by_is_held_against_todays() {
    let place = Place::new();
    place.run(&["init", "."]).well();
    place.command(&["chat"]).run("Where is my order #1001? My e-mail is ana@example.com\n").well();
    place.run(&["replay"]).well();
    let prompt = place.path("prompts/wismo.md");
    let text = std::fs::read_to_string(&prompt).unwrap();
    std::fs::write(&prompt, text + "\nNever guess a date.\n").unwrap();
    let edited = place.run(&["replay"]).well();
    assert!(edited.out.contains("Other than when they were held:\n  prompt of wismo "), "{}", edited.out);
    assert!(!edited.out.contains("policy ") && edited.out.contains("1 replayed: 1 unchanged"), "{}", edited.out);
}

#[test]
fn articles_and_the_router_s_weights_that_are_others_today_are_named() {
    let place = Place::new();
    place.run(&["init", "."]).well();
    place.command(&["chat"]).run("Where is my order #1001? My e-mail is ana@example.com\n").well();
    let same = place.run(&["replay"]).well();
    assert!(!same.out.contains("Other than when they were held"), "{}", same.out);

    let article = std::fs::read_dir(place.path("help")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read_to_string(&article).unwrap();
    std::fs::write(&article, text.clone() + "\nParcels leave on Tuesdays.\n").unwrap();
    let edited = place.run(&["replay", "--json", "articles.json"]).well();
    assert!(edited.out.contains("Other than when they were held:\n  articles "), "{}", edited.out);
    assert!(!edited.out.contains("weights "), "{}", edited.out);
    assert_eq!(report(&place.path("articles.json"))["versions"][0]["changed"]["what"], "articles");

    std::fs::write(&article, text).unwrap();
    let mut weights = include_bytes!("../../prompts/router/weights.bin").to_vec();
    // The temperature, a little lower.
    weights[8] ^= 1;
    std::fs::create_dir_all(place.path("prompts/router")).unwrap();
    std::fs::write(place.path("prompts/router/weights.bin"), weights).unwrap();
    let learnt = place.run(&["replay"]).well();
    assert!(learnt.out.contains("Other than when they were held:\n  weights "), "{}", learnt.out);
    assert!(!learnt.out.contains("articles "), "{}", learnt.out);
}

#[test]
fn what_an_older_log_did_not_write_down_is_unknown_and_not_changed() {
    let place = Place::new();
    let talk = place.command(&["chat"]).run("Where is my order #1001? My e-mail is ana@example.com\n").well();
    let id = regex::Regex::new("conv_[0-9a-f]{32}").unwrap().find(&talk.out).unwrap().as_str().to_owned();
    let all = place.run(&["replay"]).well();
    assert!(!all.out.contains("written down"), "{}", all.out);
    place.run(&["export", &id, "--output", "new.json"]).well();
    let mut old = report(&place.path("new.json"));
    for event in old["events"].as_array_mut().unwrap() {
        let Some(versions) = event.get_mut("versions").and_then(Value::as_object_mut) else { continue };
        assert!(versions.remove("articles").is_some() && versions.remove("weights").is_some());
    }
    let place = place.file("old.json", &old.to_string());
    let ran = place.run(&["replay", "old.json", "--json", "told.json"]).well();
    for name in ["articles", "weights"] {
        assert!(ran.out.contains(&format!("Of 1 conversations no {name} were written down.")), "{}", ran.out);
    }
    let told = report(&place.path("told.json"));
    assert_eq!((&told["unknown"], &told["versions"]), (&json!({ "articles": 1, "weights": 1 }), &json!([])));
}

#[test]
fn what_cannot_be_replayed_is_said() {
    let place = Place::new().file("other.json", "{\"events\": 3}");
    let wrong = place.run(&["replay", "other.json", "conv_00000000000000000000000000000000"]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.shown());
    assert!(wrong.out.contains("other.json is no transcript; `deskhand export` writes one"), "{}", wrong.out);
    assert!(wrong.out.contains("0 replayed: 0 unchanged, 0 would differ; 2 could not be replayed."), "{}", wrong.out);
    assert!(wrong.err.contains("2 conversations could not be played again"), "{}", wrong.err);
    let nowhere = Place::new().run(&["replay"]);
    assert_eq!(nowhere.code, Some(2), "{}", nowhere.shown());
    assert!(
        nowhere.err.contains("there are no conversations in .deskhand; name their folder with --data"),
        "{}",
        nowhere.err
    );
}

#[tokio::test]
async fn what_other_conversations_had_used_up_of_a_limit_counts_as_it_did() {
    let rules = RULES.replace(LIMIT, "no_return_limits = { USD = \"100.00\" }");
    let rules = rules.replace("most = { USD = \"500.00\" }", "most = { USD = \"30.00\" }");
    assert!(rules.contains("100.00") && rules.contains("30.00"), "{rules}");
    let place = Place::new().file("policy.toml", &rules);
    let mut demo = place.command(&["demo", "--port", "0"]).start();
    let mut talk = Talk::begin(&mut demo).await;
    let paid = talk.say("one mug of order #1016 arrived broken, I want my money back. hal@example.com").await;
    assert!(paid.contains("$24.00"), "{paid}");
    until_its_letter_is_out(&place, &talk.id);
    talk.another().await;
    let waits = talk.say("both mugs of order #1016 are broken, I want my money back. hal@example.com").await;
    assert!(waits.contains("approve"), "{waits}");
    assert_eq!(demo.stop(), Some(0));
    assert!(place.run(&["why", &talk.id]).well().out.contains("above_customer_limit"));
    let same = place.run(&["replay"]).well();
    assert!(same.out.contains("2 replayed: 2 unchanged, 0 would differ"), "{}", same.shown());
    let wider = rules.replace("most = { USD = \"30.00\" }", "most = { USD = \"48.00\" }");
    let other = place.file("policy.toml", &wider).run(&["replay", &talk.id]);
    assert!(other.code == Some(1) && other.out.contains("refund: allow [allowed], 24.00 USD"), "{}", other.shown());
}
