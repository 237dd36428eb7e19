//! Deciding. Every rule may object; the strictest objection is the verdict, the first one among equals its reason.

use super::Policy;
use super::ask::Situation;
use super::decision::{Decision, Facts, Instead, Reason, Reserve, Subject, Verdict};
use super::rules::Handling;
use crate::domain::money::Money;

mod delivery;
mod goods;
mod limits;
mod money;
mod orders;
mod refunds;

/// A decision in the making.
struct Draft {
    subject: Subject,
    verdict: Verdict,
    pays: Option<Money>,
    reserves: Vec<Reserve>,
    instead: Option<Instead>,
    facts: Facts,
}

impl Draft {
    fn new(subject: Subject) -> Self {
        Self {
            subject,
            verdict: Verdict::Allow,
            pays: None,
            reserves: Vec::new(),
            instead: None,
            facts: Facts::default(),
        }
    }

    /// Automatic is no objection.
    fn object(&mut self, handling: Handling, reason: Reason) {
        self.verdict = self.verdict.or_stricter(Verdict::of(handling, reason));
    }

    /// The policy's own word for the case.
    fn object_as_written(&mut self, handling: Handling) {
        let reason = match handling {
            Handling::Automatic | Handling::Approval => Reason::ApprovalRequired,
            Handling::Person => Reason::AlwaysAPerson,
            Handling::Deny => Reason::NotOffered,
        };
        self.object(handling, reason);
    }

    /// What holds for every request about an order.
    fn look_at_order(&mut self, policy: &Policy, at: &Situation<'_>) {
        if at.order.cancelled_at.is_some() {
            self.object(Handling::Person, Reason::AlreadyCancelled);
        }
        if !at.order.complete {
            self.object(Handling::Person, Reason::OrderCut);
        }
        if policy.is_vip(at) {
            self.object(policy.vip.handling, Reason::Vip);
        }
        if policy.is_high_value(at) {
            self.object(policy.high_value.handling, Reason::HighValueOrder);
        }
    }

    /// No money moves, and nothing is reserved, where a person's yes is not enough; where it is, it may exceed limits.
    fn decided(mut self) -> Decision {
        match self.verdict {
            Verdict::Allow => {}
            Verdict::NeedsApproval(_) => self.reserves.iter_mut().for_each(|reserve| reserve.most = None),
            Verdict::Person(_) | Verdict::Deny(_) => {
                self.pays = None;
                self.reserves.clear();
            }
        }
        Decision {
            subject: self.subject,
            verdict: self.verdict,
            pays: self.pays,
            reserves: self.reserves,
            instead: self.instead.filter(|_| self.verdict != Verdict::Allow),
            facts: self.facts,
        }
    }
}

impl Policy {
    fn is_vip(&self, at: &Situation<'_>) -> bool {
        let mut tags = at.order.customer.iter().flat_map(|customer| &customer.tags);
        tags.any(|tag| self.vip.tags.iter().any(|known| same_tag(known, tag)))
    }

    fn is_high_value(&self, at: &Situation<'_>) -> bool {
        let above = &self.high_value.above;
        !above.is_empty() && above.of(at.order.currency).is_none_or(|above| at.order.total.minor() > above.minor())
    }
}

fn same_tag(left: &str, right: &str) -> bool {
    left.trim().to_lowercase() == right.trim().to_lowercase()
}

#[cfg(test)]
mod tests;
