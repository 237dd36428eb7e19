//! What tools returned that do something beside paying back: one entry a deed, as its latest receipt has it.

use jiff::civil::Date;
use serde::Deserialize;

use crate::agents::claims::refunds::{Excluded, Refund, Units, Window};
use crate::domain::effect::EffectState;
use crate::domain::money::Money;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::agents::claims) enum Kind {
    Cancellation,
    /// Of the delivery address.
    Address,
    Note,
    Return,
}

/// Something done for an order, asked for, or only looked into.
#[derive(Clone, Debug)]
pub(in crate::agents::claims) struct Deed {
    pub kind: Kind,
    pub told: Told,
}

/// A receipt; what its kind does not have is empty.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::agents::claims) struct Told {
    pub order_number: String,
    pub decision: String,
    #[serde(default, alias = "cancellation", alias = "change", alias = "note")]
    pub effect: Option<String>,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub items: Vec<Units>,
    #[serde(default)]
    pub amount: Option<Money>,
    /// What became of the payment of a cancelled order.
    #[serde(default)]
    pub money: Option<String>,
    #[serde(default)]
    pub address: Option<Address>,
    /// Of a note.
    #[serde(default)]
    pub text: Option<String>,
    /// A return's name.
    #[serde(default, rename = "return")]
    pub name: Option<String>,
    /// The store's own people opened it, not the agent.
    #[serde(default)]
    pub opened_by_staff: bool,
    #[serde(default)]
    pub label: Option<Label>,
    #[serde(default)]
    pub parcel: Option<Back>,
    #[serde(default)]
    pub terms: Option<Terms>,
    /// The money for a return.
    #[serde(default)]
    pub refund: Option<Following>,
    #[serde(default)]
    pub windows: Vec<Window>,
    #[serde(default)]
    pub excluded: Vec<Excluded>,
    #[serde(default)]
    pub left: Option<Units>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(in crate::agents::claims) struct Address {
    pub line1: String,
    #[serde(default)]
    pub line2: Option<String>,
    pub city: String,
    #[serde(default)]
    pub province: Option<String>,
    pub postcode: String,
    pub country: String,
}

/// For sending goods back.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::agents::claims) struct Label {
    pub state: String,
    #[serde(default)]
    pub carrier: Option<String>,
    #[serde(default)]
    pub tracking_number: Option<String>,
    #[serde(default)]
    pub url: Option<String>,
}

/// The parcel with the goods of a return.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::agents::claims) struct Back {
    pub status: String,
    #[serde(default)]
    pub arrived_on: Option<Date>,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::agents::claims) struct Terms {
    #[serde(default)]
    pub label_paid_by: Option<String>,
    #[serde(default)]
    pub restocking_fee_percent: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::agents::claims) struct Following {
    pub decision: String,
    #[serde(default)]
    pub amount: Option<Money>,
    /// The effect, once there is one.
    #[serde(default, alias = "refund")]
    pub effect: Option<String>,
}

impl Deed {
    pub fn effect(&self) -> Option<&str> {
        self.told.effect.as_deref()
    }

    /// That of a return.
    pub fn name(&self) -> Option<&str> {
        self.told.name.as_deref()
    }

    pub fn is(&self, decision: &str) -> bool {
        self.told.decision == decision
    }

    pub fn is_for(&self, reason: &str) -> bool {
        self.told.reason.as_deref() == Some(reason)
    }

    pub fn is_done(&self) -> bool {
        matches!(self.told.decision.as_str(), "cancelled" | "changed" | "noted" | "return_open" | "requested")
    }

    /// Whether it was done, or may have been.
    pub fn may_be_done(&self) -> bool {
        self.is_done() || self.is("being_checked")
    }

    /// Whether it only tells what would be.
    pub fn is_outlook(&self) -> bool {
        matches!(self.told.decision.as_str(), "can_be_returned" | "needs_approval")
    }

    /// Whether this receipt is out of date once `newer` is there. What was done stays done until it is done anew.
    pub fn is_replaced_by(&self, newer: &Self) -> bool {
        if self.kind != newer.kind || self.told.order_number != newer.told.order_number {
            return false;
        }
        let same = self.effect().is_some() && self.effect() == newer.effect();
        match self.kind {
            Kind::Note => same,
            Kind::Return if self.name().is_some() => self.name() == newer.name(),
            Kind::Return => same || self.is_outlook() || self.told.items == newer.told.items,
            Kind::Cancellation | Kind::Address => same || !self.is_done() || newer.is_done() || newer.is("unchanged"),
        }
    }

    /// Whether the effect is still where the receipt has it.
    pub fn agrees_with(&self, state: &EffectState) -> bool {
        match self.told.decision.as_str() {
            "waiting_for_approval" => *state == EffectState::Proposed,
            "failed" => *state == EffectState::Failed,
            "being_checked" => !matches!(state, EffectState::Confirmed | EffectState::Failed),
            _ if self.is_done() => *state == EffectState::Confirmed,
            _ => true,
        }
    }

    /// What became of the money, where it is more than an outlook. `goods`: those of the order.
    pub fn paid(&self, goods: Vec<Units>) -> Option<Refund> {
        let (decision, amount, effect, items) = match self.kind {
            Kind::Cancellation if self.is("cancelled") => {
                (self.told.money.as_ref()?, self.told.amount, self.told.effect.clone(), goods)
            }
            Kind::Return => {
                let refund = self.told.refund.as_ref()?;
                let effect = refund.effect.clone().or_else(|| self.name().map(|name| format!("{name}/refund")));
                (&refund.decision, refund.amount, effect, self.told.items.clone())
            }
            _ => return None,
        };
        let known = matches!(decision.as_str(), "refunded" | "submitted" | "waiting_for_approval" | "being_checked");
        let outline = || Refund::outline(&self.told.order_number, decision);
        known.then(|| Refund { refund: effect, items, amount, ..outline() })
    }

    /// The goods and the amount that follow on the goods' arrival, to be compared with what is said.
    pub fn following(&self) -> Option<Refund> {
        let refund = self.told.refund.as_ref()?;
        let outline = Refund::outline(&self.told.order_number, &refund.decision);
        Some(Refund { items: self.told.items.clone(), amount: refund.amount, ..outline })
    }

    /// Until when goods are taken back, and which not. It says nothing of money.
    pub fn window(&self) -> Option<Refund> {
        let told = &self.told;
        let tells = !(told.windows.is_empty() && told.excluded.is_empty() && told.left.is_none());
        (self.kind == Kind::Return && tells).then(|| Refund {
            items: told.items.clone(),
            reason: told.reason.clone(),
            windows: told.windows.clone(),
            excluded: told.excluded.clone(),
            left: told.left.clone(),
            ..Refund::outline(&told.order_number, OUTLOOK)
        })
    }
}

/// The decision of what [`Deed::window`] makes: none that a claim about money asks for.
const OUTLOOK: &str = "";
