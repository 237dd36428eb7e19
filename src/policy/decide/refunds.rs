//! Refunds, returns, refunds on arrival, goodwill.

use super::delivery::{Delivery, later, of_asked, shipped};
use super::limits::OrderLimit;
use super::money::Fees;
use super::{Draft, goods::Asked};
use crate::domain::order::LineQuantity;
use crate::policy::Policy;
use crate::policy::ask::{ArrivalAsk, GoodwillAsk, Outcome, RefundAsk, ReturnAsk, Situation};
use crate::policy::decision::{Decision, Instead, Reason, ReturnTerms, Subject};
use crate::policy::rules::{CaseRules, Handling, LossRules, Payer};

impl Policy {
    /// Money at once, without a return.
    pub fn refund(&self, at: &Situation<'_>, ask: &RefundAsk<'_>) -> Decision {
        match self.refunds.with_goods(ask.case) {
            Some(rules) => self.refund_without_return(at, ask, rules),
            None => self.refund_of_loss(at, ask),
        }
    }

    fn refund_without_return(&self, at: &Situation<'_>, ask: &RefundAsk<'_>, rules: &CaseRules) -> Decision {
        let mut draft = Draft::new(Subject::Refund);
        let asked = draft.look_at_request(self, at, ask.pieces);
        draft.look_at_goods(self, at, rules, &asked);
        let may_return = !asked.is_empty() && draft.verdict.handling() < Handling::Person;
        draft.instead = Some(Instead::ReturnFirst).filter(|_| may_return && rules.return_first < Handling::Person);
        match (rules.no_return, draft.instead) {
            (Handling::Deny, Some(Instead::ReturnFirst)) => draft.object(Handling::Deny, Reason::GoodsFirst),
            (handling, _) => draft.object_as_written(handling),
        }
        draft.look_at_shipping(ask.shipping, rules.shipping, ask.pieces);
        let most = rules.no_return_limits.of(at.order.currency);
        let limit = OrderLimit { most, beyond: Reason::AboveReturnlessLimit };
        if let Some(pays) = draft.look_at_money(at, ask.quote, Fees::default()) {
            draft.look_at_limits(self, at, limit, pays);
        }
        draft.decided()
    }

    fn refund_of_loss(&self, at: &Situation<'_>, ask: &RefundAsk<'_>) -> Decision {
        let rules = &self.refunds.never_arrived;
        let mut draft = Draft::new(Subject::Refund);
        let asked = draft.look_at_request(self, at, ask.pieces);
        draft.object_as_written(rules.handling);
        asked.iter().for_each(|asked| draft.look_at_loss(at, rules, *asked));
        draft.look_at_shipping(ask.shipping, rules.shipping, ask.pieces);
        let most = self.order_limit(at, &rules.order_limits);
        let limit = OrderLimit { most, beyond: Reason::AboveOrderLimit };
        if let Some(pays) = draft.look_at_money(at, ask.quote, Fees::default()) {
            draft.look_at_limits(self, at, limit, pays);
        }
        draft.decided()
    }

    /// Goods that come back. The money is asked for when they have arrived: its limits do not matter yet.
    pub fn take_back(&self, at: &Situation<'_>, ask: &ReturnAsk<'_>) -> Decision {
        let mut draft = Draft::new(Subject::Return);
        let Some(rules) = self.refunds.with_goods(ask.case) else {
            draft.object(Handling::Deny, Reason::NothingToReturn);
            return draft.decided();
        };
        let asked = draft.look_at_request(self, at, ask.pieces);
        if ask.pieces.is_empty() {
            draft.object(Handling::Deny, Reason::NothingAsked);
        }
        draft.look_at_goods(self, at, rules, &asked);
        draft.object_as_written(rules.return_first);
        if ask.outcome == Outcome::Exchange {
            draft.object(Handling::Person, Reason::Exchange);
        }
        draft.facts.terms = Some(ReturnTerms {
            restocking_fee_percent: rules.restocking_fee_percent,
            label_paid_by: rules.label_paid_by,
        });
        draft.decided()
    }

    /// The money for goods that came back.
    pub fn refund_on_arrival(&self, at: &Situation<'_>, ask: &ArrivalAsk<'_>) -> Decision {
        let mut draft = Draft::new(Subject::RefundOnArrival);
        let Some(rules) = self.refunds.with_goods(ask.case) else {
            draft.object(Handling::Deny, Reason::NothingToReturn);
            return draft.decided();
        };
        draft.look_at_order(self, at);
        let asked = draft.look_at_pieces(at, ask.pieces);
        asked.iter().for_each(|asked| draft.look_whether_it_was_sent(at, *asked));
        if ask.pieces.is_empty() {
            draft.object(Handling::Deny, Reason::NothingAsked);
        }
        if ask.arrived_at.is_none_or(|arrived_at| arrived_at > at.now) {
            draft.object(Handling::Deny, Reason::GoodsNotArrived);
        }
        draft.object_as_written(rules.return_first);
        draft.look_at_shipping(ask.shipping, rules.shipping, ask.pieces);
        let label = ask.label_price.filter(|_| rules.label_paid_by == Payer::Shopper);
        let fees = Fees { restocking_percent: rules.restocking_fee_percent, label };
        let most = self.order_limit(at, &rules.order_limits);
        let limit = OrderLimit { most, beyond: Reason::AboveOrderLimit };
        if let Some(pays) = draft.look_at_money(at, ask.quote, fees) {
            draft.look_at_limits(self, at, limit, pays);
        }
        draft.decided()
    }

    /// Money beyond units. No limit makes it automatic; it counts against all of them.
    pub fn goodwill(&self, at: &Situation<'_>, ask: &GoodwillAsk) -> Decision {
        let mut draft = Draft::new(Subject::Goodwill);
        draft.look_at_order(self, at);
        draft.object(self.refunds.goodwill.max(Handling::Approval), Reason::Goodwill);
        let limit = OrderLimit { most: None, beyond: Reason::Goodwill };
        if let Some(pays) = draft.look_at_money(at, ask.quote, Fees::default()) {
            draft.look_at_limits(self, at, limit, pays);
        }
        draft.decided()
    }
}

impl Draft {
    /// The order, and which of its units are meant.
    fn look_at_request<'a>(&mut self, policy: &Policy, at: &Situation<'a>, pieces: &[LineQuantity]) -> Vec<Asked<'a>> {
        self.look_at_order(policy, at);
        let asked = self.look_at_pieces(at, pieces);
        self.look_at_returns(at);
        asked
    }

    fn look_at_goods(&mut self, policy: &Policy, at: &Situation<'_>, rules: &CaseRules, asked: &[Asked<'_>]) {
        for (line, quantity) in asked {
            self.look_at_tags(policy, rules, line);
            self.look_at_window(policy, at, rules, line, *quantity);
        }
    }

    /// Shipping alone is nothing that a case is about.
    fn look_at_shipping(&mut self, included: bool, handling: Handling, pieces: &[LineQuantity]) {
        match (included, pieces.is_empty()) {
            (true, true) => self.object(handling.max(Handling::Approval), Reason::ShippingIncluded),
            (true, false) => self.object(handling, Reason::ShippingIncluded),
            (false, true) => self.object(Handling::Deny, Reason::NothingAsked),
            (false, false) => {}
        }
    }

    /// What never left cannot have come back, whatever anyone says of a parcel.
    fn look_whether_it_was_sent(&mut self, at: &Situation<'_>, (line, quantity): Asked<'_>) {
        let sent = shipped(at, line).fold(0_u32, |sum, (_, count)| sum.saturating_add(count));
        if sent < quantity {
            self.object(Handling::Person, Reason::NotShipped);
        }
    }

    /// Lost is what left the store long ago and nobody calls delivered. Everything else is a person's case.
    fn look_at_loss(&mut self, at: &Situation<'_>, rules: &LossRules, (line, quantity): Asked<'_>) {
        for delivery in of_asked(at, line, quantity) {
            match delivery {
                Delivery::On(_) => self.object(Handling::Person, Reason::CarrierSaysDelivered),
                Delivery::Unshipped => self.object(Handling::Person, Reason::NotShipped),
                Delivery::UnderWay | Delivery::Unknown => {}
            }
        }
        let today = at.now.to_zoned_datetime(at.zone.clone()).date();
        let sent = shipped(at, line).map(|(fulfilment, _)| fulfilment.created_at).max();
        let overdue = sent
            .zip(rules.overdue_days)
            .is_some_and(|(sent, days)| today > later(sent.to_zoned_datetime(at.zone.clone()).date(), days));
        if !overdue {
            self.object(Handling::Person, Reason::NotOverdue);
        }
    }
}
