//! Which receipts make which claim true. The one place that knows what a concept needs.

use jiff::civil::Date;

use super::evidence::{Evidence, Order, Parcel, Question, Report};
use super::refunds::is_about_refunds;
use crate::agents::language::{Concept, Form};
use crate::domain::effect::EffectKind;
use crate::domain::money::Money;

/// A claim about some parcels of an order, or about the order or the conversation.
pub(super) struct Claim<'c> {
    pub concept: Concept,
    pub form: Form,
    pub negated: bool,
    /// Said of what is to come.
    pub future: bool,
    pub order: Option<&'c Order>,
    pub parcels: &'c [&'c Parcel],
    /// All parcels of the order are meant.
    pub whole: bool,
}

impl Claim<'_> {
    /// Whether the receipts say so. What is said of refunds is judged with its goods and amounts, and not here.
    pub fn holds(&self, evidence: &Evidence) -> bool {
        use Concept as C;
        match self.concept {
            C::Found => !self.negated && !evidence.orders.is_empty(),
            C::NotFound => evidence.not_found,
            C::CarrierUnreachable => {
                evidence.unavailable
                    || self.reports().any(|(status, _)| matches!(status, "unavailable" | "unknown" | "error"))
            }
            C::CodeSent => !self.negated && (evidence.codes.sent || evidence.confirmed(EffectKind::Code)),
            C::Verified => self.form == Form::Open || evidence.codes.verified != self.negated,
            C::CodeWrong => evidence.codes.wrong != self.negated,
            C::Escalated => !self.negated && evidence.confirmed(EffectKind::Ticket),
            C::Asked if self.form == Form::Open => !self.negated && evidence.somebody_answers(),
            C::Asked => !self.negated && evidence.question != Question::None,
            C::Total | C::Price => true,
            C::InStock | C::SoldOut => false,
            C::Action | C::Promise | C::Rule | C::Completion | C::Unknowable => false,
            concept if is_about_refunds(concept) => false,
            _ => self.order.is_some_and(|order| self.of_order(order)),
        }
    }

    fn reports(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let reports = self.parcels.iter().filter_map(|parcel| parcel.report.as_ref());
        reports.map(|report| (report.status.as_str(), report.status_detail.as_deref()))
    }

    fn of_order(&self, order: &Order) -> bool {
        use Concept as C;
        let known = !order.partial || !order.status.is_empty();
        match self.concept {
            C::Placed => !self.negated && !self.future,
            C::NotShipped => known && (order.status == "not_shipped") != self.negated && order.cancelled_on.is_none(),
            C::Shipped if self.form == Form::Open || self.future => false,
            C::Shipped => self.shipped(order, known),
            C::PartlyShipped => (order.status == "partially_shipped") != self.negated && known,
            C::Cancelled => self.now() && known && (order.status == "cancelled") != self.negated,
            C::Paid => {
                self.now()
                    && known
                    && matches!(order.payment.as_str(), "paid" | "partially_refunded" | "refunded") != self.negated
                    && !order.payment.is_empty()
            }
            C::PaymentPending => {
                self.now()
                    && matches!(order.payment.as_str(), "pending" | "authorized") != self.negated
                    && !order.payment.is_empty()
            }
            C::PartlyRefunded => {
                self.now() && (order.payment == "partially_refunded") != self.negated && !order.payment.is_empty()
            }
            C::Returned => self.now() && !order.partial && order.returns.is_empty() == self.negated,
            C::Expected => self.expected(),
            C::Delivered if self.future || self.form == Form::Open => {
                !self.negated && self.expected() && !self.any(Parcel::is_delivered)
            }
            _ => self.of_parcels(order, known),
        }
    }

    fn now(&self) -> bool {
        !self.future && self.form != Form::Open
    }

    fn any(&self, test: impl Fn(&Parcel) -> bool) -> bool {
        self.parcels.iter().any(|parcel| test(parcel))
    }

    fn every(&self, test: impl Fn(&Parcel) -> bool) -> bool {
        !self.parcels.is_empty() && self.parcels.iter().all(|parcel| test(parcel))
    }

    fn expected(&self) -> bool {
        match self.negated {
            false => self.every(|parcel| parcel.estimate().is_some()),
            // `There is no estimate yet`.
            true => !self.any(|parcel| parcel.estimate().is_some()),
        }
    }

    fn shipped(&self, order: &Order, known: bool) -> bool {
        if self.negated {
            return known && order.shipments.is_empty() && matches!(order.status.as_str(), "not_shipped" | "cancelled");
        }
        if order.partial && order.shipments.is_empty() {
            return matches!(order.status.as_str(), "shipped" | "delivered");
        }
        let all =
            matches!(order.status.as_str(), "shipped" | "delivered") || (order.partial && order.status.is_empty());
        self.every(|_| true) && (!self.whole || all)
    }

    /// Claims about where parcels are. Said of the whole order they must hold for each of its parcels, and the order
    /// must have left whole.
    fn of_parcels(&self, order: &Order, known: bool) -> bool {
        if self.future {
            return false;
        }
        if self.parcels.is_empty() {
            // An order that has not left is certainly not on its way.
            return match self.negated {
                true => {
                    known && matches!(order.status.as_str(), "not_shipped" | "cancelled") && order.shipments.is_empty()
                }
                false => order.partial && self.concept == Concept::Delivered && order.status == "delivered",
            };
        }
        let incomplete = self.whole && order.status == "partially_shipped";
        match self.negated {
            true => self.every(|parcel| self.parcel_is(parcel) == Some(false)),
            false => !incomplete && self.every(|parcel| self.parcel_is(parcel) == Some(true)),
        }
    }

    /// `None` where no receipt tells.
    fn parcel_is(&self, parcel: &Parcel) -> Option<bool> {
        use Concept as C;
        if parcel.outdated {
            return None;
        }
        let status = parcel.carrier_status();
        let is = |wanted: &str| status.map(|status| status == wanted);
        let detail = parcel.report.as_ref().and_then(|report| report.status_detail.as_deref()).unwrap_or_default();
        let scans = parcel.scans().count();
        match self.concept {
            C::Delivered => match status {
                Some(_) => Some(parcel.is_delivered()),
                None if parcel.is_delivered() => Some(true),
                // The store's own silence about a delivery proves nothing after the carrier was asked in vain.
                None => parcel.report.is_none().then_some(false),
            },
            C::InTransit => match status {
                Some(status) => Some(matches!(status, "in_transit" | "out_for_delivery")),
                None => Some(!parcel.is_delivered() && parcel.shipped_on.is_some() && parcel.report.is_none()),
            },
            C::LabelCreated => is("pre_transit"),
            C::OutForDelivery => is("out_for_delivery"),
            C::ReadyForPickup => is("available_for_pickup"),
            C::ReturnToSender => is("return_to_sender"),
            C::Delayed => {
                status.map(|status| detail.contains("delay") || (status == "failure" && detail.contains("late")))
            }
            C::DeliveryProblem => status.map(|status| {
                status == "failure"
                    || detail.contains("exception")
                    || detail.contains("attempt")
                    || detail.contains("undeliverable")
                    || detail.contains("delay")
            }),
            C::Scanned => {
                let only_a_label = |report: &Report| report.status == "pre_transit" && self.form != Form::Topic;
                parcel.report.as_ref().map(|report| scans > 0 && !only_a_label(report))
            }
            // A label's own entry is the store's, not a scan of the carrier.
            C::NotScanned => parcel.report.as_ref().map(|report| scans == 0 || report.status == "pre_transit"),
            _ => None,
        }
    }

    /// The days that a date beside this claim may name, for one parcel (or none).
    pub fn dates(&self, today: Date, parcel: Option<&Parcel>) -> Vec<Date> {
        use Concept as C;
        let of_order = |date: fn(&Order) -> Option<Date>| self.order.and_then(date).into_iter().collect::<Vec<_>>();
        let estimate = || parcel.and_then(Parcel::estimate).into_iter().collect::<Vec<_>>();
        let scans = || parcel.into_iter().flat_map(Parcel::scans).filter_map(|scan| scan.on).collect::<Vec<_>>();
        let shipped = || parcel.and_then(|parcel| parcel.shipped_on);
        if self.negated {
            return vec![today];
        }
        match self.concept {
            C::Placed => of_order(|order| order.placed_on),
            C::Cancelled if self.now() => of_order(|order| order.cancelled_on),
            C::Returned if self.now() => {
                self.order.iter().flat_map(|order| &order.returns).filter_map(|back| back.opened_on).collect()
            }
            C::Shipped | C::LabelCreated if self.now() => shipped().into_iter().collect(),
            C::Expected => estimate(),
            C::Delivered if self.form == Form::Topic => match parcel.and_then(Parcel::delivered_on) {
                Some(date) => vec![date],
                None => estimate(),
            },
            C::Delivered if self.now() => parcel.and_then(Parcel::delivered_on).into_iter().collect(),
            C::Delivered => estimate(),
            C::InTransit => shipped().into_iter().chain([today]).collect(),
            C::Delayed => estimate().into_iter().chain([today]).collect(),
            C::Scanned | C::DeliveryProblem => scans(),
            C::NotShipped | C::OutForDelivery | C::CodeSent | C::NotScanned => vec![today],
            _ => Vec::new(),
        }
    }

    /// The amounts that may stand beside this claim. `None`: the claim says nothing of amounts.
    pub fn amounts(&self) -> Option<Vec<Money>> {
        use Concept as C;
        let order = self.order?;
        match self.concept {
            C::Refunded | C::PartlyRefunded => Some(order.refunded.into_iter().collect()),
            C::Total => Some(order.total.into_iter().collect()),
            C::Paid
                if !self.negated && matches!(order.payment.as_str(), "paid" | "refunded" | "partially_refunded") =>
            {
                Some(order.total.into_iter().collect())
            }
            C::PaymentPending => Some(order.total.into_iter().collect()),
            C::Paid | C::Returned | C::Action | C::Promise | C::Rule | C::Unknowable => Some(Vec::new()),
            _ => None,
        }
    }
}
