//! What vendors send by themselves: kept once, answered, and worked off afterwards, in its order for each thing that it is
//! about. A delivery says where to look. What is done then rests on what the vendor's API says, as when nobody had told.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;

use super::effects::Looked;
use super::{Desk, DeskError, Inner, Stop};
use crate::domain::clock::Clock;
use crate::domain::effect::{Effect, EffectKind};
use crate::domain::id::{ConversationId, EffectId, StoreId};
use crate::integrations::hooks::{Hint, Source};
use crate::storage::StorageError;
use crate::storage::deliveries::{Delivery, NewDelivery, Outcome};

/// Deliveries that are taken up at a time.
const AT_ONCE: u32 = 32;
/// Longer than the calls take that one delivery makes.
const IN_HAND: Duration = Duration::from_secs(300);
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(600);
/// Nearly two hours.
pub const MOST_TRIES: u32 = 20;
/// How long what has come too early is put off, at least.
const SOON: SignedDuration = SignedDuration::from_millis(500);
/// And at most.
const AT_MOST: SignedDuration = SignedDuration::from_secs(60);
/// What nobody knows by then is nobody's here.
const NEVER_OURS: SignedDuration = SignedDuration::from_hours(24);
/// Longer than any vendor repeats itself.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a delivery is about, as far as it can be told yet.
enum Meant {
    /// This return.
    Return(Box<Effect>),
    /// The ticket that the helpdesk calls so, of this conversation.
    Ticket(ConversationId, String),
    /// This ticket, which is no conversation's yet.
    Foreign,
    /// A purchase is on its way whose name at the vendor is not known yet: it may be that.
    TooEarly,
    /// Nothing of ours, or nothing that anybody still waits for.
    Nothing,
}

impl Desk {
    /// Keeps what a vendor sent, whose signature the caller has checked. When this returns, it is on disk; a repetition
    /// changes nothing.
    pub async fn deliver(&self, store: &StoreId, source: Source, hint: Hint) -> Result<(), DeskError> {
        self.0.refuse_when_stopping()?;
        let Hint { event, kind, object } = hint;
        let (store, vendor) = (store.clone(), source.as_str().to_owned());
        let delivery = NewDelivery { store, vendor, event, kind, object, at: Clock::machine() };
        if self.0.storage.receive(delivery).await? {
            self.0.deliveries.notify_one();
        }
        Ok(())
    }
}

impl Inner {
    pub(super) fn start_working_off_deliveries(self: &Arc<Self>) {
        let desk = Arc::clone(self);
        self.tasks.spawn(async move {
            while !desk.stopping.is_cancelled() {
                let woken = desk.deliveries.notified();
                if !desk.work_off_deliveries().await {
                    tokio::select! {
                        () = woken => {}
                        () = tokio::time::sleep(desk.pace.sweep) => {}
                        () = desk.stopping.cancelled() => {}
                    }
                }
            }
        });
    }

    /// Takes up what is due. `false`: nothing was.
    async fn work_off_deliveries(self: &Arc<Self>) -> bool {
        let taken = match self.storage.take_deliveries(&self.owner, AT_ONCE, IN_HAND).await {
            Ok(taken) => taken,
            Err(error) => {
                tracing::error!(%error, "cannot look for what vendors have sent");
                return false;
            }
        };
        let any = !taken.is_empty();
        for delivery in taken {
            let desk = Arc::clone(self);
            self.tasks.spawn(async move {
                if let Err(stop) = desk.work_on_delivery(&delivery).await {
                    tracing::error!(event = delivery.event, ?stop, "a delivery stopped; it is taken up again");
                }
                desk.deliveries.notify_one();
            });
        }
        any
    }

    async fn work_on_delivery(&self, delivery: &Delivery) -> Result<(), Stop> {
        let looked = match self.meant(delivery).await? {
            Ok(Meant::Return(effect)) => self.watch_deed(&effect).await?,
            Ok(Meant::Ticket(conversation, ticket)) => match self.stores.get(&delivery.store) {
                Some(setup) => self.look_at_ticket(setup, &conversation, &ticket).await?,
                None => Looked::Fully,
            },
            Ok(Meant::Foreign) => match self.stores.get(&delivery.store) {
                Some(setup) => self.look_at_foreign_ticket(setup, &delivery.vendor, &delivery.object).await?,
                None => Looked::Fully,
            },
            Ok(Meant::TooEarly) => Looked::Busy,
            Ok(Meant::Nothing) => Looked::Fully,
            Err(problem) => return self.give_up(delivery, problem).await,
        };
        let outcome = match looked {
            Looked::Fully => Outcome::Done,
            Looked::Busy => wait(delivery),
            Looked::Not(problem) if delivery.failures.saturating_add(1) >= MOST_TRIES => {
                return self.give_up(delivery, problem).await;
            }
            Looked::Not(problem) => {
                let delay = FIRST_RETRY.saturating_mul(1 << delivery.failures.min(10)).min(LONGEST_RETRY);
                Outcome::Retry { delay, problem }
            }
        };
        Ok(self.storage.settle_delivery(delivery, outcome).await?)
    }

    async fn give_up(&self, delivery: &Delivery, problem: String) -> Result<(), Stop> {
        let Delivery { vendor, event, object, .. } = delivery;
        tracing::error!(vendor, event, object, problem, "what a vendor told could not be looked into");
        Ok(self.storage.settle_delivery(delivery, Outcome::Dead { problem }).await?)
    }

    /// `Err`: why nobody here can tell.
    async fn meant(&self, delivery: &Delivery) -> Result<Result<Meant, String>, StorageError> {
        if !self.stores.contains_key(&delivery.store) {
            return Ok(Err("its store is not in the configuration".to_owned()));
        }
        match Source::parse(&delivery.vendor) {
            Some(Source::EasyPost) => Ok(Ok(self.parcel_of(delivery).await?)),
            Some(Source::Front | Source::Gorgias | Source::Zendesk | Source::Intercom) => {
                Ok(Ok(self.ticket_of(delivery).await?))
            }
            None => Ok(Err(format!("no vendor is called {:?}", delivery.vendor))),
        }
    }

    /// The return that a shipment brings back.
    async fn parcel_of(&self, delivery: &Delivery) -> Result<Meant, StorageError> {
        let label = match self.called(delivery, EffectKind::Label).await? {
            Ok(label) => label,
            Err(meant) => return Ok(meant),
        };
        let Some(of) = label.wish.as_str() else { return Ok(Meant::Nothing) };
        let of = self.storage.effect(&EffectId::new(of)).await?.filter(|of| of.watched);
        Ok(of.map_or(Meant::Nothing, |of| Meant::Return(Box::new(of))))
    }

    /// The ticket that it names, by the helpdesk's id or by what we planted: its effect.
    async fn ticket_of(&self, delivery: &Delivery) -> Result<Meant, StorageError> {
        let Delivery { store, vendor, object, .. } = delivery;
        let planted = self.storage.effect(&EffectId::new(object.clone())).await?;
        let ours = |effect: &Effect| effect.kind == EffectKind::Ticket && effect.store == *store;
        if let Some(Effect { conversation, vendor_reference, .. }) = planted.filter(ours) {
            return Ok(match vendor_reference {
                Some(ticket) => Meant::Ticket(conversation, ticket),
                None if is_old(delivery) => Meant::Nothing,
                None => Meant::TooEarly,
            });
        }
        let meant = match self.called(delivery, EffectKind::Ticket).await? {
            Ok(ticket) => return Ok(Meant::Ticket(ticket.conversation, object.clone())),
            Err(meant) => meant,
        };
        if !self.stores.get(store).is_some_and(|setup| setup.manners.channel) {
            return Ok(meant);
        }
        // A ticket that is on its way may be this one: it is known as ours by what was planted in it.
        let known = self.conversation_at_home(store, vendor, object).await?;
        Ok(known.map_or(Meant::Foreign, |conversation| Meant::Ticket(conversation, object.clone())))
    }

    /// The effect that the vendor calls so, or what it means that there is none.
    async fn called(&self, delivery: &Delivery, kind: EffectKind) -> Result<Result<Effect, Meant>, StorageError> {
        let store = &delivery.store;
        // First: what is confirmed in between is then found by its name.
        let under_way = self.storage.under_way(store, kind).await?;
        if let Some(effect) = self.storage.effect_called(store, kind, &delivery.object).await? {
            return Ok(Ok(effect));
        }
        Ok(Err(if under_way && !is_old(delivery) { Meant::TooEarly } else { Meant::Nothing }))
    }

    /// What is over is kept for as long as a vendor might repeat it.
    pub(super) async fn forget_old_deliveries(&self) {
        if let Err(error) = self.storage.forget_deliveries(Clock::machine() - REMEMBERED).await {
            tracing::error!(%error, "cannot forget what vendors have sent");
        }
    }
}

fn is_old(delivery: &Delivery) -> bool {
    Clock::machine().duration_since(delivery.received_at) > NEVER_OURS
}

/// Longer, the longer it has waited.
fn wait(delivery: &Delivery) -> Outcome {
    let age = Clock::machine().duration_since(delivery.received_at).clamp(SOON, AT_MOST);
    Outcome::Wait { delay: Duration::try_from(age).unwrap_or_default() }
}
