//! Labels for the way back: where to, what kind of parcel, which carrier, at what price.

use serde::{Deserialize, Serialize};

use super::amounts::Amounts;
use super::decision::{Reason, Verdict};
use crate::domain::customer::Address;
use crate::domain::money::Money;

/// How the store buys labels. Who pays is a matter of the case, see `label_paid_by`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Labels {
    pub return_address: ReturnAddress,
    /// What goods are sent back in, where nothing is known of them.
    pub parcel: ReturnParcel,
    /// Carriers by preference, as the label's vendor calls them.
    pub carriers: Vec<String>,
    /// Whether any other carrier will do where none of them has an offer.
    pub any_other_carrier: bool,
    /// The dearest label that is bought without a person's yes, in the currency in which labels are paid.
    pub highest_price: Amounts,
}

impl Default for Labels {
    fn default() -> Self {
        Self {
            return_address: ReturnAddress::default(),
            parcel: ReturnParcel::default(),
            carriers: Vec::new(),
            any_other_carrier: true,
            highest_price: Amounts::default(),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReturnAddress {
    pub name: String,
    pub line1: String,
    pub line2: String,
    pub city: String,
    pub province: String,
    pub postcode: String,
    /// ISO 3166 alpha-2.
    pub country: String,
}

impl ReturnAddress {
    pub fn address(&self) -> Address {
        let written = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Address {
            name: written(&self.name),
            line1: written(&self.line1),
            line2: written(&self.line2),
            city: written(&self.city),
            province: written(&self.province),
            postcode: written(&self.postcode),
            country: written(&self.country),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReturnParcel {
    pub weight_grams: u32,
    pub length_cm: u32,
    pub width_cm: u32,
    pub height_cm: u32,
}

impl ReturnParcel {
    pub(super) fn is_complete(self) -> bool {
        [self.weight_grams, self.length_cm, self.width_cm, self.height_cm].into_iter().all(|measure| measure > 0)
    }
}

/// A label that is on offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelOffer {
    /// As its vendor calls it.
    pub id: String,
    pub carrier: String,
    pub price: Money,
}

impl Labels {
    /// Whether the store sends labels: it has said where to, and what is packed.
    pub fn are_sent(&self) -> bool {
        !self.return_address.line1.trim().is_empty() && self.parcel.is_complete()
    }

    /// The cheapest label of the most preferred carrier that has one, and whether it may be bought. None: no carrier
    /// that the policy names has an offer.
    pub fn choose<'a>(&self, offers: &'a [LabelOffer]) -> (Option<&'a LabelOffer>, Verdict) {
        let preferred =
            self.carriers.iter().find_map(|carrier| cheapest(offers, |offer| same(&offer.carrier, carrier)));
        let any = || cheapest(offers, |_| self.carriers.is_empty() || self.any_other_carrier);
        match preferred.or_else(any) {
            None => (None, Verdict::Person(Reason::NoLabel)),
            Some(offer) => (Some(offer), self.may_buy(offer.price)),
        }
    }

    fn may_buy(&self, price: Money) -> Verdict {
        match self.highest_price.of(price.currency()) {
            None => Verdict::NeedsApproval(Reason::NoLimitForCurrency),
            Some(highest) if price.minor() > highest.minor() => Verdict::NeedsApproval(Reason::LabelTooDear),
            Some(_) => Verdict::Allow,
        }
    }
}

/// Prices in several currencies cannot be compared: the first offer's currency counts.
fn cheapest(offers: &[LabelOffer], suits: impl Fn(&LabelOffer) -> bool) -> Option<&LabelOffer> {
    let mut suitable = offers.iter().filter(|offer| offer.price.minor() >= 0 && suits(offer)).peekable();
    let currency = suitable.peek()?.price.currency();
    suitable.filter(|offer| offer.price.currency() == currency).min_by_key(|offer| offer.price.minor())
}

fn same(left: &str, right: &str) -> bool {
    left.trim().eq_ignore_ascii_case(right.trim())
}

#[cfg(test)]
mod tests;
