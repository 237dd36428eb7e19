//! A long life of one order: many asks, a ledger, a platform that learns of payments later, people who say yes to all.

use super::*;
use crate::domain::order::LineQuantity;

#[derive(Clone, Debug)]
struct Step {
    ask: Ask,
    line: Index,
    quantity: u32,
    yes: bool,
    settles: bool,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = (ask(), any::<Index>(), 1..4_u32, any::<bool>(), any::<bool>());
    let step = step.prop_map(|(ask, line, quantity, yes, settles)| Step { ask, line, quantity, yes, settles });
    proptest::collection::vec(step, 1..12)
}

/// What has happened to the order.
struct Ledger {
    shop: Shop,
    captured: i64,
    paid: i64,
    /// Units paid back, by line, beside those that were gone at the beginning.
    consumed: Vec<u32>,
    left_at_first: Vec<u32>,
}

impl Ledger {
    fn new(shop: Shop) -> Self {
        let left_at_first: Vec<u32> = shop.order.lines.iter().map(|line| line.refundable_quantity).collect();
        let captured = shop.order.refundable.minor();
        let spent = Spent::nothing(shop.order.currency);
        Self { shop: Shop { spent, ..shop }, captured, paid: 0, consumed: vec![0; left_at_first.len()], left_at_first }
    }

    fn take(&mut self, step: &Step) -> Result<(), TestCaseError> {
        let index = step.line.index(self.shop.order.lines.len());
        let whole = matches!(step.ask, Ask::Cancel);
        let lines = self.shop.order.lines.iter();
        let pieces: Vec<LineQuantity> = match whole {
            true => {
                lines.map(|line| LineQuantity { line: line.id.clone(), quantity: line.refundable_quantity }).collect()
            }
            false => pieces(&self.shop.order.lines[index].id, step.quantity),
        };
        let honest = quoted(&self.shop, &step.ask, &pieces, None);
        // As platforms do: never more than they believe to be left.
        let amount = honest.amount.minor().min(honest.maximum.minor());
        let quote = Quote { amount: Money::from_minor(amount, self.shop.order.currency), ..honest };
        let decision = answer(&self.shop, &step.ask, &pieces, quote);
        let goes = match decision.verdict {
            Verdict::Allow => true,
            Verdict::NeedsApproval(_) => step.yes,
            Verdict::Person(_) | Verdict::Deny(_) => false,
        };
        if let Some(pays) = decision.pays.filter(|_| goes) {
            self.reserve(&decision)?;
            self.pay(pays, if matches!(step.ask, Ask::Goodwill) { Vec::new() } else { pieces }, step.settles);
        }
        self.holds()
    }

    /// As the ledger does it: in the transaction that writes the proposal.
    fn reserve(&self, decision: &Decision) -> Result<(), TestCaseError> {
        for reserve in &decision.reserves {
            prop_assert!(reserve.most.is_none_or(|most| self.paid + reserve.amount.minor() <= most.minor()));
        }
        Ok(())
    }

    fn pay(&mut self, pays: Money, pieces: Vec<LineQuantity>, settles: bool) {
        self.paid += pays.minor();
        for piece in &pieces {
            let index = self.shop.order.lines.iter().position(|line| line.id == piece.line).unwrap();
            self.consumed[index] += piece.quantity;
        }
        let spent = &mut self.shop.spent;
        let add = |money: Money| money.checked_add(pays).unwrap();
        (spent.order, spent.store, spent.customer) = (add(spent.order), add(spent.store), spent.customer.map(add));
        spent.pending = add(spent.pending);
        spent.claimed.extend(pieces);
        if settles {
            self.settle();
        }
    }

    /// The platform counts what was pending.
    fn settle(&mut self) {
        let Shop { order, spent, .. } = &mut self.shop;
        order.refundable = order.refundable.checked_sub(spent.pending).unwrap();
        order.refunded = order.total.checked_sub(order.refundable).unwrap();
        spent.pending = Money::from_minor(0, order.currency);
        for piece in spent.claimed.drain(..) {
            let line = order.lines.iter_mut().find(|line| line.id == piece.line).unwrap();
            line.refundable_quantity -= piece.quantity;
        }
    }

    fn holds(&self) -> Result<(), TestCaseError> {
        prop_assert!(self.paid <= self.captured, "{} of {} were paid back", self.paid, self.captured);
        for (consumed, left) in self.consumed.iter().zip(&self.left_at_first) {
            prop_assert!(consumed <= left, "{consumed} units of {left} were paid back");
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_asks_pays_back_more_than_was_paid_or_a_unit_twice(shop in shop().boxed(), steps in steps()) {
        let mut ledger = Ledger::new(shop);
        for step in &steps {
            ledger.take(step)?;
        }
    }
}
