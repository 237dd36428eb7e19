//! What the store sells.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::money::Money;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Product {
    pub id: u64,
    pub handle: String,
    pub title: String,
    /// Plain text.
    pub description: String,
    pub vendor: String,
    pub kind: String,
    pub tags: Vec<String>,
    pub gift_card: bool,
    pub created_at: Timestamp,
    pub variants: Vec<Variant>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variant {
    pub id: u64,
    pub sku: String,
    /// `Default Title` where a product has but one.
    pub title: String,
    /// The option that variants differ in, `Size`.
    pub option: String,
    pub price: Money,
    /// Pieces in stock.
    pub stock: i64,
}

impl Product {
    pub fn stock(&self) -> i64 {
        self.variants.iter().map(|variant| variant.stock).sum()
    }

    /// The only variant, without a name of its own.
    pub fn is_plain(&self) -> bool {
        self.variants.iter().all(|variant| variant.title == Variant::PLAIN)
    }
}

impl Variant {
    /// Shopify's name for the only variant of a product.
    pub const PLAIN: &str = "Default Title";
}
