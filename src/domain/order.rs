//! Orders as every commerce platform has them. Vendor enums are open: what we do not know is kept as it came.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::customer::{Address, Customer, Email};
use super::money::{Currency, Money};

/// The platform's id of an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct OrderId(String);

impl OrderId {
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An order, with all that a shopper may ask about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    pub id: OrderId,
    /// As the shopper knows it, with the store's own prefix: `#1001`.
    pub name: String,
    /// The bare number, where the platform has one.
    pub number: Option<u64>,
    pub placed_at: Timestamp,
    pub cancelled_at: Option<Timestamp>,
    pub payment: PaymentStatus,
    pub fulfilment: FulfilmentStatus,
    pub currency: Currency,
    pub total: Money,
    pub refunded: Money,
    /// What may still be paid back, by the platform's own count.
    pub refundable: Money,
    pub shipping: ShippingCharge,
    pub email: Option<Email>,
    pub customer: Option<Customer>,
    pub ship_to: Option<Address>,
    /// Written by customers and staff: data, never instructions.
    pub note: Option<String>,
    pub tags: Vec<String>,
    pub lines: Vec<Line>,
    pub fulfilments: Vec<Fulfilment>,
    pub returns: Vec<ReturnRecord>,
    /// Whether these lists hold everything. A very large order comes cut when it is found among others; read by its
    /// id it comes whole.
    pub complete: bool,
}

impl Order {
    /// Whether `text` names this order: `#1001` or `1001`. Compared exactly, in code,
    /// because a platform's search is only a hint.
    pub fn is_called(&self, text: &str) -> bool {
        let bare = |text: &str| text.trim().trim_start_matches('#').to_lowercase();
        let wanted = bare(text);
        !wanted.is_empty()
            && (bare(&self.name) == wanted || self.number.is_some_and(|number| number.to_string() == wanted))
    }

    /// The address that the order's mails go to.
    pub fn owner(&self) -> Option<&Email> {
        self.email.as_ref().or_else(|| self.customer.as_ref().and_then(|customer| customer.email.as_ref()))
    }
}

/// What sending the order cost the shopper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingCharge {
    pub price: Money,
    /// What of it was not paid back.
    pub left: Money,
}

/// Some quantity of one product in an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    pub id: String,
    pub title: String,
    pub variant: Option<String>,
    pub sku: Option<String>,
    /// As ordered.
    pub quantity: u32,
    /// What was neither refunded nor removed.
    pub current_quantity: u32,
    pub refundable_quantity: u32,
    /// What one of them cost after all discounts.
    pub unit_price: Money,
    pub tags: Vec<String>,
}

impl Line {
    /// The units of this line, counted from 1: what a refund, a return or a cancellation consumes, each once.
    pub fn units(&self) -> impl Iterator<Item = Unit> + '_ {
        (1..=self.quantity).map(|number| Unit { line: self.id.clone(), number })
    }
}

/// One piece of a line.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Unit {
    pub line: String,
    /// From 1 to the line's quantity.
    pub number: u32,
}

/// Some quantity of one line of an order, by the line's id.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LineQuantity {
    pub line: String,
    pub quantity: u32,
}

/// What of an order can be had once: the money for a unit of a line, or for its shipping; a unit sent back.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Piece {
    Unit(Unit),
    /// The way back of a unit, which is paid back on its own.
    Return(Unit),
    Shipping,
    /// Money that is for none of these.
    Goodwill,
}

impl Piece {
    /// The same unit on its way back.
    pub fn sent_back(self) -> Self {
        match self {
            Self::Unit(unit) => Self::Return(unit),
            other => other,
        }
    }

    /// The unit itself, of one that is on its way back.
    pub fn came_back(self) -> Self {
        match self {
            Self::Return(unit) => Self::Unit(unit),
            other => other,
        }
    }
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(Unit { line, number }) => write!(f, "{line}/{number}"),
            Self::Return(Unit { line, number }) => write!(f, "return:{line}/{number}"),
            Self::Shipping => f.write_str("shipping"),
            Self::Goodwill => f.write_str("goodwill"),
        }
    }
}

/// A parcel, or several, that left the store together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fulfilment {
    pub id: String,
    /// What the platform says; the carrier knows better.
    pub status: String,
    pub created_at: Timestamp,
    pub estimated_at: Option<Timestamp>,
    pub delivered_at: Option<Timestamp>,
    pub parcels: Vec<Parcel>,
    /// Line id and how many of it.
    pub contents: Vec<(String, u32)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parcel {
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    pub tracking_url: Option<String>,
}

/// A return that the platform knows of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnRecord {
    pub id: String,
    pub name: String,
    pub status: String,
    pub created_at: Timestamp,
}

/// An open enum over strings: known values by name, everything else as it came.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(from = "String", into = "String")]
        pub enum $name {
            $($variant,)*
            /// A value that the vendor added after this was written.
            Other(String),
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $($text => Self::$variant,)*
                    _ => Self::Other(text),
                }
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.as_str().to_owned()
            }
        }

        impl $name {
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }
    };
}
pub(crate) use open_enum;

open_enum! {
    /// Where the money is.
    PaymentStatus {
        Pending = "pending",
        Authorized = "authorized",
        Paid = "paid",
        PartiallyPaid = "partially_paid",
        PartiallyRefunded = "partially_refunded",
        Refunded = "refunded",
        Voided = "voided",
    }
}

open_enum! {
    /// Where the goods are, by the store's own count.
    FulfilmentStatus {
        Unfulfilled = "unfulfilled",
        PartiallyFulfilled = "partially_fulfilled",
        Fulfilled = "fulfilled",
        Restocked = "restocked",
        OnHold = "on_hold",
        Scheduled = "scheduled",
        InProgress = "in_progress",
    }
}

open_enum! {
    /// What a carrier says of a parcel, in EasyPost's words, which carriers are mapped to.
    TrackerStatus {
        Unknown = "unknown",
        PreTransit = "pre_transit",
        InTransit = "in_transit",
        OutForDelivery = "out_for_delivery",
        Delivered = "delivered",
        AvailableForPickup = "available_for_pickup",
        ReturnToSender = "return_to_sender",
        Failure = "failure",
        Cancelled = "cancelled",
        Error = "error",
    }
}

/// A carrier's truth about a parcel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracker {
    pub id: String,
    pub tracking_number: String,
    pub carrier: Option<String>,
    pub status: TrackerStatus,
    /// A finer word: `delayed`, `weather_delay`, `delivery_exception`. Open.
    pub detail: Option<String>,
    pub estimated_at: Option<Timestamp>,
    pub signed_by: Option<String>,
    pub public_url: Option<String>,
    /// Oldest first.
    pub scans: Vec<Scan>,
}

impl Tracker {
    /// When it was delivered, by its scans.
    pub fn delivered_at(&self) -> Option<Timestamp> {
        self.scans.iter().rev().find(|scan| scan.status == TrackerStatus::Delivered).map(|scan| scan.at)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    pub at: Timestamp,
    pub status: TrackerStatus,
    pub detail: Option<String>,
    pub message: String,
    pub city: Option<String>,
    pub state: Option<String>,
}

/// A product that the store sells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    pub id: String,
    pub title: String,
    pub description: String,
    pub price_from: Option<Money>,
    pub available: bool,
    pub url: Option<String>,
}
