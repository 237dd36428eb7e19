//! The store's platform.

use async_trait::async_trait;

use super::{Urgency, VendorError};
use crate::domain::customer::Email;
use crate::domain::order::{Order, OrderId, Product};

pub mod cancellations;
pub mod changes;
pub mod refunds;
pub mod returns;
pub mod shopify;

/// What a platform can do, as data.
#[derive(Clone, Debug)]
pub struct CommerceCapabilities {
    pub platform: &'static str,
    /// Orders older than this many days cannot be read with the scopes granted; `None`: all can.
    pub history_days: Option<u32>,
    /// Whether customers can have credit at the store in place of money.
    pub store_credit: bool,
}

/// Which of a customer's orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OrderStatusFilter {
    #[default]
    Any,
    Open,
    Closed,
    Cancelled,
}

/// How much of what is searched for a product must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    AllWords,
    /// Some of the words, in its title.
    SomeInTitle,
}

#[derive(Clone, Debug)]
pub struct OrderPage {
    pub orders: Vec<Order>,
    /// Hand it back to read on.
    pub next: Option<String>,
}

/// What an agent may change at its store's platform, as far as the credentials have to allow it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Acts {
    /// Refunds, cancellations, addresses, notes.
    pub orders: bool,
    pub returns: bool,
}

#[async_trait]
pub trait CommerceReader: Send + Sync {
    fn capabilities(&self) -> &CommerceCapabilities;

    /// Where the store's people see the order.
    fn page_for_people(&self, order: &OrderId) -> Option<String>;

    /// The orders that are called exactly this (`#1001`, `1001`); the text is a shopper's and may be anything. One call,
    /// whatever the answer, so that an unknown order takes no other path than a known one: an order too large for it
    /// comes with `complete: false`, and [`CommerceReader::order`] reads the whole.
    async fn orders_named(&self, name: &str, urgency: Urgency) -> Result<Vec<Order>, VendorError>;

    /// The whole order, in as many calls as its size needs.
    async fn order(&self, id: &OrderId, urgency: Urgency) -> Result<Option<Order>, VendorError>;

    /// Orders whose own e-mail is exactly this, newest first. Compared again in code, so that a page may hold fewer than
    /// the platform found. Large ones come cut, see `complete`.
    async fn orders_of(
        &self,
        email: &Email,
        status: OrderStatusFilter,
        cursor: Option<&str>,
        urgency: Urgency,
    ) -> Result<OrderPage, VendorError>;

    /// The id under which another payment provider has the payment of this order, where the store notes it on the order.
    async fn outside_payment(&self, order: &OrderId, urgency: Urgency) -> Result<Option<String>, VendorError>;

    async fn products(
        &self,
        search: &str,
        matching: Matching,
        limit: u32,
        urgency: Urgency,
    ) -> Result<Vec<Product>, VendorError>;

    /// For `doctor`: that the credentials work and suffice for these acts, in words for the operator (shop, scopes,
    /// served API version).
    async fn check(&self, acts: Acts) -> Result<String, VendorError>;
}
