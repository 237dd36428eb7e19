//! The sandbox at its surface: raw HTTP, as any client in any language would speak to it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the helpers of a test fail by panicking, as it does"
)]

use std::time::{Duration, Instant};

use deskhand::domain::clock::Clock;
use deskhand::sandbox::{Fixture, Sandbox, SandboxOptions};
use jiff::SignedDuration;
use reqwest::{Client, Response};
use serde_json::{Value, json};

#[path = "sandbox/cancellations.rs"]
mod cancellations;
#[path = "sandbox/changes.rs"]
mod changes;
#[path = "sandbox/easypost.rs"]
mod easypost;
#[path = "sandbox/faults.rs"]
mod faults;
#[path = "sandbox/front.rs"]
mod front;
#[path = "sandbox/gorgias.rs"]
mod gorgias;
#[path = "sandbox/intercom.rs"]
mod intercom;
#[path = "sandbox/labels.rs"]
mod labels;
#[path = "sandbox/processing.rs"]
mod processing;
#[path = "sandbox/refunds.rs"]
mod refunds;
#[path = "sandbox/returns.rs"]
mod returns;
#[path = "sandbox/sendgrid.rs"]
mod sendgrid;
#[path = "sandbox/shopify.rs"]
mod shopify;
#[path = "sandbox/stripe.rs"]
mod stripe;
#[path = "sandbox/webhooks.rs"]
mod webhooks;
#[path = "sandbox/world.rs"]
mod world;
#[path = "sandbox/zendesk.rs"]
mod zendesk;

/// A running sandbox and a client that knows its secrets.
struct Bench {
    sandbox: Sandbox,
    client: Client,
}

fn client() -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "these tests speak raw HTTP, without the crate's transport")]
    let builder = Client::builder();
    builder.no_proxy().timeout(Duration::from_secs(20)).build().unwrap()
}

fn demo() -> Fixture {
    Fixture::juniper_and_pine().unwrap()
}

/// Noon in the demo store.
fn noon() -> Clock {
    Clock::standing("2026-11-23T20:00:00Z".parse().unwrap())
}

impl Bench {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    async fn with(change: impl FnOnce(&mut SandboxOptions)) -> Self {
        let mut options = SandboxOptions::new(demo());
        options.clock = noon();
        change(&mut options);
        Self { sandbox: Sandbox::start(options).await.unwrap(), client: client() }
    }

    async fn shopify(&self, body: Value) -> Response {
        self.shopify_at("2026-10", &self.sandbox.credentials().shopify_access_token, body).await
    }

    async fn shopify_at(&self, version: &str, token: &str, body: Value) -> Response {
        let url = format!("{}/admin/api/{version}/graphql.json", self.sandbox.shopify_url());
        self.client.post(url).header("X-Shopify-Access-Token", token).json(&body).send().await.unwrap()
    }

    /// The body of a GraphQL answer, which always comes with status 200.
    async fn query(&self, query: &str, variables: Value) -> Value {
        let response = self.shopify(json!({"query": query, "variables": variables})).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    /// The names of the orders that a search finds.
    async fn found(&self, search: &str) -> Vec<String> {
        let query = "query($q: String) { orders(first: 50, query: $q, sortKey: ORDER_NUMBER) { nodes { name } } }";
        let body = self.query(query, json!({ "q": search })).await;
        assert_eq!(body.get("errors"), None, "{body:#}");
        let nodes = body["data"]["orders"]["nodes"].as_array().unwrap();
        nodes.iter().map(|node| node["name"].as_str().unwrap().to_owned()).collect()
    }

    async fn track(&self, code: &str, carrier: Option<&str>) -> Value {
        let response = self.create_tracker(json!({"tracker": {"tracking_code": code, "carrier": carrier}})).await;
        assert_eq!(response.status(), 200);
        response.json().await.unwrap()
    }

    async fn create_tracker(&self, body: Value) -> Response {
        let url = format!("{}/v2/trackers", self.sandbox.easypost_url());
        let key = &self.sandbox.credentials().easypost_api_key;
        self.client.post(url).basic_auth(key, Some("")).json(&body).send().await.unwrap()
    }

    fn gorgias(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let credentials = self.sandbox.credentials();
        let request = self.client.request(method, format!("{}/api{path}", self.sandbox.gorgias_url()));
        request.basic_auth(&credentials.gorgias_email, Some(&credentials.gorgias_api_key))
    }

    async fn open_ticket(&self, body: &Value) -> Response {
        self.gorgias(reqwest::Method::POST, "/tickets").json(body).send().await.unwrap()
    }

    fn zendesk(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let credentials = self.sandbox.credentials();
        let request = self.client.request(method, format!("{}/api/v2{path}", self.sandbox.zendesk_url()));
        let user = format!("{}/token", credentials.gorgias_email);
        request.basic_auth(user, Some(&credentials.zendesk_api_token))
    }

    fn pass(&self, time: SignedDuration) {
        self.sandbox.clock().advance(time);
    }
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}
