//! Returns: what comes back, and the parcels that bring it.

use apollo_compiler::resolvers::{ObjectValue, ResolveInfo};

use super::connection::page;
use super::fulfilment::{ContentNode, FulfilmentNode};
use super::object::{
    Plain, Resolved, View, coded, gid, leaf, maybe, maybe_object, maybe_time, null, object, text, time,
};
use super::order::OrderNode;
use super::refund::RefundNode;
use super::settlement;
use crate::sandbox::world::Order;
use crate::sandbox::world::order::{Fulfilment, Return, ReturnLine, ReverseDelivery};

/// `Return`.
#[derive(Clone, Copy)]
pub struct ReturnNode<'w> {
    pub view: View<'w>,
    pub order: &'w Order,
    pub returned: &'w Return,
}

impl ObjectValue for ReturnNode<'_> {
    fn type_name(&self) -> &str {
        "Return"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, order, returned) = (self.view, self.order, self.returned);
        match info.field_name() {
            "id" => text(&gid("Return", returned.id)),
            "name" => text(&returned.name),
            "status" => text(&returned.status),
            "createdAt" => time(returned.at),
            "requestApprovedAt" => maybe_time((returned.status != "REQUESTED").then_some(returned.at)),
            "closedAt" => maybe_time(returned.closed_at),
            "totalQuantity" => leaf(returned.lines.iter().map(|line| line.quantity).sum::<u32>()),
            "order" => object(OrderNode { view, order }),
            "refunds" => {
                let of_return = order.refunds.iter().filter(|refund| refund.returned == Some(returned.id));
                let refunds = of_return.map(|refund| (refund.id, refund));
                page("Refund", info, refunds, |refund| RefundNode { view, order, refund })
            }
            "suggestedFinancialOutcome" => settlement::suggested(*self, info),
            "returnLineItems" => {
                let lines = returned.lines.iter().map(|line| (line.id, line));
                page("ReturnLineItemType", info, lines, |line| ReturnLineNode { view, order, line })
            }
            "reverseFulfillmentOrders" => {
                // Goods are not expected before the return is open.
                let expected = !matches!(returned.status.as_str(), "REQUESTED" | "DECLINED");
                let orders = expected.then_some((returned.reverse_order, *self));
                page("ReverseFulfillmentOrder", info, orders, ReverseOrderNode)
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `ReturnLineItem`.
struct ReturnLineNode<'w> {
    view: View<'w>,
    order: &'w Order,
    line: &'w ReturnLine,
}

impl ObjectValue for ReturnLineNode<'_> {
    fn type_name(&self) -> &str {
        "ReturnLineItem"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let line = self.line;
        match info.field_name() {
            "id" => text(&gid("ReturnLineItem", line.id)),
            "quantity" => leaf(line.quantity),
            "refundedQuantity" | "processedQuantity" => leaf(line.refunded),
            "refundableQuantity" => leaf(self.order.refundable_return(line)),
            "processableQuantity" | "unprocessedQuantity" => leaf(line.quantity.saturating_sub(line.refunded)),
            "returnReason" => text(&line.reason),
            "returnReasonNote" => text(&line.reason_note),
            "returnReasonDefinition" => maybe_object(reason(&line.reason)),
            "customerNote" => maybe(line.customer_note.as_deref()),
            "fulfillmentLineItem" => match self.order.content(line.content) {
                Some((_, content)) => object(ContentNode { view: self.view, order: self.order, content }),
                None => Err(coded("INTERNAL_SERVER_ERROR", "a return without its goods")),
            },
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `ReverseFulfillmentOrder`: a return has one, with all its goods.
struct ReverseOrderNode<'w>(ReturnNode<'w>);

impl ObjectValue for ReverseOrderNode<'_> {
    fn type_name(&self) -> &str {
        "ReverseFulfillmentOrder"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let ReturnNode { view, order, returned } = self.0;
        match info.field_name() {
            "id" => text(&gid("ReverseFulfillmentOrder", returned.reverse_order)),
            "status" => text(match returned.status.as_str() {
                "OPEN" => "OPEN",
                "CLOSED" => "CLOSED",
                _ => "CANCELED",
            }),
            "order" => object(OrderNode { view, order }),
            "lineItems" => {
                let lines = returned.lines.iter().map(|line| (line.id, line));
                page("ReverseFulfillmentOrderLineItem", info, lines, |line| ReverseLineNode { view, order, line })
            }
            "reverseDeliveries" => {
                let deliveries = returned.deliveries.iter().map(|delivery| (delivery.id, delivery));
                let of = self.0;
                page("ReverseDelivery", info, deliveries, |delivery| DeliveryNode { of, delivery })
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `ReverseFulfillmentOrderLineItem`.
struct ReverseLineNode<'w> {
    view: View<'w>,
    order: &'w Order,
    line: &'w ReturnLine,
}

impl ObjectValue for ReverseLineNode<'_> {
    fn type_name(&self) -> &str {
        "ReverseFulfillmentOrderLineItem"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "id" => text(&gid("ReverseFulfillmentOrderLineItem", self.line.id)),
            "totalQuantity" => leaf(self.line.quantity),
            "fulfillmentLineItem" => {
                let content = self.order.content(self.line.content);
                maybe_object(content.map(|(_, content)| ContentNode { view: self.view, order: self.order, content }))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `ReverseDelivery`: a parcel on its way back.
#[derive(Clone, Copy)]
pub struct DeliveryNode<'w> {
    of: ReturnNode<'w>,
    delivery: &'w ReverseDelivery,
}

impl ObjectValue for DeliveryNode<'_> {
    fn type_name(&self) -> &str {
        "ReverseDelivery"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "id" => text(&gid("ReverseDelivery", self.delivery.id)),
            "reverseFulfillmentOrder" => object(ReverseOrderNode(self.of)),
            "deliverable" => object(DeliverableNode(self.delivery)),
            "reverseDeliveryLineItems" => {
                let lines = self.of.returned.lines.iter().map(|line| (line.id, line));
                let ReturnNode { view, order, .. } = self.of;
                page("ReverseDeliveryLineItem", info, lines, |line| {
                    DeliveryLineNode(ReverseLineNode { view, order, line })
                })
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `ReverseDeliveryLineItem`.
struct DeliveryLineNode<'w>(ReverseLineNode<'w>);

impl ObjectValue for DeliveryLineNode<'_> {
    fn type_name(&self) -> &str {
        "ReverseDeliveryLineItem"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let ReverseLineNode { view, order, line } = self.0;
        match info.field_name() {
            "id" => text(&gid("ReverseDeliveryLineItem", line.id)),
            "quantity" => leaf(line.quantity),
            "reverseFulfillmentOrderLineItem" => object(ReverseLineNode { view, order, line }),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `ReverseDeliveryShippingDeliverable`.
struct DeliverableNode<'w>(&'w ReverseDelivery);

impl ObjectValue for DeliverableNode<'_> {
    fn type_name(&self) -> &str {
        "ReverseDeliveryShippingDeliverable"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let delivery = self.0;
        match info.field_name() {
            "tracking" => object(Plain(
                "ReverseDeliveryTrackingV2",
                vec![
                    ("carrierName", delivery.tracking.company.clone().into()),
                    ("number", delivery.tracking.number.clone().into()),
                    ("url", delivery.tracking.url.clone().into()),
                ],
            )),
            "label" => match &delivery.label_url {
                None => null(),
                Some(url) => {
                    let at = delivery.at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
                    let moments = [("createdAt", at.clone().into()), ("updatedAt", at.into())];
                    let fields = moments.into_iter().chain([("publicFileUrl", url.clone().into())]);
                    object(Plain("ReverseDeliveryLabelV2", fields.collect()))
                }
            },
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `ReturnableFulfillment`: what of a fulfilment can still come back.
pub struct ReturnableNode<'w> {
    view: View<'w>,
    order: &'w Order,
    fulfilment: &'w Fulfilment,
}

/// The returnable fulfilments of an order: what was sent, less what was refunded or is coming back already.
pub fn returnable<'w>(view: View<'w>, order: &'w Order) -> Vec<(u64, ReturnableNode<'w>)> {
    let sent = order.fulfilments.iter().filter(|fulfilment| fulfilment.at <= view.now);
    let nodes = sent.map(|fulfilment| (fulfilment.id, ReturnableNode { view, order, fulfilment }));
    nodes.filter(|(_, node)| !node.left().is_empty()).collect()
}

impl<'w> ReturnableNode<'w> {
    fn left(&self) -> Vec<(u64, (u32, ContentNode<'w>))> {
        let (view, order) = (self.view, self.order);
        let contents = self.fulfilment.contents.iter().filter_map(|content| {
            let left = order.returnable_quantity(content);
            (left > 0).then_some((content.id, (left, ContentNode { view, order, content })))
        });
        contents.collect()
    }
}

impl ObjectValue for ReturnableNode<'_> {
    fn type_name(&self) -> &str {
        "ReturnableFulfillment"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, order, fulfilment) = (self.view, self.order, self.fulfilment);
        match info.field_name() {
            "id" => text(&gid("ReturnableFulfillment", fulfilment.id)),
            "fulfillment" => object(FulfilmentNode { view, order, fulfilment }),
            "returnableFulfillmentLineItems" => {
                page("ReturnableFulfillmentLineItem", info, self.left(), |(quantity, content)| ReturnableLineNode {
                    quantity,
                    content,
                })
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `ReturnableFulfillmentLineItem`.
struct ReturnableLineNode<'w> {
    quantity: u32,
    content: ContentNode<'w>,
}

impl ObjectValue for ReturnableLineNode<'_> {
    fn type_name(&self) -> &str {
        "ReturnableFulfillmentLineItem"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "quantity" => leaf(self.quantity),
            "fulfillmentLineItem" => object(self.content),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// The reasons that every shop has, by the names of the older enum.
const REASONS: [(&str, &str); 10] = [
    ("COLOR", "Color"),
    ("DEFECTIVE", "Defective"),
    ("NOT_AS_DESCRIBED", "Not as described"),
    ("OTHER", "Other"),
    ("SIZE_TOO_LARGE", "Size too large"),
    ("SIZE_TOO_SMALL", "Size too small"),
    ("STYLE", "Style"),
    ("UNKNOWN", "Unknown"),
    ("UNWANTED", "Unwanted"),
    ("WRONG_ITEM", "Wrong item"),
];

fn reason(wanted: &str) -> Option<Plain> {
    reasons().into_iter().find(|(name, ..)| *name == wanted).map(|(_, _, node)| node)
}

/// Name, id and `ReturnReasonDefinition` of each reason.
pub fn reasons() -> Vec<(&'static str, u64, Plain)> {
    let numbered = REASONS.iter().zip(1_u64..);
    let nodes = numbered.map(|((word, name), id)| {
        let fields = vec![
            ("id", gid("ReturnReasonDefinition", id).into()),
            ("handle", word.to_lowercase().replace('_', "-").into()),
            ("name", (*name).into()),
            ("deleted", false.into()),
        ];
        (*word, id, Plain("ReturnReasonDefinition", fields))
    });
    nodes.collect()
}

/// The return with this id, in any order.
pub fn find<'w>(view: View<'w>, id: u64) -> Option<ReturnNode<'w>> {
    view.world.orders.iter().find_map(|order| {
        let returned = order.returns.iter().find(|returned| returned.id == id)?;
        Some(ReturnNode { view, order, returned })
    })
}

/// The parcel with this id, in any return.
pub fn find_delivery<'w>(view: View<'w>, id: u64) -> Option<DeliveryNode<'w>> {
    view.world.orders.iter().find_map(|order| {
        order.returns.iter().find_map(|returned| {
            let delivery = returned.deliveries.iter().find(|delivery| delivery.id == id)?;
            Some(DeliveryNode { of: ReturnNode { view, order, returned }, delivery })
        })
    })
}
