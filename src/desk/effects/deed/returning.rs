//! Goods that are to come back, where the platform itself keeps returns.

use std::time::Duration;

use async_trait::async_trait;

use super::{Absent, Deed, Found, Stage};
use crate::agents::language::Lines;
use crate::desk::StoreSetup;
use crate::domain::effect::{Effect, Permit};
use crate::integrations::commerce::returns::{ReturnFile, ReturnState};
use crate::integrations::{Urgency, VendorError, WriteError};

pub struct Return;

impl From<ReturnFile> for Found {
    /// Open is not the end: goods and money are still to come.
    fn from(file: ReturnFile) -> Self {
        let stage = match file.state {
            ReturnState::Closed => Stage::Done,
            ReturnState::Declined | ReturnState::Canceled => {
                Stage::Failed(format!("the store's people have turned down the return {}", file.name))
            }
            ReturnState::Requested | ReturnState::Open | ReturnState::Other(_) => Stage::Pending,
        };
        Self { reference: Some(file.id), stage, url: None }
    }
}

#[async_trait]
impl Deed for Return {
    async fn send(&self, setup: &StoreSetup, effect: &Effect, permit: Permit) -> Result<Found, WriteError> {
        setup.writers.returns.open_return(permit, &effect.request).await.map(Found::from)
    }

    async fn find(&self, setup: &StoreSetup, effect: &Effect, urgency: Urgency) -> Result<Option<Found>, VendorError> {
        let returns = &setup.readers.returns;
        let file = match (&effect.vendor_reference, &effect.order) {
            // One that staff opened does not carry the effect's mark.
            (Some(id), _) => returns.return_by_id(id, urgency).await?,
            (None, Some(order)) => returns.return_of(order, &effect.id, urgency).await?,
            (None, None) => None,
        };
        Ok(file.map(Found::from))
    }

    /// It is looked for before it is opened.
    fn when_absent(&self, _: &StoreSetup, _: Duration) -> Absent {
        Absent::SendAgain
    }

    fn line(&self, lines: &Lines, _: &Effect, order: &str, found: &Found) -> Option<String> {
        match &found.stage {
            Stage::Pending => Some(lines.return_open(order)),
            Stage::Failed(_) => Some(lines.return_turned_down(order)),
            Stage::Done => None,
        }
    }

    /// The store's people have decided already.
    fn hands_over(&self) -> bool {
        false
    }
}
