//! `returnProcess`: goods of a return are taken in, and paid back where that is asked for. Nothing can be dealt with twice.

use apollo_compiler::response::JsonValue;
use jiff::Timestamp;

use super::returns::{Kind, told};
use super::{Change, Outcome, Payload, input};
use crate::sandbox::shopify::object::View;
use crate::sandbox::world::order::{Order, RefundLine, Return};
use crate::sandbox::world::refunding::{RefundPlan, Repayment};
use crate::sandbox::world::{Shop, World};

const KIND: Kind = Kind { field: "returnProcess", payload: "ReturnProcessPayload" };

/// Where, which code, in which words.
type Refusal = (String, &'static str, &'static str);

pub fn perform(world: &mut World, now: Timestamp, change: &Change) -> Outcome {
    told(process(world, now, change))
}

fn process(world: &mut World, now: Timestamp, change: &Change) -> Result<Payload, Outcome> {
    KIND.demand(View { world, now })?;
    let given = change.arguments.get("input").unwrap_or(&JsonValue::Null);
    let id = input::id(given, "returnId", "Return");
    let of_return = |order: &&Order| order.returns.iter().any(|returned| Some(returned.id) == id);
    let order = world.orders.iter().find(of_return);
    let returned = order.and_then(|order| order.returns.iter().find(|returned| Some(returned.id) == id));
    let Some((order, returned)) = order.zip(returned) else {
        return Err(KIND.refused("returnId", "NOT_FOUND", "Return does not exist"));
    };
    if returned.status != "OPEN" {
        return Err(KIND.refused("returnId", "INVALID_STATE", "Return is not open"));
    }
    let refused = |(at, code, message): Refusal| KIND.refused(&at, code, message);
    let reader = Reader { shop: &world.shop, order, returned };
    let Taken { pieces, lines } = reader.lines(given).map_err(refused)?;
    let repayments = reader.repayments(given).map_err(refused)?;
    let (returned, shipping) = (returned.id, order.zero());
    let (note, notify) = (input::text(given, "note").map(str::to_owned), input::flag(given, "notifyCustomer"));
    let plan = RefundPlan { order: order.id, note, notify, lines, shipping, repayments, returned: Some(returned) };
    world.take_back(returned, &pieces);
    if input::given(given, "financialTransfer").is_some() {
        world.refund(now, plan);
    }
    Ok(Payload { kind: KIND.payload, returned: Some(returned), ..Payload::default() })
}

/// Goods that are dealt with.
struct Taken {
    /// Ids and quantities of the return's lines.
    pieces: Vec<(u64, u32)>,
    /// The same as lines of a refund.
    lines: Vec<RefundLine>,
}

struct Reader<'a> {
    shop: &'a Shop,
    order: &'a Order,
    returned: &'a Return,
}

impl Reader<'_> {
    fn lines(&self, given: &JsonValue) -> Result<Taken, Refusal> {
        let Taken { mut pieces, mut lines } = Taken { pieces: Vec::new(), lines: Vec::new() };
        for (index, item) in input::items(given, "returnLineItems").iter().enumerate() {
            let at = |field: &str| format!("returnLineItems.{index}.{field}");
            let id = input::id(item, "id", "ReturnLineItem");
            let line = self.returned.lines.iter().find(|line| Some(line.id) == id);
            let line = line.ok_or((at("id"), "NOT_FOUND", "Return line item does not exist"))?;
            let before: u32 = pieces.iter().filter(|(id, _)| *id == line.id).map(|(_, quantity)| quantity).sum();
            let open = line.quantity.saturating_sub(line.refunded);
            let paid = input::given(given, "financialTransfer").is_some();
            let open = if paid { open.min(self.order.refundable_return(line)) } else { open };
            let left = open.saturating_sub(before);
            let quantity = input::quantity(item, "quantity").filter(|quantity| (1..=left).contains(quantity));
            let too_many = "Quantity is more than what is left to be processed";
            let quantity = quantity.ok_or((at("quantity"), "INVALID", too_many))?;
            let restock = self.restock(item, line.id, quantity, &at("dispositions"))?;
            let sold = self.order.content(line.content).map(|(_, content)| content.line).unwrap_or_default();
            let drafted = lines.iter().filter(|it| it.line == sold).map(|it| it.quantity).sum();
            lines.extend(self.order.refund_line(sold, drafted, quantity, restock));
            pieces.push((line.id, quantity));
        }
        if pieces.is_empty() {
            return Err(("returnLineItems".to_owned(), "BLANK", "Return line items can't be blank"));
        }
        Ok(Taken { pieces, lines })
    }

    /// What becomes of the goods. They are one lot here: all of a line, or none of it, goes back into stock.
    fn restock(&self, line: &JsonValue, id: u64, quantity: u32, at: &str) -> Result<&'static str, Refusal> {
        let dispositions = input::items(line, "dispositions");
        let at = |index: usize, field: &str| format!("{at}.{index}.{field}");
        let (mut counted, mut restocked) = (0, false);
        for (index, given) in dispositions.iter().enumerate() {
            let way = input::id(given, "reverseFulfillmentOrderLineItemId", "ReverseFulfillmentOrderLineItem");
            if way != Some(id) {
                let message = "Reverse fulfillment order line item does not exist";
                return Err((at(index, "reverseFulfillmentOrderLineItemId"), "NOT_FOUND", message));
            }
            counted += input::quantity(given, "quantity").unwrap_or_default();
            if input::text(given, "dispositionType") == Some("RESTOCKED") {
                restocked = true;
                match input::id(given, "locationId", "Location") {
                    Some(location) if location == self.shop.location => {}
                    Some(_) => return Err((at(index, "locationId"), "NOT_FOUND", "Location does not exist")),
                    None => return Err((at(index, "locationId"), "BLANK", "Location can't be blank when restocking")),
                }
            }
        }
        if !dispositions.is_empty() && counted != quantity {
            return Err((at(0, "quantity"), "INVALID", "Dispositions must cover the quantity of the line"));
        }
        Ok(if restocked { "RETURN" } else { "NO_RESTOCK" })
    }

    fn repayments(&self, given: &JsonValue) -> Result<Vec<Repayment>, Refusal> {
        let refund = input::given(given, "financialTransfer").and_then(|it| input::given(it, "issueRefund"));
        let Some(refund) = refund else { return Ok(Vec::new()) };
        let over_refunding = input::flag(refund, "allowOverRefunding");
        let mut repayments: Vec<Repayment> = Vec::new();
        for (index, item) in input::items(refund, "orderTransactions").iter().enumerate() {
            let at = |field: &str| format!("financialTransfer.issueRefund.orderTransactions.{index}.{field}");
            let parent = input::id(item, "parentId", "OrderTransaction");
            let parent = self.order.payments_for_refunds().find(|payment| Some(payment.id) == parent);
            let parent = parent.ok_or((at("parentId"), "NOT_FOUND", "Parent transaction does not exist"))?;
            let money = input::given(item, "transactionAmount").unwrap_or(&JsonValue::Null);
            let currency = self.order.currency;
            if input::text(money, "currencyCode") != Some(currency.code()) {
                return Err((at("transactionAmount"), "INVALID", "Currency must be that of the payment"));
            }
            let amount = input::money(money, "amount", currency).ok().flatten().filter(|it| it.minor() > 0);
            let amount = amount.ok_or((at("transactionAmount"), "INVALID", "Amount is not valid"))?;
            let drafted: i64 = repayments.iter().filter(|it| it.parent == parent.id).map(|it| it.amount.minor()).sum();
            if !over_refunding && drafted + amount.minor() > self.order.refundable_of(parent).minor() {
                return Err((at("transactionAmount"), "INVALID", "Amount is greater than what is left of the payment"));
            }
            let gateway = parent.gateway.clone();
            repayments.push(Repayment { parent: parent.id, gateway, amount, manual: parent.manual });
        }
        Ok(repayments)
    }
}
