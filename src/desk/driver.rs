//! Drives turns: asks the machine what comes next, does it, writes down what came of it.

use std::sync::Arc;

use futures_util::FutureExt as _;

use super::{Inner, Stop, StoreSetup};
use crate::agents::conversation::Conversation;
use crate::agents::router::{Classifier as _, ClassifyError, ModelClassifier, Route, decide};
use crate::agents::turn::{Step, Surroundings, UNREACHABLE, next};
use crate::domain::clock::Clock;
use crate::domain::event::{Analysis, Event, EventBody, Status};
use crate::domain::id::{ConversationId, TurnId};
use crate::storage::log::{Append, AppendError, Fence, Writer};
use crate::storage::outbox::NewJob;
use crate::tools::scene::OrdersSeen;

/// The name in the log for a message that goes to a person at once.
const PEOPLE: &str = "people";

impl Inner {
    /// Sees to it that a conversation's open messages are answered, by a task of its own, once in this process.
    pub(super) fn kick(self: &Arc<Self>, id: &ConversationId) {
        if self.stopping.is_cancelled() || !self.running.begin(id) {
            return;
        }
        let (desk, id) = (Arc::clone(self), id.clone());
        self.tasks.spawn(async move {
            loop {
                let panicked = std::panic::AssertUnwindSafe(desk.work(&id)).catch_unwind().await.is_err();
                if panicked {
                    tracing::error!(conversation = %id, "a turn panicked; it is resumed later");
                }
                if desk.running.end(&id) || desk.stopping.is_cancelled() {
                    break;
                }
            }
            desk.hub.rest(&id);
        });
    }

    /// Takes the turn, if it is free, and gives it back, whatever happens in between.
    async fn work(&self, id: &ConversationId) {
        let fence = match self.storage.claim(id, &self.owner, self.pace.lease).await {
            Ok(Some(fence)) => fence,
            Ok(None) => return,
            Err(error) => return tracing::error!(conversation = %id, %error, "cannot take the turn"),
        };
        let outcome = tokio::select! {
            outcome = self.turns(id, fence) => outcome,
            lost = self.keep_lease(id, fence) => lost,
            () = self.parked.cancelled() => Ok(()),
        };
        match outcome {
            Ok(()) | Err(Stop::Fenced) => {}
            Err(Stop::Storage(error)) => {
                tracing::error!(conversation = %id, %error, "the turn stops; it is resumed later")
            }
            Err(Stop::Interrupted) => tracing::debug!(conversation = %id, "the turn was interrupted"),
        }
        if let Err(error) = self.storage.release(id, fence).await {
            tracing::error!(conversation = %id, %error, "cannot give the turn back; its lease will run out");
        }
    }

    async fn keep_lease(&self, id: &ConversationId, fence: Fence) -> Result<(), Stop> {
        loop {
            tokio::time::sleep(self.pace.lease / 3).await;
            if !self.storage.renew(id, fence, self.pace.lease).await? {
                return Err(Stop::Fenced);
            }
        }
    }

    /// Takes turn after turn until nothing waits for an answer.
    async fn turns(&self, id: &ConversationId, fence: Fence) -> Result<(), Stop> {
        let Ok(conversation) = self.recall(id).await else { return Ok(()) };
        let Some(setup) = self.stores.get(&conversation.store) else { return Ok(()) };
        let mut session = Session { desk: self, setup, conversation, fence, orders: OrdersSeen::default() };
        session.resume().await?;
        if !session.begin().await? {
            // What was recalled may have been out of date.
            session.read_on().await?;
        }
        while session.begin().await? {
            session.complete().await?;
        }
        self.recent.put(session.conversation);
        Ok(())
    }
}

/// One owner's work on one conversation.
pub(super) struct Session<'a> {
    pub(super) desk: &'a Inner,
    pub(super) setup: &'a StoreSetup,
    pub(super) conversation: Conversation,
    pub(super) fence: Fence,
    /// Read in this turn.
    pub(super) orders: OrdersSeen,
}

impl Session<'_> {
    /// After a crash: what a message in the making had shown is taken back, unless it has been completed since.
    async fn resume(&mut self) -> Result<(), Stop> {
        let Some(turn) = &self.conversation.turn else { return Ok(()) };
        let (turn, ended) = (turn.id.clone(), turn.attempt);
        let checkpoint = self.desk.storage.read_checkpoint(&self.conversation.id).await?;
        let Some(checkpoint) = checkpoint.filter(|checkpoint| checkpoint.turn == turn) else { return Ok(()) };
        if checkpoint.attempt > ended {
            let reset = EventBody::MessageReset { turn, attempt: checkpoint.attempt, reason: "resumed".to_owned() };
            self.append(vec![reset]).await?;
        }
        self.desk.storage.checkpoint(&self.conversation.id, self.fence, None).await?;
        Ok(())
    }

    /// Starts a turn if a message waits for one. `false`: nothing to do.
    async fn begin(&mut self) -> Result<bool, Stop> {
        if self.conversation.turn.is_some() {
            return Ok(true);
        }
        if !self.conversation.awaits_answer() || self.desk.stopping.is_cancelled() {
            return Ok(false);
        }
        self.orders = OrdersSeen::default();
        let through = self.conversation.last_customer_seq();
        self.append(vec![EventBody::TurnStarted { turn: TurnId::generate(), through }]).await?;
        Ok(true)
    }

    /// Goes on until the turn is over. Someone who takes the conversation meanwhile only changes what comes next.
    async fn complete(&mut self) -> Result<(), Stop> {
        let closed = self.closed().await?;
        while let Some(turn) = self.turn_id() {
            match self.step(&turn, closed).await {
                Err(Stop::Interrupted) => {}
                outcome => outcome?,
            }
        }
        Ok(())
    }

    /// Whether the store takes no turns now: paused, or its allowance for the day is used up.
    async fn closed(&self) -> Result<bool, Stop> {
        let store = &self.setup.profile.id;
        if self.desk.storage.store(store).await?.is_some_and(|record| record.paused) {
            return Ok(true);
        }
        self.desk.day_is_full(self.setup).await
    }

    async fn step(&mut self, turn: &TurnId, closed: bool) -> Result<(), Stop> {
        let (desk, setup) = (self.desk, self.setup);
        let speaks = |language: &str| desk.speaks(setup, language);
        let around = Surroundings { catalog: &setup.catalog, policy: &setup.policy, speaks: &speaks, closed };
        let Some(step) = next(&self.conversation, &around) else { return Ok(()) };
        tracing::debug!(conversation = %self.conversation.id, ?step, "step");
        match step {
            Step::Classify => self.classify(turn, &around).await,
            Step::Keep(agent) => {
                let analysis = self.conversation.analysis.clone();
                let routed = analysis.map(|analysis| routed(turn, &agent.name, analysis));
                self.append(routed.into_iter().collect()).await
            }
            Step::Ask(agent) => self.ask(turn, agent).await,
            Step::Use(agent, calls) => self.use_tools(turn, agent, calls).await,
            Step::HandOff(reason) => self.hand_off(turn, reason).await,
            Step::Await => self.await_ticket(turn).await,
            Step::Finish { helped } => self.finish(turn, helped).await,
        }
    }

    async fn classify(&mut self, turn: &TurnId, around: &Surroundings<'_>) -> Result<(), Stop> {
        let classifier = ModelClassifier(self.setup.model.as_ref());
        let event = match classifier.classify(&self.conversation, &self.setup.catalog).await {
            Ok((analysis, _)) => {
                let route = decide(&self.conversation, around.catalog, around.policy, around.speaks, &analysis);
                let agent = match route {
                    Route::Agent(agent) => agent.name.as_str(),
                    Route::Person(_) => PEOPLE,
                };
                routed(turn, agent, analysis)
            }
            Err(ClassifyError::Model(error)) => failed(turn, UNREACHABLE, error.to_string()),
            Err(ClassifyError::Unreadable(why)) => failed(turn, "router_unreadable", why),
        };
        self.append(vec![event]).await
    }

    pub(super) async fn finish(&mut self, turn: &TurnId, helped: bool) -> Result<(), Stop> {
        // What came in while the conversation was handed over is the person's to answer.
        let done = |conversation: &Conversation| {
            let through = match (&conversation.turn, conversation.status) {
                (Some(turn), Status::AiHandling) => turn.through,
                _ => conversation.last_customer_seq(),
            };
            vec![EventBody::TurnCompleted { turn: turn.clone(), through, helped }]
        };
        self.append_made(done, Vec::new(), |_| true).await?;
        self.desk.count_turn(&self.setup.profile.id);
        Ok(())
    }

    /// Appends as the agent: refused once a person has the conversation.
    pub(super) async fn append(&mut self, events: Vec<EventBody>) -> Result<(), Stop> {
        self.append_while(events, Vec::new(), |conversation| conversation.status == Status::AiHandling).await
    }

    /// Appends what is true whoever has the conversation.
    pub(super) async fn append_whoever_has_it(
        &mut self,
        events: Vec<EventBody>,
        outbox: Vec<NewJob>,
    ) -> Result<(), Stop> {
        self.append_while(events, outbox, |_| true).await
    }

    pub(super) async fn append_while(
        &mut self,
        events: Vec<EventBody>,
        outbox: Vec<NewJob>,
        holds: impl Fn(&Conversation) -> bool,
    ) -> Result<(), Stop> {
        if events.is_empty() {
            return Ok(());
        }
        self.append_made(|_| events.clone(), outbox, holds).await
    }

    /// Appends events that depend on where the conversation stands, made anew whenever it has moved.
    async fn append_made(
        &mut self,
        events: impl Fn(&Conversation) -> Vec<EventBody>,
        outbox: Vec<NewJob>,
        holds: impl Fn(&Conversation) -> bool,
    ) -> Result<(), Stop> {
        loop {
            if !holds(&self.conversation) {
                return Err(Stop::Interrupted);
            }
            let append = Append {
                conversation: self.conversation.id.clone(),
                expected_len: self.conversation.len,
                writer: Writer::Turn(self.fence),
                at: self.desk.clock.now(),
                events: events(&self.conversation),
                outbox: outbox.clone(),
                forgiven: Vec::new(),
            };
            match self.desk.storage.append(append).await {
                Ok(events) => {
                    self.learn(&events);
                    self.desk.hub.events(&self.conversation.id, &events);
                    return Ok(());
                }
                Err(AppendError::Changed { .. }) => self.read_on().await?,
                Err(AppendError::Fenced | AppendError::Unknown) => return Err(Stop::Fenced),
                Err(AppendError::Storage(error)) => return Err(Stop::Storage(error)),
            }
        }
    }

    /// Takes in what others have appended.
    pub(super) async fn read_on(&mut self) -> Result<(), Stop> {
        match self.desk.storage.read(&self.conversation.id, self.conversation.len).await {
            Ok(events) => self.learn(&events),
            Err(AppendError::Storage(error)) => return Err(Stop::Storage(error)),
            Err(_) => return Err(Stop::Fenced),
        }
        Ok(())
    }

    fn learn(&mut self, events: &[Event]) {
        events.iter().for_each(|event| self.conversation.apply(event));
    }

    fn turn_id(&self) -> Option<TurnId> {
        self.conversation.turn.as_ref().map(|turn| turn.id.clone())
    }
}

fn routed(turn: &TurnId, agent: &str, analysis: Analysis) -> EventBody {
    EventBody::Routed { turn: turn.clone(), agent: agent.to_owned(), from: None, analysis }
}

pub(super) fn failed(turn: &TurnId, code: &str, message: String) -> EventBody {
    EventBody::Failed { turn: Some(turn.clone()), code: code.to_owned(), message }
}

impl Inner {
    /// Whether the store's turns of the last 24 hours reach its cap.
    async fn day_is_full(&self, setup: &StoreSetup) -> Result<bool, Stop> {
        let since = Clock::machine() - jiff::SignedDuration::from_hours(24);
        let store = &setup.profile.id;
        let taken = match self.turns_today.get(store) {
            Some(taken) => taken,
            None => {
                let taken = self.storage.count_turns(store, since).await?;
                self.turns_today.set(store, taken);
                taken
            }
        };
        Ok(taken >= u64::from(setup.policy.caps.turns_per_day))
    }

    fn count_turn(&self, store: &crate::domain::id::StoreId) {
        self.turns_today.add(store);
    }
}
