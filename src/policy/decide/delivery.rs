//! When the units of a line were delivered, and the window that follows.

use std::cmp::Reverse;

use jiff::Span;
use jiff::civil::Date;

use super::Draft;
use crate::domain::order::{Fulfilment, FulfilmentStatus, Line};
use crate::policy::Policy;
use crate::policy::ask::Situation;
use crate::policy::decision::{Reason, Window};
use crate::policy::rules::{CaseRules, Handling};

/// The platform's words for a parcel that is on its way, which give no doubt that it was not delivered.
const UNDER_WAY: [&str; 9] = [
    "label_printed",
    "label_purchased",
    "ready_for_pickup",
    "picked_up",
    "carrier_picked_up",
    "in_transit",
    "out_for_delivery",
    "attempted_delivery",
    "delayed",
];
/// Its words for what never left.
const VOID: [&str; 3] = ["cancelled", "canceled", "error"];

/// Where a unit is. Ordered by which units of a line are taken to be meant first: the latest delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Delivery {
    /// On this day of the store.
    On(Reverse<Date>),
    UnderWay,
    Unknown,
    Unshipped,
}

/// Where the units are that a request means, without saying which of the line's they are. Units that are gone already
/// are taken to be the latest delivered ones, so that no unit is judged by the window of another.
pub(super) fn of_asked(at: &Situation<'_>, line: &Line, asked: u32) -> Vec<Delivery> {
    let mut runs = runs(at, line);
    runs.sort();
    let mut gone = gone(at, line);
    let mut wanted = asked;
    let mut found = Vec::new();
    for (delivery, count) in runs {
        let passed = gone.min(count);
        gone -= passed;
        let taken = wanted.min(count - passed);
        wanted -= taken;
        if taken > 0 {
            found.push(delivery);
        }
    }
    found
}

/// Every unit of the line, in runs that share a delivery.
fn runs(at: &Situation<'_>, line: &Line) -> Vec<(Delivery, u32)> {
    let mut unshipped = line.quantity;
    let mut runs = Vec::new();
    for (fulfilment, count) in shipped(at, line) {
        unshipped = unshipped.saturating_sub(count);
        runs.push((delivery(at, fulfilment), count));
    }
    runs.push((Delivery::Unshipped, unshipped));
    runs
}

/// The fulfilments that hold units of the line.
pub(super) fn shipped<'a>(at: &Situation<'a>, line: &'a Line) -> impl Iterator<Item = (&'a Fulfilment, u32)> {
    at.order.fulfilments.iter().filter(|fulfilment| left_the_store(fulfilment)).flat_map(|fulfilment| {
        let contents = fulfilment.contents.iter().filter(|(id, _)| *id == line.id);
        contents.map(move |(_, count)| (fulfilment, *count))
    })
}

pub(super) fn left_the_store(fulfilment: &Fulfilment) -> bool {
    !VOID.contains(&fulfilment.status.as_str())
}

/// Units that were shipped and are refunded or claimed. In an order that is fulfilled, what was never shipped was
/// taken out of it before.
fn gone(at: &Situation<'_>, line: &Line) -> u32 {
    let consumed = line.quantity.saturating_sub(line.refundable_quantity);
    let sent: u32 = shipped(at, line).fold(0, |sum, (_, count)| sum.saturating_add(count));
    let removed = match at.order.fulfilment {
        FulfilmentStatus::Fulfilled => line.quantity.saturating_sub(sent),
        _ => 0,
    };
    consumed.saturating_sub(removed).saturating_add(at.spent.of_line(&line.id))
}

fn delivery(at: &Situation<'_>, fulfilment: &Fulfilment) -> Delivery {
    let on = |moment: jiff::Timestamp| Delivery::On(Reverse(moment.to_zoned_datetime(at.zone.clone()).date()));
    match at.carriers.iter().find(|word| word.fulfilment == fulfilment.id) {
        Some(word) => word.delivered_at.map_or(Delivery::UnderWay, on),
        None => match fulfilment.delivered_at {
            Some(moment) => on(moment),
            None if UNDER_WAY.contains(&fulfilment.status.as_str()) => Delivery::UnderWay,
            None => Delivery::Unknown,
        },
    }
}

impl Draft {
    /// Whether the units were delivered, and whether they may still come back.
    pub(super) fn look_at_window(
        &mut self,
        policy: &Policy,
        at: &Situation<'_>,
        rules: &CaseRules,
        line: &Line,
        asked: u32,
    ) {
        for delivery in of_asked(at, line, asked) {
            match delivery {
                Delivery::On(Reverse(day)) => {
                    let window = policy.window(at, line, day);
                    match (window.last_day, window.open) {
                        (None, _) => self.object(Handling::Approval, Reason::NoWindow),
                        (Some(_), false) => self.object(rules.after_window, Reason::OutsideWindow),
                        (Some(_), true) => {}
                    }
                    self.facts.windows.push(window);
                }
                Delivery::UnderWay => self.object(Handling::Deny, Reason::NotDelivered),
                Delivery::Unknown => self.object(Handling::Person, Reason::DeliveryUnknown),
                Delivery::Unshipped => self.object(Handling::Deny, Reason::NotShipped),
            }
        }
    }
}

impl Policy {
    fn window(&self, at: &Situation<'_>, line: &Line, delivered_on: Date) -> Window {
        let last_day = self.window_days(at).map(|days| later(delivered_on, days));
        let today = at.now.to_zoned_datetime(at.zone.clone()).date();
        let open = last_day.is_some_and(|last_day| today <= last_day);
        Window { line: line.id.clone(), delivered_on, last_day, open }
    }

    fn window_days(&self, at: &Situation<'_>) -> Option<u32> {
        let special = self.vip.window_days.filter(|_| self.is_vip(at));
        special.or(self.returns.window_days)
    }
}

/// So many days after a day, or the end of time.
pub(super) fn later(day: Date, days: u32) -> Date {
    let span = Span::new().try_days(i64::from(days));
    span.ok().and_then(|span| day.checked_add(span).ok()).unwrap_or(Date::MAX)
}
