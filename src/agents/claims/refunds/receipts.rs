//! What refund tools returned: one entry a wish, as its latest receipt has it.

use jiff::civil::Date;
use serde::Deserialize;

use crate::agents::claims::evidence::Order;
use crate::domain::effect::EffectState;
use crate::domain::money::Money;

/// What became of a wish for money back.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::agents::claims) struct Refund {
    pub order_number: String,
    /// The effect that it tells of. None: nothing was tried.
    #[serde(default)]
    pub refund: Option<String>,
    pub decision: String,
    #[serde(default)]
    pub items: Vec<Units>,
    #[serde(default)]
    pub amount: Option<Money>,
    /// It is for a part of a price, or for no goods: they are not paid back with it.
    #[serde(default)]
    pub goodwill: bool,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    pub windows: Vec<Window>,
    #[serde(default)]
    pub excluded: Vec<Excluded>,
    #[serde(default)]
    pub instead: Option<String>,
    #[serde(default)]
    pub left: Option<Units>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(in crate::agents::claims) struct Units {
    pub title: String,
    pub quantity: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::agents::claims) struct Window {
    pub title: String,
    pub returnable_until: Option<Date>,
    pub open: bool,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::agents::claims) struct Excluded {
    pub title: String,
}

impl Refund {
    /// What the order itself tells of money back: all of it, whoever paid it back.
    pub fn of_order(order: &Order) -> Self {
        let repaid = order.items.iter().filter(|item| item.refunded_quantity > 0);
        Self {
            items: repaid.map(|item| Units { title: item.title.clone(), quantity: item.refunded_quantity }).collect(),
            amount: order.refunded,
            ..Self::outline(&order.order_number, "refunded")
        }
    }

    /// The goods of several refunds of an order, counted together. Their amounts are not added up.
    pub fn sum<'r>(order: &Order, refunds: impl Iterator<Item = &'r Self>) -> Self {
        let mut sum = Self::outline(&order.order_number, "refunded");
        for units in refunds.filter(|refund| !refund.goodwill).flat_map(|refund| &refund.items) {
            match sum.items.iter_mut().find(|known| known.title == units.title) {
                Some(known) => known.quantity += units.quantity,
                None => sum.items.push(units.clone()),
            }
        }
        sum
    }

    pub fn outline(order_number: &str, decision: &str) -> Self {
        Self {
            order_number: order_number.to_owned(),
            refund: None,
            decision: decision.to_owned(),
            items: Vec::new(),
            amount: None,
            goodwill: false,
            reason: None,
            windows: Vec::new(),
            excluded: Vec::new(),
            instead: None,
            left: None,
        }
    }

    /// Whether this receipt is out of date once `newer` is there.
    pub fn is_replaced_by(&self, newer: &Self) -> bool {
        match &self.refund {
            Some(effect) => newer.refund.as_ref() == Some(effect),
            // What could be done changes with whatever is done for the order.
            None => {
                let outlook = matches!(self.decision.as_str(), "can_be_refunded_now" | "needs_approval");
                self.order_number == newer.order_number && (outlook || self.items == newer.items)
            }
        }
    }

    /// Whether the effect is still where the receipt has it.
    pub fn agrees_with(&self, state: &EffectState) -> bool {
        match self.decision.as_str() {
            "waiting_for_approval" => *state == EffectState::Proposed,
            "refunded" | "submitted" => *state == EffectState::Confirmed,
            "failed" => *state == EffectState::Failed,
            "being_checked" => !matches!(state, EffectState::Confirmed | EffectState::Failed),
            _ => true,
        }
    }

    /// Whether the money left, or may have left.
    pub fn may_be_paid(&self) -> bool {
        matches!(self.decision.as_str(), "refunded" | "submitted" | "being_checked")
    }

    pub fn titles(&mut self) -> impl Iterator<Item = &mut String> {
        let units = self.items.iter_mut().chain(&mut self.left).map(|units| &mut units.title);
        let windows = self.windows.iter_mut().map(|window| &mut window.title);
        units.chain(windows).chain(self.excluded.iter_mut().map(|excluded| &mut excluded.title))
    }
}
