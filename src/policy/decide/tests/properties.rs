//! What no policy, order or ask may bring about.

use crate::domain::order::LineQuantity;
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::policy::amounts::Amounts;
use crate::policy::rules::{CaseRules, Handling, LossRules, Payer};

mod life;

const CURRENCIES: [&str; 3] = ["USD", "EUR", "JPY"];

fn currency() -> impl Strategy<Value = Currency> {
    select(&CURRENCIES[..]).prop_map(|code| code.parse().unwrap())
}

fn handling() -> impl Strategy<Value = Handling> {
    // Mostly automatic: what is held back for other reasons tests nothing.
    prop_oneof![
        6 => Just(Handling::Automatic),
        1 => Just(Handling::Approval),
        1 => Just(Handling::Person),
        1 => Just(Handling::Deny),
    ]
}

/// Mostly every currency has an amount.
fn amounts() -> impl Strategy<Value = Amounts> {
    let amount = || proptest::option::weighted(0.85, 0..60_000_i64);
    [amount(), amount(), amount()].prop_map(|minor| {
        let written = CURRENCIES.iter().zip(minor).filter_map(|(code, minor)| Some((*code, minor?)));
        let decimal =
            |(code, minor): (&'static str, i64)| (code, Money::from_minor(minor, code.parse().unwrap()).decimal());
        let text: BTreeMap<&'static str, String> = written.map(decimal).collect();
        serde_json::from_value(serde_json::to_value(text).unwrap()).unwrap()
    })
}

prop_compose! {
    fn case_rules()(
        handlings in [handling(), handling(), handling(), handling(), handling()],
        order_limits in amounts(),
        no_return_limits in amounts(),
        restocking_fee_percent in 0..120_u32,
        shopper_pays in any::<bool>(),
    ) -> CaseRules {
        let [return_first, no_return, after_window, excluded, shipping] = handlings;
        CaseRules {
            return_first, no_return, after_window, excluded, shipping, order_limits, no_return_limits,
            restocking_fee_percent,
            label_paid_by: if shopper_pays { Payer::Shopper } else { Payer::Store },
        }
    }
}

prop_compose! {
    fn loss_rules()(handling in handling(), overdue_days in proptest::option::of(0..100_u32), order_limits in amounts())
        -> LossRules
    {
        LossRules { handling, overdue_days, shipping: Handling::Automatic, order_limits }
    }
}

prop_compose! {
    fn policy()(
        window_days in proptest::option::weighted(0.9, 0..100_u32),
        cases in [case_rules().boxed(), case_rules().boxed(), case_rules().boxed()],
        never_arrived in loss_rules().boxed(),
        others in [handling(), handling(), handling(), handling()],
        lists in [amounts(), amounts(), amounts(), amounts()],
        has_vip in any::<bool>(),
    ) -> Policy {
        let mut policy = Policy::default();
        policy.returns.window_days = window_days;
        policy.returns.excluded_tags = vec!["final-sale".to_owned()];
        let [changed_mind, damaged, wrong_item] = cases;
        policy.refunds.changed_mind = changed_mind;
        policy.refunds.damaged = damaged;
        policy.refunds.wrong_item = wrong_item;
        policy.refunds.never_arrived = never_arrived;
        let [goodwill, unfulfilled, address, vip] = others;
        policy.refunds.goodwill = goodwill;
        policy.cancellations.unfulfilled = unfulfilled;
        policy.address_changes.unfulfilled = address;
        let [cancellations, customer, store, special] = lists;
        policy.cancellations.limits = cancellations;
        policy.limits.customer.most = customer;
        policy.limits.store.most = store;
        if has_vip {
            policy.vip.tags = vec!["vip".to_owned()];
            policy.vip.handling = vip;
            policy.vip.order_limits = special;
        }
        policy
    }
}

prop_compose! {
    fn order_line(number: usize, currency: Currency)(
        price in 1..20_000_i64, quantity in 1..5_u32, gone in 0..3_u32, sale in any::<bool>(),
    ) -> Line {
        let line = line(&format!("line {number}"), Money::from_minor(price, currency), quantity);
        let left = quantity.saturating_sub(gone);
        let tags = if sale { vec!["final-sale".to_owned()] } else { Vec::new() };
        Line { refundable_quantity: left, current_quantity: left, tags, ..line }
    }
}

prop_compose! {
    /// Sent or not, whole or in part, paid back in part.
    fn order()(currency in currency())(
        lines in (order_line(0, currency).boxed(), order_line(1, currency).boxed()),
        sent in [any::<bool>(), any::<bool>()],
        days in [proptest::option::weighted(0.8, 0..120_i64), proptest::option::weighted(0.8, 0..120_i64)],
        goodwill in 0..5_000_i64,
    ) -> Order {
        let lines = vec![lines.0, lines.1];
        let left: i64 = lines.iter().map(|line| line.unit_price.minor() * i64::from(line.refundable_quantity)).sum();
        let mut order = unfulfilled(lines);
        order.refundable = Money::from_minor((left - goodwill).max(0), order.currency);
        order.refunded = order.total.checked_sub(order.refundable).unwrap();
        for (number, line) in order.lines.iter().enumerate().filter(|(number, _)| sent[*number]) {
            let status = if days[number].is_some() { "delivered" } else { "in_transit" };
            let contents = vec![(line.id.clone(), line.quantity)];
            order.fulfilments.push(fulfilment(&line.id, status, days[number].map(days_ago), contents));
        }
        order.fulfilment = match sent {
            [true, true] => FulfilmentStatus::Fulfilled,
            [false, false] => FulfilmentStatus::Unfulfilled,
            _ => FulfilmentStatus::PartiallyFulfilled,
        };
        order
    }
}

#[derive(Clone, Debug)]
enum Ask {
    Refund(Case, bool),
    TakeBack(Case),
    OnArrival(Case, bool, Option<Money>),
    Cancel,
    Goodwill,
}

fn case() -> impl Strategy<Value = Case> {
    select(vec![Case::ChangedMind, Case::Damaged, Case::WrongItem, Case::NeverArrived])
}

fn ask() -> impl Strategy<Value = Ask> {
    let label = proptest::option::of((0..3_000_i64, currency()))
        .prop_map(|label| label.map(|(minor, currency)| Money::from_minor(minor, currency)));
    prop_oneof![
        4 => (case(), any::<bool>()).prop_map(|(case, shipping)| Ask::Refund(case, shipping)),
        2 => case().prop_map(Ask::TakeBack),
        4 => (case(), any::<bool>(), label).prop_map(|(case, shipping, label)| Ask::OnArrival(case, shipping, label)),
        2 => Just(Ask::Cancel),
        1 => Just(Ask::Goodwill),
    ]
}

fn asked_pieces() -> impl Strategy<Value = Vec<LineQuantity>> {
    let one = (0..9_usize, 0..5_u32).prop_map(|(line, quantity)| {
        // One in nine names a line that is not there.
        LineQuantity { line: format!("line {}", if line == 8 { 7 } else { line % 2 }), quantity }
    });
    proptest::collection::vec(one, 0..3)
}

fn answer(shop: &Shop, ask: &Ask, pieces: &[LineQuantity], quote: Quote) -> Decision {
    let at = shop.at();
    match *ask {
        Ask::Refund(case, shipping) => shop.policy.refund(&at, &RefundAsk { case, pieces, shipping, quote }),
        Ask::TakeBack(case) => shop.policy.take_back(&at, &ReturnAsk { case, pieces, outcome: Outcome::Money }),
        Ask::OnArrival(case, shipping, label_price) => {
            let arrived_at = Some(shop.now);
            let ask = ArrivalAsk { case, pieces, shipping, quote, arrived_at, label_price };
            shop.policy.refund_on_arrival(&at, &ask)
        }
        Ask::Cancel => shop.policy.cancel(&at, &CancellationAsk { quote }),
        Ask::Goodwill => shop.policy.goodwill(&at, &GoodwillAsk { quote }),
    }
}

/// What the policy file says of an order's limit, read without the code under test.
fn limit_of_order(policy: &Policy, ask: &Ask, currency: Currency, vip: bool) -> Option<i64> {
    let refunds = &policy.refunds;
    let rules = |case: Case| match case {
        Case::ChangedMind => &refunds.changed_mind,
        Case::Damaged => &refunds.damaged,
        Case::WrongItem | Case::NeverArrived => &refunds.wrong_item,
    };
    let (written, raised) = match ask {
        Ask::Refund(Case::NeverArrived, _) => (&refunds.never_arrived.order_limits, true),
        Ask::Refund(case, _) => (&rules(*case).no_return_limits, false),
        Ask::OnArrival(case, ..) => (&rules(*case).order_limits, true),
        Ask::Cancel => (&policy.cancellations.limits, true),
        Ask::TakeBack(_) | Ask::Goodwill => return None,
    };
    let minor = |amounts: &Amounts| amounts.of(currency).map(Money::minor);
    let special = if vip && raised { minor(&policy.vip.order_limits) } else { None };
    minor(written).max(special)
}

fn written_handling(policy: &Policy, ask: &Ask) -> Handling {
    let refunds = &policy.refunds;
    let rules = |case: Case| refunds.with_goods(case);
    match ask {
        Ask::Refund(case, _) => rules(*case).map_or(refunds.never_arrived.handling, |rules| rules.no_return),
        Ask::TakeBack(case) | Ask::OnArrival(case, ..) => {
            rules(*case).map_or(Handling::Deny, |rules| rules.return_first)
        }
        Ask::Cancel => policy.cancellations.unfulfilled,
        Ask::Goodwill => refunds.goodwill.max(Handling::Approval),
    }
}

fn small_money() -> impl Strategy<Value = i64> {
    prop_oneof![3 => Just(0), 1 => 0..20_000_i64]
}

prop_compose! {
    fn shop()(order in order().boxed())(
        policy in policy().boxed(),
        used in [small_money(), small_money(), small_money(), small_money()],
        known in proptest::bool::weighted(0.9),
        claimed in proptest::collection::vec((0..2_usize, 0..3_u32), 0..2),
        vip in any::<bool>(),
        order in Just(order),
    ) -> Shop {
        let money = |minor| Money::from_minor(minor, order.currency);
        let claimed = claimed.into_iter().map(|(line, quantity)| LineQuantity { line: format!("line {line}"), quantity });
        let spent = Spent {
            order: money(used[0]),
            pending: money(used[1]),
            customer: known.then(|| money(used[2])),
            store: money(used[3]),
            claimed: claimed.collect(),
            returns: Vec::new(),
        };
        let mut shop = Shop { policy, spent, ..Shop::of(order) };
        if vip {
            shop.tag_customer(&["vip"]);
        }
        shop
    }
}

/// Mostly what the platform would say; sometimes anything.
fn quoted(shop: &Shop, ask: &Ask, pieces: &[LineQuantity], strange: Option<(i64, Currency)>) -> Quote {
    let honest = match ask {
        Ask::Cancel => Quote { amount: shop.order.refundable, maximum: shop.order.refundable },
        _ => quote(&shop.order, pieces),
    };
    match strange {
        None => honest,
        Some((minor, currency)) => Quote { amount: Money::from_minor(minor, currency), ..honest },
    }
}

fn strange_amount() -> impl Strategy<Value = Option<(i64, Currency)>> {
    proptest::option::weighted(0.2, (-2_000..40_000_i64, currency()))
}

/// The most that can be asked for, by line.
fn total_asked(pieces: &[LineQuantity], line: &Line) -> u32 {
    pieces.iter().filter(|pieces| pieces.line == line.id).map(|pieces| pieces.quantity).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn money_that_leaves_is_covered_in_the_orders_currency_and_within_its_limits(
        shop in shop().boxed(), ask in ask(), pieces in asked_pieces(), strange in strange_amount(),
    ) {
        let quote = quoted(&shop, &ask, &pieces, strange);
        let decision = answer(&shop, &ask, &pieces, quote);
        let (order, spent) = (&shop.order, &shop.spent);
        if let Some(pays) = decision.pays {
            prop_assert!(matches!(decision.verdict, Verdict::Allow | Verdict::NeedsApproval(_)));
            prop_assert_eq!(pays.currency(), order.currency);
            prop_assert_eq!(quote.amount.currency(), order.currency);
            prop_assert!(pays.minor() > 0 && pays.minor() <= quote.amount.minor());
            prop_assert!(quote.amount.minor() <= quote.maximum.minor());
            prop_assert!(quote.amount.minor() + spent.pending.minor() <= order.refundable.minor());
            prop_assert!(order.refundable.minor() <= order.total.minor() - order.refunded.minor());
        }
        if decision.verdict == Verdict::Allow {
            prop_assert_eq!(written_handling(&shop.policy, &ask), Handling::Automatic);
            if let Some(pays) = decision.pays {
                let vip = shop.order.customer.is_some() && !shop.policy.vip.tags.is_empty();
                let limits = &shop.policy.limits;
                let most = |amounts: &Amounts| amounts.of(order.currency).map(Money::minor);
                let checks = [
                    (Some(spent.order), limit_of_order(&shop.policy, &ask, order.currency, vip)),
                    (spent.customer, most(&limits.customer.most)),
                    (Some(spent.store), most(&limits.store.most)),
                ];
                for (used, most) in checks {
                    prop_assert!(used.unwrap().minor() + pays.minor() <= most.unwrap());
                }
            } else {
                prop_assert_eq!(decision.subject, Subject::Return);
            }
        }
    }

    #[test]
    fn what_may_happen_uses_only_units_that_are_there(
        shop in shop().boxed(), ask in ask(), pieces in asked_pieces(), strange in strange_amount(),
    ) {
        let quote = quoted(&shop, &ask, &pieces, strange);
        let decision = answer(&shop, &ask, &pieces, quote);
        let about_pieces = !matches!(ask, Ask::Cancel | Ask::Goodwill);
        if about_pieces && matches!(decision.verdict, Verdict::Allow | Verdict::NeedsApproval(_)) {
            for piece in &pieces {
                let line = shop.order.lines.iter().find(|line| line.id == piece.line);
                prop_assert!(line.is_some_and(|line| total_asked(&pieces, line) > 0));
            }
            for line in &shop.order.lines {
                let claimed = total_asked(&shop.spent.claimed, line);
                prop_assert!(total_asked(&pieces, line) + claimed <= line.refundable_quantity
                    || total_asked(&pieces, line) == 0);
            }
        }
        if matches!(ask, Ask::Cancel) && matches!(decision.verdict, Verdict::Allow | Verdict::NeedsApproval(_)) {
            prop_assert!(shop.order.fulfilments.is_empty());
            prop_assert!(total_asked(&shop.spent.claimed, &shop.order.lines[0]) == 0);
        }
    }

    #[test]
    fn the_ledger_reserves_what_leaves_and_nothing_else(
        shop in shop().boxed(), ask in ask(), pieces in asked_pieces(), strange in strange_amount(),
    ) {
        let quote = quoted(&shop, &ask, &pieces, strange);
        let decision = answer(&shop, &ask, &pieces, quote);
        for reserve in &decision.reserves {
            prop_assert_eq!(Some(reserve.amount), decision.pays);
            prop_assert_eq!(reserve.most.is_some(), decision.verdict == Verdict::Allow);
        }
        let scopes = if decision.pays.is_none() { 0 } else { 2 + usize::from(shop.spent.customer.is_some()) };
        prop_assert_eq!(decision.reserves.len(), scopes);
    }

    #[test]
    fn goods_come_back_within_the_window_and_only_when_they_came(
        mut shop in shop().boxed(),
        case in select(vec![Case::ChangedMind, Case::Damaged, Case::WrongItem]),
        line in 0..2_usize,
        quantity in 1..3_u32,
    ) {
        shop.policy.vip.handling = Handling::Automatic;
        let decision = shop.take_back(case, &pieces(&format!("line {line}"), quantity));
        if decision.verdict != Verdict::Allow {
            return Ok(());
        }
        let (policy, line) = (&shop.policy, &shop.order.lines[line]);
        let rules = policy.refunds.with_goods(case).unwrap();
        let sent = shop.order.fulfilments.iter().find(|fulfilment| fulfilment.id == line.id).unwrap();
        let age = sent.delivered_at.map(|at| shop.now.duration_since(at).as_hours() / 24).unwrap();
        let within = policy.returns.window_days.is_some_and(|days| age <= i64::from(days));
        prop_assert!(within || rules.after_window == Handling::Automatic);
        prop_assert!(line.tags.is_empty() || rules.excluded == Handling::Automatic);
    }

    #[test]
    fn a_decision_reads_back_as_it_was_written(
        shop in shop().boxed(), ask in ask(), pieces in asked_pieces(), strange in strange_amount(),
    ) {
        let decision = answer(&shop, &ask, &pieces, quoted(&shop, &ask, &pieces, strange));
        let text = serde_json::to_string(&decision).unwrap();
        prop_assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), decision.clone());
        prop_assert!(decision.sentence().ends_with('.') && decision.sentence().lines().count() == 1);
    }
}
