//! Requests about a delivered order.

use super::Outcome;
use super::items::{Replacement, beyond_order, price_difference, sorted};
use crate::evals::tau2::retail::State;
use crate::evals::tau2::retail::arguments::Arguments;
use crate::evals::tau2::retail::failure::Failure;
use crate::evals::tau2::retail::python::{dumps, round2};
use crate::evals::tau2::retail::records::PriceDifference;

/// Asks for an exchange. Nothing is paid yet: the gift card only has to hold enough.
pub(super) fn exchange_items(state: &mut State, arguments: &Arguments<'_>) -> Outcome {
    let order_id = arguments.text("order_id")?;
    let item_ids = arguments.texts("item_ids")?;
    let new_item_ids = arguments.texts("new_item_ids")?;
    let payment_method_id = arguments.text("payment_method_id")?;

    let mut order = state.order(order_id)?.clone();
    if order.status != "delivered" {
        return Err(Failure::NotExchangeable);
    }
    if let Some(item_id) = beyond_order(&order, &item_ids) {
        return Err(Failure::ExchangedItemNotInOrder(item_id.to_owned()));
    }
    if item_ids.len() != new_item_ids.len() {
        return Err(Failure::ExchangeCountsDiffer);
    }
    let pairs = item_ids.iter().zip(&new_item_ids);
    let replacements: Vec<_> =
        pairs.map(|(old, new)| Replacement::find(state, &order, old, new)).collect::<Result<_, _>>()?;
    let difference = round2(price_difference(&replacements));
    if !state.payment_method(&order.user_id, payment_method_id)?.covers(difference) {
        return Err(Failure::InsufficientBalance("price difference"));
    }

    "exchange requested".clone_into(&mut order.status);
    order.exchange_items = Some(sorted(&item_ids));
    order.exchange_new_items = Some(sorted(&new_item_ids));
    order.exchange_payment_method_id = Some(payment_method_id.to_owned());
    let nothing = replacements.is_empty();
    order.exchange_price_difference =
        Some(if nothing { PriceDifference::Nothing(0) } else { PriceDifference::Amount(difference) });
    let answer = dumps(&order);
    state.put_order(order_id, order);
    Ok(answer)
}

/// Asks for a return. The money may go to any gift card of the customer, or to where it came from first.
pub(super) fn return_items(state: &mut State, arguments: &Arguments<'_>) -> Outcome {
    let order_id = arguments.text("order_id")?;
    let item_ids = arguments.texts("item_ids")?;
    let payment_method_id = arguments.text("payment_method_id")?;

    let mut order = state.order(order_id)?.clone();
    if order.status != "delivered" {
        return Err(Failure::NotReturnable);
    }
    let payment_method = state.payment_method(&order.user_id, payment_method_id)?;
    let original = order.payment_history.first().is_some_and(|payment| payment.payment_method_id == payment_method_id);
    if !payment_method.is_gift_card() && !original {
        return Err(Failure::NotOriginalPaymentMethod);
    }
    if beyond_order(&order, &item_ids).is_some() {
        return Err(Failure::ReturnedItemNotInOrder);
    }

    "return requested".clone_into(&mut order.status);
    order.return_items = Some(sorted(&item_ids));
    order.return_payment_method_id = Some(payment_method_id.to_owned());
    let answer = dumps(&order);
    state.put_order(order_id, order);
    Ok(answer)
}
