//! What `deskhand policy explain` says of the demo store's orders, and of rules that cannot be meant.

use serde_json::{Value, json};

use crate::program::Place;
use crate::servers::variables;

#[test]
fn a_line_is_explained_by_the_demo_stores_rules() {
    let place = Place::new();
    insta::assert_snapshot!(place.run(&["policy", "explain", "#1016"]).well().shown());
    insta::assert_snapshot!(place.run(&["policy", "explain", "1006"]).well().shown());
    insta::assert_snapshot!(place.run(&["policy", "explain", "1003"]).well().shown());
}

#[test]
fn the_same_as_data() {
    let ran = Place::new().run(&["policy", "explain", "1016", "--json"]).well();
    let told: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(told["order_number"], "#1016");
    let forecasts = told["outlook"]["lines"][0]["forecasts"].as_array().unwrap();
    let at_once = |quantity: u64| {
        let found = forecasts.iter().find(|forecast| {
            forecast["case"] == "damaged" && forecast["way"] == "no_return" && forecast["quantity"] == quantity
        });
        found.unwrap()["decision"].clone()
    };
    assert_eq!(at_once(1)["verdict"], "allow");
    assert_eq!(at_once(1)["pays"], serde_json::json!({"amount": "24.00", "currency": "USD"}));
    assert_eq!(at_once(2)["verdict"], "needs_approval");
    assert_eq!(at_once(2)["reason"], "above_returnless_limit");
    assert_eq!(told["outlook"]["cancellation"]["reason"], "already_fulfilled");
}

#[test]
fn rules_that_are_not_in_use_yet_can_be_tried() {
    let place = Place::new().file("draft.toml", "[refunds.damaged]\nno_return = \"deny\"\n");
    let ran = place.run(&["policy", "explain", "1016", "--policy", "draft.toml"]).well();
    assert!(ran.out.contains("damaged, money at once, 1") && ran.out.contains("[goods_first]"), "{}", ran.out);
    assert!(ran.out.contains("[approval_required]"), "{}", ran.out);
}

#[test]
fn customers_whom_the_platform_tags_have_rules_of_their_own() {
    let draft = format!("{AS_IT_IS}\n[vip]\ntags = [\"VIP\"]\nwindow_days = 90\n");
    let place = Place::new().file("draft.toml", &draft);
    let code_of = |number: &str, rules: &[&str]| -> String {
        let ran = place.run(&[&["policy", "explain", number, "--json"], rules].concat()).well();
        let told: Value = serde_json::from_str(&ran.out).unwrap();
        let forecasts = told["outlook"]["lines"][0]["forecasts"].as_array().unwrap();
        let back = forecasts.iter().find(|told| told["case"] == "changed_mind" && told["way"] == "send_back").unwrap();
        back["decision"]["reason"].as_str().unwrap_or("allowed").to_owned()
    };
    assert_eq!(code_of("1004", &[]), "outside_window");
    assert_eq!(code_of("1004", &["--policy", "draft.toml"]), "allowed");
    assert_eq!(code_of("1006", &["--policy", "draft.toml"]), "final_sale");
}

#[test]
fn what_the_agent_paid_counts() {
    let told = paid().run(&["policy", "explain", "1016"]).well();
    insta::assert_snapshot!(told.shown());
}

#[test]
fn it_works_beside_a_running_sandbox_and_for_a_live_store() {
    let vendors = Place::new();
    let mut sandbox = vendors.command(&["sandbox"]).start();
    let variables = variables(&mut sandbox);
    let beside = vendors.run(&["policy", "explain", "1005"]).well();
    assert!(beside.out.contains("[above_order_limit]"), "{}", beside.out);
    let place = Place::new();
    let live = place.command(&["policy", "explain", "1005", "--store", "main"]);
    let live = variables.iter().fold(live, |command, (name, value)| command.env(name, value)).run("").well();
    assert!(live.out.contains("[approval_required]") && !live.out.contains("[allowed]"), "{}", live.out);
    assert_eq!(sandbox.stop(), Some(0));
}

#[test]
fn what_is_not_there_is_said() {
    let place = Place::new();
    insta::assert_snapshot!(place.run(&["policy", "explain", "9999"]).shown());
    insta::assert_snapshot!(place.run(&["policy", "explain", "1016", "--store", "other"]).shown());
    insta::assert_snapshot!(place.run(&["policy", "explain", "1016", "--policy", "none.toml"]).shown());
}

#[test]
fn rules_that_cannot_be_meant_stop_the_start() {
    for rules in [
        "[refunds.changed_mind]\norder_limits = { USD = \"15O.00\" }\n",
        "[refunds.changed_mind]\norder_limits = { USD = 150.0 }\n",
        "[cancellations]\nlimits = { DOLLARS = \"150.00\" }\n",
        "[cancellations]\nlimits = { USD = \"-1.00\" }\n",
        "[refunds.damaged]\nno_return = \"automatic\"\n",
        "[returns]\nwindow_days = 0\n",
        "[vip]\nwindow_days = 60\n",
        "[refunds.damaged]\nno_return = \"sometimes\"\n",
    ] {
        let ran = Place::new().file("policy.toml", rules).run(&["chat"]);
        insta::assert_snapshot!(format!("{rules}---\n{}", ran.shown()));
    }
}

const AS_IT_IS: &str = include_str!("../../src/sandbox/fixtures/juniper-and-pine.policy.toml");
const BROKEN: &str = "Order #1016, hal@example.com: one mug arrived broken, I want my money back\nyes please\n";

/// A place where a broken mug of 24.00 was paid back under the demo store's rules, and files with those and stricter ones.
fn paid() -> Place {
    let stricter = AS_IT_IS.replace("no_return_limits = { USD = \"25.00\" }", "no_return_limits = { USD = \"20.00\" }");
    assert_ne!(stricter, AS_IT_IS);
    let place = Place::new().file("old.toml", AS_IT_IS).file("new.toml", &stricter);
    let chat = place.command(&["chat"]).run(BROKEN).well();
    assert!(chat.out.contains("\"decision\":\"refunded\""), "{}", chat.out);
    place
}

#[test]
fn a_stricter_limit_lists_the_refund_that_it_would_have_held() {
    let place = paid();
    let listed = place.run(&["policy", "diff", "old.toml", "new.toml"]).well();
    insta::assert_snapshot!(regex::Regex::new(r"\d\d:\d\d ·").unwrap().replace_all(listed.shown(), "[TIME] ·"));
    let same = place.run(&["policy", "diff", "old.toml", "old.toml", "--fail-on-change"]).well();
    assert!(same.out.starts_with("0 of "), "{}", same.out);
    let failed = place.run(&["policy", "diff", "old.toml", "new.toml", "--fail-on-change", "--json"]);
    assert_eq!(failed.code, Some(1), "{}", failed.shown());
    let told: Value = serde_json::from_str(&failed.out).unwrap();
    let changed = told["changed"].as_array().unwrap();
    let acted: Vec<&Value> = changed.iter().filter(|changed| changed["acts"] == true).collect();
    let [only] = acted.as_slice() else { panic!("{told}") };
    assert_eq!((&only["order_number"], &only["old"]["code"]), (&json!("#1016"), &json!("allowed")));
    assert_eq!(only["old"]["pays"]["amount"], "24.00");
    assert_eq!(
        (&only["new"]["verdict"], &only["new"]["code"]),
        (&json!("needs_approval"), &json!("above_returnless_limit"))
    );
    assert!(only["conversation"].as_str().unwrap().starts_with("conv_"));
}

#[test]
fn only_the_window_counts_and_nobody_who_was_erased() {
    let place = paid();
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    let past = place.run(&["policy", "diff", "old.toml", "new.toml", "--since", "1s"]).well();
    assert_eq!(past.out, "0 of 0 decisions would come out otherwise.\n");
    let wrong = place.run(&["policy", "diff", "old.toml", "new.toml", "--since", "a month"]);
    assert_eq!(wrong.code, Some(2), "{}", wrong.shown());
    assert!(wrong.err.contains("such as 12h, 30d or 8w"), "{}", wrong.err);
    place.run(&["privacy", "erase", "hal@example.com", "--yes"]).well();
    let erased = place.run(&["policy", "diff", "old.toml", "new.toml"]).well();
    assert!(erased.out.starts_with("0 of 0 decisions") && erased.out.contains("erased: "), "{}", erased.out);
}

#[test]
fn why_tells_what_the_rules_said() {
    let place = paid();
    let list = place.run(&["policy", "diff", "old.toml", "new.toml"]).well();
    let id = regex::Regex::new("conv_[0-9a-f]{32}").unwrap().find(&list.out).unwrap().as_str().to_owned();
    let why = place.run(&["why", &id]).well();
    let policy = why.out.lines().skip_while(|line| !line.contains("policy      refund: allow [allowed]"));
    let [_, sentence, facts]: [&str; 3] =
        policy.take(3).collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("{}", why.out));
    assert!(sentence.contains("Allowed: 24.00 USD goes back at once"), "{sentence}");
    assert!(facts.contains("\"quoted\":{\"amount\":\"24.00\""), "{facts}");
}
