//! Labels for parcels that bring goods back: prices asked for, one of them bought, and found again.

use async_trait::async_trait;

use crate::domain::customer::{Address, Email};
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;
use crate::domain::money::Money;
use crate::integrations::{Urgency, VendorError, WriteError};

/// A parcel as carriers price it. All above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parcel {
    pub weight_grams: u32,
    pub length_cm: u32,
    pub width_cm: u32,
    pub height_cm: u32,
}

/// A parcel with returned goods, before it has a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParcelDraft {
    /// Under it the parcel is found again. The purchase of its label carries the same.
    pub effect: EffectId,
    /// The shopper.
    pub from: Address,
    pub email: Option<Email>,
    pub phone: Option<String>,
    /// The store.
    pub to: Address,
    pub parcel: Parcel,
}

/// What a carrier would take the parcel for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The vendor's id of the parcel.
    pub shipment: String,
    /// The vendor's id of this price. It holds for some days.
    pub rate: String,
    pub carrier: String,
    pub service: String,
    pub price: Money,
}

/// A label that was bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub shipment: String,
    pub carrier: String,
    pub service: String,
    pub tracking_number: String,
    /// Where the file to be printed lies, for whoever has the address. `http` or `https`.
    pub url: String,
    /// Where a person follows the parcel.
    pub tracking_url: Option<String>,
    pub price: Money,
}

#[async_trait]
pub trait LabelReader: Send + Sync {
    /// Asks carriers for prices; none, where no carrier takes the parcel. The vendor gets to know the parcel with the first
    /// question, which costs nothing. `Refused` once a label was bought for it.
    async fn offers(&self, draft: &ParcelDraft, urgency: Urgency) -> Result<Vec<Offer>, VendorError>;

    /// The label that came of a request made by [`LabelWriter::purchase_request`], if it was bought.
    async fn label_of(&self, request: &str, urgency: Urgency) -> Result<Option<Label>, VendorError>;
}

#[async_trait]
pub trait LabelWriter: Send + Sync {
    /// What is to be bought, as it is stored. Pure. `effect` is that of the parcel's draft.
    fn purchase_request(&self, effect: &EffectId, offer: &Offer) -> String;

    /// Buys the label, unless it was bought. It spends the store's money.
    async fn buy(&self, permit: Permit, request: &str) -> Result<Label, WriteError>;
}
