//! Money at once, money on arrival, goodwill.

use super::*;
use crate::domain::order::LineQuantity;
use crate::policy::rules::{Handling, Payer};

#[test]
fn one_broken_mug_is_refunded_the_second_one_needs_a_yes() {
    let first = Shop::of(order_1016()).refund(Case::Damaged, &pieces("mug", 1));
    assert_eq!((first.verdict, first.pays), (Verdict::Allow, Some(usd("24.00"))));
    let shop = Shop::of(order_1016()).after(usd("24.00"), pieces("mug", 1));
    let second = shop.refund(Case::Damaged, &pieces("mug", 1));
    assert_eq!(second.verdict, Verdict::NeedsApproval(Reason::AboveReturnlessLimit));
    assert_eq!(second.pays, Some(usd("24.00")));
    let limit = second.facts.limits[0];
    assert_eq!((limit.scope, limit.most, limit.used), (Scope::Order, Some(usd("25.00")), Some(usd("24.00"))));
    assert_eq!(second.instead, Some(Instead::ReturnFirst));
}

#[test]
fn two_broken_mugs_at_once_make_one_approval_for_both() {
    let both = Shop::of(order_1016()).refund(Case::Damaged, &pieces("mug", 2));
    assert_eq!(both.verdict, Verdict::NeedsApproval(Reason::AboveReturnlessLimit));
    assert_eq!(both.pays, Some(usd("48.00")));
    let twice = [pieces("mug", 1), pieces("mug", 1)].concat();
    assert_eq!(Shop::of(order_1016()).refund(Case::Damaged, &twice), both, "however it is written");
}

#[test]
fn a_refund_of_exactly_the_limit_is_within_it() {
    let shop = |price: &str| Shop::of(delivered(2, vec![line("cup", usd(price), 1)]));
    assert_eq!(shop("25.00").refund(Case::WrongItem, &pieces("cup", 1)).verdict, Verdict::Allow);
    let beyond = shop("25.01").refund(Case::WrongItem, &pieces("cup", 1));
    assert_eq!(beyond.verdict, Verdict::NeedsApproval(Reason::AboveReturnlessLimit));
}

#[test]
fn the_ledger_is_told_what_to_reserve() {
    let allowed = Shop::of(order_1016()).refund(Case::Damaged, &pieces("mug", 1));
    let expected =
        [(Scope::Order, None, "25.00"), (Scope::Customer, Some(30), "500.00"), (Scope::Store, Some(1), "5000.00")];
    let expected =
        expected.map(|(scope, days, most)| Reserve { scope, days, amount: usd("24.00"), most: Some(usd(most)) });
    assert_eq!(allowed.reserves, expected);
    assert_eq!(allowed.reserves[1].since(now()), days_ago(30));
    let waiting = Shop::of(order_1016()).refund(Case::Damaged, &pieces("mug", 2));
    assert_eq!(waiting.reserves.len(), 3, "a pending approval counts");
    assert!(waiting.reserves.iter().all(|reserve| reserve.most.is_none() && reserve.amount == usd("48.00")));
    let refused = Shop::of(order_1016()).refund(Case::Damaged, &pieces("mug", 3));
    assert_eq!((refused.reserves.len(), refused.pays), (0, None));
}

#[test]
fn a_changed_mind_gets_no_money_before_the_goods_are_back() {
    let decision = Shop::of(order_1002()).refund(Case::ChangedMind, &pieces("socks", 1));
    assert_eq!(decision.verdict, Verdict::Deny(Reason::GoodsFirst));
    assert_eq!(decision.instead, Some(Instead::ReturnFirst));
    let old = delivered(75, vec![line("chair", usd("96.00"), 1)]);
    let late = Shop::of(old).refund(Case::ChangedMind, &pieces("chair", 1));
    assert_eq!((late.verdict, late.instead), (Verdict::Deny(Reason::OutsideWindow), None));
}

#[test]
fn a_changed_mind_is_refunded_when_the_goods_have_arrived() {
    let shop = Shop::of(order_1002());
    let fleece = shop.on_arrival(Case::ChangedMind, &pieces("fleece", 1));
    assert_eq!((fleece.verdict, fleece.pays), (Verdict::Allow, Some(usd("64.00"))));
    let jacket = Shop::of(order_1005()).on_arrival(Case::ChangedMind, &pieces("jacket", 1));
    assert_eq!(jacket.verdict, Verdict::NeedsApproval(Reason::AboveOrderLimit), "320.00 is above 150.00");
    let again = Shop::of(order_1002()).after(usd("90.00"), Vec::new());
    let again = again.policy.refund_on_arrival(&again.at(), &arrival(&pieces("fleece", 1), "64.00", "82.00"));
    assert_eq!(again.verdict, Verdict::Person(Reason::AboveRefundable), "pending money is not there twice");
}

fn arrival<'a>(pieces: &'a [LineQuantity], amount: &str, maximum: &str) -> ArrivalAsk<'a> {
    ArrivalAsk {
        case: Case::ChangedMind,
        pieces,
        shipping: false,
        quote: Quote { amount: usd(amount), maximum: usd(maximum) },
        arrived_at: Some(now()),
        label_price: None,
    }
}

#[test]
fn what_the_agent_paid_before_counts_against_the_limit_and_what_staff_paid_does_not() {
    let mut shop = Shop::of(delivered(6, vec![line("pole", usd("60.00"), 4)]));
    shop.order.lines[0].refundable_quantity = 2;
    shop.order.refunded = usd("120.00");
    shop.order.refundable = usd("120.00");
    let by_staff = shop.on_arrival(Case::ChangedMind, &pieces("pole", 2));
    assert_eq!(by_staff.verdict, Verdict::Allow, "staff's 120.00 are no use of the agent's 150.00");
    shop.spent.order = usd("120.00");
    let by_agent = shop.on_arrival(Case::ChangedMind, &pieces("pole", 2));
    assert_eq!(by_agent.verdict, Verdict::NeedsApproval(Reason::AboveOrderLimit));
}

#[test]
fn no_money_on_arrival_before_the_goods_arrived() {
    let (shop, socks) = (Shop::of(order_1002()), pieces("socks", 1));
    for arrived_at in [None, Some(now() + jiff::SignedDuration::from_secs(1))] {
        let ask = ArrivalAsk { arrived_at, ..arrival(&socks, "18.00", "82.00") };
        let decision = shop.policy.refund_on_arrival(&shop.at(), &ask);
        assert_eq!(decision.verdict, Verdict::Deny(Reason::GoodsNotArrived));
    }
    let ask = ArrivalAsk { case: Case::NeverArrived, ..arrival(&socks, "18.00", "82.00") };
    assert_eq!(shop.policy.refund_on_arrival(&shop.at(), &ask).verdict, Verdict::Deny(Reason::NothingToReturn));
    let unsent = Shop::of(unfulfilled(vec![line("socks", usd("18.00"), 1)]));
    assert_eq!(unsent.on_arrival(Case::ChangedMind, &socks).verdict, Verdict::Person(Reason::NotShipped));
    let none = arrival(&[], "18.00", "82.00");
    assert_eq!(shop.policy.refund_on_arrival(&shop.at(), &none).verdict, Verdict::Deny(Reason::NothingAsked));
}

#[test]
fn fees_are_kept_of_a_refund_on_arrival() {
    let policy = demo_with(|policy| {
        policy.refunds.changed_mind.restocking_fee_percent = 15;
        policy.refunds.changed_mind.label_paid_by = Payer::Shopper;
    });
    let (shop, socks) = (Shop::with_policy(order_1002(), policy), pieces("socks", 1));
    let pay = |label: Option<Money>| {
        let ask = ArrivalAsk { label_price: label, ..arrival(&socks, "17.99", "82.00") };
        shop.policy.refund_on_arrival(&shop.at(), &ask)
    };
    let decision = pay(Some(usd("6.10")));
    assert_eq!((decision.verdict, decision.pays), (Verdict::Allow, Some(usd("9.20"))), "2.6985 is rounded down");
    assert!(decision.reserves.iter().all(|reserve| reserve.amount == usd("9.20")));
    assert_eq!(decision.facts.fees.len(), 2);
    assert_eq!(pay(Some(usd("15.30"))).verdict, Verdict::Person(Reason::FeesExceedAmount));
    let euros = Money::parse("5.00", "EUR".parse().unwrap()).unwrap();
    let foreign = pay(Some(euros));
    assert_eq!(foreign.verdict, Verdict::NeedsApproval(Reason::OtherCurrency));
    assert_eq!(foreign.pays, Some(usd("15.30")));
}

#[test]
fn the_store_pays_the_label_where_its_policy_says_nothing_else() {
    let (shop, socks) = (Shop::of(order_1002()), pieces("socks", 1));
    let ask = ArrivalAsk { label_price: Some(usd("6.10")), ..arrival(&socks, "18.00", "82.00") };
    assert_eq!(shop.policy.refund_on_arrival(&shop.at(), &ask).pays, Some(usd("18.00")));
}

#[test]
fn a_currency_without_a_limit_needs_a_yes() {
    let decision = Shop::of(order_1009()).refund(Case::Damaged, &pieces("lantern", 1));
    assert_eq!(decision.verdict, Verdict::NeedsApproval(Reason::NoLimitForCurrency));
    assert_eq!(decision.facts.limits[0].most, None);
    let back = Shop::of(order_1009()).on_arrival(Case::ChangedMind, &pieces("lantern", 1));
    assert_eq!(back.verdict, Verdict::NeedsApproval(Reason::NoLimitForCurrency));
    assert_eq!(back.pays.unwrap().to_string(), "12800 JPY");
}

#[test]
fn units_that_staff_refunded_are_gone() {
    let shop = Shop::of(order_1008());
    assert_eq!(shop.refund(Case::Damaged, &pieces("bottle", 1)).verdict, Verdict::Allow);
    let two = shop.refund(Case::Damaged, &pieces("bottle", 2));
    assert_eq!(two.verdict, Verdict::NeedsApproval(Reason::AboveReturnlessLimit));
    let three = shop.refund(Case::Damaged, &pieces("bottle", 3));
    assert_eq!(three.verdict, Verdict::Deny(Reason::TooManyUnits));
    assert_eq!(three.facts.shortages, [Shortage { line: "bottle".to_owned(), asked: 3, left: 2 }]);
    let pending = Shop::of(order_1008()).after(usd("15.00"), pieces("bottle", 1));
    let two = pending.refund(Case::Damaged, &pieces("bottle", 2));
    assert_eq!(two.verdict, Verdict::Deny(Reason::TooManyUnits), "the agent's own pending one is gone, too");
}

#[test]
fn what_is_not_in_the_order_is_refused() {
    let shop = Shop::of(order_1002());
    assert_eq!(shop.refund(Case::Damaged, &pieces("boots", 1)).verdict, Verdict::Deny(Reason::UnknownLine));
    assert_eq!(shop.refund(Case::Damaged, &pieces("socks", 0)).verdict, Verdict::Deny(Reason::NothingAsked));
    assert_eq!(shop.refund(Case::Damaged, &[]).verdict, Verdict::Deny(Reason::NothingAsked));
    let most = [pieces("socks", u32::MAX), pieces("socks", 2)].concat();
    let ask = RefundAsk {
        case: Case::Damaged,
        pieces: &most,
        shipping: false,
        quote: Quote { amount: usd("18.00"), maximum: usd("82.00") },
    };
    assert_eq!(shop.policy.refund(&shop.at(), &ask).verdict, Verdict::Deny(Reason::TooManyUnits));
}

#[test]
fn damaged_goods_are_taken_within_the_window_final_sale_included_and_later_by_a_person() {
    let beanie = Shop::of(order_1006()).refund(Case::Damaged, &pieces("beanie", 1));
    assert_eq!(beanie.verdict, Verdict::Allow);
    assert!(beanie.facts.exclusions.is_empty());
    let old = Shop::of(delivered(75, vec![line("bottle", usd("15.00"), 1)]));
    let late = old.refund(Case::Damaged, &pieces("bottle", 1));
    assert_eq!(late.verdict, Verdict::Person(Reason::OutsideWindow));
    assert_eq!(late.facts.windows[0].last_day, Some(date("2026-10-11")));
}

#[test]
fn what_never_arrived_is_a_persons_case() {
    let decision = Shop::of(order_1002()).refund(Case::NeverArrived, &pieces("socks", 1));
    assert_eq!((decision.verdict, decision.pays), (Verdict::Person(Reason::AlwaysAPerson), None));
}

#[test]
fn a_loss_is_automatic_only_where_it_is_overdue_and_no_carrier_delivered_it() {
    let policy = demo_with(|policy| {
        let rules = &mut policy.refunds.never_arrived;
        rules.handling = Handling::Automatic;
        rules.overdue_days = Some(90);
        rules.order_limits = policy.refunds.changed_mind.order_limits.clone();
    });
    let mut shop = Shop::with_policy(order_1002(), policy);
    let ask = |shop: &Shop| shop.refund(Case::NeverArrived, &pieces("socks", 1)).verdict;
    assert_eq!(ask(&shop), Verdict::Person(Reason::CarrierSaysDelivered));
    shop.order.fulfilments[0].delivered_at = None;
    shop.order.fulfilments[0].status = "in_transit".to_owned();
    assert_eq!(ask(&shop), Verdict::Person(Reason::NotOverdue), "the 90th day is not over");
    shop.order.fulfilments[0].created_at = days_ago(91);
    assert_eq!(ask(&shop), Verdict::Allow);
    shop.carriers = vec![CarrierWord { fulfilment: "first".to_owned(), delivered_at: Some(days_ago(1)) }];
    assert_eq!(ask(&shop), Verdict::Person(Reason::CarrierSaysDelivered));
}

#[test]
fn shipping_is_beyond_the_units_and_needs_a_yes() {
    let (shop, socks) = (Shop::of(order_1002()), pieces("socks", 1));
    let quote = quote(&shop.order, &socks);
    let with = RefundAsk { case: Case::Damaged, pieces: &socks, shipping: true, quote };
    assert_eq!(shop.policy.refund(&shop.at(), &with).verdict, Verdict::NeedsApproval(Reason::ShippingIncluded));
    let policy = demo_with(|policy| policy.refunds.damaged.shipping = Handling::Automatic);
    assert_eq!(policy.refund(&shop.at(), &with).verdict, Verdict::Allow);
    let alone = RefundAsk { pieces: &[], ..with };
    assert_eq!(policy.refund(&shop.at(), &alone).verdict, Verdict::NeedsApproval(Reason::ShippingIncluded));
}

#[test]
fn goodwill_always_needs_a_yes_and_never_exceeds_what_is_left() {
    let shop = Shop::of(order_1002());
    let ask = |amount: &str| {
        let quote = Quote { amount: usd(amount), maximum: shop.order.refundable };
        shop.policy.goodwill(&shop.at(), &GoodwillAsk { quote })
    };
    let little = ask("0.01");
    assert_eq!((little.verdict, little.pays), (Verdict::NeedsApproval(Reason::Goodwill), Some(usd("0.01"))));
    assert_eq!(little.reserves.len(), 3);
    assert_eq!(ask("82.01").verdict, Verdict::Person(Reason::AboveRefundable));
}

#[test]
fn the_rolling_limits_hold_beside_the_orders() {
    let mut shop = Shop::of(order_1016());
    let ask = |shop: &Shop| shop.refund(Case::Damaged, &pieces("mug", 1)).verdict;
    shop.spent.customer = Some(usd("476.00"));
    shop.spent.store = usd("4976.00");
    assert_eq!(ask(&shop), Verdict::Allow);
    shop.spent.customer = Some(usd("476.01"));
    assert_eq!(ask(&shop), Verdict::NeedsApproval(Reason::AboveCustomerLimit));
    shop.spent.customer = None;
    assert_eq!(ask(&shop), Verdict::NeedsApproval(Reason::CustomerUnknown));
    shop.spent.customer = Some(usd("0.00"));
    shop.spent.store = usd("4976.01");
    assert_eq!(ask(&shop), Verdict::NeedsApproval(Reason::AboveStoreLimit));
}

#[test]
fn amounts_that_make_no_sense_are_a_persons_case() {
    let (shop, mug) = (Shop::of(order_1016()), pieces("mug", 1));
    let ask = |amount: Money, maximum: Money| {
        let ask = RefundAsk { case: Case::Damaged, pieces: &mug, shipping: false, quote: Quote { amount, maximum } };
        shop.policy.refund(&shop.at(), &ask).verdict
    };
    let euros = Money::parse("24.00", "EUR".parse().unwrap()).unwrap();
    assert_eq!(ask(euros, usd("48.00")), Verdict::Person(Reason::OtherCurrency));
    assert_eq!(ask(usd("24.00"), euros), Verdict::Person(Reason::OtherCurrency));
    assert_eq!(ask(usd("-1.00"), usd("48.00")), Verdict::Person(Reason::NegativeAmount));
    assert_eq!(ask(usd("0.00"), usd("48.00")), Verdict::Deny(Reason::NothingToRefund));
    assert_eq!(ask(usd("24.00"), usd("23.99")), Verdict::Person(Reason::AboveRefundable));
    assert_eq!(ask(usd("24.00"), usd("24.00")), Verdict::Allow);
}

#[test]
fn a_return_that_staff_have_under_way_may_hold_the_units() {
    let mut shop = Shop::of(order_1016());
    shop.order.returns = vec![open_return("by staff")];
    let ask = |shop: &Shop| shop.refund(Case::Damaged, &pieces("mug", 1)).verdict;
    assert_eq!(ask(&shop), Verdict::NeedsApproval(Reason::ReturnUnderWay));
    shop.spent.returns = vec!["by staff".to_owned()];
    assert_eq!(ask(&shop), Verdict::Allow, "the agent's own, whose units are claimed");
    shop.spent.returns.clear();
    shop.order.returns[0].status = "closed".to_owned();
    assert_eq!(ask(&shop), Verdict::Allow);
}

#[test]
fn a_store_that_wrote_nothing_moves_nothing_by_itself() {
    let policy: Policy = toml::from_str("").unwrap();
    policy.validate().unwrap();
    let shop = Shop::with_policy(order_1016(), policy);
    for case in [Case::ChangedMind, Case::Damaged, Case::WrongItem] {
        for decision in [
            shop.refund(case, &pieces("mug", 1)),
            shop.take_back(case, &pieces("mug", 1)),
            shop.on_arrival(case, &pieces("mug", 1)),
        ] {
            assert!(matches!(decision.verdict, Verdict::NeedsApproval(_)), "{case:?}: {decision:?}");
        }
    }
    assert_ne!(shop.refund(Case::NeverArrived, &pieces("mug", 1)).verdict, Verdict::Allow);
    let unsent = Shop { order: unfulfilled(vec![line("mug", usd("24.00"), 1)]), ..shop };
    assert!(matches!(unsent.cancel().verdict, Verdict::NeedsApproval(_)));
    let elsewhere = unsent.policy.change_address(&unsent.at(), &AddressAsk { address: &address("US") });
    assert!(matches!(elsewhere.verdict, Verdict::NeedsApproval(_)));
}

#[test]
fn below_act_everything_needs_a_yes() {
    use crate::policy::Mode;
    let allowed = Shop::of(order_1016()).refund(Case::Damaged, &pieces("mug", 1));
    assert_eq!(allowed.clone().held_to(Mode::Act), allowed);
    assert_eq!(allowed.clone().held_to(Mode::Approve).verdict, Verdict::NeedsApproval(Reason::StoreMode));
    let denied = Shop::of(order_1016()).refund(Case::Damaged, &pieces("mug", 3));
    assert_eq!(denied.clone().held_to(Mode::Approve), denied);
}
