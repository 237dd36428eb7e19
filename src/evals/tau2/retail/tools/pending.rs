//! Changes to an order that is not on its way yet.

use super::items::{Replacement, beyond_order, price_difference};
use super::{Outcome, profile};
use crate::evals::tau2::retail::State;
use crate::evals::tau2::retail::arguments::Arguments;
use crate::evals::tau2::retail::failure::Failure;
use crate::evals::tau2::retail::python::dumps;
use crate::evals::tau2::retail::records::{Order, Payment, Transaction, User};

const CANCEL_REASONS: [&str; 2] = ["no longer needed", "ordered by mistake"];

/// Cancels an order, and gives back every payment to where it came from.
pub(super) fn cancel(state: &mut State, arguments: &Arguments<'_>) -> Outcome {
    let order_id = arguments.text("order_id")?;
    let reason = arguments.text("reason")?;

    let mut order = state.order(order_id)?.clone();
    if order.status != "pending" {
        return Err(Failure::NotCancellable);
    }
    if !CANCEL_REASONS.contains(&reason) {
        return Err(Failure::InvalidReason);
    }
    let mut user = state.user(&order.user_id)?.clone();
    let refunds =
        order.payment_history.iter().map(|payment| refund(&mut user, payment)).collect::<Result<Vec<_>, _>>()?;

    "cancelled".clone_into(&mut order.status);
    order.cancel_reason = Some(reason.to_owned());
    order.payment_history.extend(refunds);
    Ok(put(state, order_id, order, user))
}

fn refund(user: &mut User, payment: &Payment) -> Result<Payment, Failure> {
    credit(user, &payment.payment_method_id, payment.amount)?;
    Ok(Payment { transaction_type: Transaction::Refund, ..payment.clone() })
}

/// Replaces items by other variants of the same products, and settles the price difference at once.
///
/// The payment is the sum of the differences as it stands, without the rounding that an exchange has: recorded runs
/// show `0.3499999999999943`. Every item takes the price and the options of the last pair's variant, as the benchmark's
/// own tool has it: the end states that tasks are judged by are made so.
pub(super) fn modify_items(state: &mut State, arguments: &Arguments<'_>) -> Outcome {
    let order_id = arguments.text("order_id")?;
    let item_ids = arguments.texts("item_ids")?;
    let new_item_ids = arguments.texts("new_item_ids")?;
    let payment_method_id = arguments.text("payment_method_id")?;

    let mut order = state.order(order_id)?.clone();
    if order.status != "pending" {
        return Err(Failure::NotModifiable);
    }
    if let Some(item_id) = beyond_order(&order, &item_ids) {
        return Err(Failure::ModifiedItemNotInOrder(item_id.to_owned()));
    }
    if item_ids.len() != new_item_ids.len() {
        return Err(Failure::ModificationCountsDiffer);
    }
    let pairs = item_ids.iter().zip(&new_item_ids);
    let replacements: Vec<_> =
        pairs.map(|(old, new)| other_variant(state, &order, old, new)).collect::<Result<_, _>>()?;
    let difference = price_difference(&replacements);
    if !state.payment_method(&order.user_id, payment_method_id)?.covers(difference) {
        return Err(Failure::InsufficientBalance("new item"));
    }

    order.payment_history.push(settlement(difference, payment_method_id));
    for (item_id, new_item_id) in item_ids.iter().zip(&new_item_ids) {
        replace(&mut order, item_id, new_item_id, replacements.last());
    }
    "pending (item modified)".clone_into(&mut order.status);
    let mut user = state.user(&order.user_id)?.clone();
    credit(&mut user, payment_method_id, -difference)?;
    Ok(put(state, order_id, order, user))
}

fn other_variant<'a>(state: &'a State, order: &Order, old: &str, new: &str) -> Result<Replacement<'a>, Failure> {
    if old == new {
        return Err(Failure::SameItem);
    }
    Replacement::find(state, order, old, new)
}

fn settlement(difference: f64, payment_method_id: &str) -> Payment {
    let transaction_type = if difference > 0.0 { Transaction::Payment } else { Transaction::Refund };
    Payment::new(transaction_type, difference.abs(), payment_method_id)
}

fn replace(order: &mut Order, item_id: &str, new_item_id: &str, last: Option<&Replacement<'_>>) {
    let item = order.items.iter_mut().find(|item| item.item_id == item_id);
    if let Some((item, Replacement { variant, .. })) = item.zip(last) {
        new_item_id.clone_into(&mut item.item_id);
        item.price = variant.price;
        item.options.clone_from(&variant.options);
    }
}

pub(super) fn modify_address(state: &mut State, arguments: &Arguments<'_>) -> Outcome {
    let order_id = arguments.text("order_id")?;
    let address = profile::address(arguments)?;

    let mut order = state.order(order_id)?.clone();
    if !still_pending(&order) {
        return Err(Failure::NotModifiable);
    }
    order.address = address;
    let answer = dumps(&order);
    state.put_order(order_id, order);
    Ok(answer)
}

/// Moves the one payment of an order to another payment method.
pub(super) fn modify_payment(state: &mut State, arguments: &Arguments<'_>) -> Outcome {
    let order_id = arguments.text("order_id")?;
    let payment_method_id = arguments.text("payment_method_id")?;

    let mut order = state.order(order_id)?.clone();
    if !still_pending(&order) {
        return Err(Failure::NotModifiable);
    }
    let payment_method = state.payment_method(&order.user_id, payment_method_id)?;
    let payment = only_payment(&order)?.clone();
    if payment.payment_method_id == payment_method_id {
        return Err(Failure::SamePaymentMethod);
    }
    if !payment_method.covers(payment.amount) {
        return Err(Failure::InsufficientBalance("order"));
    }

    let mut user = state.user(&order.user_id)?.clone();
    credit(&mut user, payment_method_id, -payment.amount)?;
    let refund = refund(&mut user, &payment)?;
    order.payment_history.push(Payment::new(Transaction::Payment, payment.amount, payment_method_id));
    order.payment_history.push(refund);
    Ok(put(state, order_id, order, user))
}

/// An order whose items were modified is still pending to the tools that ask no more than this.
fn still_pending(order: &Order) -> bool {
    order.status.contains("pending")
}

fn only_payment(order: &Order) -> Result<&Payment, Failure> {
    match order.payment_history.as_slice() {
        [payment] if payment.transaction_type == Transaction::Payment => Ok(payment),
        _ => Err(Failure::NotOnePayment),
    }
}

fn credit(user: &mut User, payment_method_id: &str, amount: f64) -> Result<(), Failure> {
    let payment_method = user.payment_methods.get_mut(payment_method_id).ok_or(Failure::PaymentMethodNotFound)?;
    payment_method.credit(amount);
    Ok(())
}

fn put(state: &mut State, order_id: &str, order: Order, user: User) -> String {
    let answer = dumps(&order);
    state.put_user(&order.user_id.clone(), user);
    state.put_order(order_id, order);
    answer
}
