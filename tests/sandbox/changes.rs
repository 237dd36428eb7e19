//! `orderUpdate` as a raw client meets it: it overwrites.

use super::*;

const UPDATE: &str = "mutation Change($input: OrderInput!) { orderUpdate(input: $input) {
    order { note shippingAddress { name phone address1 zip countryCodeV2 } } userErrors { field message } } }";

#[tokio::test]
async fn what_stands_in_the_input_takes_the_place_of_what_was_there() {
    let bench = Bench::start().await;
    let world = bench.sandbox.world();
    let order = world.orders.iter().find(|order| order.number == 1003).unwrap();
    let id = format!("gid://shopify/Order/{}", order.id);
    let update = |fields: Value| {
        let (bench, id) = (&bench, id.clone());
        async move {
            let mut input = json!({"id": id});
            input.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
            bench.query(UPDATE, json!({"input": input})).await["data"]["orderUpdate"].clone()
        }
    };
    assert_eq!(update(json!({"note": "first"})).await["order"]["note"], "first");
    assert_eq!(update(json!({"note": "second"})).await["order"]["note"], "second");
    let address = json!({"lastName": "Okafor", "address1": "1 New Way", "city": "Chicago", "zip": "60601",
                         "countryCode": "US"});
    let moved = update(json!({"shippingAddress": address})).await;
    assert_eq!(moved["userErrors"], json!([]));
    let expected =
        json!({"name": "Okafor", "phone": null, "address1": "1 New Way", "zip": "60601", "countryCodeV2": "US"});
    assert_eq!((&moved["order"]["shippingAddress"], &moved["order"]["note"]), (&expected, &json!("second")));
    assert_eq!(update(json!({"note": ""})).await["order"]["note"], Value::Null);

    let refused =
        update(json!({"shippingAddress": {"lastName": "Okafor", "city": "Chicago", "countryCode": "US"}})).await;
    let fields: Vec<&Value> =
        refused["userErrors"].as_array().unwrap().iter().map(|error| &error["field"][1]).collect();
    assert_eq!(fields, ["address1", "zip"]);
    assert_eq!(refused["order"], Value::Null);
    let body = bench.query(UPDATE, json!({"input": {"id": "gid://shopify/Order/1", "note": "x"}})).await;
    assert_eq!(body["data"]["orderUpdate"]["userErrors"][0]["field"], json!(["id"]));
}

#[tokio::test]
async fn changing_an_order_needs_the_scope() {
    let bench = Bench::with(|options| options.fixture.store.scopes.retain(|scope| scope != "write_orders")).await;
    let id = format!("gid://shopify/Order/{}", bench.sandbox.world().orders[0].id);
    let body = bench.query(UPDATE, json!({"input": {"id": id, "note": "x"}})).await;
    assert_eq!(body["errors"][0]["extensions"]["code"], "ACCESS_DENIED");
}
