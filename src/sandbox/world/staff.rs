//! What the store's own people do in the platform's admin, beside whoever answers shoppers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use thiserror::Error;

use super::order::RefundLine;
use super::refunding::RefundPlan;
use super::{CancelJob, Order, World};
use crate::domain::money::Money;

/// Why the admin lets nobody do it.
#[derive(Debug, Error)]
pub enum StaffError {
    #[error("there is no order {0}")]
    NoOrder(String),
    #[error("of {title:?} in {order}, {left} are left to be paid back, not {wanted}")]
    NotLeft { order: String, title: String, left: u32, wanted: u32 },
    #[error("{order}: {why}")]
    NotCancellable { order: String, why: &'static str },
    #[error("no product, or no variant of one, is called {0:?}")]
    NoProduct(String),
}

impl World {
    /// Pays back pieces of an order, by their titles. Pieces that were not sent are taken out of it. Returns what is paid.
    pub fn staff_refund(
        &mut self,
        now: Timestamp,
        number: &str,
        items: &BTreeMap<String, u32>,
    ) -> Result<Money, StaffError> {
        let order = self.order_numbered(number)?;
        let mut lines = Vec::new();
        for (title, quantity) in items {
            lines.extend(order.pieces(title, *quantity)?);
        }
        let amount = order.sum(lines.iter().map(|line| line.subtotal));
        let (repayments, shipping) = (order.repayments(amount), order.zero());
        let plan =
            RefundPlan { order: order.id, note: None, notify: false, lines, shipping, repayments, returned: None };
        self.refund(now, plan);
        Ok(amount)
    }

    /// Calls an order off, and pays back all that is left of it.
    pub fn staff_cancel(&mut self, now: Timestamp, number: &str) -> Result<(), StaffError> {
        let order = self.order_numbered(number)?;
        if let Some(why) = order.not_cancellable(now) {
            return Err(StaffError::NotCancellable { order: order.name.clone(), why });
        }
        let job = CancelJob {
            order: order.id,
            id: self.new_id(),
            at: now,
            done: true,
            reason: "STAFF".to_owned(),
            staff_note: None,
            refund: true,
            restock: true,
            notify: false,
        };
        self.cancel(&job);
        Ok(())
    }

    /// Corrects how many pieces there are, of all variants or of one.
    pub fn staff_stock(&mut self, product: &str, variant: Option<&str>, pieces: i64) -> Result<(), StaffError> {
        let is_meant = |title: &str| variant.is_none_or(|wanted| wanted == title);
        let found = self.products.iter_mut().find(|known| known.title == product);
        let mut variants = found.into_iter().flat_map(|found| &mut found.variants).filter(|own| is_meant(&own.title));
        let none = || StaffError::NoProduct(variant.map_or(product.to_owned(), |own| format!("{product}, {own}")));
        variants.next().ok_or_else(none)?.stock = pieces;
        variants.for_each(|own| own.stock = pieces);
        Ok(())
    }

    /// With or without the sign before it.
    fn order_numbered(&self, number: &str) -> Result<&Order, StaffError> {
        let bare = number.trim_start_matches('#');
        let found = self.orders.iter().find(|order| order.name.trim_start_matches('#') == bare);
        found.ok_or_else(|| StaffError::NoOrder(number.to_owned()))
    }
}

impl Order {
    /// Pieces of this title as a refund takes them, from one line after the other.
    fn pieces(&self, title: &str, wanted: u32) -> Result<Vec<RefundLine>, StaffError> {
        let (mut missing, mut taken) = (wanted, Vec::new());
        for line in self.lines.iter().filter(|line| line.title == title) {
            let quantity = self.refundable_quantity(line).min(missing);
            let is_here = self.unfulfilled_quantity(line) >= quantity;
            let restock = if is_here { "CANCEL" } else { "NO_RESTOCK" };
            missing -= quantity;
            taken.extend(self.refund_line(line.id, 0, quantity, restock).filter(|_| quantity > 0));
        }
        if missing == 0 && wanted > 0 {
            return Ok(taken);
        }
        let (order, title) = (self.name.clone(), title.to_owned());
        Err(StaffError::NotLeft { order, title, left: wanted - missing, wanted })
    }
}
