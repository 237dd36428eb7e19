//! `deskhand eval --record` and `--model cassette`: what a model once said is said again, or it is told why not.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{Place, Ran};
use crate::support::mind::sensible;
use crate::support::model_server::{ModelServer, Reply, Said};

const KEY: &str = "hunter2-hunter2";
const SUITE: &str = r##"
cases:
  - name: broken-mug
    conversation:
      - say: "one mug of order #1016 arrived broken, I want my money back. hal@example.com"
        reply: { contains: ["$24.00"] }
    expect:
      world:
        - refund: { order: "1016", amount: "24.00" }
        - mail: { to: hal@example.com, subject: refund }
  - name: where-is-it
    conversation:
      - say: "Where is my order #1001? ana@example.com"
        reply: { contains: ["UPS"] }
  - name: wrong-hopes
    conversation: [{ say: "Where is my order #1001? ana@example.com", reply: { contains: ["by pigeon"] } }]
"##;

/// A model that answers as the offline one does.
async fn model() -> ModelServer {
    ModelServer::answering(|request| Reply::from(sensible(&request.body))).await
}

fn record(place: &Place, server: &ModelServer, more: &[&str]) -> Ran {
    let command = place.command(&[&["eval", "shop.yaml", "--record"], more].concat());
    let command = command.env("OPENAI_BASE_URL", &server.base_url()).env("OPENAI_API_KEY", KEY);
    command.env("DESKHAND_MODEL", "m-1").run("")
}

fn play(place: &Place, more: &[&str]) -> Ran {
    place.run(&[&["eval", "shop.yaml", "--model", "cassette"], more].concat())
}

fn json(place: &Place, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(place.path(name)).unwrap()).unwrap()
}

fn cassette(place: &Place, case: &str) -> String {
    std::fs::read_to_string(place.path(&format!("evals/cassettes/shop/{case}.json"))).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_recorded_is_played_without_a_server_to_the_same_end() {
    let place = Place::new().file("shop.yaml", SUITE);
    let server = model().await;
    let recorded = record(&place, &server, &["--json", "live.json"]);
    assert_eq!(recorded.code, Some(1), "{}", recorded.shown());
    assert!(recorded.out.contains("2 of 3 cases passed, 1 failed"), "{}", recorded.out);
    assert!(server.requests().len() >= 3);
    drop(server);
    let outputs = ["a", "b"].map(|name| {
        let file = |kind: &str| format!("{name}.{kind}");
        play(&place, &["--json", &file("json"), "--junit", &file("xml"), "--html", &file("html")]);
        ["json", "xml", "html"].map(|kind| std::fs::read_to_string(place.path(&file(kind))).unwrap())
    });
    assert_eq!(outputs[0], outputs[1], "two runs give the same bytes");
    let (mut live, mut played) = (json(&place, "live.json"), json(&place, "a.json"));
    assert_eq!(played["model"], "recorded, in evals/cassettes");
    live["model"] = Value::Null;
    played["model"] = Value::Null;
    assert_eq!(live, played, "the same conversations, calls, changes and verdicts");
    let text = cassette(&place, "broken-mug");
    for told in ["\"model\": \"m-1\"", "{\"call\":1,", "\"find_order\"", "data: [DONE]", "\"hal@example.com\""] {
        assert!(text.contains(told), "{told:?} is not in {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edited_prompt_makes_the_cassettes_of_its_agent_stale() {
    let place = Place::new().file("shop.yaml", SUITE);
    record(&place, &model().await, &[]);
    let prompt = std::fs::read_to_string(built_in("prompts/refunds.md")).unwrap();
    std::fs::create_dir_all(place.path("prompts")).unwrap();
    let place = place.file("prompts/refunds.md", &(prompt + "\nBe brief.\n"));
    let ran = play(&place, &["--github", "--json", "s.json", "--junit", "s.xml", "--html", "s.html"]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    for told in [
        "STALE shop/broken-mug  (shop.yaml:3)",
        "since it was recorded, the prompt of refunds has changed; \
         `deskhand eval shop.yaml --record --filter shop/broken-mug` records it anew",
        "1 of 2 cases passed, 1 failed, 0 could not be played, 1 stale, 0 skipped",
        "::error file=shop.yaml,line=3,title=shop/broken-mug::since it was recorded",
    ] {
        assert!(ran.out.contains(told), "{told:?} is not in {}", ran.out);
    }
    assert_eq!(json(&place, "s.json")["cases"][0]["verdict"], "stale");
    assert!(std::fs::read_to_string(place.path("s.xml")).unwrap().contains("<error type=\"stale\" message=\"since"));
    assert!(std::fs::read_to_string(place.path("s.html")).unwrap().contains("<b class=\"stale\">stale</b>"));
    let warned = play(&place, &["--filter", "broken-mug", "--stale", "warn", "--github", "--junit", "w.xml"]).well();
    assert!(warned.out.contains("::warning file=shop.yaml"), "{}", warned.out);
    assert!(std::fs::read_to_string(place.path("w.xml")).unwrap().contains("<skipped message=\"stale: since"));
    let again = play(&place, &["--rerun-failed"]);
    assert!(again.out.contains("1 stale"), "what is stale did not pass: {}", again.out);
    record(&place, &model().await, &["--filter", "shop/broken-mug"]).well();
    play(&place, &["--filter", "broken-mug"]).well();
}

#[tokio::test(flavor = "multi_thread")]
async fn another_word_of_the_shopper_is_a_miss_that_shows_the_nearest_recording() {
    let place = Place::new().file("shop.yaml", SUITE);
    record(&place, &model().await, &[]);
    let place =
        place.file("shop.yaml", &SUITE.replace("one mug of", "two mugs of").replace("wrong-hopes", "unrecorded"));
    let ran = play(&place, &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    for told in [
        "ERROR shop/broken-mug",
        "request 1 (router) is not recorded; the nearest recording is 1 (router), and messages[0].content is the first to \
         differ: \"one mug of order",
        "was recorded, \"two mugs of order",
        "ERROR shop/unrecorded",
        "nothing is recorded of it: there is no evals/cassettes/shop/unrecorded.json; \
         `deskhand eval shop.yaml --record --filter shop/unrecorded` makes it",
        "1 of 3 cases passed, 0 failed, 2 could not be played",
    ] {
        assert!(ran.out.contains(told), "{told:?} is not in {}", ran.out);
    }
    let place = place.file("evals/cassettes/shop/where-is-it.json", "{\"format\": 1}");
    let torn = play(&place, &["--filter", "where-is-it"]);
    assert!(torn.out.contains("where-is-it.json is no cassette: missing field"), "{}", torn.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cassette_holds_no_key_and_nobody_s_data_and_plays_all_the_same() {
    let said = "Where is my order #1001? ana@example.com. Else write to jane.roe@gmail.com or call +1 415 555 2671, ask \
                for jane roe or come to 77 Quarry Hollow";
    let jane = r#"{ email: "jane.roe@gmail.com", first_name: Jane, last_name: Roe,
        address: { line1: "77 Quarry Hollow", city: Bend, postcode: "97701", country: US } }"#;
    let suite = format!(
        "world: {{ customers: [{jane}] }}\ncases:\n  - name: personal\n    conversation: [{{ say: {said:?} }}]\n"
    );
    let place = Place::new().file("shop.yaml", &suite);
    let indiscreet = |said: Said| {
        let text = format!("I will write to jane.roe@gmail.com, call +1 415 555 2671, greet Jane Roe and use {KEY}.");
        if said.calls.is_empty() { Said { text, ..said } } else { said }
    };
    let server = ModelServer::answering(move |request| Reply::from(indiscreet(sensible(&request.body)))).await;
    let live = record(&place, &server, &["--json", "live.json"]);
    drop(server);
    let text = cassette(&place, "personal");
    let kept_out = [KEY, "jane", "Jane", "roe", "Roe", "Quarry", "gmail", "555 2671", "415", "Bearer", "authorization"];
    for kept_out in kept_out {
        assert!(!text.contains(kept_out), "{kept_out:?} is in {text}");
    }
    assert!(text.contains("ana@example.com") && text.contains("[email-1]") && text.contains("[phone-2]"), "{text}");
    let played = play(&place, &["--json", "played.json"]);
    assert_eq!(played.code, live.code, "{}", played.shown());
    let conversation = |name: &str| json(&place, name)["cases"][0]["trials"][0]["outcome"]["lines"].to_string();
    assert!(conversation("played.json").contains("jane.roe@gmail.com"), "names are taken back for what they stand for");
    assert_eq!(conversation("played.json").replace("[key-3]", KEY), conversation("live.json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_after_a_cassette_is_answered_by_the_stand_in_and_after_a_model_by_that_model() {
    let place = Place::new().file("shop.yaml", SUITE);
    let server = model().await;
    record(&place, &server, &["--filter", "where-is-it"]).well();
    let asked = || server.requests().len();
    let chat = |model: &str| {
        let command = place.command(&["eval", "show", "shop/where-is-it", "shop.yaml", "--chat", "--model", model]);
        let command = command.env("OPENAI_BASE_URL", &server.base_url()).env("OPENAI_API_KEY", KEY);
        command.run("and when will it arrive?\n").well()
    };
    let before = asked();
    let played = chat("cassette");
    assert!(played.out.contains("all is as expected") && played.out.contains("here answers: Deskhand's offline"));
    assert!(played.out.trim_end().ends_with("October 8.") && asked() == before, "{}", played.out);
    let live = chat("m-1");
    assert!(live.out.contains("here answers: m-1 at 127.0.0.1") && asked() > before, "{}", live.out);
    assert!(live.out.trim_end().ends_with("October 8."), "{}", live.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_of_a_cassette_tells_another_model_only_where_another_was_recorded() {
    let place = Place::new();
    let server = model().await;
    let live = |arguments: &[&str]| {
        let command = place.command(arguments).env("OPENAI_BASE_URL", &server.base_url());
        command.env("OPENAI_API_KEY", KEY).env("DESKHAND_MODEL", "m-1")
    };
    let chat = live(&["chat"]).run("Where is my order #1001? ana@example.com\n").well();
    let id = regex::Regex::new("conv_[0-9a-f]{32}").unwrap().find(&chat.out).unwrap().as_str().to_owned();
    let why = place.run(&["why", &id]).well();
    assert!(why.out.contains("model m-1 at 127.0.0.1"), "{}", why.out);
    live(&["eval", "import", &id, "--without-script"]).run("").well();
    live(&["eval", "evals/suites", "--record"]).run("").well();
    let asked = server.requests().len();
    let same = place.run(&["replay", &id, "--model", "cassette"]).well();
    assert!(same.out.contains("1 replayed: 1 unchanged") && !same.out.contains("m-1 at"), "{}", same.out);
    assert_eq!(server.requests().len(), asked, "nobody is asked");
    live(&["eval", "evals/suites", "--record", "--model", "m-2"]).run("").well();
    let other = place.run(&["replay", &id, "--model", "cassette"]).well();
    let told =
        regex::Regex::new(r"  model m-1 at 127\.0\.0\.1\S* → m-2, as it was recorded \(1 conversations\)").unwrap();
    assert!(told.is_match(&other.out), "{}", other.out);
    let offline = place.run(&["replay", &id]);
    assert!(offline.out.contains("→ Deskhand's offline stand-in"), "{}", offline.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn recording_is_refused_in_a_build_and_without_a_live_model() {
    let place = Place::new().file("shop.yaml", SUITE);
    let server = model().await;
    let command = place.command(&["eval", "shop.yaml", "--record"]).env("CI", "true");
    let command = command.env("OPENAI_BASE_URL", &server.base_url()).env("DESKHAND_MODEL", "m-1");
    let ran = command.run("");
    assert_eq!(ran.code, Some(2), "{}", ran.shown());
    assert!(ran.err.contains("--record is refused where CI is set"), "{}", ran.err);
    assert!(server.requests().is_empty() && !place.path("evals/cassettes").exists());
    let refusals: [(&[&str], &str); 3] = [
        (&["--record"], "--record asks a live model: set OPENAI_API_KEY"),
        (&["--record", "--model", "offline"], "leave --model out, or name one"),
        (&["--model", "gpt-5.2"], "set OPENAI_API_KEY, or OPENAI_BASE_URL"),
    ];
    for (flags, told) in refusals {
        let ran = place.run(&[&["eval", "shop.yaml"], flags].concat());
        assert!(ran.code == Some(2) && ran.err.contains(told), "{}", ran.shown());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_fails_leaves_no_cassette_and_another_model_makes_them_stale() {
    let place = Place::new().file("shop.yaml", SUITE);
    let broken = ModelServer::answering(|_| Reply::error(401, "invalid_api_key", "no such key")).await;
    let ran = record(&place, &broken, &["--filter", "where-is-it"]);
    assert!(ran.out.contains("the model did not answer all that it was asked, so nothing was recorded"), "{}", ran.out);
    assert!(!place.path("evals/cassettes").exists());
    record(&place, &model().await, &["--filter", "where-is-it", "--model", "m-2"]).well();
    play(&place, &["--filter", "where-is-it"]).well();
    let command = place.command(&["eval", "shop.yaml", "--model", "cassette", "--filter", "where-is-it"]);
    let ran = command.env("OPENAI_BASE_URL", "http://127.0.0.1:9/v1").env("DESKHAND_MODEL", "m-1").run("");
    assert!(ran.out.contains("the model has become m-1 (it was m-2)"), "{}", ran.shown());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cost_limit_begins_no_further_case_and_hides_none_that_failed() {
    let place = Place::new().file("shop.yaml", SUITE);
    let server = model().await;
    let limited = |place: &Place, prices: &[&str]| {
        let flags =
            ["eval", "shop.yaml", "--model", "configured", "--jobs", "1", "--json", "c.json", "--max-cost", "0.0001"];
        let command = place.command(&[flags.as_slice(), prices].concat());
        command.env("OPENAI_BASE_URL", &server.base_url()).env("DESKHAND_MODEL", "m-1").run("")
    };
    let prices = ["--price-in", "1", "--price-out", "4"];
    let ran = limited(&place, &prices);
    assert_eq!(ran.code, Some(2), "{}", ran.shown());
    assert!(ran.err.contains("2 cases were not run: the cost limit is reached"), "{}", ran.err);
    assert!(
        ran.out.contains("1 of 1 cases passed") && ran.out.contains("2 cases: not run (cost limit)"),
        "{}",
        ran.out
    );
    let told = json(&place, "c.json");
    assert_eq!(told["cases"][1]["skipped"], "not run (cost limit)");
    let number = |field: &str| told["spent"][field].as_u64().unwrap();
    assert_eq!(number("model_calls"), server.requests().len() as u64);
    let micros = number("input_tokens") + 4 * number("output_tokens");
    let cost: f64 = told["spent"]["cost"].as_str().unwrap().parse().unwrap();
    assert!((cost - micros as f64 / 1e6).abs() < 1e-9 && cost >= 0.0001, "{told}");
    assert!(ran.out.contains(&format!(" written, {} USD", told["spent"]["cost"].as_str().unwrap())), "{}", ran.out);
    let place = place.file("shop.yaml", &SUITE.replace("\"$24.00\"", "\"$25.00\""));
    let unpriced = limited(&place, &[]);
    assert!(unpriced.code == Some(2) && unpriced.err.contains("--price-in <USD>"), "{}", unpriced.shown());
    let failed = limited(&place, &prices);
    assert_eq!(failed.code, Some(1), "{}", failed.shown());
    assert!(failed.out.contains("FAILED shop/broken-mug") && failed.out.contains("2 cases: not run"), "{}", failed.out);
}

/// Whatever is committed here was recorded somewhere.
#[test]
fn no_committed_cassette_holds_a_key_or_a_real_person_s_data() {
    let mut files = Vec::new();
    cassettes_in(&built_in("evals/cassettes"), &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        assert_eq!(strangers(&text), Vec::<String>::new(), "{}", file.display());
    }
    let found = strangers("a@shop.example b@gmail.com sk-proj-abcdefghijklmnop 4111 1111 1111 1111 (415) 555-2671");
    assert_eq!(found.len(), 4, "{found:?}");
}

/// Keys, addresses that somebody may have, telephones and cards, read by other patterns than those that keep them out.
fn strangers(text: &str) -> Vec<String> {
    let found = |pattern: &str| {
        let regex = regex::Regex::new(pattern).unwrap();
        regex.find_iter(text).map(|found| found.as_str().to_owned()).collect::<Vec<_>>()
    };
    let address = |found: &String| !["example", "test", "invalid"].iter().any(|end| found.contains(end));
    let mut all: Vec<String> = found(r"[\w.+-]+@[\w-]+\.[\w.-]+").into_iter().filter(address).collect();
    all.extend(found(r"(?i)bearer [\w.-]{8,}|\b(?:sk|pk)[-_][\w-]{12,}"));
    all.extend(found(r"\(\d{3}\) ?\d{3}-\d{4}|\+\d[\d ]{8,}\d"));
    all.extend(found(r"\b\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{4}\b"));
    all
}

fn cassettes_in(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { cassettes_in(&path, into) } else { into.push(path) }
    }
}

fn built_in(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
