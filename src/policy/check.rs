//! Whether a policy makes sense. What does not stops the start, with the key and the way out.

use thiserror::Error;

use super::Policy;
use super::amounts::Amounts;
use super::rules::{CaseRules, Handling, Payer};

/// The longest window, in days.
const LONGEST_WINDOW: u32 = 3_650;
/// The longest rolling window of a limit, in days.
const LONGEST_ROLLING: u32 = 366;
/// The longest life of an approval, in hours.
const LONGEST_APPROVAL: u32 = 720;

/// A rule that cannot be meant.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{key}: {problem}; {fix}")]
pub struct Unsound {
    /// As in `policy.toml`, with its sections: `refunds.damaged.no_return_limits`.
    pub key: String,
    pub problem: String,
    /// What to do, as an instruction.
    pub fix: &'static str,
}

fn unsound(key: impl Into<String>, problem: impl Into<String>, fix: &'static str) -> Unsound {
    Unsound { key: key.into(), problem: problem.into(), fix }
}

type Checked = Result<(), Unsound>;

fn refuse_if(wrong: bool, error: impl FnOnce() -> Unsound) -> Checked {
    if wrong { Err(error()) } else { Ok(()) }
}

impl Policy {
    /// # Errors
    /// The first rule that cannot be meant.
    pub fn validate(&self) -> Checked {
        self.check_window()?;
        self.check_router()?;
        self.check_people()?;
        self.people.hours.check()?;
        for (key, rules) in self.cases() {
            check_case(&key, rules)?;
        }
        self.check_faults()?;
        self.check_loss()?;
        self.check_goodwill()?;
        self.check_limits()?;
        self.check_labels()?;
        self.check_special()?;
        self.check_approvals()
    }

    fn cases(&self) -> [(String, &CaseRules); 3] {
        let refunds = &self.refunds;
        [("changed_mind", &refunds.changed_mind), ("damaged", &refunds.damaged), ("wrong_item", &refunds.wrong_item)]
            .map(|(name, rules)| (format!("refunds.{name}"), rules))
    }

    fn check_router(&self) -> Checked {
        let share = self.router.sure_from;
        refuse_if(!(0.0..=1.0).contains(&share), || {
            unsound("router.sure_from", format!("{share} is no share"), "write a number from 0 to 1")
        })
    }

    fn check_people(&self) -> Checked {
        let share = self.people.hand_off_below;
        refuse_if(!(0.0..=1.0).contains(&share), || {
            unsound("people.hand_off_below", format!("{share} is no share"), "write a number from 0 to 1")
        })
    }

    fn check_window(&self) -> Checked {
        let offered = |handling: Handling| handling != Handling::Deny;
        let accepts = self.cases().iter().any(|(_, rules)| offered(rules.return_first) || offered(rules.no_return));
        let automatic =
            self.cases().iter().any(|(_, rules)| Handling::Automatic == rules.return_first.min(rules.no_return));
        match self.returns.window_days {
            Some(0) if accepts => Err(unsound(
                "returns.window_days",
                "0 days accept nothing, while refunds are offered",
                "write the days, or deny every case under [refunds]",
            )),
            Some(days) if days > LONGEST_WINDOW => Err(unsound(
                "returns.window_days",
                format!("{days} days are more than {LONGEST_WINDOW}"),
                "write fewer",
            )),
            None if automatic => Err(unsound(
                "returns.window_days",
                "it is missing, while a case under [refunds] is automatic",
                "write the days after delivery, such as 30",
            )),
            _ => self.check_tags(),
        }
    }

    fn check_tags(&self) -> Checked {
        let lists = [("returns.excluded_tags", &self.returns.excluded_tags), ("vip.tags", &self.vip.tags)];
        let blank = lists.into_iter().find(|(_, tags)| tags.iter().any(|tag| tag.trim().is_empty()));
        blank.map_or(Ok(()), |(key, _)| Err(unsound(key, "an empty tag marks nothing", "remove it")))
    }

    /// Whoever sold broken or wrong goods bears the cost.
    fn check_faults(&self) -> Checked {
        for (key, rules) in self.cases().iter().skip(1) {
            refuse_if(rules.restocking_fee_percent > 0, || {
                let problem = "a fee for goods that the store is to blame for";
                unsound(format!("{key}.restocking_fee_percent"), problem, "remove it")
            })?;
            refuse_if(rules.label_paid_by == Payer::Shopper, || {
                let problem = "the shopper would pay for goods that the store is to blame for";
                unsound(format!("{key}.label_paid_by"), problem, "write \"store\"")
            })?;
        }
        Ok(())
    }

    fn check_loss(&self) -> Checked {
        let rules = &self.refunds.never_arrived;
        let automatic = rules.handling == Handling::Automatic;
        refuse_if(automatic && rules.overdue_days.is_none_or(|days| days == 0), || {
            let problem = "without it nothing is ever lost, while handling is automatic";
            unsound("refunds.never_arrived.overdue_days", problem, "write the days after shipping, such as 21")
        })?;
        has_limits("refunds.never_arrived", "handling", automatic, "order_limits", &rules.order_limits)
    }

    fn check_goodwill(&self) -> Checked {
        refuse_if(self.refunds.goodwill == Handling::Automatic, || {
            unsound("refunds.goodwill", "goodwill is never automatic", "write \"approval\", \"person\" or \"deny\"")
        })
    }

    /// A limit for an order in a currency in which customer or store have none would never be used.
    fn check_limits(&self) -> Checked {
        for (key, limit) in [("limits.customer", &self.limits.customer), ("limits.store", &self.limits.store)] {
            refuse_if(!(1..=LONGEST_ROLLING).contains(&limit.days), || {
                let problem = format!("{} days are no window", limit.days);
                unsound(format!("{key}.days"), problem, "write a number from 1 to 366")
            })?;
            for (used_by, amounts) in self.automatic_limits() {
                let missing = amounts.currencies().find(|currency| limit.most.of(*currency).is_none());
                if let Some(currency) = missing {
                    let problem = format!("it has no {currency}, while {used_by} has");
                    return Err(unsound(format!("{key}.most"), problem, "write the most for that currency, too"));
                }
            }
        }
        Ok(())
    }

    /// The limits of orders that let money out without a person's yes.
    fn automatic_limits(&self) -> Vec<(String, &Amounts)> {
        let mut found = Vec::new();
        let mut add = |handling: Handling, key: String, amounts| {
            if handling == Handling::Automatic {
                found.push((key, amounts));
            }
        };
        for (key, rules) in self.cases() {
            add(rules.return_first, format!("{key}.order_limits"), &rules.order_limits);
            add(rules.no_return, format!("{key}.no_return_limits"), &rules.no_return_limits);
        }
        let loss = &self.refunds.never_arrived;
        add(loss.handling, "refunds.never_arrived.order_limits".to_owned(), &loss.order_limits);
        add(self.cancellations.unfulfilled, "cancellations.limits".to_owned(), &self.cancellations.limits);
        found
    }

    fn check_labels(&self) -> Checked {
        has_limits(
            "cancellations",
            "unfulfilled",
            self.cancellations.unfulfilled == Handling::Automatic,
            "limits",
            &self.cancellations.limits,
        )?;
        let sends = self.cases().iter().any(|(_, rules)| rules.return_first == Handling::Automatic);
        let to = &self.labels.return_address;
        let blank = [("line1", &to.line1), ("city", &to.city), ("country", &to.country)]
            .into_iter()
            .find(|(_, text)| text.trim().is_empty());
        if let Some((field, _)) = blank.filter(|_| sends) {
            let problem = "it is missing, while goods are taken back automatically";
            return Err(unsound(
                format!("labels.return_address.{field}"),
                problem,
                "write where goods are sent back to",
            ));
        }
        refuse_if(sends && !self.labels.parcel.is_complete(), || {
            let problem = "a measure is missing or 0, while goods are taken back automatically";
            unsound("labels.parcel", problem, "write weight_grams, length_cm, width_cm and height_cm")
        })
    }

    fn check_special(&self) -> Checked {
        refuse_if(self.vip.has_rules() && self.vip.tags.is_empty(), || {
            unsound("vip.tags", "there are rules for customers whom no tag marks", "write the customers' tag")
        })?;
        let shorter = self.vip.window_days.zip(self.returns.window_days).is_some_and(|(vip, all)| vip < all);
        refuse_if(shorter, || {
            unsound("vip.window_days", "it is shorter than returns.window_days", "write more days, or remove it")
        })?;
        refuse_if(self.high_value.above.is_empty() && self.high_value != Default::default(), || {
            unsound("high_value.above", "it is missing, while handling is written", "write the total by currency")
        })
    }

    fn check_approvals(&self) -> Checked {
        let hours = self.approvals.expire_after_hours;
        refuse_if(!(1..=LONGEST_APPROVAL).contains(&hours), || {
            let problem = format!("{hours} hours are no time to decide in");
            unsound("approvals.expire_after_hours", problem, "write a number from 1 to 720")
        })
    }
}

fn check_case(key: &str, rules: &CaseRules) -> Checked {
    refuse_if(rules.after_window == Handling::Automatic, || {
        let problem = "a window after which everything goes on is none";
        unsound(format!("{key}.after_window"), problem, "write \"deny\", \"person\" or \"approval\"")
    })?;
    refuse_if(rules.restocking_fee_percent > 100, || {
        let problem = format!("{} percent are more than all", rules.restocking_fee_percent);
        unsound(format!("{key}.restocking_fee_percent"), problem, "write a number from 0 to 100")
    })?;
    let automatic = |handling| handling == Handling::Automatic;
    has_limits(key, "return_first", automatic(rules.return_first), "order_limits", &rules.order_limits)?;
    has_limits(key, "no_return", automatic(rules.no_return), "no_return_limits", &rules.no_return_limits)
}

/// What is automatic without any limit would never be so.
fn has_limits(section: &str, handling: &str, automatic: bool, limits: &str, amounts: &Amounts) -> Checked {
    refuse_if(automatic && amounts.is_empty(), || {
        let problem = format!("it is missing, while {handling} is automatic");
        unsound(
            format!("{section}.{limits}"),
            problem,
            "write amounts such as { USD = \"25.00\" }, or ask for approval",
        )
    })
}

#[cfg(test)]
mod tests;
