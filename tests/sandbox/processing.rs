//! `returnProcess` as a raw client meets it.

use deskhand::sandbox::world::Order;

use super::*;

const PROCESS: &str = "mutation P($input: ReturnProcessInput!) { returnProcess(input: $input) {
    return { status refunds(first: 3) { nodes { note totalRefundedSet { presentmentMoney { amount } } return { name } } }
        returnLineItems(first: 3) { nodes { __typename processableQuantity processedQuantity } } }
    userErrors { code field message } } }";

fn order(bench: &Bench) -> Order {
    bench.sandbox.world().orders.into_iter().find(|order| order.number == 1010).unwrap()
}

fn input(order: &Order) -> Value {
    let (returned, payment) = (&order.returns[0], &order.transactions[1]);
    let line = returned.lines[0].id;
    json!({
        "returnId": format!("gid://shopify/Return/{}", returned.id), "note": "arrived",
        "returnLineItems": [{"id": format!("gid://shopify/ReturnLineItem/{line}"), "quantity": 1, "dispositions": [{
            "reverseFulfillmentOrderLineItemId": format!("gid://shopify/ReverseFulfillmentOrderLineItem/{line}"),
            "quantity": 1, "dispositionType": "NOT_RESTOCKED"}]}],
        "financialTransfer": {"issueRefund": {"orderTransactions": [{
            "parentId": format!("gid://shopify/OrderTransaction/{}", payment.id),
            "transactionAmount": {"amount": "28.00", "currencyCode": "USD"}}]}},
    })
}

async fn process(bench: &Bench, input: &Value) -> Value {
    let body = bench.query(PROCESS, json!({ "input": input })).await;
    assert_eq!(body.get("errors"), None, "{body:#}");
    body["data"]["returnProcess"].clone()
}

#[tokio::test]
async fn a_line_is_dealt_with_once() {
    let bench = Bench::start().await;
    let good = input(&order(&bench));
    let made = process(&bench, &good).await["return"].clone();
    let line = json!({"__typename": "ReturnLineItem", "processableQuantity": 0, "processedQuantity": 1});
    assert_eq!(made["returnLineItems"]["nodes"], json!([line]));
    let refund = json!({"note": "arrived", "totalRefundedSet": {"presentmentMoney": {"amount": "28.0"}},
                        "return": {"name": "#1010-R1"}});
    assert_eq!(made["refunds"]["nodes"], json!([refund]));
    let again = process(&bench, &good).await;
    assert_eq!((&again["userErrors"][0]["code"], &again["return"]), (&json!("INVALID"), &Value::Null));
    assert_eq!(order(&bench).refunds.len(), 1);
}

#[tokio::test]
async fn without_a_transfer_nothing_is_paid() {
    let bench = Bench::start().await;
    let mut dry = input(&order(&bench));
    dry.as_object_mut().unwrap().remove("financialTransfer");
    let made = process(&bench, &dry).await;
    assert_eq!(made["return"]["refunds"]["nodes"], json!([]));
    assert_eq!(made["return"]["returnLineItems"]["nodes"][0]["processedQuantity"], 1);
    assert!(order(&bench).refunds.is_empty());
}

#[tokio::test]
async fn what_is_wrong_is_named_with_a_code() {
    let bench = Bench::start().await;
    let good = input(&order(&bench));
    let disposition = "/returnLineItems/0/dispositions/0";
    let transaction = "/financialTransfer/issueRefund/orderTransactions/0";
    for (pointer, value, code) in [
        ("/returnId".to_owned(), json!("gid://shopify/Return/1"), "NOT_FOUND"),
        ("/returnLineItems".to_owned(), json!([]), "BLANK"),
        ("/returnLineItems/0/id".to_owned(), json!("gid://shopify/ReturnLineItem/1"), "NOT_FOUND"),
        ("/returnLineItems/0/quantity".to_owned(), json!(2), "INVALID"),
        (format!("{disposition}/quantity"), json!(2), "INVALID"),
        (format!("{disposition}/dispositionType"), json!("RESTOCKED"), "BLANK"),
        (format!("{disposition}/reverseFulfillmentOrderLineItemId"), json!("gid://shopify/X/1"), "NOT_FOUND"),
        (format!("{transaction}/parentId"), json!("gid://shopify/OrderTransaction/1"), "NOT_FOUND"),
        (format!("{transaction}/transactionAmount/amount"), json!("28.01"), "INVALID"),
        (format!("{transaction}/transactionAmount/amount"), json!("0"), "INVALID"),
        (format!("{transaction}/transactionAmount/currencyCode"), json!("JPY"), "INVALID"),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(&pointer).unwrap() = value;
        let refused = process(&bench, &bad).await;
        assert_eq!((&refused["userErrors"][0]["code"], &refused["return"]), (&json!(code), &Value::Null), "{pointer}");
    }
    let order = order(&bench);
    assert_eq!((order.refunds.len(), order.returns[0].lines[0].refunded), (0, 0));
}
