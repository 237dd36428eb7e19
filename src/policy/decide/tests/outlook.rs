//! Every case of an order at once.

use super::*;
use crate::policy::outlook::{LineOutlook, Way};

fn codes(line: &LineOutlook) -> Vec<(Case, Way, u32, &'static str)> {
    let codes = line.forecasts.iter();
    codes.map(|forecast| (forecast.case, forecast.way, forecast.quantity, forecast.decision.verdict.code())).collect()
}

#[test]
fn money_is_forecast_for_one_unit_and_for_all_and_goods_for_all() {
    let shop = Shop::of(order_1016());
    let outlook = shop.policy.outlook(&shop.at());
    let codes = codes(&outlook.lines[0]);
    assert_eq!(
        codes[..5],
        [
            (Case::ChangedMind, Way::NoReturn, 1, "goods_first"),
            (Case::ChangedMind, Way::NoReturn, 2, "goods_first"),
            (Case::ChangedMind, Way::SendBack, 2, "allowed"),
            (Case::ChangedMind, Way::OnArrival, 1, "allowed"),
            (Case::ChangedMind, Way::OnArrival, 2, "allowed"),
        ]
    );
    assert!(codes.contains(&(Case::Damaged, Way::NoReturn, 1, "allowed")));
    assert!(codes.contains(&(Case::Damaged, Way::NoReturn, 2, "above_returnless_limit")));
    assert_eq!(outlook.cancellation.verdict, Verdict::Deny(Reason::AlreadyFulfilled));
    assert_eq!(outlook.address_change.verdict, Verdict::Deny(Reason::AlreadyFulfilled));
}

#[test]
fn nothing_is_forecast_for_what_is_gone() {
    let mut order = order_1008();
    order.lines[0].refundable_quantity = 0;
    let shop = Shop::of(order);
    let outlook = shop.policy.outlook(&shop.at());
    assert_eq!((outlook.lines[0].left, outlook.lines[0].forecasts.len()), (0, 0));
}

#[test]
fn an_order_in_the_store_may_be_cancelled_and_sent_elsewhere() {
    let shop = Shop::of(unfulfilled(vec![line("pack", usd("89.00"), 1)]));
    let outlook = shop.policy.outlook(&shop.at());
    assert_eq!((outlook.cancellation.verdict, outlook.address_change.verdict), (Verdict::Allow, Verdict::Allow));
    let codes = codes(&outlook.lines[0]);
    assert!(codes.contains(&(Case::ChangedMind, Way::SendBack, 1, "not_shipped")), "{codes:?}");
    assert!(codes.iter().all(|(_, way, ..)| *way != Way::OnArrival), "what is not taken back does not arrive");
}
