//! `orderCancel`: a job that is taken on at once and done later.

use apollo_compiler::response::JsonValue;
use jiff::{SignedDuration, Timestamp};

use super::{Change, Outcome, Payload, UserError, input};
use crate::sandbox::shopify::object::View;
use crate::sandbox::shopify::search::orders::{demand, visible};
use crate::sandbox::world::{CancelJob, World};

const LONGEST_STAFF_NOTE: usize = 255;

pub fn perform(world: &mut World, now: Timestamp, change: &Change) -> Outcome {
    match taken_on(world, now, change) {
        Ok(job) => Outcome::Payload(Payload { kind: "OrderCancelPayload", job: Some(job), ..Payload::default() }),
        Err(outcome) => outcome,
    }
}

fn taken_on(world: &mut World, now: Timestamp, change: &Change) -> Result<u64, Outcome> {
    let view = View { world, now };
    demand(view, "write_orders", "orderCancel").map_err(Outcome::Error)?;
    let given = JsonValue::Object(change.arguments.clone());
    let refused = |field: &str, code: &'static str, message: &str| {
        let error = UserError::new(field, message).coded("OrderCancelUserError", code);
        Outcome::Payload(Payload::refused("OrderCancelPayload", vec![error]))
    };
    let order = input::id(&given, "orderId", "Order").and_then(|id| view.world.order(id));
    let Some(order) = order.filter(|order| visible(view, order)) else {
        return Err(refused("orderId", "NOT_FOUND", "Order does not exist"));
    };
    let busy = world.cancel_jobs.iter().any(|job| job.order == order.id && !job.done);
    if let Some(reason) = order.not_cancellable(now).or(busy.then_some("Order is being cancelled")) {
        return Err(refused("orderId", "INVALID", reason));
    }
    let staff_note = input::text(&given, "staffNote").map(str::to_owned);
    if staff_note.as_ref().is_some_and(|note| note.chars().count() > LONGEST_STAFF_NOTE) {
        return Err(refused("staffNote", "INVALID", "Staff note is too long (maximum is 255 characters)"));
    }
    let method = input::given(&given, "refundMethod");
    let job = CancelJob {
        id: 0,
        order: order.id,
        at: now + SignedDuration::from_secs(i64::from(world.shop.cancelling_takes_seconds)),
        done: false,
        reason: input::text(&given, "reason").unwrap_or("OTHER").to_owned(),
        staff_note,
        refund: input::flag(&given, "refund")
            || method.is_some_and(|method| input::flag(method, "originalPaymentMethodsRefund")),
        restock: input::flag(&given, "restock"),
        notify: input::flag(&given, "notifyCustomer"),
    };
    let id = world.new_id();
    world.cancel_jobs.push(CancelJob { id, ..job });
    Ok(id)
}
