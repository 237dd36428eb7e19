//! `refundCreate` as a raw client meets it: what it refuses, and what then stands in the world.

use deskhand::domain::yaml;
use deskhand::sandbox::world::Order;

use super::*;

const CREATE: &str = "mutation Pay($input: RefundInput!, $key: String!) {
    refundCreate(input: $input) @idempotent(key: $key) {
        refund { id note totalRefundedSet { presentmentMoney { amount currencyCode } }
            transactions(first: 5) { nodes { id kind status gateway parentTransaction { id } } } }
        order { displayFinancialStatus totalRefundedSet { shopMoney { amount } } }
        userErrors { field message }
    } }";

fn order(bench: &Bench, number: u64) -> Order {
    bench.sandbox.world().orders.into_iter().find(|order| order.number == number).unwrap()
}

/// One piece of the first line back to the first payment.
fn input(order: &Order, amount: &str) -> Value {
    let id = format!("gid://shopify/Order/{}", order.id);
    json!({
        "orderId": id, "currency": order.currency.code(), "note": "broken",
        "refundLineItems": [{"lineItemId": format!("gid://shopify/LineItem/{}", order.lines[0].id), "quantity": 1}],
        "transactions": [{"orderId": id, "parentId": format!("gid://shopify/OrderTransaction/{}", order.transactions[0].id),
            "gateway": order.transactions[0].gateway, "kind": "REFUND", "amount": amount}],
    })
}

async fn create(bench: &Bench, input: &Value, key: &str) -> Value {
    bench.query(CREATE, json!({"input": input, "key": key})).await
}

fn words(body: &Value) -> String {
    body["data"]["refundCreate"]["userErrors"][0]["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_refund_shows_in_every_field_that_tells_of_it() {
    let bench = Bench::start().await;
    let order = order(&bench, 1002);
    let body = create(&bench, &input(&order, "64.00"), "k1").await;
    assert_eq!(body.get("errors"), None, "{body:#}");
    let made = &body["data"]["refundCreate"];
    assert_eq!(made["userErrors"], json!([]));
    assert_eq!(made["refund"]["transactions"]["nodes"][0]["status"], "SUCCESS");
    assert_eq!(
        made["order"],
        json!({"displayFinancialStatus": "PARTIALLY_REFUNDED",
        "totalRefundedSet": {"shopMoney": {"amount": "64.0"}}})
    );
    assert!(body["extensions"]["cost"]["requestedQueryCost"].as_u64().unwrap() >= 10);

    let query = "query($id: ID!) { order(id: $id) { displayFinancialStatus updatedAt
        netPaymentSet { shopMoney { amount } } currentSubtotalPriceSet { shopMoney { amount } }
        lineItems(first: 2) { nodes { refundableQuantity } } refunds(first: 3) { id note }
        transactions(first: 5) { kind status parentTransaction { id } }
        suggestedRefund(suggestFullRefund: true) { amountSet { shopMoney { amount } }
            maximumRefundableSet { shopMoney { amount } } } } }";
    let body = bench.query(query, json!({"id": format!("gid://shopify/Order/{}", order.id)})).await;
    let read = &body["data"]["order"];
    assert_eq!(read["netPaymentSet"]["shopMoney"]["amount"], "18.0");
    assert_eq!(read["currentSubtotalPriceSet"]["shopMoney"]["amount"], "18.0");
    assert_eq!(read["lineItems"]["nodes"], json!([{"refundableQuantity": 0}, {"refundableQuantity": 1}]));
    assert_eq!(read["refunds"], json!([{"id": made["refund"]["id"], "note": "broken"}]));
    assert_eq!(read["suggestedRefund"]["amountSet"], read["suggestedRefund"]["maximumRefundableSet"]);
    assert_eq!(read["updatedAt"], "2026-11-23T20:00:00Z");
    assert_eq!(bench.found("financial_status:partially_refunded name:1002").await, ["#1002"]);
}

#[tokio::test]
async fn what_is_wrong_is_named_and_nothing_is_done() {
    let bench = Bench::start().await;
    let order_ = order(&bench, 1002);
    let good = input(&order_, "64.00");
    let other = order(&bench, 1003);
    let cases: [(&str, Value, &str); 14] = [
        ("/orderId", json!("gid://shopify/Order/1"), "Order does not exist"),
        ("/currency", json!("EUR"), "presentment currency USD"),
        ("/refundLineItems/0/lineItemId", json!(format!("gid://shopify/LineItem/{}", other.lines[0].id)), "belong"),
        ("/refundLineItems/0/quantity", json!(2), "cannot refund more items"),
        ("/refundLineItems/0/quantity", json!(0), "cannot refund more items"),
        ("/refundLineItems/0/quantity", json!(-1), "cannot refund more items"),
        ("/transactions/0/amount", json!("82.01"), "greater than what is left"),
        ("/transactions/0/amount", json!("0"), "not valid"),
        ("/transactions/0/amount", json!("-64"), "not valid"),
        ("/transactions/0/amount", json!("64.005"), "not valid"),
        ("/transactions/0/gateway", json!("manual"), "Gateway must be"),
        ("/transactions/0/kind", json!("SALE"), "Kind must be refund"),
        ("/transactions/0/orderId", json!(format!("gid://shopify/Order/{}", other.id)), "must belong"),
        (
            "/transactions/0/parentId",
            json!(format!("gid://shopify/OrderTransaction/{}", other.transactions[0].id)),
            "Parent transaction",
        ),
    ];
    for (pointer, value, expected) in cases {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        let body = create(&bench, &bad, "k1").await;
        assert!(words(&body).contains(expected), "{pointer}: {body:#}");
        assert_eq!(body["data"]["refundCreate"]["refund"], Value::Null);
    }
    assert!(order(&bench, 1002).refunds.is_empty() && order(&bench, 1002).transactions.len() == 1);
    assert_eq!(words(&create(&bench, &good, "k1").await), "", "a key that did nothing is free");
}

#[tokio::test]
async fn restocking_needs_a_place_and_goods_that_can_go_there() {
    let bench = Bench::start().await;
    let order = order(&bench, 1002);
    let location = format!("gid://shopify/Location/{}", bench.sandbox.world().shop.location);
    for (restock, location, expected) in [
        ("RETURN", Value::Null, "blank"),
        ("RETURN", json!("gid://shopify/Location/1"), "Location does not exist"),
        ("CANCEL", json!(location), "does not fit"),
        ("LEGACY_RESTOCK", json!(location), "does not fit"),
        ("RETURN", json!(location), ""),
    ] {
        let mut wanted = input(&order, "64.00");
        wanted["refundLineItems"][0]["restockType"] = json!(restock);
        wanted["refundLineItems"][0]["locationId"] = location;
        let body = create(&bench, &wanted, "k1").await;
        assert!(words(&body).contains(expected) && words(&body).is_empty() == expected.is_empty(), "{body:#}");
    }
}

#[tokio::test]
async fn an_order_in_another_currency_wants_it_named() {
    let bench = Bench::start().await;
    let order = order(&bench, 1009);
    let mut unnamed = input(&order, "12800");
    unnamed.as_object_mut().unwrap().remove("currency");
    assert!(words(&create(&bench, &unnamed, "k1").await).contains("Currency is required"));
    let mut dollars = input(&order, "85.33");
    dollars["currency"] = json!("USD");
    assert!(words(&create(&bench, &dollars, "k2").await).contains("presentment currency JPY"));
    let body = create(&bench, &input(&order, "12800"), "k3").await;
    let made = &body["data"]["refundCreate"];
    assert_eq!(
        made["refund"]["totalRefundedSet"]["presentmentMoney"],
        json!({"amount": "12800.0", "currencyCode": "JPY"})
    );
    assert_eq!(made["order"]["displayFinancialStatus"], "REFUNDED");
}

#[tokio::test]
async fn several_payments_are_bounded_each() {
    let bench = Bench::start().await;
    let order_ = order(&bench, 1010);
    assert_eq!(order_.transactions[0].gateway, "gift_card");
    let over = create(&bench, &input(&order_, "28.00"), "k1").await;
    assert!(words(&over).contains("greater than what is left of the payment"), "the gift card gave 20.00");
    let mut twice = input(&order_, "15.00");
    let share = twice["transactions"][0].clone();
    twice["transactions"].as_array_mut().unwrap().push(share);
    assert!(words(&create(&bench, &twice, "k2").await).contains("greater than what is left of the payment"));
    let mut allowed = input(&order_, "28.00");
    allowed["allowOverRefunding"] = json!(true);
    assert_eq!(words(&create(&bench, &allowed, "k3").await), "");
}

#[tokio::test]
async fn without_transactions_no_money_moves() {
    let bench = Bench::start().await;
    let order_ = order(&bench, 1002);
    let mut unpaid = input(&order_, "64.00");
    unpaid.as_object_mut().unwrap().remove("transactions");
    let body = create(&bench, &unpaid, "k1").await;
    assert_eq!(body["data"]["refundCreate"]["refund"]["transactions"]["nodes"], json!([]));
    let order = order(&bench, 1002);
    assert_eq!((order.refunds.len(), order.refunded().minor(), order.transactions.len()), (1, 0, 1));
    assert_eq!(order.refundable_quantity(&order.lines[0]), 0, "but the units are gone");
}

#[tokio::test]
async fn a_key_is_needed_although_the_schema_does_not_say_so() {
    let bench = Bench::start().await;
    let order_ = order(&bench, 1002);
    let bare = CREATE.replace(" @idempotent(key: $key)", "").replace(", $key: String!", "");
    let body = bench.query(&bare, json!({"input": input(&order_, "64.00")})).await;
    assert_eq!(body["data"], json!({"refundCreate": null}));
    let error = &body["errors"][0];
    assert_eq!(error["message"], "The @idempotent directive is required for this mutation but was not provided.");
    assert_eq!((&error["extensions"]["code"], &error["path"]), (&json!("BAD_REQUEST"), &json!(["refundCreate"])));
    for blank in ["", " \t"] {
        let body = create(&bench, &input(&order_, "64.00"), blank).await;
        assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_REQUEST", "{body:#}");
    }
    assert!(order(&bench, 1002).refunds.is_empty());
}

#[tokio::test]
async fn a_key_is_answered_with_its_refund_for_a_day() {
    let bench = Bench::start().await;
    let towels = order(&bench, 1001);
    let wanted = |quantity: u32, amount: &str| {
        let mut wanted = input(&towels, amount);
        wanted["refundLineItems"][0]["lineItemId"] = json!(format!("gid://shopify/LineItem/{}", towels.lines[1].id));
        wanted["refundLineItems"][0]["quantity"] = json!(quantity);
        wanted
    };
    let id = |body: &Value| body["data"]["refundCreate"]["refund"]["id"].clone();
    let first = id(&create(&bench, &wanted(1, "16.00"), "k1").await);
    bench.pass(hours(23));
    assert_eq!(id(&create(&bench, &wanted(1, "16.00"), "k1").await), first);
    for other in [wanted(1, "15.00"), wanted(2, "16.00")] {
        let body = create(&bench, &other, "k1").await;
        let expected = "The same idempotency key cannot be used with different operation parameters";
        assert_eq!((words(&body).as_str(), id(&body)), (expected, Value::Null));
    }
    assert_eq!(order(&bench, 1001).refunds.len(), 1);
    bench.pass(hours(1));
    let second = id(&create(&bench, &wanted(1, "16.00"), "k1").await);
    assert!(second.is_string() && second != first, "after 24 hours it is a new refund");
    assert_eq!(order(&bench, 1001).refunds.len(), 2);
}

#[tokio::test]
async fn without_the_scope_access_is_denied() {
    let bench = Bench::with(|options| options.fixture.store.scopes.retain(|scope| scope != "write_orders")).await;
    let body = create(&bench, &input(&order(&bench, 1002), "64.00"), "k1").await;
    assert_eq!(body["errors"][0]["extensions"]["code"], "ACCESS_DENIED", "{body:#}");
    assert_eq!(body["data"], json!({"refundCreate": null}));
    assert!(order(&bench, 1002).refunds.is_empty());
}

#[tokio::test]
async fn refunds_and_their_keys_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("world.json");
    let start = || Bench::with(|options| options.world_file = Some(file.clone()));
    let bench = start().await;
    let wanted = input(&order(&bench, 1002), "64.00");
    let first = create(&bench, &wanted, "k1").await["data"]["refundCreate"]["refund"]["id"].clone();
    bench.sandbox.shutdown().await;
    let bench = start().await;
    assert_eq!(create(&bench, &wanted, "k1").await["data"]["refundCreate"]["refund"]["id"], first);
    assert_eq!(order(&bench, 1002).refunds.len(), 1);
}

#[tokio::test]
async fn a_fixture_may_have_slow_gateways() {
    let slow = "slow_refunds: [{ gateway: shopify_payments, after_seconds: 3600, end: failure }]";
    let text = yaml::write(&demo()).unwrap().replacen("store:\n", &format!("store:\n  {slow}\n"), 1);
    let fixture = Fixture::from_yaml(&text).unwrap();
    let bench = Bench::with(|options| options.fixture = fixture).await;
    let body = create(&bench, &input(&order(&bench, 1002), "64.00"), "k1").await;
    let made = &body["data"]["refundCreate"];
    assert_eq!(made["refund"]["transactions"]["nodes"][0]["status"], "PENDING");
    assert_eq!(made["order"]["displayFinancialStatus"], "PAID");
    bench.pass(hours(1));
    let query = "query($id: ID!) { refund(id: $id) { transactions(first: 1) { nodes { status } } } }";
    let body = bench.query(query, json!({"id": made["refund"]["id"]})).await;
    assert_eq!(body["data"]["refund"]["transactions"]["nodes"][0]["status"], "FAILURE");
    assert_eq!(order(&bench, 1002).transactions[1].status, "FAILURE");
}
