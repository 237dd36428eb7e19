//! `Return.suggestedFinancialOutcome`: what the platform itself would give back for goods that have come.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo};
use apollo_compiler::response::JsonValue;

use super::money::bag;
use super::object::{Plain, Resolved, View, argument, coded, list, maybe_object, number_of, object};
use super::returns::ReturnNode;
use super::suggestion::{SuggestedShare, SuggestedShipping};
use crate::domain::money::Money;
use crate::sandbox::world::Order;
use crate::sandbox::world::order::{Return, Transaction};

/// Resolves the field from its arguments. Returns here have no fees, so that nobody is ever asked to pay.
pub fn suggested<'a>(of: ReturnNode<'a>, info: &ResolveInfo<'_>) -> Resolved<'a> {
    let ReturnNode { view, order, returned } = of;
    let asked = argument(info, "returnLineItems").and_then(JsonValue::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut values = Vec::new();
    for line in asked {
        values.push(value(order, returned, line)?);
    }
    let maximum = order.sum(order.payments_for_refunds().map(|payment| order.refundable_of(payment)));
    let subtotal = order.sum(values);
    let amount = if subtotal.minor() > maximum.minor() { maximum } else { subtotal };
    object(Outcome { view, order, subtotal, maximum, amount })
}

fn value(order: &Order, returned: &Return, asked: &JsonValue) -> Result<Money, FieldError> {
    let id = asked.get("id").and_then(JsonValue::as_str).and_then(|gid| number_of(gid, "ReturnLineItem"));
    let quantity = asked.get("quantity").and_then(JsonValue::as_i64).and_then(|it| u32::try_from(it).ok());
    let line = returned.lines.iter().find(|line| Some(line.id) == id);
    let (Some(line), Some(quantity)) = (line, quantity) else {
        return Err(coded("BAD_REQUEST", "Return line items must belong to the return and have a quantity"));
    };
    if quantity > order.refundable_return(line) {
        return Err(coded("BAD_REQUEST", "Quantity cannot be more than what is left of the return line item"));
    }
    let sold = order.content(line.content).and_then(|(_, content)| order.line(content.line));
    Ok(sold.map_or(order.zero(), |sold| sold.value_of(order.refunded_quantity(sold.id), quantity)))
}

/// `SuggestedReturnFinancialOutcome`.
struct Outcome<'w> {
    view: View<'w>,
    order: &'w Order,
    subtotal: Money,
    maximum: Money,
    amount: Money,
}

impl ObjectValue for Outcome<'_> {
    fn type_name(&self) -> &str {
        "SuggestedReturnFinancialOutcome"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, order) = (self.view, self.order);
        match info.field_name() {
            "discountedSubtotal" => bag(view, order, self.subtotal),
            "maximumRefundable" => bag(view, order, self.maximum),
            "totalTax" | "totalDuties" | "totalCartDiscountAmount" => bag(view, order, order.zero()),
            "shipping" => object(SuggestedShipping { view, order, amount: order.zero() }),
            "financialTransfer" => {
                let (amount, transactions) = (self.amount, order.allocation(self.amount));
                let moves = !amount.is_zero();
                maybe_object(moves.then_some(RefundOutcome { view, order, amount, transactions }))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

/// `RefundReturnOutcome`.
struct RefundOutcome<'w> {
    view: View<'w>,
    order: &'w Order,
    amount: Money,
    transactions: Vec<(&'w Transaction, Money)>,
}

impl ObjectValue for RefundOutcome<'_> {
    fn type_name(&self) -> &str {
        "RefundReturnOutcome"
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let (view, order) = (self.view, self.order);
        match info.field_name() {
            "amount" => bag(view, order, self.amount),
            "suggestedRefundMethods" => list(Vec::<Plain>::new()),
            "suggestedTransactions" => {
                let shares = self.transactions.iter();
                list(shares.map(|(payment, amount)| SuggestedShare { view, order, payment, amount: *amount }))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }
}
