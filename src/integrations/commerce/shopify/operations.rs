//! The operations that leave for Shopify, and how much each asks for.
//!
//! A query may cost at most 1000 points: about one for each object that it could return. That much is set aside while it
//! runs, out of a bucket of 2000 on the standard plan: what shoppers ask often is kept small, so that many can ask at
//! once, and an order that is larger is marked as cut.

use serde::Serialize;

use super::wire::{WireFulfilment, WireOrder};

/// A GraphQL document with one operation.
pub struct Operation {
    /// The name that stands in the document.
    pub name: &'static str,
    pub document: &'static str,
    /// What it costs until Shopify has said so itself, in points.
    pub expected_cost: f64,
}

macro_rules! operation {
    ($name:literal, $cost:literal, $file:literal $(, $fragment:literal)*) => {
        Operation {
            name: $name,
            document: concat!(
                include_str!(concat!("operations/", $file, ".graphql"))
                $(, include_str!(concat!("operations/", $fragment, ".graphql")))*
            ),
            expected_cost: $cost,
        }
    };
}

pub static ORDERS_NAMED: Operation = operation!(
    "OrdersNamed",
    300.0,
    "orders_named",
    "fields_order",
    "fields_line",
    "fields_fulfilment",
    "fields_return"
);
pub static ORDERS_OF: Operation =
    operation!("OrdersOf", 500.0, "orders_of", "fields_order", "fields_line", "fields_fulfilment", "fields_return");
pub static ORDER_BY_ID: Operation =
    operation!("OrderById", 390.0, "order_by_id", "fields_order", "fields_line", "fields_fulfilment", "fields_return");
pub static ORDER_LINES: Operation = operation!("OrderLines", 800.0, "order_lines", "fields_line");
pub static ORDER_FULFILMENTS: Operation =
    operation!("OrderFulfilments", 920.0, "order_fulfilments", "fields_fulfilment");
pub static FULFILMENT_CONTENTS: Operation = operation!("FulfilmentContents", 600.0, "fulfilment_contents");
pub static ORDER_RETURNS: Operation = operation!("OrderReturns", 250.0, "order_returns", "fields_return");
pub static PRODUCTS: Operation = operation!("Products", 280.0, "products");
pub static INSTALLATION: Operation = operation!("Installation", 10.0, "installation");
pub static SUGGESTED_REFUND: Operation = operation!("SuggestedRefund", 60.0, "suggested_refund");
pub static REFUND_NOTES: Operation = operation!("RefundNotes", 251.0, "refund_notes");
pub static REFUND_BY_ID: Operation = operation!("RefundById", 160.0, "refund_by_id");
pub static REFUND_CREATE: Operation = operation!("RefundCreate", 80.0, "refund_create");
pub static ORDER_CANCEL: Operation = operation!("OrderCancel", 14.0, "order_cancel");
pub static JOB: Operation = operation!("Job", 1.0, "job");
pub static ORDER_CANCELLATION: Operation = operation!("OrderCancellation", 302.0, "order_cancellation");
pub static ORDER_DELIVERY: Operation = operation!("OrderDelivery", 3.0, "order_delivery", "fields_place");
pub static ORDER_UPDATE: Operation = operation!("OrderUpdate", 14.0, "order_update", "fields_place");
pub static RETURNABLE: Operation = operation!("Returnable", 740.0, "returnable");
pub static RETURN_REASONS: Operation = operation!("ReturnReasons", 102.0, "return_reasons");
pub static RETURN_NOTES: Operation = operation!("ReturnNotes", 205.0, "return_notes");
pub static RETURN_BY_ID: Operation = operation!("ReturnById", 380.0, "return_by_id", "fields_return_file");
pub static RETURN_CREATE: Operation = operation!("ReturnCreate", 390.0, "return_create", "fields_return_file");
pub static RETURN_REQUEST: Operation = operation!("ReturnRequest", 390.0, "return_request", "fields_return_file");
pub static RETURN_CANCEL: Operation = operation!("ReturnCancel", 390.0, "return_cancel", "fields_return_file");
pub static RETURN_LABEL: Operation = operation!("ReturnLabel", 13.0, "return_label");

pub static RETURN_PROGRESS: Operation = operation!("ReturnProgress", 440.0, "return_progress");
pub static RETURN_SETTLEMENT: Operation = operation!("ReturnSettlement", 30.0, "return_settlement");
pub static RETURN_PROCESS: Operation = operation!("ReturnProcess", 36.0, "return_process");
pub static ORDER_METAFIELD: Operation = operation!("OrderMetafield", 2.0, "order_metafield");

/// All of them, for checks against Shopify's schema.
pub fn all() -> [&'static Operation; 30] {
    [
        &ORDERS_NAMED,
        &ORDERS_OF,
        &ORDER_BY_ID,
        &ORDER_LINES,
        &ORDER_FULFILMENTS,
        &FULFILMENT_CONTENTS,
        &ORDER_RETURNS,
        &PRODUCTS,
        &INSTALLATION,
        &SUGGESTED_REFUND,
        &REFUND_NOTES,
        &REFUND_BY_ID,
        &REFUND_CREATE,
        &ORDER_CANCEL,
        &JOB,
        &ORDER_CANCELLATION,
        &ORDER_DELIVERY,
        &ORDER_UPDATE,
        &RETURNABLE,
        &RETURN_REASONS,
        &RETURN_NOTES,
        &RETURN_BY_ID,
        &RETURN_CREATE,
        &RETURN_REQUEST,
        &RETURN_CANCEL,
        &RETURN_LABEL,
        &RETURN_PROGRESS,
        &RETURN_SETTLEMENT,
        &RETURN_PROCESS,
        &ORDER_METAFIELD,
    ]
}

/// How much of each list of an order one answer brings. Also the variables of the operation, by these names.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sizes {
    pub lines: u32,
    pub fulfilments: u32,
    pub parcels: u32,
    pub contents: u32,
    pub returns: u32,
}

/// Orders found by name: seldom more than one, so each may be large.
pub const NAMED_PAGE: u32 = 2;
pub const NAMED: Sizes = Sizes { lines: 15, fulfilments: 4, parcels: 3, contents: 6, returns: 3 };
/// A customer's orders.
pub const LIST_PAGE: u32 = 6;
pub const LISTED: Sizes = Sizes { lines: 8, fulfilments: 3, parcels: 2, contents: 4, returns: 2 };
/// One order.
pub const ONE: Sizes = Sizes { lines: 50, fulfilments: 6, parcels: 4, contents: 10, returns: 5 };
/// The fulfilments of an order that has more of them; the other lists are not asked for.
pub const MORE_FULFILMENTS: Sizes = Sizes { lines: 0, fulfilments: 40, parcels: ONE.parcels, contents: 8, returns: 0 };

pub const LINES_PAGE: u32 = 200;
pub const RETURNS_PAGE: u32 = 100;
pub const CONTENTS_PAGE: u32 = 200;
pub const MOST_PARCELS: u32 = 100;
/// All refunds of an order that one answer can hold.
pub const MOST_REFUNDS: u32 = 250;
/// Transactions of an order, in a plain list without cursors.
pub const MOST_TRANSACTIONS: u32 = 100;
/// Parcels, and lines in each, that one answer brings.
pub const RETURNABLE_PAGE: u32 = 6;
pub const RETURNABLE_CONTENTS: u32 = 40;
pub const MOST_REASONS: u32 = 100;
pub const NOTED_RETURNS: u32 = 50;
pub const TRANSACTIONS_PAGE: u32 = 50;
pub const MOST_PRODUCTS: u32 = 20;
/// Looked at to tell whether a product can be bought.
pub const VARIANTS: u32 = 10;

impl Sizes {
    pub(super) fn holds_whole(&self, order: &WireOrder) -> bool {
        let parcels_whole =
            |fulfilment: &WireFulfilment| !self.cuts_parcels(fulfilment) && !fulfilment.fulfillment_line_items.is_cut();
        !order.line_items.is_cut()
            && !order.returns.is_cut()
            && !self.cuts_fulfilments(&order.fulfillments)
            && order.fulfillments.iter().all(parcels_whole)
    }

    /// Plain lists do not say whether they go on; a full one may.
    pub(super) fn cuts_fulfilments(&self, fulfilments: &[WireFulfilment]) -> bool {
        fulfilments.len() >= self.fulfilments as usize
    }

    pub(super) fn cuts_parcels(&self, fulfilment: &WireFulfilment) -> bool {
        fulfilment.tracking_info.len() >= self.parcels as usize
    }
}
