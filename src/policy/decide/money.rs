//! What would be paid: the platform's quote less the fees, never more than is left, never in another currency.

use super::Draft;
use crate::domain::money::Money;
use crate::policy::ask::{Quote, Situation};
use crate::policy::decision::{Fee, FeeKind, Reason};
use crate::policy::rules::Handling;

/// What may be kept of a refund.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fees {
    pub restocking_percent: u32,
    /// The price of the way back, where the shopper pays it.
    pub label: Option<Money>,
}

impl Draft {
    /// The amount that would leave. None, with an objection, where the numbers do not allow any.
    pub(super) fn look_at_money(&mut self, at: &Situation<'_>, quote: Quote, fees: Fees) -> Option<Money> {
        self.facts.quoted = Some(quote.amount);
        if let Err((handling, reason)) = self.is_covered(at, quote) {
            self.object(handling, reason);
            return None;
        }
        let pays = self.less_fees(quote.amount, fees);
        if pays.is_none() {
            self.object(Handling::Person, Reason::FeesExceedAmount);
        }
        self.pays = pays;
        pays
    }

    fn is_covered(&mut self, at: &Situation<'_>, quote: Quote) -> Result<(), (Handling, Reason)> {
        let spent = at.spent;
        let all = [quote.amount, quote.maximum, at.order.refundable, spent.order, spent.pending, spent.store];
        let mut all = all.into_iter().chain(spent.customer);
        if !all.clone().all(|money| money.currency() == at.order.currency) {
            return Err((Handling::Person, Reason::OtherCurrency));
        }
        if all.any(|money| money.minor() < 0) {
            return Err((Handling::Person, Reason::NegativeAmount));
        }
        let ceiling = at.order.refundable.minor().min(quote.maximum.minor());
        let left = Money::from_minor(ceiling.saturating_sub(spent.pending.minor()).max(0), at.order.currency);
        self.facts.refundable = Some(left);
        match quote.amount.minor() {
            0 => Err((Handling::Deny, Reason::NothingToRefund)),
            amount if amount > left.minor() => Err((Handling::Person, Reason::AboveRefundable)),
            _ => Ok(()),
        }
    }

    /// None where nothing would be left.
    fn less_fees(&mut self, amount: Money, fees: Fees) -> Option<Money> {
        let percent = i128::from(fees.restocking_percent.min(100));
        // Rounded down, for the shopper.
        let restocking = i64::try_from(i128::from(amount.minor()) * percent / 100).ok()?;
        let restocking = (FeeKind::Restocking, Money::from_minor(restocking, amount.currency()));
        let label = fees.label.map(|price| (FeeKind::Label, price));
        let mut left = amount;
        for (kind, fee) in [restocking].into_iter().chain(label).filter(|(_, fee)| fee.minor() > 0) {
            match left.checked_sub(fee) {
                Ok(rest) => left = rest,
                // A label that was bought in another currency cannot be taken off: a person sees to it.
                Err(_) => self.object(Handling::Approval, Reason::OtherCurrency),
            }
            self.facts.fees.push(Fee { kind, amount: fee });
        }
        (left.minor() > 0).then_some(left)
    }
}
