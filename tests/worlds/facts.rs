//! What is true of an order, read from the sandbox's world and never from the program that is tested.

use deskhand::sandbox::World;
use deskhand::sandbox::world::{Order, Parcel};
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    #[default]
    InTransit,
    Delivered,
    NotShipped,
    TwoParcels,
    LabelOnly,
    Cancelled,
    PartlyRefunded,
}

impl State {
    /// `None` for states that no paraphrase speaks of.
    pub fn of(order: &Order, world: &World, now: Timestamp) -> Option<Self> {
        if order.cancellation.is_some() {
            return Some(Self::Cancelled);
        }
        if !order.returns.is_empty() {
            return None;
        }
        if !order.refunds.is_empty() {
            return Some(Self::PartlyRefunded);
        }
        let progress: Vec<_> = order.fulfilments.iter().flat_map(|f| f.progress(world, now)).collect();
        match progress.as_slice() {
            [] => Some(Self::NotShipped),
            [(_, progress)] => match progress.status {
                "in_transit" | "out_for_delivery" => Some(Self::InTransit),
                "delivered" => Some(Self::Delivered),
                "pre_transit" => Some(Self::LabelOnly),
                _ => None,
            },
            _ => Some(Self::TwoParcels),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Facts {
    pub number: String,
    pub name: String,
    pub email: String,
    pub postcode: String,
    pub street: String,
    /// Titles of all lines.
    pub contents: Vec<String>,
    /// The first line's product, and what it costs today.
    pub product: String,
    pub price: String,
    pub total: String,
    pub refunded: String,
    pub cancelled: bool,
    pub parcels: Vec<Shipped>,
}

#[derive(Clone, Debug)]
pub struct Shipped {
    /// The carrier as the store and as the tracking service write it.
    pub carriers: Vec<String>,
    pub number: String,
    pub is_label_only: bool,
    pub is_delivered: bool,
    /// The day of delivery, or the one that the carrier estimates: `November 28`.
    pub day: Option<String>,
}

/// An order of the state, by turns where there are several, and another of the same shopper.
pub fn pick(world: &World, now: Timestamp, state: State, turn: usize) -> (Facts, Facts) {
    let fitting: Vec<&Order> = world.orders.iter().filter(|o| State::of(o, world, now) == Some(state)).collect();
    let order = fitting[turn % fitting.len()];
    let other = world.orders.iter().find(|o| o.email == order.email && o.id != order.id).unwrap();
    (facts(order, world, now), facts(other, world, now))
}

fn facts(order: &Order, world: &World, now: Timestamp) -> Facts {
    let address = order.shipping_address.as_ref().unwrap();
    let first = &order.lines[0];
    let product = world.product(first.product.unwrap()).unwrap();
    let tracking = order.fulfilments.iter().flat_map(|fulfilment| &fulfilment.tracking);
    let parcels = tracking.filter_map(|tracking| {
        let parcel = world.parcel(tracking.number.as_deref()?, None)?;
        Some(shipped(parcel, tracking.company.as_deref(), now))
    });
    Facts {
        number: order.number.to_string(),
        name: order.name.clone(),
        email: order.email.clone().unwrap(),
        postcode: address.postcode.clone(),
        street: address.line1.clone(),
        contents: order.lines.iter().map(|line| line.title.clone()).collect(),
        product: product.title.clone(),
        price: product.variants[0].price.decimal(),
        total: order.total().decimal(),
        refunded: order.refunded().decimal(),
        cancelled: order.cancellation.is_some(),
        parcels: parcels.collect(),
    }
}

fn shipped(parcel: &Parcel, company: Option<&str>, now: Timestamp) -> Shipped {
    let progress = parcel.progress(now);
    let at = progress.delivered_at().or(progress.estimate);
    // The day where the desk's store is, whose zone `support/shop.rs` sets.
    let zone = jiff::tz::TimeZone::get("America/Los_Angeles").unwrap();
    Shipped {
        carriers: [Some(parcel.carrier.as_str()), company].into_iter().flatten().map(str::to_owned).collect(),
        number: parcel.number.clone(),
        is_label_only: progress.status == "pre_transit",
        is_delivered: progress.status == "delivered",
        day: at.map(|at| at.to_zoned_datetime(zone).strftime("%B %-d").to_string()),
    }
}
