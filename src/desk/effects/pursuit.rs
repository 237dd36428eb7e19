//! Effects on orders on their way: sent once, looked for where nobody knows what became of them, watched until what is
//! still to come has come.

use std::time::Duration;

use jiff::SignedDuration;

use super::Told;
use super::deed::{Absent, Deed, Found, Stage, deed};
use crate::agents::language::Lines;
use crate::desk::handoff::system_line;
use crate::desk::{DeskError, Inner, Stop, StoreSetup};
use crate::domain::clock::Clock;
use crate::domain::effect::{Consent, Effect, EffectKind, EffectState};
use crate::domain::event::{EventBody, HandoffReason};
use crate::integrations::{Urgency, WriteError};
use crate::storage::StorageError;
use crate::storage::ledger::Move;

/// So long after it was proposed, what follows from a return is in nobody's hands any more.
const LEFT_ALONE: SignedDuration = SignedDuration::from_secs(30);

/// How long a shopper's turn waits for what the desk itself is just doing.
const IN_OTHER_HANDS: Duration = Duration::from_secs(3);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// What came of looking after an effect of which something is still to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::desk) enum Looked {
    /// What there was to know is known, and done.
    Fully,
    /// Its conversation is being talked in, or other money of its order is under way.
    Busy,
    /// Why it cannot be known now.
    Not(String),
}

/// An effect in the hands of its kind.
#[derive(Clone, Copy)]
struct Pursuit<'a> {
    desk: &'a Inner,
    setup: &'a StoreSetup,
    deed: &'static dyn Deed,
    told: Told,
}

impl Inner {
    /// Takes an effect as far as it can be taken now: sent if it was not, looked for if nobody knows.
    pub(in crate::desk) async fn pursue(&self, setup: &StoreSetup, effect: Effect, told: Told) -> Result<Effect, Stop> {
        let Some(deed) = deed(effect.kind) else { return Ok(effect) };
        let pursuit = Pursuit { desk: self, setup, deed, told };
        match effect.state {
            EffectState::Proposed if effect.consent != Consent::Awaited => pursuit.send(effect).await,
            EffectState::Unknown => pursuit.look(effect).await,
            _ => Ok(effect),
        }
    }

    /// Effects that nobody's turn waits for: those whose outcome is unknown, those that a person let out, and those whose
    /// turn is over. Whoever takes up an open turn takes up what it asked for, and tells it.
    pub(in crate::desk) async fn settle_deeds(&self, effects: Vec<Effect>) -> Result<(), Stop> {
        for effect in effects {
            let Some(setup) = self.stores.get(&effect.store) else { continue };
            let Some(deed) = deed(effect.kind) else { continue };
            let let_out_by_a_person = effect.consent == Consent::Given;
            let in_hand = if let_out_by_a_person {
                self.running.has(&effect.conversation)
            } else {
                self.is_in_a_turn(&effect).await
            };
            if in_hand {
                continue;
            }
            // A turn that was open when the row was read, and is over now, has taken it on.
            let effect = self.as_it_stands(effect).await?;
            if effect.state != EffectState::Proposed || let_out_by_a_person {
                self.pursue(setup, effect, Told::ByLine).await?;
            } else if effect.kind.follows_a_return() {
                // Whoever proposed it may be about to send it, in a conversation of their own.
                if Clock::machine().duration_since(effect.proposed_at) > LEFT_ALONE {
                    self.pursue(setup, effect, Told::ByLine).await?;
                }
            } else {
                let problem = "its turn was over before it was sent".to_owned();
                Pursuit { desk: self, setup, deed, told: Told::ByLine }.fails(effect, problem).await?;
            }
        }
        Ok(())
    }

    /// Effects of which something is still to come: it comes, or a person takes over.
    pub(in crate::desk) async fn watch_deeds(&self, effects: Vec<Effect>) -> Result<(), Stop> {
        for effect in effects {
            self.watch_deed(&effect).await?;
        }
        Ok(())
    }

    /// One of them, whoever says that it is time.
    pub(in crate::desk) async fn watch_deed(&self, effect: &Effect) -> Result<Looked, Stop> {
        let (Some(setup), Some(deed)) = (self.stores.get(&effect.store), deed(effect.kind)) else {
            return Ok(Looked::Fully);
        };
        if self.is_in_a_turn(effect).await {
            return Ok(Looked::Busy);
        }
        let effect = &self.as_it_stands(effect.clone()).await?;
        if !effect.watched {
            return Ok(Looked::Fully);
        }
        deed.go_on(setup, effect).await;
        match deed.find(setup, effect, Urgency::Background).await {
            Ok(Some(found)) if found.stage == Stage::Pending && effect.kind == EffectKind::Return => {
                self.watch_return(setup, effect).await
            }
            Ok(Some(found)) => {
                Pursuit { desk: self, setup, deed, told: Told::ByLine }.heard(effect, found).await?;
                Ok(Looked::Fully)
            }
            Ok(None) => {
                tracing::warn!(effect = %effect.id, "the vendor no longer shows this effect");
                self.nothing_new(effect).await?;
                Ok(Looked::Not("the vendor no longer shows it".to_owned()))
            }
            // Asked all the same: one that cannot be read does not hold up those behind it.
            Err(error) => {
                tracing::warn!(effect = %effect.id, %error, "a pending effect cannot be read now");
                self.nothing_new(effect).await?;
                Ok(Looked::Not(error.to_string()))
            }
        }
    }

    /// A person takes over what the agent could not bring to its end.
    pub(super) async fn hand_over(&self, effect: &Effect, reason: HandoffReason) -> Result<(), Stop> {
        match self.escalate(&effect.conversation, reason, "deskhand").await {
            Ok(()) | Err(DeskError::Storage(StorageError::Erased)) => Ok(()),
            Err(error) => {
                tracing::error!(effect = %effect.id, %error, "what was not done could not be handed to a person");
                Err(Stop::Interrupted)
            }
        }
    }

    pub(super) async fn nothing_new(&self, effect: &Effect) -> Result<(), Stop> {
        self.storage.advance(&effect.id, Move::Absent, Clock::machine(), None).await?;
        Ok(())
    }

    /// One that somebody else has just sent, once it is known what became of it, or after a moment.
    pub(super) async fn come_to_rest(&self, mut effect: Effect) -> Result<Effect, Stop> {
        let until = tokio::time::Instant::now() + IN_OTHER_HANDS;
        while effect.state == EffectState::Sent && tokio::time::Instant::now() < until {
            tokio::time::sleep(LOOK_AGAIN).await;
            effect = self.as_it_stands(effect).await?;
        }
        Ok(effect)
    }

    /// Whether its conversation's turn is open, in hand here or of a process that is no more.
    async fn is_in_a_turn(&self, effect: &Effect) -> bool {
        if self.running.has(&effect.conversation) {
            return true;
        }
        match self.load(&effect.conversation).await {
            Ok(conversation) => conversation.turn.is_some(),
            // One that cannot be read now may be in a turn.
            Err(error) => !matches!(error, DeskError::UnknownConversation | DeskError::Storage(StorageError::Erased)),
        }
    }

    /// Records a step, and returns the effect as it stands then.
    async fn settled(
        &self,
        effect: Effect,
        step: Move,
        state: EffectState,
        also: Option<EventBody>,
    ) -> Result<Effect, Stop> {
        let settled = self.settle(&effect, step, state, also.into_iter().collect()).await?;
        self.or_as_it_stands(settled, effect).await
    }

    /// `moved` by a step, or as somebody else has left it.
    async fn or_as_it_stands(&self, moved: Option<Effect>, effect: Effect) -> Result<Effect, Stop> {
        match moved {
            Some(moved) => Ok(moved),
            None => self.as_it_stands(effect).await,
        }
    }

    async fn as_it_stands(&self, effect: Effect) -> Result<Effect, Stop> {
        Ok(self.storage.effect(&effect.id).await?.unwrap_or(effect))
    }
}

impl Pursuit<'_> {
    async fn send(&self, effect: Effect) -> Result<Effect, Stop> {
        let desk = self.desk;
        let Some(permit) = desk.let_out(&effect).await? else { return desk.as_it_stands(effect).await };
        match self.deed.send(self.setup, &effect, permit).await {
            Ok(found) => self.is_there(effect, found).await,
            Err(WriteError::Refused(error)) if self.told == Told::ByLine || !self.deed.is_left_to_the_watch() => {
                self.fails(effect, error.to_string()).await
            }
            Err(WriteError::NotSent(error) | WriteError::Refused(error)) => {
                let problem = error.to_string();
                let back =
                    desk.storage.advance(&effect.id, Move::TurnedAway { problem }, Clock::machine(), None).await?;
                desk.or_as_it_stands(back, effect).await
            }
            Err(WriteError::Unknown(error)) => {
                let problem = error.to_string();
                let effect = desk.settled(effect, Move::Lose { problem }, EffectState::Unknown, None).await?;
                self.look(effect).await
            }
        }
    }

    /// The vendor is asked by the row's own id. Absent twice, some time apart, its kind says what follows.
    async fn look(&self, effect: Effect) -> Result<Effect, Stop> {
        let desk = self.desk;
        match self.deed.find(self.setup, &effect, Urgency::Shopper).await {
            Ok(Some(found)) => return self.is_there(effect, found).await,
            Ok(None) => {}
            Err(error) => {
                tracing::warn!(effect = %effect.id, %error, "what became of an effect cannot be found out yet");
                return Ok(effect);
            }
        }
        let now = Clock::machine();
        let since = |moment: jiff::Timestamp| Duration::try_from(now.duration_since(moment)).unwrap_or_default();
        if effect.absent == 0 {
            desk.nothing_new(&effect).await?;
        } else if effect.absent_at.is_some_and(|first| since(first) >= desk.pace.absence) {
            match self.deed.when_absent(self.setup, effect.sent_at.map_or(Duration::MAX, since)) {
                Absent::SendAgain => return Box::pin(self.send(effect)).await,
                Absent::Fail => {
                    let problem = "no answer came, and the vendor does not have it".to_owned();
                    return self.fails(effect, problem).await;
                }
                Absent::LeaveToPeople => {
                    tracing::error!(effect = %effect.id, "nobody knows whether this was done: look at the order by hand");
                }
            }
        }
        desk.as_it_stands(effect).await
    }

    async fn is_there(&self, effect: Effect, found: Found) -> Result<Effect, Stop> {
        let desk = self.desk;
        if let Stage::Failed(problem) = found.stage {
            return self.fails(effect, problem).await;
        }
        let line = match self.told {
            Told::ByAgent => None,
            Told::ByLine => self.line(&effect, &found).await,
        };
        let confirm = Move::Confirm { vendor_reference: found.reference, watched: found.stage == Stage::Pending };
        desk.settled(effect, confirm, EffectState::Confirmed, line).await
    }

    /// It was not done. Where no agent is there to say so, a person has it first and the shopper reads it then: whoever is
    /// cut off in between begins anew.
    async fn fails(&self, effect: Effect, problem: String) -> Result<Effect, Stop> {
        let desk = self.desk;
        let mut told = None;
        if let (Told::ByLine, Some(reason)) = (self.told, self.deed.left_to_people()) {
            desk.hand_over(&effect, reason).await?;
            told = self.told_of(&effect, |lines, order| self.deed.not_done(lines, order)).await;
        }
        let fail = Move::Fail { problem };
        desk.settled(effect, fail, EffectState::Failed, told).await
    }

    /// News of an effect that is watched.
    async fn heard(&self, effect: &Effect, found: Found) -> Result<(), Stop> {
        let desk = self.desk;
        match &found.stage {
            Stage::Pending => desk.nothing_new(effect).await,
            Stage::Done => {
                let line = self.line(effect, &found).await;
                desk.settle(effect, Move::Arrive, EffectState::Confirmed, line.into_iter().collect()).await?;
                Ok(())
            }
            Stage::Failed(problem) => {
                let line = self.line(effect, &found).await;
                let bounce = Move::Bounce { problem: problem.clone() };
                if self.deed.hands_over() {
                    desk.hand_over(effect, HandoffReason::RefundFailed).await?;
                }
                desk.settle(effect, bounce, EffectState::Failed, line.into_iter().collect()).await?;
                Ok(())
            }
        }
    }

    /// What the shopper hears of it from no agent.
    async fn line(&self, effect: &Effect, found: &Found) -> Option<EventBody> {
        self.told_of(effect, |lines, order| self.deed.line(lines, effect, order, found)).await
    }

    async fn told_of(
        &self,
        effect: &Effect,
        say: impl FnOnce(&Lines, &str) -> Option<String> + Send,
    ) -> Option<EventBody> {
        let desk = self.desk;
        let conversation = desk.load(&effect.conversation).await.ok()?;
        let order = effect.order.as_ref()?;
        let matched = conversation.matched.iter().find(|(_, id)| id == order).map(|(name, _)| name.clone());
        let name = match matched {
            Some(name) => name,
            None => self.setup.readers.commerce.order(order, Urgency::Background).await.ok()??.name,
        };
        say(desk.lines(conversation.language()), &name).map(|line| system_line(None, line))
    }
}
