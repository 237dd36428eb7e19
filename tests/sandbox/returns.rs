//! `returnCreate`, `returnRequest`, labels and `returnCancel` as a raw client meets them.

use deskhand::sandbox::world::Order;

use super::*;

fn order(bench: &Bench) -> Order {
    bench.sandbox.world().orders.into_iter().find(|order| order.number == 1002).unwrap()
}

fn input(order: &Order, note: &str) -> Value {
    let content = order.fulfilments[0].contents[0].id;
    json!({"orderId": format!("gid://shopify/Order/{}", order.id), "returnLineItems": [{
        "fulfillmentLineItemId": format!("gid://shopify/FulfillmentLineItem/{content}"), "quantity": 1,
        "returnReasonDefinitionId": "gid://shopify/ReturnReasonDefinition/2", "returnReasonNote": note}]})
}

const CREATE: &str = "mutation Back($input: ReturnInput!) { returnCreate(returnInput: $input) {
    return { id name status totalQuantity order { returnStatus }
        returnLineItems(first: 3) { nodes { __typename quantity processableQuantity returnReasonNote
            returnReasonDefinition { handle } } }
        reverseFulfillmentOrders(first: 2) { nodes { id status lineItems(first: 2) { nodes { totalQuantity } } } } }
    userErrors { code field message } } }";

async fn create(bench: &Bench, input: &Value) -> Value {
    let body = bench.query(CREATE, json!({ "input": input })).await;
    assert_eq!(body.get("errors"), None, "{body:#}");
    body["data"]["returnCreate"].clone()
}

#[tokio::test]
async fn an_opened_return_shows_everywhere() {
    let bench = Bench::start().await;
    let made = create(&bench, &input(&order(&bench), "came apart")).await;
    let made = &made["return"];
    assert_eq!(
        (&made["name"], &made["status"], &made["totalQuantity"]),
        (&json!("#1002-R1"), &json!("OPEN"), &json!(1))
    );
    assert_eq!(made["order"]["returnStatus"], "IN_PROGRESS");
    let line = json!({"__typename": "ReturnLineItem", "quantity": 1, "processableQuantity": 1,
        "returnReasonNote": "came apart", "returnReasonDefinition": {"handle": "defective"}});
    assert_eq!(made["returnLineItems"]["nodes"], json!([line]));
    let way = &made["reverseFulfillmentOrders"]["nodes"][0];
    assert_eq!((&way["status"], &way["lineItems"]["nodes"]), (&json!("OPEN"), &json!([{"totalQuantity": 1}])));
    assert_eq!(bench.found("return_status:in_progress name:1002").await, ["#1002"]);
    let again = create(&bench, &input(&order(&bench), "came apart")).await;
    assert_eq!(again["userErrors"][0]["code"], "INVALID", "all of it is coming back");
    assert_eq!(order(&bench).returns.len(), 1);
}

#[tokio::test]
async fn what_is_wrong_is_named_with_a_code() {
    let bench = Bench::start().await;
    let good = input(&order(&bench), "");
    for (pointer, value, code) in [
        ("/orderId", json!("gid://shopify/Order/1"), "NOT_FOUND"),
        ("/returnLineItems", json!([]), "BLANK"),
        ("/returnLineItems/0/quantity", json!(2), "INVALID"),
        ("/returnLineItems/0/quantity", json!(0), "INVALID"),
        ("/returnLineItems/0/fulfillmentLineItemId", json!("gid://shopify/FulfillmentLineItem/1"), "NOT_FOUND"),
        ("/returnLineItems/0/returnReasonDefinitionId", json!("gid://shopify/ReturnReasonDefinition/99"), "NOT_FOUND"),
        ("/returnLineItems/0/returnReasonNote", json!("x".repeat(256)), "TOO_LONG"),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap() = value;
        let refused = create(&bench, &bad).await;
        assert_eq!((&refused["userErrors"][0]["code"], &refused["return"]), (&json!(code), &Value::Null), "{pointer}");
    }
    assert!(order(&bench).returns.is_empty());
}

#[tokio::test]
async fn a_label_is_mailed_unless_that_is_declined() {
    let bench = Bench::start().await;
    let made = create(&bench, &input(&order(&bench), "")).await;
    let way = &made["return"]["reverseFulfillmentOrders"]["nodes"][0]["id"];
    let add = "mutation L($way: ID!, $notify: Boolean) { reverseDeliveryCreateWithShipping(
        reverseFulfillmentOrderId: $way, reverseDeliveryLineItems: [], notifyCustomer: $notify,
        labelInput: {fileUrl: \"https://labels.example/1.pdf\"}, trackingInput: {number: \"1Z9\"}) {
        reverseDelivery { id deliverable { ... on ReverseDeliveryShippingDeliverable {
            label { publicFileUrl } tracking { number } } } } userErrors { code } } }";
    let body = bench.query(add, json!({"way": way, "notify": false})).await;
    let made = &body["data"]["reverseDeliveryCreateWithShipping"]["reverseDelivery"]["deliverable"];
    assert_eq!(made["label"]["publicFileUrl"], "https://labels.example/1.pdf");
    assert_eq!(made["tracking"]["number"], "1Z9");
    assert!(bench.sandbox.world().mails.is_empty());
    bench
        .query(&add.replace(", notifyCustomer: $notify", "").replace(", $notify: Boolean", ""), json!({"way": way}))
        .await;
    let mails = bench.sandbox.world().mails;
    assert_eq!((mails.len(), mails[0].to.as_slice()), (1, &["ana@example.com".to_owned()][..]));
}

#[tokio::test]
async fn a_requested_return_is_no_way_back_yet_and_a_cancelled_one_none_any_more() {
    let bench = Bench::start().await;
    let request = "mutation R($input: ReturnRequestInput!) { returnRequest(input: $input) {
        return { id status reverseFulfillmentOrders(first: 1) { nodes { id } } } userErrors { code } } }";
    let mut asked = input(&order(&bench), "");
    asked["returnLineItems"][0].as_object_mut().unwrap().remove("returnReasonNote");
    let body = bench.query(request, json!({ "input": asked })).await;
    let made = &body["data"]["returnRequest"]["return"];
    assert_eq!((&made["status"], &made["reverseFulfillmentOrders"]["nodes"]), (&json!("REQUESTED"), &json!([])));
    let cancel = "mutation C($id: ID!) { returnCancel(id: $id) { return { status } userErrors { code } } }";
    let cancelled = bench.query(cancel, json!({"id": made["id"]})).await;
    assert_eq!(cancelled["data"]["returnCancel"]["return"]["status"], "CANCELED");
    let twice = bench.query(cancel, json!({"id": made["id"]})).await;
    assert_eq!(twice["data"]["returnCancel"]["userErrors"][0]["code"], "INVALID_STATE");
}
