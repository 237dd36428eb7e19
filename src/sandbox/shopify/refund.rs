//! Refunds and the transactions that move money.

use apollo_compiler::resolvers::{ObjectValue, ResolveInfo};

use super::connection::page;
use super::line::{LineNode, ShippingNode};
use super::money::{MoneyNode, bag};
use super::object::{Resolved, View, big, coded, gid, leaf, maybe, maybe_object, null, object, text, time};
use super::order::OrderNode;
use super::returns;
use crate::domain::money::Money;
use crate::sandbox::world::Order;
use crate::sandbox::world::order::{Refund, RefundLine, Shipping, Transaction};

/// `Refund`.
#[derive(Clone, Copy)]
pub struct RefundNode<'w> {
    pub view: View<'w>,
    pub order: &'w Order,
    pub refund: &'w Refund,
}

impl ObjectValue for RefundNode<'_> {
    fn type_name(&self) -> &str {
        "Refund"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, order, refund) = (self.view, self.order, self.refund);
        let moved = || refund.transactions.iter().filter_map(|id| order.transaction(*id));
        match info.field_name() {
            "id" => text(&gid("Refund", refund.id)),
            "legacyResourceId" => big(refund.id),
            "createdAt" | "processedAt" | "updatedAt" => time(refund.at),
            "note" => maybe(refund.note.as_deref()),
            "order" => object(OrderNode { view, order }),
            "return" => maybe_object(refund.returned.and_then(|id| returns::find(view, id))),
            "totalRefundedSet" => bag(view, order, order.sum(moved().map(|t| t.amount))),
            "transactions" => {
                let transactions = moved().map(|transaction| (transaction.id, transaction));
                page("OrderTransaction", info, transactions, |transaction| TransactionNode { view, order, transaction })
            }
            "refundLineItems" => {
                let lines = refund.lines.iter().map(|line| (line.id, line));
                page("RefundLineItem", info, lines, |line| RefundLineNode { view, order, line: line.clone() })
            }
            "refundShippingLines" => {
                let shipping = order.shipping.iter().filter(|_| !refund.shipping.is_zero());
                let lines = shipping.map(|shipping| (refund.id, shipping));
                page("RefundShippingLine", info, lines, |shipping| RefundedShippingNode {
                    view,
                    order,
                    id: refund.id,
                    amount: refund.shipping,
                    shipping,
                })
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `RefundLineItem`, done or suggested. A suggested one has no id.
pub struct RefundLineNode<'w> {
    pub view: View<'w>,
    pub order: &'w Order,
    pub line: RefundLine,
}

impl ObjectValue for RefundLineNode<'_> {
    fn type_name(&self) -> &str {
        "RefundLineItem"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, order, refunded) = (self.view, self.order, &self.line);
        let Some(line) = order.line(refunded.line) else {
            return Err(coded("INTERNAL_SERVER_ERROR", "a refund without its line"));
        };
        match info.field_name() {
            "id" => maybe((refunded.id > 0).then(|| gid("RefundLineItem", refunded.id))),
            "quantity" => leaf(refunded.quantity),
            "restockType" => text(&refunded.restock),
            "restocked" => leaf(refunded.id > 0 && refunded.restock != "NO_RESTOCK"),
            "lineItem" => object(LineNode { view, order, line }),
            "priceSet" => bag(view, order, line.value_of(0, 1)),
            "subtotalSet" => bag(view, order, refunded.subtotal),
            "totalTaxSet" => bag(view, order, order.zero()),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

struct RefundedShippingNode<'w> {
    view: View<'w>,
    order: &'w Order,
    id: u64,
    amount: Money,
    shipping: &'w Shipping,
}

impl ObjectValue for RefundedShippingNode<'_> {
    fn type_name(&self) -> &str {
        "RefundShippingLine"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, order, shipping) = (self.view, self.order, self.shipping);
        match info.field_name() {
            "id" => text(&gid("RefundShippingLine", self.id)),
            "shippingLine" => object(ShippingNode { view, order, shipping }),
            "subtotalAmountSet" => bag(view, order, self.amount),
            "taxAmountSet" => bag(view, order, order.zero()),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `OrderTransaction`.
#[derive(Clone, Copy)]
pub struct TransactionNode<'w> {
    pub view: View<'w>,
    pub order: &'w Order,
    pub transaction: &'w Transaction,
}

impl ObjectValue for TransactionNode<'_> {
    fn type_name(&self) -> &str {
        "OrderTransaction"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, order, transaction) = (self.view, self.order, self.transaction);
        match info.field_name() {
            "id" => text(&gid("OrderTransaction", transaction.id)),
            "kind" => text(&transaction.kind),
            "status" => text(&transaction.status),
            "gateway" => text(&transaction.gateway),
            "formattedGateway" => text(&spoken(&transaction.gateway)),
            "amountSet" => bag(view, order, transaction.amount),
            "createdAt" | "processedAt" => time(transaction.at),
            "manualPaymentGateway" => leaf(transaction.manual),
            "manuallyCapturable" | "test" => leaf(false),
            "maximumRefundableV2" if transaction.kind == "SALE" => {
                let left = order.refundable_of(transaction);
                object(MoneyNode(order.in_shop_money(left, view.world.shop.currency)))
            }
            "maximumRefundableV2" => null(),
            "order" => object(OrderNode { view, order }),
            "parentTransaction" => {
                let parent = transaction.parent.and_then(|id| order.transaction(id));
                maybe_object(parent.map(|transaction| TransactionNode { view, order, transaction }))
            }
            "paymentId" => text(&format!("{}.{}", order.name, transaction.id % 100)),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `shopify_payments` as people say it.
pub fn spoken(gateway: &str) -> String {
    let mut spoken = gateway.replace('_', " ");
    if let Some(first) = spoken.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    spoken
}
