//! Stripe's client: payments read, refunds made once under a key, and found again.

use std::time::Duration;

use deskhand::domain::clock::Clock;
use deskhand::domain::id::EffectId;
use deskhand::domain::money::Money;
use deskhand::domain::yaml;
use deskhand::integrations::commerce::refunds::RefundState;
use deskhand::integrations::payments::stripe::{API_VERSION, Stripe};
use deskhand::integrations::payments::{PaymentReader, PaymentRefund, PaymentRefundDraft, PaymentWriter};
use deskhand::integrations::{Urgency, VendorError, WriteError};
use deskhand::sandbox::world::charges::IntentRefund;
use deskhand::sandbox::{Effect, Fault, Fixture, Sandbox, SandboxOptions, Vendor};
use jiff::SignedDuration;
use serde_json::{Value, json};
use url::Url;

use crate::counter::usd;
use crate::server::{Server, answer, hasty, transport};
use crate::writes::{check_failures, permit};

const CUP: &str = "pi_3SWdQ2Kx8JpAlder0bTq7Yhe";

fn client_at(base: Url) -> Stripe {
    let settings = json!({"secret_key": "sk_test_0123456789", "base_url": base});
    Stripe::new(serde_json::from_value(settings).unwrap(), transport(hasty())).unwrap()
}

/// Stripe's client at the sandbox's wire.
struct Till {
    sandbox: Sandbox,
    client: Stripe,
}

impl Till {
    async fn open() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut Fixture)) -> Self {
        let mut fixture = Fixture::juniper_and_pine().unwrap();
        change(&mut fixture);
        let mut options = SandboxOptions::new(fixture);
        options.clock = Clock::standing("2026-11-23T20:00:00Z".parse().unwrap());
        let sandbox = Sandbox::start(options).await.unwrap();
        let settings = json!({"secret_key": sandbox.credentials().stripe_secret_key, "base_url": sandbox.stripe_url()});
        let client = Stripe::new(serde_json::from_value(settings).unwrap(), transport(hasty())).unwrap();
        Self { sandbox, client }
    }

    async fn refund(&self, effect: &str, amount: Money) -> Result<PaymentRefund, WriteError> {
        self.client.refund(permit(effect), &self.client.refund_request(&draft(effect, amount))).await
    }

    async fn find(&self, effect: &str) -> Option<PaymentRefund> {
        self.client.refund_of(CUP, &EffectId::new(effect), Urgency::Shopper).await.unwrap()
    }

    async fn left(&self) -> Money {
        self.client.payment(CUP, Urgency::Shopper).await.unwrap().unwrap().refundable
    }

    fn made(&self) -> usize {
        self.sandbox.world().intents[0].refunds.len()
    }

    fn strike(&self, effect: Effect) {
        self.sandbox.fault(Fault::new(effect).vendor(Vendor::Stripe).operation("POST /v1/refunds").times(1));
    }
}

fn draft(effect: &str, amount: Money) -> PaymentRefundDraft {
    PaymentRefundDraft { effect: EffectId::new(effect), payment: CUP.to_owned(), amount }
}

#[tokio::test]
async fn a_payment_tells_what_is_left_of_it() {
    let till = Till::open().await;
    let payment = till.client.payment(CUP, Urgency::Shopper).await.unwrap().unwrap();
    assert_eq!((payment.received, payment.refundable), (usd(2200), usd(2200)));
    assert!(payment.paid && !payment.disputed);
    assert_eq!(payment.emails.iter().map(|email| email.as_str()).collect::<Vec<_>>(), ["gia@example.com"]);
    assert_eq!(payment.metadata["order"], "#1014");
    till.refund("eff_1", usd(700)).await.unwrap();
    assert_eq!(till.left().await, usd(1500));
    assert_eq!(till.client.payment("pi_unknown", Urgency::Shopper).await.unwrap(), None);
    let asked = till.sandbox.requests().len();
    for odd in ["", "ch_1", "pi_1/../refunds", "pi_é", "pi_1?expand[]=x", &format!("pi_{}", "1".repeat(300))] {
        assert_eq!(till.client.payment(odd, Urgency::Shopper).await.unwrap(), None, "{odd}");
    }
    assert_eq!(till.sandbox.requests().len(), asked, "what cannot be an id is not asked about");
}

#[tokio::test]
async fn a_refund_leaves_as_a_form_with_key_version_and_mark() {
    let body = json!({"id": "re_1", "amount": 700, "currency": "usd", "status": "succeeded"}).to_string();
    let server = Server::start(move |_, _| answer(200, body.clone())).await;
    let client = client_at(server.base.clone());
    let request = client.refund_request(&draft("eff_1", usd(700)));
    let made = client.refund(permit("eff_1"), &request).await.unwrap();
    assert_eq!((made.id.as_str(), made.amount, &made.state), ("re_1", usd(700), &RefundState::Paid));
    let received = server.requests().remove(0);
    assert_eq!((received.method.as_str(), received.target.as_str()), ("POST", "/v1/refunds"));
    assert_eq!(received.header("authorization"), Some("Bearer sk_test_0123456789"));
    assert_eq!(received.header("idempotency-key"), Some("eff_1"));
    assert_eq!(received.header("stripe-version"), Some(API_VERSION));
    assert_eq!(received.header("content-type"), Some("application/x-www-form-urlencoded"));
    let fields: Vec<_> = url::form_urlencoded::parse(received.body.as_bytes()).into_owned().collect();
    let expected = [
        ("metadata[deskhand_effect]", "eff_1"),
        ("payment_intent", CUP),
        ("amount", "700"),
        ("reason", "requested_by_customer"),
    ];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert_eq!(client.dedupes_for(), Duration::from_secs(20 * 3600));
}

#[tokio::test]
async fn the_same_request_pays_once() {
    let till = Till::open().await;
    let first = till.refund("eff_1", usd(700)).await.unwrap();
    assert_eq!(till.refund("eff_1", usd(700)).await.unwrap(), first);
    assert_eq!((till.made(), till.find("eff_1").await), (1, Some(first)));
    assert_eq!(till.find("eff_11").await, None);
    let error = till.refund("eff_1", usd(800)).await.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)), "the key was used: {error}");
    till.sandbox.clock().advance(SignedDuration::from_hours(25));
    till.refund("eff_1", usd(700)).await.unwrap();
    assert_eq!(till.made(), 2, "a key is not kept for ever");
}

#[tokio::test]
async fn a_lost_answer_is_unknown_and_found() {
    for (effect, done) in [
        (Effect::CutAfter, true),
        (Effect::Garbage, true),
        (Effect::CutBefore, false),
        (Effect::Status { code: 500 }, false),
        (Effect::Status { code: 409 }, false),
    ] {
        let till = Till::open().await;
        till.strike(effect.clone());
        let error = till.refund("eff_1", usd(2200)).await.unwrap_err();
        assert!(matches!(error, WriteError::Unknown(_)), "{effect:?}: {error}");
        assert_eq!((till.made(), till.find("eff_1").await.is_some()), (usize::from(done), done), "{effect:?}");
        till.refund("eff_1", usd(2200)).await.unwrap();
        assert_eq!((till.made(), till.left().await), (1, usd(0)), "{effect:?}");
    }
}

#[tokio::test]
async fn what_stripe_refuses_is_refused() {
    let till = Till::open().await;
    let refused = |error: WriteError, word: &str| {
        assert!(matches!(error, WriteError::Refused(_)) && error.to_string().contains(word), "{error}");
    };
    refused(till.refund("eff_1", usd(2201)).await.unwrap_err(), "greater than unrefunded");
    till.refund("eff_2", usd(2200)).await.unwrap();
    refused(till.refund("eff_3", usd(1)).await.unwrap_err(), "charge_already_refunded");
    let other = PaymentRefundDraft { payment: "pi_0".to_owned(), ..draft("eff_4", usd(1)) };
    refused(
        till.client.refund(permit("eff_4"), &till.client.refund_request(&other)).await.unwrap_err(),
        "resource_missing",
    );
    till.sandbox.change(|world| world.intents[0].disputed = true).await;
    refused(till.refund("eff_5", usd(1)).await.unwrap_err(), "charge_disputed");
    assert!(till.client.payment(CUP, Urgency::Shopper).await.unwrap().unwrap().disputed);
    assert_eq!(till.made(), 1);
}

#[tokio::test]
async fn an_amount_that_cannot_be_written_does_not_leave() {
    let till = Till::open().await;
    let asked = till.sandbox.requests().len();
    for amount in [usd(0), usd(-1), Money::parse("1.234", "KWD".parse().unwrap()).unwrap()] {
        let error = till.refund("eff_1", amount).await.unwrap_err();
        assert!(matches!(error, WriteError::Refused(_)), "{error}");
    }
    let request = till.client.refund_request(&draft("eff_1", usd(100)));
    let error = till.client.refund(permit("eff_2"), &request).await.unwrap_err();
    assert!(matches!(error, WriteError::Refused(_)), "{error}");
    assert_eq!(till.sandbox.requests().len(), asked);
}

#[tokio::test]
async fn a_bank_that_takes_its_time_may_still_refuse() {
    for (end, state, left) in [("success", RefundState::Paid, 1500), ("failure", RefundState::Failed, 2200)] {
        let slow = format!("{{ gateway: stripe, after_seconds: 7200, end: {end} }}");
        let till = Till::with(|fixture| fixture.store.slow_refunds = vec![yaml::read(&slow).unwrap()]).await;
        let made = till.refund("eff_1", usd(700)).await.unwrap();
        assert_eq!((made.state, made.reason.as_deref()), (RefundState::Pending, Some("processing")));
        assert_eq!(till.left().await, usd(1500), "it is on its way");
        till.sandbox.clock().advance(SignedDuration::from_hours(3));
        assert_eq!(till.find("eff_1").await.unwrap().state, state);
        assert_eq!(till.left().await, usd(left));
    }
}

#[tokio::test]
async fn refunds_are_looked_through_to_the_last_page() {
    let till = Till::open().await;
    let first = till.refund("eff_1", usd(1)).await.unwrap();
    till.sandbox
        .change(|world| {
            let refunds = &mut world.intents[0].refunds;
            let mut staffs = refunds[0].clone();
            staffs.metadata.clear();
            refunds.extend((0..230).map(|number| IntentRefund { id: format!("re_{number}"), ..staffs.clone() }));
        })
        .await;
    assert_eq!(till.find("eff_1").await, Some(first), "the oldest comes last");
    let pages = |till: &Till| till.sandbox.requests().iter().filter(|request| request.method == "GET").count();
    assert_eq!(pages(&till), 3);
    assert_eq!(till.find("eff_2").await, None);
    assert_eq!(pages(&till), 6);
}

fn refund(fields: Value) -> Value {
    let mut refund = json!({"id": "re_1", "amount": 700, "currency": "usd", "status": "succeeded"});
    refund.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    refund
}

#[tokio::test]
async fn states_are_read_as_they_are_meant() {
    for (status, state) in [
        (json!("pending"), RefundState::Pending),
        (json!("requires_action"), RefundState::Pending),
        (json!(null), RefundState::Pending),
        (json!("canceled"), RefundState::Failed),
        (json!("failed"), RefundState::Failed),
        (json!("teleported"), RefundState::Other("teleported".to_owned())),
    ] {
        let body = refund(json!({"status": status, "failure_reason": "unknown"})).to_string();
        let server = Server::start(move |_, _| answer(200, body.clone())).await;
        let client = client_at(server.base.clone());
        let made = client.refund(permit("eff_1"), &client.refund_request(&draft("eff_1", usd(700)))).await.unwrap();
        assert_eq!((made.state, made.reason.as_deref()), (state, Some("unknown")));
    }
    let body = refund(json!({"currency": "zzz"})).to_string();
    let server = Server::start(move |_, _| answer(200, body.clone())).await;
    let client = client_at(server.base.clone());
    let error = client.refund(permit("eff_1"), &client.refund_request(&draft("eff_1", usd(700)))).await.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(VendorError::Garbled { .. })), "{error}");
}

#[tokio::test]
async fn a_payment_that_is_not_there_yet_has_nothing_to_give_back() {
    let charge = json!({"status": "succeeded", "captured": false, "amount_captured": 0, "amount_refunded": 0});
    for (latest, readable) in [(json!(null), true), (charge, true), (json!("ch_1"), false)] {
        let body = json!({"id": "pi_1", "amount_received": 0, "currency": "usd", "receipt_email": "not an address",
                          "latest_charge": latest});
        let server = Server::start(move |_, _| answer(200, body.to_string())).await;
        let payment = client_at(server.base.clone()).payment("pi_1", Urgency::Shopper).await;
        match readable {
            true => {
                let payment = payment.unwrap().unwrap();
                assert_eq!((payment.paid, payment.refundable, payment.emails.len()), (false, usd(0), 0));
            }
            false => assert!(matches!(payment.unwrap_err(), VendorError::Garbled { .. })),
        }
        assert_eq!(server.requests()[0].query("expand[]").as_deref(), Some("latest_charge"));
    }
}

#[tokio::test]
async fn every_failure_is_told_apart() {
    let write = |base| async move {
        let client = client_at(base);
        client.refund(permit("eff_7"), &client.refund_request(&draft("eff_7", usd(700)))).await
    };
    check_failures(&[301, 303, 408, 409], &[400, 401, 402, 403, 404, 424], write).await;
}

#[tokio::test]
async fn what_stripe_says_reaches_the_operator_without_what_gives_people_away() {
    let error = json!({"error": {"type": "card_error", "code": "expired_card", "decline_code": "x", "param": "amount",
                                 "message": "gia@example.com has 4242424242424242"}});
    let server = Server::start(move |_, _| answer(402, error.to_string()).with("request-id", "req_77")).await;
    let client = client_at(server.base.clone());
    let request = client.refund_request(&draft("eff_1", usd(700)));
    let text = client.refund(permit("eff_1"), &request).await.unwrap_err().to_string();
    assert!(text.contains("card_error; expired_card; x; amount") && text.contains("req_77"), "{text}");
    assert!(!text.contains("gia@") && !text.contains("4242"), "{text}");
}

#[tokio::test]
async fn check_tells_the_mode() {
    let till = Till::open().await;
    assert!(till.client.check().await.unwrap().contains("test mode"));
    let settings = json!({"secret_key": "sk_test_wrong", "base_url": till.sandbox.stripe_url()});
    let wrong = Stripe::new(serde_json::from_value(settings).unwrap(), transport(hasty())).unwrap();
    assert!(matches!(wrong.check().await.unwrap_err(), VendorError::Credentials { .. }));
}
