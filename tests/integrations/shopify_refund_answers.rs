//! Refunds through Shopify against a vendor made of bytes: which answers prove that no money moved.

use deskhand::domain::id::EffectId;
use deskhand::domain::order::{LineQuantity, OrderId};
use deskhand::integrations::commerce::refunds::{RefundOf, RefundQuote, RefundReader, RefundRecord, RefundWriter};
use deskhand::integrations::commerce::shopify::{Shopify, ShopifySettings};
use deskhand::integrations::{Urgency, VendorError, WriteError};
use serde_json::{Value, json};
use url::Url;

use crate::counter::{draft, usd};
use crate::server::{Server, answer, hasty, transport};
use crate::shopify::{settings, settings_at, throttled};
use crate::writes::{check_every_failure, permit};

fn client(base: Url) -> Shopify {
    Shopify::new(settings_at(base), transport(hasty())).unwrap()
}

fn request() -> String {
    let of = RefundOf {
        order: OrderId::new("gid://shopify/Order/1"),
        lines: vec![LineQuantity { line: "gid://shopify/LineItem/1".to_owned(), quantity: 1 }],
        shipping: false,
    };
    let quote = RefundQuote {
        amount: usd(1000),
        lines: vec![],
        shipping: usd(0),
        maximum: usd(1000),
        shares: vec![],
        outside: false,
    };
    client("http://127.0.0.1:1".parse().unwrap()).request(&draft("eff_1", &of, &quote))
}

async fn sent_to(server: &Server) -> Result<RefundRecord, WriteError> {
    client(server.base.clone()).refund(permit("eff_1"), &request()).await
}

#[tokio::test]
async fn every_failure_is_told_apart() {
    check_every_failure(|base| async move { client(base).refund(permit("eff_1"), &request()).await }).await;
}

async fn answered(body: Value) -> (WriteError, usize) {
    let server = Server::start(move |_, _| answer(200, body.to_string())).await;
    (sent_to(&server).await.unwrap_err(), server.count())
}

fn errors(code: &str, data: Value) -> Value {
    json!({"data": data, "errors": [{"message": "no", "path": ["refundCreate"], "extensions": {"code": code}}]})
}

#[tokio::test]
async fn errors_beside_200_prove_little() {
    for code in ["ACCESS_DENIED", "BAD_REQUEST", "MAX_COST_EXCEEDED", "SHOP_INACTIVE", "undefinedField"] {
        for data in [Value::Null, json!({"refundCreate": null})] {
            let (error, count) = answered(errors(code, data)).await;
            assert!(matches!(error, WriteError::Refused(_)) && count == 1, "{code}: {error}");
        }
    }
    for code in ["INTERNAL_SERVER_ERROR", "TIMEOUT", "IDEMPOTENCY_CONCURRENT_REQUEST", "SOMETHING_NEW", ""] {
        let (error, count) = answered(errors(code, json!({"refundCreate": null}))).await;
        assert!(matches!(error, WriteError::Unknown(_)) && count == 1, "{code}: {error}");
    }
    let done = json!({"refundCreate": {"refund": {"id": "gid://shopify/Refund/1"}, "userErrors": []}});
    for code in ["ACCESS_DENIED", "THROTTLED"] {
        let (error, count) = answered(errors(code, done.clone())).await;
        assert!(matches!(error, WriteError::Unknown(_)) && count == 1, "the money has moved: {error}");
    }
}

#[tokio::test]
async fn a_yes_that_does_not_say_to_what_is_unknown() {
    for data in [
        json!({}),
        json!({"refundCreate": null}),
        json!({"refundCreate": {"refund": null, "userErrors": []}}),
        json!({"refundCreate": {"refund": {"id": 4}, "userErrors": []}}),
    ] {
        let (error, count) = answered(json!({"data": data})).await;
        assert!(matches!(error, WriteError::Unknown(VendorError::Garbled { .. })) && count == 1, "{data}: {error}");
    }
}

#[tokio::test]
async fn a_bucket_that_stays_empty_lets_nothing_out() {
    let server = Server::start(|_, _| throttled(80.0, 70.0)).await;
    let error = sent_to(&server).await.unwrap_err();
    assert!(matches!(error, WriteError::NotSent(VendorError::Throttled { .. })), "{error}");
    let bodies: Vec<String> = server.requests().into_iter().map(|request| request.body).collect();
    assert!(bodies.len() > 1 && bodies.windows(2).all(|pair| pair[0] == pair[1]), "the same bytes");
    assert_eq!(bodies[0], request());
}

#[tokio::test]
async fn a_token_that_has_ended_is_renewed_before_the_money_moves() {
    let server = Server::start(|received, before| match (received.target.as_str(), before) {
        ("/admin/oauth/access_token", before) => {
            answer(200, format!(r#"{{"access_token":"shpat_{before}","expires_in":86399}}"#))
        }
        (_, 1) => answer(401, "{}"),
        _ => answer(200, json!({"data": {"refundCreate": {"refund": null, "userErrors": []}}}).to_string()),
    })
    .await;
    let granted = ShopifySettings {
        access_token: None,
        client_id: Some("client-1".to_owned()),
        client_secret: Some("shpss_secret".to_owned().into()),
        ..settings(&server)
    };
    let client = Shopify::new(granted, transport(hasty())).unwrap();
    let error = client.refund(permit("eff_1"), &request()).await.unwrap_err();
    assert!(matches!(error, WriteError::Unknown(_)), "{error}");
    assert_eq!(server.count(), 4);
}

#[tokio::test]
async fn an_order_with_too_many_refunds_to_look_through_is_no_proof_of_absence() {
    let server = Server::start(|_, _| {
        let refund = json!({"id": "gid://shopify/Refund/1", "note": "staff"});
        answer(200, json!({"data": {"order": {"refunds": vec![refund; 250]}}}).to_string())
    })
    .await;
    let order = OrderId::new("gid://shopify/Order/1");
    let found = client(server.base.clone()).refund_of(&order, &EffectId::new("eff_1"), Urgency::Background).await;
    assert!(matches!(found, Err(VendorError::Refused { .. })), "{found:?}");
}
