//! What became of a refund's money.

use super::super::reading::{Meaningless, money};
use super::wire::{WireRefund, WireTransaction};
use crate::domain::money::{Currency, Money};
use crate::integrations::commerce::refunds::{RefundRecord, RefundState};

pub fn of(refund: WireRefund) -> Result<RefundRecord, Meaningless> {
    let field = "totalRefundedSet";
    let currency: Currency = refund
        .total_refunded_set
        .presentment_money
        .currency_code
        .parse()
        .map_err(|source| Meaningless::Money { field, source })?;
    let mut moved = Money::from_minor(0, currency);
    // Without a transaction no money moves, and none is on its way.
    let mut slowest: Option<RefundState> = None;
    // A list that goes on may hold anything.
    let mut states: Vec<RefundState> =
        refund.transactions.is_cut().then_some(RefundState::Pending).into_iter().collect();
    for transaction in refund.transactions.nodes.iter().filter(|transaction| transaction.kind == "REFUND") {
        let state = state_of(transaction);
        let amount = money("transactions.amountSet", &transaction.amount_set, currency)?;
        if state != RefundState::Failed {
            moved = moved.checked_add(amount).map_err(|source| Meaningless::Money { field, source })?;
        }
        states.push(state);
    }
    for state in states {
        if slowest.as_ref().is_none_or(|slowest| rank(&state) > rank(slowest)) {
            slowest = Some(state);
        }
    }
    Ok(RefundRecord { id: refund.id, amount: moved, state: slowest.unwrap_or(RefundState::Failed) })
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
