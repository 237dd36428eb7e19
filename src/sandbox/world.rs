//! The state behind the simulated vendors: one store, what it sold, what carriers know, what was sent, who was told.
//!
//! Carriers' knowledge is a timetable. What lies in the future of the clock has not happened yet, so every status is
//! computed from the clock and never stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::money::{Currency, Money};

pub mod cancelling;
pub mod catalog;
pub mod charges;
pub mod country;
pub mod front;
pub mod helpdesk;
pub mod hooks;
pub mod intercom;
pub mod order;
pub mod parcel;
pub mod payment;
pub mod refunding;
pub mod returning;
pub mod shipping;
pub mod staff;
pub mod store;
pub mod zendesk;

pub use cancelling::CancelJob;
pub use catalog::{Product, Variant};
pub use helpdesk::{Helpdesk, Message, Person, Ticket};
pub use order::{Address, Customer, Order};
pub use parcel::{Parcel, Scan, TrackerRecord};
pub use payment::{AnsweredKey, Settlement, SlowRefunds};
pub use shipping::Shipment;

/// Everything that the sandbox knows, serialisable as it is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct World {
    /// When relative times of the fixture were turned into moments.
    pub created_at: Timestamp,
    /// The latest moment at which something changed. A reloaded world never lies before it.
    pub latest_at: Timestamp,
    pub shop: Shop,
    pub products: Vec<Product>,
    pub customers: Vec<Customer>,
    pub orders: Vec<Order>,
    pub parcels: Vec<Parcel>,
    pub trackers: Vec<TrackerRecord>,
    /// What labels were asked for, bought or not.
    #[serde(default)]
    pub shipments: Vec<Shipment>,
    pub mails: Vec<Mail>,
    pub helpdesk: Helpdesk,
    #[serde(default)]
    pub front: front::Front,
    #[serde(default)]
    pub zendesk: zendesk::Zendesk,
    #[serde(default)]
    pub intercom: intercom::Intercom,
    /// What payment gateways have yet to decide. What is due is decided before anyone looks.
    #[serde(default)]
    pub settlements: Vec<Settlement>,
    /// Cancellations that the platform has taken on, done or not. What is due is done before anyone looks.
    #[serde(default)]
    pub cancel_jobs: Vec<CancelJob>,
    /// Idempotency keys that the platform has answered, and has to answer again.
    #[serde(default)]
    pub answered_keys: Vec<AnsweredKey>,
    /// Payments at another provider than the platform.
    #[serde(default)]
    pub intents: Vec<charges::Intent>,
    /// Idempotency keys that this provider has to answer again.
    #[serde(default)]
    pub kept_answers: Vec<charges::KeptAnswer>,
    /// Addresses that hear of trackers.
    #[serde(default)]
    pub hooks: Vec<hooks::Hook>,
    /// What they have not taken yet.
    #[serde(default)]
    pub notices: Vec<hooks::Notice>,
    /// Until when trackers were looked through for what there is to tell.
    #[serde(default)]
    pub noticed_at: Option<Timestamp>,
    /// How many ids were given out since the world began.
    #[serde(default)]
    pub ids_made: u64,
}

/// The merchant's shop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shop {
    pub name: String,
    /// `something.myshopify.com`.
    pub domain: String,
    /// The storefront, without a slash at the end.
    pub url: String,
    pub email: String,
    pub currency: Currency,
    pub timezone: String,
    /// Seconds east of UTC.
    pub utc_offset: i64,
    pub order_prefix: String,
    pub order_suffix: String,
    /// What the app was granted.
    pub scopes: Vec<String>,
    /// Where goods are kept.
    #[serde(default = "only_location")]
    pub location: u64,
    /// Gateways that take their time over refunds.
    #[serde(default)]
    pub slow_refunds: Vec<SlowRefunds>,
    /// Where orders note another provider's payments: a metafield's `namespace.key`.
    #[serde(default)]
    pub payment_metafield: Option<String>,
    /// How long the platform works on a cancellation.
    #[serde(default)]
    pub cancelling_takes_seconds: u32,
}

/// The id of a shop's only location.
pub fn only_location() -> u64 {
    70_110_001
}

/// A mail as the shopper got it. `via` says who sent it: the mail service, or the helpdesk.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mail {
    pub id: String,
    pub at: Timestamp,
    pub via: MailVia,
    pub from: String,
    pub to: Vec<String>,
    pub subject: String,
    pub text: Option<String>,
    pub html: Option<String>,
    /// The sender's own marks, as an object of strings.
    pub custom_args: serde_json::Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailVia {
    Sendgrid,
    /// A notification of the shop's own platform.
    Shopify,
    /// A helpdesk message without `sent_datetime`, which the helpdesk delivers to the customer itself.
    Gorgias,
    /// A public comment of the store's side, which the helpdesk mails to the requester.
    Zendesk,
    /// A comment of a teammate, which the helpdesk mails to a contact who has an address.
    Intercom,
    /// An answer in a conversation that came by mail.
    Front,
}

impl World {
    /// An id that nothing has yet, above those of the beginning and no neighbour of another.
    pub fn new_id(&mut self) -> u64 {
        self.ids_made += 1;
        9_000_000_000_000 + self.ids_made * 32_769
    }

    pub fn order_mut(&mut self, id: u64) -> Option<&mut Order> {
        self.orders.iter_mut().find(|order| order.id == id)
    }

    pub fn order(&self, id: u64) -> Option<&Order> {
        self.orders.iter().find(|order| order.id == id)
    }

    pub fn customer(&self, id: u64) -> Option<&Customer> {
        self.customers.iter().find(|customer| customer.id == id)
    }

    pub fn product(&self, id: u64) -> Option<&Product> {
        self.products.iter().find(|product| product.id == id)
    }

    pub fn variant(&self, id: u64) -> Option<(&Product, &Variant)> {
        self.products
            .iter()
            .find_map(|product| product.variants.iter().find(|variant| variant.id == id).map(|found| (product, found)))
    }

    /// The parcel of this number. Carriers' names are compared without regard to case and signs, so that `DHL Express`
    /// and `DHLExpress` are one.
    pub fn parcel(&self, number: &str, carrier: Option<&str>) -> Option<&Parcel> {
        let bare = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        self.parcels.iter().find(|parcel| {
            parcel.number.eq_ignore_ascii_case(number)
                && carrier.is_none_or(|carrier| bare(carrier) == bare(&parcel.carrier))
        })
    }
}

impl Mail {
    /// The mail as a person reads it in a terminal.
    pub fn rendered(&self) -> String {
        let body = self.text.as_deref().or(self.html.as_deref()).unwrap_or_default();
        format!(
            "Date: {}\nFrom: {}\nTo: {}\nSubject: {}\n\n{}\n",
            self.at,
            self.from,
            self.to.join(", "),
            self.subject,
            body.trim_end()
        )
    }
}

/// A sum of amounts of one currency.
pub fn sum(currency: Currency, amounts: impl IntoIterator<Item = Money>) -> Money {
    Money::from_minor(amounts.into_iter().map(Money::minor).sum(), currency)
}
