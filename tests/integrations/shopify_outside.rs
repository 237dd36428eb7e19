//! Orders that were paid outside of Shopify: where the payment is noted, and that its refund is entered.

use deskhand::domain::id::EffectId;
use deskhand::integrations::commerce::CommerceReader;
use deskhand::integrations::commerce::refunds::{
    OutsideRefund, RefundReader, RefundRecord, RefundState, RefundWriter, Restock, RestockedGoods,
};
use deskhand::integrations::{Urgency, WriteError};
use deskhand::sandbox::Effect;

use crate::counter::{Counter, usd};
use crate::writes::permit;

#[tokio::test]
async fn the_payment_is_noted_on_the_order() {
    let counter = Counter::open().await;
    let noted = counter.client.outside_payment(&counter.id(1014), Urgency::Shopper).await.unwrap();
    assert_eq!(noted.as_deref(), Some("pi_3SWdQ2Kx8JpAlder0bTq7Yhe"));
    assert_eq!(counter.client.outside_payment(&counter.id(1001), Urgency::Shopper).await.unwrap(), None);
    assert_eq!(counter.asked("OrderMetafield"), 2);
}

fn entry(counter: &Counter, number: u64) -> OutsideRefund {
    OutsideRefund {
        effect: EffectId::new("eff_1"),
        of: counter.of(number, 0, 1),
        currency: counter.order(number).currency,
        restock: None,
        note: "Paid back through Stripe".to_owned(),
    }
}

async fn enter(counter: &Counter, entry: &OutsideRefund) -> Result<String, WriteError> {
    counter.client.enter(permit("eff_1"), &counter.client.entry_request(entry)).await
}

#[tokio::test]
async fn pieces_that_were_paid_back_elsewhere_are_gone_and_no_money_moves() {
    let counter = Counter::open().await;
    let entry = entry(&counter, 1014);
    let id = enter(&counter, &entry).await.unwrap();
    assert_eq!(enter(&counter, &entry).await.unwrap(), id, "the same key");
    let order = counter.order(1014);
    assert_eq!((order.refunds.len(), order.transactions.len()), (1, 1));
    assert_eq!(order.refunds[0].note.as_deref(), Some("Paid back through Stripe [deskhand eff_1]"));
    assert!(counter.quote(&entry.of).await.is_err(), "Shopify does not offer it any more");
    let read = counter.client.order(&counter.id(1014), Urgency::Shopper).await.unwrap().unwrap();
    assert_eq!((read.lines[0].refundable_quantity, read.refunded), (0, usd(0)));
    let found = counter.client.refund_of(&counter.id(1014), &entry.effect, Urgency::Shopper).await.unwrap();
    assert_eq!(found, Some(RefundRecord { id, amount: usd(0), state: RefundState::Failed }));
    assert!(counter.sandbox.world().mails.is_empty());
}

#[tokio::test]
async fn a_foreign_currency_is_told_and_goods_go_back_into_stock() {
    let counter = Counter::open().await;
    let location = format!("gid://shopify/Location/{}", counter.sandbox.world().shop.location);
    let restock = Some(Restock { goods: RestockedGoods::Returned, location });
    enter(&counter, &OutsideRefund { restock, ..entry(&counter, 1009) }).await.unwrap();
    let refund = counter.order(1009).refunds.remove(0);
    assert_eq!((refund.lines[0].restock.as_str(), refund.transactions.len()), ("RETURN", 0));
}

#[tokio::test]
async fn an_entry_is_made_once_whatever_is_lost() {
    for (effect, done) in [(Effect::CutAfter, true), (Effect::CutBefore, false)] {
        let counter = Counter::open().await;
        let entry = entry(&counter, 1014);
        counter.strike("RefundCreate", effect);
        let error = enter(&counter, &entry).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(_)), "{error}");
        assert_eq!(counter.order(1014).refunds.len(), usize::from(done));
        enter(&counter, &entry).await.unwrap();
        assert_eq!(counter.order(1014).refunds.len(), 1);
    }
    let counter = Counter::open().await;
    let request = counter.client.entry_request(&entry(&counter, 1014));
    let error = counter.client.enter(permit("eff_2"), &request).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    assert!(counter.order(1014).refunds.is_empty());
}
