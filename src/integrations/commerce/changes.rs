//! Small changes of an order that no platform answers by a key: a line in its note, where it goes. What is sent is made
//! from what stands there at that moment, so that nothing that staff has written meanwhile is lost, and what is wanted is
//! looked for first, so that a request which is repeated changes nothing.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::domain::customer::Address;
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;
use crate::domain::order::OrderId;
use crate::integrations::{Urgency, VendorError, WriteError};

/// A line to be added to an order's note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteDraft {
    /// Ends the line: by it the line is found again.
    pub effect: EffectId,
    pub order: OrderId,
    pub text: String,
}

/// Another place for an order to go to. To whom stays as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressDraft {
    pub effect: EffectId,
    pub order: OrderId,
    /// The address that the change was decided on; where the order has another by now, nothing is changed.
    pub seen: Address,
    pub place: Place,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    pub line1: String,
    pub line2: Option<String>,
    pub city: String,
    /// The code of the state or province, `OR`.
    pub province: Option<String>,
    pub postcode: String,
    /// ISO 3166 alpha-2.
    pub country: String,
}

impl Place {
    /// Whether an address is this place, whoever lives there.
    pub fn is(&self, address: &Address) -> bool {
        let same = |own: Option<&str>, other: Option<&str>| {
            own.map(str::trim).filter(|text| !text.is_empty()) == other.map(str::trim).filter(|text| !text.is_empty())
        };
        same(Some(&self.line1), address.line1.as_deref())
            && same(self.line2.as_deref(), address.line2.as_deref())
            && same(Some(&self.city), address.city.as_deref())
            && same(self.province.as_deref(), address.province.as_deref())
            && same(Some(&self.postcode), address.postcode.as_deref())
            && same(Some(&self.country), address.country.as_deref())
    }
}

#[async_trait]
pub trait ChangeReader: Send + Sync {
    /// Whether the order's note has the line of this effect.
    async fn is_noted(&self, order: &OrderId, effect: &EffectId, urgency: Urgency) -> Result<bool, VendorError>;

    /// Where the order goes by now; `None` where it goes nowhere, or where that is withheld.
    async fn address_of(&self, order: &OrderId, urgency: Urgency) -> Result<Option<Address>, VendorError>;
}

#[async_trait]
pub trait ChangeWriter: Send + Sync {
    /// What is to be added, as it is stored. Pure.
    fn note_request(&self, draft: &NoteDraft) -> String;

    /// Adds the line unless it is there.
    async fn add_note(&self, permit: Permit, request: &str) -> Result<(), WriteError>;

    /// What is to be changed, as it is stored. Pure.
    fn address_request(&self, draft: &AddressDraft) -> String;

    /// Changes the address unless the order goes there already, and returns what the platform has then. `Refused` where
    /// it is no more the one that was seen.
    async fn change_address(&self, permit: Permit, request: &str) -> Result<Address, WriteError>;
}
