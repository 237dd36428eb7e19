//! Goods that came back through Shopify: what is to be paid for them, and paid once.

use deskhand::domain::id::EffectId;
use deskhand::domain::yaml;
use deskhand::integrations::commerce::refunds::{RefundRecord, RefundState};
use deskhand::integrations::commerce::returns::{ProcessDraft, ReturnReader, ReturnWriter, Settlement};
use deskhand::integrations::{Urgency, VendorError, WriteError};
use deskhand::sandbox::Effect;

use crate::counter::{Counter, row, usd};
use crate::writes::permit;

/// The return of #1010: one tool, paid with 20.00 of a gift card and 28.00 of a card.
fn back(counter: &Counter) -> String {
    format!("gid://shopify/Return/{}", counter.order(1010).returns[0].id)
}

async fn settlement(counter: &Counter) -> Settlement {
    counter.client.settlement(&counter.id(1010), &back(counter), Urgency::Shopper).await.unwrap()
}

async fn draft(counter: &Counter) -> ProcessDraft {
    let Settlement { lines, shares, .. } = settlement(counter).await;
    let (order, id) = (counter.id(1010), back(counter));
    ProcessDraft { effect: EffectId::new("eff_1"), order, id, lines, shares, restock: None, notify: false }
}

async fn process(counter: &Counter, draft: &ProcessDraft) -> Result<RefundRecord, WriteError> {
    counter.client.process(permit("eff_1"), &counter.client.processing_request(draft)).await
}

async fn processed(counter: &Counter) -> Option<RefundRecord> {
    counter.client.processed(&counter.id(1010), &back(counter), usd(4800), Urgency::Shopper).await.unwrap()
}

fn stock(counter: &Counter) -> i64 {
    let world = counter.sandbox.world();
    let variants = world.products.iter().flat_map(|product| &product.variants);
    variants.into_iter().find(|variant| variant.sku == "JP-MTL-01").unwrap().stock
}

#[tokio::test]
async fn what_is_open_is_paid_back_to_the_payments_it_came_from() {
    let counter = Counter::open().await;
    let before = settlement(&counter).await;
    assert_eq!((before.amount, before.maximum, before.lines[0].quantity), (usd(4800), usd(4800), 1));
    let shares: Vec<_> = before.shares.iter().map(|share| (share.gateway.as_str(), share.amount)).collect();
    assert_eq!(shares, [("shopify_payments", usd(2800)), ("gift_card", usd(2000))]);
    assert_eq!(processed(&counter).await, None);

    let record = process(&counter, &draft(&counter).await).await.unwrap();
    assert_eq!((record.amount, &record.state), (usd(4800), &RefundState::Paid));
    assert_eq!(processed(&counter).await, Some(record));
    let expected = [row("shopify_payments", "28.00 USD", "SUCCESS"), row("gift_card", "20.00 USD", "SUCCESS")];
    assert_eq!(counter.repaid(1010), expected);
    let order = counter.order(1010);
    assert_eq!(order.refunds[0].note.as_deref(), Some("[deskhand eff_1]"));
    assert_eq!((order.refunds[0].returned, order.returns[0].lines[0].refunded), (Some(order.returns[0].id), 1));
    let after = settlement(&counter).await;
    assert_eq!((after.lines.len(), after.amount, after.shares.len()), (0, usd(0), 0));
    assert!(counter.sandbox.world().mails.is_empty());
}

#[tokio::test]
async fn goods_go_back_into_stock_where_that_is_said() {
    for restock in [false, true] {
        let counter = Counter::open().await;
        let before = stock(&counter);
        let location = format!("gid://shopify/Location/{}", counter.sandbox.world().shop.location);
        let draft = ProcessDraft { restock: restock.then_some(location), notify: true, ..draft(&counter).await };
        process(&counter, &draft).await.unwrap();
        assert_eq!(stock(&counter) - before, i64::from(restock));
        assert_eq!(counter.sandbox.world().mails.len(), 1);
    }
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_nothing_is_paid_twice() {
    for (effect, done) in [
        (Effect::CutAfter, true),
        (Effect::Garbage, true),
        (Effect::CutBefore, false),
        (Effect::Status { code: 500 }, false),
    ] {
        let counter = Counter::open().await;
        let draft = draft(&counter).await;
        counter.strike("ReturnProcess", effect.clone());
        let error = process(&counter, &draft).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(_)), "{effect:?}: {error}");
        assert_eq!(counter.order(1010).refunds.len(), usize::from(done), "{effect:?}");
        assert_eq!(processed(&counter).await.is_some(), done, "{effect:?}");
        let record = process(&counter, &draft).await.unwrap();
        assert_eq!(processed(&counter).await, Some(record), "{effect:?}");
        assert_eq!((counter.order(1010).refunds.len(), counter.repaid(1010).len()), (1, 2), "{effect:?}");
    }
}

#[tokio::test]
async fn what_staff_paid_for_the_return_is_not_taken_for_the_agent_s_own() {
    let counter = Counter::open().await;
    let good = draft(&counter).await;
    let mut less = ProcessDraft { effect: EffectId::new("eff_staff"), ..good.clone() };
    less.shares.truncate(1);
    let request = counter.client.processing_request(&less);
    let made = counter.client.process(permit("eff_staff"), &request).await.unwrap();
    assert_eq!(made.amount, usd(2800));
    assert_eq!(processed(&counter).await, None, "28.00 are not the 48.00 that were due");
    let error = process(&counter, &good).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)) && error.to_string().contains("somebody else"), "{error}");
    assert_eq!(counter.order(1010).refunds.len(), 1);
    assert_eq!(counter.client.process(permit("eff_staff"), &request).await.unwrap(), made, "one's own is found");
}

#[tokio::test]
async fn a_refund_that_cannot_be_read_afterwards_is_unknown() {
    let counter = Counter::open().await;
    let draft = draft(&counter).await;
    counter.strike("RefundById", Effect::Status { code: 404 });
    let error = process(&counter, &draft).await.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)), "{error}");
    assert!(processed(&counter).await.is_some());
}

#[tokio::test]
async fn money_that_is_on_its_way_is_told_as_such() {
    let slow = "{ gateway: shopify_payments, after_seconds: 7200, end: failure }";
    let counter = Counter::with(|fixture| fixture.store.slow_refunds = vec![yaml::read(slow).unwrap()]).await;
    let record = process(&counter, &draft(&counter).await).await.unwrap();
    assert_eq!((record.amount, record.state), (usd(4800), RefundState::Pending));
    counter.pass(3);
    let record = processed(&counter).await.unwrap();
    assert_eq!((record.amount, record.state), (usd(2000), RefundState::Failed));
}

#[tokio::test]
async fn what_does_not_fit_the_return_is_refused() {
    let counter = Counter::open().await;
    let good = draft(&counter).await;
    for change in [
        |draft: &mut ProcessDraft| draft.lines[0].quantity = 2,
        |draft: &mut ProcessDraft| draft.lines[0].quantity = 0,
        |draft: &mut ProcessDraft| draft.lines[0].line = "gid://shopify/ReturnLineItem/1".to_owned(),
        |draft: &mut ProcessDraft| draft.lines.clear(),
        |draft: &mut ProcessDraft| draft.shares.clear(),
        |draft: &mut ProcessDraft| draft.shares[0].amount = usd(2801),
        |draft: &mut ProcessDraft| draft.shares[0].payment = "gid://shopify/OrderTransaction/1".to_owned(),
        |draft: &mut ProcessDraft| draft.restock = Some("gid://shopify/Location/1".to_owned()),
        |draft: &mut ProcessDraft| draft.id = "gid://shopify/Return/1".to_owned(),
    ] {
        let mut bad = good.clone();
        change(&mut bad);
        let error = process(&counter, &bad).await.unwrap_err();
        assert!(matches!(error, WriteError::Refused(_)), "{error}");
    }
    let elsewhere = ProcessDraft { order: counter.id(1001), ..good.clone() };
    let error = process(&counter, &elsewhere).await.unwrap_err();
    assert!(error.to_string().contains("another order"), "{error}");
    let request = counter.client.processing_request(&good);
    let error = counter.client.process(permit("eff_2"), &request).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(VendorError::Refused { status: 0, .. })), "{error}");
    assert!(counter.order(1010).refunds.is_empty());
}

#[tokio::test]
async fn what_staff_paid_back_past_the_return_is_not_paid_again() {
    let counter = Counter::open().await;
    let good = draft(&counter).await;
    let of = counter.of(1010, 0, 1);
    let request = counter.request("eff_9", &of).await;
    counter.send("eff_9", &request).await.unwrap();
    assert_eq!(settlement(&counter).await.lines, []);
    let error = process(&counter, &good).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    assert_eq!((counter.order(1010).refunds.len(), processed(&counter).await), (1, None));
}
