//! What Shopify suggests to pay back, checked against what was asked.

use crate::domain::order::LineQuantity;
use thiserror::Error;

use super::super::reading::{Meaningless, money};
use super::super::wire::Bag;
use super::wire::{SuggestedLine, SuggestedOrder, SuggestedTransaction, Suggestion};
use crate::domain::money::{Currency, Money};
use crate::integrations::commerce::refunds::{RefundOf, RefundQuote, RefundShare};

#[derive(Debug, Error)]
pub enum Unquotable {
    /// It makes sense, but no refund.
    #[error("{0}")]
    Refused(&'static str),
    #[error(transparent)]
    Meaningless(#[from] Meaningless),
}

pub fn of(asked: &RefundOf, order: &SuggestedOrder, suggestion: Suggestion) -> Result<RefundQuote, Unquotable> {
    let currency = order
        .presentment_currency_code
        .parse()
        .map_err(|source| Meaningless::Money { field: "presentmentCurrencyCode", source })?;
    let taxed = Taxed { currency, taxes_included: order.taxes_included };
    let amount = money("amountSet", &suggestion.amount_set, currency)?;
    let maximum = money("maximumRefundableSet", &suggestion.maximum_refundable_set, currency)?;
    let shipping = taxed.money("shipping", &suggestion.shipping.amount_set, &suggestion.shipping.tax_set)?;
    let lines = asked.lines.iter().map(|line| Ok((line.clone(), taxed.line(line, &suggestion.refund_line_items)?)));
    let lines = lines.collect::<Result<Vec<_>, Unquotable>>()?;
    let outside = is_outside(&suggestion.suggested_transactions, currency)?;
    let shares = match outside {
        true => Vec::new(),
        false => shares(suggestion.suggested_transactions, amount, maximum)?,
    };
    Ok(RefundQuote { amount, lines, shipping, maximum, shares, outside })
}

/// Whether all of it was paid to a gateway that Shopify only keeps books of.
fn is_outside(suggested: &[SuggestedTransaction], currency: Currency) -> Result<bool, Meaningless> {
    let mut outside = false;
    for transaction in suggested {
        if money("suggestedTransactions", &transaction.amount_set, currency)?.is_zero() {
            continue;
        }
        if !transaction.parent_transaction.as_ref().is_some_and(|payment| payment.manual_payment_gateway) {
            return Ok(false);
        }
        outside = true;
    }
    Ok(outside)
}

/// How amounts and their taxes are written.
struct Taxed {
    currency: Currency,
    taxes_included: bool,
}

impl Taxed {
    fn money(&self, field: &'static str, net: &Bag, tax: &Bag) -> Result<Money, Meaningless> {
        let amount = money(field, net, self.currency)?;
        if self.taxes_included {
            return Ok(amount);
        }
        amount.checked_add(money(field, tax, self.currency)?).map_err(|source| Meaningless::Money { field, source })
    }

    /// The suggestion for this line, which must be for as many units as were asked for.
    fn line(&self, asked: &LineQuantity, suggested: &[SuggestedLine]) -> Result<Money, Unquotable> {
        let found = suggested.iter().find(|line| line.line_item.id == asked.line && line.quantity == asked.quantity);
        let line = found.ok_or(Unquotable::Refused("it suggests other units than were asked for"))?;
        Ok(self.money("refundLineItems", &line.subtotal_set, &line.total_tax_set)?)
    }
}

/// How an amount is spread over the payments, to the last cent.
pub fn shares(
    suggested: Vec<SuggestedTransaction>,
    amount: Money,
    maximum: Money,
) -> Result<Vec<RefundShare>, Unquotable> {
    let mut shares = Vec::new();
    for transaction in suggested {
        shares.extend(share(transaction, amount.currency())?);
    }
    add_up(amount, maximum, &shares)?;
    Ok(shares)
}

/// None for a payment to which nothing goes back.
fn share(transaction: SuggestedTransaction, currency: Currency) -> Result<Option<RefundShare>, Unquotable> {
    let amount = money("suggestedTransactions", &transaction.amount_set, currency)?;
    if amount.is_zero() {
        return Ok(None);
    }
    let (Some(gateway), Some(payment)) = (transaction.gateway, transaction.parent_transaction) else {
        return Err(Unquotable::Refused("it does not say to which payment the money goes back"));
    };
    if payment.manual_payment_gateway {
        // It would be booked as paid back, and no money would move.
        return Err(Unquotable::Refused("it was paid outside Shopify and must be paid back outside of it"));
    }
    Ok(Some(RefundShare { payment: payment.id, gateway, amount }))
}

fn add_up(amount: Money, maximum: Money, shares: &[RefundShare]) -> Result<(), Unquotable> {
    let sum = shares.iter().map(|share| i128::from(share.amount.minor())).sum::<i128>();
    let positive = shares.iter().all(|share| share.amount.minor() > 0);
    if positive && sum == i128::from(amount.minor()) && amount.minor() <= maximum.minor() {
        return Ok(());
    }
    Err(Unquotable::Refused("what it suggests does not add up"))
}

#[cfg(test)]
mod tests;
