//! Changes of an order that has not left the store, and lines in its note.

use serde_json::{Value, json};

use super::acts::{Acted, Proof, Trouble, busy, in_use};
use crate::agents::conversation::Entry;
use crate::desk::StoreSetup;
use crate::desk::driver::Session;
use crate::domain::clock::Clock;
use crate::domain::effect::{Effect, EffectKind, EffectState};
use crate::domain::id::EffectId;
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::integrations::commerce::cancellations::{CancellationDraft, CancellationReason};
use crate::integrations::commerce::changes::{AddressDraft, NoteDraft, Place};
use crate::policy::Mode;
use crate::policy::basis::Judged;
use crate::policy::decision::{Reason, Verdict};
use crate::storage::ledger::NewEffect;
use crate::storage::orders::{Hold, OnOrder};
use crate::tools::ToolError;
use crate::tools::books::{Assessment, Standing};
use crate::tools::orders::{Change, OrderWish, cancellation, change, denied, note, refused, unchanged};
use crate::tools::refunds::items;

/// Lines that an agent adds to one order's note.
const MOST_NOTES: usize = 5;

impl Session<'_> {
    pub(super) async fn change_order(&self, wish: &OrderWish, mode: Mode) -> Result<Acted, Trouble> {
        match &wish.change {
            Change::Cancel => self.cancel(wish, mode).await,
            Change::Address(place) => self.send_elsewhere(wish, place, mode).await,
            Change::Note(text) => self.add_note(wish, text).await,
        }
    }

    async fn cancel(&self, wish: &OrderWish, mode: Mode) -> Result<Acted, Trouble> {
        let order = self.order_of(&wish.order, Proof::Code).await?;
        // Twice at most: a limit that others have used up meanwhile is judged anew.
        for _ in 0..2 {
            let found = self.setup.books(self.desk).assess_cancellation(&order, None).await?;
            let mut assessment = match found {
                Standing::Held { effect, .. } => return self.tell_cancellation(&order, *effect).await,
                Standing::Short { .. } | Standing::Refused => return Ok(refused(&order).into()),
                Standing::Open(assessment) => assessment,
            };
            assessment.decision = assessment.decision.held_to(mode);
            self.decisions.add(&assessment.basis, &assessment.decision, true);
            let (reason, amount) = match (assessment.decision.verdict, assessment.decision.pays) {
                (Verdict::Allow, Some(amount)) => (None, amount),
                (Verdict::NeedsApproval(reason), Some(amount)) => (Some(reason), amount),
                (verdict, _) => return Ok(denied(&order, verdict).into()),
            };
            match self.propose_cancellation(&order, &assessment, amount, reason).await? {
                OnOrder::New(effect) | OnOrder::Existing(effect) => {
                    return self.tell_cancellation(&order, effect).await;
                }
                OnOrder::Consumed(_) => {
                    return Ok(denied(&order, Verdict::Person(Reason::UnitsClaimed)).into());
                }
                OnOrder::Busy(_) => return Err(busy()),
                OnOrder::OverLimit { .. } => {}
            }
        }
        Err(in_use())
    }

    async fn propose_cancellation(
        &self,
        order: &Order,
        assessment: &Assessment,
        amount: Money,
        reason: Option<Reason>,
    ) -> Result<OnOrder, Trouble> {
        let id = EffectId::generate();
        let all: Vec<Value> = items(order, &assessment.of.lines);
        let proposal = json!({"order_number": order.name, "items": all, "amount": amount});
        let approval = self.approval(reason, proposal);
        let request = match &approval {
            Some(_) => String::new(),
            None => self.setup.writers.cancellations.cancellation_request(&cancelling(self.setup, &id, order)),
        };
        let identity = format!("cancellation:{}", order.id.as_str());
        let effect = self.new_effect(id, EffectKind::Cancellation, identity, json!(Change::Cancel), request);
        Ok(self.desk.storage.propose_on_order(effect, assessment.hold(order, amount), approval).await?)
    }

    async fn tell_cancellation(&self, order: &Order, effect: Effect) -> Result<Acted, Trouble> {
        let (effect, events) = self.take_on(effect).await?;
        Ok(Acted { events, ..Acted::from(cancellation(order, &effect)) })
    }

    async fn send_elsewhere(&self, wish: &OrderWish, place: &Place, mode: Mode) -> Result<Acted, Trouble> {
        let order = self.order_of(&wish.order, Proof::Code).await?;
        if let Some(earlier) = self.latest(&order, EffectKind::AddressChange).await? {
            let same = earlier.wish == json!(place);
            let goes_there = order.ship_to.as_ref().is_some_and(|seen| place.is(seen));
            match earlier.state {
                EffectState::Confirmed if same && goes_there && !self.has_told("change", &earlier) => {
                    return self.tell_change(&order, place, earlier).await;
                }
                EffectState::Confirmed | EffectState::Failed => {}
                _ if same => return self.tell_change(&order, place, earlier).await,
                _ => {
                    const ADVICE: &str = "Another change of this order's address is still under way. Say so, and that it \
                                          can be tried again in a few minutes.";
                    return Err(ToolError::NotPossible(ADVICE).into());
                }
            }
        }
        let Some(seen) = order.ship_to.clone() else {
            return Ok(denied(&order, Verdict::Person(Reason::AddressIncomplete)).into());
        };
        if place.is(&seen) {
            return Ok(unchanged(&order, place).into());
        }
        let Judged { basis, decision } = self.setup.books(self.desk).assess_address(&order, place).await?;
        let decision = decision.held_to(mode);
        self.decisions.add(&basis, &decision, true);
        let reason = match decision.verdict {
            Verdict::Allow => None,
            Verdict::NeedsApproval(reason) => Some(reason),
            verdict => return Ok(denied(&order, verdict).into()),
        };
        let id = EffectId::generate();
        let approval = self.approval(reason, json!({"order_number": order.name, "address": place}));
        let request = match &approval {
            Some(_) => String::new(),
            None => {
                let draft = AddressDraft { effect: id.clone(), order: order.id.clone(), seen, place: place.clone() };
                self.setup.writers.changes.address_request(&draft)
            }
        };
        let number = self.settled(&order, EffectKind::AddressChange).await? + 1;
        let identity = format!("address_change:{}:{number}", order.id.as_str());
        let effect = self.new_effect(id, EffectKind::AddressChange, identity, json!(place), request);
        match self.desk.storage.propose_on_order(effect, nothing_of(&order), approval).await? {
            OnOrder::New(effect) | OnOrder::Existing(effect) if effect.wish == json!(place) => {
                self.tell_change(&order, place, effect).await
            }
            _ => Err(busy()),
        }
    }

    async fn tell_change(&self, order: &Order, place: &Place, effect: Effect) -> Result<Acted, Trouble> {
        let (effect, events) = self.take_on(effect).await?;
        Ok(Acted { events, ..Acted::from(change(order, place, &effect)) })
    }

    /// Whether a receipt of this conversation names an effect of this conversation. One that does not was lost with its
    /// process.
    fn has_told(&self, key: &str, effect: &Effect) -> bool {
        let names = |entry: &Entry| match entry {
            Entry::Result { receipt, .. } => receipt.get(key) == Some(&json!(effect.id)),
            _ => false,
        };
        effect.conversation != self.conversation.id || self.conversation.dialogue.iter().any(names)
    }

    async fn add_note(&self, wish: &OrderWish, text: &str) -> Result<Acted, Trouble> {
        let order = self.order_of(&wish.order, Proof::Any).await?;
        let earlier = self.desk.storage.effects_on(&self.setup.profile.id, &order.id).await?;
        let notes: Vec<Effect> = earlier
            .into_iter()
            .filter(|effect| effect.kind == EffectKind::Note && effect.state != EffectState::Failed)
            .collect();
        if let Some(same) = notes.iter().find(|effect| effect.wish == json!(text)) {
            return self.tell_note(&order, text, same.clone()).await;
        }
        if notes.len() >= MOST_NOTES {
            return Err(ToolError::NotPossible("No more can be noted on this order. Offer a person.").into());
        }
        let id = EffectId::generate();
        let draft = NoteDraft { effect: id.clone(), order: order.id.clone(), text: text.to_owned() };
        let request = self.setup.writers.changes.note_request(&draft);
        // One that is still on its way has this number: a second would overwrite what the first is about to write.
        let number = self.settled(&order, EffectKind::Note).await? + 1;
        let identity = format!("note:{}:{number}", order.id.as_str());
        let effect = self.new_effect(id, EffectKind::Note, identity, json!(text), request);
        match self.desk.storage.propose_on_order(effect, nothing_of(&order), None).await? {
            OnOrder::New(effect) | OnOrder::Existing(effect) if effect.wish == json!(text) => {
                self.tell_note(&order, text, effect).await
            }
            _ => {
                const ADVICE: &str = "Something else is being noted on this order just now. Try once more.";
                Err(ToolError::NotPossible(ADVICE).into())
            }
        }
    }

    async fn tell_note(&self, order: &Order, text: &str, effect: Effect) -> Result<Acted, Trouble> {
        let (effect, events) = self.take_on(effect).await?;
        Ok(Acted { events, ..Acted::from(note(order, text, &effect)) })
    }

    async fn latest(&self, order: &Order, kind: EffectKind) -> Result<Option<Effect>, Trouble> {
        let effects = self.desk.storage.effects_on(&self.setup.profile.id, &order.id).await?;
        Ok(effects.into_iter().rfind(|effect| effect.kind == kind))
    }

    /// How many effects of this kind were done to the order.
    async fn settled(&self, order: &Order, kind: EffectKind) -> Result<usize, Trouble> {
        let effects = self.desk.storage.effects_on(&self.setup.profile.id, &order.id).await?;
        let done = |effect: &&Effect| effect.kind == kind && effect.state == EffectState::Confirmed;
        Ok(effects.iter().filter(done).count())
    }

    pub(super) fn new_effect(
        &self,
        id: EffectId,
        kind: EffectKind,
        identity: String,
        wish: Value,
        request: String,
    ) -> NewEffect {
        NewEffect {
            id,
            store: self.setup.profile.id.clone(),
            conversation: self.conversation.id.clone(),
            kind,
            identity,
            wish,
            request,
            at: Clock::machine(),
        }
    }
}

pub(in crate::desk) fn cancelling(setup: &StoreSetup, effect: &EffectId, order: &Order) -> CancellationDraft {
    CancellationDraft {
        effect: effect.clone(),
        order: order.id.clone(),
        reason: CancellationReason::Customer,
        refund: true,
        restock: true,
        notify: setup.policy.platform_mails(),
        note: "Cancelled by the support agent at the customer's wish".to_owned(),
    }
}

/// An effect on an order that takes hold of nothing.
fn nothing_of(order: &Order) -> Hold {
    Hold { order: order.id.clone(), pieces: Vec::new(), amount: None, allowances: Vec::new() }
}
