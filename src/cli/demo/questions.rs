//! What one might ask, taken from the world as it is.

use jiff::{SignedDuration, Timestamp};

use crate::sandbox::World;
use crate::sandbox::world::{Order, Parcel};

/// Messages to try, each with what the agent needs to answer it.
pub fn of(world: &World, now: Timestamp) -> Vec<String> {
    let named = [
        (on_its_way as fn(&Order, &World, Timestamp) -> bool, "Where is my order"),
        (in_several_parcels, "When does the rest come of order"),
        (not_yet_sent, "Has order"),
    ];
    let mut questions: Vec<String> = named
        .iter()
        .filter_map(|(fits, words)| {
            let order = world.orders.iter().find(|order| order.email.is_some() && fits(order, world, now))?;
            let end = if *words == "Has order" { " left yet" } else { "" };
            Some(format!("{words} {}{end}? My e-mail is {}", order.name, order.email.as_deref()?))
        })
        .collect();
    questions.extend(refund(world, now));
    questions.extend(sent_back(world, now));
    questions.extend(called_off(world, now));
    questions.push("What is your shipping policy?".to_owned());
    questions.push("I would like to talk to a person".to_owned());
    questions
}

/// Of several things of one kind, one arrived broken.
fn refund(world: &World, now: Timestamp) -> Option<String> {
    let order = world.orders.iter().find(|order| order.email.is_some() && several_have_come(order, world, now))?;
    let (number, email) = (&order.name, order.email.as_deref()?);
    Some(format!("One item of order {number} arrived broken, and I would like a refund. My e-mail is {email}"))
}

/// Something that came lately does not please.
fn sent_back(world: &World, now: Timestamp) -> Option<String> {
    let order = world.orders.iter().find(|order| order.email.is_some() && came_lately(order, world, now))?;
    let item = order.lines.first()?;
    let (number, email) = (&order.name, order.email.as_deref()?);
    Some(format!(
        "I would like to send the {} of order {number} back, I changed my mind. My e-mail is {email}",
        item.title
    ))
}

/// What has not left can be called off.
fn called_off(world: &World, now: Timestamp) -> Option<String> {
    let order = world.orders.iter().find(|order| order.email.is_some() && not_yet_sent(order, world, now))?;
    Some(format!("Please cancel order {}. My e-mail is {}", order.name, order.email.as_deref()?))
}

fn came_lately(order: &Order, world: &World, now: Timestamp) -> bool {
    let parcels = parcels(order, world);
    let come = !parcels.is_empty() && parcels.iter().all(|parcel| parcel.progress(now).status == "delivered");
    let lately = now.duration_since(order.placed_at) < SignedDuration::from_hours(24 * 20);
    come && lately && order.refunds.is_empty() && order.returns.is_empty() && order.lines.len() > 1
}

fn several_have_come(order: &Order, world: &World, now: Timestamp) -> bool {
    let parcels = parcels(order, world);
    let come = !parcels.is_empty() && parcels.iter().all(|parcel| parcel.progress(now).status == "delivered");
    come && order.refunds.is_empty() && matches!(order.lines.as_slice(), [only] if only.quantity > 1)
}

fn on_its_way(order: &Order, world: &World, now: Timestamp) -> bool {
    matches!(parcels(order, world).as_slice(), [only] if only.progress(now).status == "in_transit")
}

fn in_several_parcels(order: &Order, world: &World, _: Timestamp) -> bool {
    parcels(order, world).len() > 1
}

/// What was sent to the shopper, as far as a carrier knows of it.
fn parcels<'w>(order: &Order, world: &'w World) -> Vec<&'w Parcel> {
    let numbers = order.fulfilments.iter().flat_map(|fulfilment| &fulfilment.tracking);
    let numbers = numbers.filter_map(|tracking| tracking.number.as_deref());
    numbers.filter_map(|number| world.parcel(number, None)).filter(|parcel| !parcel.is_return).collect()
}

fn not_yet_sent(order: &Order, _: &World, _: Timestamp) -> bool {
    order.fulfilments.is_empty() && order.cancellation.is_none()
}
