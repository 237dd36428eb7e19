//! Goods that come back: opened at the platform, and paid for once they have arrived.

use serde_json::json;

use super::acts::{Acted, Proof, Told, Trouble};
use super::arrivals::Received;
use crate::desk::driver::Session;
use crate::domain::effect::{Effect, EffectKind, EffectState};
use crate::domain::id::EffectId;
use crate::domain::order::{LineQuantity, Order, Piece};
use crate::integrations::Urgency;
use crate::integrations::commerce::returns::{
    ReturnDraft, ReturnFile, ReturnReason, ReturnState, Returnable, ReturningLine,
};
use crate::policy::Mode;
use crate::policy::ask::Case;
use crate::policy::decision::Verdict;
use crate::storage::ledger::Move;
use crate::storage::orders::{Hold, OnOrder};
use crate::tools::ToolError;
use crate::tools::books::Standing;
use crate::tools::refunds::{GoodsWish, refused, told};
use crate::tools::returns::{Returning, standing};

impl Session<'_> {
    pub(super) async fn send_back(&self, wish: &GoodsWish, mode: Mode) -> Result<Acted, Trouble> {
        let order = self.order_of(&wish.order, Proof::Email).await?;
        self.adopt(&order, wish).await?;
        let mut returning = match self.setup.books(self.desk).assess_return(&order, wish).await? {
            Standing::Open(returning) => returning,
            Standing::Held { effect, lines } => return self.tell_return(&order, &lines, *effect).await,
            found => return Ok(standing(&order, wish, &found).into()),
        };
        returning.decision = returning.decision.held_to(mode);
        self.decisions.add(&returning.basis, &returning.decision, true);
        let ask_first = match returning.decision.verdict {
            Verdict::Allow => false,
            // The platform knows returns that its own people say yes to.
            Verdict::NeedsApproval(_) => true,
            Verdict::Person(_) | Verdict::Deny(_) => {
                return Ok(standing(&order, wish, &Standing::Open(returning)).into());
            }
        };
        let Some(lines) = self.returning_lines(&returning, wish.case).await? else {
            return Ok(refused(&order, &wish.lines).into());
        };
        match self.propose_return(&order, wish, &returning, lines, ask_first).await? {
            OnOrder::New(effect) | OnOrder::Existing(effect) | OnOrder::Consumed(effect) => {
                self.tell_return(&order, &returning.lines, effect).await
            }
            OnOrder::Busy(_) | OnOrder::OverLimit { .. } => {
                Err(ToolError::NotPossible("This order is being worked on just now. Try again in a minute.").into())
            }
        }
    }

    async fn propose_return(
        &self,
        order: &Order,
        wish: &GoodsWish,
        returning: &Returning,
        lines: Vec<ReturningLine>,
        ask_first: bool,
    ) -> Result<OnOrder, Trouble> {
        let id = EffectId::generate();
        let draft = ReturnDraft { effect: id.clone(), order: order.id.clone(), lines, ask_first };
        let request = self.setup.writers.returns.opening_request(&draft);
        let wish = GoodsWish { lines: returning.lines.clone(), ..wish.clone() };
        self.propose_pieces(id, order, &wish, returning.pieces.clone(), request).await
    }

    async fn propose_pieces(
        &self,
        id: EffectId,
        order: &Order,
        wish: &GoodsWish,
        pieces: Vec<Piece>,
        request: String,
    ) -> Result<OnOrder, Trouble> {
        let names: Vec<String> = pieces.iter().map(Piece::to_string).collect();
        let identity = format!("return:{}:{}", order.id.as_str(), names.join(","));
        let effect = self.new_effect(id, EffectKind::Return, identity, json!(wish), request);
        let hold = Hold { order: order.id.clone(), pieces, amount: None, allowances: Vec::new() };
        Ok(self.desk.storage.propose_on_order(effect, hold, None).await?)
    }

    /// A return that the store's people opened for these goods is followed as if the agent had: whole, and once.
    pub(super) async fn adopt(&self, order: &Order, wish: &GoodsWish) -> Result<(), Trouble> {
        let known = self.desk.storage.effects_on(&self.setup.profile.id, &order.id).await?;
        let is_known = |id: &str| known.iter().any(|effect| effect.vendor_reference.as_deref() == Some(id));
        for record in order.returns.iter().filter(|record| !is_known(&record.id)) {
            let file = self.setup.readers.returns.return_by_id(&record.id, Urgency::Shopper).await?;
            let Some(file) = file.filter(|file| file.state == ReturnState::Open) else { continue };
            let lines = open_lines(&file);
            let covers = |wanted: &LineQuantity| {
                lines.iter().any(|line| line.line == wanted.line && line.quantity >= wanted.quantity)
            };
            if !wish.lines.iter().all(covers) {
                continue;
            }
            let books = self.setup.books(self.desk);
            let Some(pieces) = books.free_pieces(order, &lines).await? else { continue };
            let returning = GoodsWish { lines, ..wish.clone() };
            if let OnOrder::New(effect) =
                self.propose_pieces(EffectId::generate(), order, &returning, pieces, String::new()).await?
                && self.desk.let_out(&effect).await?.is_some()
            {
                let there = Move::Confirm { vendor_reference: Some(file.id), watched: true };
                self.desk.settle(&effect, there, EffectState::Confirmed, Vec::new()).await?;
            }
        }
        Ok(())
    }

    /// The lines as the platform calls them. None: it would not take all of them back.
    async fn returning_lines(&self, returning: &Returning, case: Case) -> Result<Option<Vec<ReturningLine>>, Trouble> {
        let reasons = self.setup.readers.returns.reasons(Urgency::Shopper).await?;
        let Some(reason) = reason_for(case, &reasons) else { return Ok(None) };
        let lines = returning.lines.iter().map(|wanted| contents(wanted, &returning.returnable, reason));
        Ok(lines.collect::<Option<Vec<_>>>().map(|lines| lines.concat()))
    }

    /// Takes it as far as it can be taken now, with its label and its money, and says how it stands.
    async fn tell_return(&self, order: &Order, lines: &[LineQuantity], effect: Effect) -> Result<Acted, Trouble> {
        let (effect, mut events) = self.take_on(effect).await?;
        if effect.kind == EffectKind::Return && effect.state == EffectState::Confirmed {
            self.desk.send_label(self.setup, order, &effect, Told::ByAgent).await?;
            if let Received::Paid(refund) = self.desk.take_in(self.setup, order, &effect, Told::ByAgent).await? {
                events.extend(self.asked_for(&refund).await?);
            }
        }
        let receipt = self.setup.books(self.desk).progress(order, lines, &effect).await?;
        Ok(Acted { events, ..Acted::from(receipt) })
    }

    /// Money that is wanted for goods of a return: it follows them.
    pub(super) async fn refund_returned(
        &self,
        order: &Order,
        lines: &[LineQuantity],
        of: &Effect,
    ) -> Result<Acted, Trouble> {
        match self.desk.take_in(self.setup, order, of, Told::ByAgent).await? {
            Received::Paid(refund) => {
                let events = self.asked_for(&refund).await?;
                Ok(Acted { events, ..Acted::from(told(order, lines, &refund)) })
            }
            Received::NotYet | Received::Busy | Received::Not(_) => {
                Ok(self.setup.books(self.desk).money_for(order, lines, of).await?.into())
            }
        }
    }
}

/// What of a return has not been dealt with, by the order's lines.
fn open_lines(file: &ReturnFile) -> Vec<LineQuantity> {
    let mut lines: Vec<LineQuantity> = Vec::new();
    for returned in file.lines.iter().filter(|line| line.open > 0) {
        let Some(id) = &returned.line else { continue };
        match lines.iter_mut().find(|line| &line.line == id) {
            Some(line) => line.quantity = line.quantity.saturating_add(returned.open),
            None => lines.push(LineQuantity { line: id.clone(), quantity: returned.open }),
        }
    }
    lines
}

/// So many units of a line, taken from the parcels that brought them.
fn contents(wanted: &LineQuantity, returnable: &[Returnable], reason: &ReturnReason) -> Option<Vec<ReturningLine>> {
    let mut left = wanted.quantity;
    let mut lines = Vec::new();
    for content in returnable.iter().filter(|content| content.line == wanted.line) {
        let quantity = content.quantity.min(left);
        left -= quantity;
        if quantity > 0 {
            let (content, reason) = (content.content.clone(), reason.id.clone());
            lines.push(ReturningLine { content, quantity, reason, note: String::new() });
        }
    }
    (left == 0).then_some(lines)
}

/// The platform's reason that says the case best.
fn reason_for(case: Case, reasons: &[ReturnReason]) -> Option<&ReturnReason> {
    let words: &[&str] = match case {
        Case::ChangedMind => &["unwanted", "changed-mind", "other"],
        Case::Damaged => &["defective", "damaged", "not-as-described", "other"],
        Case::WrongItem => &["wrong-item", "not-as-described", "other"],
        Case::NeverArrived => &["other"],
    };
    let named = words.iter().find_map(|word| reasons.iter().find(|reason| reason.handle == *word));
    named.or(reasons.first())
}
