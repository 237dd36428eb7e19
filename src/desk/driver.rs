//! Drives turns: asks the machine what comes next, does it, writes down what came of it.

use std::sync::Arc;

use futures_util::FutureExt as _;

use super::twin::mirroring;
use super::{Inner, Stop, StoreSetup};
use crate::agents::conversation::Conversation;
use crate::agents::router::{ClassifyError, LocalFirst, Route, decide};
use crate::agents::turn::{Step, Surroundings, UNREACHABLE, next};
use crate::domain::clock::Clock;
use crate::domain::event::{Analysis, Event, EventBody, Status};
use crate::domain::id::{ConversationId, TurnId};
use crate::storage::log::{Append, AppendError, Fence, Writer};
use crate::storage::outbox::NewJob;
use crate::storage::tries::Admission;
use crate::tools::scene::{Decisions, Forgiven, OrdersSeen};

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

    /// Takes turn after turn until nothing waits for an answer.
    async fn work(&self, id: &ConversationId) {
        match self.turns(id).await {
            Ok(()) | Err(Stop::Fenced) => {}
            Err(Stop::Storage(error)) => {
                tracing::error!(conversation = %id, %error, "the turn stops; it is resumed later")
            }
            Err(Stop::Interrupted) => tracing::debug!(conversation = %id, "the turn was interrupted"),
        }
    }

    async fn turns(&self, id: &ConversationId) -> Result<(), Stop> {
        let Ok(mut conversation) = self.recall(id).await else { return Ok(()) };
        let Some(setup) = self.stores.get(&conversation.store) else { return Ok(()) };
        if conversation.turn.is_none() && !conversation.awaits_answer() {
            // What was recalled may be out of date.
            self.read_on(&mut conversation).await?;
        }
        while let Some(claim) = self.take(&mut conversation).await? {
            let session = Session::new(self, setup, conversation, claim.fence);
            conversation = self.hold(session, claim.left_behind).await?;
        }
        self.recent.put(conversation);
        Ok(())
    }

    /// Takes the turn that a message waits for, or the one that was left behind. `None`: there is none, or it is in other
    /// hands.
    async fn take(&self, conversation: &mut Conversation) -> Result<Option<Claim>, Stop> {
        if let Some(fence) = self.begin(conversation).await? {
            return Ok(Some(Claim { fence, left_behind: false }));
        }
        if conversation.turn.is_none() {
            return Ok(None);
        }
        let fence = self.storage.claim(&conversation.id, &self.owner, self.pace.lease).await?;
        Ok(fence.map(|fence| Claim { fence, left_behind: true }))
    }

    /// Starts a turn if a message waits for one, none is under way, and nobody else starts it.
    async fn begin(&self, conversation: &mut Conversation) -> Result<Option<Fence>, Stop> {
        while conversation.turn.is_none() && conversation.awaits_answer() && !self.stopping.is_cancelled() {
            let through = conversation.heard_through();
            let append = Append {
                conversation: conversation.id.clone(),
                expected_len: conversation.len,
                writer: Writer::Anyone,
                at: self.clock.now(),
                events: vec![EventBody::TurnStarted { turn: TurnId::generate(), through }],
                outbox: Vec::new(),
                forgiven: Vec::new(),
            };
            match self.storage.begin(&self.owner, self.pace.lease, append).await {
                Ok((fence, events)) => {
                    events.iter().for_each(|event| conversation.apply(event));
                    self.hub.events(&conversation.id, events);
                    return Ok(Some(fence));
                }
                Err(AppendError::Changed { .. }) => self.read_on(conversation).await?,
                Err(AppendError::Fenced | AppendError::Unknown) => return Ok(None),
                Err(AppendError::Storage(error)) => return Err(Stop::Storage(error)),
            }
        }
        Ok(None)
    }

    /// Works on a turn until it is over, and sees to it that it is given back, whatever happens.
    async fn hold(&self, mut session: Session<'_>, left_behind: bool) -> Result<Box<Conversation>, Stop> {
        let (id, fence) = (session.conversation.id.clone(), session.fence);
        let outcome = tokio::select! {
            // First: whoever has written the last event has no lease to keep any more.
            biased;
            outcome = session.complete(left_behind) => outcome,
            lost = self.keep_lease(&id, fence) => lost,
            () = self.parked.cancelled() => Err(Stop::Interrupted),
        };
        if !session.given_back
            && let Err(error) = self.storage.release(&id, fence).await
        {
            tracing::error!(conversation = %id, %error, "cannot give the turn back; its lease will run out");
        }
        if outcome.is_err() {
            // What was under way may have been written, and nobody told of it.
            self.hub.grown(&id);
        }
        outcome.map(|()| session.conversation)
    }

    /// Takes in what others have appended.
    async fn read_on(&self, conversation: &mut Conversation) -> Result<(), Stop> {
        match self.storage.read(&conversation.id, conversation.len).await {
            Ok(events) => events.iter().for_each(|event| conversation.apply(event)),
            Err(AppendError::Storage(error)) => return Err(Stop::Storage(error)),
            Err(_) => return Err(Stop::Fenced),
        }
        Ok(())
    }

    async fn keep_lease(&self, id: &ConversationId, fence: Fence) -> Result<(), Stop> {
        loop {
            tokio::time::sleep(self.pace.lease / 3).await;
            if !self.storage.renew(id, fence, self.pace.lease).await? {
                return Err(Stop::Fenced);
            }
        }
    }
}

/// A turn that is taken.
struct Claim {
    fence: Fence,
    /// Whether an owner before has begun it.
    left_behind: bool,
}

/// What is written with events.
#[derive(Clone, Default)]
pub(super) struct Beside {
    pub(super) outbox: Vec<NewJob>,
    pub(super) forgiven: Vec<Admission>,
}

/// One owner's work on one conversation.
pub(super) struct Session<'a> {
    pub(super) desk: &'a Inner,
    pub(super) setup: &'a StoreSetup,
    pub(super) conversation: Box<Conversation>,
    pub(super) fence: Fence,
    /// Read in this turn.
    pub(super) orders: OrdersSeen,
    pub(super) forgiven: Forgiven,
    pub(super) decisions: Decisions,
    /// Whether the turn's last event has been written, and the claim is gone with it.
    given_back: bool,
}

impl<'a> Session<'a> {
    fn new(desk: &'a Inner, setup: &'a StoreSetup, conversation: Box<Conversation>, fence: Fence) -> Self {
        Self {
            desk,
            setup,
            conversation,
            fence,
            orders: OrdersSeen::default(),
            forgiven: Forgiven::default(),
            decisions: Decisions::default(),
            given_back: false,
        }
    }

    /// What an attempt may have shown before its owner ended is taken back, unless it has been completed since.
    async fn resume(&mut self) -> Result<(), Stop> {
        self.read_on().await?;
        let Some(turn) = &self.conversation.turn else { return Ok(()) };
        if turn.may_be_speaking() && self.speaks_to_shopper() {
            let (turn, attempt) = (turn.id.clone(), turn.attempt + 1);
            let reset = EventBody::MessageReset { turn, attempt, reason: "resumed".to_owned() };
            self.append_whoever_has_it(vec![reset], Vec::new()).await?;
        }
        self.desk.storage.checkpoint(&self.conversation.id, self.fence, None).await?;
        Ok(())
    }

    /// Goes on until the turn is over. Someone who takes the conversation meanwhile only changes what comes next.
    async fn complete(&mut self, left_behind: bool) -> Result<(), Stop> {
        if left_behind {
            self.resume().await?;
        }
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
                let routed = analysis.map(|analysis| self.routed(turn, &agent.name, None, analysis));
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
        let sure_from = around.policy.router.sure_from;
        let classifier = LocalFirst { model: self.setup.model.as_ref(), sure_from };
        let event = match classifier.classify(&self.conversation, &self.setup.catalog).await {
            Ok(analysis) => {
                let route = decide(&self.conversation, around.catalog, around.policy, around.speaks, &analysis);
                let agent = match route {
                    Route::Agent(agent) => agent.name.as_str(),
                    Route::Person(_) => PEOPLE,
                };
                self.routed(turn, agent, None, analysis)
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
                _ => conversation.heard_through(),
            };
            vec![EventBody::TurnCompleted { turn: turn.clone(), through, helped }]
        };
        self.append_made(done, Beside::default(), |_| true).await
    }

    /// Appends as the agent: refused once a person has the conversation.
    pub(super) async fn append(&mut self, events: Vec<EventBody>) -> Result<(), Stop> {
        self.append_with(events, Beside::default()).await
    }

    pub(super) async fn append_with(&mut self, events: Vec<EventBody>, beside: Beside) -> Result<(), Stop> {
        self.append_while(events, beside, |conversation| conversation.status == Status::AiHandling).await
    }

    /// Appends what is true whoever has the conversation.
    pub(super) async fn append_whoever_has_it(
        &mut self,
        events: Vec<EventBody>,
        outbox: Vec<NewJob>,
    ) -> Result<(), Stop> {
        self.append_while(events, Beside { outbox, ..Beside::default() }, |_| true).await
    }

    async fn append_while(
        &mut self,
        events: Vec<EventBody>,
        beside: Beside,
        holds: impl Fn(&Conversation) -> bool,
    ) -> Result<(), Stop> {
        if events.is_empty() {
            return Ok(());
        }
        self.append_made(|_| events.clone(), beside, holds).await
    }

    /// Appends events that depend on where the conversation stands, made anew whenever it has moved.
    async fn append_made(
        &mut self,
        events: impl Fn(&Conversation) -> Vec<EventBody>,
        beside: Beside,
        holds: impl Fn(&Conversation) -> bool,
    ) -> Result<(), Stop> {
        loop {
            if !holds(&self.conversation) {
                return Err(Stop::Interrupted);
            }
            let events = events(&self.conversation);
            match self.desk.storage.append(self.append_of(events, beside.clone())).await {
                Ok(events) => {
                    self.written(events);
                    return Ok(());
                }
                Err(AppendError::Changed { .. }) => self.read_on().await?,
                Err(AppendError::Fenced | AppendError::Unknown) => return Err(Stop::Fenced),
                Err(AppendError::Storage(error)) => return Err(Stop::Storage(error)),
            }
        }
    }

    /// The turn's last event gives it back.
    fn append_of(&self, events: Vec<EventBody>, beside: Beside) -> Append {
        let last = events.iter().any(|event| matches!(event, EventBody::TurnCompleted { .. }));
        Append {
            conversation: self.conversation.id.clone(),
            expected_len: self.conversation.len,
            writer: if last { Writer::Leaving(self.fence) } else { Writer::Turn(self.fence) },
            at: self.desk.clock.now(),
            outbox: beside.outbox.into_iter().chain(mirroring(&self.conversation, &events)).collect(),
            events,
            forgiven: beside.forgiven,
        }
    }

    fn written(&mut self, events: Vec<Event>) {
        events.iter().for_each(|event| self.conversation.apply(event));
        let over = events.iter().any(|event| matches!(event.body, EventBody::TurnCompleted { .. }));
        self.desk.hub.events(&self.conversation.id, events);
        if over {
            self.given_back = true;
            self.desk.count_turn(&self.setup.profile.id);
        }
    }

    /// Takes in what others have appended.
    pub(super) async fn read_on(&mut self) -> Result<(), Stop> {
        self.desk.read_on(&mut self.conversation).await
    }

    /// With what the agent goes by.
    pub(super) fn routed(&self, turn: &TurnId, agent: &str, from: Option<String>, analysis: Analysis) -> EventBody {
        let known = self.desk.versions.get(&self.setup.profile.id).and_then(|all| all.get(agent));
        let versions = known.cloned().map(Box::new);
        EventBody::Routed { turn: turn.clone(), agent: agent.to_owned(), from, analysis, versions }
    }

    fn turn_id(&self) -> Option<TurnId> {
        self.conversation.turn.as_ref().map(|turn| turn.id.clone())
    }
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
