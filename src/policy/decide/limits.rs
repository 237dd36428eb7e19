//! Limits: what may leave without a person's yes.

use super::Draft;
use crate::domain::money::Money;
use crate::policy::Policy;
use crate::policy::amounts::Amounts;
use crate::policy::ask::Situation;
use crate::policy::decision::{LimitState, Reason, Reserve, Scope};
use crate::policy::rules::Handling;

/// The limit of an order, which is the case's own.
#[derive(Clone, Copy, Debug)]
pub(super) struct OrderLimit {
    pub most: Option<Money>,
    /// Why it is not allowed beyond.
    pub beyond: Reason,
}

impl Draft {
    /// Every amount stays within three limits: the order's, the customer's and the store's.
    pub(super) fn look_at_limits(&mut self, policy: &Policy, at: &Situation<'_>, order: OrderLimit, pays: Money) {
        let currency = pays.currency();
        let (customer, store) = (&policy.limits.customer, &policy.limits.store);
        let of_order = LimitState { scope: Scope::Order, days: None, most: order.most, used: Some(at.spent.order) };
        let of_customer = LimitState {
            scope: Scope::Customer,
            days: Some(customer.days),
            most: customer.most.of(currency),
            used: at.spent.customer,
        };
        let of_store = LimitState {
            scope: Scope::Store,
            days: Some(store.days),
            most: store.most.of(currency),
            used: Some(at.spent.store),
        };
        self.look_at_limit(of_order, order.beyond, pays);
        self.look_at_limit(of_customer, Reason::AboveCustomerLimit, pays);
        self.look_at_limit(of_store, Reason::AboveStoreLimit, pays);
    }

    fn look_at_limit(&mut self, limit: LimitState, beyond: Reason, pays: Money) {
        match (limit.used, limit.most) {
            (None, _) => self.object(Handling::Approval, Reason::CustomerUnknown),
            (Some(_), None) => self.object(Handling::Approval, Reason::NoLimitForCurrency),
            (Some(used), Some(most)) if !fits(used, pays, most) => self.object(Handling::Approval, beyond),
            _ => {}
        }
        if limit.used.is_some() {
            let LimitState { scope, days, most, .. } = limit;
            self.reserves.push(Reserve { scope, days, amount: pays, most });
        }
        self.facts.limits.push(limit);
    }
}

fn fits(used: Money, pays: Money, most: Money) -> bool {
    used.checked_add(pays).is_ok_and(|sum| sum.currency() == most.currency() && sum.minor() <= most.minor())
}

impl Policy {
    /// The limit that the case has for an order, or the higher one that this customer has.
    pub(super) fn order_limit(&self, at: &Situation<'_>, written: &Amounts) -> Option<Money> {
        let currency = at.order.currency;
        let special = self.vip.order_limits.of(currency).filter(|_| self.is_vip(at));
        written.of(currency).into_iter().chain(special).max_by_key(|limit| limit.minor())
    }
}
