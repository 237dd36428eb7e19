//! Money back. A wish is judged anew here, recorded with all that it takes hold of, sent once, and settled by reading.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::agents::language::Lines;
use crate::desk::driver::Session;
use crate::desk::handoff::system_line;
use crate::desk::{Inner, Stop, StoreSetup};
use crate::domain::clock::Clock;
use crate::domain::effect::{Consent, Effect, EffectKind, EffectState};
use crate::domain::event::{EventBody, HandoffReason};
use crate::domain::id::{ApprovalId, EffectId};
use crate::domain::identity::{Assurance, MatchedBy};
use crate::domain::money::Money;
use crate::domain::order::{Order, Piece};
use crate::integrations::commerce::refunds::{RefundDraft, RefundRecord, RefundShare, RefundState};
use crate::integrations::{Urgency, WriteError};
use crate::policy::Mode;
use crate::policy::decision::{Reason, Verdict};
use crate::storage::StorageError;
use crate::storage::approvals::NewApproval;
use crate::storage::ledger::{Move, NewEffect};
use crate::storage::orders::OnOrder;
use crate::tools::ToolError;
use crate::tools::refunds::{Assessment, Books, RefundWish, Standing, items, refused, standing, told};

/// What a call of the tool leaves behind.
pub struct Refunded {
    pub receipt: Value,
    /// What the shopper's screen may show of it.
    pub projection: Value,
    pub events: Vec<EventBody>,
}

impl From<Value> for Refunded {
    fn from(receipt: Value) -> Self {
        let shown = |key: &str| receipt.get(key).cloned().unwrap_or_default();
        let projection = json!({
            "order_number": shown("order_number"), "decision": shown("decision"), "amount": shown("amount"),
            "reason": shown("reason"),
        });
        Self { receipt, projection, events: Vec::new() }
    }
}

impl StoreSetup {
    pub(in crate::desk) fn books<'a>(&'a self, desk: &'a Inner) -> Books<'a> {
        Books {
            store: &self.profile,
            policy: &self.policy,
            readers: &self.readers,
            ledger: desk.storage.as_ref(),
            clock: &desk.clock,
        }
    }
}

impl Session<'_> {
    /// A model's wish for money back.
    pub(in crate::desk) async fn refund(
        &self,
        tool: &str,
        wish: &RefundWish,
    ) -> Result<Result<Refunded, ToolError>, Stop> {
        let mode = self.setup.policy.mode_of(tool);
        if mode < Mode::Approve {
            return Ok(Err(ToolError::NotPossible("In this store only people pay back. Hand over to a person.")));
        }
        match self.consider(wish, mode).await {
            Ok(refunded) => Ok(Ok(refunded)),
            Err(Trouble::Stop(stop)) => Err(stop),
            Err(Trouble::Tool(error)) => Ok(Err(error)),
        }
    }

    async fn consider(&self, wish: &RefundWish, mode: Mode) -> Result<Refunded, Trouble> {
        let order = self.order_of(wish).await?;
        // Twice at most: a limit that others have used up meanwhile is judged anew.
        for _ in 0..2 {
            let books = self.setup.books(self.desk);
            let found = books.assess(&order, wish, None).await?;
            let Standing::Open(mut assessment) = found else {
                return self.stands(&order, wish, found).await;
            };
            assessment.decision = assessment.decision.held_to(mode);
            match self.decide(&order, wish, &assessment).await? {
                Some(refunded) => return Ok(refunded),
                None => continue,
            }
        }
        Err(ToolError::NotPossible("The store's limits are in use just now. Offer a person.").into())
    }

    /// The order as it is now, of somebody who may have its money paid back: a postcode proves too little.
    async fn order_of(&self, wish: &RefundWish) -> Result<Order, Trouble> {
        const ADVICE: &str = "Money needs more proof than reading: ask for the e-mail address of the order and call \
                              find_order with it, or verify the shopper with a code.";
        let order = self.setup.readers.commerce.order(&wish.order, Urgency::Shopper).await.map_err(ToolError::from)?;
        let identity = &self.conversation.identity;
        let may = |order: &Order| {
            let by_email = identity.matched_by(&order.id) == Some(MatchedBy::Email);
            by_email || identity.assurance_for(&order.id, order.owner()) == Assurance::Verified
        };
        let refused = ToolError::Assurance { needed: Assurance::OrderMatched, advice: ADVICE };
        Ok(order.filter(may).ok_or(refused)?)
    }

    /// A wish that was made before, or that cannot be.
    async fn stands(&self, order: &Order, wish: &RefundWish, found: Standing) -> Result<Refunded, Trouble> {
        match found {
            Standing::Held { effect, .. } => self.tell(order, wish, *effect).await,
            found => Ok(standing(order, wish, &found).into()),
        }
    }

    /// Takes an effect as far as it can be taken now, and says how far that is, of what it has hold of.
    async fn tell(&self, order: &Order, wish: &RefundWish, effect: Effect) -> Result<Refunded, Trouble> {
        let effect = self.desk.pursue_refund(self.setup, effect, Told::ByAgent).await?;
        let mut lines = self.setup.books(self.desk).lines_of(&effect).await?;
        if lines.is_empty() {
            lines.clone_from(&wish.lines);
        }
        let events = match effect.consent {
            Consent::Awaited => self.asking_a_person(&effect).await?,
            Consent::NotNeeded | Consent::Given => None,
        };
        Ok(Refunded { events: events.into_iter().collect(), ..Refunded::from(told(order, &lines, &effect)) })
    }

    /// `None`: a limit has been used up since it was read.
    async fn decide(
        &self,
        order: &Order,
        wish: &RefundWish,
        assessment: &Assessment,
    ) -> Result<Option<Refunded>, Trouble> {
        let reason = match assessment.decision.verdict {
            Verdict::Allow => None,
            Verdict::NeedsApproval(reason) => Some(reason),
            Verdict::Person(_) | Verdict::Deny(_) => {
                let found = Standing::Open(Box::new(assessment.clone()));
                return Ok(Some(standing(order, wish, &found).into()));
            }
        };
        let Some(amount) = assessment.decision.pays.filter(|amount| amount.minor() > 0) else {
            return Ok(Some(refused(order, &wish.lines).into()));
        };
        match self.propose_refund(order, wish, assessment, amount, reason).await? {
            OnOrder::New(effect) | OnOrder::Existing(effect) | OnOrder::Consumed(effect) => {
                self.tell(order, wish, effect).await.map(Some)
            }
            OnOrder::Busy(_) => {
                const ADVICE: &str = "Other money of this order is on its way. Say so, and that it can be tried again in \
                                      a few minutes.";
                Err(ToolError::NotPossible(ADVICE).into())
            }
            OnOrder::OverLimit { .. } => Ok(None),
        }
    }

    async fn propose_refund(
        &self,
        order: &Order,
        wish: &RefundWish,
        assessment: &Assessment,
        amount: Money,
        reason: Option<Reason>,
    ) -> Result<OnOrder, Trouble> {
        let (desk, setup) = (self.desk, self.setup);
        let id = EffectId::generate();
        let approval = reason.map(|reason| NewApproval {
            id: ApprovalId::generate(),
            reason: reason.code().to_owned(),
            proposal: json!({
                "wish": {"order": order.id, "lines": assessment.of.lines, "case": wish.case},
                "order_number": order.name, "items": items(order, &assessment.of.lines), "amount": amount,
            }),
            expires_at: setup.policy.approvals.expiry(desk.clock.now()),
        });
        let request = match &approval {
            Some(_) => String::new(),
            None => setup.writers.refunds.request(&draft(&id, assessment, amount)),
        };
        let effect = NewEffect {
            id,
            store: setup.profile.id.clone(),
            conversation: self.conversation.id.clone(),
            kind: EffectKind::Refund,
            identity: identity(order, &assessment.pieces),
            request,
            at: Clock::machine(),
        };
        Ok(desk.storage.propose_on_order(effect, assessment.hold(order, amount), approval).await?)
    }

    /// The event that a person is asked, unless the log has it.
    async fn asking_a_person(&self, effect: &Effect) -> Result<Option<EventBody>, StorageError> {
        let approvals = self.desk.storage.approvals_of(&self.conversation.id).await?;
        let asked = approvals.into_iter().find(|approval| approval.effect == effect.id);
        let news = asked.filter(|approval| !self.conversation.approvals.contains_key(&approval.id));
        Ok(news.map(|approval| EventBody::ApprovalRequested {
            approval: approval.id,
            effect: effect.id.clone(),
            kind: effect.kind,
            reason: approval.reason,
            amount: effect.amount,
            expires_at: approval.expires_at,
        }))
    }
}

/// Who tells the shopper of a refund that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The agent, in the turn that asked for it.
    ByAgent,
    /// A fixed line.
    ByLine,
}

/// `$24.00`, `¥12800`: as shoppers read amounts.
fn spoken(amount: Money) -> String {
    format!("{}{}", amount.currency().symbol(), amount.decimal())
}

/// Why nothing came of a wish: the work stops, or the model is told.
enum Trouble {
    Stop(Stop),
    Tool(ToolError),
}

impl<E: Into<ToolError>> From<E> for Trouble {
    fn from(error: E) -> Self {
        match error.into() {
            ToolError::Storage(error) => Self::Stop(Stop::Storage(error)),
            error => Self::Tool(error),
        }
    }
}

impl From<Stop> for Trouble {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

/// The business identity: these pieces of this order, whoever asks.
fn identity(order: &Order, pieces: &[Piece]) -> String {
    let pieces: Vec<String> = pieces.iter().map(Piece::to_string).collect();
    format!("refund:{}:{}", order.id.as_str(), pieces.join(","))
}

pub(in crate::desk) fn draft(effect: &EffectId, assessment: &Assessment, amount: Money) -> RefundDraft {
    RefundDraft {
        effect: effect.clone(),
        of: assessment.of.clone(),
        shares: shares(&assessment.quote.shares, amount),
        restock: None,
        notify: false,
        note: "Refunded by the support agent".to_owned(),
    }
}

/// The platform's own spread of an amount, cut to less where less is paid.
fn shares(quoted: &[RefundShare], amount: Money) -> Vec<RefundShare> {
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

impl Inner {
    /// Takes a refund as far as it can be taken now: sent if it was not, looked for if nobody knows.
    pub(in crate::desk) async fn pursue_refund(
        &self,
        setup: &StoreSetup,
        effect: Effect,
        told: Told,
    ) -> Result<Effect, Stop> {
        match effect.state {
            EffectState::Proposed if effect.consent != Consent::Awaited => self.send_refund(setup, effect, told).await,
            EffectState::Unknown => self.look_for_refund(setup, effect, told).await,
            _ => Ok(effect),
        }
    }

    async fn send_refund(&self, setup: &StoreSetup, effect: Effect, told: Told) -> Result<Effect, Stop> {
        let Some(permit) = self.let_out(&effect).await? else { return self.as_it_stands(effect).await };
        match setup.writers.refunds.refund(permit, &effect.request).await {
            Ok(record) => self.refund_is_there(setup, effect, record, told).await,
            Err(WriteError::NotSent(error)) => {
                let problem = error.to_string();
                self.storage.advance(&effect.id, Move::TurnedAway { problem }, Clock::machine(), None).await?;
                self.as_it_stands(effect).await
            }
            Err(WriteError::Refused(error)) => {
                let problem = error.to_string();
                self.settle(&effect, Move::Fail { problem }, EffectState::Failed, Vec::new()).await?;
                self.as_it_stands(effect).await
            }
            Err(WriteError::Unknown(error)) => {
                let problem = error.to_string();
                self.settle(&effect, Move::Lose { problem }, EffectState::Unknown, Vec::new()).await?;
                let effect = self.as_it_stands(effect).await?;
                self.look_for_refund(setup, effect, told).await
            }
        }
    }

    /// The platform is asked by the row's own id. Absent twice, some time apart, it is sent once more with the same key
    /// and bytes, as long as the platform remembers the key; after that it waits for a person.
    async fn look_for_refund(&self, setup: &StoreSetup, effect: Effect, told: Told) -> Result<Effect, Stop> {
        let Some(order) = &effect.order else { return Ok(effect) };
        let found = match setup.readers.refunds.refund_of(order, &effect.id, Urgency::Shopper).await {
            Ok(found) => found,
            Err(error) => {
                tracing::warn!(effect = %effect.id, %error, "whether a refund was made cannot be found out yet");
                return Ok(effect);
            }
        };
        if let Some(record) = found {
            return self.refund_is_there(setup, effect, record, told).await;
        }
        let now = Clock::machine();
        let since = |moment: Option<jiff::Timestamp>| moment.map(|moment| now.duration_since(moment));
        let apart = SignedDuration::try_from(self.pace.absence).unwrap_or(SignedDuration::MAX);
        if effect.absent == 0 {
            self.storage.advance(&effect.id, Move::Absent, now, None).await?;
        } else if since(effect.absent_at).is_some_and(|since| since >= apart) {
            let remembered = SignedDuration::try_from(setup.writers.refunds.dedupes_for()).unwrap_or_default();
            if since(effect.sent_at).is_some_and(|since| since < remembered) {
                return Box::pin(self.send_refund(setup, effect, told)).await;
            }
            tracing::error!(effect = %effect.id, "nobody knows whether this refund was made: look at the order by hand");
        }
        self.as_it_stands(effect).await
    }

    async fn refund_is_there(
        &self,
        setup: &StoreSetup,
        effect: Effect,
        record: RefundRecord,
        told: Told,
    ) -> Result<Effect, Stop> {
        if record.state == RefundState::Failed {
            let problem = format!("the payment of refund {} failed", record.id);
            self.settle(&effect, Move::Fail { problem }, EffectState::Failed, Vec::new()).await?;
        } else {
            let watched = record.state != RefundState::Paid;
            let confirm = Move::Confirm { vendor_reference: Some(record.id), watched };
            let line = match told {
                Told::ByAgent => None,
                Told::ByLine => {
                    self.refund_line(setup, &effect, if watched { Lines::refund_submitted } else { Lines::refund_made })
                        .await
                }
            };
            self.settle(&effect, confirm, EffectState::Confirmed, line.into_iter().collect()).await?;
        }
        self.as_it_stands(effect).await
    }

    /// What the shopper hears of a refund from no agent.
    async fn refund_line(
        &self,
        setup: &StoreSetup,
        effect: &Effect,
        line: fn(&Lines, &str, &str) -> String,
    ) -> Option<EventBody> {
        let conversation = self.load(&effect.conversation).await.ok()?;
        let (order, amount) = (effect.order.as_ref()?, effect.amount?);
        let matched = conversation.matched.iter().find(|(_, id)| id == order).map(|(name, _)| name.clone());
        let name = match matched {
            Some(name) => name,
            None => setup.readers.commerce.order(order, Urgency::Background).await.ok()??.name,
        };
        Some(system_line(None, line(self.lines(conversation.language()), &spoken(amount), &name)))
    }

    /// Refunds that nobody's turn waits for: those whose outcome is unknown, those that a person let out, and those whose
    /// turn is over.
    pub(in crate::desk) async fn settle_refunds(&self, effects: Vec<Effect>) -> Result<(), Stop> {
        for effect in effects.into_iter().filter(|effect| effect.kind == EffectKind::Refund) {
            let Some(setup) = self.stores.get(&effect.store) else { continue };
            if self.running.has(&effect.conversation) {
                continue;
            }
            if effect.state == EffectState::Unknown || effect.consent == Consent::Given {
                self.pursue_refund(setup, effect, Told::ByLine).await?;
            } else if !self.turn_is_open(&effect).await {
                let problem = "its turn was over before it was sent".to_owned();
                self.settle(&effect, Move::Fail { problem }, EffectState::Failed, Vec::new()).await?;
            }
        }
        Ok(())
    }

    /// Refunds whose money is pending with the payment: they arrive, or a person takes over.
    pub(in crate::desk) async fn watch_refunds(&self, effects: Vec<Effect>) -> Result<(), Stop> {
        for effect in effects {
            let (Some(setup), Some(order)) = (self.stores.get(&effect.store), &effect.order) else { continue };
            match setup.readers.refunds.refund_of(order, &effect.id, Urgency::Background).await {
                Ok(Some(record)) => self.heard_of(setup, &effect, &record).await?,
                Ok(None) => tracing::warn!(effect = %effect.id, "the platform no longer shows this refund"),
                Err(error) => tracing::warn!(effect = %effect.id, %error, "a pending refund cannot be read now"),
            }
        }
        Ok(())
    }

    async fn heard_of(&self, setup: &StoreSetup, effect: &Effect, record: &RefundRecord) -> Result<(), Stop> {
        match record.state {
            RefundState::Paid => {
                let line = self.refund_line(setup, effect, Lines::refund_made).await;
                self.settle(effect, Move::Arrive, EffectState::Confirmed, line.into_iter().collect()).await
            }
            RefundState::Failed => {
                let line = self.refund_line(setup, effect, |lines, _, order| lines.refund_failed(order)).await;
                let problem = format!("the payment of refund {} failed", record.id);
                let bounce = Move::Bounce { problem };
                self.settle(effect, bounce, EffectState::Failed, line.into_iter().collect()).await?;
                let escalated = self.escalate(&effect.conversation, HandoffReason::RefundFailed, "deskhand").await;
                escalated.map_err(|error| {
                    tracing::error!(effect = %effect.id, %error, "a failed refund could not be handed to a person");
                    Stop::Interrupted
                })
            }
            _ => Ok(()),
        }
    }

    async fn turn_is_open(&self, effect: &Effect) -> bool {
        self.load(&effect.conversation).await.is_ok_and(|conversation| conversation.turn.is_some())
    }

    async fn as_it_stands(&self, effect: Effect) -> Result<Effect, Stop> {
        Ok(self.storage.effect(&effect.id).await?.unwrap_or(effect))
    }
}
