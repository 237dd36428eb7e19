//! Cancellations through Shopify: a job that is awaited, and read back where nobody knows.

use std::time::Duration;

use deskhand::domain::id::EffectId;
use deskhand::integrations::commerce::cancellations::{
    CancellationDraft, CancellationReader, CancellationReason, CancellationRecord, CancellationWriter,
};
use deskhand::integrations::commerce::refunds::RefundState;
use deskhand::integrations::commerce::shopify::Shopify;
use deskhand::integrations::{Urgency, VendorError, WriteError};
use deskhand::sandbox::world::payment::SettledAs;
use deskhand::sandbox::{Effect, Fault, SlowRefunds};
use serde_json::{Value, json};
use url::Url;

use crate::counter::{Counter, row};
use crate::server::{Server, answer, hasty, transport};
use crate::shopify::settings_at;
use crate::writes::{check_every_failure, permit};

const CANCEL: &str = "OrderCancel";

fn draft(counter: &Counter, effect: &str, number: u64) -> CancellationDraft {
    CancellationDraft {
        effect: EffectId::new(effect),
        order: counter.id(number),
        reason: CancellationReason::Customer,
        refund: true,
        restock: true,
        notify: false,
        note: "Changed their mind".to_owned(),
    }
}

async fn cancel(counter: &Counter, draft: &CancellationDraft) -> Result<CancellationRecord, WriteError> {
    let request = counter.client.cancellation_request(draft);
    counter.client.cancel(permit(draft.effect.as_str()), &request).await
}

async fn read(counter: &Counter, number: u64, effect: &str) -> Option<CancellationRecord> {
    let (order, effect) = (counter.id(number), EffectId::new(effect));
    counter.client.cancellation_of(&order, &effect, Urgency::Shopper).await.unwrap()
}

fn stock(counter: &Counter) -> i64 {
    let products = counter.sandbox.world().products.into_iter();
    products.flat_map(|product| product.variants).find(|variant| variant.sku == "JP-PCK-GRN").unwrap().stock
}

#[tokio::test]
async fn an_unsent_order_is_called_off_paid_back_and_restocked() {
    let counter = Counter::open().await;
    let before = stock(&counter);
    let notifying = CancellationDraft { notify: true, ..draft(&counter, "eff_1", 1003) };
    let record = cancel(&counter, &notifying).await.unwrap();
    assert!(record.by_effect);
    assert_eq!(record.reason, CancellationReason::Customer);
    let (amount, state) = record.repaid.clone().unwrap();
    assert_eq!((amount.to_string(), state), ("89.00 USD".to_owned(), RefundState::Paid));

    let order = counter.order(1003);
    let cancellation = order.cancellation.clone().unwrap();
    assert_eq!(cancellation.reason, "CUSTOMER");
    assert_eq!(cancellation.staff_note.as_deref(), Some("[deskhand eff_1] Changed their mind"));
    assert_eq!(counter.repaid(1003), [row("shopify_payments", "89.00 USD", "SUCCESS")]);
    assert_eq!((stock(&counter), order.unfulfilled_quantity(&order.lines[0])), (before + 1, 0));
    let subjects: Vec<String> = counter.sandbox.world().mails.into_iter().map(|mail| mail.subject).collect();
    assert_eq!(subjects, ["Refund notification", "Order canceled"]);
    assert!(counter.asked("Job") >= 1, "the job was awaited");
    assert_eq!(read(&counter, 1003, "eff_1").await, Some(record));
    assert!(!read(&counter, 1003, "eff_2").await.unwrap().by_effect);
    assert!(!read(&counter, 1011, "eff_1").await.unwrap().by_effect, "staff's own");
    assert_eq!(read(&counter, 1002, "eff_1").await, None);
}

#[tokio::test]
async fn without_refund_no_money_moves() {
    let counter = Counter::open().await;
    let before = stock(&counter);
    let unpaid = CancellationDraft { refund: false, restock: false, ..draft(&counter, "eff_1", 1003) };
    let record = cancel(&counter, &unpaid).await.unwrap();
    assert_eq!((record.repaid, counter.repaid(1003), stock(&counter)), (None, vec![], before));
    assert!(counter.order(1003).cancellation.is_some());
}

#[tokio::test]
async fn what_has_left_is_cancelled_already_or_comes_back_is_refused() {
    let counter = Counter::open().await;
    for number in [1001, 1011, 1010] {
        let money = counter.repaid(number);
        let error = cancel(&counter, &draft(&counter, "eff_1", number)).await.unwrap_err();
        assert!(matches!(error, WriteError::Refused(_)), "{number}: {error}");
        assert_eq!(counter.repaid(number), money);
    }
    cancel(&counter, &draft(&counter, "eff_1", 1003)).await.unwrap();
    let again = cancel(&counter, &draft(&counter, "eff_1", 1003)).await.unwrap_err();
    assert!(matches!(again, WriteError::Refused(_)), "{again}");
    assert_eq!(counter.repaid(1003).len(), 1);
}

#[tokio::test]
async fn money_that_is_on_its_way_is_not_told_as_paid() {
    let counter = Counter::with(|fixture| {
        let gateway = "shopify_payments".to_owned();
        fixture.store.slow_refunds = vec![SlowRefunds { gateway, after_seconds: 3_600, end: SettledAs::Success }];
    })
    .await;
    let record = cancel(&counter, &draft(&counter, "eff_1", 1003)).await.unwrap();
    assert_eq!(record.repaid.unwrap().1, RefundState::Pending);
    counter.pass(1);
    assert_eq!(read(&counter, 1003, "eff_1").await.unwrap().repaid.unwrap().1, RefundState::Paid);
}

#[tokio::test]
async fn work_that_takes_too_long_is_unknown_and_read_later() {
    let counter = Counter::with(|fixture| fixture.store.cancelling_takes_seconds = 600).await;
    let error = cancel(&counter, &draft(&counter, "eff_1", 1003)).await.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(VendorError::Unavailable { .. })), "{error}");
    assert_eq!((counter.asked(CANCEL), read(&counter, 1003, "eff_1").await), (1, None));
    let twice = cancel(&counter, &draft(&counter, "eff_1", 1003)).await.unwrap_err();
    assert!(matches!(twice, WriteError::Refused(_)), "{twice}");
    counter.pass(1);
    assert!(read(&counter, 1003, "eff_1").await.unwrap().by_effect);
    assert_eq!(counter.repaid(1003).len(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_read_from_the_order() {
    for (effect, done) in [
        (Effect::CutAfter, true),
        (Effect::Garbage, true),
        (Effect::CutBefore, false),
        (Effect::Status { code: 500 }, false),
    ] {
        let counter = Counter::open().await;
        counter.strike(CANCEL, effect.clone());
        let error = cancel(&counter, &draft(&counter, "eff_1", 1003)).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(_)), "{effect:?}: {error}");
        assert_eq!(counter.asked(CANCEL), 1, "{effect:?}");
        let found = read(&counter, 1003, "eff_1").await;
        assert_eq!(found.is_some_and(|record| record.by_effect), done, "{effect:?}");
    }
}

#[tokio::test]
async fn what_was_turned_away_goes_again() {
    for effect in [Effect::RateLimited { retry_after_seconds: 0 }, Effect::Throttled] {
        let counter = Counter::open().await;
        counter.strike(CANCEL, effect);
        cancel(&counter, &draft(&counter, "eff_1", 1003)).await.unwrap();
        assert_eq!((counter.asked(CANCEL), counter.repaid(1003).len()), (2, 1));
    }
}

#[tokio::test]
async fn a_job_that_cannot_be_watched_leaves_the_outcome_open() {
    let counter = Counter::open().await;
    counter.sandbox.fault(Fault::new(Effect::Status { code: 500 }).operation("Job"));
    let error = cancel(&counter, &draft(&counter, "eff_1", 1003)).await.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)), "{error}");
    assert!(read(&counter, 1003, "eff_1").await.unwrap().by_effect);
}

fn client(base: Url) -> Shopify {
    Shopify::new(settings_at(base), transport(hasty())).unwrap()
}

fn request(client: &Shopify) -> String {
    let draft = CancellationDraft {
        effect: EffectId::new("eff_1"),
        order: deskhand::domain::order::OrderId::new("gid://shopify/Order/1"),
        reason: CancellationReason::Customer,
        refund: true,
        restock: true,
        notify: true,
        note: String::new(),
    };
    client.cancellation_request(&draft)
}

#[tokio::test]
async fn every_failure_is_told_apart() {
    check_every_failure(|base| async move {
        let client = client(base);
        client.cancel(permit("eff_1"), &request(&client)).await
    })
    .await;
}

#[tokio::test]
async fn a_permit_for_another_cancellation_lets_nothing_out() {
    let server = Server::start(|_, _| answer(200, "{}")).await;
    let client = client(server.base.clone());
    for other in ["eff_2", "eff_", "eff_11"] {
        let error = client.cancel(permit(other), &request(&client)).await.unwrap_err();
        assert!(matches!(error, WriteError::Refused(_)), "{other}: {error}");
    }
    let error = client.cancel(permit("eff_1"), "{\"variables\":{\"staffNote\":\"[deskhand eff_1]").await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_job_that_ends_without_its_work_is_unknown() {
    let order = json!({"cancelledAt": null, "cancelReason": null, "cancellation": null,
                       "presentmentCurrencyCode": "USD", "transactions": []});
    let job = |done: bool| json!({"id": "gid://shopify/Job/1", "done": done});
    let taken = json!({"orderCancel": {"job": job(false), "orderCancelUserErrors": []}});
    let internal = json!([{"code": "INTERNAL_ERROR", "field": null, "message": "something went wrong"}]);
    let failed = json!({"orderCancel": {"job": null, "orderCancelUserErrors": internal}});
    for (first, count) in [(taken, 3), (failed, 1), (json!({"orderCancel": null}), 1)] {
        let (order, job) = (order.clone(), job(true));
        let server = Server::start(move |request, _| {
            let data: Value = match request.json()["operationName"].as_str().unwrap() {
                "OrderCancel" => first.clone(),
                "Job" => json!({"job": job}),
                _ => json!({"order": order}),
            };
            answer(200, json!({"data": data}).to_string())
        })
        .await;
        let client = client(server.base.clone());
        let request = request(&client);
        let sent = client.cancel(permit("eff_1"), &request);
        let error = tokio::time::timeout(Duration::from_secs(5), sent).await.unwrap().unwrap_err();
        assert!(matches!(error, WriteError::Unknown(_)), "{error}");
        assert_eq!(server.count(), count);
    }
}
