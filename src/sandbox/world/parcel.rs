//! What carriers know, and who asked EasyPost to watch it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A parcel on its way, as a timetable of scans.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Parcel {
    /// As EasyPost calls the carrier: `UPS`, `USPS`, `FedEx`, `DHLExpress`.
    pub carrier: String,
    pub number: String,
    pub url: Option<String>,
    /// The carrier's first promise. A scan may replace it.
    pub estimate: Option<Timestamp>,
    pub signed_by: Option<String>,
    /// From the shopper back to the store.
    pub is_return: bool,
    /// Oldest first; those in the future have not happened.
    pub scans: Vec<Scan>,
}

/// The words are EasyPost's (`status`, `status_detail`), open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    pub at: Timestamp,
    pub status: String,
    pub detail: String,
    pub message: String,
    pub city: Option<String>,
    pub state: Option<String>,
    pub country: Option<String>,
    pub zip: Option<String>,
    /// The day on which the carrier now means to deliver.
    pub estimate: Option<Timestamp>,
}

/// What is known of a parcel at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Progress<'a> {
    pub status: &'a str,
    pub detail: &'a str,
    pub estimate: Option<Timestamp>,
    pub scans: &'a [Scan],
}

impl Parcel {
    pub fn progress(&self, now: Timestamp) -> Progress<'_> {
        let happened = self.scans.partition_point(|scan| scan.at <= now);
        let scans = self.scans.get(..happened).unwrap_or_default();
        let last = scans.last();
        Progress {
            status: last.map_or("unknown", |scan| &scan.status),
            detail: last.map_or("unknown", |scan| &scan.detail),
            estimate: scans.iter().rev().find_map(|scan| scan.estimate).or(self.estimate),
            scans,
        }
    }
}

impl Progress<'_> {
    /// When the parcel was first scanned with this status.
    pub fn first(&self, status: &str) -> Option<Timestamp> {
        self.scans.iter().find(|scan| scan.status == status).map(|scan| scan.at)
    }

    /// When it was handed over, unless something came after that.
    pub fn delivered_at(&self) -> Option<Timestamp> {
        (self.status == "delivered").then(|| self.first("delivered")).flatten()
    }
}

/// A tracker that a client asked EasyPost for. The carrier's truth is looked up when it is read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrackerRecord {
    pub id: String,
    pub code: String,
    /// As the client wrote it, or as EasyPost found it out.
    pub carrier: Option<String>,
    pub created_at: Timestamp,
}
