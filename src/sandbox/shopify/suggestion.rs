//! `Order.suggestedRefund`: what the platform itself would give back, and to which payment.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo};
use apollo_compiler::response::JsonValue;

use super::money::bag;
use super::object::{
    Resolved, View, argument, boolean, coded, list, maybe_object, null, number_of, object, string, text,
};
use super::refund::{RefundLineNode, TransactionNode, spoken};
use crate::domain::money::Money;
use crate::sandbox::world::Order;
use crate::sandbox::world::order::{RefundLine, Transaction};

/// Resolves the field from its arguments.
pub fn suggested_refund<'a>(view: View<'a>, order: &'a Order, info: &ResolveInfo<'_>) -> Resolved<'a> {
    let lines = lines(order, info)?;
    let shipping = shipping(order, info)?;
    let maximum = order.sum(order.payments_for_refunds().map(|payment| order.refundable_of(payment)));
    let wanted = order.sum(lines.iter().map(|line| line.subtotal).chain([shipping]));
    let amount = if wanted.minor() > maximum.minor() { maximum } else { wanted };
    let store_credit = string(info, "refundMethodAllocation") == Some("STORE_CREDIT");
    let transactions = if store_credit { Vec::new() } else { order.allocation(amount) };
    object(Suggestion { view, order, lines, shipping, maximum, amount, transactions, store_credit })
}

fn lines(order: &Order, info: &ResolveInfo<'_>) -> Result<Vec<RefundLine>, FieldError> {
    if boolean(info, "suggestFullRefund") {
        let left = order.lines.iter().map(|line| (line.id, order.refundable_quantity(line)));
        return Ok(left.filter(|(_, left)| *left > 0).filter_map(|(id, left)| line(order, id, left, None)).collect());
    }
    let asked = argument(info, "refundLineItems").and_then(JsonValue::as_array).map(Vec::as_slice).unwrap_or_default();
    asked.iter().map(|input| asked_line(order, input)).collect()
}

fn asked_line(order: &Order, input: &JsonValue) -> Result<RefundLine, FieldError> {
    let id = input.get("lineItemId").and_then(JsonValue::as_str).and_then(|gid| number_of(gid, "LineItem"));
    let quantity = input.get("quantity").and_then(JsonValue::as_i64).and_then(|q| u32::try_from(q).ok());
    let restock = input.get("restockType").and_then(JsonValue::as_str);
    let found = id.and_then(|id| order.line(id)).zip(quantity);
    let Some((asked, quantity)) = found else {
        return Err(coded("BAD_REQUEST", "Refund line items must belong to the order and have a quantity"));
    };
    if quantity > order.refundable_quantity(asked) {
        return Err(coded("BAD_REQUEST", "Quantity cannot refund more items than were purchased"));
    }
    line(order, asked.id, quantity, restock).ok_or_else(|| coded("BAD_REQUEST", "Line item does not exist"))
}

fn line(order: &Order, id: u64, quantity: u32, restock: Option<&str>) -> Option<RefundLine> {
    let subtotal = order.line(id)?.value_of(order.refunded_quantity(id), quantity);
    let restock = restock.unwrap_or("NO_RESTOCK").to_owned();
    Some(RefundLine { id: 0, line: id, quantity, restock, subtotal })
}

fn shipping(order: &Order, info: &ResolveInfo<'_>) -> Result<Money, FieldError> {
    let left = Money::from_minor(order.shipping_price().minor() - order.refunded_shipping().minor(), order.currency);
    if boolean(info, "suggestFullRefund") || boolean(info, "refundShipping") {
        return Ok(left);
    }
    let Some(asked) = argument(info, "shippingAmount") else { return Ok(order.zero()) };
    let asked = asked.as_str().map_or_else(|| asked.to_string(), str::to_owned);
    let asked = Money::parse(&asked, order.currency).map_err(|error| coded("BAD_REQUEST", error))?;
    Ok(if asked.minor() > left.minor() { left } else { asked })
}

/// `SuggestedRefund`.
struct Suggestion<'w> {
    view: View<'w>,
    order: &'w Order,
    lines: Vec<RefundLine>,
    shipping: Money,
    maximum: Money,
    amount: Money,
    transactions: Vec<(&'w Transaction, Money)>,
    store_credit: bool,
}

impl ObjectValue for Suggestion<'_> {
    fn type_name(&self) -> &str {
        "SuggestedRefund"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, order) = (self.view, self.order);
        match info.field_name() {
            "amountSet" => bag(view, order, self.amount),
            "maximumRefundableSet" => bag(view, order, self.maximum),
            "subtotalSet" | "discountedSubtotalSet" => {
                bag(view, order, order.sum(self.lines.iter().map(|line| line.subtotal)))
            }
            "totalTaxSet" | "totalDutiesSet" | "totalCartDiscountAmountSet" => bag(view, order, order.zero()),
            "refundLineItems" => list(self.lines.iter().map(|line| RefundLineNode { view, order, line: line.clone() })),
            "shipping" => object(SuggestedShipping { view, order, amount: self.shipping }),
            "suggestedTransactions" => {
                let shares = self.transactions.iter();
                list(shares.map(|(payment, amount)| SuggestedShare { view, order, payment, amount: *amount }))
            }
            "suggestedRefundMethods" => {
                let credit = self.store_credit.then_some(StoreCredit { view, order, amount: self.amount });
                list(credit)
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `ShippingRefund`.
pub struct SuggestedShipping<'w> {
    pub view: View<'w>,
    pub order: &'w Order,
    pub amount: Money,
}

impl ObjectValue for SuggestedShipping<'_> {
    fn type_name(&self) -> &str {
        "ShippingRefund"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let order = self.order;
        match info.field_name() {
            "amountSet" => bag(self.view, order, self.amount),
            "maximumRefundableSet" => {
                let left = order.shipping_price().minor() - order.refunded_shipping().minor();
                bag(self.view, order, Money::from_minor(left, order.currency))
            }
            "taxSet" => bag(self.view, order, order.zero()),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `SuggestedOrderTransaction`.
pub struct SuggestedShare<'w> {
    pub view: View<'w>,
    pub order: &'w Order,
    pub payment: &'w Transaction,
    pub amount: Money,
}

impl ObjectValue for SuggestedShare<'_> {
    fn type_name(&self) -> &str {
        "SuggestedOrderTransaction"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, order, payment) = (self.view, self.order, self.payment);
        match info.field_name() {
            "kind" => text("SUGGESTED_REFUND"),
            "gateway" => text(&payment.gateway),
            "formattedGateway" => text(&spoken(&payment.gateway)),
            "accountNumber" => null(),
            "amountSet" => bag(view, order, self.amount),
            "maximumRefundableSet" => bag(view, order, order.refundable_of(payment)),
            "parentTransaction" => maybe_object(Some(TransactionNode { view, order, transaction: payment })),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `SuggestedStoreCreditRefund`.
struct StoreCredit<'w> {
    view: View<'w>,
    order: &'w Order,
    amount: Money,
}

impl ObjectValue for StoreCredit<'_> {
    fn type_name(&self) -> &str {
        "SuggestedStoreCreditRefund"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        match info.field_name() {
            "amount" | "maximumRefundable" => bag(self.view, self.order, self.amount),
            "expiresAt" => null(),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}
