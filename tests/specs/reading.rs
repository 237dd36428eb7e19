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
use deskhand::domain::id::EffectId;
use deskhand::domain::money::Money;
use deskhand::domain::order::{LineQuantity, OrderId};
use deskhand::integrations::commerce::cancellations::{CancellationReader, CancellationWriter};
use deskhand::integrations::commerce::changes::{ChangeReader, ChangeWriter, NoteDraft};
use deskhand::integrations::commerce::refunds::{RefundOf, RefundReader, RefundShare, RefundWriter};
use deskhand::integrations::commerce::returns::{ReturnPieces, ReturnReader, ReturnWriter};
use deskhand::integrations::commerce::shopify::{API_VERSION, Shopify, ShopifySettings, operations};
use deskhand::integrations::commerce::{Acts, CommerceReader, Matching, OrderStatusFilter};
use deskhand::integrations::http::{HttpSettings, Transport};
use deskhand::integrations::{Urgency, VendorError, WriteError};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::Tally;
use super::answers::validate_answer;
use super::examples::{Manner, example};
use super::{cancellation_draft, label, permit, processing, refund_draft, returning};

type Protected = BTreeMap<String, BTreeMap<String, String>>;

const SHOP: &str = "fern-and-fog.myshopify.com";

/// What is not read as done where everything that may be null is.
const NOTHING_THERE: [&str; 10] = [
    "quote",
    "refund",
    "cancel",
    "add_note",
    "open_return",
    "ask_return",
    "add_label",
    "withdraw",
    "settlement",
    "process",
];

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
            // Where Shopify names neither suggestion nor refund there is none to be read.
            let nothing_there = kind == Kind::Empty && NOTHING_THERE.contains(&what);
            let problem = match (outcome, nothing_there) {
                (Ok(()), true) => Some("nothing was read as something".to_owned()),
                (Ok(()), false) | (Err(_), true) => None,
                (Err(error), false) => Some(error),
            };
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

fn one_way() -> Value {
    let page = json!({"hasNextPage": false, "endCursor": null});
    let parcel = json!({"__typename": "ReverseDeliveryShippingDeliverable", "tracking": {"number": "1Z"}});
    let way = json!({"id": "gid://shopify/ReverseFulfillmentOrder/1",
                     "reverseDeliveries": {"nodes": [{"deliverable": parcel}], "pageInfo": page}});
    json!({"nodes": [way], "pageInfo": page})
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
            ("Refund", "note") if kind != Kind::Empty => Some(json!("Broken [deskhand eff_1]")),
            ("Product", "status") => Some(json!("ACTIVE")),
            // A payload with errors holds nothing else that matters.
            (_, "userErrors" | "orderCancelUserErrors") => Some(json!([])),
            ("Order", "note") if operation.name == "OrderUpdate" && kind != Kind::Empty => {
                Some(json!("Gift wrap [deskhand eff_1]"))
            }
            ("ReturnLineItemType", "__typename") => Some(json!("ReturnLineItem")),
            ("ReverseDeliveryDeliverable", "__typename") => Some(json!("ReverseDeliveryShippingDeliverable")),
            ("Return", "status") => Some(json!("OPEN")),
            (_, "returnReasonNote") => Some(json!("[deskhand eff_1] Too tight")),
            // One way back, so that a label can be added to it.
            ("Return", "reverseFulfillmentOrders") if kind != Kind::Empty && operation.name != "ReturnProgress" => {
                Some(one_way())
            }
            // The refund that came of it is none of those that were there before.
            ("Refund", "id") if operation.name == "ReturnProcess" => Some(json!("gid://shopify/Refund/2")),
            ("ReturnOutcomeFinancialTransfer", "__typename") => Some(json!("RefundReturnOutcome")),
            ("OrderCancellation", "staffNote") if kind != Kind::Empty => Some(json!("[deskhand eff_1] Broken")),
            ("Job", "done") => Some(json!(operation.name == "Job")),
            _ if kind == Kind::Withheld && protected.get(ty).is_some_and(|fields| fields.contains_key(field)) => {
                Some(Value::Null)
            }
            _ => None,
        };
        let long = goes_on || (kind == Kind::Full && operation.name == "OrderFulfilments");
        let list = match operation.name {
            // Several suggested shares of the same amount would not add up.
            "SuggestedRefund" | "ReturnSettlement" => 1,
            _ if long => 12,
            _ => 2,
        };
        let manner = Manner { empty: kind == Kind::Empty, list, decide: &decide };
        (operation.name, example(schema, operation.document, operation.name, &manner))
    });
    made.collect()
}

async fn read_all(examples: &Examples) -> Vec<(&'static str, Result<(), String>)> {
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
        payment_metafield: Some("payments.stripe_payment_intent".to_owned()),
    };
    let shopify = Shopify::new(settings, Transport::new(HttpSettings::default()).unwrap()).unwrap();
    let email = Email::parse("ana@example.com").unwrap();
    let id = OrderId::new("gid://shopify/Order/1");
    let (said, wrote) = (|error: VendorError| error.to_string(), |error: WriteError| error.to_string());
    let effect = EffectId::new("eff_1");
    // The ids and numbers that examples are made of.
    let of = RefundOf {
        order: id.clone(),
        lines: vec![LineQuantity { line: "gid://shopify/Order/1".to_owned(), quantity: 3 }],
        shipping: true,
    };
    let draft = refund_draft(&effect, &of);
    let cancellation = shopify.cancellation_request(&cancellation_draft(&effect, id.clone()));
    let note = NoteDraft { effect: effect.clone(), order: id.clone(), text: "Gift wrap".to_owned() };
    // Of another effect than the return that is found, so that it is made.
    let other = EffectId::new("eff_2");
    let opening = shopify.opening_request(&returning(&other, id.clone(), "gid://shopify/FulfillmentLineItem/1", false));
    let asking = shopify.opening_request(&returning(&other, id.clone(), "gid://shopify/FulfillmentLineItem/1", true));
    let label = shopify.label_request(&label(&effect, "gid://shopify/Return/1"));
    let withdrawal = shopify.withdrawal_request(&effect, "gid://shopify/Return/1");
    let share = RefundShare {
        payment: "gid://shopify/OrderTransaction/1".to_owned(),
        gateway: "card".to_owned(),
        amount: Money::from_minor(1250, "USD".parse().unwrap()),
    };
    let pieces = ReturnPieces { line: "gid://shopify/Order/1".to_owned(), quantity: 3 };
    let (back, due) = ("gid://shopify/Return/1", share.amount);
    let process = shopify.processing_request(&processing(&effect, id.clone(), back, vec![pieces], vec![share]));
    let outcomes = vec![
        ("settlement", shopify.settlement(&id, back, Urgency::Shopper).await.map(drop).map_err(said)),
        ("processed", shopify.processed(&id, back, due, Urgency::Shopper).await.map(drop).map_err(said)),
        ("process", shopify.process(permit(&effect), &process).await.map(drop).map_err(wrote)),
        ("outside_payment", shopify.outside_payment(&id, Urgency::Shopper).await.map(drop).map_err(said)),
        ("orders_named", shopify.orders_named("#1", Urgency::Shopper).await.map(drop).map_err(said)),
        (
            "orders_of",
            shopify.orders_of(&email, OrderStatusFilter::Any, None, Urgency::Shopper).await.map(drop).map_err(said),
        ),
        ("order", shopify.order(&id, Urgency::Shopper).await.map(drop).map_err(said)),
        ("products", shopify.products("fleece", Matching::AllWords, 5, Urgency::Shopper).await.map(drop).map_err(said)),
        ("check", shopify.check(Acts::default()).await.map(drop).map_err(said)),
        ("quote", shopify.quote(&of, Urgency::Shopper).await.map(drop).map_err(said)),
        ("refund_of", shopify.refund_of(&id, &effect, Urgency::Shopper).await.map(drop).map_err(said)),
        ("cancellation_of", shopify.cancellation_of(&id, &effect, Urgency::Shopper).await.map(drop).map_err(said)),
        ("is_noted", shopify.is_noted(&id, &effect, Urgency::Shopper).await.map(drop).map_err(said)),
        ("address_of", shopify.address_of(&id, Urgency::Shopper).await.map(drop).map_err(said)),
        ("add_note", shopify.add_note(permit(&effect), &shopify.note_request(&note)).await.map_err(wrote)),
        ("returnable", shopify.returnable(&id, Urgency::Shopper).await.map(drop).map_err(said)),
        ("reasons", shopify.reasons(Urgency::Shopper).await.map(drop).map_err(said)),
        ("return_of", shopify.return_of(&id, &effect, Urgency::Shopper).await.map(drop).map_err(said)),
        ("open_return", shopify.open_return(permit(&other), &opening).await.map(drop).map_err(wrote)),
        ("ask_return", shopify.open_return(permit(&other), &asking).await.map(drop).map_err(wrote)),
        ("add_label", shopify.add_label(permit(&effect), &label).await.map(drop).map_err(wrote)),
        ("withdraw", shopify.withdraw(permit(&effect), &withdrawal).await.map(drop).map_err(wrote)),
        ("cancel", shopify.cancel(permit(&effect), &cancellation).await.map(drop).map_err(wrote)),
        ("refund", shopify.refund(permit(&effect), &shopify.request(&draft)).await.map(drop).map_err(wrote)),
    ];
    server.abort();
    outcomes
}
