//! Changes of returns: opened or asked for, labelled, called off. The vendor publishes the codes of its refusals, not when
//! it gives which.

use apollo_compiler::response::JsonValue;
use jiff::Timestamp;

use super::{Change, Outcome, Payload, UserError, input};
use crate::sandbox::shopify::object::View;
use crate::sandbox::shopify::returns::reasons;
use crate::sandbox::shopify::search::orders::{demand, visible};
use crate::sandbox::world::World;
use crate::sandbox::world::order::{Order, Return, ReturnLine};
use crate::sandbox::world::returning::Label;

const LONGEST_NOTE: usize = 255;

/// What each of these changes is called in errors and answers.
pub struct Kind {
    pub field: &'static str,
    pub payload: &'static str,
}

impl Kind {
    pub fn demand(&self, view: View<'_>) -> Result<(), Outcome> {
        demand(view, "write_returns", self.field).map_err(Outcome::Error)
    }

    pub fn refused(&self, field: &str, code: &'static str, message: &str) -> Outcome {
        let error = UserError::new(field, message).coded("ReturnUserError", code);
        Outcome::Payload(Payload::refused(self.payload, vec![error]))
    }
}

pub fn told(outcome: Result<Payload, Outcome>) -> Outcome {
    outcome.map_or_else(|refusal| refusal, Outcome::Payload)
}

/// `returnCreate`: open at once.
pub fn create(world: &mut World, now: Timestamp, change: &Change) -> Outcome {
    let kind = Kind { field: "returnCreate", payload: "ReturnCreatePayload" };
    told(enter(world, now, &kind, change.arguments.get("returnInput"), "OPEN"))
}

/// `returnRequest`: the merchant approves it first.
pub fn request(world: &mut World, now: Timestamp, change: &Change) -> Outcome {
    let kind = Kind { field: "returnRequest", payload: "ReturnRequestPayload" };
    told(enter(world, now, &kind, change.arguments.get("input"), "REQUESTED"))
}

fn enter(
    world: &mut World,
    now: Timestamp,
    kind: &Kind,
    given: Option<&JsonValue>,
    status: &str,
) -> Result<Payload, Outcome> {
    let view = View { world, now };
    kind.demand(view)?;
    let given = given.unwrap_or(&JsonValue::Null);
    let order = input::id(given, "orderId", "Order").and_then(|id| view.world.order(id));
    let order = order.filter(|order| visible(view, order));
    let order = order.ok_or_else(|| kind.refused("orderId", "NOT_FOUND", "Order does not exist"))?;
    let mut lines: Vec<ReturnLine> = Vec::new();
    for (index, item) in input::items(given, "returnLineItems").iter().enumerate() {
        let at = format!("returnLineItems.{index}");
        let line = line(order, item, &lines);
        lines.push(line.map_err(|(field, code, message)| kind.refused(&format!("{at}.{field}"), code, message))?);
    }
    if lines.is_empty() {
        return Err(kind.refused("returnLineItems", "BLANK", "Return line items can't be blank"));
    }
    let order = order.id;
    let returned = world.open_return(now, order, status, lines);
    Ok(Payload { kind: kind.payload, order: Some(order), returned: Some(returned), ..Payload::default() })
}

type Refusal = (&'static str, &'static str, &'static str);

fn line(order: &Order, given: &JsonValue, before: &[ReturnLine]) -> Result<ReturnLine, Refusal> {
    let content = input::id(given, "fulfillmentLineItemId", "FulfillmentLineItem").and_then(|id| order.content(id));
    let Some((_, content)) = content else {
        return Err(("fulfillmentLineItemId", "NOT_FOUND", "Fulfillment line item does not exist"));
    };
    let taken: u32 = before.iter().filter(|line| line.content == content.id).map(|line| line.quantity).sum();
    let left = order.returnable_quantity(content).saturating_sub(taken);
    let quantity = input::quantity(given, "quantity").filter(|quantity| (1..=left).contains(quantity));
    let quantity = quantity.ok_or(("quantity", "INVALID", "Quantity is not available for return"))?;
    let reason = input::id(given, "returnReasonDefinitionId", "ReturnReasonDefinition");
    let reason = reason.and_then(|wanted| reasons().into_iter().find(|(_, id, _)| *id == wanted));
    let Some((reason, ..)) = reason else {
        return Err(("returnReasonDefinitionId", "NOT_FOUND", "Return reason definition does not exist"));
    };
    let note = |field| input::text(given, field).map(str::to_owned);
    let (reason_note, customer_note) = (note("returnReasonNote"), note("customerNote"));
    if [&reason_note, &customer_note].into_iter().flatten().any(|note| note.chars().count() > LONGEST_NOTE) {
        return Err(("returnReasonNote", "TOO_LONG", "Note is too long (maximum is 255 characters)"));
    }
    Ok(ReturnLine {
        id: 0,
        content: content.id,
        quantity,
        reason: reason.to_owned(),
        reason_note: reason_note.unwrap_or_default(),
        customer_note,
        refunded: 0,
    })
}

/// `returnCancel`: of an open return of which nothing was dealt with.
pub fn cancel(world: &mut World, now: Timestamp, change: &Change) -> Outcome {
    told(call_off(world, now, change))
}

fn call_off(world: &mut World, now: Timestamp, change: &Change) -> Result<Payload, Outcome> {
    let kind = Kind { field: "returnCancel", payload: "ReturnCancelPayload" };
    kind.demand(View { world, now })?;
    let given = JsonValue::Object(change.arguments.clone());
    let id = input::id(&given, "id", "Return");
    let returned = world.return_mut(|returned| Some(returned.id) == id);
    let returned = returned.ok_or_else(|| kind.refused("id", "NOT_FOUND", "Return does not exist"))?;
    let untouched = returned.lines.iter().all(|line| line.refunded == 0);
    if !matches!(returned.status.as_str(), "OPEN" | "REQUESTED") || !untouched {
        return Err(kind.refused("id", "INVALID_STATE", "Return is not in a state that can be canceled"));
    }
    returned.status = "CANCELED".to_owned();
    Ok(Payload { kind: kind.payload, returned: id, ..Payload::default() })
}

/// `reverseDeliveryCreateWithShipping`: the merchant's own label.
pub fn label(world: &mut World, now: Timestamp, change: &Change) -> Outcome {
    told(add_label(world, now, change))
}

fn add_label(world: &mut World, now: Timestamp, change: &Change) -> Result<Payload, Outcome> {
    let kind = Kind { field: "reverseDeliveryCreateWithShipping", payload: "ReverseDeliveryCreateWithShippingPayload" };
    kind.demand(View { world, now })?;
    let given = JsonValue::Object(change.arguments.clone());
    let way = input::id(&given, "reverseFulfillmentOrderId", "ReverseFulfillmentOrder");
    let owner = world.orders.iter().find(|order| order.returns.iter().any(|it| Some(it.reverse_order) == way));
    let found = owner.and_then(|order| Some((order, of_way(order, way)?)));
    let Some((order, returned)) = found else {
        let message = "Reverse fulfillment order does not exist";
        return Err(kind.refused("reverseFulfillmentOrderId", "NOT_FOUND", message));
    };
    if returned.status != "OPEN" {
        let message = "Reverse fulfillment order is not open";
        return Err(kind.refused("reverseFulfillmentOrderId", "INVALID_STATE", message));
    }
    let (id, name, to) = (returned.id, returned.name.clone(), order.email.clone());
    let text = |object: &str, field: &str| {
        input::given(&given, object).and_then(|object| input::text(object, field)).map(str::to_owned)
    };
    let label = Label {
        url: text("labelInput", "fileUrl"),
        number: text("trackingInput", "number"),
        tracking_url: text("trackingInput", "url"),
    };
    let shown = label.url.clone().unwrap_or_default();
    let delivery = world.label_return(now, id, label);
    if input::flag(&given, "notifyCustomer") {
        let words = format!("Your label for return {name}: {shown}");
        world.notify(now, format!("shopify-label-{delivery}"), to, "Return label", words);
    }
    Ok(Payload { kind: kind.payload, delivery: Some(delivery), ..Payload::default() })
}

fn of_way(order: &Order, way: Option<u64>) -> Option<&Return> {
    order.returns.iter().find(|returned| Some(returned.reverse_order) == way)
}
