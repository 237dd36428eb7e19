//! What became of money that was given back.

use serde::Deserialize;

use super::super::reading::{Meaningless, money};
use super::super::wire::Bag;
use super::wire::WireRefund;
use crate::domain::money::{Currency, Money};
use crate::integrations::commerce::refunds::{RefundRecord, RefundState};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WireTransaction {
    kind: String,
    status: String,
    amount_set: Bag,
}

pub fn of(refund: WireRefund) -> Result<RefundRecord, Meaningless> {
    let code = &refund.total_refunded_set.presentment_money.currency_code;
    let currency = code.parse().map_err(|source| Meaningless::Money { field: "totalRefundedSet", source })?;
    let repaid = repaid(&refund.transactions.nodes, currency)?;
    // Without a transaction no money moves, and none is on its way.
    let (amount, state) = repaid.unwrap_or((Money::from_minor(0, currency), RefundState::Failed));
    // A list that goes on may hold anything.
    let state = if refund.transactions.is_cut() { RefundState::Pending } else { state };
    Ok(RefundRecord { id: refund.id, amount, state })
}

/// What moved back, or is on its way, and how far the slowest of it is; `None` where nothing was to move.
pub fn repaid(
    transactions: &[WireTransaction],
    currency: Currency,
) -> Result<Option<(Money, RefundState)>, Meaningless> {
    let field = "transactions.amountSet";
    let mut sum: Option<(Money, RefundState)> = None;
    for transaction in transactions.iter().filter(|transaction| transaction.kind == "REFUND") {
        let state = state_of(transaction);
        let (moved, slowest) = sum.unwrap_or((Money::from_minor(0, currency), state.clone()));
        let amount = money(field, &transaction.amount_set, currency)?;
        let moved = match state {
            RefundState::Failed => moved,
            _ => moved.checked_add(amount).map_err(|source| Meaningless::Money { field, source })?,
        };
        sum = Some((moved, if rank(&state) > rank(&slowest) { state } else { slowest }));
    }
    Ok(sum)
}

/// Only a plain success is one. A word that was added after this was written is kept, and is none.
fn state_of(transaction: &WireTransaction) -> RefundState {
    match transaction.status.as_str() {
        "SUCCESS" => RefundState::Paid,
        "PENDING" | "AWAITING_RESPONSE" | "UNKNOWN" => RefundState::Pending,
        "FAILURE" | "ERROR" => RefundState::Failed,
        other => RefundState::Other(other.to_ascii_lowercase()),
    }
}

/// How far from its end: what may still change outlasts what has failed, and that outlasts what was paid.
fn rank(state: &RefundState) -> u8 {
    match state {
        RefundState::Paid => 0,
        RefundState::Failed => 1,
        RefundState::Pending => 2,
        RefundState::Other(_) => 3,
    }
}

#[cfg(test)]
mod tests;
