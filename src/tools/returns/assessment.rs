//! What a return would be, what becomes of the money, and how far a return has come.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Settled;
use super::receipts::{self, Progress};
use super::way::Way;
use crate::domain::effect::{Effect, EffectKind, EffectState};
use crate::domain::money::Money;
use crate::domain::order::{LineQuantity, Order, Piece};
use crate::domain::pieces::{self, Choice};
use crate::integrations::commerce::refunds::RefundOf;
use crate::integrations::commerce::returns::{ReturnFile, Returnable, Settlement};
use crate::integrations::shipping::labels::Label;
use crate::integrations::{Urgency, VendorError};
use crate::policy::ask::{ArrivalAsk, Outcome, Quote, ReturnAsk};
use crate::policy::basis::Basis;
use crate::policy::decision::Decision;
use crate::storage::orders::Hold;
use crate::tools::books::{self, Books, BooksError, Standing};
use crate::tools::refunds::{GoodsWish, told};

/// A return that nothing stands in the way of but the policy.
#[derive(Clone, Debug)]
pub struct Returning {
    pub pieces: Vec<Piece>,
    pub lines: Vec<LineQuantity>,
    /// What the platform itself would take back.
    pub returnable: Vec<Returnable>,
    pub basis: Basis,
    pub decision: Decision,
    /// What would become of the money if the goods were back now.
    pub money: Option<Decision>,
}

/// Goods that are back, or would be.
#[derive(Clone, Debug)]
pub struct Arrival {
    pub pieces: Vec<Piece>,
    pub lines: Vec<LineQuantity>,
    pub settlement: Settlement,
    pub basis: Basis,
    pub decision: Decision,
}

impl Arrival {
    /// What the ledger takes hold of for the refund.
    pub fn hold(&self, order: &Order, amount: Money) -> Hold {
        books::hold(order, &self.pieces, &self.decision, self.basis.now, amount)
    }
}

impl Books<'_> {
    pub async fn assess_return(&self, order: &Order, wish: &GoodsWish) -> Result<Standing<Returning>, BooksError> {
        let held = self.held(order, None).await?;
        let units = match held.choose(order, &wish.lines, false) {
            Ok(units) => units,
            Err(standing) => return Ok(standing),
        };
        let lines = pieces::lines(&units);
        let surroundings = self.surroundings(order, &held).await?;
        let ask = ReturnAsk { case: wish.case, pieces: &lines, outcome: Outcome::Money };
        let basis = Basis::of(&surroundings.situation(self, order), &ask);
        let decision = basis.decide(self.policy);
        let of = RefundOf { order: order.id.clone(), lines: lines.clone(), shipping: false };
        let money = self.quote(&of).await?.map(|quote| {
            let ask = ArrivalAsk {
                case: wish.case,
                pieces: &lines,
                shipping: false,
                quote: Quote { amount: quote.amount, maximum: quote.maximum },
                arrived_at: Some(surroundings.now),
                label_price: None,
            };
            self.policy.refund_on_arrival(&surroundings.situation(self, order), &ask)
        });
        let returnable = self.readers.returns.returnable(&order.id, Urgency::Shopper).await?;
        let pieces = units.into_iter().map(Piece::sent_back).collect();
        Ok(Standing::Open(Box::new(Returning { pieces, lines, returnable, basis, decision, money })))
    }

    /// So many units as are on their way back. None: others have them.
    pub async fn free_pieces(&self, order: &Order, lines: &[LineQuantity]) -> Result<Option<Vec<Piece>>, BooksError> {
        let held = self.held(order, None).await?;
        match pieces::besides(order, lines, &held.taken()) {
            Choice::Free(units) => Ok(Some(units.into_iter().map(Piece::sent_back).collect())),
            Choice::Held(_) | Choice::Short { .. } => Ok(None),
        }
    }

    /// The refund for the goods of a return, if there is one already.
    pub async fn paid_for(&self, order: &Order, of: &Effect) -> Result<Option<Effect>, BooksError> {
        let mut held = self.held(order, None).await?;
        let units = held.take_out(of);
        Ok(held.holder(&units))
    }

    /// The money for the goods of a return, which are back since then. `besides`: the refund that is judged once more.
    pub async fn assess_arrival(
        &self,
        order: &Order,
        of: &Effect,
        arrived_at: Option<Timestamp>,
        besides: Option<&Effect>,
    ) -> Result<Standing<Arrival>, BooksError> {
        let mut held = self.held(order, besides).await?;
        let pieces = held.take_out(of);
        if let Some(paid) = held.holder(&pieces) {
            return Ok(held.standing(&paid.id));
        }
        let (Ok(wish), Some(id)) = (GoodsWish::deserialize(&of.wish), &of.vendor_reference) else {
            return Ok(Standing::Refused);
        };
        let settlement = match self.readers.returns.settlement(&order.id, id, Urgency::Shopper).await {
            Ok(settlement) if !settlement.lines.is_empty() => settlement,
            Ok(_) | Err(VendorError::Refused { .. }) => return Ok(Standing::Refused),
            Err(error) => return Err(error.into()),
        };
        let label = self.label(order, of).await?;
        let lines = pieces::lines(&pieces);
        let surroundings = self.surroundings(order, &held).await?;
        let ask = ArrivalAsk {
            case: wish.case,
            pieces: &lines,
            shipping: false,
            quote: Quote { amount: settlement.amount, maximum: settlement.maximum },
            arrived_at,
            label_price: label.map(|label| label.price),
        };
        let basis = Basis::of(&surroundings.situation(self, order), &ask);
        let decision = basis.decide(self.policy);
        Ok(Standing::Open(Box::new(Arrival { pieces, lines, settlement, basis, decision })))
    }

    /// How far the matter of these goods has come, whatever became of them.
    pub async fn progress(&self, order: &Order, lines: &[LineQuantity], effect: &Effect) -> Result<Value, BooksError> {
        let of = match effect.kind {
            EffectKind::Return => Some(effect.clone()),
            EffectKind::ReturnRefund => self.return_behind(order, effect).await?,
            _ => None,
        };
        let Some(of) = of else { return Ok(told(order, lines, effect)) };
        let progress = self.progress_of(order, &of).await?;
        Ok(receipts::returned(order, lines, &of, &progress))
    }

    /// The return whose goods a refund is for.
    pub async fn return_behind(&self, order: &Order, refund: &Effect) -> Result<Option<Effect>, BooksError> {
        let Ok(settled) = Settled::deserialize(&refund.wish) else { return Ok(None) };
        let effects = self.ledger.effects_on(&self.store.id, &order.id).await?;
        let is_it = |of: &Effect| {
            of.kind == EffectKind::Return && of.vendor_reference.as_deref() == Some(settled.returned.as_str())
        };
        Ok(effects.into_iter().find(is_it))
    }

    /// The same goods, for which money is wanted already.
    pub async fn money_for(&self, order: &Order, lines: &[LineQuantity], of: &Effect) -> Result<Value, BooksError> {
        let progress = self.progress_of(order, of).await?;
        if progress.way.is_none_or(|way| way.arrived_at().is_none()) {
            return Ok(receipts::not_arrived(order, lines, of, &progress));
        }
        Ok(receipts::quoted(order, lines, of, &progress))
    }

    async fn progress_of(&self, order: &Order, of: &Effect) -> Result<Progress<'_>, BooksError> {
        let file = self.file(of).await?;
        let label = self.label(order, of).await?;
        let way = match &file {
            Some(file) => Some(self.way_back(file, label.as_ref()).await?),
            None => None,
        };
        let money = self.assess_arrival(order, of, Some(self.clock.now()), None).await?;
        let labelling = self.of_return(order, of, EffectKind::Label).await?;
        Ok(Progress { file, label, labelling, way, money, labels: &self.policy.labels, zone: &self.store.zone })
    }

    /// The effect of this kind that is about this return. A label whose purchase failed is a person's to send.
    pub async fn of_return(&self, order: &Order, of: &Effect, kind: EffectKind) -> Result<Option<Effect>, BooksError> {
        let effects = self.ledger.effects_on(&self.store.id, &order.id).await?;
        let wish = json!(of.id);
        Ok(effects.into_iter().rfind(|effect| effect.kind == kind && effect.wish == wish))
    }

    /// The label of a return, once it is bought.
    pub async fn label(&self, order: &Order, of: &Effect) -> Result<Option<Label>, BooksError> {
        let bought =
            self.of_return(order, of, EffectKind::Label).await?.filter(|effect| effect.state == EffectState::Confirmed);
        match bought {
            Some(effect) => Ok(self.readers.labels.label_of(&effect.request, Urgency::Shopper).await?),
            None => Ok(None),
        }
    }

    /// The return as the platform has it.
    pub async fn file(&self, effect: &Effect) -> Result<Option<ReturnFile>, BooksError> {
        match &effect.vendor_reference {
            Some(id) => Ok(self.readers.returns.return_by_id(id, Urgency::Shopper).await?),
            None => Ok(None),
        }
    }

    /// Where the parcels of a return are, by their carriers: those that the platform knows, and the one of our label.
    pub async fn way_back(&self, file: &ReturnFile, label: Option<&Label>) -> Result<Way, BooksError> {
        let mut ways = Vec::new();
        let ours = label.filter(|label| !file.parcels.contains(&label.tracking_number));
        let carrier =
            |number: &str| label.filter(|label| label.tracking_number == number).map(|label| label.carrier.as_str());
        for number in file.parcels.iter().chain(ours.map(|label| &label.tracking_number)) {
            let tracker = self.readers.tracking.track(number, carrier(number), Urgency::Shopper).await?;
            ways.push(Way::of(tracker.as_ref()));
        }
        Ok(ways.into_iter().reduce(Way::and).unwrap_or(Way::NotSent))
    }
}
