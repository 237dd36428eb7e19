use super::*;

const LABELS: &str = "labels.return_address = { line1 = \"1 Dock Road\", city = \"Boise\", country = \"US\" }\n\
    labels.parcel = { weight_grams = 500, length_cm = 30, width_cm = 20, height_cm = 10 }\n";

/// The key of the first rule that cannot be meant.
fn refused(toml: &str) -> String {
    let policy: Policy = toml::from_str(toml).unwrap();
    let error = policy.validate().unwrap_err();
    assert!(!error.problem.is_empty() && !error.fix.is_empty());
    error.key
}

#[test]
fn the_demo_stores_rules_and_those_of_a_store_that_wrote_none_are_sound() {
    let demo: Policy = toml::from_str(include_str!("../../sandbox/fixtures/juniper-and-pine.policy.toml")).unwrap();
    demo.validate().unwrap();
    Policy::default().validate().unwrap();
    let again: Policy = toml::from_str(&toml::to_string(&demo).unwrap()).unwrap();
    assert_eq!(again, demo, "what is written is what is read");
}

#[test]
fn a_window_has_days_where_it_is_needed() {
    assert_eq!(refused("returns.window_days = 0"), "returns.window_days");
    assert_eq!(refused("returns.window_days = 4000"), "returns.window_days");
    assert_eq!(refused("refunds.damaged.no_return = \"automatic\""), "returns.window_days");
    let none: Policy = toml::from_str(
        "returns.window_days = 0\n\
         refunds.changed_mind = { return_first = \"deny\", no_return = \"deny\" }\n\
         refunds.damaged = { return_first = \"deny\", no_return = \"deny\" }\n\
         refunds.wrong_item = { return_first = \"deny\", no_return = \"deny\" }\n",
    )
    .unwrap();
    none.validate().unwrap();
    let endless = "returns.window_days = 30\nrefunds.damaged.after_window = \"automatic\"";
    assert_eq!(refused(endless), "refunds.damaged.after_window");
}

#[test]
fn what_is_automatic_has_limits() {
    let window = "returns.window_days = 30\n";
    let case = |rule: &str| refused(&format!("{window}{rule}"));
    assert_eq!(case("refunds.damaged.no_return = \"automatic\""), "refunds.damaged.no_return_limits");
    assert_eq!(case("refunds.changed_mind.return_first = \"automatic\""), "refunds.changed_mind.order_limits");
    assert_eq!(refused("cancellations.unfulfilled = \"automatic\""), "cancellations.limits");
    let order = "cancellations = { unfulfilled = \"automatic\", limits = { USD = \"1.00\", EUR = \"1.00\" } }\n";
    assert_eq!(refused(order), "limits.customer.most");
    let customer = "limits.customer = { days = 30, most = { USD = \"5.00\", EUR = \"5.00\" } }\n";
    assert_eq!(
        refused(&format!("{order}{customer}limits.store = {{ days = 1, most = {{ USD = \"9.00\" }} }}")),
        "limits.store.most"
    );
    assert_eq!(refused("limits.store = { days = 0, most = {} }"), "limits.store.days");
}

#[test]
fn goods_that_are_taken_back_have_a_place_to_go_to() {
    let rules = "returns.window_days = 30\n\
        refunds.changed_mind = { return_first = \"automatic\", order_limits = { USD = \"9.00\" } }\n\
        limits.customer = { days = 30, most = { USD = \"9.00\" } }\n\
        limits.store = { days = 1, most = { USD = \"9.00\" } }\n";
    assert_eq!(refused(rules), "labels.return_address.line1");
    assert_eq!(refused(&format!("{rules}{}", LABELS.replace("height_cm = 10", "height_cm = 0"))), "labels.parcel");
    toml::from_str::<Policy>(&format!("{rules}{LABELS}")).unwrap().validate().unwrap();
}

#[test]
fn the_shopper_pays_nothing_for_the_stores_mistakes() {
    assert_eq!(refused("refunds.damaged.restocking_fee_percent = 5"), "refunds.damaged.restocking_fee_percent");
    assert_eq!(refused("refunds.wrong_item.label_paid_by = \"shopper\""), "refunds.wrong_item.label_paid_by");
    assert_eq!(
        refused("refunds.changed_mind.restocking_fee_percent = 101"),
        "refunds.changed_mind.restocking_fee_percent"
    );
}

#[test]
fn special_rules_say_for_whom() {
    assert_eq!(refused("vip.window_days = 60"), "vip.tags");
    assert_eq!(refused("vip.tags = [\" \"]"), "vip.tags");
    assert_eq!(refused("returns.window_days = 30\nvip = { tags = [\"vip\"], window_days = 20 }"), "vip.window_days");
    assert_eq!(refused("high_value.handling = \"person\""), "high_value.above");
    assert_eq!(refused("returns.excluded_tags = [\"\"]"), "returns.excluded_tags");
    assert_eq!(refused("approvals.expire_after_hours = 0"), "approvals.expire_after_hours");
    assert_eq!(refused("refunds.goodwill = \"automatic\""), "refunds.goodwill");
    assert_eq!(refused("refunds.never_arrived.handling = \"automatic\""), "refunds.never_arrived.overdue_days");
}
