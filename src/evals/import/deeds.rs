//! What was done, or waits to be: effects by their ids, with what receipts and approvals tell of them.

use serde_json::Value;

use super::receipts::{Receipt, parts};
use crate::domain::effect::{ApprovalState, EffectKind, EffectState};
use crate::domain::event::{Event, EventBody};
use crate::domain::money::Money;

/// Where receipts name the effect that they tell of.
const NAMES: [&str; 5] = ["refund", "effect", "cancellation", "change", "note"];

pub struct Deed {
    pub id: String,
    pub kind: EffectKind,
    pub state: EffectState,
    pub order: Option<String>,
    /// Titles with quantities.
    pub items: Vec<(String, u64)>,
    pub amount: Option<Money>,
    pub approval: Option<Asked>,
}

pub struct Asked {
    pub reason: String,
    pub state: ApprovalState,
}

pub fn of(events: &[Event], receipts: &[Receipt<'_>]) -> Vec<Deed> {
    let mut deeds: Vec<Deed> = Vec::new();
    for event in events {
        match &event.body {
            EventBody::EffectMoved { effect, kind, state, .. } => {
                on(&mut deeds, effect.as_str(), *kind, |deed| deed.state = state.clone());
            }
            EventBody::ApprovalRequested { effect, kind, reason, amount, .. } => {
                let asked = Asked { reason: reason.clone(), state: ApprovalState::Pending };
                on(&mut deeds, effect.as_str(), *kind, |deed| {
                    (deed.amount, deed.approval) = (*amount, Some(asked));
                });
            }
            EventBody::ApprovalDecided { effect, state, amount, .. } => {
                if let Some(deed) = deeds.iter_mut().find(|deed| deed.id == effect.as_str()) {
                    deed.decided(state, *amount);
                }
            }
            _ => {}
        }
    }
    for receipt in receipts {
        for part in parts(receipt.content) {
            let id = NAMES.iter().find_map(|name| part.get(name)?.as_str());
            if let Some(deed) = deeds.iter_mut().find(|deed| Some(deed.id.as_str()) == id) {
                deed.learn(part, receipt);
            }
        }
    }
    follow_returns(&mut deeds, receipts);
    deeds
}

/// One that was not heard of before is proposed. What a ticket has of the conversation is none.
fn on(deeds: &mut Vec<Deed>, id: &str, kind: EffectKind, change: impl FnOnce(&mut Deed)) {
    if let Some(deed) = deeds.iter_mut().find(|deed| deed.id == id) {
        return change(deed);
    }
    if kind.keeps_a_ticket() {
        return;
    }
    let mut deed = Deed {
        id: id.to_owned(),
        kind,
        state: EffectState::Proposed,
        order: None,
        items: Vec::new(),
        amount: None,
        approval: None,
    };
    change(&mut deed);
    deeds.push(deed);
}

impl Deed {
    fn decided(&mut self, state: &ApprovalState, amount: Option<Money>) {
        self.amount = amount.or(self.amount);
        if let Some(asked) = &mut self.approval {
            asked.state = state.clone();
        }
        if matches!(state, ApprovalState::Denied | ApprovalState::Expired) {
            self.state = EffectState::Failed;
        }
    }

    fn learn(&mut self, part: &Value, receipt: &Receipt<'_>) {
        self.order = receipt.text("order_number").map(str::to_owned).or(self.order.take());
        self.amount = self.amount.or_else(|| money(part.get("amount")?));
        if self.items.is_empty() {
            let items = part.get("items").and_then(Value::as_array).into_iter().flatten();
            self.items = items.filter_map(titled).collect();
        }
    }

    pub fn is_done(&self) -> bool {
        self.state == EffectState::Confirmed
    }
}

/// Money for goods that came back is told by the receipt of their return, if no other tells it.
fn follow_returns(deeds: &mut [Deed], receipts: &[Receipt<'_>]) {
    let mut opened = receipts.iter().filter(|receipt| receipt.text("return").is_some());
    for deed in deeds.iter_mut().filter(|deed| deed.kind == EffectKind::ReturnRefund) {
        let Some(receipt) = opened.next() else { return };
        deed.order = deed.order.take().or_else(|| receipt.text("order_number").map(str::to_owned));
        deed.amount = deed.amount.or_else(|| money(receipt.content.pointer("/refund/amount")?));
    }
}

fn titled(item: &Value) -> Option<(String, u64)> {
    Some((item.get("title")?.as_str()?.to_owned(), item.get("quantity")?.as_u64()?))
}

pub fn money(value: &Value) -> Option<Money> {
    serde_json::from_value(value.clone()).ok()
}
