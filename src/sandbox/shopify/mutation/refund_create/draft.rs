//! A refund's input against its order. The vendor publishes neither the words of these refusals nor their order; that
//! it refuses is what counts.

use apollo_compiler::response::JsonValue;

use crate::domain::money::Money;
use crate::sandbox::shopify::mutation::{UserError, input};
use crate::sandbox::shopify::object::number_of;
use crate::sandbox::world::Shop;
use crate::sandbox::world::order::{Order, RefundLine, Transaction};
use crate::sandbox::world::refunding::{RefundPlan, Repayment};

struct Reader<'a> {
    shop: &'a Shop,
    order: &'a Order,
    over_refunding: bool,
    errors: Vec<UserError>,
}

/// The refund that the input asks for, or why there is none.
pub fn read(shop: &Shop, order: &Order, given: &JsonValue) -> Result<RefundPlan, Vec<UserError>> {
    let over_refunding = input::flag(given, "allowOverRefunding");
    let mut reader = Reader { shop, order, over_refunding, errors: Vec::new() };
    reader.check_currency(given);
    let lines = reader.lines(given);
    let shipping = reader.shipping(given);
    let repayments = reader.repayments(given);
    if reader.errors.is_empty() && lines.is_empty() && shipping.is_zero() && repayments.is_empty() {
        reader.refuse("", "Refund must have at least one line item, transaction or shipping line");
    }
    if !reader.errors.is_empty() {
        return Err(reader.errors);
    }
    let (note, notify) = (input::text(given, "note").map(str::to_owned), input::flag(given, "notify"));
    Ok(RefundPlan { order: order.id, note, notify, lines, shipping, repayments, returned: None })
}

impl Reader<'_> {
    fn refuse(&mut self, field: &str, message: impl Into<String>) {
        self.errors.push(UserError::new(field, message));
    }

    fn check_currency(&mut self, given: &JsonValue) {
        let presentment = self.order.currency.code();
        match input::text(given, "currency") {
            None if self.order.currency == self.shop.currency => {}
            None => self.refuse("currency", "Currency is required for orders in another currency than the shop's"),
            Some(currency) if currency == presentment => {}
            Some(_) => self.refuse("currency", format!("Currency must be the presentment currency {presentment}")),
        }
    }

    fn lines(&mut self, given: &JsonValue) -> Vec<RefundLine> {
        let mut lines: Vec<RefundLine> = Vec::new();
        for (index, input) in input::items(given, "refundLineItems").iter().enumerate() {
            if let Some(line) = self.line(input, &format!("refundLineItems.{index}"), &lines) {
                lines.push(line);
            }
        }
        lines
    }

    fn line(&mut self, given: &JsonValue, at: &str, before: &[RefundLine]) -> Option<RefundLine> {
        let order = self.order;
        let line = input::id(given, "lineItemId", "LineItem").and_then(|id| order.line(id));
        let Some(line) = line else {
            self.refuse(&format!("{at}.lineItemId"), "Line item does not belong to the order");
            return None;
        };
        let drafted: u32 = before.iter().filter(|other| other.line == line.id).map(|other| other.quantity).sum();
        let left = order.refundable_quantity(line).saturating_sub(drafted);
        let quantity = input::quantity(given, "quantity").filter(|quantity| (1..=left).contains(quantity));
        let Some(quantity) = quantity else {
            self.refuse(&format!("{at}.quantity"), "Quantity cannot refund more items than were purchased");
            return None;
        };
        let restock = input::text(given, "restockType").unwrap_or("NO_RESTOCK").to_owned();
        self.check_restock(given, at, &restock, line.id, quantity);
        order.refund_line(line.id, drafted, quantity, &restock)
    }

    fn check_restock(&mut self, given: &JsonValue, at: &str, restock: &str, line: u64, quantity: u32) {
        let order = self.order;
        let unsent = order.line(line).map_or(0, |line| order.unfulfilled_quantity(line));
        let fitting = match restock {
            "NO_RESTOCK" => return,
            "CANCEL" => quantity <= unsent,
            "RETURN" => quantity <= order.fulfilled_quantity(line),
            _ => false,
        };
        if !fitting {
            self.refuse(&format!("{at}.restockType"), "Restock type does not fit the fulfillment of the line item");
        }
        match input::id(given, "locationId", "Location") {
            Some(location) if location == self.shop.location => {}
            Some(_) => self.refuse(&format!("{at}.locationId"), "Location does not exist"),
            None => self.refuse(&format!("{at}.locationId"), "Location can't be blank when restocking"),
        }
    }

    fn shipping(&mut self, given: &JsonValue) -> Money {
        let order = self.order;
        let left = order.shipping_left();
        let Some(shipping) = input::given(given, "shipping") else { return order.zero() };
        if input::flag(shipping, "fullRefund") {
            return left;
        }
        match input::money(shipping, "amount", order.currency) {
            Ok(Some(amount)) if (0..=left.minor()).contains(&amount.minor()) => amount,
            Ok(None) => order.zero(),
            Ok(Some(_)) => {
                self.refuse("shipping.amount", "Refund shipping amount cannot be more than what is left of it");
                order.zero()
            }
            Err(error) => {
                self.errors.push(error);
                order.zero()
            }
        }
    }

    fn repayments(&mut self, given: &JsonValue) -> Vec<Repayment> {
        let mut repayments: Vec<Repayment> = Vec::new();
        for (index, input) in input::items(given, "transactions").iter().enumerate() {
            match self.repayment(input, &repayments) {
                Ok(repayment) => repayments.push(repayment),
                Err((field, message)) => self.refuse(&format!("transactions.{index}.{field}"), message),
            }
        }
        repayments
    }

    fn repayment(&self, given: &JsonValue, before: &[Repayment]) -> Result<Repayment, (&'static str, &'static str)> {
        let order = self.order;
        if input::text(given, "kind") != Some("REFUND") {
            return Err(("kind", "Kind must be refund"));
        }
        if input::id(given, "orderId", "Order") != Some(order.id) {
            return Err(("orderId", "Transaction must belong to the refunded order"));
        }
        let parent = self.parent(given).ok_or(("parentId", "Parent transaction cannot be refunded"))?;
        if input::text(given, "gateway") != Some(parent.gateway.as_str()) {
            return Err(("gateway", "Gateway must be that of the parent transaction"));
        }
        let amount = input::money(given, "amount", order.currency).ok().flatten();
        let amount = amount.filter(|amount| amount.minor() > 0).ok_or(("amount", "Amount is not valid"))?;
        let drafted: i64 = before.iter().filter(|it| it.parent == parent.id).map(|it| it.amount.minor()).sum();
        if !self.over_refunding && drafted + amount.minor() > order.refundable_of(parent).minor() {
            return Err(("amount", "Refund amount is greater than what is left of the payment"));
        }
        Ok(Repayment { parent: parent.id, gateway: parent.gateway.clone(), amount, manual: parent.manual })
    }

    fn parent(&self, given: &JsonValue) -> Option<&Transaction> {
        let id = input::text(given, "parentId").and_then(|gid| number_of(gid, "OrderTransaction"))?;
        self.order.payments_for_refunds().find(|payment| payment.id == id)
    }
}
