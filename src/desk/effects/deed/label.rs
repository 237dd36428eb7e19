//! The label of a parcel that brings goods back: bought, and added to the return at the platform.

use std::time::Duration;

use async_trait::async_trait;

use super::{Absent, Deed, Found, Stage};
use crate::agents::language::Lines;
use crate::desk::StoreSetup;
use crate::domain::effect::{Effect, Permit};
use crate::domain::event::HandoffReason;
use crate::integrations::shipping::labels;
use crate::integrations::{Urgency, VendorError, WriteError};

pub struct Label;

impl From<labels::Label> for Found {
    fn from(label: labels::Label) -> Self {
        Self { reference: Some(label.shipment), stage: Stage::Done, url: Some(label.url) }
    }
}

#[async_trait]
impl Deed for Label {
    async fn send(&self, setup: &StoreSetup, effect: &Effect, permit: Permit) -> Result<Found, WriteError> {
        setup.writers.labels.buy(permit, &effect.request).await.map(Found::from)
    }

    async fn find(&self, setup: &StoreSetup, effect: &Effect, urgency: Urgency) -> Result<Option<Found>, VendorError> {
        Ok(setup.readers.labels.label_of(&effect.request, urgency).await?.map(Found::from))
    }

    /// A parcel is sold one label, and no second.
    fn when_absent(&self, _: &StoreSetup, _: Duration) -> Absent {
        Absent::SendAgain
    }

    fn is_left_to_the_watch(&self) -> bool {
        true
    }

    fn line(&self, lines: &Lines, _: &Effect, order: &str, found: &Found) -> Option<String> {
        found.url.as_ref().map(|url| lines.label_ready(order, url))
    }

    /// The return itself is open.
    fn not_done(&self, _: &Lines, _: &str) -> Option<String> {
        None
    }
}

pub struct ReturnLabel;

#[async_trait]
impl Deed for ReturnLabel {
    async fn send(&self, setup: &StoreSetup, effect: &Effect, permit: Permit) -> Result<Found, WriteError> {
        let file = setup.writers.returns.add_label(permit, &effect.request).await?;
        Ok(Found { reference: Some(file.id), stage: Stage::Done, url: None })
    }

    /// Adding looks whether it is there before it adds: asking is left to it.
    async fn find(&self, _: &StoreSetup, _: &Effect, _: Urgency) -> Result<Option<Found>, VendorError> {
        Ok(None)
    }

    fn when_absent(&self, _: &StoreSetup, _: Duration) -> Absent {
        Absent::SendAgain
    }

    fn line(&self, _: &Lines, _: &Effect, _: &str, _: &Found) -> Option<String> {
        None
    }

    /// The shopper has the label.
    fn left_to_people(&self) -> Option<HandoffReason> {
        None
    }
}
