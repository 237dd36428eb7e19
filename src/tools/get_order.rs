//! An order that the shopper may read.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{EffectClass, Output, Scene, Tool, ToolError, view};
use crate::domain::identity::Assurance;

pub struct GetOrder;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// The order number, as find_order or list_orders returned it.
    order_number: String,
}

#[async_trait]
impl Tool for GetOrder {
    type Arguments = Arguments;
    const NAME: &'static str = "get_order";
    const EFFECT: EffectClass = EffectClass::Read;
    const NEEDS: Assurance = Assurance::OrderMatched;

    async fn run(&self, scene: &Scene<'_>, arguments: Arguments) -> Result<Output, ToolError> {
        let order = scene.readable_order(&arguments.order_number).await?;
        Ok(Output::read(
            json!({"as_of": scene.today().to_string(), "order": view::order(scene, &order)}),
            json!({"order_number": order.name, "status": view::status(&order)}),
        ))
    }
}
