//! What a tool may see while it runs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use super::ToolError;
use super::books::Books;
use super::help_center::HelpCenter;
use crate::domain::clock::Clock;
use crate::domain::identity::{Assurance, Identity};
use crate::domain::order::{Order, OrderId};
use crate::domain::store::StoreProfile;
use crate::integrations::{Readers, Urgency};
use crate::policy::IdentityLimits;
use crate::policy::basis::{Basis, Judged};
use crate::policy::decision::Decision;
use crate::storage::articles::Articles;
use crate::storage::tries::{Admission, IdentityTries, Scope};

/// The conversation and its surroundings, read-only.
pub struct Scene<'a> {
    pub store: &'a StoreProfile,
    pub identity: &'a Identity,
    /// Names of the orders that were matched, with their ids.
    pub matched: &'a [(String, OrderId)],
    /// What the shopper wrote, and claims to be: the only source of facts that prove anything.
    pub said: &'a Said,
    pub readers: &'a Readers,
    pub help: &'a HelpCenter,
    /// Where accepted answers of colleagues are.
    pub articles: &'a dyn Articles,
    pub tries: &'a dyn IdentityTries,
    pub limits: IdentityLimits,
    /// Whom failed tries are counted under, beside the order.
    pub scopes: &'a [Scope],
    pub code: CodeState,
    pub asking: Asking,
    /// Agents to whom this one may hand the conversation.
    pub hands_to: &'a [String],
    pub clock: &'a Clock,
    pub orders: &'a OrdersSeen,
    /// What decides about money.
    pub books: Books<'a>,
    pub forgiven: &'a Forgiven,
    pub decisions: &'a Decisions,
}

/// A shopper's own words, in the forms in which facts are looked for in them.
#[derive(Clone, Debug, Default)]
pub struct Said {
    lower: String,
    /// Letters and digits alone.
    bare: String,
}

impl Said {
    pub fn add(&mut self, text: &str) {
        let lower = text.to_lowercase();
        self.bare.extend(lower.chars().filter(|c| c.is_alphanumeric()));
        self.bare.push('\n');
        self.lower.push_str(&lower);
        self.lower.push('\n');
    }

    /// Whether the text stands in it as it is.
    pub fn has(&self, text: &str) -> bool {
        self.lower.contains(&text.to_lowercase())
    }

    /// Whether letters and digits stand in it in this order, whatever is between them.
    pub fn has_bare(&self, text: &str) -> bool {
        let bare: String = text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect();
        self.bare.contains(&bare)
    }
}

/// Whether the store's people may be asked something now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    Allowed,
    /// They have a question already.
    Waits,
    /// They were asked as often as the store wants.
    UsedUp,
    /// They read what the agent would do, or say it themselves.
    Watched,
}

impl Asking {
    pub fn allowed(self) -> Result<(), ToolError> {
        Err(ToolError::NotPossible(match self {
            Self::Allowed => return Ok(()),
            Self::Waits => {
                "A colleague has a question of this conversation already. Wait for the answer; it comes by itself."
            }
            Self::UsedUp => {
                "Colleagues cannot be asked in this conversation. Say that you do not know, and offer a person."
            }
            Self::Watched => "People of the store see this conversation before the shopper does. Say what you know.",
        }))
    }
}

/// How the matter of one-time codes stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CodeState {
    /// Codes that were sent, or may have been.
    pub sent: u32,
    /// What became of the code typed last, if it came after the last one sent: right, and how many tries are left.
    pub checked: Option<(bool, u32)>,
}

/// Orders read earlier in the same turn: a parcel need not ask the platform for its order again.
#[derive(Default)]
pub struct OrdersSeen(Mutex<HashMap<OrderId, Arc<Order>>>);

impl OrdersSeen {
    pub fn remember(&self, order: &Arc<Order>) {
        if let Ok(mut seen) = self.0.lock() {
            seen.insert(order.id.clone(), Arc::clone(order));
        }
    }

    fn get(&self, id: &OrderId) -> Option<Arc<Order>> {
        self.0.lock().ok()?.get(id).cloned()
    }
}

/// Tries to prove an identity that were right, or came to no answer: they count no more once the log has what the tool
/// gave.
#[derive(Default)]
pub struct Forgiven(Mutex<Vec<Admission>>);

impl Forgiven {
    pub fn add(&self, admission: Admission) {
        if let Ok(mut forgiven) = self.0.lock() {
            forgiven.push(admission);
        }
    }

    pub fn take(&self) -> Vec<Admission> {
        self.0.lock().map(|mut forgiven| std::mem::take(&mut *forgiven)).unwrap_or_default()
    }
}

/// What the policy decided for tool calls: it is written down with what they gave.
#[derive(Default)]
pub struct Decisions(Mutex<Vec<Decided>>);

/// A decision, and whether it was asked for in order to act.
pub struct Decided {
    pub judged: Judged,
    pub acts: bool,
}

impl Decisions {
    pub fn add(&self, basis: &Basis, decision: &Decision, acts: bool) {
        if let Ok(mut decisions) = self.0.lock() {
            let judged = Judged { basis: basis.clone(), decision: decision.clone() };
            decisions.push(Decided { judged, acts });
        }
    }

    pub fn take(&self) -> Vec<Decided> {
        self.0.lock().map(|mut decisions| std::mem::take(&mut *decisions)).unwrap_or_default()
    }
}

impl Scene<'_> {
    pub fn today(&self) -> Date {
        self.date(self.clock.now())
    }

    /// The day of a moment, where the store is.
    pub fn date(&self, at: Timestamp) -> Date {
        at.to_zoned_datetime(self.zone()).date()
    }

    pub fn zone(&self) -> TimeZone {
        self.store.zone.clone()
    }

    /// The order that the shopper calls so, if they have proved that they may read it. Whether it exists otherwise is not
    /// told: the refusal for another's order is that for none.
    pub async fn readable_order(&self, name: &str) -> Result<Arc<Order>, ToolError> {
        const ADVICE: &str = "No order with this number was matched in this conversation. Ask for the order number and \
                              the e-mail address or postcode of the order, and call find_order.";
        let refused = || match self.identity.verified() {
            Some(_) => ToolError::NotFound,
            None => ToolError::Assurance { needed: Assurance::OrderMatched, advice: ADVICE },
        };
        let order = match self.matched.iter().find(|(known, _)| same_name(known, name)) {
            Some((_, id)) => match self.orders.get(id) {
                Some(order) => Some(order),
                None => self.readers.commerce.order(id, Urgency::Shopper).await?.map(Arc::new),
            },
            None if self.identity.verified().is_some() => self
                .readers
                .commerce
                .orders_named(name, Urgency::Shopper)
                .await?
                .into_iter()
                .find(|order| self.may_read(order))
                .map(Arc::new),
            None => None,
        };
        let mut order = order.filter(|order| order.is_called(name) && self.may_read(order)).ok_or_else(refused)?;
        if !order.complete {
            order =
                self.readers.commerce.order(&order.id, Urgency::Shopper).await?.map(Arc::new).ok_or_else(refused)?;
        }
        self.orders.remember(&order);
        Ok(order)
    }

    /// Compared in code, with the record itself, before anything of an order is shown.
    pub fn may_read(&self, order: &Order) -> bool {
        self.identity.assurance_for(&order.id, order.owner()) >= Assurance::OrderMatched
    }
}

fn same_name(left: &str, right: &str) -> bool {
    let bare = |text: &str| text.trim().trim_start_matches('#').to_lowercase();
    bare(left) == bare(right)
}
