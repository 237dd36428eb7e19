//! What a refund would be: which pieces, how much by the platform's count, and what the policy says.

use serde::Deserialize as _;

use super::GoodsWish;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::money::Money;
use crate::domain::order::{LineQuantity, Order};
use crate::domain::pieces;
use crate::integrations::Urgency;
use crate::integrations::commerce::refunds::RefundOf;
use crate::integrations::payments::Payment;
use crate::policy::ask::{Quote, RefundAsk};
use crate::policy::basis::Basis;
use crate::policy::decision::Reason;
use crate::tools::books::{Assessment, Books, BooksError, Standing};

impl Books<'_> {
    /// `besides`: an effect that does not count, because it is the one that is judged once more. The wish then names its
    /// units, and none that others have.
    pub async fn assess(
        &self,
        order: &Order,
        wish: &GoodsWish,
        besides: Option<&Effect>,
    ) -> Result<Standing, BooksError> {
        let held = self.held(order, besides).await?;
        let pieces = match held.choose(order, &wish.lines, besides.is_some()) {
            Ok(pieces) => pieces,
            Err(standing) => return Ok(standing),
        };
        let lines = pieces::lines(&pieces);
        let of = RefundOf { order: order.id.clone(), lines: lines.clone(), shipping: false };
        let Some(quote) = self.quote(&of).await? else { return Ok(Standing::Refused) };
        let surroundings = self.surroundings(order, &held).await?;
        let ask = RefundAsk {
            case: wish.case,
            pieces: &lines,
            shipping: false,
            quote: Quote { amount: quote.amount, maximum: quote.maximum },
        };
        let basis = Basis::of(&surroundings.situation(self, order), &ask);
        let mut decision = basis.decide(self.policy);
        let mut payment = None;
        if quote.outside {
            let Some(outside) = self.payment_of(order).await? else { return Ok(Standing::Refused) };
            if !pays(&outside, order, quote.amount) {
                decision = decision.left_to_people(Reason::PaymentNotSettled);
            }
            payment = Some(outside.id);
        }
        if besides.is_none() && self.is_declined(order, &lines).await? {
            decision = decision.left_to_people(Reason::DeclinedBefore);
        }
        Ok(Standing::Open(Box::new(Assessment { pieces, of, quote, payment, basis, decision })))
    }

    /// Whether a person refused money for some of these goods: asking again, or for less of them, is a person's to hear.
    async fn is_declined(&self, order: &Order, lines: &[LineQuantity]) -> Result<bool, BooksError> {
        let effects = self.ledger.effects_on(&self.store.id, &order.id).await?;
        let refunds = |effect: &&Effect| matches!(effect.kind, EffectKind::Refund | EffectKind::PaymentRefund);
        let mut declined = effects.iter().filter(refunds).filter(|effect| effect.is_declined());
        let is_for_these = |effect: &Effect| {
            let wish = GoodsWish::deserialize(&effect.wish).ok();
            wish.is_some_and(|wish| wish.lines.iter().any(|old| lines.iter().any(|line| line.line == old.line)))
        };
        Ok(declined.any(is_for_these))
    }

    /// The payment at another provider that the order names. None: it names none, or the provider does not know it.
    async fn payment_of(&self, order: &Order) -> Result<Option<Payment>, BooksError> {
        let Some(payments) = &self.readers.payments else { return Ok(None) };
        match self.readers.commerce.outside_payment(&order.id, Urgency::Shopper).await? {
            Some(id) => Ok(payments.payment(&id, Urgency::Shopper).await?),
            None => Ok(None),
        }
    }
}

/// Whether the payment is the order's own, and has so much left.
fn pays(payment: &Payment, order: &Order, amount: Money) -> bool {
    let currency = payment.refundable.currency();
    let of_owner = order.owner().is_none_or(|owner| payment.emails.is_empty() || payment.emails.contains(owner));
    payment.paid
        && !payment.disputed
        && of_owner
        && currency == amount.currency()
        && payment.refundable.minor() >= amount.minor()
}
