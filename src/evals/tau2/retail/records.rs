//! The records of the database.
//!
//! The fields stand in the order in which the benchmark writes them. A field that a record lacks is written as `null`,
//! one that is not named here is dropped when it is read.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use super::python::round2;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Product {
    pub name: String,
    pub product_id: String,
    pub variants: IndexMap<String, Variant>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Variant {
    pub item_id: String,
    pub options: IndexMap<String, String>,
    pub available: bool,
    pub price: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct User {
    pub user_id: String,
    pub name: Name,
    pub address: Address,
    pub email: String,
    pub payment_methods: IndexMap<String, PaymentMethod>,
    pub orders: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Name {
    pub first_name: String,
    pub last_name: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Address {
    pub address1: String,
    pub address2: String,
    pub city: String,
    pub country: String,
    pub state: String,
    pub zip: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum PriceDifference {
    Amount(f64),
    /// Python's sum of no differences at all: the integer 0, which is written so.
    Nothing(u8),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub(super) enum PaymentMethod {
    CreditCard { id: String, brand: String, last_four: String },
    GiftCard { id: String, balance: f64 },
    Paypal { id: String },
}

impl PaymentMethod {
    pub fn is_gift_card(&self) -> bool {
        matches!(self, Self::GiftCard { .. })
    }

    /// Whether `amount` can be paid with it. Only a gift card has a limit.
    pub fn covers(&self, amount: f64) -> bool {
        match self {
            Self::GiftCard { balance, .. } => *balance >= amount,
            Self::CreditCard { .. } | Self::Paypal { .. } => true,
        }
    }

    /// Raises a gift card's balance, or lowers it by a negative amount. Other methods keep no balance.
    pub fn credit(&mut self, amount: f64) {
        if let Self::GiftCard { balance, .. } = self {
            *balance = round2(*balance + amount);
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Order {
    pub order_id: String,
    pub user_id: String,
    pub address: Address,
    pub items: Vec<OrderItem>,
    pub status: String,
    pub fulfillments: Vec<Fulfillment>,
    pub payment_history: Vec<Payment>,
    pub cancel_reason: Option<String>,
    pub exchange_items: Option<Vec<String>>,
    pub exchange_new_items: Option<Vec<String>>,
    pub exchange_payment_method_id: Option<String>,
    pub exchange_price_difference: Option<PriceDifference>,
    pub return_items: Option<Vec<String>>,
    pub return_payment_method_id: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct OrderItem {
    pub name: String,
    pub product_id: String,
    pub item_id: String,
    pub price: f64,
    pub options: IndexMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Fulfillment {
    pub tracking_id: Vec<String>,
    pub item_ids: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Payment {
    pub transaction_type: Transaction,
    pub amount: f64,
    pub payment_method_id: String,
}

impl Payment {
    pub fn new(transaction_type: Transaction, amount: f64, payment_method_id: &str) -> Self {
        Self { transaction_type, amount, payment_method_id: payment_method_id.to_owned() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Transaction {
    Payment,
    Refund,
}
