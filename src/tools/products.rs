//! What the store sells.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{EffectClass, Output, Scene, Tool, ToolError};
use crate::domain::identity::Assurance;
use crate::integrations::Urgency;

const MOST: u32 = 5;

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
        let products = scene.readers.commerce.products(&arguments.query, MOST, Urgency::Shopper).await?;
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
        Ok(Output::read(json!({"products": found}), json!({"products": shown})))
    }
}
