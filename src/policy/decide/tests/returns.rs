//! Goods that come back: windows, tags, deliveries.

use super::*;
use crate::policy::rules::{Handling, Payer};

#[test]
fn goods_come_back_freely_whatever_they_cost() {
    for (order, id) in [(order_1002(), "fleece"), (order_1005(), "jacket"), (order_1009(), "lantern")] {
        let decision = Shop::of(order).take_back(Case::ChangedMind, &pieces(id, 1));
        assert_eq!((decision.verdict, decision.pays, decision.reserves.len()), (Verdict::Allow, None, 0), "{id}");
    }
    let broken = Shop::of(order_1016()).take_back(Case::Damaged, &pieces("mug", 2));
    assert_eq!(broken.verdict, Verdict::Allow);
}

#[test]
fn the_thirtieth_day_after_delivery_is_the_last() {
    let mut shop = Shop::of(order_1002());
    let ask = |shop: &Shop| shop.take_back(Case::ChangedMind, &pieces("fleece", 1));
    let window = ask(&shop).facts.windows[0].clone();
    assert_eq!((window.delivered_on, window.last_day), (date("2026-11-20"), Some(date("2026-12-20"))));
    // Portland is eight hours behind: its 20th of December ends at 8 o'clock of the 21st.
    shop.now = "2026-12-21T07:59:59Z".parse().unwrap();
    assert_eq!(ask(&shop).verdict, Verdict::Allow);
    shop.now = "2026-12-21T08:00:00Z".parse().unwrap();
    assert_eq!(ask(&shop).verdict, Verdict::Deny(Reason::OutsideWindow));
    shop.zone = TimeZone::get("Asia/Tokyo").unwrap();
    shop.now = "2026-12-21T07:59:59Z".parse().unwrap();
    assert_eq!(ask(&shop).facts.windows[0].delivered_on, date("2026-11-21"), "the day is the store's");
}

#[test]
fn a_changed_mind_comes_too_late_after_75_days() {
    let shop = Shop::of(delivered(75, vec![line("chair", usd("96.00"), 1)]));
    let decision = shop.take_back(Case::ChangedMind, &pieces("chair", 1));
    assert_eq!(decision.verdict, Verdict::Deny(Reason::OutsideWindow));
    assert!(!decision.facts.windows[0].open);
    assert_eq!(shop.take_back(Case::Damaged, &pieces("chair", 1)).verdict, Verdict::Person(Reason::OutsideWindow));
}

#[test]
fn final_sale_excludes_a_changed_mind_and_nothing_else() {
    let shop = Shop::of(order_1006());
    let decision = shop.take_back(Case::ChangedMind, &pieces("beanie", 1));
    assert_eq!(decision.verdict, Verdict::Deny(Reason::FinalSale));
    assert_eq!(decision.facts.exclusions, [Exclusion { line: "beanie".to_owned(), tag: "Final-Sale".to_owned() }]);
    assert_eq!(shop.take_back(Case::Damaged, &pieces("beanie", 1)).verdict, Verdict::Allow);
    assert_eq!(shop.take_back(Case::WrongItem, &pieces("beanie", 2)).verdict, Verdict::Allow);
}

#[test]
fn one_excluded_line_holds_back_the_whole_ask() {
    let mut order = order_1002();
    order.lines[1].tags = vec!["final-sale".to_owned()];
    let both = [pieces("fleece", 1), pieces("socks", 1)].concat();
    let decision = Shop::of(order).take_back(Case::ChangedMind, &both);
    assert_eq!(decision.verdict, Verdict::Deny(Reason::FinalSale));
    assert_eq!(decision.facts.exclusions.len(), 1);
    assert_eq!(decision.facts.exclusions[0].line, "socks");
}

#[test]
fn what_did_not_arrive_cannot_come_back() {
    let mut shop = Shop::of(order_1002());
    let ask = |shop: &Shop| shop.take_back(Case::ChangedMind, &pieces("fleece", 1)).verdict;
    shop.order.fulfilments[0].delivered_at = None;
    for (status, expected) in [
        ("out_for_delivery", Verdict::Deny(Reason::NotDelivered)),
        ("fulfilled", Verdict::Person(Reason::DeliveryUnknown)),
        ("a word of tomorrow", Verdict::Person(Reason::DeliveryUnknown)),
        ("cancelled", Verdict::Deny(Reason::NotShipped)),
    ] {
        shop.order.fulfilments[0].status = status.to_owned();
        assert_eq!(ask(&shop), expected, "{status}");
    }
    let unsent = Shop::of(unfulfilled(vec![line("fleece", usd("64.00"), 1)]));
    assert_eq!(ask(&unsent), Verdict::Deny(Reason::NotShipped));
}

#[test]
fn a_carrier_knows_better_than_the_platform() {
    let mut shop = Shop::of(order_1002());
    let ask = |shop: &Shop| shop.take_back(Case::ChangedMind, &pieces("fleece", 1)).verdict;
    let word = |delivered_at| vec![CarrierWord { fulfilment: "first".to_owned(), delivered_at }];
    shop.carriers = word(None);
    assert_eq!(ask(&shop), Verdict::Deny(Reason::NotDelivered));
    shop.carriers = word(Some(days_ago(31)));
    assert_eq!(ask(&shop), Verdict::Deny(Reason::OutsideWindow));
    shop.order.fulfilments[0].delivered_at = None;
    shop.carriers = word(Some(days_ago(30)));
    assert_eq!(ask(&shop), Verdict::Allow);
}

/// Two of three came long ago, one yesterday.
fn split() -> Order {
    let mut order = delivered(75, vec![line("cup", usd("10.00"), 3)]);
    order.fulfilments[0].contents = vec![("cup".to_owned(), 2)];
    order.fulfilments.push(fulfilment("second", "delivered", Some(days_ago(1)), vec![("cup".to_owned(), 1)]));
    order
}

#[test]
fn every_unit_has_its_own_window_and_none_uses_anothers() {
    let mut shop = Shop::of(split());
    let ask = |shop: &Shop, quantity| shop.take_back(Case::ChangedMind, &pieces("cup", quantity)).verdict;
    assert_eq!(ask(&shop, 1), Verdict::Allow, "the one of yesterday");
    assert_eq!(ask(&shop, 2), Verdict::Deny(Reason::OutsideWindow));
    shop.spent.claimed = pieces("cup", 1);
    assert_eq!(ask(&shop, 1), Verdict::Deny(Reason::OutsideWindow), "the one of yesterday is taken");
    shop.spent.claimed.clear();
    shop.order.lines[0].refundable_quantity = 2;
    assert_eq!(ask(&shop, 1), Verdict::Deny(Reason::OutsideWindow), "whoever took it");
}

#[test]
fn units_that_were_taken_out_before_shipping_use_up_no_window() {
    let mut order = split();
    order.lines[0].quantity = 4;
    let shop = Shop::of(order);
    assert_eq!(shop.take_back(Case::ChangedMind, &pieces("cup", 1)).verdict, Verdict::Allow);
}

#[test]
fn an_exchange_is_a_persons_case_once_the_goods_may_come_back() {
    let ask = |order: Order, id: &str| {
        let shop = Shop::of(order);
        let pieces = pieces(id, 1);
        let ask = ReturnAsk { case: Case::ChangedMind, pieces: &pieces, outcome: Outcome::Exchange };
        shop.policy.take_back(&shop.at(), &ask).verdict
    };
    assert_eq!(ask(order_1002(), "fleece"), Verdict::Person(Reason::Exchange));
    assert_eq!(ask(order_1006(), "beanie"), Verdict::Deny(Reason::FinalSale));
}

#[test]
fn the_terms_of_a_return_are_told_before_it_is_made() {
    let policy = demo_with(|policy| {
        policy.refunds.changed_mind.restocking_fee_percent = 15;
        policy.refunds.changed_mind.label_paid_by = Payer::Shopper;
    });
    let shop = Shop::with_policy(order_1002(), policy);
    let terms = |case| shop.take_back(case, &pieces("fleece", 1)).facts.terms.unwrap();
    let dear = ReturnTerms { restocking_fee_percent: 15, label_paid_by: Payer::Shopper };
    let free = ReturnTerms { restocking_fee_percent: 0, label_paid_by: Payer::Store };
    assert_eq!((terms(Case::ChangedMind), terms(Case::Damaged)), (dear, free));
}

#[test]
fn nothing_comes_back_of_what_never_arrived() {
    let shop = Shop::of(order_1002());
    let decision = shop.take_back(Case::NeverArrived, &pieces("fleece", 1));
    assert_eq!(decision.verdict, Verdict::Deny(Reason::NothingToReturn));
    assert_eq!(shop.take_back(Case::Damaged, &[]).verdict, Verdict::Deny(Reason::NothingAsked));
}

#[test]
fn a_customer_with_the_tag_has_the_longer_window_and_the_higher_limit() {
    let policy = demo_with(|policy| {
        policy.vip.tags = vec!["VIP".to_owned()];
        policy.vip.window_days = Some(90);
        policy.vip.order_limits = toml::from_str("USD = \"400.00\"").unwrap();
    });
    let mut shop = Shop::with_policy(delivered(75, vec![line("jacket", usd("320.00"), 1)]), policy);
    let jacket = pieces("jacket", 1);
    let returned = |shop: &Shop| shop.take_back(Case::ChangedMind, &jacket).verdict;
    let paid = |shop: &Shop| shop.on_arrival(Case::ChangedMind, &jacket).verdict;
    assert_eq!(returned(&shop), Verdict::Deny(Reason::OutsideWindow));
    assert_eq!(paid(&shop), Verdict::NeedsApproval(Reason::AboveOrderLimit));
    shop.tag_customer(&["newsletter", "VIP"]);
    assert_eq!((returned(&shop), paid(&shop)), (Verdict::Allow, Verdict::Allow));
    shop.policy.vip.handling = Handling::Person;
    assert_eq!(returned(&shop), Verdict::Person(Reason::Vip));
}

#[test]
fn an_order_of_great_value_is_held_back_in_any_currency_without_an_amount() {
    let policy = demo_with(|policy| {
        policy.high_value.above = toml::from_str("USD = \"300.00\"").unwrap();
    });
    let ask =
        |order: Order, id| Shop::with_policy(order, policy.clone()).take_back(Case::Damaged, &pieces(id, 1)).verdict;
    assert_eq!(ask(order_1016(), "mug"), Verdict::Allow);
    assert_eq!(ask(order_1005(), "jacket"), Verdict::NeedsApproval(Reason::HighValueOrder));
    assert_eq!(ask(order_1009(), "lantern"), Verdict::NeedsApproval(Reason::HighValueOrder));
}

#[test]
fn an_order_that_was_cut_or_cancelled_is_a_persons_case() {
    let cut = Order { complete: false, ..order_1002() };
    let fleece = pieces("fleece", 1);
    assert_eq!(Shop::of(cut).take_back(Case::Damaged, &fleece).verdict, Verdict::Person(Reason::OrderCut));
    let cancelled = Order { cancelled_at: Some(days_ago(1)), ..order_1002() };
    let decision = Shop::of(cancelled).take_back(Case::Damaged, &fleece);
    assert_eq!(decision.verdict, Verdict::Person(Reason::AlreadyCancelled));
}
