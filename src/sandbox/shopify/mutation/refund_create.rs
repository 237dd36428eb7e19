//! `refundCreate`: the input is held against the order first, and only a whole refund is made.

use apollo_compiler::response::JsonValue;
use jiff::Timestamp;

use super::keys::Done;
use super::{Change, Outcome, Payload, UserError};
use crate::sandbox::shopify::object::View;
use crate::sandbox::shopify::search::orders::{demand, visible};
use crate::sandbox::world::World;

mod draft;

use super::input;

pub fn perform(world: &mut World, now: Timestamp, change: &Change) -> Result<Done, Outcome> {
    let view = View { world, now };
    demand(view, "write_orders", "refundCreate").map_err(Outcome::Error)?;
    let refused = |errors| Outcome::Payload(Payload::refused("RefundCreatePayload", errors));
    let input = change.arguments.get("input").unwrap_or(&JsonValue::Null);
    let order = input::id(input, "orderId", "Order").and_then(|id| view.world.order(id));
    let Some(order) = order.filter(|order| visible(view, order)) else {
        return Err(refused(vec![UserError::new("orderId", "Order does not exist")]));
    };
    let plan = draft::read(&world.shop, order, input).map_err(refused)?;
    Ok(Done { order: plan.order, refund: world.refund(now, plan) })
}
