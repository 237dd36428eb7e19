//! A shop's counter: Shopify's client at the sandbox's wire, and the world behind it to look at.

use deskhand::domain::clock::Clock;
use deskhand::domain::id::EffectId;
use deskhand::domain::money::Money;
use deskhand::domain::order::{LineQuantity, OrderId};
use deskhand::integrations::commerce::refunds::{
    RefundDraft, RefundOf, RefundQuote, RefundReader, RefundRecord, RefundWriter,
};
use deskhand::integrations::commerce::shopify::{Shopify, ShopifySettings};
use deskhand::integrations::http::HttpSettings;
use deskhand::integrations::{Urgency, VendorError, WriteError};
use deskhand::sandbox::world::Order;
use deskhand::sandbox::{Effect, Fault, Fixture, Sandbox, SandboxOptions, Vendor};
use jiff::SignedDuration;

use crate::server::{hasty, transport};
use crate::writes::permit;

pub struct Counter {
    pub sandbox: Sandbox,
    pub client: Shopify,
}

impl Counter {
    pub async fn open() -> Self {
        Self::with(|_| {}).await
    }

    /// With the demo store changed before it opens.
    pub async fn with(change: impl FnOnce(&mut Fixture)) -> Self {
        let mut fixture = Fixture::juniper_and_pine().unwrap();
        change(&mut fixture);
        let mut options = SandboxOptions::new(fixture);
        options.clock = Clock::standing("2026-11-23T20:00:00Z".parse().unwrap());
        let sandbox = Sandbox::start(options).await.unwrap();
        let settings = ShopifySettings {
            shop: "juniper-and-pine.myshopify.com".to_owned(),
            base_url: Some(sandbox.shopify_url().parse().unwrap()),
            access_token: Some(sandbox.credentials().shopify_access_token.clone().into()),
            client_id: None,
            client_secret: None,
            all_orders: true,
            payment_metafield: Some("payments.stripe_payment_intent".to_owned()),
        };
        let http = HttpSettings { attempt_timeout_ms: 2_000, ..hasty() };
        let client = Shopify::new(settings, transport(http)).unwrap();
        Self { sandbox, client }
    }

    pub fn order(&self, number: u64) -> Order {
        self.sandbox.world().orders.into_iter().find(|order| order.number == number).unwrap()
    }

    pub fn id(&self, number: u64) -> OrderId {
        OrderId::new(format!("gid://shopify/Order/{}", self.order(number).id))
    }

    /// `quantity` of the order's line at this place, without shipping.
    pub fn of(&self, number: u64, line: usize, quantity: u32) -> RefundOf {
        let line = format!("gid://shopify/LineItem/{}", self.order(number).lines[line].id);
        RefundOf { order: self.id(number), lines: vec![LineQuantity { line, quantity }], shipping: false }
    }

    pub async fn quote(&self, of: &RefundOf) -> Result<RefundQuote, VendorError> {
        self.client.quote(of, Urgency::Shopper).await
    }

    /// The request for a quoted refund.
    pub async fn request(&self, effect: &str, of: &RefundOf) -> String {
        let quote = self.quote(of).await.unwrap();
        self.client.request(&draft(effect, of, &quote))
    }

    pub async fn send(&self, effect: &str, request: &str) -> Result<RefundRecord, WriteError> {
        self.client.refund(permit(effect), request).await
    }

    pub async fn find(&self, number: u64, effect: &str) -> Result<Option<RefundRecord>, VendorError> {
        self.client.refund_of(&self.id(number), &EffectId::new(effect), Urgency::Shopper).await
    }

    /// What went back for an order, payment by payment, with the state that the world has it in.
    pub fn repaid(&self, number: u64) -> Vec<(String, String, String)> {
        let order = self.order(number);
        let back = order.transactions.iter().filter(|transaction| transaction.kind == "REFUND");
        back.map(|it| (it.gateway.clone(), it.amount.to_string(), it.status.clone())).collect()
    }

    /// A fault that strikes the next request of this operation.
    pub fn strike(&self, operation: &str, effect: Effect) {
        self.sandbox.fault(Fault::new(effect).vendor(Vendor::Shopify).operation(operation).times(1));
    }

    pub fn asked(&self, operation: &str) -> usize {
        let requests = self.sandbox.requests();
        requests.iter().filter(|request| request.operations.iter().any(|name| name == operation)).count()
    }

    pub fn pass(&self, hours: i64) {
        self.sandbox.clock().advance(SignedDuration::from_hours(hours));
    }
}

pub fn draft(effect: &str, of: &RefundOf, quote: &RefundQuote) -> RefundDraft {
    RefundDraft {
        effect: EffectId::new(effect),
        of: of.clone(),
        shares: quote.shares.clone(),
        restock: None,
        notify: false,
        note: "Came broken".to_owned(),
    }
}

/// A row as [`Counter::repaid`] has it.
pub fn row(gateway: &str, amount: &str, status: &str) -> (String, String, String) {
    (gateway.to_owned(), amount.to_owned(), status.to_owned())
}

pub fn usd(minor: i64) -> Money {
    Money::from_minor(minor, "USD".parse().unwrap())
}
