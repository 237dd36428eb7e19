//! The rules about goods and money, as a merchant writes them in `policy.toml`. A store that wrote nothing moves
//! nothing without a person's yes.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::amounts::Amounts;
use super::ask::Case;

/// What becomes of a request. Ordered: each holds back more than the ones before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handling {
    /// Done at once, within the limits.
    Automatic,
    /// Done after a person's yes.
    #[default]
    Approval,
    /// A person takes the conversation over.
    Person,
    /// Not done.
    Deny,
}

/// What holds for all returns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Returns {
    /// Days after the day of delivery; the last one counts whole. None: the store has no such rule, and what needs one
    /// needs a person's yes.
    pub window_days: Option<u32>,
    /// Products with one of these tags are excluded, for the cases that say so. Letters' case does not count.
    pub excluded_tags: Vec<String>,
}

/// What goes back for which case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Refunds {
    pub changed_mind: CaseRules,
    pub damaged: CaseRules,
    pub wrong_item: CaseRules,
    pub never_arrived: LossRules,
    /// A part of a unit's price, or money beyond units. Never automatic.
    pub goodwill: Handling,
}

impl Refunds {
    /// The rules of a case in which there are goods to send back.
    pub fn with_goods(&self, case: Case) -> Option<&CaseRules> {
        match case {
            Case::ChangedMind => Some(&self.changed_mind),
            Case::Damaged => Some(&self.damaged),
            Case::WrongItem => Some(&self.wrong_item),
            Case::NeverArrived => None,
        }
    }
}

/// The rules of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct CaseRules {
    /// The goods come back first; the money follows when they have arrived.
    pub return_first: Handling,
    /// Money at once; the goods stay where they are.
    pub no_return: Handling,
    /// After the last day of the window. Automatic is no choice here.
    pub after_window: Handling,
    /// For products with an excluded tag. Automatic: as for all others.
    pub excluded: Handling,
    /// Where the shipping that was paid goes back, too.
    pub shipping: Handling,
    /// Most that goes back on arrival without a person's yes, for one order.
    pub order_limits: Amounts,
    /// Most that goes back at once without a person's yes, for one order.
    pub no_return_limits: Amounts,
    /// Kept of a refund on arrival, in percent of it.
    pub restocking_fee_percent: u32,
    /// Who pays the way back. The shopper's share is kept of the refund.
    pub label_paid_by: Payer,
}

impl Default for CaseRules {
    fn default() -> Self {
        Self {
            return_first: Handling::Approval,
            no_return: Handling::Approval,
            after_window: Handling::Person,
            excluded: Handling::Person,
            shipping: Handling::Approval,
            order_limits: Amounts::default(),
            no_return_limits: Amounts::default(),
            restocking_fee_percent: 0,
            label_paid_by: Payer::Store,
        }
    }
}

/// Who pays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payer {
    #[default]
    Store,
    Shopper,
}

/// The rules for what is missing or never arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LossRules {
    pub handling: Handling,
    /// Days after the store sent it in which it is only late. What a carrier calls delivered is always a person's case.
    pub overdue_days: Option<u32>,
    /// Where the shipping that was paid goes back, too.
    pub shipping: Handling,
    /// Most that goes back without a person's yes, for one order.
    pub order_limits: Amounts,
}

/// Mails that confirm what was done: a label, a refund, a cancellation. One event is never mailed twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mails {
    pub confirmations: Confirmations,
}

/// Who mails the shopper.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirmations {
    /// Nobody: the conversation tells it.
    #[default]
    None,
    /// The platform, with its own mails.
    Platform,
    /// This program, with letters of the store's own.
    Deskhand,
}

/// Orders that have not left the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Cancellations {
    pub unfulfilled: Handling,
    /// The largest payment that a cancellation returns without a person's yes.
    pub limits: Amounts,
}

/// Another address for an order that has not left the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AddressChanges {
    pub unfulfilled: Handling,
    /// Where the new address is in another country: shipping and taxes differ.
    pub other_country: Handling,
}

impl Default for AddressChanges {
    fn default() -> Self {
        Self { unfulfilled: Handling::Approval, other_country: Handling::Person }
    }
}

/// What money may go out without a person's yes, beside the limits of each case. A currency without a limit has none to
/// stay within: a person says yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// To one customer.
    pub customer: RollingLimit,
    /// By the whole store.
    pub store: RollingLimit,
}

impl Default for Limits {
    fn default() -> Self {
        let within = |days| RollingLimit { days, most: Amounts::default() };
        Self { customer: within(30), store: within(1) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RollingLimit {
    /// The length of the window, which ends now.
    pub days: u32,
    pub most: Amounts,
}

/// Customers whom the store treats otherwise, known by a tag that the platform has for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Vip {
    /// One of them is enough.
    pub tags: Vec<String>,
    /// In the place of `returns.window_days`.
    pub window_days: Option<u32>,
    /// In the place of a smaller limit for refunds on arrival and for cancellations.
    pub order_limits: Amounts,
    /// `person`: whatever they ask for goes to people. Automatic: as for all others.
    pub handling: Handling,
}

impl Default for Vip {
    fn default() -> Self {
        Self { tags: Vec::new(), window_days: None, order_limits: Amounts::default(), handling: Handling::Automatic }
    }
}

impl Vip {
    pub(super) fn has_rules(&self) -> bool {
        self.window_days.is_some() || !self.order_limits.is_empty() || self.handling != Handling::Automatic
    }
}

/// Orders of great value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HighValue {
    /// The total above which an order is one. Where amounts are written, an order in another currency is one, too.
    pub above: Amounts,
    pub handling: Handling,
}

/// Proposals that wait for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Approvals {
    pub expire_after_hours: u32,
}

impl Default for Approvals {
    fn default() -> Self {
        Self { expire_after_hours: 72 }
    }
}

impl Approvals {
    /// Until when a proposal made now can be approved.
    pub fn expiry(&self, now: Timestamp) -> Timestamp {
        let lifetime = SignedDuration::from_hours(i64::from(self.expire_after_hours));
        now.checked_add(lifetime).unwrap_or(Timestamp::MAX)
    }
}
