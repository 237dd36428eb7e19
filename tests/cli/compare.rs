//! `deskhand eval --baseline shipped` and `--against`: what a change of the project does to the cases.

use std::collections::BTreeSet;

use deskhand::evals::run::{NEEDS_LLM, jobs};
use deskhand::evals::scripted::Scripted;
use deskhand::evals::suite;
use serde_json::Value;

use crate::program::{Place, Ran};
use crate::support::mind::sensible;
use crate::support::model_server::{ModelServer, Reply, Said};

const CASES: &str = r##"
cases:
  - name: broken-mug
    conversation: [{ say: "one mug of order #1016 arrived broken, I want my money back. hal@example.com" }]
    expect: { world: [{ refund: { order: "1016", amount: "24.00" } }, { mail: {} }] }
  - name: it-waits
    conversation: [{ say: "one mug of order #1016 arrived broken, I want my money back. hal@example.com" }]
    expect: { approvals: [{ order: "1016", reason: above_returnless_limit }] }
  - name: where-is-it
    conversation: [{ say: "Where is my order #1001? ana@example.com", reply: { contains: ["UPS"] } }]
  - name: by-pigeon
    conversation: [{ say: "Where is my order #1001? ana@example.com", reply: { contains: ["pigeon"] } }]
"##;

fn eval(place: &Place, more: &[&str]) -> Ran {
    place.run(&[&["eval"], more].concat())
}

fn read(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path(name)).unwrap()
}

fn json(place: &Place, name: &str) -> Value {
    serde_json::from_str(&read(place, name)).unwrap()
}

/// A project, whose policy writes this limit for what is broken.
fn project(limit: &str) -> Place {
    let place = Place::new();
    place.run(&["init", "."]).well();
    let policy = read(&place, "policy.toml");
    let section = policy.replace("# [refunds.damaged] ", "[refunds.damaged] ");
    let changed = section.replacen(
        "# no_return_limits = { USD = \"25.00\" }",
        &format!("no_return_limits = {{ USD = \"{limit}\" }}"),
        1,
    );
    assert!(section != policy && changed != section, "the project's policy reads otherwise: {policy}");
    place.file("policy.toml", &changed)
}

/// The lines that name cases as worse.
fn worse(ran: &Ran) -> Vec<&str> {
    ran.out.lines().filter_map(|line| line.strip_prefix("  worse: ")).collect()
}

/// What a limit of 24.99 decides otherwise than one of 25.00.
const ONE_CENT: [&str; 2] = ["policy-edges/exactly-the-returnless-limit", "policy-edges/two-halves-of-the-limit"];

#[test]
fn a_number_of_the_policy_turns_its_cases_red_and_no_others() {
    let place = project("25.00");
    let flags = ["--policy", "policy.toml", "--baseline", "shipped", "--filter", "policy-edges/"];
    let ran = eval(&place, &flags).well();
    assert!(ran.out.contains("Against the baseline:\n  nothing has changed\n"), "{}", ran.out);
    assert!(
        ran.out.contains("laid over the demo store's\nThe offline"),
        "a new project's rules are the same: {}",
        ran.out
    );
    let place = project("24.99");
    let ran = eval(&place, &flags);
    assert_eq!((ran.code, worse(&ran)), (Some(1), ONE_CENT.to_vec()), "{}", ran.shown());
    for told in [
        "FAILED policy-edges/exactly-the-returnless-limit  (evals/suites/policy-edges.yaml:4)",
        "shopper> one mug of order 1016 came broken, refund please.",
        "agent>   A colleague has to approve the refund of $25.00",
        "expected nothing else, but there was refund of 25.00 USD on #1016 [above_returnless_limit], pending",
        "deskhand eval show policy-edges/exactly-the-returnless-limit --policy policy.toml --chat",
        "laid over the demo store's\n  refunds.damaged.no_return_limits.USD: 24.99, not 25.00\n",
        "  worse: policy-edges/exactly-the-returnless-limit\n    expect.world[0]: expected a refund, order: \"1016\", amount: \"25.00\"",
    ] {
        assert!(ran.out.contains(told), "{told:?} is not in {}", ran.out);
    }
    let shown = eval(&place, &["show", "policy-edges/exactly-the-returnless-limit", "--policy", "policy.toml"]);
    assert!(shown.code == Some(1) && shown.out.contains("[above_returnless_limit], pending"), "{}", shown.shown());
    eval(&place, &["show", "policy-edges/exactly-the-returnless-limit"]).well();
}

#[test]
#[ignore = "takes a minute; .ci/run runs it"]
fn a_number_of_the_policy_turns_nothing_else_of_all_that_ships_red() {
    let ran = eval(&project("24.99"), &["--policy", "policy.toml", "--baseline", "shipped"]);
    assert_eq!((ran.code, worse(&ran)), (Some(1), ONE_CENT.to_vec()), "{}", ran.shown());
}

#[test]
fn a_word_in_a_prompt_turns_its_cases_red() {
    let place = Place::new();
    place.run(&["init", "."]).well();
    let prompt = read(&place, "prompts/refunds.md");
    let place = place.file("prompts/refunds.md", &prompt.replace(" issue_refund,", ""));
    let ran = eval(&place, &["--baseline", "shipped", "--filter", "mugs"]);
    assert!(ran.code == Some(1) && worse(&ran).contains(&"refunds/one-of-two-mugs"), "{}", ran.shown());
    assert!(ran.out.contains("expected a refund, order: \"1016\", amount: \"24.00\""), "{}", ran.out);
}

/// `the_suites_that_ship_pass_and_give_the_same_bytes` plays them; this one is quick.
#[test]
fn the_shipped_baseline_has_all_that_the_offline_model_plays() {
    let baseline: Value = serde_json::from_str(suite::BASELINE).unwrap();
    let cases = baseline["cases"].as_object().unwrap();
    let is_played = |job: &deskhand::evals::run::Job| {
        let scripted = job.case.as_ref().is_ok_and(|case| Scripted::of(case).is_some());
        scripted || job.tags.iter().all(|tag| tag != NEEDS_LLM)
    };
    let suites = suite::built_in();
    let played = suites.loaded.iter().flat_map(jobs).filter(is_played).map(|job| job.id);
    let (known, played): (BTreeSet<String>, BTreeSet<String>) = (cases.keys().cloned().collect(), played.collect());
    let differing: Vec<_> = known.symmetric_difference(&played).collect();
    let remedy = "deskhand eval --baseline evals/baseline.json --update-baseline";
    assert!(differing.is_empty(), "`{remedy}` writes these: {differing:?}");
    for (name, before) in cases {
        assert_eq!((&before["passed"], &before["trials"]), (&Value::from(1), &Value::from(1)), "{name}");
    }
}

#[test]
fn two_policies_side_by_side_are_told_case_by_case() {
    let place = Place::new().file("own.yaml", CASES).file("demo.toml", DEMO);
    let place = place.file("strict.toml", &DEMO.replace("25.00", "20.00"));
    let run = |name: &str, more: &[&str]| {
        let outputs = [".json", ".html", ".xml"].map(|kind| format!("{name}{kind}"));
        let flags = ["own.yaml", "--json", &outputs[0], "--html", &outputs[1], "--junit", &outputs[2]];
        (eval(&place, &[&flags[..], more].concat()), outputs.map(|name| read(&place, &name)))
    };
    let sides = ["--policy", "strict.toml", "--against", "policy=demo.toml"];
    let ((first, files), (second, again)) = (run("a", &sides), run("b", &[&sides[..], &["--jobs", "1"]].concat()));
    assert_eq!((&first.out, files), (&second.out, again), "two runs give the same bytes");
    assert_eq!(first.code, Some(1), "a case is worse, though another is better: {}", first.shown());
    for told in [
        "Against policy=demo.toml (4 cases on both sides):",
        "cases passed    2 of 4 ",
        "only the other side passes: own/broken-mug\n    expect.world[0]: expected a refund, order: \"1016\", amount: \"24.00\", but there was nothing",
        "only this side passes: own/it-waits\n    expect.world: expected nothing else, but there was refund of 24.00 USD on #1016",
        "This side is worse in some cases and better in others, both beyond noise: 1 case passes less often on this side, 1 more often; neither side leaves anything to chance",
    ] {
        assert!(first.out.contains(told), "{told:?} is not in {}", first.out);
    }
    let against = &json(&place, "a.json")["against"];
    assert_eq!((&against["finding"], &against["cases"]), (&Value::from("mixed"), &Value::from(4)), "{against}");
    assert_eq!(against["worse"][0]["case"], "own/broken-mug");
    assert_eq!(against["worse"][0]["there"]["passed"], true);
    assert!(against["other"]["model_calls"].as_u64() > Some(0), "{against}");
    let name = "refunds.damaged.no_return_limits.USD";
    assert!(
        first.out.contains(&format!("  Settings that differ:\n    {name}: 20.00 | 25.00\n  only")),
        "{}",
        first.out
    );
    assert_eq!(against["settings"], serde_json::json!([{ "name": name, "this": "20.00", "other": "25.00" }]));
    let page = read(&place, "a.html");
    assert!(page.contains(&format!("<tr><td>{name}<td>20.00<td>25.00")), "{page}");
    let summary = place.path("summary.md");
    let command = place.command(&[&["eval", "own.yaml", "--github"], &sides[..]].concat());
    command.env("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()).run("");
    let row = "| refunds.damaged.no\\_return\\_limits.USD | 20.00 | 25.00 |";
    assert!(std::fs::read_to_string(summary).unwrap().contains(row));
    let same = eval(&place, &["own.yaml", "--policy", "demo.toml", "--against", "policy=demo.toml"]).well();
    assert!(same.out.contains("  The two policies say the same.\n"), "{}", same.out);
    let junit = read(&place, "a.xml");
    let counted = "<testsuite name=\"own\" tests=\"4\" failures=\"2\" errors=\"0\" skipped=\"0\">";
    assert!(junit.contains(counted), "failures are this side's alone: {junit}");
    let of_suite = [
        ("against", "policy=demo.toml"),
        ("against.this", "2 of 4 cases passed"),
        ("against.other", "2 of 4 cases passed"),
        ("against.worse", "1"),
        ("against.better", "1"),
    ];
    assert_eq!(properties(&junit, "<testsuite name=\"own\"")[..5], of_suite.map(owned));
    let of_case = |name: &str| properties(&junit, &format!("name=\"{name}\""))[1..].to_vec();
    let passed = |side: &'static str| (side, "passed, 1 of 1 trials passed");
    let failed = |side: &'static str| (side, "failed, 0 of 1 trials passed");
    let (this, other) = ("against.this", "against.other");
    assert_eq!(
        of_case("broken-mug"),
        [failed(this), passed(other), ("against.comparison", "only the other side passes")].map(owned)
    );
    let waits = of_case("it-waits");
    assert_eq!(
        waits[..3],
        [passed(this), failed(other), ("against.comparison", "only this side passes")].map(owned),
        "{junit}"
    );
    assert!(waits[3].1.starts_with("expect.world: expected nothing else, but there was refund"), "{waits:?}");
    let same = ("against.comparison", "passes as often on both sides");
    assert_eq!(of_case("where-is-it"), [passed(this), passed(other), same].map(owned));
    assert_eq!(of_case("by-pigeon")[..3], [failed(this), failed(other), same].map(owned));
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The properties of the first element that begins with or has this.
fn properties(junit: &str, of: &str) -> Vec<(String, String)> {
    let rest = &junit[junit.find(of).unwrap()..];
    let block = &rest[..rest.find("</properties>").unwrap()];
    let one = regex::Regex::new("<property name=\"([^\"]*)\" value=\"([^\"]*)\"/>").unwrap();
    one.captures_iter(block).map(|found| (found[1].to_owned(), found[2].to_owned())).collect()
}

/// Enough of the demo store's rules.
const DEMO: &str = r#"
[refunds.damaged]
no_return = "automatic"
no_return_limits = { USD = "25.00" }
[limits.customer]
days = 30
most = { USD = "500.00" }
[limits.store]
days = 1
most = { USD = "5000.00" }
[returns]
window_days = 30
[mails]
confirmations = "deskhand"
"#;

#[test]
fn only_a_side_that_is_worse_ends_with_one() {
    let place = Place::new().file("own.yaml", CASES);
    place.run(&["init", "."]).well();
    std::fs::create_dir_all(place.path("drafts")).unwrap();
    let prompt = read(&place, "prompts/refunds.md");
    let place = place.file("drafts/refunds.md", &prompt.replace(" issue_refund,", ""));
    let summary = place.path("summary.md");
    let flags =
        ["eval", "own.yaml", "--policy", "demo.toml", "--against", "prompts=drafts", "--github", "--html", "a.html"];
    let place = place.file("demo.toml", DEMO);
    let ran = place.command(&flags).env("GITHUB_STEP_SUMMARY", summary.to_str().unwrap()).run("").well();
    assert!(ran.out.contains("only this side passes: own/broken-mug"), "{}", ran.out);
    assert!(
        ran.out.contains("This side is better, beyond noise: 0 cases pass less often on this side, 1 more"),
        "{}",
        ran.out
    );
    let summary = std::fs::read_to_string(summary).unwrap();
    assert!(!summary.contains("Settings") && !ran.out.contains("policies say the same"), "the rules are the same file");
    for told in [
        "#### Against prompts=drafts",
        "| cases passed | 2 of 4 | 1 of 4 | +1 |",
        "- **own/broken-mug**: only this side passes: expect.world\\[0\\]",
    ] {
        assert!(summary.contains(told), "{told:?} is not in {summary}");
    }
    let page = read(&place, "a.html");
    assert!(
        page.contains("<h2>Cases that differ</h2>") && page.contains("✗ prompts=drafts: expect.world[0]"),
        "{page}"
    );
    std::fs::rename(place.path("prompts"), place.path("first")).unwrap();
    std::fs::rename(place.path("drafts"), place.path("prompts")).unwrap();
    let ran = eval(&place, &["own.yaml", "--policy", "demo.toml", "--against", "prompts=first"]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.out.contains("only the other side passes: own/broken-mug"), "{}", ran.out);
    let same = eval(&place, &["own.yaml", "--policy", "demo.toml", "--against", "prompts=prompts"]).well();
    assert!(
        same.out.contains("No case came out otherwise."),
        "what fails on both sides is no difference: {}",
        same.out
    );
}

/// `m-1` answers as the offline model does, any other tells nothing.
async fn two_models() -> ModelServer {
    ModelServer::answering(|request| {
        let said = sensible(&request.body);
        let is_good = request.body["model"] == "m-1" || !said.calls.is_empty();
        Reply::from(if is_good { said } else { Said { text: "I do not know.".to_owned(), ..said } })
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_models_differ_beyond_noise_or_within_it() {
    let server = two_models().await;
    let place = Place::new().file("own.yaml", CASES);
    let run = |more: &[&str]| {
        let command =
            place.command(&[&["eval", "own.yaml", "--filter", "where-is-it", "--json", "m.json"], more].concat());
        command.env("OPENAI_BASE_URL", &server.base_url()).env("OPENAI_API_KEY", "k").run("")
    };
    let once = run(&["--model", "m-2", "--against", "model=m-1"]).well();
    assert!(once.out.contains("only the other side passes: own/where-is-it"), "{}", once.out);
    assert!(
        once.out.contains("The difference is within noise: 1 case passes less often on this side, 0 more often; by chance alone so many would be worse with a probability of 0.500 (sign test over cases). One trial of a live model tells little"),
        "{}",
        once.out
    );
    assert!(once.out.contains("models: m-2 at 127.0.0.1") && once.out.contains(" | m-1 at 127.0.0.1"), "{}", once.out);
    let ran = run(&["--model", "m-2", "--against", "model=m-1", "--trials", "5"]);
    assert_eq!(ran.code, Some(1), "{}", ran.shown());
    assert!(ran.out.contains("This side is worse, beyond noise: 1 case passes less often"), "{}", ran.out);
    assert!(ran.out.contains("pass^5          0.0 %"), "{}", ran.out);
    let against = &json(&place, "m.json")["against"];
    assert_eq!(against["worse"][0]["beyond_noise"], true, "{against}");
    assert_eq!((&against["this"]["passed"], &against["other"]["passed"]), (&Value::from(0), &Value::from(1)));
    let offline = run(&["--model", "m-1", "--against", "model=offline"]).well();
    assert!(offline.out.contains("No case came out otherwise."), "{}", offline.out);
    let asked = server.requests();
    assert!(asked.iter().any(|request| request.body["model"] == "m-2"));
    let same = run(&["--model", "m-1", "--against", "model=configured"]);
    assert!(same.code == Some(2) && same.err.contains("write the other one's name"), "{}", same.shown());
}

#[test]
fn what_cannot_be_the_other_side_is_told_before_anything_is_played() {
    let place = Place::new().file("own.yaml", CASES).file("demo.toml", DEMO);
    let place = place.file("wrong.toml", "[returns]\nwindow_dais = 3\n");
    place.run(&["tools", "export", "tools"]).well();
    std::fs::create_dir_all(place.path("odd")).unwrap();
    let place = place.file("odd/refunds.md", "no front matter").file("odd/get_order.json", "{}");
    let refused: [(&[&str], &str); 13] = [
        (&["--against", "mood=good"], "write model=NAME, policy=FILE, prompts=FOLDER or tools=FOLDER"),
        (&["--against", "policy"], "write what else: policy=…"),
        (&["--against", "policy=nope.toml"], "--against policy=nope.toml: cannot read nope.toml"),
        (&["--against", "policy=wrong.toml"], "wrong.toml:2: returns.window_dais: unknown field"),
        (&["--against", "prompts=nowhere"], "the folder nowhere cannot be read"),
        (&["--against", "prompts=tools"], "there are no prompts (*.md) in tools"),
        (&["--against", "prompts=odd"], "--against prompts=odd: prompts/refunds.md: it must begin with front matter"),
        (&["--against", "tools=odd"], "--against tools=odd: "),
        (&["--against", "model=m-2"], "--against model=m-2: "),
        (&["--against", "model=offline", "--against", "model=cassette"], "there is one other side"),
        (&["--against", "model=offline", "--baseline", "b.json"], "cannot be used with"),
        (&["--policy", "wrong.toml"], "wrong.toml:2: returns.window_dais: unknown field"),
        (&["--baseline", "shipped", "--update-baseline"], "the shipped baseline is the program's own: name a file"),
    ];
    for (flags, told) in refused {
        let ran = eval(&place, &[&["own.yaml"], flags].concat());
        assert!(ran.code == Some(2) && ran.err.contains(told), "{flags:?}: {told:?} is not in {}", ran.shown());
        assert!(!ran.err.contains("cases,"), "nothing was played: {}", ran.err);
    }
    let place = place.file("talk.yaml", &CASES.replace("cases:", "tags: [needs-llm]\ncases:"));
    let unheld = eval(&place, &["talk.yaml", "--against", "policy=demo.toml", "--junit", "unheld.xml"]);
    let told = "no case was judged on both sides, so nothing was compared";
    assert!(unheld.code == Some(2) && unheld.err.contains(told), "{}", unheld.shown());
    let skipped = properties(&read(&place, "unheld.xml"), "name=\"broken-mug\"");
    assert_eq!(skipped[1], owned(("against.this", "skipped")));
    assert_eq!(skipped[3], owned(("against.comparison", "judged on neither side")));
    let tools = eval(&place, &["own.yaml", "--filter", "where", "--against", "tools=tools"]).well();
    assert!(tools.out.contains("No case came out otherwise."), "{}", tools.out);
}

#[test]
fn a_page_shows_where_cases_pass_by_intent_and_by_theme() {
    let place = Place::new().file("own.yaml", CASES);
    eval(&place, &["own.yaml", "--html", "p.html", "--json", "p.json", "--baseline", "shipped"]);
    let told = json(&place, "p.json");
    let part = |kind: &str, name: &str| ["passed", "failed"].map(|count| told[kind][name][count].as_u64().unwrap());
    assert_eq!((part("intents", "refund_request"), part("intents", "order_status")), ([1, 1], [1, 1]), "{told}");
    assert_eq!(part("themes", "own"), [2, 2]);
    assert_eq!(told["cases"][2]["intent"], "order_status");
    let page = read(&place, "p.html");
    assert!(page.contains("By intent, as the router read the first message") && page.contains("<svg "), "{page}");
    assert!(page.contains("<a href=\"#case-4\">own&#x2f;by-pigeon</a>") && page.contains("id=\"case-4\""), "{page}");
}

#[test]
fn one_word_of_a_tools_description_is_told_with_the_cases_that_it_steers() {
    let place = Place::new().file("own.yaml", CASES);
    place.run(&["tools", "export", "stricter"]).well();
    let declared = read(&place, "stricter/issue_refund.json");
    let stricter = declared.replace("Needs an order matched by its e-mail address.", "Needs a verified shopper.");
    assert_ne!(declared, stricter);
    let place = place.file("stricter/issue_refund.json", &stricter);
    let ran = eval(&place, &["own.yaml", "--against", "tools=stricter"]).well();
    let told: Vec<&str> = ran.out.lines().filter(|line| line.contains("only this side passes")).collect();
    assert!(matches!(told.as_slice(), [one] if one.contains("own/broken-mug")), "{told:?}: {}", ran.shown());
    std::fs::rename(place.path("stricter"), place.path("tools")).unwrap();
    let ran = eval(&place, &["own.yaml"]);
    let told =
        "expected a refund, order: \"1016\", amount: \"24.00\", but there was mail to hal@example.com: Your code";
    assert!(ran.code == Some(1) && ran.out.contains(told), "{}", ran.shown());
}
