//! What follows a return: its label, the arrival of the goods, and the money for them. Whoever notices first, the shopper who
//! asks or the desk that watches, it happens once.

use serde_json::json;

use super::Told;
use super::acts::Trouble;
use super::pursuit::Looked;
use crate::desk::handoff::system_line;
use crate::desk::twin::wanted;
use crate::desk::{Inner, Stop, StoreSetup};
use crate::domain::clock::Clock;
use crate::domain::effect::{Consent, Effect, EffectKind, EffectState};
use crate::domain::event::HandoffReason;
use crate::domain::id::EffectId;
use crate::domain::money::Money;
use crate::domain::order::Order;
use crate::integrations::Urgency;
use crate::integrations::commerce::returns::{LabelDraft, ProcessDraft, ReturnFile, ReturnState, Settlement};
use crate::integrations::shipping::labels::{Label, Offer, Parcel, ParcelDraft};
use crate::policy::decision::{Reason, Verdict};
use crate::policy::labels::LabelOffer;
use crate::storage::ledger::{Move, NewEffect};
use crate::storage::log::AppendError;
use crate::storage::orders::{Hold, OnOrder};
use crate::tools::ToolError;
use crate::tools::books::Standing;
use crate::tools::refunds::items;
use crate::tools::returns::{Arrival, Settled};

/// What became of the money for returned goods.
pub(super) enum Received {
    /// The goods are not there yet.
    NotYet,
    /// Other money of the order is under way, or a limit is being fought over.
    Busy,
    /// This is the refund, as far as it has come.
    Paid(Box<Effect>),
    /// The agent does not pay it: the policy or the platform is against it, or this refund of it was refused before.
    Not(Option<Box<Effect>>),
}

/// How a return gets its label.
enum Labelling {
    Chosen {
        id: EffectId,
        request: String,
    },
    /// The agent may not buy it.
    OfPeople(&'static str),
    /// Nobody can be asked just now.
    NotNow,
}

impl Inner {
    /// Sees to it that an open return has a label, where the store sends labels: bought once, added to the return once.
    pub(super) async fn send_label(
        &self,
        setup: &StoreSetup,
        order: &Order,
        of: &Effect,
        told: Told,
    ) -> Result<(), Trouble> {
        let books = setup.books(self);
        let Some(file) = books.file(of).await?.filter(|file| file.state == ReturnState::Open) else { return Ok(()) };
        if !setup.policy.labels.are_sent() {
            return Ok(());
        }
        let known = books.of_return(order, of, EffectKind::Label).await?;
        let bought = match known {
            Some(effect) => Some(effect),
            None if !file.parcels.is_empty() => None,
            None => match self.chosen_label(setup, order, of).await? {
                Labelling::Chosen { id, request } => self.propose_label(setup, order, of, id, request).await?,
                Labelling::OfPeople(why) if told == Told::ByLine => {
                    return self.leave_label_to_people(setup, order, of, why).await;
                }
                Labelling::OfPeople(_) | Labelling::NotNow => None,
            },
        };
        let Some(bought) = bought else { return Ok(()) };
        let bought = self.pursue(setup, bought, told).await?;
        if bought.state == EffectState::Confirmed
            && let Some(label) = books.label(order, of).await?
        {
            self.add_label(setup, order, of, &file, &label).await?;
        }
        Ok(())
    }

    /// The purchase that the policy chooses among the offers.
    async fn chosen_label(&self, setup: &StoreSetup, order: &Order, of: &Effect) -> Result<Labelling, Trouble> {
        let labels = &setup.policy.labels;
        let Some(from) = order.ship_to.clone() else { return Ok(Labelling::OfPeople("the order has no address")) };
        let id = EffectId::generate();
        let parcel = Parcel {
            weight_grams: labels.parcel.weight_grams,
            length_cm: labels.parcel.length_cm,
            width_cm: labels.parcel.width_cm,
            height_cm: labels.parcel.height_cm,
        };
        let to = labels.return_address.address();
        let draft = ParcelDraft { effect: id.clone(), from, email: order.owner().cloned(), phone: None, to, parcel };
        match setup.readers.labels.offers(&draft, Urgency::Shopper).await {
            Ok(offers) => Ok(match chosen(&offers, |offers| labels.choose(offers)) {
                Ok(offer) => {
                    let request = setup.writers.labels.purchase_request(&id, offer);
                    Labelling::Chosen { id, request }
                }
                Err(reason) => Labelling::OfPeople(reason.code()),
            }),
            Err(error) => {
                tracing::warn!(effect = %of.id, %error, "no label can be had for a return now");
                Ok(Labelling::NotNow)
            }
        }
    }

    async fn propose_label(
        &self,
        setup: &StoreSetup,
        order: &Order,
        of: &Effect,
        id: EffectId,
        request: String,
    ) -> Result<Option<Effect>, Trouble> {
        let identity = format!("label:{}", of.id);
        self.propose_for(setup, order, of, id, EffectKind::Label, identity, request).await
    }

    /// A label that the agent may not buy. A person hears of it before the row says that one sends it.
    async fn leave_label_to_people(
        &self,
        setup: &StoreSetup,
        order: &Order,
        of: &Effect,
        why: &'static str,
    ) -> Result<(), Trouble> {
        self.hand_over(of, HandoffReason::Topic).await?;
        let row = self.propose_label(setup, order, of, EffectId::generate(), String::new()).await?;
        if let Some(row) = row {
            self.settle(&row, Move::Fail { problem: why.to_owned() }, EffectState::Failed, Vec::new()).await?;
        }
        Ok(())
    }

    async fn add_label(
        &self,
        setup: &StoreSetup,
        order: &Order,
        of: &Effect,
        file: &ReturnFile,
        label: &Label,
    ) -> Result<(), Trouble> {
        let known = setup.books(self).of_return(order, of, EffectKind::ReturnLabel).await?;
        let effect = match known {
            Some(effect) => Some(effect),
            None => {
                let id = EffectId::generate();
                let draft = LabelDraft {
                    effect: id.clone(),
                    id: file.id.clone(),
                    url: label.url.clone(),
                    tracking_number: label.tracking_number.clone(),
                    tracking_url: label.tracking_url.clone(),
                    notify: setup.policy.platform_mails(),
                };
                let request = setup.writers.returns.label_request(&draft);
                let identity = format!("return_label:{}", of.id);
                self.propose_for(setup, order, of, id, EffectKind::ReturnLabel, identity, request).await?
            }
        };
        if let Some(effect) = effect {
            self.pursue(setup, effect, Told::ByAgent).await?;
        }
        Ok(())
    }

    /// An effect that follows from a return, in the conversation of the return.
    #[expect(clippy::too_many_arguments, reason = "what a row of the ledger is made of")]
    async fn propose_for(
        &self,
        setup: &StoreSetup,
        order: &Order,
        of: &Effect,
        id: EffectId,
        kind: EffectKind,
        identity: String,
        request: String,
    ) -> Result<Option<Effect>, Trouble> {
        let effect = NewEffect {
            id,
            store: setup.profile.id.clone(),
            conversation: of.conversation.clone(),
            kind,
            identity,
            wish: json!(of.id),
            request,
            at: Clock::machine(),
        };
        let hold = Hold { order: order.id.clone(), pieces: Vec::new(), amount: None, allowances: Vec::new() };
        match self.storage.propose_on_order(effect, hold, None).await? {
            OnOrder::New(effect) | OnOrder::Existing(effect) => Ok(Some(effect)),
            OnOrder::Consumed(_) | OnOrder::Busy(_) | OnOrder::OverLimit { .. } => Ok(None),
        }
    }

    /// Pays for goods that are back, or asks a person whether to.
    pub(super) async fn take_in(
        &self,
        setup: &StoreSetup,
        order: &Order,
        of: &Effect,
        told: Told,
    ) -> Result<Received, Trouble> {
        let books = setup.books(self);
        if let Some(paid) = books.paid_for(order, of).await? {
            return Ok(Received::Paid(Box::new(self.pursue(setup, paid, told).await?)));
        }
        let Some(file) = books.file(of).await? else { return Ok(Received::NotYet) };
        let label = books.label(order, of).await?;
        let Some(arrived_at) = books.way_back(&file, label.as_ref()).await?.arrived_at() else {
            return Ok(Received::NotYet);
        };
        if let Some(refused) = self.refused_before(setup, order, &file).await? {
            return Ok(Received::Not(Some(Box::new(refused))));
        }
        // Twice at most: a limit that others have used up meanwhile is judged anew.
        for _ in 0..2 {
            let mut arrival = match books.assess_arrival(order, of, Some(arrived_at), None).await? {
                Standing::Open(arrival) => arrival,
                Standing::Held { effect, .. } => return Ok(Received::Paid(effect)),
                Standing::Short { .. } | Standing::Refused => return self.unless_paid(setup, order, of, told).await,
            };
            arrival.decision = arrival.decision.held_to(setup.policy.mode_of("issue_refund"));
            self.write_decision(&of.conversation, &arrival.basis, &arrival.decision).await?;
            match self.propose_settlement(setup, order, of, &file, &arrival).await? {
                Some(OnOrder::New(effect) | OnOrder::Existing(effect) | OnOrder::Consumed(effect)) => {
                    return Ok(Received::Paid(Box::new(self.pursue(setup, effect, told).await?)));
                }
                Some(OnOrder::Busy(_)) => return Ok(Received::Busy),
                Some(OnOrder::OverLimit { .. }) => {}
                None => return self.unless_paid(setup, order, of, told).await,
            }
        }
        Ok(Received::Busy)
    }

    /// Nothing more is to be paid for it: by somebody who was faster, or at all.
    async fn unless_paid(
        &self,
        setup: &StoreSetup,
        order: &Order,
        of: &Effect,
        told: Told,
    ) -> Result<Received, Trouble> {
        Ok(match setup.books(self).paid_for(order, of).await? {
            Some(paid) => Received::Paid(Box::new(self.pursue(setup, paid, told).await?)),
            None => Received::Not(None),
        })
    }

    /// Money for this return that the platform or a person refused.
    async fn refused_before(
        &self,
        setup: &StoreSetup,
        order: &Order,
        file: &ReturnFile,
    ) -> Result<Option<Effect>, Trouble> {
        let mut effects = self.storage.effects_on(&setup.profile.id, &order.id).await?;
        effects.retain(|effect| effect.kind == EffectKind::ReturnRefund && effect.state == EffectState::Failed);
        Ok(effects.into_iter().find(|effect| effect.wish.get("returned") == Some(&json!(file.id))))
    }

    /// `None`: the policy is against it.
    async fn propose_settlement(
        &self,
        setup: &StoreSetup,
        order: &Order,
        of: &Effect,
        file: &ReturnFile,
        arrival: &Arrival,
    ) -> Result<Option<OnOrder>, Trouble> {
        let (reason, amount) = match (arrival.decision.verdict, arrival.decision.pays) {
            (Verdict::Allow, Some(amount)) => (None, amount),
            (Verdict::NeedsApproval(reason), Some(amount)) => (Some(reason), amount),
            _ => return Ok(None),
        };
        let id = EffectId::generate();
        let items = items(order, &arrival.lines);
        let proposal = json!({"order_number": order.name, "return": file.name, "items": items, "amount": amount});
        let approval = self.approval(setup, reason, proposal);
        let request = match &approval {
            Some(_) => String::new(),
            None => {
                let draft = processing(setup, &id, order, &file.id, &arrival.settlement, amount);
                setup.writers.returns.processing_request(&draft)
            }
        };
        let pieces: Vec<String> = arrival.pieces.iter().map(ToString::to_string).collect();
        let effect = NewEffect {
            id,
            store: setup.profile.id.clone(),
            conversation: of.conversation.clone(),
            kind: EffectKind::ReturnRefund,
            identity: format!("return_refund:{}:{}", order.id.as_str(), pieces.join(",")),
            wish: json!(Settled { returned: file.id.clone(), lines: arrival.lines.clone() }),
            request,
            at: Clock::machine(),
        };
        Ok(Some(self.storage.propose_on_order(effect, arrival.hold(order, amount), approval).await?))
    }

    /// A return that is open, looked at while nobody asks: its label is sent, and its goods are paid for when they come.
    pub(super) async fn watch_return(&self, setup: &StoreSetup, of: &Effect) -> Result<Looked, Stop> {
        match self.follow_return(setup, of).await {
            Ok(looked) => Ok(looked),
            Err(Trouble::Stop(stop)) => Err(stop),
            Err(Trouble::Tool(error)) => {
                tracing::warn!(effect = %of.id, %error, "a return cannot be looked after now");
                self.nothing_new(of).await?;
                Ok(Looked::Not(error.to_string()))
            }
        }
    }

    async fn follow_return(&self, setup: &StoreSetup, of: &Effect) -> Result<Looked, Trouble> {
        let Some(id) = &of.order else { return Ok(Looked::Fully) };
        let order = setup.readers.commerce.order(id, Urgency::Background).await.map_err(ToolError::from)?;
        let Some(order) = order else {
            self.nothing_new(of).await?;
            return Ok(Looked::Not("the platform does not show its order".to_owned()));
        };
        self.send_label(setup, &order, of, Told::ByLine).await?;
        match self.take_in(setup, &order, of, Told::ByLine).await? {
            Received::Paid(refund) if refund.consent == Consent::Awaited => {
                self.announce(setup, &refund, &order).await?;
                self.nothing_new(of).await?;
            }
            Received::Paid(refund) if refund.state == EffectState::Confirmed => {
                self.settle(of, Move::Arrive, EffectState::Confirmed, Vec::new()).await?;
            }
            Received::Paid(_) | Received::NotYet => self.nothing_new(of).await?,
            Received::Busy => {
                self.nothing_new(of).await?;
                return Ok(Looked::Busy);
            }
            Received::Not(refused) => {
                self.settle(of, Move::Arrive, EffectState::Confirmed, Vec::new()).await?;
                let approvals = self.storage.approvals_of(&of.conversation).await?;
                let decided = refused.is_some_and(|refused| approvals.iter().any(|asked| asked.effect == refused.id));
                if !decided {
                    self.hand_over(of, HandoffReason::RefundFailed).await?;
                }
            }
        }
        Ok(Looked::Fully)
    }

    /// Tells a conversation, once, that a person is asked about the money of its return.
    async fn announce(&self, setup: &StoreSetup, refund: &Effect, order: &Order) -> Result<(), Trouble> {
        let Ok(conversation) = self.load(&refund.conversation).await else { return Ok(()) };
        let Some(asked) = self.asking_a_person(&conversation, refund).await? else { return Ok(()) };
        let line = self.lines(conversation.language()).return_arrived(&order.name);
        let mut events = vec![asked, system_line(None, line)];
        events.extend(wanted(setup, &conversation, &events));
        let announcements = setup.announcements(&events);
        match self.write_down(&conversation, events, announcements).await {
            Ok(events) => {
                self.hub.events(&refund.conversation, events);
                self.wake_outbox();
            }
            Err(AppendError::Storage(error)) => return Err(error.into()),
            // Somebody is talking there: the next look tells it.
            Err(_) => {}
        }
        Ok(())
    }
}

/// The offer that the policy lets the agent buy, or why it lets it buy none.
fn chosen(
    offers: &[Offer],
    choose: impl Fn(&[LabelOffer]) -> (Option<&LabelOffer>, Verdict),
) -> Result<&Offer, Reason> {
    let priced: Vec<LabelOffer> = offers
        .iter()
        .map(|offer| LabelOffer { id: offer.rate.clone(), carrier: offer.carrier.clone(), price: offer.price })
        .collect();
    let (choice, verdict) = choose(&priced);
    match (choice, verdict.reason()) {
        (Some(choice), None) => offers.iter().find(|offer| offer.rate == choice.id).ok_or(Reason::NoLabel),
        (_, reason) => Err(reason.unwrap_or(Reason::NoLabel)),
    }
}

pub(in crate::desk) fn processing(
    setup: &StoreSetup,
    effect: &EffectId,
    order: &Order,
    returned: &str,
    settlement: &Settlement,
    amount: Money,
) -> ProcessDraft {
    ProcessDraft {
        effect: effect.clone(),
        order: order.id.clone(),
        id: returned.to_owned(),
        lines: settlement.lines.clone(),
        shares: super::refund::shares(&settlement.shares, amount),
        restock: None,
        notify: setup.policy.platform_mails(),
    }
}
