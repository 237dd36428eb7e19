//! Orders that are called off. The platform takes a request at once and works on it afterwards.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::World;
use super::order::{Cancellation, Order, RefundLine};
use super::refunding::RefundPlan;

/// Work that the platform has taken on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelJob {
    pub id: u64,
    pub order: u64,
    /// When it will have been done.
    pub at: Timestamp,
    /// Whether it has been.
    pub done: bool,
    pub reason: String,
    pub staff_note: Option<String>,
    pub refund: bool,
    pub restock: bool,
    pub notify: bool,
}

impl Order {
    /// Why the platform does not cancel this order, if it does not.
    pub fn not_cancellable(&self, now: Timestamp) -> Option<&'static str> {
        let active = |status: &str| matches!(status, "OPEN" | "REQUESTED");
        match () {
            () if self.cancellation.is_some() => Some("Order has already been cancelled"),
            () if self.fulfilments.iter().any(|it| it.at <= now) => {
                Some("Cannot cancel an order with fulfillments that can't be cancelled")
            }
            () if self.returns.iter().any(|it| active(&it.status)) => {
                Some("Cannot cancel an order with active returns")
            }
            () if self.transactions.iter().any(|it| it.kind != "REFUND" && it.status == "PENDING") => {
                Some("Cannot cancel an order with pending payments")
            }
            () => None,
        }
    }

    /// All that is left of the order, paid back or only taken out of it.
    fn whole_refund(&self, job: &CancelJob) -> RefundPlan {
        let restock = if job.restock { "CANCEL" } else { "NO_RESTOCK" };
        let left = self.lines.iter().map(|line| (line.id, self.refundable_quantity(line)));
        let lines = left.filter(|(_, left)| *left > 0).filter_map(|(id, left)| self.refund_line(id, 0, left, restock));
        let lines: Vec<RefundLine> = lines.collect();
        let shipping = if job.refund { self.shipping_left() } else { self.zero() };
        let paid = self.sum(self.payments_for_refunds().map(|payment| self.refundable_of(payment)));
        let repayments = if job.refund { self.repayments(paid) } else { Vec::new() };
        let notify = job.notify && job.refund;
        RefundPlan { order: self.id, note: None, notify, lines, shipping, repayments, returned: None }
    }
}

impl World {
    /// Does the cancellations that are due by now.
    pub fn work_off_cancellations(&mut self, now: Timestamp) {
        let due: Vec<CancelJob> = self.cancel_jobs.iter().filter(|job| !job.done && job.at <= now).cloned().collect();
        for job in due {
            self.cancel(&job);
            for known in self.cancel_jobs.iter_mut().filter(|known| known.id == job.id) {
                known.done = true;
            }
        }
    }

    /// What has changed since the request was taken may stand in the way; then nothing happens.
    pub(super) fn cancel(&mut self, job: &CancelJob) {
        let Some(order) = self.order(job.order).filter(|order| order.not_cancellable(job.at).is_none()) else { return };
        let (name, to) = (order.name.clone(), order.email.clone());
        if job.refund || job.restock {
            let plan = order.whole_refund(job);
            self.refund(job.at, plan);
        }
        if let Some(order) = self.order_mut(job.order) {
            // What was going to be sent is not sent.
            order.fulfilments.clear();
            let (reason, staff_note) = (job.reason.clone(), job.staff_note.clone());
            order.cancellation = Some(Cancellation { at: job.at, reason, staff_note });
            order.updated_at = order.updated_at.max(job.at);
        }
        if job.notify {
            let text = format!("Your order {name} was canceled");
            self.notify(job.at, format!("shopify-cancellation-{}", job.id), to, "Order canceled", text);
        }
    }
}
