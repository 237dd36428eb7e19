//! Letters: mails that confirm to a shopper what was done, where the store wants them from this program. The wish for one is
//! written in the transaction that confirms the effect, and each leaves once.

use serde_json::{Value, json};

use super::outbox::Tried;
use super::{Inner, Stop, StoreSetup};
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::id::EffectId;
use crate::domain::money::Money;
use crate::domain::order::{LineQuantity, Order};
use crate::integrations::Urgency;
use crate::integrations::messaging::letters::{CancellationFacts, Item, LabelFacts, Occasion, RefundFacts};
use crate::policy::rules::Confirmations;
use crate::storage::ledger::Move;
use crate::storage::outbox::{Job, NewJob};
use crate::tools::books::BooksError;

/// The outbox's name for a letter.
pub const LETTER: &str = "letter";

/// Why there is no letter yet, or never.
enum NoLetter {
    Stop(Stop),
    Later(String),
    Never(String),
}

impl From<BooksError> for NoLetter {
    fn from(error: BooksError) -> Self {
        match error {
            BooksError::Storage(error) => Self::Stop(Stop::Storage(error)),
            BooksError::Vendor(error) => Self::Later(error.to_string()),
        }
    }
}

impl Inner {
    /// The letter that follows from a step of an effect, once nothing more is to come of it.
    pub(super) fn letters_after(&self, effect: &Effect, step: &Move) -> Vec<NewJob> {
        let done = matches!(step, Move::Confirm { watched: false, .. } | Move::Arrive);
        let ours = self
            .stores
            .get(&effect.store)
            .is_some_and(|setup| setup.policy.mails.confirmations == Confirmations::Deskhand);
        if !(done && ours && is_confirmed_by_letter(effect.kind)) {
            return Vec::new();
        }
        vec![NewJob {
            lane: format!("{LETTER}/{}", effect.id),
            kind: LETTER.to_owned(),
            payload: json!({"effect": effect.id}),
        }]
    }

    /// One try at a letter.
    pub(super) async fn work_on_letter(&self, job: &Job) -> Result<(), Stop> {
        let id = EffectId::new(job.payload.get("effect").and_then(Value::as_str).unwrap_or_default());
        let mailed = match self.storage.effect(&id).await? {
            Some(effect) => match self.write_letter(&effect).await {
                Ok(mailed) => mailed,
                Err(NoLetter::Stop(stop)) => return Err(stop),
                Err(NoLetter::Later(problem)) => Tried::Later(problem),
                Err(NoLetter::Never(problem)) => Tried::Never(problem),
            },
            None => Tried::Never("what it confirms is not there".to_owned()),
        };
        if let Some(problem) = self.done_or_given_up(job, mailed).await? {
            tracing::error!(effect = %id, problem, "a shopper gets no letter about what was done");
        }
        Ok(())
    }

    async fn write_letter(&self, effect: &Effect) -> Result<Tried, NoLetter> {
        let never = |problem: &str| NoLetter::Never(problem.to_owned());
        let setup = self.stores.get(&effect.store).ok_or_else(|| never("its store is not in the configuration"))?;
        let order = effect.order.as_ref().ok_or_else(|| never("it is about no order"))?;
        let order = setup.readers.commerce.order(order, Urgency::Background).await.map_err(BooksError::from)?;
        let order = order.ok_or_else(|| never("its order is not there any more"))?;
        let to = order.owner().ok_or_else(|| never("the order has no e-mail address"))?;
        let occasion = self.occasion(setup, &order, effect).await?;
        let conversation = self.load(&effect.conversation).await;
        let language = conversation.as_ref().map_or("en", |conversation| conversation.language());
        let letter = |id: &EffectId| self.letters.write(id, to, &setup.profile.name, language, &occasion);
        letter(&effect.id).map_err(|error| NoLetter::Never(error.to_string()))?;
        let request =
            |id: &EffectId| letter(id).map(|letter| setup.writers.mail.letter_request(&letter)).unwrap_or_default();
        let identity = format!("letter:{}", effect.id);
        let mailed = self.mail_once(setup, EffectKind::Letter, identity, &effect.conversation, request).await;
        mailed.map_err(NoLetter::Stop)
    }

    async fn occasion(&self, setup: &StoreSetup, order: &Order, effect: &Effect) -> Result<Occasion, NoLetter> {
        let books = setup.books(self);
        let lines = books.lines_of(effect).await.map_err(BooksError::from)?;
        let number = order.name.clone();
        match (effect.kind, effect.amount) {
            (EffectKind::Label, _) => {
                let of = EffectId::new(effect.wish.as_str().unwrap_or_default());
                let of = self.storage.effect(&of).await.map_err(BooksError::from)?;
                let of = of.ok_or_else(|| NoLetter::Never("its return is not there".to_owned()))?;
                let label = books.label(order, &of).await?;
                let label = label.ok_or_else(|| NoLetter::Later("the label cannot be read yet".to_owned()))?;
                let lines = books.lines_of(&of).await.map_err(BooksError::from)?;
                Ok(Occasion::Label(LabelFacts {
                    order: number,
                    items: items(order, &lines),
                    carrier: label.carrier,
                    label_url: label.url,
                    tracking_number: label.tracking_number,
                    tracking_url: label.tracking_url,
                    instructions: None,
                }))
            }
            (EffectKind::Cancellation, amount) => Ok(Occasion::Cancellation(CancellationFacts {
                order: number,
                items: items(order, &lines),
                repaid: amount.filter(|amount: &Money| amount.minor() > 0).map(|amount| (amount, false)),
            })),
            (_, Some(amount)) => {
                Ok(Occasion::Refund(RefundFacts { order: number, items: items(order, &lines), amount, pending: false }))
            }
            (_, None) => Err(NoLetter::Never("there is nothing to confirm".to_owned())),
        }
    }
}

fn is_confirmed_by_letter(kind: EffectKind) -> bool {
    use EffectKind as K;
    matches!(kind, K::Refund | K::PaymentRefund | K::Goodwill | K::ReturnRefund | K::Cancellation | K::Label)
}

fn items(order: &Order, lines: &[LineQuantity]) -> Vec<Item> {
    let item = |wanted: &LineQuantity| {
        let line = order.lines.iter().find(|line| line.id == wanted.line)?;
        Some(Item { title: line.title.clone(), variant: line.variant.clone(), quantity: wanted.quantity })
    };
    lines.iter().filter_map(item).collect()
}
