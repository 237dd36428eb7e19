//! Refunds through Shopify: what moved in the world, and what the client makes of every way in which it may not have.

use deskhand::domain::id::EffectId;
use deskhand::domain::order::OrderId;
use deskhand::integrations::commerce::CommerceReader;
use deskhand::integrations::commerce::refunds::{RefundReader, RefundState, RefundWriter, Restock, RestockedGoods};
use deskhand::integrations::{Urgency, VendorError, WriteError};
use deskhand::sandbox::world::MailVia;
use deskhand::sandbox::world::payment::SettledAs;
use deskhand::sandbox::{Effect, SlowRefunds};

use crate::counter::{Counter, draft, row, usd};

const REFUND: &str = "RefundCreate";

#[tokio::test]
async fn a_quoted_line_is_paid_back_to_its_payment() {
    let counter = Counter::open().await;
    let of = counter.of(1002, 1, 1);
    let quote = counter.quote(&of).await.unwrap();
    assert_eq!((quote.amount.to_string(), quote.maximum.to_string()), ("18.00 USD".to_owned(), "82.00 USD".to_owned()));
    assert_eq!(quote.lines[0].1.to_string(), "18.00 USD");
    let request = counter.client.request(&draft("eff_1", &of, &quote));
    let refund = counter.send("eff_1", &request).await.unwrap();
    assert_eq!((refund.amount.to_string(), refund.state), ("18.00 USD".to_owned(), RefundState::Paid));

    assert_eq!(counter.repaid(1002), [row("shopify_payments", "18.00 USD", "SUCCESS")]);
    let order = counter.order(1002);
    assert_eq!(order.refunds.len(), 1);
    assert_eq!(order.refunds[0].note.as_deref(), Some("Came broken [deskhand eff_1]"));
    assert_eq!(refund.id, format!("gid://shopify/Refund/{}", order.refunds[0].id));
    assert!(counter.sandbox.world().mails.is_empty(), "nobody asked for a mail");

    let read = counter.client.order(&counter.id(1002), Urgency::Shopper).await.unwrap().unwrap();
    assert_eq!((read.refunded.to_string(), read.payment.as_str()), ("18.00 USD".to_owned(), "partially_refunded"));
    assert_eq!((read.refundable.to_string(), read.lines[1].refundable_quantity), ("64.00 USD".to_owned(), 0));
    let again = counter.quote(&of).await.unwrap_err();
    assert!(matches!(again, VendorError::Refused { .. }), "{again}");
}

#[tokio::test]
async fn shipping_goes_back_once() {
    let counter = Counter::open().await;
    let mut of = counter.of(1001, 1, 1);
    of.shipping = true;
    let quote = counter.quote(&of).await.unwrap();
    assert_eq!((quote.amount.minor(), quote.shipping.minor(), quote.lines[0].1.minor()), (2450, 850, 1600));
    let before = counter.client.order(&of.order, Urgency::Shopper).await.unwrap().unwrap();
    assert_eq!((before.shipping.price.minor(), before.shipping.left.minor()), (850, 850));
    counter.send("eff_1", &counter.request("eff_1", &of).await).await.unwrap();
    assert_eq!(counter.repaid(1001), [row("shopify_payments", "24.50 USD", "SUCCESS")]);
    assert_eq!(counter.order(1001).refunds[0].shipping.minor(), 850);
    let after = counter.client.order(&of.order, Urgency::Shopper).await.unwrap().unwrap();
    assert_eq!((after.shipping.price.minor(), after.shipping.left.minor()), (850, 0));
    let again = counter.quote(&of).await.unwrap();
    assert_eq!((again.amount.minor(), again.shipping.minor()), (1600, 0), "the second towel, and no shipping");
}

#[tokio::test]
async fn several_payments_get_back_what_each_gave() {
    let counter = Counter::open().await;
    let of = counter.of(1010, 0, 1);
    let refund = counter.send("eff_1", &counter.request("eff_1", &of).await).await.unwrap();
    assert_eq!((refund.amount.to_string(), refund.state), ("48.00 USD".to_owned(), RefundState::Paid));
    let expected = [row("shopify_payments", "28.00 USD", "SUCCESS"), row("gift_card", "20.00 USD", "SUCCESS")];
    assert_eq!(counter.repaid(1010), expected);
    let order = counter.order(1010);
    for back in order.transactions.iter().filter(|it| it.kind == "REFUND") {
        assert_eq!(order.transaction(back.parent.unwrap()).unwrap().gateway, back.gateway);
    }
}

#[tokio::test]
async fn yen_are_paid_back_in_yen() {
    let counter = Counter::open().await;
    let refund = counter.send("eff_1", &counter.request("eff_1", &counter.of(1009, 0, 1)).await).await.unwrap();
    assert_eq!(refund.amount.to_string(), "12800 JPY");
    assert_eq!(counter.repaid(1009), [row("shopify_payments", "12800 JPY", "SUCCESS")]);
    let sent = counter.sandbox.requests().pop().unwrap().body;
    assert_eq!(sent["variables"]["input"]["currency"], "JPY");
    assert_eq!(sent["variables"]["input"]["transactions"][0]["amount"], "12800");
}

#[tokio::test]
async fn what_staff_paid_back_is_not_paid_again() {
    let counter = Counter::open().await;
    let two = counter.quote(&counter.of(1008, 0, 2)).await.unwrap();
    assert_eq!((two.amount.to_string(), two.maximum.to_string()), ("30.00 USD".to_owned(), "30.00 USD".to_owned()));
    let three = counter.quote(&counter.of(1008, 0, 3)).await.unwrap_err();
    assert!(matches!(three, VendorError::Refused { .. }), "{three}");

    // A draft that lies about its amount meets Shopify's own limit.
    let mut greedy = draft("eff_1", &counter.of(1008, 0, 2), &two);
    greedy.shares[0].amount = usd(4500);
    let error = counter.send("eff_1", &counter.client.request(&greedy)).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    assert_eq!(counter.repaid(1008).len(), 1, "staff's own");
    counter.send("eff_2", &counter.client.request(&draft("eff_2", &counter.of(1008, 0, 2), &two))).await.unwrap();
    assert_eq!(counter.order(1008).refunded().to_string(), "45.00 USD");
}

#[tokio::test]
async fn the_same_bytes_pay_once() {
    let counter = Counter::open().await;
    let request = counter.request("eff_1", &counter.of(1002, 0, 1)).await;
    let first = counter.send("eff_1", &request).await.unwrap();
    assert_eq!(counter.send("eff_1", &request).await.unwrap(), first);
    counter.pass(i64::try_from(counter.client.dedupes_for().as_secs()).unwrap() / 3600);
    assert_eq!(counter.send("eff_1", &request).await.unwrap(), first, "as long as the client counts on it");
    assert_eq!(counter.repaid(1002).len(), 1);

    // Two of the same line, so that nothing but the key stands in the way.
    let towel = counter.request("eff_2", &counter.of(1001, 1, 1)).await;
    counter.send("eff_2", &towel).await.unwrap();
    counter.pass(25);
    counter.send("eff_2", &towel).await.unwrap();
    assert_eq!(counter.repaid(1001).len(), 2, "Shopify forgets; so the client must not count on it for so long");
}

#[tokio::test]
async fn a_cut_after_the_commit_is_unknown_and_found_again() {
    let counter = Counter::open().await;
    let request = counter.request("eff_1", &counter.of(1002, 0, 1)).await;
    counter.strike(REFUND, Effect::CutAfter);
    let error = counter.send("eff_1", &request).await.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)), "{error}");
    assert_eq!((counter.asked(REFUND), counter.repaid(1002).len()), (1, 1), "what may have happened is not sent again");
    let found = counter.find(1002, "eff_1").await.unwrap().unwrap();
    assert_eq!((found.amount.to_string(), found.state), ("64.00 USD".to_owned(), RefundState::Paid));
    assert_eq!(counter.find(1002, "eff_11").await.unwrap(), None);
    assert_eq!(counter.find(1008, "eff_1").await.unwrap(), None, "staff's refund is not ours");
}

#[tokio::test]
async fn a_cut_before_the_commit_is_unknown_and_absent() {
    let counter = Counter::open().await;
    let request = counter.request("eff_1", &counter.of(1002, 0, 1)).await;
    counter.strike(REFUND, Effect::CutBefore);
    let error = counter.send("eff_1", &request).await.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)), "{error}");
    assert_eq!((counter.repaid(1002), counter.find(1002, "eff_1").await.unwrap()), (vec![], None));
    assert_eq!(counter.send("eff_1", &request).await.unwrap().amount.to_string(), "64.00 USD");
    assert_eq!(counter.repaid(1002).len(), 1);
}

#[tokio::test]
async fn an_error_or_nonsense_after_sending_is_unknown() {
    for (effect, paid) in [(Effect::Status { code: 500 }, 0), (Effect::Status { code: 503 }, 0), (Effect::Garbage, 1)] {
        let counter = Counter::open().await;
        let request = counter.request("eff_1", &counter.of(1002, 0, 1)).await;
        counter.strike(REFUND, effect.clone());
        let error = counter.send("eff_1", &request).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(_)), "{effect:?}: {error}");
        assert_eq!((counter.asked(REFUND), counter.repaid(1002).len()), (1, paid), "{effect:?}");
        assert_eq!(counter.find(1002, "eff_1").await.unwrap().is_some(), paid == 1, "{effect:?}");
    }
}

#[tokio::test]
async fn what_was_turned_away_goes_again_and_pays_once() {
    for effect in [Effect::RateLimited { retry_after_seconds: 0 }, Effect::Throttled] {
        let counter = Counter::open().await;
        let request = counter.request("eff_1", &counter.of(1002, 0, 1)).await;
        counter.strike(REFUND, effect.clone());
        counter.send("eff_1", &request).await.unwrap();
        assert_eq!((counter.asked(REFUND), counter.repaid(1002).len()), (2, 1), "{effect:?}");
    }
}

#[tokio::test]
async fn a_refund_is_pending_until_its_gateway_has_decided() {
    for (end, state, left) in
        [(SettledAs::Success, RefundState::Paid, 0), (SettledAs::Failure, RefundState::Failed, 2800)]
    {
        let counter = Counter::with(|fixture| {
            fixture.store.slow_refunds =
                vec![SlowRefunds { gateway: "shopify_payments".to_owned(), after_seconds: 7_200, end }];
        })
        .await;
        let refund = counter.send("eff_1", &counter.request("eff_1", &counter.of(1010, 0, 1)).await).await.unwrap();
        assert_eq!((refund.state, refund.amount.minor()), (RefundState::Pending, 4800), "the gift card alone is paid");
        let order = counter.order(1010);
        assert_eq!(order.refunded().to_string(), "20.00 USD");
        assert!(order.payments_for_refunds().all(|payment| order.refundable_of(payment).is_zero()));
        counter.pass(1);
        assert_eq!(counter.find(1010, "eff_1").await.unwrap().unwrap().state, RefundState::Pending);
        counter.pass(1);
        let settled = counter.find(1010, "eff_1").await.unwrap().unwrap();
        assert_eq!((settled.state, settled.amount.minor()), (state, 4800 - left));
        let order = counter.order(1010);
        assert_eq!(order.received().minor() - order.refunded().minor(), left);
    }
}

#[tokio::test]
async fn units_go_back_into_stock_where_that_is_asked_for() {
    let counter = Counter::open().await;
    let stock = |sku: &str| {
        let world = counter.sandbox.world();
        let variants = world.products.into_iter().flat_map(|product| product.variants);
        variants.into_iter().find(|variant| variant.sku == sku).unwrap().stock
    };
    let before = stock("JP-PCK-GRN");
    let location = format!("gid://shopify/Location/{}", counter.sandbox.world().shop.location);
    let of = counter.of(1003, 0, 1);
    let quote = counter.quote(&of).await.unwrap();
    let mut unsent = draft("eff_1", &of, &quote);
    unsent.restock = Some(Restock { goods: RestockedGoods::Returned, location: location.clone() });
    unsent.notify = true;
    let error = counter.send("eff_1", &counter.client.request(&unsent)).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "what has not left cannot have come back: {error}");
    unsent.restock = Some(Restock { goods: RestockedGoods::Unsent, location });
    counter.send("eff_1", &counter.client.request(&unsent)).await.unwrap();
    assert_eq!(stock("JP-PCK-GRN"), before + 1);
    let order = counter.order(1003);
    assert_eq!(order.unfulfilled_quantity(&order.lines[0]), 0, "it will not be sent");
    let mails = counter.sandbox.world().mails;
    assert_eq!(
        (mails.len(), mails[0].via, mails[0].to.as_slice()),
        (1, MailVia::Shopify, &["ben@example.com".to_owned()][..])
    );
}

#[tokio::test]
async fn a_permit_for_another_refund_lets_nothing_out() {
    let counter = Counter::open().await;
    let request = counter.request("eff_1", &counter.of(1002, 0, 1)).await;
    for other in ["eff_2", "eff_", "eff_11", ""] {
        let error = counter.send(other, &request).await.unwrap_err();
        assert!(matches!(error, WriteError::Refused(_)), "{other}: {error}");
    }
    assert_eq!((counter.asked(REFUND), counter.repaid(1002).len()), (0, 0));
}

#[tokio::test]
async fn one_that_is_in_progress_is_unknown_and_then_answered_with_its_outcome() {
    let counter = Counter::open().await;
    let request = counter.request("eff_1", &counter.of(1002, 0, 1)).await;
    counter.strike(REFUND, Effect::Hold { barrier: "refund".to_owned() });
    let (first, second) = tokio::join!(counter.send("eff_1", &request), async {
        let held = counter.sandbox.faults().wait_held("refund", 1, std::time::Duration::from_secs(5)).await;
        let second = counter.send("eff_1", &request).await;
        counter.sandbox.faults().release("refund");
        assert!(held);
        second
    });
    let error = second.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)), "{error}");
    let first = first.unwrap();
    assert_eq!(counter.send("eff_1", &request).await.unwrap(), first);
    assert_eq!(counter.repaid(1002).len(), 1);
}

#[tokio::test]
async fn a_key_that_served_another_refund_leaves_the_outcome_open() {
    let counter = Counter::open().await;
    counter.send("eff_1", &counter.request("eff_1", &counter.of(1002, 0, 1)).await).await.unwrap();
    let other = counter.request("eff_1", &counter.of(1002, 1, 1)).await;
    let error = counter.send("eff_1", &other).await.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)), "{error}");
    assert_eq!(counter.repaid(1002).len(), 1);
}

#[tokio::test]
async fn a_token_without_the_scope_is_refused() {
    let counter = Counter::with(|fixture| fixture.store.scopes.retain(|scope| scope != "write_orders")).await;
    let request = counter.request("eff_1", &counter.of(1002, 0, 1)).await;
    let error = counter.send("eff_1", &request).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(VendorError::Credentials { .. })), "{error}");
    assert_eq!(counter.repaid(1002), []);
}

#[tokio::test]
async fn what_is_no_order_or_no_line_of_it_is_not_quoted() {
    let counter = Counter::open().await;
    let mut foreign = counter.of(1002, 0, 1);
    foreign.lines = counter.of(1003, 0, 1).lines;
    let mut absent = counter.of(1002, 0, 1);
    absent.order = OrderId::new("gid://shopify/Order/1");
    let mut odd = absent.clone();
    odd.order = OrderId::new("gid://shopify/Customer/1");
    for of in [foreign, absent, odd] {
        let error = counter.quote(&of).await.unwrap_err();
        assert!(matches!(error, VendorError::Refused { .. }), "{error}");
    }
    let (order, effect) = (OrderId::new("gid://shopify/Order/1"), EffectId::new("eff_1"));
    let gone = counter.client.refund_of(&order, &effect, Urgency::Shopper).await;
    assert!(gone.is_err(), "an order that is not shown says nothing of its refunds");
}

#[tokio::test]
async fn money_from_outside_is_quoted_as_such_and_goes_to_no_payment() {
    let counter = Counter::open().await;
    counter
        .sandbox
        .change(|world| {
            let order = world.orders.iter_mut().find(|order| order.number == 1002).unwrap();
            (order.transactions[0].gateway, order.transactions[0].manual) = ("manual".to_owned(), true);
        })
        .await;
    let quote = counter.quote(&counter.of(1002, 0, 1)).await.unwrap();
    assert!(quote.outside && quote.shares.is_empty(), "{quote:?}");
    assert_eq!(quote.amount, usd(6_400));
}
