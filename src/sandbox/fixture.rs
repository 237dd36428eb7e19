//! Fixtures: a store's world as a YAML file.
//!
//! ```yaml
//! store: { name: Corner Shop, domain: corner.myshopify.com, url: https://corner.example, email: hi@corner.example,
//!          currency: EUR, utc_offset: "+01:00" }
//! products:
//!   - { title: Wool Hat, description: Knitted., variants: [{ sku: HAT, price: "19.00", stock: 4 }] }
//! customers:
//!   - { email: kim@example.com, first_name: Kim, last_name: Berg,
//!       address: { line1: Storgatan 1, city: Malmö, postcode: "211 34", country: SE } }
//! orders:
//!   - number: 7
//!     customer: kim@example.com
//!     placed: -3d 10:15
//!     lines: [{ sku: HAT }]
//!     shipping: { title: Standard, price: "4.50" }
//!     parcels:
//!       - carrier: DHLExpress
//!         number: "1234567890"
//!         shipped: -2d 16:00
//!         estimate: +1d 18:00
//!         scans:
//!           - { at: -2d 20:10, status: in_transit, detail: departed_origin_facility, message: Departed, city: Malmö }
//!           - { at: +1d 12:00, status: delivered, message: Delivered }
//! ```
//!
//! Moments are written as RFC 3339 or relative to the world's creation: `-3d`, `+6h`, `-90m`, and with a time of day in
//! the store's zone, `-3d 10:15`. Scans in the future happen when the clock gets there. Amounts are decimal
//! numbers in the order's currency, read digit by digit and never as a float. Every other default is told at the field.

use std::path::Path;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::domain::money::MoneyError;
use crate::domain::yaml;

mod generated;
mod moment;
mod orders;
mod realise;
pub mod spec;

pub use generated::Kind;
pub use moment::Moment;

use spec::{CustomerSpec, HelpdeskSpec, OrderSpec, ProductSpec, StoreSpec};

/// A store's world before its relative times are known.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    pub store: StoreSpec,
    #[serde(default)]
    pub products: Vec<ProductSpec>,
    #[serde(default)]
    pub customers: Vec<CustomerSpec>,
    #[serde(default)]
    pub orders: Vec<OrderSpec>,
    #[serde(default)]
    pub helpdesk: HelpdeskSpec,
}

/// What is wrong with a fixture, and where.
#[derive(Debug, Error)]
pub enum FixtureError {
    #[error("the fixture {path} cannot be read: {source}")]
    Unreadable { path: std::path::PathBuf, source: std::io::Error },
    #[error("the fixture is not understood: {0}")]
    Yaml(#[from] yaml::Unread),
    #[error("{at}: {source}")]
    Amount { at: String, source: MoneyError },
    #[error("{at}: {text:?} is not a moment; write -5d, +6h, -5d 14:20 or an RFC 3339 timestamp")]
    Moment { at: String, text: String },
    #[error("store.utc_offset: {0:?} is not an offset; write \"-08:00\"")]
    Offset(String),
    #[error("{at}: no product has a variant with the sku {sku:?}")]
    UnknownSku { at: String, sku: String },
    #[error("{at}: the order has no line with the sku {sku:?}")]
    NotInOrder { at: String, sku: String },
    #[error("{at}: {wanted} of {sku:?}, but only {left} are left")]
    TooMany { at: String, sku: String, wanted: u32, left: u32 },
    #[error("{at}: no customer has the e-mail {email:?}; add one under customers")]
    UnknownCustomer { at: String, email: String },
    #[error("{at}: {name:?} occurs twice; give each its own")]
    Twice { at: String, name: String },
    #[error("{at}: scans must be written oldest first")]
    ScanOrder { at: String },
    #[error("{at}: {status:?} is not a status that EasyPost knows; known are {known}")]
    Status { at: String, status: String, known: String },
    #[error("{at}: payments add up to {paid}, the order to {total}")]
    Payments { at: String, paid: String, total: String },
    #[error("{at}: a foreign currency needs exchange_rate, how many units of it one unit of the store's currency buys")]
    Rate { at: String },
    #[error("{at}: {reason}")]
    Word { at: String, reason: String },
}

impl Fixture {
    /// The demo store "Juniper & Pine": outdoor goods in US dollars, sixteen orders, each in another state.
    pub fn juniper_and_pine() -> Result<Self, FixtureError> {
        static READ: OnceLock<Fixture> = OnceLock::new();
        if let Some(read) = READ.get() {
            return Ok(read.clone());
        }
        let read = Self::from_yaml(Self::juniper_and_pine_text())?;
        Ok(READ.get_or_init(|| read).clone())
    }

    /// The same as it is written.
    pub const fn juniper_and_pine_text() -> &'static str {
        include_str!("fixtures/juniper-and-pine.yaml")
    }

    /// The rules of that store, as its `policy.toml` would have them.
    pub const fn juniper_and_pine_policy() -> &'static str {
        include_str!("fixtures/juniper-and-pine.policy.toml")
    }

    pub fn from_yaml(text: &str) -> Result<Self, FixtureError> {
        Ok(yaml::read(text)?)
    }

    pub fn from_file(path: &Path) -> Result<Self, FixtureError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| FixtureError::Unreadable { path: path.to_owned(), source })?;
        Self::from_yaml(&text)
    }
}

#[cfg(test)]
mod tests;
