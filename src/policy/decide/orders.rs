//! Orders that have not left the store: cancelling them, sending them elsewhere.

use super::Draft;
use super::delivery::left_the_store;
use super::limits::OrderLimit;
use super::money::Fees;
use crate::domain::customer::Address;
use crate::domain::order::{FulfilmentStatus, Order, PaymentStatus};
use crate::policy::Policy;
use crate::policy::ask::{AddressAsk, CancellationAsk, Situation};
use crate::policy::decision::{Decision, Reason, Subject};
use crate::policy::rules::Handling;

impl Policy {
    /// The whole order and its whole payment, or nothing.
    pub fn cancel(&self, at: &Situation<'_>, ask: &CancellationAsk) -> Decision {
        let mut draft = Draft::new(Subject::Cancellation);
        draft.look_at_order(self, at);
        draft.look_whether_it_left(at.order);
        draft.look_at_returns(at);
        draft.object_as_written(self.cancellations.unfulfilled);
        if at.spent.claimed.iter().any(|pieces| pieces.quantity > 0) {
            draft.object(Handling::Person, Reason::UnitsClaimed);
        }
        // What nobody has paid for yet has no whole payment to return, and may be paid for at any moment.
        if !matches!(
            at.order.payment,
            PaymentStatus::Paid | PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded | PaymentStatus::Voided
        ) {
            draft.object(Handling::Person, Reason::PaymentNotSettled);
            return draft.decided();
        }
        if ask.quote.amount != ask.quote.maximum {
            draft.object(Handling::Person, Reason::NotWholePayment);
        }
        let most = self.order_limit(at, &self.cancellations.limits);
        let limit = OrderLimit { most, beyond: Reason::AboveCancellationLimit };
        if let Some(pays) = draft.look_at_money(at, ask.quote, Fees::default()) {
            draft.look_at_limits(self, at, limit, pays);
        }
        draft.decided()
    }

    /// Another address for everything in the order.
    pub fn change_address(&self, at: &Situation<'_>, ask: &AddressAsk<'_>) -> Decision {
        let mut draft = Draft::new(Subject::AddressChange);
        draft.look_at_order(self, at);
        draft.look_whether_it_left(at.order);
        if !is_complete(ask.address) {
            draft.object(Handling::Deny, Reason::AddressIncomplete);
        }
        let now = at.order.ship_to.as_ref().and_then(country);
        if now.is_none() || now != country(ask.address) {
            draft.object(self.address_changes.other_country, Reason::OtherCountry);
        }
        draft.object_as_written(self.address_changes.unfulfilled);
        draft.decided()
    }
}

impl Draft {
    fn look_whether_it_left(&mut self, order: &Order) {
        if order.cancelled_at.is_some() {
            self.object(Handling::Deny, Reason::AlreadyCancelled);
        }
        let sent = order.fulfilments.iter().any(left_the_store);
        match &order.fulfilment {
            FulfilmentStatus::Fulfilled => self.object(Handling::Deny, Reason::AlreadyFulfilled),
            FulfilmentStatus::PartiallyFulfilled => self.object(Handling::Person, Reason::PartlyFulfilled),
            // A parcel that the platform's own word does not know of yet.
            _ if sent => self.object(Handling::Person, Reason::PartlyFulfilled),
            FulfilmentStatus::Unfulfilled | FulfilmentStatus::Scheduled => {}
            FulfilmentStatus::OnHold
            | FulfilmentStatus::InProgress
            | FulfilmentStatus::Restocked
            | FulfilmentStatus::Other(_) => self.object(Handling::Person, Reason::FulfilmentUncertain),
        }
    }
}

fn is_complete(address: &Address) -> bool {
    let needed = [&address.line1, &address.city, &address.country];
    needed.into_iter().all(|field| field.as_deref().is_some_and(|text| !text.trim().is_empty()))
}

fn country(address: &Address) -> Option<String> {
    address.country.as_deref().map(|code| code.trim().to_uppercase())
}
