//! Orders and parcels as receipts tell them.

use jiff::civil::Date;
use serde::Deserialize;

use crate::agents::claims::deeds::Label;
use crate::domain::money::Money;

/// An order as its latest receipts tell it.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::agents::claims) struct Order {
    pub order_number: String,
    pub placed_on: Option<Date>,
    #[serde(default)]
    pub status: String,
    pub cancelled_on: Option<Date>,
    #[serde(default)]
    pub payment: String,
    pub total: Option<Money>,
    pub refunded: Option<Money>,
    #[serde(default)]
    pub items: Vec<Item>,
    #[serde(default)]
    pub shipments: Vec<Parcel>,
    #[serde(default)]
    pub returns: Vec<Return>,
    /// Only a line of a list, or only its parcels, was seen.
    #[serde(default)]
    pub partial: bool,
    /// For sending goods of it back.
    #[serde(skip)]
    pub labels: Vec<Label>,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::agents::claims) struct Return {
    #[serde(default)]
    pub name: String,
    pub opened_on: Option<Date>,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::agents::claims) struct Item {
    pub title: String,
    #[serde(default)]
    pub variant: Option<String>,
    pub quantity: u64,
    pub unit_price: Option<Money>,
    #[serde(default)]
    pub refunded_quantity: u64,
}

/// A parcel: what the store says of it, and what the carrier says.
#[derive(Clone, Debug, Default, Deserialize)]
pub(in crate::agents::claims) struct Parcel {
    #[serde(default)]
    pub shipment: u64,
    pub carrier: Option<String>,
    pub tracking_number: Option<String>,
    pub shipped_on: Option<Date>,
    pub estimated_delivery: Option<Date>,
    pub delivered_on: Option<Date>,
    #[serde(default)]
    pub items: Vec<Item>,
    #[serde(skip)]
    pub report: Option<Report>,
    /// It was seen under way, so long ago that nobody knows where it is now.
    #[serde(skip)]
    pub outdated: bool,
}

/// A carrier's answer.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::agents::claims) struct Report {
    pub status: String,
    pub status_detail: Option<String>,
    pub estimated_delivery: Option<Date>,
    pub delivered_on: Option<Date>,
    pub latest_scan: Option<Scan>,
    #[serde(default)]
    pub scans: Vec<Scan>,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(in crate::agents::claims) struct Scan {
    pub on: Option<Date>,
    /// RFC 3339, with the zone's offset at the place of the scan.
    pub at: Option<String>,
    #[serde(default)]
    pub message: String,
    pub city: Option<String>,
    pub state: Option<String>,
}

impl Scan {
    /// Hour and minute on the clock of the place.
    pub fn time(&self) -> Option<(i8, i8)> {
        let clock = self.at.as_deref()?.split_once('T')?.1;
        let mut parts = clock.split(':');
        Some((parts.next()?.parse().ok()?, parts.next()?.get(..2)?.parse().ok()?))
    }
}

impl Order {
    pub fn is_called(&self, number: &str) -> bool {
        signs(&self.order_number).eq(signs(number))
    }

    /// Forgets what may be otherwise by now.
    pub fn grow_old(&mut self) {
        if self.cancelled_on.is_none() {
            self.status.clear();
        }
        self.payment.clear();
        self.refunded = None;
        self.partial = true;
        for parcel in self.shipments.iter_mut().filter(|parcel| !parcel.is_delivered()) {
            parcel.report = None;
            parcel.estimated_delivery = None;
            parcel.outdated = true;
        }
    }

    pub fn only_parcels(number: &str) -> Self {
        Self {
            order_number: number.to_owned(),
            placed_on: None,
            status: String::new(),
            cancelled_on: None,
            payment: String::new(),
            total: None,
            refunded: None,
            items: Vec::new(),
            shipments: Vec::new(),
            returns: Vec::new(),
            partial: true,
            labels: Vec::new(),
        }
    }
}

impl Parcel {
    /// The carrier's word, where it gave one.
    pub fn carrier_status(&self) -> Option<&str> {
        let status = self.report.as_ref().map(|report| report.status.as_str());
        status.filter(|status| !matches!(*status, "unknown" | "unavailable" | "error"))
    }

    pub fn is_delivered(&self) -> bool {
        match self.carrier_status() {
            Some(status) => status == "delivered",
            None => self.delivered_on.is_some(),
        }
    }

    pub fn estimate(&self) -> Option<Date> {
        self.report.as_ref().and_then(|report| report.estimated_delivery).or(self.estimated_delivery)
    }

    pub fn delivered_on(&self) -> Option<Date> {
        if !self.is_delivered() {
            return None;
        }
        self.report.as_ref().and_then(|report| report.delivered_on).or(self.delivered_on)
    }

    pub fn scans(&self) -> impl Iterator<Item = &Scan> {
        self.report.iter().flat_map(|report| report.latest_scan.iter().chain(&report.scans))
    }

    pub fn latest_scan(&self) -> Option<&Scan> {
        let report = self.report.as_ref()?;
        report.latest_scan.as_ref().or(report.scans.last())
    }
}

/// An order number with one sign between its parts, whichever the shop writes.
pub(super) fn joined(number: &str) -> String {
    signs(number).collect()
}

fn signs(number: &str) -> impl Iterator<Item = char> {
    let sign = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    number.trim_start_matches('#').chars().map(sign)
}
