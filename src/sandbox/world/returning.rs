//! Goods that come back.

use jiff::Timestamp;

use super::World;
use super::order::{Content, Order, Return, ReturnLine, ReverseDelivery, Tracking};

impl Order {
    /// How many pieces of what was sent can still come back: those that were neither paid back nor are coming already.
    pub fn returnable_quantity(&self, content: &Content) -> u32 {
        let counted = |returned: &&Return| matches!(returned.status.as_str(), "OPEN" | "REQUESTED" | "CLOSED");
        let lines = self.returns.iter().filter(counted).flat_map(|returned| &returned.lines);
        let coming_back: u32 = lines.filter(|line| line.content == content.id).map(|line| line.quantity).sum();
        let refundable = self.line(content.line).map_or(0, |line| self.refundable_quantity(line));
        content.quantity.saturating_sub(coming_back).min(refundable)
    }
}

/// A parcel that will bring goods back.
pub struct Label {
    pub url: Option<String>,
    pub number: Option<String>,
    pub tracking_url: Option<String>,
}

impl World {
    /// The return of any order that is meant.
    pub fn return_mut(&mut self, is: impl Fn(&Return) -> bool) -> Option<&mut Return> {
        self.orders.iter_mut().flat_map(|order| &mut order.returns).find(|returned| is(returned))
    }

    /// Enters a return and gives its id. The ids of its lines are given here.
    pub fn open_return(&mut self, now: Timestamp, order: u64, status: &str, lines: Vec<ReturnLine>) -> u64 {
        let (id, reverse_order) = (self.new_id(), self.new_id());
        let lines = lines.into_iter().map(|line| ReturnLine { id: self.new_id(), ..line }).collect();
        if let Some(order) = self.order_mut(order) {
            let name = format!("{}-R{}", order.name, order.returns.len() + 1);
            let (status, closed_at, deliveries) = (status.to_owned(), None, Vec::new());
            order.returns.push(Return { id, name, at: now, closed_at, status, lines, reverse_order, deliveries });
            order.updated_at = order.updated_at.max(now);
        }
        id
    }

    /// Adds a parcel to a return and gives its id.
    pub fn label_return(&mut self, now: Timestamp, returned: u64, label: Label) -> u64 {
        let id = self.new_id();
        if let Some(returned) = self.return_mut(|it| it.id == returned) {
            let tracking = Tracking { company: None, number: label.number, url: label.tracking_url };
            returned.deliveries.push(ReverseDelivery { id, tracking, label_url: label.url, at: now });
        }
        id
    }

    /// Marks pieces of a return's lines, by their ids, as dealt with.
    pub fn take_back(&mut self, returned: u64, taken: &[(u64, u32)]) {
        let Some(returned) = self.return_mut(|it| it.id == returned) else { return };
        for line in &mut returned.lines {
            line.refunded += taken.iter().filter(|(id, _)| *id == line.id).map(|(_, quantity)| quantity).sum::<u32>();
        }
    }
}
