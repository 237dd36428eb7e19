//! Units: whether they are there to be asked for, and what their products' tags say.

use std::collections::BTreeMap;

use super::{Draft, same_tag};
use crate::domain::order::{Line, LineQuantity};
use crate::policy::Policy;
use crate::policy::ask::Situation;
use crate::policy::decision::{Exclusion, Reason, Shortage};
use crate::policy::rules::{CaseRules, Handling};

/// A line, and how many of it are asked for.
pub(super) type Asked<'a> = (&'a Line, u32);

impl Draft {
    /// The lines that are asked for, each once. Objects where a unit is asked for that is not there, or not any more.
    pub(super) fn look_at_pieces<'a>(&mut self, at: &Situation<'a>, pieces: &[LineQuantity]) -> Vec<Asked<'a>> {
        let mut asked = Vec::new();
        for (id, quantity) in by_line(pieces) {
            let Some(line) = at.order.lines.iter().find(|line| line.id == id) else {
                self.object(Handling::Deny, Reason::UnknownLine);
                continue;
            };
            if quantity == 0 {
                self.object(Handling::Deny, Reason::NothingAsked);
            }
            asked.push((line, self.within_what_is_left(at, line, quantity)));
        }
        asked
    }

    fn within_what_is_left(&mut self, at: &Situation<'_>, line: &Line, asked: u64) -> u32 {
        let left = line.refundable_quantity.saturating_sub(at.spent.of_line(&line.id));
        match u32::try_from(asked) {
            Ok(asked) if asked <= left => asked,
            _ => {
                self.object(Handling::Deny, Reason::TooManyUnits);
                self.facts.shortages.push(Shortage { line: line.id.clone(), asked, left });
                left
            }
        }
    }

    /// Staff's returns hold units that the platform still counts as refundable.
    pub(super) fn look_at_returns(&mut self, at: &Situation<'_>) {
        let over = ["closed", "canceled", "cancelled", "declined"];
        let foreign = |id: &String| !at.spent.returns.contains(id);
        let mut open = at.order.returns.iter().filter(|record| !over.contains(&record.status.as_str()));
        if open.any(|record| foreign(&record.id)) {
            self.object(Handling::Approval, Reason::ReturnUnderWay);
        }
    }

    pub(super) fn look_at_tags(&mut self, policy: &Policy, rules: &CaseRules, line: &Line) {
        let excluded = |tag: &&String| policy.returns.excluded_tags.iter().any(|known| same_tag(known, tag));
        let Some(tag) = line.tags.iter().find(excluded) else { return };
        self.object(rules.excluded, Reason::FinalSale);
        if rules.excluded != Handling::Automatic {
            self.facts.exclusions.push(Exclusion { line: line.id.clone(), tag: tag.clone() });
        }
    }
}

fn by_line(pieces: &[LineQuantity]) -> BTreeMap<&str, u64> {
    let mut sums = BTreeMap::new();
    for piece in pieces {
        let sum: &mut u64 = sums.entry(piece.line.as_str()).or_default();
        *sum = sum.saturating_add(u64::from(piece.quantity));
    }
    sums
}
