//! Shopify's reader: what it makes of a full order, what it sends, and every way in which Shopify says no.

use std::time::Duration;

use deskhand::domain::customer::Email;
use deskhand::domain::order::{FulfilmentStatus, OrderId, PaymentStatus};
use deskhand::integrations::commerce::shopify::{Shopify, ShopifySettings};
use deskhand::integrations::commerce::{CommerceReader, Matching, OrderStatusFilter};
use deskhand::integrations::{Urgency, VendorError};
use serde_json::{Value, json};
use url::Url;

use crate::server::{Received, Reply, Server, answer, hasty, transport};

pub fn settings(server: &Server) -> ShopifySettings {
    settings_at(server.base.clone())
}

pub fn settings_at(base: Url) -> ShopifySettings {
    ShopifySettings {
        shop: "fern-and-fog.myshopify.com".to_owned(),
        base_url: Some(base),
        access_token: Some("shpat_0123456789abcdef".to_owned().into()),
        client_id: None,
        client_secret: None,
        all_orders: false,
        payment_metafield: None,
    }
}

pub fn client(server: &Server) -> Shopify {
    Shopify::new(settings(server), transport(hasty())).unwrap()
}

fn money(amount: &str) -> Value {
    json!({"presentmentMoney": {"amount": amount, "currencyCode": "USD"}})
}

fn line(id: u32, title: &str) -> Value {
    json!({
        "id": format!("gid://shopify/LineItem/{id}"), "title": title, "variantTitle": "Moss / M", "sku": "FL-1",
        "quantity": 2, "currentQuantity": 2, "refundableQuantity": 1,
        "discountedUnitPriceAfterAllDiscountsSet": money("21.333333"), "product": {"tags": ["final-sale"]}
    })
}

fn fulfilment(id: u32) -> Value {
    json!({
        "id": format!("gid://shopify/Fulfillment/{id}"), "status": "SUCCESS", "displayStatus": "IN_TRANSIT",
        "createdAt": "2026-11-18T09:00:00Z", "estimatedDeliveryAt": "2026-11-25T00:00:00Z", "deliveredAt": null,
        "trackingInfo": [{"company": "UPS", "number": "1Z999AA10123456784", "url": "https://ups.example/1Z"}],
        "fulfillmentLineItems": list(vec![json!({"quantity": 2, "lineItem": {"id": "gid://shopify/LineItem/1"}})])
    })
}

pub fn list(nodes: Vec<Value>) -> Value {
    json!({"nodes": nodes, "pageInfo": {"hasNextPage": false, "endCursor": null}})
}

fn cut(nodes: Vec<Value>, cursor: &str) -> Value {
    json!({"nodes": nodes, "pageInfo": {"hasNextPage": true, "endCursor": cursor}})
}

pub fn order(name: &str, number: u32) -> Value {
    json!({
        "id": format!("gid://shopify/Order/{number}"), "name": name, "number": number,
        "processedAt": "2026-11-17T12:00:00Z", "cancelledAt": null,
        "displayFinancialStatus": "PARTIALLY_REFUNDED", "displayFulfillmentStatus": "FULFILLED",
        "presentmentCurrencyCode": "USD", "refundable": true,
        "totalPriceSet": money("82.0"), "totalRefundedSet": money("18.0"), "netPaymentSet": money("64.0"),
        "totalShippingPriceSet": money("8.5"), "totalRefundedShippingSet": money("3.5"),
        "email": "Ana@Example.com",
        "customer": {"id": "gid://shopify/Customer/7", "displayName": "Ana Fern",
                     "defaultEmailAddress": {"emailAddress": "ana@example.com"}},
        "shippingAddress": {"name": "Ana Fern", "address1": "1 Moss St", "address2": null, "city": "Portland",
                            "provinceCode": "OR", "zip": "97205", "countryCodeV2": "US"},
        "note": "leave at the door", "tags": ["vip"],
        "lineItems": list(vec![line(1, "Fleece")]), "fulfillments": [fulfilment(1)],
        "returns": list(vec![json!({"id": "gid://shopify/Return/1", "name": "#1001-R1", "status": "OPEN",
                                   "createdAt": "2026-11-20T10:00:00Z"})])
    })
}

fn data(data: Value) -> Reply {
    answer(200, json!({"data": data, "extensions": cost(38.0, 1979.0)}).to_string())
        .with("x-shopify-api-version", "2026-10")
        .with("x-request-id", "req-shop-1")
}

pub fn orders(orders: Vec<Value>) -> Reply {
    data(json!({"orders": list(orders)}))
}

pub fn cost(requested: f64, available: f64) -> Value {
    json!({"cost": {"requestedQueryCost": requested, "actualQueryCost": 1, "throttleStatus":
        {"maximumAvailable": 2000.0, "currentlyAvailable": available, "restoreRate": 100.0}}})
}

pub fn throttled(requested: f64, available: f64) -> Reply {
    let errors = json!([{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]);
    answer(200, json!({"errors": errors, "extensions": cost(requested, available)}).to_string())
}

fn search_of(request: &Received) -> String {
    request.json()["variables"]["query"].as_str().unwrap().to_owned()
}

pub async fn named(server: &Server) -> Result<Vec<deskhand::domain::order::Order>, VendorError> {
    client(server).orders_named("#1001", Urgency::Shopper).await
}

#[tokio::test]
async fn one_call_brings_everything_of_an_order() {
    let server = Server::start(|_, _| orders(vec![order("#1001", 1001)])).await;
    let orders = named(&server).await.unwrap();

    let [order] = orders.as_slice() else { panic!("{orders:?}") };
    assert_eq!((order.name.as_str(), order.number), ("#1001", Some(1001)));
    assert_eq!(order.payment, PaymentStatus::PartiallyRefunded);
    assert_eq!(order.fulfilment, FulfilmentStatus::Fulfilled);
    assert_eq!(order.total.to_string(), "82.00 USD");
    assert_eq!(order.refunded.to_string(), "18.00 USD");
    assert_eq!(order.refundable.to_string(), "64.00 USD");
    assert_eq!((order.shipping.price.minor(), order.shipping.left.minor()), (850, 500));
    assert_eq!(order.owner().unwrap().as_str(), "ana@example.com");
    assert_eq!(order.ship_to.as_ref().unwrap().postcode.as_deref(), Some("97205"));
    assert_eq!(order.lines[0].unit_price.to_string(), "21.33 USD");
    assert_eq!((order.lines[0].quantity, order.lines[0].refundable_quantity), (2, 1));
    assert_eq!(order.lines[0].tags, ["final-sale"]);
    assert_eq!(order.fulfilments[0].status, "in_transit");
    assert_eq!(order.fulfilments[0].parcels[0].tracking_number.as_deref(), Some("1Z999AA10123456784"));
    assert_eq!(order.fulfilments[0].contents, [("gid://shopify/LineItem/1".to_owned(), 2)]);
    assert_eq!(order.returns[0].status, "open");
    assert!(order.complete);

    let requests = server.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].target, "/admin/api/2026-10/graphql.json");
    assert_eq!(requests[0].header("x-shopify-access-token"), Some("shpat_0123456789abcdef"));
    assert_eq!(requests[0].json()["operationName"], "OrdersNamed");
    assert_eq!(search_of(&requests[0]), r##"name:"#1001" OR name:"1001""##);
}

#[tokio::test]
async fn a_carrier_that_shopify_does_not_list_has_no_name() {
    for (company, carrier) in
        [("Other", None), ("other ", None), (" ", None), ("Otherway Couriers", Some("Otherway Couriers"))]
    {
        let mut sent = order("#1001", 1001);
        sent["fulfillments"][0]["trackingInfo"][0]["company"] = json!(company);
        let server = Server::start(move |_, _| orders(vec![sent.clone()])).await;
        let parcel = &named(&server).await.unwrap()[0].fulfilments[0].parcels[0];
        assert_eq!(parcel.carrier.as_deref(), carrier, "{company:?}");
        assert_eq!(parcel.tracking_number.as_deref(), Some("1Z999AA10123456784"));
    }
}

#[tokio::test]
async fn a_search_hit_that_is_called_otherwise_is_not_shown() {
    let server = Server::start(|_, _| orders(vec![order("#10012", 10012), order("#1001-X", 7)])).await;
    assert!(named(&server).await.unwrap().is_empty());
}

#[tokio::test]
async fn what_a_shopper_types_cannot_widen_the_search() {
    let server = Server::start(|_, _| orders(vec![order("#1001", 1001), order("#1002", 1002)])).await;
    let client = client(&server);
    let attacks = [
        "1001\" OR email:*",
        "*",
        "",
        "\\\" OR name:*",
        "1001) OR (status:open",
        "a:b\nname:*",
        "{\"query\":\"{ shop }\"}",
        "１００１ OR name:*",
    ];
    for attack in attacks {
        let found = client.orders_named(attack, Urgency::Shopper).await.unwrap();
        assert!(found.is_empty(), "{attack:?} found {found:?}");
    }
    let requests = server.requests();
    assert_eq!(requests.len(), attacks.len(), "nonsense takes the same one call as an unknown order");
    for request in requests {
        let search = search_of(&request);
        let bare = search.strip_prefix("name:\"#").and_then(|rest| rest.strip_suffix('"')).unwrap();
        let (first, second) = bare.split_once("\" OR name:\"").unwrap();
        assert_eq!(first, second);
        assert!(!first.contains(['"', '\\', ':', '(', ')', '*', ' ', '\n']), "{search}");
    }
}

#[tokio::test]
async fn orders_of_an_address_are_searched_by_it_and_compared_again() {
    let server = Server::start(|_, _| {
        let mut other = order("#1003", 1003);
        other["email"] = json!("ben@example.com");
        let mut guest = order("#1004", 1004);
        guest["email"] = Value::Null;
        data(json!({"orders": cut(vec![order("#1001", 1001), other, guest], "cursor-2")}))
    })
    .await;
    let email = Email::parse("ana@example.com").unwrap();
    let page =
        client(&server).orders_of(&email, OrderStatusFilter::Open, Some("cursor-1"), Urgency::Shopper).await.unwrap();

    let names: Vec<&str> = page.orders.iter().map(|order| order.name.as_str()).collect();
    assert_eq!(names, ["#1001", "#1004"], "the customer's address counts where the order has none");
    assert_eq!(page.next.as_deref(), Some("cursor-2"));
    let request = server.requests().remove(0);
    assert_eq!(search_of(&request), r#"email:"ana@example.com" status:open"#);
    assert_eq!(request.json()["variables"]["after"], "cursor-1");
}

#[tokio::test]
async fn a_large_order_is_read_to_its_end_by_id_and_marked_cut_in_a_search() {
    let server = Server::start(|request, _| {
        let request = request.json();
        let after = request["variables"]["after"].as_str();
        let mut large = order("#1001", 1001);
        large["lineItems"] = cut(vec![line(1, "Fleece")], "l1");
        large["fulfillments"][0]["fulfillmentLineItems"] =
            cut(vec![json!({"quantity": 2, "lineItem": {"id": "gid://shopify/LineItem/1"}})], "c1");
        match (request["operationName"].as_str().unwrap(), after) {
            ("OrdersNamed", _) => orders(vec![large]),
            ("OrderById", _) => data(json!({"order": large})),
            ("OrderLines", Some("l1")) => data(json!({"order": {"lineItems": cut(vec![line(2, "Socks")], "l2")}})),
            ("OrderLines", Some("l2")) => data(json!({"order": {"lineItems": list(vec![line(3, "Mug")])}})),
            ("FulfilmentContents", Some("c1")) => data(json!({"fulfillment": {
                "trackingInfo": [{"company": null, "number": null, "url": null}],
                "fulfillmentLineItems": list(vec![json!({"quantity": 1, "lineItem": {"id": "gid://shopify/LineItem/2"}})])
            }})),
            other => panic!("{other:?}"),
        }
    })
    .await;
    let client = client(&server);
    assert!(!client.orders_named("1001", Urgency::Shopper).await.unwrap()[0].complete);
    assert_eq!(server.count(), 1, "a search is one call, however large the order");

    let whole = client.order(&OrderId::new("gid://shopify/Order/1001"), Urgency::Shopper).await.unwrap().unwrap();
    let titles: Vec<&str> = whole.lines.iter().map(|line| line.title.as_str()).collect();
    assert_eq!(titles, ["Fleece", "Socks", "Mug"]);
    assert_eq!(whole.fulfilments[0].contents.len(), 2);
    assert!(whole.complete);
}

#[tokio::test]
async fn a_list_that_goes_in_circles_is_given_up() {
    let server = Server::start(|request, _| {
        let mut large = order("#1001", 1001);
        large["lineItems"] = cut(vec![line(1, "Fleece")], "same");
        match request.json()["operationName"].as_str().unwrap() {
            "OrderById" => data(json!({"order": large})),
            _ => data(json!({"order": {"lineItems": cut(vec![], "same")}})),
        }
    })
    .await;
    let order = client(&server).order(&OrderId::new("gid://shopify/Order/1001"), Urgency::Background).await;
    assert!(!order.unwrap().unwrap().complete);
    assert!(server.count() <= 50, "{}", server.count());
}

#[tokio::test]
async fn protected_fields_may_be_withheld() {
    let server = Server::start(|_, _| {
        let mut order = order("#1001", 1001);
        order["email"] = Value::Null;
        order["customer"] = json!({"id": "gid://shopify/Customer/7", "displayName": null, "defaultEmailAddress": null});
        order["shippingAddress"] = json!({"name": null, "address1": null, "address2": null, "city": "Portland",
                                          "provinceCode": "OR", "zip": null, "countryCodeV2": "US"});
        order["displayFinancialStatus"] = Value::Null;
        order["displayFulfillmentStatus"] = json!("FULFILLMENT_NOT_REQUIRED");
        orders(vec![order])
    })
    .await;
    let order = named(&server).await.unwrap().remove(0);
    assert_eq!(order.owner(), None);
    assert_eq!(order.fulfilment.as_str(), "fulfillment_not_required");
    assert_eq!(order.payment.as_str(), "unknown");
}

#[tokio::test]
async fn an_address_that_does_not_read_is_not_replaced_by_another() {
    let server = Server::start(|_, _| {
        let mut order = order("#1001", 1001);
        order["email"] = json!("jürgen@example.com");
        orders(vec![order])
    })
    .await;
    assert_eq!(named(&server).await.unwrap()[0].owner(), None);
}

#[tokio::test]
async fn what_calls_in_flight_give_back_is_used_at_once() {
    let server = Server::start(|_, _| {
        let body = json!({"data": {"orders": list(vec![])}, "extensions": cost(300.0, 700.0)});
        answer(200, body.to_string())
    })
    .await;
    let client = client(&server);
    client.orders_named("1", Urgency::Shopper).await.unwrap();
    let started = std::time::Instant::now();
    let calls = (0..12).map(|_| client.orders_named("1", Urgency::Shopper));
    for outcome in futures_util::future::join_all(calls).await {
        outcome.unwrap();
    }
    assert!(
        started.elapsed() < Duration::from_millis(1_500),
        "by refilling alone it takes 29 s: {:?}",
        started.elapsed()
    );
}

#[tokio::test]
async fn amounts_that_do_not_add_up_to_a_currency_are_garbled_not_guessed() {
    let server = Server::start(|_, before| {
        let mut order = order("#1001", 1001);
        match before {
            0 => order["totalPriceSet"] = money("82.005"),
            1 => order["netPaymentSet"]["presentmentMoney"]["currencyCode"] = json!("JPY"),
            _ => order["presentmentCurrencyCode"] = json!("ZZZ"),
        }
        orders(vec![order])
    })
    .await;
    for _ in 0..3 {
        let error = named(&server).await.unwrap_err();
        assert!(matches!(error, VendorError::Garbled { .. }), "{error}");
    }
}

#[tokio::test]
async fn an_order_that_does_not_exist_is_none_and_a_foreign_id_is_not_asked_for() {
    let server = Server::start(|_, _| data(json!({"order": null}))).await;
    let client = client(&server);
    assert_eq!(client.order(&OrderId::new("gid://shopify/Order/5"), Urgency::Shopper).await.unwrap(), None);
    assert_eq!(client.order(&OrderId::new("gid://shopify/Customer/5"), Urgency::Shopper).await.unwrap(), None);
    assert_eq!(client.order(&OrderId::new("5\") { id } shop { name"), Urgency::Shopper).await.unwrap(), None);
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn products_are_found_by_words_and_drafts_are_not_shown() {
    let product = |title: &str, status: &str, available: bool| {
        json!({"id": "gid://shopify/Product/1", "title": title, "description": "Warm.", "status": status,
               "onlineStoreUrl": null, "priceRangeV2": {"minVariantPrice": {"amount": "64.0", "currencyCode": "USD"}},
               "variants": {"nodes": [{"availableForSale": false}, {"availableForSale": available}]}})
    };
    let server = Server::start(move |_, _| {
        let found =
            vec![product("Fleece", "ACTIVE", true), product("Secret", "DRAFT", true), product("Cap", "ACTIVE", false)];
        data(json!({"products": {"nodes": found}}))
    })
    .await;
    let client = client(&server);
    let found =
        client.products("warm fleece OR status:draft \"", Matching::AllWords, 5, Urgency::Shopper).await.unwrap();
    let seen: Vec<(&str, bool)> = found.iter().map(|it| (it.title.as_str(), it.available)).collect();
    assert_eq!(seen, [("Fleece", true), ("Cap", false)]);
    assert_eq!(found[0].price_from.unwrap().to_string(), "64.00 USD");
    assert_eq!(search_of(&server.requests()[0]), r#""warm" "fleece" "OR" "status" "draft" status:active"#);

    assert!(client.products("?!", Matching::AllWords, 5, Urgency::Shopper).await.unwrap().is_empty());
    assert_eq!(server.count(), 1);
}
