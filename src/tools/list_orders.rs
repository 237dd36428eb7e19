//! All orders of a verified customer.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{EffectClass, Output, Scene, Tool, ToolError, view};
use crate::domain::identity::Assurance;
use crate::integrations::Urgency;
use crate::integrations::commerce::OrderStatusFilter;

pub struct ListOrders;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arguments {
    /// Which orders.
    status: Status,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    Any,
    Open,
    Closed,
    Cancelled,
}

impl From<Status> for OrderStatusFilter {
    fn from(status: Status) -> Self {
        match status {
            Status::Any => Self::Any,
            Status::Open => Self::Open,
            Status::Closed => Self::Closed,
            Status::Cancelled => Self::Cancelled,
        }
    }
}

#[async_trait]
impl Tool for ListOrders {
    type Arguments = Arguments;
    const NAME: &'static str = "list_orders";
    const EFFECT: EffectClass = EffectClass::Read;
    const NEEDS: Assurance = Assurance::Verified;

    async fn run(&self, scene: &Scene<'_>, arguments: Arguments) -> Result<Output, ToolError> {
        const ADVICE: &str = "The shopper must be verified first. When one of their orders is matched, offer \
                              send_verification_code.";
        let email =
            scene.identity.verified().ok_or(ToolError::Assurance { needed: Assurance::Verified, advice: ADVICE })?;
        let page = scene.readers.commerce.orders_of(email, arguments.status.into(), None, Urgency::Shopper).await?;
        let orders: Vec<Value> = page
            .orders
            .iter()
            .filter(|order| order.owner() == Some(email))
            .map(|order| {
                json!({
                    "order_number": order.name,
                    "placed_on": view::date(scene, order.placed_at),
                    "status": view::status(order),
                    "payment": order.payment,
                    "total": order.total,
                })
            })
            .collect();
        let shown: Vec<&Value> = orders.iter().map(|order| &order["order_number"]).collect();
        Ok(Output::read(
            json!({"as_of": scene.today().to_string(), "orders": orders, "more": page.next.is_some()}),
            json!({"orders": shown}),
        ))
    }
}
