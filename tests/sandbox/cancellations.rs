//! `orderCancel` as a raw client meets it.

use super::*;

const CANCEL: &str =
    "mutation Stop($id: ID!, $restock: Boolean!, $method: OrderCancelRefundMethodInput, $note: String) {
    orderCancel(orderId: $id, reason: INVENTORY, restock: $restock, refundMethod: $method, staffNote: $note) {
        job { id done query { shop { name } } }
        orderCancelUserErrors { code field message }
        userErrors { field message }
    } }";

fn id(bench: &Bench, number: u64) -> String {
    let world = bench.sandbox.world();
    format!("gid://shopify/Order/{}", world.orders.iter().find(|order| order.number == number).unwrap().id)
}

async fn cancel(bench: &Bench, id: &str) -> Value {
    let variables =
        json!({"id": id, "restock": true, "method": {"originalPaymentMethodsRefund": true}, "note": "out of stock"});
    bench.query(CANCEL, variables).await["data"]["orderCancel"].clone()
}

#[tokio::test]
async fn a_job_is_taken_on_and_then_done() {
    let bench = Bench::with(|options| options.fixture.store.cancelling_takes_seconds = 3_600).await;
    let order = id(&bench, 1003);
    let taken = cancel(&bench, &order).await;
    assert_eq!((&taken["job"]["done"], &taken["job"]["query"]), (&json!(false), &Value::Null));
    let state = "query($id: ID!, $job: ID!) { job(id: $job) { done query { shop { name } } } order(id: $id) {
        cancelledAt cancelReason cancellation { staffNote } displayFinancialStatus
        transactions(first: 5) { kind amountSet { shopMoney { amount } } } } }";
    let variables = json!({"id": order, "job": taken["job"]["id"]});
    let before = bench.query(state, variables.clone()).await;
    assert_eq!(
        (&before["data"]["job"]["done"], &before["data"]["order"]["cancelledAt"]),
        (&json!(false), &Value::Null)
    );
    let busy = cancel(&bench, &order).await;
    assert_eq!(busy["orderCancelUserErrors"][0]["message"], "Order is being cancelled");

    bench.pass(hours(1));
    let after = bench.query(state, variables).await;
    assert_eq!(after.get("errors"), None, "{after:#}");
    assert_eq!(after["data"]["job"], json!({"done": true, "query": {"shop": {"name": "Juniper & Pine"}}}));
    let order = &after["data"]["order"];
    assert_eq!((&order["cancelledAt"], &order["cancelReason"]), (&json!("2026-11-23T21:00:00Z"), &json!("INVENTORY")));
    assert_eq!(
        (&order["cancellation"]["staffNote"], &order["displayFinancialStatus"]),
        (&json!("out of stock"), &json!("REFUNDED"))
    );
    assert_eq!(order["transactions"][1], json!({"kind": "REFUND", "amountSet": {"shopMoney": {"amount": "89.0"}}}));
}

#[tokio::test]
async fn what_cannot_be_cancelled_is_refused_with_a_code() {
    let bench = Bench::start().await;
    for (order, code, words) in [
        (id(&bench, 1001), "INVALID", "fulfillments"),
        (id(&bench, 1011), "INVALID", "already been cancelled"),
        ("gid://shopify/Order/1".to_owned(), "NOT_FOUND", "does not exist"),
    ] {
        let refused = cancel(&bench, &order).await;
        let error = &refused["orderCancelUserErrors"][0];
        assert_eq!((&error["code"], &error["field"]), (&json!(code), &json!(["orderId"])));
        assert!(error["message"].as_str().unwrap().contains(words), "{error}");
        assert_eq!((&refused["job"], refused["userErrors"].as_array().unwrap().len()), (&Value::Null, 1));
    }
    let long = json!({"id": id(&bench, 1003), "restock": false, "note": "x".repeat(256)});
    let refused = bench.query(CANCEL, long).await;
    assert_eq!(refused["data"]["orderCancel"]["orderCancelUserErrors"][0]["field"], json!(["staffNote"]));
    bench
        .sandbox
        .change(|world| {
            let order = world.orders.iter_mut().find(|order| order.number == 1003).unwrap();
            order.transactions[0].status = "PENDING".to_owned();
        })
        .await;
    let pending = cancel(&bench, &id(&bench, 1003)).await;
    assert!(pending["orderCancelUserErrors"][0]["message"].as_str().unwrap().contains("pending payments"));
}

#[tokio::test]
async fn cancelling_needs_the_scope() {
    let bench = Bench::with(|options| options.fixture.store.scopes.retain(|scope| scope != "write_orders")).await;
    let body = bench.query(CANCEL, json!({"id": id(&bench, 1003), "restock": true})).await;
    assert_eq!(body["errors"][0]["extensions"]["code"], "ACCESS_DENIED");
    assert!(bench.sandbox.world().cancel_jobs.is_empty());
}
