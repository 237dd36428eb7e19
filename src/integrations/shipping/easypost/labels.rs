//! Labels at EasyPost. A shipment has the effect's id as its reference, by which it can be read as by its own id. To make
//! one costs nothing; a purchase names shipment and rate, and a shipment is bought once. There are no idempotency keys.

use async_trait::async_trait;
use bytes::Bytes;
use reqwest::header::AUTHORIZATION;
use serde::{Deserialize, Serialize};

use self::wire::{Create, Rates, WireShipment};
use super::EasyPost;
use super::wire::{error_code, reason};
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;
use crate::integrations::http::transport::Answer;
use crate::integrations::http::{Call, Failure, Outgoing, Safety, redaction};
use crate::integrations::shipping::labels::{Label, LabelReader, LabelWriter, Offer, ParcelDraft};
use crate::integrations::stored::{self, Stored};
use crate::integrations::{Urgency, Vendor, VendorError, WriteError};

mod wire;

/// The code for a shipment that has its label. EasyPost publishes no list of its codes.
const BOUGHT_BEFORE: &str = "SHIPMENT.POSTAGE.EXISTS";

/// What is stored of a purchase.
#[derive(Serialize, Deserialize)]
struct Purchase {
    shipment: String,
    rate: String,
}

#[derive(Serialize)]
struct Buy<'a> {
    rate: Chosen<'a>,
}

#[derive(Serialize)]
struct Chosen<'a> {
    id: &'a str,
}

fn refused(reason: &str) -> VendorError {
    VendorError::Refused { vendor: Vendor::EasyPost, status: 0, reason: reason.to_owned(), request_id: None }
}

impl EasyPost {
    /// By its id or its reference.
    async fn shipment(&self, id: &str, call: &Call) -> Result<Option<WireShipment>, VendorError> {
        let answer = self.get("shipment", &["v2", "shipments", id], &[], call).await?;
        if answer.status.as_u16() == 404 {
            return Ok(None);
        }
        self.read(&answer).map(Some)
    }

    /// Sends something that is not sent again where nobody knows.
    async fn post(
        &self,
        operation: &'static str,
        path: &[&str],
        body: impl Into<Bytes>,
        call: &Call,
    ) -> Result<Answer, Failure> {
        let outgoing = Outgoing::post_json(self.account.url(path), body);
        let outgoing = outgoing.header(AUTHORIZATION, self.authorization.clone());
        self.account.send(&Call { operation, safety: Safety::Write, ..*call }, &outgoing).await
    }

    async fn create_shipment(&self, draft: &ParcelDraft, call: &Call) -> Result<Vec<Offer>, VendorError> {
        let body = serde_json::to_vec(&Create::of(draft)).unwrap_or_default();
        let answer = self.post("create_shipment", &["v2", "shipments"], body, call).await?;
        let made: WireShipment = self.read(&answer)?;
        for (carrier, words) in made.problems() {
            tracing::info!(carrier, reason = redaction::for_operator(words), "a carrier has no price");
        }
        Ok(wire::offers(&made.id, &made.rates))
    }

    /// Prices are old after some days.
    async fn rate_again(&self, shipment: &str, call: &Call) -> Result<Vec<Offer>, VendorError> {
        let answer = self.post("rerate", &["v2", "shipments", shipment, "rerate"], "{}", call).await?;
        let answer: Rates = self.read(&answer)?;
        Ok(wire::offers(shipment, &answer.rates))
    }

    /// The label of a shipment that must be the effect's own.
    async fn bought_for(&self, effect: &EffectId, shipment: &str, call: &Call) -> Result<Option<Label>, VendorError> {
        // One that is not shown says nothing about its label.
        let found = self.shipment(shipment, call).await?.ok_or_else(|| refused("it shows no such shipment"))?;
        if found.reference.as_deref() != Some(effect.as_str()) {
            return Err(refused("the shipment has another reference than the effect's"));
        }
        found.label().map_err(garbled)
    }
}

fn garbled(reason: &'static str) -> VendorError {
    VendorError::Garbled { vendor: Vendor::EasyPost, reason: reason.to_owned(), request_id: None }
}

#[async_trait]
impl LabelReader for EasyPost {
    async fn offers(&self, draft: &ParcelDraft, urgency: Urgency) -> Result<Vec<Offer>, VendorError> {
        let call = self.account.call("offers", Safety::Read, urgency);
        let reference = draft.effect.as_str();
        match self.shipment(reference, &call).await? {
            None => self.create_shipment(draft, &call).await,
            Some(known) if known.reference.as_deref() != Some(reference) => {
                Err(refused("it shows another shipment than was asked for"))
            }
            Some(known) if known.is_bought() => Err(refused("its label has been bought")),
            Some(known) => self.rate_again(&known.id, &call).await,
        }
    }

    async fn label_of(&self, request: &str, urgency: Urgency) -> Result<Option<Label>, VendorError> {
        let stored: Result<Stored<Purchase>, _> = serde_json::from_str(request);
        let Stored { effect, change } = stored.map_err(|_| refused("this is no request for a label"))?;
        let call = self.account.call("label_of", Safety::Read, urgency);
        self.bought_for(&effect, &change.shipment, &call).await
    }
}

#[async_trait]
impl LabelWriter for EasyPost {
    fn purchase_request(&self, effect: &EffectId, offer: &Offer) -> String {
        stored::write(effect, Purchase { shipment: offer.shipment.clone(), rate: offer.rate.clone() })
    }

    async fn buy(&self, permit: Permit, request: &str) -> Result<Label, WriteError> {
        let Stored { effect, change }: Stored<Purchase> = stored::read(Vendor::EasyPost, &permit, request)?;
        let body = serde_json::to_vec(&Buy { rate: Chosen { id: &change.rate } }).unwrap_or_default();
        let call = self.account.call("buy", Safety::Write, Urgency::Shopper);
        let answer = self.post("buy", &["v2", "shipments", &change.shipment, "buy"], body, &call).await?;
        if answer.status.is_success() {
            let bought: WireShipment = self.read(&answer).map_err(WriteError::Unknown)?;
            let label = bought.label().and_then(|label| label.ok_or("its answer holds no label"));
            return label.map_err(|problem| WriteError::Unknown(self.account.garbled(&answer, problem)));
        }
        if error_code(&answer.body).as_deref() != Some(BOUGHT_BEFORE) {
            return Err(self.account.write_error_of(&answer, &reason(&answer.body)));
        }
        // Nobody else buys this shipment: it was this effect.
        let call = self.account.call("bought_before", Safety::Read, Urgency::Shopper);
        let known = self.bought_for(&effect, &change.shipment, &call).await.map_err(WriteError::Unknown)?;
        known.ok_or_else(|| WriteError::Unknown(garbled("it says that the label was bought, and shows none")))
    }
}
