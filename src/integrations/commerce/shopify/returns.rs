//! Returns at Shopify. The effect's id begins the note of a return's first line; a label is known by its tracking number.

use async_trait::async_trait;
use serde::Serialize;

use super::graphql::changing;
use super::operations::Operation;
use super::wire::OneOrder;
use super::{MOST_PAGES, Shopify, operations, search};
use crate::domain::effect::Permit;
use crate::domain::id::EffectId;
use crate::domain::money::Money;
use crate::domain::order::OrderId;
use crate::integrations::commerce::refunds::RefundRecord;
use crate::integrations::commerce::returns::{
    LabelDraft, ProcessDraft, ReturnDraft, ReturnFile, ReturnReader, ReturnReason, ReturnState, ReturnWriter,
    Returnable, Settlement,
};
use crate::integrations::stored::{self, Stored};
use crate::integrations::{Urgency, Vendor, VendorError, WriteError};

mod draft;
mod processing;
mod wire;

use draft::{Label, Opening, Withdrawal};
use processing::Processing;
use wire::{Answer, LabelAnswer, Noted, OneReturn, Reasons, ReturnableAnswer};

#[derive(Clone, Copy, Serialize)]
struct Sizes {
    lines: u32,
    ways: u32,
    parcels: u32,
}

/// Of one return. A larger one is told as such.
const SIZES: Sizes = Sizes { lines: 100, ways: 5, parcels: 10 };

#[derive(Serialize)]
struct ById<'a> {
    id: &'a str,
    #[serde(flatten)]
    sizes: Sizes,
}

#[derive(Serialize)]
struct WithInput<T> {
    input: T,
    #[serde(flatten)]
    sizes: Sizes,
}

#[derive(Serialize)]
struct PageOf<'a> {
    order: &'a str,
    first: u32,
    after: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    contents: Option<u32>,
}

#[derive(Serialize)]
struct First {
    first: u32,
}

#[derive(Serialize)]
struct WithLabel<'a> {
    way: &'a str,
    label: FileUrl<'a>,
    tracking: TrackingInput<'a>,
    notify: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileUrl<'a> {
    file_url: &'a str,
}

#[derive(Serialize)]
struct TrackingInput<'a> {
    number: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

/// What cannot be read before a change is not changed.
fn before(error: VendorError) -> WriteError {
    match error {
        VendorError::Refused { .. } | VendorError::Credentials { .. } => WriteError::Refused(error),
        error => WriteError::NotSent(error),
    }
}

impl Shopify {
    fn not_done(&self, reason: &str) -> WriteError {
        WriteError::Refused(self.graphql.refused(reason))
    }

    /// A change that answers with the return as it is then.
    async fn change_return(&self, operation: &Operation, variables: &impl Serialize) -> Result<ReturnFile, WriteError> {
        let answer: Answer = self.graphql.change(operation, &changing::body(operation, variables)).await?;
        let Some(payload) = answer.payload else { return Err(self.graphql.yes_without("payload")) };
        self.graphql.accepted_change(&payload.user_errors)?;
        payload.made.map(ReturnFile::from).ok_or_else(|| self.graphql.yes_without("return"))
    }

    async fn noted_return(
        &self,
        order: &OrderId,
        effect: &EffectId,
        urgency: Urgency,
    ) -> Result<Option<String>, VendorError> {
        let call = self.graphql.call(&operations::RETURN_NOTES, urgency);
        let mut after = None;
        for _ in 0..MOST_PAGES {
            let variables = PageOf { order: order.as_str(), first: operations::NOTED_RETURNS, after, contents: None };
            let answer: OneOrder<Noted> = self.graphql.run(&operations::RETURN_NOTES, &variables, &call).await?;
            let Some(Noted { returns }) = answer.order else {
                return Err(self.graphql.refused("it shows no such order"));
            };
            if let Some(found) = returns.nodes.iter().find(|noted| noted.is_of(effect)) {
                return Ok(Some(found.id.clone()));
            }
            after = returns.next().map(str::to_owned);
            if after.is_none() {
                return Ok(None);
            }
        }
        Err(self.graphql.refused("the order has more returns than can be looked through"))
    }

    /// A return that is about to be changed, whole.
    async fn return_before(&self, id: &str) -> Result<ReturnFile, WriteError> {
        let found = self.return_by_id(id, Urgency::Shopper).await.map_err(before)?;
        found.ok_or_else(|| self.not_done("it shows no such return"))
    }
}

#[async_trait]
impl ReturnReader for Shopify {
    async fn returnable(&self, order: &OrderId, urgency: Urgency) -> Result<Vec<Returnable>, VendorError> {
        if !search::is_order_id(order.as_str()) {
            return Err(self.graphql.refused("this is no id of an order"));
        }
        let call = self.graphql.call(&operations::RETURNABLE, urgency);
        let (mut found, mut after) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let (first, contents) = (operations::RETURNABLE_PAGE, Some(operations::RETURNABLE_CONTENTS));
            let variables = PageOf { order: order.as_str(), first, after, contents };
            let answer: ReturnableAnswer = self.graphql.run(&operations::RETURNABLE, &variables, &call).await?;
            after = answer.returnable_fulfillments.next().map(str::to_owned);
            for fulfilment in answer.returnable_fulfillments.nodes {
                let lines = fulfilment.returnable_fulfillment_line_items;
                if lines.is_cut() {
                    return Err(self.graphql.refused("a parcel holds more lines than can be looked through"));
                }
                found.extend(lines.nodes.into_iter().map(Returnable::from));
            }
            if after.is_none() {
                return Ok(found);
            }
        }
        Err(self.graphql.refused("the order has more parcels than can be looked through"))
    }

    async fn reasons(&self, urgency: Urgency) -> Result<Vec<ReturnReason>, VendorError> {
        let call = self.graphql.call(&operations::RETURN_REASONS, urgency);
        let variables = First { first: operations::MOST_REASONS };
        let answer: Reasons = self.graphql.run(&operations::RETURN_REASONS, &variables, &call).await?;
        let kept = answer.return_reason_definitions.nodes.into_iter().filter(|reason| !reason.deleted);
        Ok(kept.map(ReturnReason::from).collect())
    }

    async fn return_of(
        &self,
        order: &OrderId,
        effect: &EffectId,
        urgency: Urgency,
    ) -> Result<Option<ReturnFile>, VendorError> {
        if !search::is_order_id(order.as_str()) {
            return Err(self.graphql.refused("this is no id of an order"));
        }
        let Some(id) = self.noted_return(order, effect, urgency).await? else { return Ok(None) };
        let found = self.return_by_id(&id, urgency).await?;
        found.map(Some).ok_or_else(|| self.graphql.refused("it names a return that it does not show"))
    }

    async fn return_by_id(&self, id: &str, urgency: Urgency) -> Result<Option<ReturnFile>, VendorError> {
        let call = self.graphql.call(&operations::RETURN_BY_ID, urgency);
        let variables = ById { id, sizes: SIZES };
        let answer: OneReturn = self.graphql.run(&operations::RETURN_BY_ID, &variables, &call).await?;
        match answer.found {
            Some(file) if file.is_cut() => Err(self.graphql.refused("the return is too large to be read whole")),
            found => Ok(found.map(ReturnFile::from)),
        }
    }

    async fn settlement(&self, order: &OrderId, id: &str, urgency: Urgency) -> Result<Settlement, VendorError> {
        self.settlement_of(order, id, urgency).await
    }

    async fn processed(
        &self,
        order: &OrderId,
        id: &str,
        due: Money,
        urgency: Urgency,
    ) -> Result<Option<RefundRecord>, VendorError> {
        let progress = self.progress(order, id, urgency).await?;
        if progress.is_open() { Ok(None) } else { self.refund_of_return(&progress, due, urgency).await }
    }
}

#[async_trait]
impl ReturnWriter for Shopify {
    fn opening_request(&self, draft: &ReturnDraft) -> String {
        let (order, lines) = (draft.order.clone(), draft.lines.clone());
        stored::write(&draft.effect, Opening { order, lines, ask_first: draft.ask_first })
    }

    async fn open_return(&self, permit: Permit, request: &str) -> Result<ReturnFile, WriteError> {
        let Stored { effect, change }: Stored<Opening> = stored::read(Vendor::Shopify, &permit, request)?;
        if let Some(known) = self.return_of(&change.order, &effect, Urgency::Shopper).await.map_err(before)? {
            return Ok(known);
        }
        let operation = if change.ask_first { &operations::RETURN_REQUEST } else { &operations::RETURN_CREATE };
        let variables = WithInput { input: change.input(&effect), sizes: SIZES };
        self.change_return(operation, &variables).await
    }

    fn label_request(&self, draft: &LabelDraft) -> String {
        let label = Label {
            id: draft.id.clone(),
            url: draft.url.clone(),
            tracking_number: draft.tracking_number.clone(),
            tracking_url: draft.tracking_url.clone(),
            notify: draft.notify,
        };
        stored::write(&draft.effect, label)
    }

    async fn add_label(&self, permit: Permit, request: &str) -> Result<ReturnFile, WriteError> {
        let Stored { change, .. }: Stored<Label> = stored::read(Vendor::Shopify, &permit, request)?;
        let mut file = self.return_before(&change.id).await?;
        if file.parcels.contains(&change.tracking_number) {
            return Ok(file);
        }
        let [way] = file.ways_back.as_slice() else {
            return Err(self.not_done("the return does not come back on exactly one way"));
        };
        let variables = WithLabel {
            way,
            label: FileUrl { file_url: &change.url },
            tracking: TrackingInput { number: &change.tracking_number, url: change.tracking_url.as_deref() },
            notify: change.notify,
        };
        let body = changing::body(&operations::RETURN_LABEL, &variables);
        let answer: LabelAnswer = self.graphql.change(&operations::RETURN_LABEL, &body).await?;
        let payload = answer.reverse_delivery_create_with_shipping;
        let Some(payload) = payload else { return Err(self.graphql.yes_without("payload")) };
        self.graphql.accepted_change(&payload.user_errors)?;
        if payload.reverse_delivery.is_none() {
            return Err(self.graphql.yes_without("parcel"));
        }
        file.parcels.push(change.tracking_number);
        Ok(file)
    }

    fn withdrawal_request(&self, effect: &EffectId, id: &str) -> String {
        stored::write(effect, Withdrawal { id: id.to_owned() })
    }

    async fn withdraw(&self, permit: Permit, request: &str) -> Result<ReturnFile, WriteError> {
        let Stored { change, .. }: Stored<Withdrawal> = stored::read(Vendor::Shopify, &permit, request)?;
        let file = self.return_before(&change.id).await?;
        if file.state == ReturnState::Canceled {
            return Ok(file);
        }
        self.change_return(&operations::RETURN_CANCEL, &ById { id: &change.id, sizes: SIZES }).await
    }

    fn processing_request(&self, draft: &ProcessDraft) -> String {
        stored::write(&draft.effect, Processing::of(draft))
    }

    async fn process(&self, permit: Permit, request: &str) -> Result<RefundRecord, WriteError> {
        let Stored { effect, change }: Stored<Processing> = stored::read(Vendor::Shopify, &permit, request)?;
        self.process_return(&effect, &change).await
    }
}
