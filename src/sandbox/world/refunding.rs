//! A refund that is made: money, stock, mail.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::order::{Order, Refund, RefundLine, Transaction};
use super::{Mail, MailVia, Settlement, World};
use crate::domain::money::Money;

/// A refund that may be made. Ids are given when it is.
#[derive(Clone, Debug)]
pub struct RefundPlan {
    pub order: u64,
    pub note: Option<String>,
    pub notify: bool,
    pub lines: Vec<RefundLine>,
    pub shipping: Money,
    pub repayments: Vec<Repayment>,
    /// The return of which it comes.
    pub returned: Option<u64>,
}

/// Some of one payment, given back.
#[derive(Clone, Debug)]
pub struct Repayment {
    pub parent: u64,
    pub gateway: String,
    pub amount: Money,
    pub manual: bool,
}

impl Order {
    /// Spreads an amount over the payments: cards and the like first, gift cards last.
    pub fn allocation(&self, amount: Money) -> Vec<(&Transaction, Money)> {
        let mut due = amount.minor();
        let mut shares = Vec::new();
        for payment in self.payments_for_refunds() {
            let share = due.min(self.refundable_of(payment).minor());
            if share > 0 {
                shares.push((payment, Money::from_minor(share, self.currency)));
                due -= share;
            }
        }
        shares
    }

    /// The same as repayments.
    pub fn repayments(&self, amount: Money) -> Vec<Repayment> {
        let shares = self.allocation(amount).into_iter();
        let repayments = shares.map(|(payment, amount)| Repayment {
            parent: payment.id,
            gateway: payment.gateway.clone(),
            amount,
            manual: payment.manual,
        });
        repayments.collect()
    }

    pub fn shipping_left(&self) -> Money {
        Money::from_minor((self.shipping_price().minor() - self.refunded_shipping().minor()).max(0), self.currency)
    }

    /// Some pieces of a line as a refund takes them, after those that others have taken.
    pub fn refund_line(&self, line: u64, taken: u32, quantity: u32, restock: &str) -> Option<RefundLine> {
        let subtotal = self.line(line)?.value_of(self.refunded_quantity(line) + taken, quantity);
        Some(RefundLine { id: 0, line, quantity, restock: restock.to_owned(), subtotal })
    }
}

impl World {
    /// Makes the refund and returns its id.
    pub fn refund(&mut self, now: Timestamp, plan: RefundPlan) -> u64 {
        let id = self.new_id();
        let repaid: Vec<Transaction> = plan.repayments.iter().map(|it| self.repay(now, plan.order, it)).collect();
        let lines: Vec<RefundLine> =
            plan.lines.into_iter().map(|line| RefundLine { id: self.new_id(), ..line }).collect();
        for line in lines.iter().filter(|line| line.restock != "NO_RESTOCK") {
            self.restock(plan.order, line.line, line.quantity);
        }
        if plan.notify {
            self.notify_of_refund(now, id, plan.order, &repaid);
        }
        if let Some(order) = self.order_mut(plan.order) {
            let transactions = repaid.iter().map(|transaction| transaction.id).collect();
            order.transactions.extend(repaid);
            let (note, shipping, returned) = (plan.note, plan.shipping, plan.returned);
            order.refunds.push(Refund { id, at: now, note, lines, shipping, transactions, returned });
            order.updated_at = order.updated_at.max(now);
        }
        id
    }

    /// Passes the repayment to its gateway, which decides at once or later.
    fn repay(&mut self, now: Timestamp, order: u64, repayment: &Repayment) -> Transaction {
        let id = self.new_id();
        let slow = self.shop.slow_refunds.iter().find(|slow| slow.gateway == repayment.gateway).cloned();
        if let Some(slow) = &slow {
            let at = now + SignedDuration::from_secs(i64::from(slow.after_seconds));
            self.settlements.push(Settlement { at, order, transaction: id, end: slow.end });
        }
        Transaction {
            id,
            kind: "REFUND".to_owned(),
            status: if slow.is_some() { "PENDING" } else { "SUCCESS" }.to_owned(),
            gateway: repayment.gateway.clone(),
            manual: repayment.manual,
            amount: repayment.amount,
            at: now,
            parent: Some(repayment.parent),
        }
    }

    /// Puts pieces of an order's line back into stock.
    pub fn restock(&mut self, order: u64, line: u64, quantity: u32) {
        let variant = self.order(order).and_then(|order| order.line(line)).and_then(|line| line.variant);
        let variants = self.products.iter_mut().flat_map(|product| &mut product.variants);
        if let Some(variant) = variants.into_iter().find(|it| Some(it.id) == variant) {
            variant.stock += i64::from(quantity);
        }
    }

    fn notify_of_refund(&mut self, now: Timestamp, id: u64, order: u64, repaid: &[Transaction]) {
        let Some(order) = self.order(order) else { return };
        let amount = order.sum(repaid.iter().map(|transaction| transaction.amount));
        let text = format!("Total amount refunded for order {}: {amount}", order.name);
        let to = order.email.clone();
        self.notify(now, format!("shopify-refund-{id}"), to, "Refund notification", text);
    }

    /// The platform mails the shopper.
    pub fn notify(&mut self, now: Timestamp, id: String, to: Option<String>, subject: &str, text: String) {
        self.mails.push(Mail {
            id,
            at: now,
            via: MailVia::Shopify,
            from: self.shop.email.clone(),
            to: to.into_iter().collect(),
            subject: subject.to_owned(),
            text: Some(text),
            html: None,
            custom_args: json!({}),
        });
    }
}
