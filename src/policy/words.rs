//! A decision in one English sentence, for the people who run the store. Models and shoppers are told the code and the
//! facts, in words of their own.

use super::decision::{Decision, Facts, FeeKind, LimitState, Reason, Scope, Subject, Verdict};

impl Decision {
    pub fn sentence(&self) -> String {
        match self.verdict {
            Verdict::Allow => format!("Allowed: {}.", self.done()),
            Verdict::NeedsApproval(reason) => format!("Needs a person's yes: {}.", self.why(reason)),
            Verdict::Person(reason) => format!("A person's case: {}.", self.why(reason)),
            Verdict::Deny(reason) => format!("Refused: {}.", self.why(reason)),
        }
    }

    /// What happens where nothing holds it back.
    fn done(&self) -> String {
        let pays = self.pays.map_or_else(|| "nothing".to_owned(), |pays| pays.to_string());
        match self.subject {
            Subject::Refund => format!("{pays} goes back at once, without a return"),
            Subject::Return => format!("the goods may be sent back{}", self.facts.until()),
            Subject::RefundOnArrival => format!("{pays} goes back{}", self.facts.less_fees()),
            Subject::Cancellation => format!("the order is cancelled and {pays} goes back"),
            Subject::AddressChange => "the order goes to the new address".to_owned(),
            Subject::Goodwill => format!("{pays} goes out as goodwill"),
        }
    }

    fn why(&self, reason: Reason) -> String {
        match reason {
            Reason::AboveOrderLimit
            | Reason::AboveReturnlessLimit
            | Reason::AboveCancellationLimit
            | Reason::AboveCustomerLimit
            | Reason::AboveStoreLimit => self.beyond(reason),
            Reason::NoLimitForCurrency => self.without_limit(),
            Reason::OutsideWindow => self.facts.closed(),
            Reason::FinalSale => self.facts.excluded(),
            Reason::TooManyUnits => self.facts.short(),
            Reason::AboveRefundable => self.facts.uncovered(),
            _ => plain(reason).to_owned(),
        }
    }

    fn beyond(&self, reason: Reason) -> String {
        let (scope, of) = match reason {
            Reason::AboveCustomerLimit => (Scope::Customer, "a customer may get"),
            Reason::AboveStoreLimit => (Scope::Store, "the store may pay"),
            Reason::AboveReturnlessLimit => (Scope::Order, "an order may get without a return"),
            Reason::AboveCancellationLimit => (Scope::Order, "a cancellation may return"),
            _ => (Scope::Order, "an order may get"),
        };
        let limit = self.facts.limits.iter().find(|limit| limit.scope == scope);
        let Some((LimitState { days, used: Some(used), .. }, most, pays)) =
            limit.and_then(|limit| Some((limit, limit.most?, self.pays.or(self.facts.quoted)?)))
        else {
            return "it is beyond a limit".to_owned();
        };
        let days = match days {
            None => String::new(),
            Some(1) => " in 24 hours".to_owned(),
            Some(days) => format!(" in {days} days"),
        };
        format!("{pays} is more than is left of the {most} that {of}{days}, of which {used} is used")
    }

    fn without_limit(&self) -> String {
        let currency = self.facts.quoted.map_or_else(String::new, |quoted| format!(" in {}", quoted.currency()));
        let scope = self.facts.limits.iter().find(|limit| limit.most.is_none()).map(|limit| limit.scope);
        let whose = match scope {
            Some(Scope::Customer) => " for customers",
            Some(Scope::Store) => " for the store",
            Some(Scope::Order) | None => " for orders",
        };
        format!("the policy has no limit{currency}{whose} to stay within")
    }
}

impl Facts {
    fn until(&self) -> String {
        let last_day = self.windows.iter().filter_map(|window| window.last_day).min();
        last_day.map_or_else(String::new, |day| format!(" until {day}"))
    }

    fn less_fees(&self) -> String {
        let fees = self.fees.iter().map(|fee| match fee.kind {
            FeeKind::Restocking => format!(", after a restocking fee of {}", fee.amount),
            FeeKind::Label => format!(", after {} for the label", fee.amount),
        });
        fees.collect()
    }

    fn closed(&self) -> String {
        let closed = self.windows.iter().find(|window| !window.open);
        match closed.and_then(|window| Some((window.delivered_on, window.last_day?))) {
            Some((delivered, last)) => format!("it was delivered on {delivered}, and the last day was {last}"),
            None => "the window has closed".to_owned(),
        }
    }

    fn excluded(&self) -> String {
        match self.exclusions.first() {
            Some(exclusion) => format!("a product is tagged {:?}, which is excluded", exclusion.tag),
            None => "a product is excluded".to_owned(),
        }
    }

    fn short(&self) -> String {
        match self.shortages.first() {
            Some(shortage) => format!("{} were asked for, and {} are left", shortage.asked, shortage.left),
            None => "more units were asked for than are left".to_owned(),
        }
    }

    fn uncovered(&self) -> String {
        match self.quoted.zip(self.refundable) {
            Some((quoted, left)) => format!("{quoted} is more than the {left} that is left of the payment"),
            None => "it is more than is left of the payment".to_owned(),
        }
    }
}

/// Reasons that need no fact.
fn plain(reason: Reason) -> &'static str {
    match reason {
        Reason::ApprovalRequired => "the policy asks for approval in this case",
        Reason::AlwaysAPerson => "the policy leaves this case to people",
        Reason::NotOffered => "the policy does not offer this",
        Reason::GoodsFirst => "the goods have to come back first",
        Reason::OutsideWindow => "the window has closed",
        Reason::NoWindow => "the policy has no window for returns",
        Reason::FinalSale => "a product is excluded",
        Reason::NotShipped => "it has not left the store",
        Reason::NotDelivered => "it has not been delivered yet",
        Reason::DeliveryUnknown => "nobody knows when it was delivered",
        Reason::CarrierSaysDelivered => "it is known as delivered",
        Reason::NotOverdue => "it is not known to be lost",
        Reason::NothingToReturn => "there are no goods to send back",
        Reason::GoodsNotArrived => "the goods have not come back yet",
        Reason::Exchange => "an exchange is made by a person",
        Reason::NothingAsked => "nothing was asked for",
        Reason::UnknownLine => "the order has no such line",
        Reason::TooManyUnits => "more units were asked for than are left",
        Reason::UnitsClaimed => "units of it are in something that is under way",
        Reason::ReturnUnderWay => "the staff have a return of this order under way",
        Reason::ShippingIncluded => "it includes the shipping",
        Reason::Goodwill => "it is goodwill, beyond units of the order",
        Reason::OrderCut => "the order could not be read whole",
        Reason::AlreadyCancelled => "the order was cancelled",
        Reason::AlreadyFulfilled => "the order has left the store",
        Reason::PartlyFulfilled => "a part of the order has left the store",
        Reason::FulfilmentUncertain => "the order is being prepared or held",
        Reason::PaymentNotSettled => "the payment is not settled",
        Reason::NotWholePayment => "it is not the whole payment",
        Reason::PaidElsewhere => "it was paid outside of the platform, where only whole units are paid back",
        Reason::DeclinedBefore => "a person was asked for it before, and said no",
        Reason::OtherCurrency => "the amounts are in different currencies",
        Reason::NegativeAmount => "an amount is less than nothing",
        Reason::NothingToRefund => "there is nothing to pay back",
        Reason::AboveRefundable => "it is more than is left of the payment",
        Reason::FeesExceedAmount => "the fees leave nothing of it",
        Reason::NoLimitForCurrency => "the policy has no limit in this currency to stay within",
        Reason::AboveOrderLimit
        | Reason::AboveReturnlessLimit
        | Reason::AboveCancellationLimit
        | Reason::AboveCustomerLimit
        | Reason::AboveStoreLimit => "it is beyond a limit",
        Reason::CustomerUnknown => "nobody knows whose limit it counts against",
        Reason::Vip => "the customer has a tag that the policy names",
        Reason::HighValueOrder => "the order's value is above what the policy names",
        Reason::AddressIncomplete => "the address lacks street, city or country",
        Reason::OtherCountry => "the address is not known to be in the same country",
        Reason::LabelTooDear => "the label costs more than the policy allows",
        Reason::NoLabel => "no carrier of the policy offers a label",
        Reason::StoreMode => "the store's mode leaves nothing to the agent alone",
    }
}

#[cfg(test)]
mod tests;
