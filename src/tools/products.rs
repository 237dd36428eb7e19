//! What the store sells.

use std::collections::BTreeSet;

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{EffectClass, Output, Scene, Tool, ToolError};
use crate::domain::identity::Assurance;
use crate::domain::order::Product;
use crate::integrations::Urgency;
use crate::integrations::commerce::Matching;

const MOST: u8 = 5;
/// Products among which the nearest titles are looked for.
const LOOKED_AT: u32 = 20;
const NEAREST: &str = "No product has all of these words. These have the most of them in their title.";

pub struct FindProduct;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// What the shopper looks for, in a few words.
    query: String,
}

#[async_trait]
impl Tool for FindProduct {
    type Arguments = Arguments;
    const NAME: &'static str = "find_product";
    const EFFECT: EffectClass = EffectClass::Read;
    const NEEDS: Assurance = Assurance::Anonymous;

    async fn run(&self, scene: &Scene<'_>, arguments: Arguments) -> Result<Output, ToolError> {
        let commerce = &scene.readers.commerce;
        let query = arguments.query.as_str();
        let mut products = commerce.products(query, Matching::AllWords, MOST.into(), Urgency::Shopper).await?;
        let exact = !products.is_empty();
        if !exact {
            let some = commerce.products(query, Matching::SomeInTitle, LOOKED_AT, Urgency::Shopper).await?;
            products = nearest(some, query);
        }
        let shown: Vec<&str> = products.iter().map(|product| product.title.as_str()).collect();
        let found: Vec<Value> = products
            .iter()
            .map(|product| {
                json!({
                    "title": product.title,
                    "description": product.description,
                    "price": product.price_from,
                    "available": product.available,
                    "url": product.url,
                })
            })
            .collect();
        let result = if exact || found.is_empty() {
            json!({"products": found})
        } else {
            json!({"products": found, "message": NEAREST})
        };
        Ok(Output::read(result, json!({"products": shown})))
    }
}

/// Those whose titles have the most of the words.
fn nearest(products: Vec<Product>, query: &str) -> Vec<Product> {
    let wanted = words(query);
    let share = |product: &Product| words(&product.title).intersection(&wanted).count();
    let most = products.iter().map(share).max().unwrap_or_default().max(1);
    products.into_iter().filter(|product| share(product) == most).take(MOST.into()).collect()
}

fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}
