//! What the client asks of the sandbox, and what it is answered, both by Shopify's own schema.

use std::sync::{Arc, Mutex};

use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use deskhand::domain::customer::Email;
use deskhand::domain::id::EffectId;
use deskhand::domain::order::{LineQuantity, OrderId};
use deskhand::integrations::Urgency;
use deskhand::integrations::commerce::cancellations::{CancellationReader, CancellationWriter};
use deskhand::integrations::commerce::changes::{AddressDraft, ChangeReader, ChangeWriter, NoteDraft, Place};
use deskhand::integrations::commerce::refunds::{RefundDraft, RefundOf, RefundReader, RefundWriter};
use deskhand::integrations::commerce::returns::{ReturnReader, ReturnWriter};
use deskhand::integrations::commerce::shopify::operations::Operation;
use deskhand::integrations::commerce::shopify::{API_VERSION, Shopify, ShopifySettings, operations};
use deskhand::integrations::commerce::{Acts, CommerceReader, Matching, OrderStatusFilter};
use deskhand::integrations::http::{HttpSettings, Transport};
use deskhand::sandbox::{Fixture, Sandbox, SandboxOptions};
use serde_json::Value;
use tokio::net::TcpListener;

use super::answers::validate_answer;
use super::{Tally, cancellation_draft, elsewhere, label, permit, processing, refund_draft, returning};

/// Passes requests on to the sandbox and keeps what was said.
#[derive(Clone)]
struct Listener {
    sandbox: String,
    client: reqwest::Client,
    heard: Arc<Mutex<Vec<(Value, Value)>>>,
}

async fn pass_on(State(listener): State<Listener>, headers: HeaderMap, Json(request): Json<Value>) -> Json<Value> {
    let token = headers.get("x-shopify-access-token").cloned().unwrap();
    let url = format!("{}/admin/api/{API_VERSION}/graphql.json", listener.sandbox);
    let response = listener.client.post(url).header("x-shopify-access-token", token).json(&request).send().await;
    let answer: Value = response.unwrap().json().await.unwrap();
    listener.heard.lock().unwrap().push((request, answer.clone()));
    Json(answer)
}

pub async fn check(schema: &Valid<Schema>, tally: &mut Tally) {
    let sandbox = Sandbox::start(SandboxOptions::new(Fixture::juniper_and_pine().unwrap())).await.unwrap();
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "this stands between the crate's transport and its sandbox")]
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let listener = Listener { sandbox: sandbox.shopify_url(), client, heard: Arc::default() };
    let router = Router::new()
        .route(&format!("/admin/api/{API_VERSION}/graphql.json"), post(pass_on))
        .with_state(listener.clone());
    let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", socket.local_addr().unwrap());
    let server = tokio::spawn(async move { axum::serve(socket, router).await });
    let settings = ShopifySettings {
        shop: "juniper-and-pine.myshopify.com".to_owned(),
        base_url: Some(base.parse().unwrap()),
        access_token: Some(sandbox.credentials().shopify_access_token.clone().into()),
        client_id: None,
        client_secret: None,
        all_orders: true,
        payment_metafield: Some("payments.stripe_payment_intent".to_owned()),
    };
    let shopify = Shopify::new(settings, Transport::new(HttpSettings::default()).unwrap()).unwrap();
    read(&shopify).await;
    take_back(&shopify, &sandbox).await;
    refund(&shopify, &sandbox).await;
    change(&shopify, &sandbox).await;
    cancel(&shopify, &sandbox).await;
    send_back(&shopify, &sandbox).await;
    server.abort();
    let heard = listener.heard.lock().unwrap().clone();
    judge(schema, &heard, tally);
}

async fn read(shopify: &Shopify) {
    shopify.check(Acts { orders: true, returns: true }).await.unwrap();
    for matching in [Matching::AllWords, Matching::SomeInTitle] {
        shopify.products("waterproof jacket", matching, 5, Urgency::Shopper).await.unwrap();
    }
    let email = Email::parse("ana@example.com").unwrap();
    shopify.orders_of(&email, OrderStatusFilter::Any, None, Urgency::Shopper).await.unwrap();
    for number in 1001..=1016 {
        let found = shopify.orders_named(&number.to_string(), Urgency::Background).await.unwrap();
        shopify.order(&found[0].id, Urgency::Background).await.unwrap();
    }
}

/// Refunds that are made, made again, refused, and read.
async fn refund(shopify: &Shopify, sandbox: &Sandbox) {
    let world = sandbox.world();
    for (number, effect) in [(1001, "eff_1"), (1009, "eff_2"), (1012, "eff_3")] {
        let order = world.orders.iter().find(|order| order.number == number).unwrap();
        let of = RefundOf {
            order: OrderId::new(format!("gid://shopify/Order/{}", order.id)),
            lines: vec![LineQuantity { line: format!("gid://shopify/LineItem/{}", order.lines[0].id), quantity: 1 }],
            shipping: true,
        };
        let effect = EffectId::new(effect);
        let quote = shopify.quote(&of, Urgency::Shopper).await.unwrap();
        let request = shopify.request(&RefundDraft { shares: quote.shares, ..refund_draft(&effect, &of) });
        shopify.refund(permit(&effect), &request).await.unwrap();
        shopify.refund(permit(&effect), &request).await.unwrap();
        shopify.refund_of(&of.order, &effect, Urgency::Shopper).await.unwrap().unwrap();
        let goodwill = EffectId::new(format!("{effect}0"));
        let alone = RefundOf { lines: Vec::new(), shipping: false, ..of.clone() };
        let left = RefundOf { lines: Vec::new(), shipping: true, ..of.clone() };
        let shares = shopify.quote(&left, Urgency::Shopper).await.unwrap().shares;
        if !shares.is_empty() {
            let request = shopify.request(&RefundDraft { shares, ..refund_draft(&goodwill, &alone) });
            shopify.refund(permit(&goodwill), &request).await.unwrap();
        }
        let again = EffectId::new("eff_9");
        let request = shopify.request(&refund_draft(&again, &of));
        shopify.refund(permit(&again), &request).await.unwrap_err();
        shopify.quote(&of, Urgency::Shopper).await.unwrap_err();
    }
}

fn order_id(sandbox: &Sandbox, number: u64) -> OrderId {
    let world = sandbox.world();
    OrderId::new(format!("gid://shopify/Order/{}", world.orders.iter().find(|it| it.number == number).unwrap().id))
}

/// A cancellation that is made, and one that is refused.
async fn cancel(shopify: &Shopify, sandbox: &Sandbox) {
    let effect = EffectId::new("eff_1");
    let draft = cancellation_draft(&effect, order_id(sandbox, 1003));
    shopify.cancel(permit(&effect), &shopify.cancellation_request(&draft)).await.unwrap();
    shopify.cancellation_of(&draft.order, &effect, Urgency::Shopper).await.unwrap().unwrap();
    let shipped = cancellation_draft(&effect, order_id(sandbox, 1001));
    shopify.cancel(permit(&effect), &shopify.cancellation_request(&shipped)).await.unwrap_err();
}

/// A line in a note and another address, each once; and an address that is refused.
async fn change(shopify: &Shopify, sandbox: &Sandbox) {
    let effect = EffectId::new("eff_1");
    let order = order_id(sandbox, 1003);
    let note = NoteDraft { effect: effect.clone(), order: order.clone(), text: "Gift wrap".to_owned() };
    shopify.add_note(permit(&effect), &shopify.note_request(&note)).await.unwrap();
    let seen = shopify.address_of(&order, Urgency::Shopper).await.unwrap().unwrap();
    let draft = AddressDraft { effect: effect.clone(), order, seen, place: elsewhere() };
    let now = shopify.change_address(permit(&effect), &shopify.address_request(&draft)).await.unwrap();
    let nowhere = Place { postcode: String::new(), ..elsewhere() };
    let refused = AddressDraft { seen: now, place: nowhere, ..draft };
    shopify.change_address(permit(&effect), &shopify.address_request(&refused)).await.unwrap_err();
}

/// A return that is opened, labelled and called off, one that is asked for, and one that is refused.
async fn send_back(shopify: &Shopify, sandbox: &Sandbox) {
    let order = order_id(sandbox, 1002);
    for (effect, ask_first) in [("eff_1", false), ("eff_2", true)] {
        let effect = EffectId::new(effect);
        let lines = shopify.returnable(&order, Urgency::Shopper).await.unwrap();
        let draft = returning(&effect, order.clone(), &lines[0].content, ask_first);
        let file = shopify.open_return(permit(&effect), &shopify.opening_request(&draft)).await.unwrap();
        shopify.return_of(&order, &effect, Urgency::Shopper).await.unwrap().unwrap();
        let label = label(&effect, &file.id);
        let labelled = shopify.add_label(permit(&effect), &shopify.label_request(&label)).await;
        assert_eq!(labelled.is_ok(), !ask_first);
        let withdrawal = shopify.withdrawal_request(&effect, &file.id);
        shopify.withdraw(permit(&effect), &withdrawal).await.unwrap();
    }
    let again = EffectId::new("eff_3");
    let refused = returning(&again, order, "gid://shopify/FulfillmentLineItem/1", false);
    shopify.open_return(permit(&again), &shopify.opening_request(&refused)).await.unwrap_err();
    shopify.reasons(Urgency::Shopper).await.unwrap();
}

/// A return that is paid back, and one that cannot be any more.
async fn take_back(shopify: &Shopify, sandbox: &Sandbox) {
    let (effect, order) = (EffectId::new("eff_1"), order_id(sandbox, 1010));
    let world = sandbox.world();
    let returned = world.orders.iter().flat_map(|order| &order.returns).next().unwrap();
    let id = format!("gid://shopify/Return/{}", returned.id);
    let settlement = shopify.settlement(&order, &id, Urgency::Shopper).await.unwrap();
    let due = settlement.amount;
    let draft = processing(&effect, order.clone(), &id, settlement.lines, settlement.shares);
    let mut elsewhere = draft.clone();
    elsewhere.restock = Some("gid://shopify/Location/1".to_owned());
    shopify.process(permit(&effect), &shopify.processing_request(&elsewhere)).await.unwrap_err();
    shopify.process(permit(&effect), &shopify.processing_request(&draft)).await.unwrap();
    shopify.processed(&order, &id, due, Urgency::Shopper).await.unwrap().unwrap();
}

fn judge(schema: &Valid<Schema>, heard: &[(Value, Value)], tally: &mut Tally) {
    for (request, answer) in heard {
        let name = request["operationName"].as_str().unwrap();
        let operation = operations::all().into_iter().find(|operation| operation.name == name).unwrap();
        assert_eq!(request["query"], operation.document);
        let problems = variable_problems(schema, operation, &request["variables"]);
        tally.of(&format!("{name}, as asked of the sandbox"), problems);
        let problems = validate_answer(schema, operation.document, name, answer);
        tally.of(&format!("{name}, as answered by the sandbox"), problems);
    }
    let changes = operations::all().into_iter().filter(|operation| operation.document.contains("mutation "));
    for change in changes {
        let made = heard
            .iter()
            .any(|(request, answer)| request["operationName"] == change.name && answer.get("errors").is_none());
        tally.of("the sandbox", (!made).then(|| format!("{} was never made", change.name)).into_iter().collect());
    }
}

fn variable_problems(schema: &Valid<Schema>, operation: &Operation, variables: &Value) -> Vec<String> {
    let document = ExecutableDocument::parse_and_validate(schema, operation.document, operation.name).unwrap();
    let wanted = document.operations.get(Some(operation.name)).unwrap();
    let raw: JsonMap = serde_json::from_value(variables.clone()).unwrap();
    let coerced = coerce_variable_values(schema, wanted, &raw);
    coerced.err().map(|error| error.message().to_string()).into_iter().collect()
}
