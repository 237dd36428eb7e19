//! `orderUpdate`, which overwrites a note or an address whole. So it is read right before, and written with what was read;
//! what staff writes in that moment can still be lost, for Shopify compares nothing.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::graphql::{UserError, changing};
use super::reading;
use super::wire::{OneOrder, WireAddress};
use super::{Shopify, mark, operations, search};
use crate::domain::customer::Address;
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;
use crate::domain::order::OrderId;
use crate::integrations::commerce::changes::{AddressDraft, ChangeReader, ChangeWriter, NoteDraft, Place};
use crate::integrations::stored::{self, Stored};
use crate::integrations::{Urgency, Vendor, VendorError, WriteError};

/// Longest line of our own before the effect's id, in characters.
const LONGEST_LINE: usize = 500;
/// Longest note that is written, in characters; what stands there is never cut to make room. Shopify names no limit.
const LONGEST_NOTE: usize = 5_000;

#[derive(Serialize, Deserialize)]
struct Line {
    order: OrderId,
    line: String,
}

#[derive(Serialize, Deserialize)]
struct Move {
    order: OrderId,
    seen: Address,
    place: Place,
}

#[derive(Serialize)]
struct OfOrder<'a> {
    order: &'a str,
}

#[derive(Serialize)]
struct Variables<'a> {
    input: OrderInput<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderInput<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shipping_address: Option<AddressInput<'a>>,
}

/// The place is ours, the recipient that of the order: what is left out would be erased.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AddressInput<'a> {
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    company: Option<&'a str>,
    phone: Option<&'a str>,
    address1: &'a str,
    address2: Option<&'a str>,
    city: &'a str,
    province_code: Option<&'a str>,
    zip: &'a str,
    country_code: &'a str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    order_update: Option<Payload>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Payload {
    order: Option<Delivery>,
    user_errors: Vec<UserError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delivery {
    note: Option<String>,
    shipping_address: Option<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    first_name: Option<String>,
    last_name: Option<String>,
    company: Option<String>,
    phone: Option<String>,
    #[serde(flatten)]
    address: WireAddress,
}

impl Recipient {
    /// Shopify withholds names and streets from apps without approval. What is withheld would be erased.
    fn is_withheld(&self) -> bool {
        self.address.name.is_none() && self.address.address1.is_none()
    }

    fn at<'a>(&'a self, place: &'a Place) -> AddressInput<'a> {
        AddressInput {
            first_name: self.first_name.as_deref(),
            last_name: self.last_name.as_deref(),
            company: self.company.as_deref(),
            phone: self.phone.as_deref(),
            address1: &place.line1,
            address2: place.line2.as_deref(),
            city: &place.city,
            province_code: place.province.as_deref(),
            zip: &place.postcode,
            country_code: &place.country,
        }
    }

    fn into_address(self) -> Address {
        reading::address(self.address)
    }
}

/// The note with the line at its end.
fn with_line(note: Option<&str>, line: &str) -> Option<String> {
    let note = note.map(str::trim_end).filter(|note| !note.is_empty());
    let whole = note.map_or_else(|| line.to_owned(), |note| format!("{note}\n{line}"));
    (whole.chars().count() <= LONGEST_NOTE).then_some(whole)
}

impl Shopify {
    async fn delivery(&self, order: &OrderId, urgency: Urgency) -> Result<Delivery, VendorError> {
        if !search::is_order_id(order.as_str()) {
            return Err(self.graphql.refused("this is no id of an order"));
        }
        let call = self.graphql.call(&operations::ORDER_DELIVERY, urgency);
        let variables = OfOrder { order: order.as_str() };
        let answer: OneOrder<Delivery> = self.graphql.run(&operations::ORDER_DELIVERY, &variables, &call).await?;
        answer.order.ok_or_else(|| self.graphql.refused("it shows no such order"))
    }

    /// As it stands right before a change; what cannot be read is not changed.
    async fn delivery_before(&self, order: &OrderId) -> Result<Delivery, WriteError> {
        self.delivery(order, Urgency::Shopper).await.map_err(|error| match error {
            VendorError::Refused { .. } | VendorError::Credentials { .. } => WriteError::Refused(error),
            error => WriteError::NotSent(error),
        })
    }

    async fn update(&self, input: OrderInput<'_>) -> Result<Delivery, WriteError> {
        let body = changing::body(&operations::ORDER_UPDATE, &Variables { input });
        let answer: Answer = self.graphql.change(&operations::ORDER_UPDATE, &body).await?;
        let Some(payload) = answer.order_update else { return Err(self.graphql.yes_without("payload")) };
        self.graphql.accepted_change(&payload.user_errors)?;
        payload.order.ok_or_else(|| self.graphql.yes_without("order"))
    }

    fn not_changed(&self, reason: &str) -> WriteError {
        WriteError::Refused(self.graphql.refused(reason))
    }
}

#[async_trait]
impl ChangeReader for Shopify {
    async fn is_noted(&self, order: &OrderId, effect: &EffectId, urgency: Urgency) -> Result<bool, VendorError> {
        let delivery = self.delivery(order, urgency).await?;
        Ok(mark::ends_a_line(delivery.note.as_deref(), effect))
    }

    async fn address_of(&self, order: &OrderId, urgency: Urgency) -> Result<Option<Address>, VendorError> {
        let recipient = self.delivery(order, urgency).await?.shipping_address;
        Ok(recipient.filter(|recipient| !recipient.is_withheld()).map(Recipient::into_address))
    }
}

#[async_trait]
impl ChangeWriter for Shopify {
    fn note_request(&self, draft: &NoteDraft) -> String {
        let line = format!("{} {}", mark::one_line(&draft.text, LONGEST_LINE), mark::of(&draft.effect));
        stored::write(&draft.effect, Line { order: draft.order.clone(), line: line.trim_start().to_owned() })
    }

    async fn add_note(&self, permit: Permit, request: &str) -> Result<(), WriteError> {
        let Stored { effect, change }: Stored<Line> = stored::read(Vendor::Shopify, &permit, request)?;
        let before = self.delivery_before(&change.order).await?;
        if mark::ends_a_line(before.note.as_deref(), &effect) {
            return Ok(());
        }
        let Some(note) = with_line(before.note.as_deref(), &change.line) else {
            return Err(self.not_changed("the order's note has no room for another line"));
        };
        let input = OrderInput { id: change.order.as_str(), note: Some(note), shipping_address: None };
        let after = self.update(input).await?;
        match mark::ends_a_line(after.note.as_deref(), &effect) {
            true => Ok(()),
            false => Err(self.graphql.yes_without("line of ours")),
        }
    }

    fn address_request(&self, draft: &AddressDraft) -> String {
        let (order, seen, place) = (draft.order.clone(), draft.seen.clone(), draft.place.clone());
        stored::write(&draft.effect, Move { order, seen, place })
    }

    async fn change_address(&self, permit: Permit, request: &str) -> Result<Address, WriteError> {
        let Stored { change, .. }: Stored<Move> = stored::read(Vendor::Shopify, &permit, request)?;
        let before = self.delivery_before(&change.order).await?;
        let Some(recipient) = before.shipping_address.filter(|recipient| !recipient.is_withheld()) else {
            return Err(self.not_changed("the order's address is not shown, so it cannot be changed without loss"));
        };
        let current = reading::address(recipient.address.clone());
        if change.place.is(&current) {
            return Ok(current);
        }
        if current != change.seen {
            return Err(self.not_changed("the order's address has changed since it was seen"));
        }
        let shipping_address = Some(recipient.at(&change.place));
        let after = self.update(OrderInput { id: change.order.as_str(), note: None, shipping_address }).await?;
        let after = after.shipping_address.map(Recipient::into_address);
        after.filter(|after| change.place.is(after)).ok_or_else(|| self.graphql.yes_without("address like ours"))
    }
}

#[cfg(test)]
mod tests;
