//! How Shopify says no, in three ways, and when it says wait; and the tokens without which it says nothing.

use std::time::Duration;

use deskhand::integrations::commerce::shopify::{Shopify, ShopifySettings};
use deskhand::integrations::commerce::{Acts, CommerceReader};
use deskhand::integrations::{Urgency, VendorError};
use serde_json::json;

use crate::server::{Received, Reply, Server, answer, hasty, nobody, transport};
use crate::shopify::{client, cost, list, named, order, orders, settings, throttled};

async fn refusal(reply: fn() -> Reply) -> (VendorError, usize) {
    let server = Server::start(move |_, _| reply()).await;
    let error = named(&server).await.unwrap_err();
    (error, server.count())
}

#[tokio::test]
async fn a_status_says_who_must_do_what() {
    let said = |status| answer(status, r#"{"errors":"[API] said no"}"#).with("x-request-id", "req-9");
    for status in [401, 403] {
        let server = Server::start(move |_, _| said(status)).await;
        let error = named(&server).await.unwrap_err();
        assert!(matches!(&error, VendorError::Credentials { .. }), "{error}");
        assert!(error.to_string().contains("req-9") && error.to_string().contains("[API] said no"), "{error}");
        assert_eq!(server.count(), 1, "a given token is not tried again");
    }
    for status in [400, 402, 404, 423] {
        let server = Server::start(move |_, _| said(status)).await;
        let error = named(&server).await.unwrap_err();
        assert!(matches!(&error, VendorError::Refused { status: found, .. } if *found == status), "{error}");
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn errors_beside_200_are_told_apart() {
    fn with(code: &str) -> Reply {
        let errors = json!([{"message": "no", "path": ["orders"], "extensions": {"code": code}}]);
        answer(200, json!({"data": {"orders": null}, "errors": errors}).to_string())
    }
    let (error, count) = refusal(|| with("ACCESS_DENIED")).await;
    assert!(matches!(error, VendorError::Credentials { .. }) && count == 1, "{error} {count}");
    let (error, count) = refusal(|| with("MAX_COST_EXCEEDED")).await;
    assert!(matches!(error, VendorError::Refused { status: 200, .. }) && count == 1, "{error} {count}");
    let (error, count) = refusal(|| with("undefinedField")).await;
    assert!(matches!(error, VendorError::Refused { .. }) && count == 1, "{error} {count}");
    let (error, count) = refusal(|| with("INTERNAL_SERVER_ERROR")).await;
    assert!(matches!(error, VendorError::Unavailable { .. }) && count > 1, "{error} {count}");
}

#[tokio::test]
async fn data_beside_errors_is_not_taken_for_an_answer() {
    let server = Server::start(|_, _| {
        let errors = json!([{"message": "email is protected", "extensions": {"code": "ACCESS_DENIED"}}]);
        answer(200, json!({"data": {"orders": list(vec![order("#1001", 1001)])}, "errors": errors}).to_string())
    })
    .await;
    assert!(matches!(named(&server).await.unwrap_err(), VendorError::Credentials { .. }));
}

#[tokio::test]
async fn answers_that_do_not_read_are_garbled() {
    for body in
        ["", "<html>Bad gateway</html>", "{\"data\":", "[]", "{}", r#"{"data":{"orders":{"nodes":[{"id":4}]}}}"#]
    {
        let server = Server::start(move |_, _| answer(200, body)).await;
        let error = named(&server).await.unwrap_err();
        assert!(matches!(error, VendorError::Garbled { .. }), "{body}: {error}");
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn throttled_waits_for_the_bucket_to_fill_and_asks_again() {
    let server = Server::start(|_, before| match before {
        0 => throttled(770.0, 740.0),
        _ => orders(vec![order("#1001", 1001)]),
    })
    .await;
    assert_eq!(named(&server).await.unwrap().len(), 1);
    let requests = server.requests();
    let waited = requests[1].at - requests[0].at;
    assert!(waited >= Duration::from_millis(300), "30 points at 100 a second, but {waited:?}");
    assert!(waited < Duration::from_millis(900), "{waited:?}");
}

#[tokio::test]
async fn a_bucket_that_fills_too_slowly_for_a_shopper_is_said_at_once() {
    let server = Server::start(|_, _| throttled(770.0, 0.0)).await;
    let client = client(&server);
    let started = std::time::Instant::now();
    let error = client.orders_named("1001", Urgency::Shopper).await.unwrap_err();
    assert!(matches!(error, VendorError::Throttled { wait, .. } if wait >= Duration::from_secs(7)), "{error}");
    let error = client.orders_named("1001", Urgency::Shopper).await.unwrap_err();
    assert!(matches!(error, VendorError::Throttled { .. }), "{error}");
    assert_eq!(server.count(), 1, "what cannot be paid is not sent");
    assert!(started.elapsed() < Duration::from_millis(500));
}

#[tokio::test]
async fn the_bucket_is_watched_before_it_is_empty() {
    let server = Server::start(|_, before| {
        let body = json!({"data": {"orders": list(vec![])}, "extensions": cost(60.0, if before == 0 { 10.0 } else { 1900.0 })});
        answer(200, body.to_string())
    })
    .await;
    let client = client(&server);
    client.orders_named("1", Urgency::Shopper).await.unwrap();
    client.orders_named("2", Urgency::Shopper).await.unwrap();
    let requests = server.requests();
    let waited = requests[1].at - requests[0].at;
    assert!(waited >= Duration::from_millis(400), "50 points at 100 a second, but {waited:?}");
}

#[tokio::test]
async fn too_many_requests_waits_as_long_as_it_says() {
    let server = Server::start(|_, before| match before {
        0 => answer(429, "{}").with("retry-after", "0.25"),
        _ => orders(vec![order("#1001", 1001)]),
    })
    .await;
    assert_eq!(named(&server).await.unwrap().len(), 1);
    let requests = server.requests();
    assert!(requests[1].at - requests[0].at >= Duration::from_millis(250));
}

#[tokio::test]
async fn another_version_is_reported_by_check() {
    let server = Server::start(|_, _| {
        let installation = json!({"shop": {"name": "Fern & Fog", "myshopifyDomain": "fern-and-fog.myshopify.com"},
            "currentAppInstallation": {"accessScopes": [{"handle": "write_orders"}, {"handle": "read_customers"},
                {"handle": "read_products"}, {"handle": "read_returns"}]}});
        answer(200, json!({"data": installation}).to_string()).with("x-shopify-api-version", "2027-01")
    })
    .await;
    let said = client(&server).check(Acts::default()).await.unwrap();
    assert!(said.contains("2027-01") && said.contains("2026-10") && said.contains("Fern & Fog"), "{said}");
}

#[tokio::test]
async fn check_names_missing_scopes_and_a_token_of_another_shop() {
    let reading = json!([{"handle": "write_orders"}, {"handle": "read_customers"}, {"handle": "read_products"},
        {"handle": "read_returns"}]);
    for (shop, scopes, expected) in [
        ("fern-and-fog.myshopify.com", reading, "lacks the scopes write_returns;"),
        (
            "fern-and-fog.myshopify.com",
            json!([{"handle": "read_orders"}]),
            "read_customers, read_products, read_returns, write_orders, write_returns",
        ),
        ("other.myshopify.com", json!([]), "other.myshopify.com"),
    ] {
        let body = json!({"data": {"shop": {"name": "S", "myshopifyDomain": shop},
                                   "currentAppInstallation": {"accessScopes": scopes}}});
        let server = Server::start(move |_, _| answer(200, body.to_string())).await;
        let error = client(&server).check(Acts { orders: true, returns: true }).await.unwrap_err();
        assert!(matches!(error, VendorError::Credentials { .. }) && error.to_string().contains(expected), "{error}");
    }
}

#[tokio::test]
async fn nobody_there_is_unavailable() {
    let settings =
        ShopifySettings { base_url: Some(nobody().await), ..settings(&Server::start(|_, _| Reply::Cut).await) };
    let client = Shopify::new(settings, transport(hasty())).unwrap();
    let error = client.orders_named("1001", Urgency::Shopper).await.unwrap_err();
    assert!(matches!(error, VendorError::Unavailable { .. }), "{error}");
}

// Client credentials.

fn granted(server: &Server) -> Shopify {
    let settings = ShopifySettings {
        access_token: None,
        client_id: Some("client-1".to_owned()),
        client_secret: Some("shpss_secret".to_owned().into()),
        ..settings(server)
    };
    Shopify::new(settings, transport(hasty())).unwrap()
}

fn is_token(request: &Received) -> bool {
    request.target == "/admin/oauth/access_token"
}

#[tokio::test]
async fn one_token_is_fetched_for_many_and_kept() {
    let server = Server::start(|request, _| {
        if is_token(request) {
            return answer(200, r#"{"access_token":"shpat_new","scope":"read_orders","expires_in":86399}"#);
        }
        assert_eq!(request.header("x-shopify-access-token"), Some("shpat_new"));
        orders(vec![order("#1001", 1001)])
    })
    .await;
    let client = granted(&server);
    let calls = (0..10).map(|_| client.orders_named("1001", Urgency::Shopper));
    for found in futures_util::future::join_all(calls).await {
        assert_eq!(found.unwrap().len(), 1);
    }
    let requests = server.requests();
    let tokens: Vec<_> = requests.iter().filter(|request| is_token(request)).collect();
    assert_eq!(tokens.len(), 1);
    let asked = json!({"client_id": "client-1", "client_secret": "shpss_secret", "grant_type": "client_credentials"});
    assert_eq!(tokens[0].json(), asked);
}

#[tokio::test]
async fn a_token_refused_before_its_time_is_fetched_again_once() {
    let server = Server::start(|request, before| match (is_token(request), before) {
        (true, before) => answer(200, format!(r#"{{"access_token":"shpat_{before}","expires_in":86399}}"#)),
        (false, 1) => answer(401, r#"{"errors":"[API] Invalid API key or access token"}"#),
        (false, _) => orders(vec![order("#1001", 1001)]),
    })
    .await;
    assert_eq!(granted(&server).orders_named("1001", Urgency::Shopper).await.unwrap().len(), 1);
    assert_eq!(server.count(), 4);
    assert_eq!(server.requests()[3].header("x-shopify-access-token"), Some("shpat_2"));

    let server = Server::start(|request, _| match is_token(request) {
        true => answer(200, r#"{"access_token":"shpat_x","expires_in":86399}"#),
        false => answer(401, "{}"),
    })
    .await;
    let error = granted(&server).orders_named("1001", Urgency::Shopper).await.unwrap_err();
    assert!(matches!(error, VendorError::Credentials { .. }), "{error}");
    assert_eq!(server.count(), 4, "twice, not for ever");
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_an_old_one_serves_while_renewal_fails() {
    let server = Server::start(|request, before| match (is_token(request), before) {
        (true, 0) => answer(200, r#"{"access_token":"shpat_first","expires_in":1}"#),
        (true, _) => answer(400, r#"{"error":"shop_not_permitted"}"#),
        (false, _) => orders(vec![order("#1001", 1001)]),
    })
    .await;
    let client = granted(&server);
    client.orders_named("1001", Urgency::Shopper).await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    client.orders_named("1001", Urgency::Shopper).await.unwrap();
    let tokens = server.requests().iter().filter(|request| is_token(request)).count();
    assert_eq!(tokens, 2, "half way through its life a short token is renewed");
    tokio::time::sleep(Duration::from_millis(500)).await;
    let error = client.orders_named("1001", Urgency::Shopper).await.unwrap_err();
    assert!(matches!(error, VendorError::Credentials { .. }), "{error}");
    assert!(error.to_string().contains("shop_not_permitted"), "{error}");
}
