//! The client reads whatever the schema allows: with every list filled, with every nullable field null, and with every
//! protected field null, which Shopify does although the schema does not say so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;
use axum::extract::State;
use axum::routing::post;
use axum::{Json, Router};
use deskhand::domain::customer::Email;
use deskhand::domain::order::OrderId;
use deskhand::integrations::commerce::shopify::{API_VERSION, Shopify, ShopifySettings, operations};
use deskhand::integrations::commerce::{CommerceReader, OrderStatusFilter};
use deskhand::integrations::http::{HttpSettings, Transport};
use deskhand::integrations::{Urgency, VendorError};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::Tally;
use super::answers::validate_answer;
use super::examples::{Manner, example};

type Protected = BTreeMap<String, BTreeMap<String, String>>;

const SHOP: &str = "fern-and-fog.myshopify.com";

/// The ways in which answers are made.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Full,
    Empty,
    Withheld,
}

/// A Shopify that answers each operation with an example, and remembers which it was asked for.
#[derive(Clone)]
struct Examples {
    answers: Arc<BTreeMap<&'static str, Value>>,
    asked: Arc<Mutex<Vec<String>>>,
}

async fn answer(State(examples): State<Examples>, Json(request): Json<Value>) -> Json<Value> {
    let name = request["operationName"].as_str().unwrap_or_default().to_owned();
    let answer = examples.answers.get(name.as_str()).cloned().unwrap_or_default();
    examples.asked.lock().unwrap().push(name);
    Json(answer)
}

pub async fn check(schema: &Valid<Schema>, protected: &Protected, tally: &mut Tally) {
    for kind in [Kind::Full, Kind::Empty, Kind::Withheld] {
        let answers = make(schema, protected, kind);
        for operation in operations::all() {
            let problems = validate_answer(schema, operation.document, operation.name, &answers[operation.name]);
            // What is withheld breaks the schema's promise; that is the point of it.
            let problems = if kind == Kind::Withheld { vec![] } else { problems };
            tally.of(&format!("{} {kind:?}, as made", operation.name), problems);
        }
        let examples = Examples { answers: Arc::new(answers), asked: Arc::default() };
        for (what, outcome) in read_all(&examples).await {
            let problem = outcome.err().map(|error| error.to_string());
            tally.of(&format!("{what} {kind:?}, as read"), problem.into_iter().collect());
        }
        let asked = examples.asked.lock().unwrap().clone();
        if kind == Kind::Full {
            let all = operations::all().into_iter();
            let missing = all.filter(|operation| !asked.iter().any(|name| name == operation.name));
            tally.of("reading", missing.map(|operation| format!("{} was never read", operation.name)).collect());
        }
    }
    let relied_on = protected.get("Order").is_some_and(|fields| fields.contains_key("email"));
    assert!(relied_on, "the list of protected fields is not what it was");
}

fn make(schema: &Valid<Schema>, protected: &Protected, kind: Kind) -> BTreeMap<&'static str, Value> {
    let all = operations::all().into_iter();
    let made = all.map(|operation| {
        // Lists that are full and go on, so that the client reads on; what it reads then must come to an end.
        let goes_on = kind == Kind::Full && operation.name == "OrderById";
        let decide = |ty: &str, field: &str| match (ty, field) {
            ("PageInfo", "hasNextPage") => Some(json!(goes_on)),
            ("PageInfo", "endCursor") if kind == Kind::Full => Some(json!("cursor")),
            ("Shop", "myshopifyDomain") => Some(json!(SHOP)),
            ("AppInstallation", "accessScopes") => {
                let granted = ["read_orders", "read_customers", "read_products", "read_returns"];
                Some(granted.iter().map(|handle| json!({"handle": handle})).collect())
            }
            ("Product", "status") => Some(json!("ACTIVE")),
            _ if kind == Kind::Withheld && protected.get(ty).is_some_and(|fields| fields.contains_key(field)) => {
                Some(Value::Null)
            }
            _ => None,
        };
        let long = goes_on || (kind == Kind::Full && operation.name == "OrderFulfilments");
        let manner = Manner { empty: kind == Kind::Empty, list: if long { 12 } else { 2 }, decide: &decide };
        (operation.name, example(schema, operation.document, operation.name, &manner))
    });
    made.collect()
}

async fn read_all(examples: &Examples) -> Vec<(&'static str, Result<(), VendorError>)> {
    let router = Router::new()
        .route(&format!("/admin/api/{API_VERSION}/graphql.json"), post(answer))
        .with_state(examples.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let settings = ShopifySettings {
        shop: SHOP.to_owned(),
        base_url: Some(base.parse().unwrap()),
        access_token: Some("shpat_test".to_owned().into()),
        client_id: None,
        client_secret: None,
        all_orders: false,
    };
    let shopify = Shopify::new(settings, Transport::new(HttpSettings::default()).unwrap()).unwrap();
    let email = Email::parse("ana@example.com").unwrap();
    let id = OrderId::new("gid://shopify/Order/1");
    let outcomes = vec![
        ("orders_named", shopify.orders_named("#1", Urgency::Shopper).await.map(drop)),
        ("orders_of", shopify.orders_of(&email, OrderStatusFilter::Any, None, Urgency::Shopper).await.map(drop)),
        ("order", shopify.order(&id, Urgency::Shopper).await.map(drop)),
        ("products", shopify.products("fleece", 5, Urgency::Shopper).await.map(drop)),
        ("check", shopify.check().await.map(drop)),
    ];
    server.abort();
    outcomes
}
