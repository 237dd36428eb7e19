//! `orderUpdate`: what stands in the input takes the place of what the order had, whole.

use apollo_compiler::response::JsonValue;
use jiff::Timestamp;

use super::{Change, Outcome, Payload, UserError, input};
use crate::sandbox::shopify::object::View;
use crate::sandbox::shopify::search::orders::{demand, visible};
use crate::sandbox::world::{Address, World, country};

const KIND: &str = "OrderUpdatePayload";

pub fn perform(world: &mut World, now: Timestamp, change: &Change) -> Outcome {
    match update(world, now, change) {
        Ok(order) => Outcome::Payload(Payload { kind: KIND, order: Some(order), ..Payload::default() }),
        Err(outcome) => outcome,
    }
}

fn update(world: &mut World, now: Timestamp, change: &Change) -> Result<u64, Outcome> {
    let view = View { world, now };
    demand(view, "write_orders", "orderUpdate").map_err(Outcome::Error)?;
    let refused = |errors| Outcome::Payload(Payload::refused(KIND, errors));
    let given = change.arguments.get("input").unwrap_or(&JsonValue::Null);
    let order = input::id(given, "id", "Order").and_then(|id| view.world.order(id));
    let Some(order) = order.filter(|order| visible(view, order)) else {
        return Err(refused(vec![UserError::new("id", "Order does not exist")]));
    };
    let id = order.id;
    let address = input::given(given, "shippingAddress").map(address).transpose().map_err(refused)?;
    let note = given.get("note").map(|note| note.as_str().filter(|note| !note.is_empty()).map(str::to_owned));
    if let Some(order) = world.order_mut(id) {
        if let Some(address) = address {
            order.shipping_address = Some(address);
        }
        if let Some(note) = note {
            order.note = note;
        }
        order.updated_at = now;
    }
    Ok(id)
}

/// What the input leaves out is gone.
fn address(given: &JsonValue) -> Result<Address, Vec<UserError>> {
    let text = |field: &str| input::text(given, field).map(str::trim).filter(|text| !text.is_empty());
    let needed = ["address1", "city", "zip", "countryCode", "lastName"];
    let blank = needed.into_iter().filter(|field| text(field).is_none());
    let errors: Vec<UserError> = blank
        .map(|field| UserError::new(&format!("shippingAddress.{field}"), format!("{field} can't be blank")))
        .collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let owned = |field: &str| text(field).unwrap_or_default().to_owned();
    let maybe = |field: &str| text(field).map(str::to_owned);
    Ok(Address {
        first_name: owned("firstName"),
        last_name: owned("lastName"),
        company: maybe("company"),
        line1: owned("address1"),
        line2: maybe("address2"),
        city: owned("city"),
        province: maybe("provinceCode"),
        province_code: maybe("provinceCode"),
        postcode: owned("zip"),
        country: country::name(&owned("countryCode")),
        country_code: owned("countryCode"),
        phone: maybe("phone"),
    })
}
