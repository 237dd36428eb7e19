//! Goodwill: proposed with the most that it can be, and never sent before a person said how much.

use serde_json::json;

use super::acts::{Acted, Proof, Trouble, busy, in_use};
use super::refund::shares;
use crate::desk::StoreSetup;
use crate::desk::driver::Session;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::id::EffectId;
use crate::domain::money::Money;
use crate::domain::order::{LineQuantity, Order, Piece};
use crate::integrations::commerce::refunds::{RefundDraft, RefundOf};
use crate::policy::decision::{Reason, Verdict};
use crate::storage::orders::OnOrder;
use crate::tools::books::{Assessment, Standing};
use crate::tools::goodwill::GoodwillWish;
use crate::tools::refunds::{items, standing, told};

/// For the store's staff.
const NOTE: &str = "Goodwill, approved by a person and paid by the support agent";

impl Session<'_> {
    pub(super) async fn goodwill(&self, wish: &GoodwillWish) -> Result<Acted, Trouble> {
        let order = self.order_of(&wish.order, Proof::Email).await?;
        let books = self.setup.books(self.desk);
        let assessment = match books.assess_goodwill(&order, wish, None).await? {
            Standing::Open(assessment) => assessment,
            Standing::Held { effect, lines } if effect.kind == EffectKind::Return => {
                return Ok(books.money_for(&order, &lines, &effect).await?.into());
            }
            Standing::Held { effect, lines } => return self.tell_goodwill(&order, &lines, *effect).await,
            found => return Ok(standing(&order, &wish.lines, &found).into()),
        };
        self.decisions.add(&assessment.basis, &assessment.decision, true);
        let (Verdict::NeedsApproval(reason), Some(most)) = (assessment.decision.verdict, assessment.decision.pays)
        else {
            return Ok(standing(&order, &wish.lines, &Standing::Open(assessment)).into());
        };
        match self.propose_goodwill(&order, wish, &assessment, most, reason).await? {
            OnOrder::New(effect) | OnOrder::Existing(effect) | OnOrder::Consumed(effect) => {
                let lines = books.lines_of(&effect).await?;
                self.tell_goodwill(&order, &lines, effect).await
            }
            OnOrder::Busy(_) => Err(busy()),
            OnOrder::OverLimit { .. } => Err(in_use()),
        }
    }

    async fn tell_goodwill(&self, order: &Order, lines: &[LineQuantity], effect: Effect) -> Result<Acted, Trouble> {
        let (effect, events) = self.take_on(effect).await?;
        Ok(Acted { events, ..Acted::from(told(order, lines, &effect)) })
    }

    async fn propose_goodwill(
        &self,
        order: &Order,
        wish: &GoodwillWish,
        assessment: &Assessment,
        most: Money,
        reason: Reason,
    ) -> Result<OnOrder, Trouble> {
        let lines = if wish.lines.is_empty() { Vec::new() } else { assessment.of.lines.clone() };
        let wish = GoodwillWish { lines, ..wish.clone() };
        let proposal = json!({
            "order_number": order.name, "items": items(order, &wish.lines), "lines": wish.lines, "at_most": most,
            "wanted": wish.wanted,
        });
        let approval = self.approval(Some(reason), proposal);
        let identity = identity(order, &assessment.pieces);
        let effect = self.new_effect(EffectId::generate(), EffectKind::Goodwill, identity, json!(wish), String::new());
        Ok(self.desk.storage.propose_on_order(effect, assessment.hold(order, most), approval).await?)
    }
}

/// The business identity: these pieces of this order, or the order as such.
fn identity(order: &Order, pieces: &[Piece]) -> String {
    let pieces: Vec<String> = pieces.iter().map(Piece::to_string).collect();
    format!("goodwill:{}:{}", order.id.as_str(), pieces.join(","))
}

/// The request as it will leave: money alone. The platform's count of units stays as it is.
pub(in crate::desk) fn goodwill_request(
    setup: &StoreSetup,
    effect: &EffectId,
    assessment: &Assessment,
    amount: Money,
) -> String {
    let order = assessment.of.order.clone();
    setup.writers.refunds.request(&RefundDraft {
        effect: effect.clone(),
        of: RefundOf { order, lines: Vec::new(), shipping: false },
        shares: shares(&assessment.quote.shares, amount),
        restock: None,
        notify: setup.policy.platform_mails(),
        note: NOTE.to_owned(),
    })
}
