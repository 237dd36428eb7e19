//! Parcels for which labels can be bought. What a carrier then knows of them is a timetable like that of any parcel.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{Parcel, Scan, TrackerRecord, World};
use crate::domain::money::Money;

/// A parcel that was asked about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Shipment {
    pub id: String,
    /// The client's own name for it, which need not be the only one of its kind.
    pub reference: Option<String>,
    pub at: Timestamp,
    /// Whether the goods go from `to` to `from`.
    pub is_return: bool,
    pub from: Place,
    pub to: Place,
    pub dimensions: Dimensions,
    /// What carriers ask for it, as they were asked last.
    pub rates: Vec<Rate>,
    /// Why others have no price: carrier and words.
    pub messages: Vec<(String, String)>,
    pub postage: Option<Postage>,
}

/// An address as the vendor keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    pub name: Option<String>,
    pub company: Option<String>,
    pub street1: Option<String>,
    pub street2: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub zip: Option<String>,
    pub country: Option<String>,
    pub phone: Option<String>,
    pub email: Option<String>,
}

/// Inches and ounces, as decimal strings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dimensions {
    pub length: String,
    pub width: String,
    pub height: String,
    pub weight: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    pub id: String,
    pub carrier: String,
    pub service: String,
    pub price: Money,
    /// From the day on which the carrier has it.
    pub days: i64,
}

/// A bought label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Postage {
    pub at: Timestamp,
    /// Id of the rate.
    pub rate: String,
    pub tracking_code: String,
    /// Id of the tracker.
    pub tracker: String,
    /// The name of the label's file, which cannot be guessed.
    pub file: String,
}

impl Place {
    /// Whether a carrier could find it.
    pub fn is_whole(&self) -> bool {
        [&self.street1, &self.city, &self.zip, &self.country].into_iter().all(Option::is_some)
    }
}

impl Dimensions {
    pub fn ounces(&self) -> Decimal {
        self.weight.parse().unwrap_or_default()
    }
}

impl Shipment {
    pub fn rate(&self, id: &str) -> Option<&Rate> {
        self.rates.iter().find(|rate| rate.id == id)
    }

    /// Where the goods leave, and where they arrive.
    pub fn way(&self) -> (&Place, &Place) {
        if self.is_return { (&self.to, &self.from) } else { (&self.from, &self.to) }
    }

    /// Half an hour after the label was made the carrier knows of it, a day later it has the parcel.
    fn timetable(&self, rate: &Rate, code: &str, now: Timestamp) -> Parcel {
        let (origin, destination) = self.way();
        let after = |minutes: i64| now + SignedDuration::from_mins(minutes);
        let (day, way) = (24 * 60, rate.days * 24 * 60);
        let scan = |at: Timestamp, status: &str, detail: &str, message: &str, place: &Place| Scan {
            at,
            status: status.to_owned(),
            detail: detail.to_owned(),
            message: message.to_owned(),
            city: place.city.clone(),
            state: place.state.clone(),
            country: place.country.clone(),
            zip: place.zip.clone(),
            estimate: None,
        };
        let scans = vec![
            scan(after(30), "pre_transit", "label_created", "Label created, the parcel is awaited", origin),
            scan(after(day), "in_transit", "received_at_origin_facility", "Picked up", origin),
            scan(after(day + way / 2), "in_transit", "arrived_at_facility", "Arrived at facility", destination),
            scan(after(day + way - 360), "out_for_delivery", "out_for_delivery", "Out for delivery", destination),
            scan(after(day + way), "delivered", "arrived_at_destination", "Delivered", destination),
        ];
        Parcel {
            carrier: rate.carrier.clone(),
            number: code.to_owned(),
            url: None,
            estimate: Some(after(day + way)),
            signed_by: None,
            is_return: self.is_return,
            scans,
        }
    }
}

impl World {
    /// The shipment of this id, or the latest one of this reference.
    pub fn shipment(&self, id_or_reference: &str) -> Option<&Shipment> {
        let by_id = self.shipments.iter().find(|shipment| shipment.id == id_or_reference);
        let named = |shipment: &&Shipment| shipment.reference.as_deref() == Some(id_or_reference);
        by_id.or_else(|| self.shipments.iter().rev().find(named))
    }

    pub fn shipment_mut(&mut self, id: &str) -> Option<&mut Shipment> {
        self.shipments.iter_mut().find(|shipment| shipment.id == id)
    }

    /// Buys a label at a price that the shipment has, and sends the parcel on its way.
    pub fn buy_label(&mut self, now: Timestamp, id: &str, rate: &Rate) {
        let Some(shipment) = self.shipment_mut(id) else { return };
        let digest = hex::encode(Sha256::digest(format!("{id} {now}")));
        let tracking_code = tracking_code(&rate.carrier, &digest);
        let tracker = format!("trk_{}", digest.chars().rev().take(32).collect::<String>());
        shipment.postage = Some(Postage {
            at: now,
            rate: rate.id.clone(),
            tracking_code: tracking_code.clone(),
            tracker: tracker.clone(),
            file: digest.chars().take(40).collect(),
        });
        let parcel = shipment.timetable(rate, &tracking_code, now);
        let carrier = Some(rate.carrier.clone());
        self.parcels.push(parcel);
        self.trackers.push(TrackerRecord { id: tracker, code: tracking_code, carrier, created_at: now });
    }
}

/// A number in the carrier's own form.
fn tracking_code(carrier: &str, digest: &str) -> String {
    let digits: String =
        digest.chars().filter_map(|c| c.to_digit(16)).map(|digit| char::from(b'0' + (digit % 10) as u8)).collect();
    let first = |count: usize| digits.chars().take(count).collect::<String>();
    match carrier {
        "USPS" => format!("94001{}", first(17)),
        "UPS" => format!("1Z61A04V{}", first(10)),
        "FedEx" => format!("7719{}", first(8)),
        _ => format!("77{}", first(8)),
    }
}
