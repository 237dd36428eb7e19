//! The answers about returns as they come.

use serde::Deserialize;

use super::super::graphql::UserError;
use super::super::mark;
use super::super::reading::word;
use super::super::wire::{Id, Nodes};
use crate::domain::id::EffectId;
use crate::integrations::commerce::returns::{ReturnFile, ReturnReason, ReturnState, Returnable, ReturnedLine};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnableAnswer {
    pub returnable_fulfillments: Nodes<ReturnableFulfilment>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnableFulfilment {
    pub returnable_fulfillment_line_items: Nodes<ReturnableLine>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReturnableLine {
    quantity: u32,
    fulfillment_line_item: Content,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Content {
    id: String,
    line_item: Id,
}

impl From<ReturnableLine> for Returnable {
    fn from(line: ReturnableLine) -> Self {
        let Content { id, line_item } = line.fulfillment_line_item;
        Self { content: id, line: line_item.id, quantity: line.quantity }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reasons {
    pub return_reason_definitions: Nodes<Reason>,
}

#[derive(Deserialize)]
pub struct Reason {
    id: String,
    handle: String,
    name: String,
    pub deleted: bool,
}

impl From<Reason> for ReturnReason {
    fn from(reason: Reason) -> Self {
        Self { id: reason.id, handle: reason.handle, name: reason.name }
    }
}

#[derive(Deserialize)]
pub struct Noted {
    pub returns: Nodes<NotedReturn>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotedReturn {
    pub id: String,
    return_line_items: Nodes<Notes>,
}

/// A line's notes: the one of a return that was opened, and that of one that was asked for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Notes {
    return_reason_note: String,
    customer_note: Option<String>,
}

impl NotedReturn {
    pub fn is_of(&self, effect: &EffectId) -> bool {
        self.return_line_items.nodes.first().is_some_and(|notes| {
            mark::begins(Some(&notes.return_reason_note), effect)
                || mark::begins(notes.customer_note.as_deref(), effect)
        })
    }
}

#[derive(Deserialize)]
pub struct OneReturn {
    #[serde(rename = "return")]
    pub found: Option<WireReturnFile>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireReturnFile {
    id: String,
    name: String,
    status: String,
    return_line_items: Nodes<Line>,
    reverse_fulfillment_orders: Nodes<Way>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: String,
    quantity: u32,
    unprocessed_quantity: u32,
    /// Lines of another kind have none.
    fulfillment_line_item: Option<Content>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Way {
    id: String,
    reverse_deliveries: Nodes<Parcel>,
}

#[derive(Deserialize)]
struct Parcel {
    deliverable: Option<Deliverable>,
}

#[derive(Deserialize)]
struct Deliverable {
    tracking: Option<Tracking>,
}

#[derive(Deserialize)]
struct Tracking {
    number: Option<String>,
}

impl WireReturnFile {
    /// Whether a list goes on, so that what is not in it may still be there.
    pub fn is_cut(&self) -> bool {
        let ways = &self.reverse_fulfillment_orders;
        self.return_line_items.is_cut() || ways.is_cut() || ways.nodes.iter().any(|way| way.reverse_deliveries.is_cut())
    }
}

impl From<WireReturnFile> for ReturnFile {
    fn from(file: WireReturnFile) -> Self {
        let lines = file.return_line_items.nodes.into_iter().map(|line| {
            let (content, of) = line.fulfillment_line_item.map(|content| (content.id, content.line_item.id)).unzip();
            ReturnedLine { id: line.id, content, line: of, quantity: line.quantity, open: line.unprocessed_quantity }
        });
        let mut ways_back = Vec::new();
        let mut parcels = Vec::new();
        for way in file.reverse_fulfillment_orders.nodes {
            ways_back.push(way.id);
            let tracking = way.reverse_deliveries.nodes.into_iter().filter_map(|parcel| parcel.deliverable?.tracking);
            parcels.extend(tracking.filter_map(|tracking| tracking.number));
        }
        let state = ReturnState::from(word(&file.status));
        Self { id: file.id, name: file.name, state, lines: lines.collect(), ways_back, parcels }
    }
}

/// The payload of any change that answers with a return.
#[derive(Deserialize)]
pub struct Answer {
    #[serde(rename = "returnCreate", alias = "returnRequest", alias = "returnCancel")]
    pub payload: Option<Payload>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Payload {
    #[serde(rename = "return")]
    pub made: Option<WireReturnFile>,
    pub user_errors: Vec<UserError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LabelAnswer {
    pub reverse_delivery_create_with_shipping: Option<LabelPayload>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LabelPayload {
    pub reverse_delivery: Option<Id>,
    pub user_errors: Vec<UserError>,
}
