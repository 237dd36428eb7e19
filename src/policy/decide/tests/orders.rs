//! Cancelling, and sending elsewhere.

use super::*;

fn order_1003() -> Order {
    unfulfilled(vec![line("pack", usd("89.00"), 1)])
}

#[test]
fn an_unfulfilled_order_is_cancelled_and_its_whole_payment_returned() {
    let decision = Shop::of(order_1003()).cancel();
    assert_eq!((decision.verdict, decision.pays), (Verdict::Allow, Some(usd("89.00"))));
    assert_eq!(decision.reserves[0].most, Some(usd("200.00")));
}

#[test]
fn a_cancellation_above_its_limit_needs_a_yes() {
    let order = |price| unfulfilled(vec![line("jacket", usd(price), 1)]);
    assert_eq!(Shop::of(order("200.00")).cancel().verdict, Verdict::Allow);
    let dear = Shop::of(order("200.01")).cancel();
    assert_eq!(dear.verdict, Verdict::NeedsApproval(Reason::AboveCancellationLimit));
    assert_eq!(dear.pays, Some(usd("200.01")));
}

#[test]
fn what_has_left_the_store_is_not_cancelled() {
    assert_eq!(Shop::of(order_1002()).cancel().verdict, Verdict::Deny(Reason::AlreadyFulfilled));
    for (status, expected) in [
        (FulfilmentStatus::PartiallyFulfilled, Verdict::Person(Reason::PartlyFulfilled)),
        (FulfilmentStatus::InProgress, Verdict::Person(Reason::FulfilmentUncertain)),
        (FulfilmentStatus::OnHold, Verdict::Person(Reason::FulfilmentUncertain)),
        (FulfilmentStatus::Other("sorted".to_owned()), Verdict::Person(Reason::FulfilmentUncertain)),
        (FulfilmentStatus::Scheduled, Verdict::Allow),
    ] {
        let order = Order { fulfilment: status.clone(), ..order_1003() };
        assert_eq!(Shop::of(order).cancel().verdict, expected, "{status:?}");
    }
}

#[test]
fn a_parcel_counts_before_the_orders_own_word_does() {
    let mut order = order_1003();
    order.fulfilments = vec![fulfilment("first", "label_printed", None, vec![("pack".to_owned(), 1)])];
    assert_eq!(Shop::of(order.clone()).cancel().verdict, Verdict::Person(Reason::PartlyFulfilled));
    order.fulfilments[0].status = "canceled".to_owned();
    assert_eq!(Shop::of(order).cancel().verdict, Verdict::Allow);
}

#[test]
fn an_order_is_cancelled_once_and_whole() {
    let cancelled = Order { cancelled_at: Some(days_ago(1)), ..order_1003() };
    assert_eq!(Shop::of(cancelled).cancel().verdict, Verdict::Deny(Reason::AlreadyCancelled));
    let shop = Shop::of(order_1003());
    let part = CancellationAsk { quote: Quote { amount: usd("80.00"), maximum: usd("89.00") } };
    assert_eq!(shop.policy.cancel(&shop.at(), &part).verdict, Verdict::Person(Reason::NotWholePayment));
    let pending = Shop::of(order_1003()).after(usd("0.00"), pieces("pack", 1));
    assert_eq!(pending.cancel().verdict, Verdict::Person(Reason::UnitsClaimed));
}

#[test]
fn an_order_that_is_not_paid_is_cancelled_by_a_person() {
    for (payment, expected) in [
        (PaymentStatus::Authorized, Verdict::Person(Reason::PaymentNotSettled)),
        (PaymentStatus::Pending, Verdict::Person(Reason::PaymentNotSettled)),
        (PaymentStatus::PartiallyPaid, Verdict::Person(Reason::PaymentNotSettled)),
        (PaymentStatus::Voided, Verdict::Deny(Reason::NothingToRefund)),
    ] {
        let order = Order { payment: payment.clone(), refundable: usd("0.00"), ..order_1003() };
        assert_eq!(Shop::of(order).cancel().verdict, expected, "{payment:?}");
    }
}

#[test]
fn an_address_changes_within_the_country_until_the_order_leaves() {
    let ask = |order: Order, address: Address| {
        let shop = Shop::of(order);
        shop.policy.change_address(&shop.at(), &AddressAsk { address: &address }).verdict
    };
    assert_eq!(ask(order_1003(), address("us")), Verdict::Allow);
    assert_eq!(ask(order_1003(), address("CA")), Verdict::Person(Reason::OtherCountry));
    assert_eq!(ask(Order { ship_to: None, ..order_1003() }, address("US")), Verdict::Person(Reason::OtherCountry));
    assert_eq!(ask(order_1002(), address("US")), Verdict::Deny(Reason::AlreadyFulfilled));
    let blank = Address { city: Some(" ".to_owned()), ..address("US") };
    assert_eq!(ask(order_1003(), blank), Verdict::Deny(Reason::AddressIncomplete));
}
