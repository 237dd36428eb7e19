//! What a yes lets out: judged anew by the order, the platform and the policy as they are now. A person's yes stands above
//! limits, not above a no.

use serde::Deserialize;

use super::{DecisionError, Yes};
use crate::desk::effects::{cancelling, goodwill_request, processing, refund_request};
use crate::desk::{Inner, StoreSetup};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::money::{Money, MoneyError};
use crate::domain::order::{LineQuantity, Order};
use crate::integrations::Urgency;
use crate::integrations::commerce::changes::{AddressDraft, Place};
use crate::policy::decision::{Decision, Verdict};
use crate::storage::approvals::Granted;
use crate::storage::orders::Hold;
use crate::tools::books::Standing;
use crate::tools::goodwill::GoodwillWish;
use crate::tools::refunds::GoodsWish;

impl Inner {
    pub(super) async fn judge_anew(
        &self,
        setup: &StoreSetup,
        effect: &Effect,
        yes: &Yes,
    ) -> Result<Granted, DecisionError> {
        match effect.kind {
            EffectKind::Refund | EffectKind::PaymentRefund => self.refund_anew(setup, effect, yes).await,
            EffectKind::Goodwill => self.goodwill_anew(setup, effect, yes).await,
            EffectKind::ReturnRefund => self.settlement_anew(setup, effect, yes).await,
            EffectKind::Cancellation => {
                unedited(yes)?;
                self.cancellation_anew(setup, effect).await
            }
            EffectKind::AddressChange => {
                unedited(yes)?;
                self.address_anew(setup, effect).await
            }
            // These never wait for a person.
            EffectKind::Ticket
            | EffectKind::TicketEntry
            | EffectKind::TicketChange
            | EffectKind::Code
            | EffectKind::Note
            | EffectKind::Return
            | EffectKind::Label
            | EffectKind::ReturnLabel
            | EffectKind::ApprovalMail
            | EffectKind::Letter => Err(unreadable()),
        }
    }

    async fn refund_anew(&self, setup: &StoreSetup, effect: &Effect, yes: &Yes) -> Result<Granted, DecisionError> {
        let mut wish = GoodsWish::deserialize(&effect.wish).map_err(|_| unreadable())?;
        if let Some(lines) = &yes.lines {
            wish.lines = fewer(&wish.lines, lines)?;
        }
        let amount = lower(effect, yes)?;
        let order = current(setup, effect).await?;
        let assessment = open(setup.books(self).assess(&order, &wish, Some(effect)).await?)?;
        allowed(&assessment.decision)?;
        if assessment.payment.is_some() != (effect.kind == EffectKind::PaymentRefund) {
            return Err(changed("its money would move in another way"));
        }
        let amount = least(amount, assessment.quote.amount);
        Ok(Granted {
            request: refund_request(setup, &effect.id, &assessment, amount),
            hold: assessment.hold(&order, amount),
        })
    }

    async fn goodwill_anew(&self, setup: &StoreSetup, effect: &Effect, yes: &Yes) -> Result<Granted, DecisionError> {
        let mut wish = GoodwillWish::deserialize(&effect.wish).map_err(|_| unreadable())?;
        if let Some(lines) = &yes.lines {
            wish.lines = fewer(&wish.lines, lines)?;
        }
        let amount = lower(effect, yes)?;
        if yes.amount.is_none() {
            let problem = format!("goodwill has no amount before you name one: at most {}", amount.decimal());
            return Err(DecisionError::Edit { field: "amount", problem });
        }
        let order = current(setup, effect).await?;
        let assessment = open(setup.books(self).assess_goodwill(&order, &wish, Some(effect)).await?)?;
        allowed(&assessment.decision)?;
        let most = assessment.decision.pays.ok_or_else(|| changed("nothing is left of its payment"))?;
        if amount.minor() > most.minor() {
            let problem = format!("at most {} can be granted now", most.decimal());
            return Err(DecisionError::Edit { field: "amount", problem });
        }
        Ok(Granted {
            request: goodwill_request(setup, &effect.id, &assessment, amount),
            hold: assessment.hold(&order, amount),
        })
    }

    async fn settlement_anew(&self, setup: &StoreSetup, effect: &Effect, yes: &Yes) -> Result<Granted, DecisionError> {
        if yes.lines.is_some() {
            let problem = "a return is paid for whole; give a lower amount".to_owned();
            return Err(DecisionError::Edit { field: "lines", problem });
        }
        let amount = lower(effect, yes)?;
        let order = current(setup, effect).await?;
        let books = setup.books(self);
        let of = books.return_behind(&order, effect).await?.ok_or_else(unreadable)?;
        let file = books.file(&of).await?.ok_or_else(|| changed("its return is not there any more"))?;
        let label = books.label(&order, &of).await?;
        let arrived_at = books.way_back(&file, label.as_ref()).await?.arrived_at();
        let arrival = open(books.assess_arrival(&order, &of, arrived_at, Some(effect)).await?)?;
        allowed(&arrival.decision)?;
        let amount = least(amount, arrival.settlement.amount);
        let draft = processing(setup, &effect.id, &order, &file.id, &arrival.settlement, amount);
        let request = setup.writers.returns.processing_request(&draft);
        Ok(Granted { request, hold: arrival.hold(&order, amount) })
    }

    async fn cancellation_anew(&self, setup: &StoreSetup, effect: &Effect) -> Result<Granted, DecisionError> {
        let order = current(setup, effect).await?;
        let assessment = open(setup.books(self).assess_cancellation(&order, Some(effect)).await?)?;
        allowed(&assessment.decision)?;
        let amount = assessment.decision.pays.ok_or_else(|| changed("nothing would be paid back"))?;
        Ok(Granted {
            request: setup.writers.cancellations.cancellation_request(&cancelling(setup, &effect.id, &order)),
            hold: assessment.hold(&order, amount),
        })
    }

    async fn address_anew(&self, setup: &StoreSetup, effect: &Effect) -> Result<Granted, DecisionError> {
        let place = Place::deserialize(&effect.wish).map_err(|_| unreadable())?;
        let order = current(setup, effect).await?;
        allowed(&setup.books(self).assess_address(&order, &place).await?.decision)?;
        let seen = order.ship_to.clone().ok_or_else(|| changed("it has no address any more"))?;
        let draft = AddressDraft { effect: effect.id.clone(), order: order.id.clone(), seen, place };
        Ok(Granted {
            request: setup.writers.changes.address_request(&draft),
            hold: Hold { order: order.id, pieces: Vec::new(), amount: None, allowances: Vec::new() },
        })
    }
}

async fn current(setup: &StoreSetup, effect: &Effect) -> Result<Order, DecisionError> {
    let id = effect.order.as_ref().ok_or_else(unreadable)?;
    let order = setup.readers.commerce.order(id, Urgency::Shopper).await?;
    order.ok_or_else(|| changed("it is not there any more"))
}

fn open<A>(standing: Standing<A>) -> Result<Box<A>, DecisionError> {
    match standing {
        Standing::Open(assessment) => Ok(assessment),
        Standing::Short { left, .. } => Err(changed(&format!("only {left} of the units are left"))),
        Standing::Held { .. } | Standing::Refused => Err(changed("the platform would not do this")),
    }
}

fn allowed(decision: &Decision) -> Result<(), DecisionError> {
    match decision.verdict {
        Verdict::Allow | Verdict::NeedsApproval(_) => Ok(()),
        Verdict::Person(reason) | Verdict::Deny(reason) => Err(changed(reason.code())),
    }
}

/// Fewer units than were proposed, never others.
fn fewer(proposed: &[LineQuantity], wanted: &[LineQuantity]) -> Result<Vec<LineQuantity>, DecisionError> {
    let is_fewer = |wanted: &LineQuantity| {
        let proposed = proposed.iter().find(|line| line.line == wanted.line);
        proposed.is_some_and(|line| wanted.quantity > 0 && wanted.quantity <= line.quantity)
    };
    if wanted.is_empty() || !wanted.iter().all(is_fewer) {
        let problem = "name lines of the proposal with quantities of 1 up to those proposed".to_owned();
        return Err(DecisionError::Edit { field: "lines", problem });
    }
    Ok(wanted.to_vec())
}

/// The amount that was proposed, or the lower one of the yes.
fn lower(effect: &Effect, yes: &Yes) -> Result<Money, DecisionError> {
    let proposed = effect.amount.ok_or_else(unreadable)?;
    let Some(text) = &yes.amount else { return Ok(proposed) };
    let unfit = |error: MoneyError| DecisionError::Edit { field: "amount", problem: error.to_string() };
    let amount = Money::parse(text, proposed.currency()).map_err(unfit)?;
    if amount.minor() <= 0 || amount.minor() > proposed.minor() {
        let problem = format!("give more than zero and at most {}", proposed.decimal());
        return Err(DecisionError::Edit { field: "amount", problem });
    }
    Ok(amount)
}

/// What is done whole or not at all.
fn unedited(yes: &Yes) -> Result<(), DecisionError> {
    let whole = |field| {
        let problem = "this is done whole or not at all: leave it out".to_owned();
        Err(DecisionError::Edit { field, problem })
    };
    match (&yes.lines, &yes.amount) {
        (Some(_), _) => whole("lines"),
        (_, Some(_)) => whole("amount"),
        (None, None) => Ok(()),
    }
}

fn changed(what: &str) -> DecisionError {
    DecisionError::Changed(what.to_owned())
}

fn unreadable() -> DecisionError {
    changed("what was proposed cannot be read any more")
}

fn least(left: Money, right: Money) -> Money {
    if right.minor() < left.minor() { right } else { left }
}
