use super::*;

#[tokio::test]
async fn a_wrong_token_is_told_nothing() {
    let bench = Bench::start().await;
    for token in ["", "shpat_00000000000000000000000000000000", "shpat_ffffffffffff00000000000000000000"] {
        let response = bench.shopify_at("2026-10", token, json!({"query": "{ shop { name } }"})).await;
        assert_eq!(response.status(), 401);
        assert_eq!(response.headers()["x-shopify-api-version"], "2026-10");
        let body: Value = response.json().await.unwrap();
        assert!(body["errors"].as_str().unwrap().contains("Invalid API key or access token"));
    }
}

#[tokio::test]
async fn client_credentials_open_the_shop_for_a_day() {
    let bench = Bench::start().await;
    let credentials = bench.sandbox.credentials().clone();
    let url = format!("{}/admin/oauth/access_token", bench.sandbox.shopify_url());
    let grant = |secret: &str| {
        json!({
            "client_id": credentials.shopify_client_id, "client_secret": secret, "grant_type": "client_credentials",
        })
    };
    let refused = bench.client.post(&url).json(&grant("shpss_wrong")).send().await.unwrap();
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.json::<Value>().await.unwrap()["error"], "invalid_client");

    let granted = bench.client.post(&url).json(&grant(&credentials.shopify_client_secret)).send().await.unwrap();
    let granted: Value = granted.json().await.unwrap();
    assert_eq!(granted["expires_in"], 86_399);
    assert!(granted["scope"].as_str().unwrap().contains("read_orders"));
    let token = granted["access_token"].as_str().unwrap();
    let shop = || bench.shopify_at("2026-10", token, json!({"query": "{ shop { name currencyCode } }"}));
    let body: Value = shop().await.json().await.unwrap();
    assert_eq!(body["data"]["shop"], json!({"name": "Juniper & Pine", "currencyCode": "USD"}));
    bench.pass(hours(24));
    assert_eq!(shop().await.status(), 401);

    let recorded = serde_json::to_string(&bench.sandbox.requests()).unwrap();
    assert!(!recorded.contains(&credentials.shopify_client_secret) && !recorded.contains(token));
}

#[tokio::test]
async fn what_the_schema_does_not_have_is_refused_as_shopify_refuses_it() {
    let bench = Bench::start().await;
    let cases = [
        ("{ orders(first: 1) { nodes { nme } } }", "undefinedField"),
        ("{ ordrs(first: 1) { nodes { id } } }", "undefinedField"),
        ("mutation { orderExplode(id: 1) { id } }", "undefinedField"),
        ("{ orders(first: 1, emial: \"a\") { nodes { id } } }", "argumentNotAccepted"),
        ("{ order { id } }", "missingRequiredArguments"),
        ("query($n: String) { orders(first: $n) { nodes { id } } }", "variableMismatch"),
        ("query($n: Int) { shop { name } }", "variableNotUsed"),
        ("{ orders(first: $n) { nodes { id } } }", "variableNotDefined"),
        ("{ orders(first: \"one\") { nodes { id } } }", "argumentLiteralsIncompatible"),
        ("{ orders(first: 1, sortKey: BEAUTY) { nodes { id } } }", "argumentLiteralsIncompatible"),
        ("{ order(id: \"1001\") { id } }", "argumentLiteralsIncompatible"),
        ("{ shop }", "selectionMismatch"),
        ("{ shop { name { first } } }", "selectionMismatch"),
        ("{ node(id: \"gid://shopify/Order/1\") { ... on Oder { id } } }", "undefinedType"),
        ("{ shop { ...Missing } }", "useAndDefineFragment"),
    ];
    for (query, code) in cases {
        let body = bench.query(query, json!({})).await;
        assert_eq!(body["errors"][0]["extensions"]["code"], code, "{query}: {body:#}");
        assert!(body["errors"][0]["locations"][0]["line"].is_number(), "{query}: {body:#}");
        assert_eq!(body.get("data"), None);
    }
    let body = bench.query("query Find { orders(first: 1) { nodes { nme } } }", json!({})).await;
    let expected = json!({
        "message": "Field 'nme' doesn't exist on type 'Order'",
        "locations": [{"line": 1, "column": 41}],
        "path": ["query Find", "orders", "nodes", "nme"],
        "extensions": {"code": "undefinedField", "typeName": "Order", "fieldName": "nme"},
    });
    assert_eq!(body["errors"][0], expected);
}

#[tokio::test]
async fn broken_requests_and_variables() {
    let bench = Bench::start().await;
    assert_eq!(bench.shopify(json!({"qery": "{ shop { name } }"})).await.status(), 400);
    assert!(bench.query("{ shop { name ", json!({})).await["errors"][0]["message"].is_string());

    let order = "query($id: ID!) { order(id: $id) { id } }";
    for (variables, explanation) in [
        (json!({}), "Expected value to not be null"),
        (json!({"id": null}), "Expected value to not be null"),
        (json!({"id": "1001"}), "Invalid global id '1001'"),
        (json!({"id": 1001}), "Invalid global id '1001'"),
    ] {
        let body = bench.query(order, variables).await;
        assert_eq!(body["errors"][0]["extensions"]["code"], "INVALID_VARIABLE", "{body:#}");
        assert_eq!(body["errors"][0]["extensions"]["problems"][0]["explanation"], explanation);
    }
    let other_kind = bench.query(order, json!({"id": "gid://shopify/Product/1"})).await;
    assert_eq!(other_kind["data"], json!({"order": null}));
    assert_eq!(other_kind["errors"][0]["extensions"]["code"], "RESOURCE_NOT_FOUND");
    let absent = bench.query(order, json!({"id": "gid://shopify/Order/1"})).await;
    assert_eq!(absent["data"], json!({"order": null}));
    assert_eq!(absent.get("errors"), None);

    let two = json!({"query": "query A { shop { name } } query B { shop { email } }", "operationName": "B"});
    let body: Value = bench.shopify(two).await.json().await.unwrap();
    assert_eq!(body["data"]["shop"]["email"], "help@juniperandpine.example");
}

#[tokio::test]
async fn an_old_version_is_answered_by_the_oldest_that_is_served() {
    let bench = Bench::start().await;
    let token = &bench.sandbox.credentials().shopify_access_token;
    let ask = |version: &'static str| bench.shopify_at(version, token, json!({"query": "{ shop { name } }"}));
    assert_eq!(ask("2026-10").await.headers()["x-shopify-api-version"], "2026-10");
    let old = ask("2024-01").await;
    assert_eq!((old.status().as_u16(), &old.headers()["x-shopify-api-version"]), (200, &"2026-01".parse().unwrap()));
    assert!(old.headers().contains_key("x-request-id"));
    assert_eq!(ask("2031-01").await.status(), 404);
}

#[tokio::test]
async fn searching_by_name_email_and_status() {
    let bench = Bench::start().await;
    assert_eq!(bench.found("name:#1001").await, ["#1001"]);
    assert_eq!(bench.found("name:1001").await, ["#1001"]);
    assert_eq!(bench.found("name:\"#1001\"").await, ["#1001"]);
    assert_eq!(bench.found("name:100").await, [""; 0]);
    assert_eq!(bench.found("email:ANA@example.com").await, ["#1001", "#1002"]);
    assert_eq!(bench.found("email:ana@example.com name:1002").await, ["#1002"]);
    assert_eq!(bench.found("name:1001 OR name:1003").await, ["#1001", "#1003"]);
    assert_eq!(bench.found("status:cancelled").await, ["#1011"]);
    assert_eq!(bench.found("email:finn@example.com -status:cancelled").await, ["#1012"]);
    assert_eq!(bench.found("email:finn@example.com AND NOT (name:1012)").await, ["#1011"]);
    assert_eq!(bench.found("fulfillment_status:unfulfilled").await, ["#1003", "#1011"]);
    assert_eq!(bench.found("financial_status:partially_refunded").await, ["#1008"]);
    assert_eq!(bench.found("return_status:in_progress").await, ["#1010"]);
    assert_eq!(bench.found("created_at:<2026-10-01").await, ["#1004"]);
    assert_eq!(bench.found("nyström").await, ["#1015", "#1016"]);
    assert_eq!(bench.found("").await.len(), 16);
}

/// The query language is obeyed, so that a client which lets customers' text through unescaped is seen to do so.
#[tokio::test]
async fn text_that_is_not_escaped_widens_a_search() {
    let bench = Bench::start().await;
    let typed = "x\" OR email:*";
    assert_eq!(bench.found(&format!("name:\"{typed}")).await.len(), 16);
    assert_eq!(bench.found("name:x OR email:*@example.com").await, [""; 0], "a star within a word is no wildcard");
    assert_eq!(bench.found("email:ana*").await, ["#1001", "#1002"]);
    let escaped = typed.replace('\\', "\\\\").replace('"', "\\\"");
    assert_eq!(bench.found(&format!("name:\"{escaped}\"")).await, [""; 0]);
}

#[tokio::test]
async fn pages_follow_each_other_in_both_directions() {
    let bench = Bench::start().await;
    let query = "query($after: String, $reverse: Boolean) {
        orders(first: 6, after: $after, sortKey: ORDER_NUMBER, reverse: $reverse) {
            edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
        }
    }";
    for reverse in [false, true] {
        let (mut names, mut after, mut sizes) = (Vec::new(), Value::Null, Vec::new());
        loop {
            let body = bench.query(query, json!({"after": after, "reverse": reverse})).await;
            let page = &body["data"]["orders"];
            let edges = page["edges"].as_array().unwrap();
            assert_eq!(page["pageInfo"]["hasPreviousPage"], !names.is_empty());
            names.extend(edges.iter().map(|edge| edge["node"]["name"].as_str().unwrap().to_owned()));
            sizes.push(edges.len());
            assert_eq!(page["pageInfo"]["endCursor"], edges.last().unwrap()["cursor"]);
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        let mut expected: Vec<String> = (1001..=1016).map(|number| format!("#{number}")).collect();
        if reverse {
            expected.reverse();
        }
        assert_eq!((names, sizes), (expected, vec![6, 6, 4]));
    }
    for (arguments, message) in [
        ("", "you must provide one of first or last"),
        ("first: 251", "first must be between 0 and 250, not 251"),
        ("first: 1, after: \"zzz\"", "Invalid cursor for current pagination sort."),
    ] {
        let arguments = if arguments.is_empty() { String::new() } else { format!("({arguments})") };
        let body = bench.query(&format!("{{ orders{arguments} {{ nodes {{ id }} }} }}"), json!({})).await;
        assert_eq!(body["errors"][0]["message"], message);
    }
}

#[tokio::test]
async fn an_order_with_all_that_a_support_agent_reads() {
    let bench = Bench::start().await;
    let query = "{ orders(first: 1, query: \"name:1010\") { nodes {
        name number email note tags displayFinancialStatus displayFulfillmentStatus returnStatus
        totalPriceSet { shopMoney { amount currencyCode } }
        shippingAddress { zip city countryCodeV2 }
        customer { displayName defaultEmailAddress { emailAddress } }
        lineItems(first: 5) { nodes { title sku quantity refundableQuantity product { tags }
            discountedUnitPriceAfterAllDiscountsSet { shopMoney { amount } } } }
        fulfillments(first: 5) { displayStatus deliveredAt trackingInfo(first: 3) { company number url } }
        transactions(first: 5) { kind gateway amountSet { shopMoney { amount } } }
        returns(first: 5) { nodes { name status totalQuantity reverseFulfillmentOrders(first: 2) { nodes {
            reverseDeliveries(first: 2) { nodes { deliverable { ... on ReverseDeliveryShippingDeliverable {
                tracking { carrierName number } label { publicFileUrl } } } } } } } } }
        suggestedRefund(suggestFullRefund: true) {
            amountSet { shopMoney { amount } }
            maximumRefundableSet { shopMoney { amount } }
            suggestedTransactions { kind gateway amountSet { shopMoney { amount } } parentTransaction { id } }
        }
    } } }";
    let body = bench.query(query, json!({})).await;
    assert_eq!(body.get("errors"), None, "{body:#}");
    let order = &body["data"]["orders"]["nodes"][0];
    assert_eq!(order["displayFinancialStatus"], "PAID");
    assert_eq!(order["returnStatus"], "IN_PROGRESS");
    assert_eq!(order["shippingAddress"], json!({"zip": "150-0001", "city": "Shibuya-ku", "countryCodeV2": "JP"}));
    assert_eq!(order["customer"]["defaultEmailAddress"]["emailAddress"], "emi@example.com");
    assert_eq!(order["fulfillments"][0]["displayStatus"], "DELIVERED");
    assert_eq!(order["fulfillments"][0]["trackingInfo"][0]["company"], "DHL Express");
    let back = &order["returns"]["nodes"][0]["reverseFulfillmentOrders"]["nodes"][0]["reverseDeliveries"]["nodes"][0];
    assert_eq!(back["deliverable"]["tracking"], json!({"carrierName": "DHLExpress", "number": "7735144090"}));
    let suggestion = &order["suggestedRefund"];
    assert_eq!(suggestion["amountSet"]["shopMoney"]["amount"], "48.0");
    let shares = suggestion["suggestedTransactions"].as_array().unwrap();
    let shares: Vec<_> =
        shares.iter().map(|share| (&share["gateway"], &share["amountSet"]["shopMoney"]["amount"])).collect();
    assert_eq!(shares, [(&json!("shopify_payments"), &json!("28.0")), (&json!("gift_card"), &json!("20.0"))]);
}

#[tokio::test]
async fn refunds_by_staff_lower_what_is_left() {
    let bench = Bench::start().await;
    let query = "{ orders(first: 1, query: \"name:1008\") { nodes { id displayFinancialStatus
        totalRefundedSet { shopMoney { amount } }
        refunds(first: 5) { note refundLineItems(first: 5) { nodes { quantity subtotalSet { shopMoney { amount } } } } }
        lineItems(first: 1) { nodes { id quantity refundableQuantity currentQuantity } } } } }";
    let body = bench.query(query, json!({})).await;
    let order = &body["data"]["orders"]["nodes"][0];
    let line = &order["lineItems"]["nodes"][0];
    assert_eq!((&line["quantity"], &line["refundableQuantity"]), (&json!(3), &json!(2)));
    assert_eq!(order["totalRefundedSet"]["shopMoney"]["amount"], "15.0");
    let suggest = "query($id: ID!, $lines: [RefundLineItemInput!]) { order(id: $id) {
        suggestedRefund(refundLineItems: $lines) { amountSet { shopMoney { amount } } } } }";
    let asked = |quantity: u32| json!({"id": order["id"], "lines": [{"lineItemId": line["id"], "quantity": quantity, "restockType": "RETURN"}]});
    let two = bench.query(suggest, asked(2)).await;
    assert_eq!(two["data"]["order"]["suggestedRefund"]["amountSet"]["shopMoney"]["amount"], "30.0");
    let three = bench.query(suggest, asked(3)).await;
    assert_eq!(three["data"]["order"]["suggestedRefund"], Value::Null);
    assert!(three["errors"][0]["message"].as_str().unwrap().contains("cannot refund more items"));
}

#[tokio::test]
async fn a_shopper_who_paid_in_yen_sees_both_currencies() {
    let bench = Bench::start().await;
    let query = "{ orders(first: 1, query: \"name:1009\") { nodes { presentmentCurrencyCode totalPriceSet {
        shopMoney { amount currencyCode } presentmentMoney { amount currencyCode } } } } }";
    let body = bench.query(query, json!({})).await;
    let total = &body["data"]["orders"]["nodes"][0]["totalPriceSet"];
    assert_eq!(total["presentmentMoney"], json!({"amount": "12800.0", "currencyCode": "JPY"}));
    assert_eq!(total["shopMoney"], json!({"amount": "85.33", "currencyCode": "USD"}));
}

#[tokio::test]
async fn customers_products_metafields_and_nodes() {
    let bench = Bench::start().await;
    let query = "query($e: String!) { customerByIdentifier(identifier: {emailAddress: $e}) { id displayName
        numberOfOrders orders(first: 5, sortKey: PROCESSED_AT, reverse: true) { nodes { name } } } }";
    let body = bench.query(query, json!({"e": "Ana@Example.com"})).await;
    let customer = &body["data"]["customerByIdentifier"];
    assert_eq!(customer["numberOfOrders"], "2");
    assert_eq!(customer["orders"]["nodes"], json!([{"name": "#1001"}, {"name": "#1002"}]));
    let node = "query($id: ID!) { node(id: $id) { __typename ... on Customer { displayName } } }";
    let found = bench.query(node, json!({"id": customer["id"]})).await;
    assert_eq!(found["data"]["node"], json!({"__typename": "Customer", "displayName": "Ana Whitfield"}));

    let products = "{ products(first: 5, query: \"waterproof jacket\") { nodes { title description
        variants(first: 5) { nodes { title price availableForSale } } } } }";
    let body = bench.query(products, json!({})).await;
    assert_eq!(body["data"]["products"]["nodes"][0]["title"], "Summit Storm Jacket");
    assert_eq!(body["data"]["products"]["nodes"][0]["variants"]["nodes"][0]["price"], "320.00");

    let field = "{ orders(first: 1, query: \"name:1014\") { nodes {
        metafield(namespace: \"payments\", key: \"stripe_payment_intent\") { value } } } }";
    let body = bench.query(field, json!({})).await;
    let value = body["data"]["orders"]["nodes"][0]["metafield"]["value"].as_str().unwrap();
    assert!(value.starts_with("pi_"));
}

#[tokio::test]
async fn the_bucket_empties_and_throttles_with_status_200() {
    let bench = Bench::start().await;
    let dear = "{ orders(first: 50) { nodes { id lineItems(first: 15) { nodes { id } } } } }";
    let body = bench.query(dear, json!({})).await;
    let cost = &body["extensions"]["cost"];
    assert_eq!(cost["requestedQueryCost"], 902);
    assert_eq!(
        (&cost["throttleStatus"]["maximumAvailable"], &cost["throttleStatus"]["restoreRate"]),
        (&json!(2000.0), &json!(100.0))
    );
    let spent = 2000.0 - cost["throttleStatus"]["currentlyAvailable"].as_f64().unwrap();
    assert!(spent <= cost["actualQueryCost"].as_f64().unwrap() + 1.0, "the unused part is given back: {cost}");

    let throttled = async {
        for _ in 0..60 {
            let body = bench.query(dear, json!({})).await;
            if body["errors"][0]["extensions"]["code"] == "THROTTLED" {
                return body;
            }
        }
        panic!("never throttled");
    };
    let body = throttled.await;
    assert_eq!(body.get("data"), None);
    let cost = &body["extensions"]["cost"];
    assert_eq!(cost["actualQueryCost"], Value::Null);
    let available = cost["throttleStatus"]["currentlyAvailable"].as_f64().unwrap();
    assert!(available < 902.0);

    let too_dear = bench
        .query(
            "{ orders(first: 250) { nodes { id customer { id } lineItems(first: 5) { nodes { id } } } } }",
            json!({}),
        )
        .await;
    assert_eq!(too_dear["errors"][0]["extensions"]["code"], "MAX_COST_EXCEEDED");
}

#[tokio::test]
async fn without_a_scope_access_is_denied_and_old_orders_are_unseen() {
    let bench = Bench::with(|options| {
        options.fixture.store.scopes = vec!["read_orders".to_owned(), "read_products".to_owned()];
    })
    .await;
    assert_eq!(bench.found("email:ben@example.com").await, ["#1003"], "#1004 is older than 60 days");
    let body = bench.query("{ customers(first: 1) { nodes { id } } }", json!({})).await;
    assert_eq!(body["errors"][0]["extensions"]["code"], "ACCESS_DENIED");
    assert_eq!(body["errors"][0]["path"], json!(["customers"]));
}

#[tokio::test]
async fn a_generated_store_answers_under_its_own_names() {
    let fixture = Fixture::generated(11).unwrap();
    let expected = fixture.orders.len();
    let bench = Bench::with(move |options| options.fixture = fixture).await;
    let world = bench.sandbox.world();
    assert_eq!(bench.found("").await.len(), expected);
    for order in world.orders.iter().take(12) {
        let search = format!("name:\"{}\" email:\"{}\"", order.name, order.email.as_deref().unwrap());
        assert_eq!(bench.found(&search).await, [order.name.as_str()]);
    }
}
