//! Refunds at Shopify. The effect's id is the idempotency key, for as long as Shopify keeps keys, and stands at the end
//! of the refund's note, for ever.

use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;

use super::graphql::changing;
use super::wire::{Nodes, OneOrder};
use super::{MOST_PAGES, Shopify, mark, operations, search};
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;
use crate::domain::order::OrderId;
use crate::integrations::commerce::refunds::{
    OutsideRefund, RefundDraft, RefundOf, RefundQuote, RefundReader, RefundRecord, RefundWriter,
};
use crate::integrations::http::Call;
use crate::integrations::{Urgency, Vendor, VendorError, WriteError, not_permitted};

mod draft;
pub mod quote;
pub mod record;
pub mod wire;

use draft::LineInput;
use wire::{Created, Noted, OneRefund, WireRefund};

/// Shopify keeps keys for 24 hours by its own clock.
const KEYS_ARE_KEPT_FOR: Duration = Duration::from_secs(20 * 3600);

#[derive(Serialize)]
struct Suggested<'a> {
    order: &'a str,
    lines: Vec<LineInput<'a>>,
    shipping: bool,
}

#[derive(Serialize)]
struct Notes<'a> {
    order: &'a str,
    first: u32,
}

#[derive(Serialize)]
struct Transactions<'a> {
    id: &'a str,
    first: u32,
    after: Option<&'a str>,
}

impl Shopify {
    /// The id of the refund whose note carries the effect's id.
    async fn noted_refund(&self, order: &str, effect: &EffectId, call: &Call) -> Result<Option<String>, VendorError> {
        let variables = Notes { order, first: operations::MOST_REFUNDS };
        let answer: OneOrder<Noted> = self.graphql.run(&operations::REFUND_NOTES, &variables, call).await?;
        // An order that is not shown says nothing about its refunds.
        let Some(Noted { refunds }) = answer.order else { return Err(self.graphql.refused("it shows no such order")) };
        let whole = refunds.len() < operations::MOST_REFUNDS as usize;
        let found = refunds.into_iter().find(|refund| mark::ends(refund.note.as_deref(), effect));
        match found {
            None if !whole => Err(self.graphql.refused("the order has more refunds than can be looked through")),
            found => Ok(found.map(|refund| refund.id)),
        }
    }

    pub(super) async fn whole_refund(&self, id: &str, call: &Call) -> Result<Option<WireRefund>, VendorError> {
        let mut whole: Option<WireRefund> = None;
        for _ in 0..MOST_PAGES {
            let after = whole.as_ref().and_then(|refund| refund.transactions.cursor());
            let variables = Transactions { id, first: operations::TRANSACTIONS_PAGE, after };
            let answer: OneRefund = self.graphql.run(&operations::REFUND_BY_ID, &variables, call).await?;
            let Some(page) = answer.refund else { break };
            let refund = match whole.take() {
                None => page,
                Some(mut so_far) => {
                    so_far.transactions.append(page.transactions);
                    so_far
                }
            };
            if !refund.transactions.is_cut() {
                return Ok(Some(refund));
            }
            whole = Some(refund);
        }
        Ok(whole)
    }

    async fn create_refund(&self, permit: &Permit, request: &str) -> Result<WireRefund, WriteError> {
        if !request.starts_with(&draft::planted(permit.effect())) {
            return Err(not_permitted(Vendor::Shopify));
        }
        let answer: Created = self.graphql.change(&operations::REFUND_CREATE, request).await?;
        let Some(payload) = answer.refund_create else { return Err(self.graphql.yes_without("payload")) };
        self.graphql.accepted_change(&payload.user_errors)?;
        payload.refund.ok_or_else(|| self.graphql.yes_without("refund"))
    }
}

#[async_trait]
impl RefundReader for Shopify {
    async fn quote(&self, of: &RefundOf, urgency: Urgency) -> Result<RefundQuote, VendorError> {
        if !search::is_order_id(of.order.as_str()) {
            return Err(self.graphql.refused("this is no id of an order"));
        }
        let call = self.graphql.call(&operations::SUGGESTED_REFUND, urgency);
        let lines = of.lines.iter().map(LineInput::asked).collect();
        let variables = Suggested { order: of.order.as_str(), lines, shipping: of.shipping };
        let answer: OneOrder<wire::Suggesting> =
            self.graphql.run(&operations::SUGGESTED_REFUND, &variables, &call).await?;
        let Some((order, suggestion)) = answer.order.and_then(wire::Suggesting::parts) else {
            return Err(self.graphql.refused("it suggests no refund of this order"));
        };
        quote::of(of, &order, suggestion).map_err(|problem| match problem {
            quote::Unquotable::Refused(reason) => self.graphql.refused(reason),
            quote::Unquotable::Meaningless(problem) => self.graphql.garbled(problem),
        })
    }

    async fn refund_of(
        &self,
        order: &OrderId,
        effect: &EffectId,
        urgency: Urgency,
    ) -> Result<Option<RefundRecord>, VendorError> {
        if !search::is_order_id(order.as_str()) {
            return Err(self.graphql.refused("this is no id of an order"));
        }
        let call = self.graphql.call(&operations::REFUND_NOTES, urgency);
        let Some(id) = self.noted_refund(order.as_str(), effect, &call).await? else { return Ok(None) };
        let Some(refund) = self.whole_refund(&id, &call).await? else {
            return Err(self.graphql.refused("it names a refund that it does not show"));
        };
        record::of(refund).map(Some).map_err(|problem| self.graphql.garbled(problem))
    }
}

#[async_trait]
impl RefundWriter for Shopify {
    fn dedupes_for(&self) -> Duration {
        KEYS_ARE_KEPT_FOR
    }

    fn request(&self, draft: &RefundDraft) -> String {
        changing::body(&operations::REFUND_CREATE, &draft::variables(draft))
    }

    async fn refund(&self, permit: Permit, request: &str) -> Result<RefundRecord, WriteError> {
        let refund = self.create_refund(&permit, request).await?;
        record::of(refund).map_err(|problem| WriteError::Unknown(self.graphql.garbled(problem)))
    }

    fn entry_request(&self, entry: &OutsideRefund) -> String {
        changing::body(&operations::REFUND_CREATE, &draft::entry(entry))
    }

    async fn enter(&self, permit: Permit, request: &str) -> Result<String, WriteError> {
        Ok(self.create_refund(&permit, request).await?.id)
    }
}
