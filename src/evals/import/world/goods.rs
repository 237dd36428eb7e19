//! What the store sells, as far as orders and searches showed it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::super::receipts::{Receipt, parts};

/// So many that nothing is sold out which nobody called so.
const PLENTY: u32 = 100;

pub struct Goods {
    currency: String,
    products: BTreeMap<String, Product>,
}

#[derive(Default)]
struct Product {
    description: String,
    tags: BTreeSet<String>,
    /// Titles of variants with their prices.
    variants: BTreeMap<Option<String>, String>,
    price: Option<String>,
    sold_out: bool,
}

impl Goods {
    pub fn new(receipts: &[Receipt<'_>], currency: &str) -> Self {
        let mut goods = Self { currency: currency.to_owned(), products: BTreeMap::new() };
        for part in receipts.iter().flat_map(|receipt| parts(receipt.content)) {
            let Some(title) = part.get("title").and_then(Value::as_str) else { continue };
            if let Some(tag) = part.get("tag").and_then(Value::as_str) {
                goods.product(title).tags.insert(tag.to_owned());
            }
            if let Some(description) = part.get("description").and_then(Value::as_str) {
                let product = goods.product(title);
                product.description = description.to_owned();
                product.price = part.pointer("/price/amount").and_then(Value::as_str).map(str::to_owned);
                product.sold_out = part.get("available") == Some(&json!(false));
            }
        }
        goods
    }

    fn product(&mut self, title: &str) -> &mut Product {
        self.products.entry(title.to_owned()).or_default()
    }

    /// The number under which it is sold.
    pub fn sku(&mut self, title: &str, variant: Option<&str>, price: &str, currency: &str) -> String {
        let price = if currency == self.currency { price } else { "1" };
        let variants = &mut self.product(title).variants;
        variants.entry(variant.map(str::to_owned)).or_insert_with(|| price.to_owned());
        sku(title, variant)
    }

    pub fn specs(&self) -> Vec<Value> {
        self.products.iter().map(|(title, product)| product.spec(title)).collect()
    }
}

impl Product {
    fn spec(&self, title: &str) -> Value {
        let stock = if self.sold_out { 0 } else { PLENTY };
        let variant = |name: Option<&str>, price: &str| json!({ "sku": sku(title, name), "title": name, "price": price, "stock": stock });
        let mut variants: Vec<Value> =
            self.variants.iter().map(|(name, price)| variant(name.as_deref(), price)).collect();
        if variants.is_empty() {
            variants.push(variant(None, self.price.as_deref().unwrap_or("1")));
        }
        json!({ "title": title, "description": self.description, "tags": self.tags, "variants": variants })
    }
}

/// Made of the titles: the same wherever it is asked for.
fn sku(title: &str, variant: Option<&str>) -> String {
    let dashed = |text: &str| text.split_whitespace().collect::<Vec<_>>().join("-");
    variant.map_or_else(|| dashed(title), |variant| format!("{}/{}", dashed(title), dashed(variant)))
}
