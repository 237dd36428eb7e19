//! An order and its parcels, as models read them: dates in the store's zone, money as decimal strings, nothing of the
//! customer and nothing that staff or customers wrote into notes.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use super::Scene;
use crate::domain::order::{Fulfilment, FulfilmentStatus, Order, Parcel, Scan, Tracker, TrackerStatus};

/// The most recent scans of a parcel that are told.
const SCANS: usize = 10;

/// Where the goods are, in one word.
pub fn status(order: &Order) -> &'static str {
    if order.cancelled_at.is_some() {
        return "cancelled";
    }
    let all_delivered = || order.fulfilments.iter().all(|fulfilment| fulfilment.delivered_at.is_some());
    match (&order.fulfilment, order.fulfilments.is_empty()) {
        (FulfilmentStatus::Fulfilled, false) if all_delivered() => "delivered",
        (FulfilmentStatus::Fulfilled, false) => "shipped",
        (FulfilmentStatus::PartiallyFulfilled, false) => "partially_shipped",
        _ => "not_shipped",
    }
}

pub fn order(scene: &Scene<'_>, order: &Order) -> Value {
    let items: Vec<Value> = order
        .lines
        .iter()
        .zip(1..)
        .map(|(line, number)| {
            json!({
                "line": number,
                "title": line.title,
                "variant": line.variant,
                "quantity": line.quantity,
                "unit_price": line.unit_price,
                "refunded_quantity": line.quantity.saturating_sub(line.current_quantity),
            })
        })
        .collect();
    let returns: Vec<Value> = order
        .returns
        .iter()
        .map(
            |record| json!({"name": record.name, "status": record.status, "opened_on": date(scene, record.created_at)}),
        )
        .collect();
    json!({
        "order_number": order.name,
        "placed_on": date(scene, order.placed_at),
        "status": status(order),
        "cancelled_on": order.cancelled_at.map(|at| date(scene, at)),
        "payment": order.payment,
        "total": order.total,
        "refunded": order.refunded,
        "items": items,
        "shipments": shipments(scene, order),
        "returns": returns,
    })
}

/// Each parcel is one shipment, numbered from 1.
fn shipments(scene: &Scene<'_>, order: &Order) -> Vec<Value> {
    parcels(order)
        .enumerate()
        .map(|(index, (fulfilment, parcel))| {
            json!({
                "shipment": index + 1,
                "carrier": parcel.and_then(|parcel| parcel.carrier.as_deref()),
                "tracking_number": parcel.and_then(|parcel| parcel.tracking_number.as_deref()),
                "tracking_url": parcel.and_then(|parcel| parcel.tracking_url.as_deref()),
                "shipped_on": date(scene, fulfilment.created_at),
                "estimated_delivery": fulfilment.estimated_at.map(|at| date(scene, at)),
                "delivered_on": fulfilment.delivered_at.map(|at| date(scene, at)),
                "items": contents(order, fulfilment),
            })
        })
        .collect()
}

/// The parcels of an order in the order in which they are numbered; a fulfilment without tracking counts as one.
pub fn parcels(order: &Order) -> impl Iterator<Item = (&Fulfilment, Option<&Parcel>)> {
    order.fulfilments.iter().flat_map(|fulfilment| {
        let none = fulfilment.parcels.is_empty().then_some((fulfilment, None));
        none.into_iter().chain(fulfilment.parcels.iter().map(move |parcel| (fulfilment, Some(parcel))))
    })
}

pub fn contents(order: &Order, fulfilment: &Fulfilment) -> Vec<Value> {
    fulfilment
        .contents
        .iter()
        .filter_map(|(line, quantity)| {
            let title = order.lines.iter().find(|known| &known.id == line).map(|known| known.title.as_str())?;
            Some(json!({"title": title, "quantity": quantity}))
        })
        .collect()
}

/// A parcel as the carrier sees it, or as far as it is known without the carrier.
#[derive(Serialize)]
pub struct Shipment {
    pub shipment: usize,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    pub status: String,
    pub status_detail: Option<String>,
    pub estimated_delivery: Option<String>,
    pub delivered_on: Option<String>,
    pub tracking_url: Option<String>,
    pub latest_scan: Option<ScanView>,
    /// Oldest first.
    pub scans: Vec<ScanView>,
    pub items: Vec<Value>,
}

#[derive(Clone, Serialize)]
pub struct ScanView {
    on: String,
    at: String,
    message: String,
    city: Option<String>,
    state: Option<String>,
}

impl Shipment {
    /// What the store knows of a parcel, with a word for why the carrier says nothing.
    pub fn without_carrier(order: &Order, fulfilment: &Fulfilment, parcel: Option<&Parcel>, status: &str) -> Self {
        Self {
            shipment: 0,
            carrier: parcel.and_then(|parcel| parcel.carrier.clone()),
            tracking_number: parcel.and_then(|parcel| parcel.tracking_number.clone()),
            status: status.to_owned(),
            status_detail: None,
            estimated_delivery: None,
            delivered_on: None,
            tracking_url: parcel.and_then(|parcel| parcel.tracking_url.clone()),
            latest_scan: None,
            scans: Vec::new(),
            items: contents(order, fulfilment),
        }
    }

    /// The carrier's word added.
    pub fn with_carrier(self, scene: &Scene<'_>, tracker: &Tracker) -> Self {
        let delivered = tracker.scans.iter().rev().find(|scan| scan.status == TrackerStatus::Delivered);
        let from = tracker.scans.len().saturating_sub(SCANS);
        let scans: Vec<ScanView> = tracker.scans.iter().skip(from).map(|scan| ScanView::of(scene, scan)).collect();
        Self {
            carrier: as_the_order_spells(self.carrier, tracker.carrier.clone()),
            tracking_number: Some(tracker.tracking_number.clone()),
            status: tracker.status.as_str().to_owned(),
            status_detail: tracker.detail.clone(),
            estimated_delivery: tracker.estimated_at.map(|at| date(scene, at)),
            delivered_on: delivered.map(|scan| date(scene, scan.at)),
            tracking_url: tracker.public_url.clone().or(self.tracking_url),
            latest_scan: scans.last().cloned(),
            scans,
            ..self
        }
    }
}

/// A carrier has one name in a conversation: that of the order, where only signs and capitals differ.
fn as_the_order_spells(order: Option<String>, tracker: Option<String>) -> Option<String> {
    let bare = |name: &String| name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
    let same = order.as_ref().map(bare) == tracker.as_ref().map(bare);
    if same { order } else { tracker.or(order) }
}

impl ScanView {
    fn of(scene: &Scene<'_>, scan: &Scan) -> Self {
        Self {
            on: date(scene, scan.at),
            at: scan.at.to_zoned_datetime(scene.zone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            message: scan.message.clone(),
            city: scan.city.clone(),
            state: scan.state.clone(),
        }
    }
}

pub fn date(scene: &Scene<'_>, at: Timestamp) -> String {
    scene.date(at).to_string()
}
