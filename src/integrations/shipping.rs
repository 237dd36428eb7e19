//! Carriers.

use async_trait::async_trait;

use super::{Urgency, VendorError};
use crate::domain::order::Tracker;

pub mod easypost;
pub mod labels;

#[async_trait]
pub trait TrackingReader: Send + Sync {
    /// The carrier's truth about a parcel. `None`: the vendor cannot follow this number. One that can be followed, but
    /// that its carrier has not seen yet, has the status `unknown` and no scans.
    async fn track(
        &self,
        number: &str,
        carrier: Option<&str>,
        urgency: Urgency,
    ) -> Result<Option<Tracker>, VendorError>;

    /// For `doctor`.
    async fn check(&self) -> Result<String, VendorError>;
}
