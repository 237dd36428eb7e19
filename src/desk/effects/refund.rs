//! Money back for units: which ones, how much, and whether at all.

use serde_json::json;

use super::acts::{Acted, Proof, Trouble, busy, in_use};
use super::deed::Both;
use crate::desk::StoreSetup;
use crate::desk::driver::Session;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::id::EffectId;
use crate::domain::money::Money;
use crate::domain::order::{Order, Piece};
use crate::integrations::commerce::refunds::{OutsideRefund, RefundDraft, RefundShare};
use crate::integrations::payments::PaymentRefundDraft;
use crate::policy::Mode;
use crate::policy::decision::{Reason, Verdict};
use crate::storage::orders::OnOrder;
use crate::tools::books::{Assessment, Standing};
use crate::tools::refunds::{GoodsWish, items, refused, standing, told};

/// For the store's staff.
const NOTE: &str = "Refunded by the support agent";

impl Session<'_> {
    pub(super) async fn refund(&self, wish: &GoodsWish, mode: Mode) -> Result<Acted, Trouble> {
        let order = self.order_of(&wish.order, Proof::Email).await?;
        self.adopt(&order, wish).await?;
        // Twice at most: a limit that others have used up meanwhile is judged anew.
        for _ in 0..2 {
            let books = self.setup.books(self.desk);
            let mut assessment = match books.assess(&order, wish, None).await? {
                Standing::Open(assessment) => assessment,
                Standing::Held { effect, lines } if effect.kind == EffectKind::Return => {
                    return self.refund_returned(&order, &lines, &effect).await;
                }
                Standing::Held { effect, .. } => return self.tell_refund(&order, wish, *effect).await,
                found => return Ok(standing(&order, &wish.lines, &found).into()),
            };
            assessment.decision = assessment.decision.held_to(mode);
            self.decisions.add(&assessment.basis, &assessment.decision, true);
            let reason = match assessment.decision.verdict {
                Verdict::Allow => None,
                Verdict::NeedsApproval(reason) => Some(reason),
                Verdict::Person(_) | Verdict::Deny(_) => {
                    return Ok(standing(&order, &wish.lines, &Standing::Open(assessment)).into());
                }
            };
            let Some(amount) = assessment.decision.pays.filter(|amount| amount.minor() > 0) else {
                return Ok(refused(&order, &wish.lines).into());
            };
            match self.propose_refund(&order, wish, &assessment, amount, reason).await? {
                OnOrder::New(effect) | OnOrder::Existing(effect) | OnOrder::Consumed(effect) => {
                    return self.tell_refund(&order, wish, effect).await;
                }
                OnOrder::Busy(_) => return Err(busy()),
                OnOrder::OverLimit { .. } => {}
            }
        }
        Err(in_use())
    }

    /// Takes an effect as far as it can be taken now, and says how far that is, of what it has hold of.
    async fn tell_refund(&self, order: &Order, wish: &GoodsWish, effect: Effect) -> Result<Acted, Trouble> {
        let (effect, events) = self.take_on(effect).await?;
        let mut lines = self.setup.books(self.desk).lines_of(&effect).await?;
        if lines.is_empty() {
            lines.clone_from(&wish.lines);
        }
        Ok(Acted { events, ..Acted::from(told(order, &lines, &effect)) })
    }

    async fn propose_refund(
        &self,
        order: &Order,
        wish: &GoodsWish,
        assessment: &Assessment,
        amount: Money,
        reason: Option<Reason>,
    ) -> Result<OnOrder, Trouble> {
        let id = EffectId::generate();
        let wish = GoodsWish { lines: assessment.of.lines.clone(), ..wish.clone() };
        let items = items(order, &wish.lines);
        let approval = self.approval(
            reason,
            json!({"order_number": order.name, "items": items, "amount": amount, "lines": wish.lines}),
        );
        let request = match &approval {
            Some(_) => String::new(),
            None => refund_request(self.setup, &id, assessment, amount),
        };
        let kind = match assessment.payment {
            Some(_) => EffectKind::PaymentRefund,
            None => EffectKind::Refund,
        };
        let effect = self.new_effect(id, kind, identity(order, &assessment.pieces), json!(wish), request);
        Ok(self.desk.storage.propose_on_order(effect, assessment.hold(order, amount), approval).await?)
    }
}

/// The business identity: these pieces of this order, whoever asks.
fn identity(order: &Order, pieces: &[Piece]) -> String {
    let pieces: Vec<String> = pieces.iter().map(Piece::to_string).collect();
    format!("refund:{}:{}", order.id.as_str(), pieces.join(","))
}

/// The request of a refund as it will leave: to the platform, or to the payment provider and then to the platform's books.
pub(in crate::desk) fn refund_request(
    setup: &StoreSetup,
    effect: &EffectId,
    assessment: &Assessment,
    amount: Money,
) -> String {
    match (&assessment.payment, &setup.writers.payments) {
        (Some(payment), Some(payments)) => {
            let draft = PaymentRefundDraft { effect: effect.clone(), payment: payment.clone(), amount };
            let entry = OutsideRefund {
                effect: effect.clone(),
                of: assessment.of.clone(),
                currency: amount.currency(),
                restock: None,
                note: NOTE.to_owned(),
            };
            Both::write(payment, payments.refund_request(&draft), setup.writers.refunds.entry_request(&entry))
        }
        _ => setup.writers.refunds.request(&draft(setup, effect, assessment, amount)),
    }
}

fn draft(setup: &StoreSetup, effect: &EffectId, assessment: &Assessment, amount: Money) -> RefundDraft {
    RefundDraft {
        effect: effect.clone(),
        of: assessment.of.clone(),
        shares: shares(&assessment.quote.shares, amount),
        restock: None,
        notify: setup.policy.platform_mails(),
        note: NOTE.to_owned(),
    }
}

/// The platform's own spread of an amount, cut to less where less is paid.
pub(super) fn shares(quoted: &[RefundShare], amount: Money) -> Vec<RefundShare> {
    let mut left = amount.minor();
    let mut shares = Vec::new();
    for share in quoted {
        let part = share.amount.minor().min(left);
        if part > 0 {
            left -= part;
            let amount = Money::from_minor(part, share.amount.currency());
            shares.push(RefundShare { amount, ..share.clone() });
        }
    }
    shares
}
