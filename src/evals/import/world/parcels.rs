//! The parcels of an order: what the store knew of them, and what their carriers said, up to the last time.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::calendar::Calendar;
use super::goods::Goods;
use super::orders::Item;
use super::{Seen, fields};

/// None: nothing was sent.
pub fn specs(seen: &Seen<'_>, items: &[Item], goods: &mut Goods, calendar: &Calendar, currency: &str) -> Option<Value> {
    let known = list(seen.whole.and_then(|order| order.get("shipments")));
    let last = seen.tracked.iter().rev().copied().find(|shipments| list(Some(shipments)).iter().any(has_scans));
    let tracked = list(last);
    let shipments = if known.is_empty() { tracked.clone() } else { known };
    let mut specs = Vec::new();
    for (at, shipment) in shipments.iter().enumerate() {
        let by_carrier = tracked.get(at).copied().filter(has_scans);
        let words = words(seen, at);
        let inside = contents(shipment, items, goods, currency);
        specs.push(spec(at, shipment, by_carrier, &words, inside, calendar));
    }
    (!specs.is_empty()).then(|| specs.into())
}

fn list(shipments: Option<&Value>) -> Vec<&Value> {
    shipments.and_then(Value::as_array).into_iter().flatten().collect()
}

fn has_scans(shipment: &&Value) -> bool {
    shipment.get("scans").and_then(Value::as_array).is_some_and(|scans| !scans.is_empty())
}

/// Statuses by the moment of the scan that was the latest then, each with its finer word.
type Words = BTreeMap<String, (String, Option<String>)>;

fn words(seen: &Seen<'_>, at: usize) -> Words {
    let told = seen.tracked.iter().filter_map(|shipments| {
        let shipment = shipments.get(at)?;
        let scan = shipment.pointer("/latest_scan/at")?.as_str()?;
        let detail = shipment.get("status_detail").and_then(Value::as_str).map(str::to_owned);
        Some((scan.to_owned(), (shipment.get("status")?.as_str()?.to_owned(), detail)))
    });
    told.collect()
}

fn spec(
    at: usize,
    shipment: &Value,
    by_carrier: Option<&Value>,
    words: &Words,
    inside: Vec<Value>,
    calendar: &Calendar,
) -> Value {
    let text = |field: &str| shipment.get(field).and_then(Value::as_str);
    let carrier = text("carrier").unwrap_or("USPS");
    let number = text("tracking_number").map_or_else(|| format!("1Z999AA2{at:010}"), str::to_owned);
    let estimate = by_carrier.unwrap_or(shipment).get("estimated_delivery").and_then(Value::as_str);
    let scans = match by_carrier {
        Some(shipment) => scans(shipment, words),
        None => bare(shipment, calendar),
    };
    let mut shipped = calendar.past(text("shipped_on"));
    if let Some(first) = scans.first().and_then(|scan| scan.get("at")?.as_str()?.parse::<Timestamp>().ok()) {
        shipped = shipped.min(first - SignedDuration::from_mins(1));
    }
    Value::Object(fields([
        ("carrier", Some(plain(carrier).into())),
        ("company", Some(carrier.into())),
        ("number", Some(number.into())),
        ("shipped", Some(shipped.to_string().into())),
        ("estimate", estimate.and_then(|date| calendar.noon(date)).map(|at| at.to_string().into())),
        ("lines", (!inside.is_empty()).then(|| inside.into())),
        ("scans", Some(scans.into())),
    ]))
}

/// As the carrier told them. What a scan said of the parcel is known of those only that were once the latest.
fn scans(shipment: &Value, words: &Words) -> Vec<Value> {
    let all = list(shipment.get("scans"));
    let of = |(index, scan): (usize, &&Value)| {
        let text = |field: &str| scan.get(field).and_then(Value::as_str);
        let at = text("at")?;
        let usual = if index == 0 && all.len() > 1 { "pre_transit" } else { "in_transit" };
        let (status, detail) = words.get(at).cloned().unwrap_or_else(|| (usual.to_owned(), None));
        let moment: Timestamp = at.parse().ok()?;
        Some(Value::Object(fields([
            ("at", Some(moment.to_string().into())),
            ("status", Some(status.into())),
            ("detail", detail.map(Value::from)),
            ("message", Some(text("message").unwrap_or_default().into())),
            ("city", text("city").map(Value::from)),
            ("state", text("state").map(Value::from)),
        ])))
    };
    all.iter().enumerate().filter_map(of).collect()
}

/// What the store itself knew, where no carrier was asked.
fn bare(shipment: &Value, calendar: &Calendar) -> Vec<Value> {
    let text = |field: &str| shipment.get(field).and_then(Value::as_str);
    let shipped = calendar.past(text("shipped_on"));
    match text("delivered_on") {
        Some(on) => {
            let at = calendar.past(Some(on)).max(shipped);
            vec![json!({ "at": at.to_string(), "status": "delivered", "message": "Delivered" })]
        }
        None => vec![json!({ "at": shipped.to_string(), "status": "in_transit", "message": "Accepted" })],
    }
}

fn contents(shipment: &Value, items: &[Item], goods: &mut Goods, currency: &str) -> Vec<Value> {
    let inside = list(shipment.get("items"));
    let one = |piece: &&Value| {
        let title = piece.get("title")?.as_str()?;
        let item = items.iter().find(|item| item.title == title)?;
        Some(json!({ "sku": item.sku(goods, currency), "quantity": piece.get("quantity")? }))
    };
    inside.iter().filter_map(one).collect()
}

/// The name by which carriers' systems call it.
fn plain(carrier: &str) -> String {
    carrier.chars().filter(|c| c.is_alphanumeric()).collect()
}
