//! What `deskhand policy explain` says of the demo store's orders, and of rules that cannot be meant.

use serde_json::Value;

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
