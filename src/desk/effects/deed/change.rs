//! Small changes of an order: where it goes, a line in its note. What is wanted is looked for before anything is sent, so
//! that a request may always be repeated.

use std::time::Duration;

use async_trait::async_trait;
use serde::Deserialize;

use super::{Absent, Deed, Found, Stage};
use crate::agents::language::Lines;
use crate::desk::StoreSetup;
use crate::domain::effect::{Effect, Permit};
use crate::integrations::commerce::changes::Place;
use crate::integrations::{Urgency, VendorError, WriteError};

const DONE: Found = Found { reference: None, stage: Stage::Done, url: None };

pub struct AddressChange;

#[async_trait]
impl Deed for AddressChange {
    async fn send(&self, setup: &StoreSetup, effect: &Effect, permit: Permit) -> Result<Found, WriteError> {
        setup.writers.changes.change_address(permit, &effect.request).await.map(|_| DONE)
    }

    async fn find(&self, setup: &StoreSetup, effect: &Effect, urgency: Urgency) -> Result<Option<Found>, VendorError> {
        let (Some(order), Ok(place)) = (&effect.order, Place::deserialize(&effect.wish)) else { return Ok(None) };
        let now = setup.readers.changes.address_of(order, urgency).await?;
        Ok(now.filter(|now| place.is(now)).map(|_| DONE))
    }

    fn when_absent(&self, _: &StoreSetup, _: Duration) -> Absent {
        Absent::SendAgain
    }

    fn line(&self, lines: &Lines, _: &Effect, order: &str, found: &Found) -> Option<String> {
        (found.stage == Stage::Done).then(|| lines.address_changed(order))
    }
}

pub struct Note;

#[async_trait]
impl Deed for Note {
    async fn send(&self, setup: &StoreSetup, effect: &Effect, permit: Permit) -> Result<Found, WriteError> {
        setup.writers.changes.add_note(permit, &effect.request).await.map(|()| DONE)
    }

    async fn find(&self, setup: &StoreSetup, effect: &Effect, urgency: Urgency) -> Result<Option<Found>, VendorError> {
        let Some(order) = &effect.order else { return Ok(None) };
        Ok(setup.readers.changes.is_noted(order, &effect.id, urgency).await?.then_some(DONE))
    }

    fn when_absent(&self, _: &StoreSetup, _: Duration) -> Absent {
        Absent::SendAgain
    }

    fn line(&self, _: &Lines, _: &Effect, _: &str, _: &Found) -> Option<String> {
        None
    }
}
