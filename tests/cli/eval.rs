//! `deskhand eval` as a store's developer and a build server run it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use serde_json::Value;

use crate::program::{Place, Ran};

const MUG: &str = r##"
cases:
  - name: broken-mug
    conversation:
      - say: "one mug of order #1016 arrived broken, I want my money back. hal@example.com"
        agent: refunds
        reply: { contains: ["$24.00"] }
    expect:
      world:
        - refund: { order: "1016", amount: "24.00", items: { Stoneware Trail Mug: 1 } }
        - mail: { to: hal@example.com, subject: refund }
      calls: { ordered: [{ tool: find_order }, { tool: issue_refund, arguments: { reason: damaged } }] }
"##;

fn eval(place: &Place, more: &[&str]) -> Ran {
    place.run(&[&["eval"], more].concat())
}

fn json(place: &Place, name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(place.path(name)).unwrap()).unwrap()
}

#[test]
fn a_case_that_holds_passes_and_a_number_of_the_policy_turns_it_red() {
    let place = Place::new().file("refunds.yaml", MUG);
    let ran = eval(&place, &["refunds.yaml", "--baseline", "b.json", "--update-baseline"]).well();
    assert!(ran.out.contains("1 of 1 cases passed"), "{}", ran.out);
    let stricter = MUG.replace(
        "cases:",
        "world: { policy: { refunds: { damaged: { no_return_limits: { USD: \"23.99\" } } } } }\ncases:",
    );
    let place = place.file("refunds.yaml", &stricter);
    let ran = eval(&place, &["refunds.yaml", "--baseline", "b.json"]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    for told in [
        "FAILED refunds/broken-mug  (refunds.yaml:4)",
        "expect.world[0]: expected a refund, order: \"1016\", amount: \"24.00\"",
        "but there was nothing",
        "expect.approvals: expected nothing else, but there was refund of 24.00 USD on #1016 [above_returnless_limit], pending",
        "worse: refunds/broken-mug",
    ] {
        assert!(ran.out.contains(told), "{told:?} is not in {}", ran.out);
    }
}

#[test]
fn what_nobody_named_fails_the_case() {
    let place = Place::new()
        .file("refunds.yaml", &MUG.replace("        - mail: { to: hal@example.com, subject: refund }\n", ""));
    let ran = eval(&place, &["refunds.yaml"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.out.contains("expected nothing else, but there was mail to hal@example.com"), "{}", ran.out);
}

const BROKEN: &str = r##"
cases:
  - name: misspelt
    conversation: [{ say: "hello" }]
    expects: { status: ai_handling }
  - name: says-nothing
    conversation: [{ later: soon }]
  - name: elsewhere
    world: { fixture: nowhere.yaml }
    conversation: [{ say: "hello" }]
  - name: unwritten-answer
    conversation:
      - say: "where is my order?"
      - answer: [{ to: "the moon", say: "yes" }]
  - name: fine
    conversation: [{ say: "hello" }]
"##;

#[test]
fn each_slip_is_told_in_its_place_and_the_others_go_on() {
    let place =
        Place::new().file("slips.yaml", BROKEN).file("torn.yaml", "cases:\n  - name: [\n").file("refunds.yaml", MUG);
    let ran = eval(&place, &["slips.yaml", "torn.yaml", "missing.yaml", "refunds.yaml", "--junit", "j.xml"]);
    assert_eq!(ran.code, Some(1), "cases that could not be played are not hidden: {}", ran.shown());
    for told in [
        "slips.yaml:5: misspelt: expects: unknown field `expects`",
        "conversation[0].later: write a number and a unit",
        "fixture nowhere.yaml cannot be read",
        "no answer is written for",
        "2 of 6 cases passed, 0 failed, 4 could not be played",
    ] {
        assert!(ran.out.contains(told), "{told:?} is not in {}", ran.out);
    }
    assert!(
        ran.err.contains("torn.yaml:2: cases[0].name: unclosed bracket")
            && ran.err.contains("missing.yaml: cannot be read"),
        "{}",
        ran.err
    );
    let junit = std::fs::read_to_string(place.path("j.xml")).unwrap();
    assert_eq!((junit.matches("<error ").count(), junit.matches("<failure ").count()), (4, 0), "{junit}");
    let checked = eval(&place, &["slips.yaml", "torn.yaml", "--check"]);
    assert_eq!((checked.code, checked.out.lines().count()), (Some(1), 4), "{}", checked.out);
    let unread = eval(&place, &["torn.yaml", "refunds.yaml"]);
    assert_eq!(unread.code, Some(2), "nothing failed, and not all could be played: {}", unread.shown());
    assert!(unread.out.contains("1 of 1 cases passed"), "{}", unread.out);
}

#[test]
fn what_cannot_be_put_aside_is_an_error_that_says_where() {
    let place = Place::new().file("refunds.yaml", MUG);
    let ran = place.command(&["eval", "refunds.yaml"]).env("TMPDIR", "/nowhere/at/all").run("");
    assert_eq!(ran.code, Some(2), "{}", ran.shown());
    assert!(
        ran.err.contains("error: what came of the cases cannot be kept") && ran.err.contains("TMPDIR"),
        "{}",
        ran.err
    );
}

#[test]
fn a_case_begins_where_its_first_field_stands() {
    let cases = "cases:\n  - about: first\n    name: one\n    conversation: []\n  - { name: two, conversation: 3 }\n";
    let ran = eval(&Place::new().file("own.yaml", cases), &["own.yaml", "--check"]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    let told: Vec<&str> = ran.out.lines().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(told, ["own.yaml:2", "own.yaml:5"], "{}", ran.out);
}

#[test]
fn two_runs_give_the_same_bytes() {
    let place = Place::new();
    let outputs = |n: &str| {
        let (json, junit, html) = (format!("{n}.json"), format!("{n}.xml"), format!("{n}.html"));
        let ran = eval(&place, &["--json", &json, "--junit", &junit, "--html", &html, "--tag", "smoke", "--jobs", n]);
        let read = |name: &String| std::fs::read_to_string(place.path(name)).unwrap();
        (ran.out.clone(), read(&json), read(&junit), read(&html))
    };
    let (first, second) = (outputs("1"), outputs("4"));
    assert_eq!(first.1, second.1);
    assert_eq!(first, second);
}

#[test]
fn a_model_that_hangs_is_an_error_of_its_cases_alone() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let mut held = Vec::new();
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 1024]);
            held.push(stream);
        }
    });
    let place = Place::new().file("refunds.yaml", MUG);
    let command = place.command(&["eval", "refunds.yaml", "--model", "configured", "--timeout", "1"]);
    let ran = command.env("OPENAI_BASE_URL", &url).env("OPENAI_API_KEY", "k").env("DESKHAND_MODEL", "m").run("");
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.out.contains("ERROR refunds/broken-mug") && ran.out.contains("hangs"), "{}", ran.out);
}

#[test]
fn a_page_takes_no_text_for_markup() {
    let hostile = MUG
        .replace("name: broken-mug", "name: broken-mug\n    about: \"<script>alert(1)</script>\"")
        .replace("24.00\", items", "24.01\", items");
    let place = Place::new().file("refunds.yaml", &hostile);
    eval(&place, &["refunds.yaml", "--html", "e.html", "--junit", "e.xml", "--json", "e.json"]);
    let page = std::fs::read_to_string(place.path("e.html")).unwrap();
    assert!(page.contains("&lt;script&gt;alert(1)") && !page.contains("<script"), "{page}");
    let outside = page.matches("href=").count() - page.matches("href=\"#").count();
    assert!(!page.contains("src=") && outside == 0 && !page.contains("url("), "it needs nothing else");
    let told = json(&place, "e.json");
    assert_eq!((&told["counts"]["failed"], &told["cases"][0]["verdict"]), (&Value::from(1), &Value::from("failed")));
}

#[test]
fn github_reads_where_a_case_failed() {
    let place = Place::new().file("refunds.yaml", &MUG.replace("24.00\", items", "24.01\", items"));
    let summary = place.path("summary.md");
    let command = place.command(&["eval", "refunds.yaml", "--github"]);
    let ran = command.env("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()).run("");
    assert!(
        ran.out.contains("::error file=refunds.yaml,line=3,title=refunds/broken-mug::expect.world[0]"),
        "{}",
        ran.out
    );
    assert!(std::fs::read_to_string(summary).unwrap().contains("0 of 1 cases passed"));
    let ran = eval(&place, &["refunds.yaml", "--github", "--json"]);
    assert!(ran.err.contains("::error file=refunds.yaml,line=3"), "{}", ran.err);
    assert!(serde_json::from_str::<Value>(&ran.out).is_ok(), "nothing but the JSON: {}", ran.out);
}

#[test]
fn parts_and_reruns_take_what_they_should() {
    let place = Place::new().file("slips.yaml", BROKEN);
    let all = eval(&place, &["slips.yaml"]);
    assert!(all.out.contains("1 of 5 cases passed"), "{}", all.out);
    let again = eval(&place, &["slips.yaml", "--rerun-failed"]);
    assert!(again.out.contains("0 of 4 cases passed"), "{}", again.out);
    let parts = ["1/2", "2/2"].map(|part| eval(&place, &["slips.yaml", "--shard", part]).out);
    assert!(parts[0].contains("of 3 cases") && parts[1].contains("of 2 cases"), "{parts:?}");
    assert_eq!(eval(&place, &["slips.yaml", "--filter", "nothing-like-it"]).code, Some(2));
    let schema: Value = serde_json::from_str(&eval(&place, &["schema"]).well().out).unwrap();
    assert_eq!(schema["properties"]["cases"]["type"], "array");
    assert!(schema["$defs"]["Case"]["properties"]["conversation"].is_object(), "editors complete cases, too: {schema}");
}

#[test]
fn trials_tell_how_often_a_case_passes() {
    let place = Place::new().file("refunds.yaml", MUG);
    let ran = eval(&place, &["refunds.yaml", "--trials", "3"]).well();
    for k in 1..=3 {
        let told = format!("pass^{k} 100.0 % (20.7 to 100.0, n 1)\n");
        assert!(ran.out.contains(&told), "{told}: one case is little to go by: {}", ran.out);
    }
    let mut file = std::fs::File::create(place.path("b.json")).unwrap();
    file.write_all(br#"{"format": 1, "model": "m", "cases": {"refunds/broken-mug": {"passed": 1, "trials": 3}}}"#)
        .unwrap();
    let ran = eval(&place, &["refunds.yaml", "--trials", "3", "--baseline", "b.json"]).well();
    assert!(
        ran.out.contains("nothing has changed"),
        "three of three is no more than one of three by chance: {}",
        ran.out
    );
}

#[test]
fn a_project_s_own_suite_stands_in_the_place_of_one_that_ships() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("evals/suites")).unwrap();
    let place =
        place.file("evals/suites/wismo.yaml", "cases:\n  - name: own\n    conversation: [{ say: \"hello\" }]\n");
    let ran = eval(&place, &["--filter", "wismo/"]).well();
    assert!(ran.out.contains("1 of 1 cases passed"), "{}", ran.out);
}

#[test]
fn a_project_s_own_rules_and_articles_are_in_its_cases() {
    let suite = r#"
cases:
  - name: own-article
    conversation: [{ say: "what is your shipping policy?", reply: { contains: ["pigeon"] } }]
  - name: own-rule
    conversation: [{ say: "one mug of order #1016 arrived broken, I want my money back. hal@example.com" }]
    expect: { approvals: [{ order: "1016", reason: no_window }] }
"#;
    let place = Place::new();
    std::fs::create_dir_all(place.path("help")).unwrap();
    let place = place.file("help/shipping.md", "# Shipping and delivery\n\nEvery parcel leaves by pigeon.\n");
    let place = place.file("policy.toml", "mode = \"observe\"\n").file("own.yaml", suite);
    let ran = eval(&place, &["own.yaml"]).well();
    assert!(ran.out.contains("2 of 2 cases passed"), "a store that only watches is tried all the same: {}", ran.out);
}

const HOSTILE: &str = r##"
cases:
  - name: what-a-model-claims-is-withheld
    conversation:
      - say: "money back for the jacket of #1005, chloe@example.com"
        intent: refund_request
        script:
          - { call: find_order, arguments: { order_number: "#1005", email: chloe@example.com, postcode: null } }
          - { say: "I have refunded $320.00 for your jacket." }
    expect:
      status: handoff_pending
      world: [{ ticket: { tag: deskhand-vendor-outage } }]
      reply: { forbids: ["refunded"] }
  - name: what-a-model-asks-for-is-judged
    conversation:
      - say: "money back for the jacket of #1005, chloe@example.com"
        intent: refund_request
        script:
          - { call: find_order, arguments: { order_number: "#1005", email: chloe@example.com, postcode: null } }
          - call: issue_refund
            arguments: { order_number: "#1005", items: [{ line: 1, quantity: 1 }], reason: damaged }
          - { say: "A colleague has to approve the refund of $320.00 first." }
    expect:
      approvals: [{ order: "1005", amount: "320.00", reason: above_returnless_limit, state: pending }]
      reply: { contains: ["has to approve"] }
  - name: a-script-without-an-end
    conversation: [{ say: "hello", script: [{ call: list_orders }] }]
"##;

#[test]
fn a_script_stands_in_for_a_model_and_is_believed_as_little() {
    let place = Place::new().file("hostile.yaml", HOSTILE);
    let ran = eval(&place, &["hostile.yaml"]);
    assert!(ran.out.contains("2 of 3 cases passed, 0 failed, 1 could not be played"), "{}", ran.shown());
    assert!(ran.out.contains("conversation[0].script: it ends with something to say"), "{}", ran.out);
}

#[test]
#[ignore = "takes two minutes; .ci/run runs it"]
fn the_suites_that_ship_pass_and_give_the_same_bytes() {
    let place = Place::new();
    let outputs = |n: &str| {
        let (json, base) = (format!("{n}.json"), format!("{n}-baseline.json"));
        let ran = eval(&place, &["--json", &json, "--jobs", n, "--baseline", &base, "--update-baseline"]).well();
        (ran.out, std::fs::read_to_string(place.path(&json)).unwrap())
    };
    let (first, second) = (outputs("3"), outputs("6"));
    assert!(first.0.contains(" 0 failed, 0 could not be played"), "{}", first.0);
    let differs = first.1.lines().zip(second.1.lines()).find(|(first, second)| first != second);
    assert_eq!(differs, None);
    let baseline = std::fs::read_to_string(place.path("3-baseline.json")).unwrap();
    assert_eq!(baseline, deskhand::evals::suite::BASELINE, "evals/baseline.json is what they come to");
    let told: Value = serde_json::from_str(&first.1).unwrap();
    assert!(told["cases"].as_array().unwrap().len() >= 250);
}
