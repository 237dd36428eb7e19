//! Storage with places to stop at: before and after each thing that is written, the process can be held for good.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use deskhand::domain::customer::Email;
use deskhand::domain::effect::{ApprovalState, Effect, EffectKind};
use deskhand::domain::event::{Event, EventBody};
use deskhand::domain::id::{ApprovalId, ConversationId, EffectId, StoreId};
use deskhand::domain::money::Currency;
use deskhand::domain::order::{OrderId, Piece};
use deskhand::storage::StorageError;
use deskhand::storage::approvals::{Approval, Approvals, Decided, Granted, NewApproval};
use deskhand::storage::backlog::{Backlog, Waiting};
use deskhand::storage::codes::{CodeVerdict, Codes};
use deskhand::storage::deliveries::{Deliveries, Delivery, NewDelivery, Outcome};
use deskhand::storage::ledger::{Ledger, Move, NewEffect, Proposed};
use deskhand::storage::log::{Append, AppendError, Checkpoint, EventLog, Fence, Filter, Page};
use deskhand::storage::orders::{self, OnOrder, OrderEffects};
use deskhand::storage::outbox::{Job, Letter, OpenJob, Outbox};
use deskhand::storage::sqlite::SqliteStorage;
use deskhand::storage::tries::{Admission, IdentityTries, Limits, Scope};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::child::{set_disk_full, tell};

/// The place to stop at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hold {
    /// With the number of its occurrence: `after append turn.started #1`.
    At(String),
    /// Whichever place is passed as the so-manieth.
    Nth(u32),
    /// Not to stop: from here on the disk is full, until there is room again.
    FullAt(String),
    /// Not to stop: what the sweep reads of a deed that is about to be sent reaches it once the deed's turn is over.
    OldNews,
}

mod news;
mod others;

use news::News;
pub use news::OLD_NEWS;

pub struct Watched {
    storage: SqliteStorage,
    hold: Option<Hold>,
    /// How many places were passed, and how often each.
    passed: Mutex<(u32, HashMap<String, u32>)>,
    news: News,
}

impl Watched {
    pub fn new(storage: SqliteStorage, hold: Option<Hold>) -> Self {
        let news = News::new(hold == Some(Hold::OldNews));
        Self { storage, hold, passed: Mutex::default(), news }
    }

    async fn before(&self, what: &str) {
        self.pass(format!("before {what}")).await;
    }

    async fn after(&self, what: &str) {
        self.pass(format!("after {what}")).await;
    }

    async fn pass(&self, place: String) {
        let (count, point) = {
            let mut passed = self.passed.lock().unwrap();
            let (count, places) = &mut *passed;
            *count += 1;
            let number = places.entry(place.clone()).or_default();
            *number += 1;
            (*count, format!("{place} #{number}"))
        };
        let held = match &self.hold {
            Some(Hold::At(place)) => *place == point,
            Some(Hold::Nth(number)) => *number == count,
            Some(Hold::FullAt(place)) if *place == point => {
                set_disk_full(true);
                tell("full", &point);
                false
            }
            Some(Hold::FullAt(_) | Hold::OldNews) | None => false,
        };
        if held {
            tell("held", &point);
            std::future::pending::<()>().await;
        }
        tell("passed", &point);
    }
}

fn types(events: &[EventBody]) -> String {
    let types: Vec<String> =
        events.iter().map(|event| serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned()).collect();
    types.join("+")
}

fn step_name(step: &Move) -> &'static str {
    match step {
        Move::Send => "sent",
        Move::Confirm { .. } => "confirmed",
        Move::Fail { .. } => "failed",
        Move::TurnedAway { .. } => "turned away",
        Move::Lose { .. } => "unknown",
        Move::Absent => "absent",
        Move::Arrive => "arrived",
        Move::Bounce { .. } => "bounced",
    }
}

/// One write with a place before it and one after it.
macro_rules! around {
    ($self:ident, $what:expr, $call:expr) => {{
        let what: String = $what.into();
        $self.before(&what).await;
        let outcome = $call.await;
        $self.after(&what).await;
        outcome
    }};
}

#[async_trait]
impl EventLog for Watched {
    async fn open(
        &self,
        conversation: &ConversationId,
        at: Timestamp,
        events: Vec<EventBody>,
    ) -> Result<Vec<Event>, AppendError> {
        self.storage.open(conversation, at, events).await
    }

    async fn append(&self, append: Append) -> Result<Vec<Event>, AppendError> {
        let what = types(&append.events);
        let is_last = what.ends_with("turn.completed");
        let appended = around!(self, format!("append {what}"), self.storage.append(append));
        if is_last {
            self.news.turn_is_over();
        }
        appended
    }

    async fn begin(&self, owner: &str, ttl: Duration, append: Append) -> Result<(Fence, Vec<Event>), AppendError> {
        around!(self, format!("claim+append {}", types(&append.events)), self.storage.begin(owner, ttl, append))
    }

    async fn read(&self, conversation: &ConversationId, after: u64) -> Result<Vec<Event>, AppendError> {
        self.storage.read(conversation, after).await
    }

    async fn by_client_message(&self, conversation: &ConversationId, id: &str) -> Result<Option<Event>, StorageError> {
        self.storage.by_client_message(conversation, id).await
    }

    async fn list(&self, filter: &Filter) -> Result<Page, StorageError> {
        self.storage.list(filter).await
    }

    async fn claim(&self, id: &ConversationId, owner: &str, ttl: Duration) -> Result<Option<Fence>, StorageError> {
        around!(self, "claim", self.storage.claim(id, owner, ttl))
    }

    async fn renew(&self, conversation: &ConversationId, fence: Fence, ttl: Duration) -> Result<bool, StorageError> {
        self.storage.renew(conversation, fence, ttl).await
    }

    async fn release(&self, conversation: &ConversationId, fence: Fence) -> Result<(), StorageError> {
        around!(self, "release", self.storage.release(conversation, fence))
    }

    async fn unanswered(&self, limit: u32) -> Result<Vec<ConversationId>, StorageError> {
        self.storage.unanswered(limit).await
    }

    async fn checkpoint(
        &self,
        conversation: &ConversationId,
        fence: Fence,
        text: Option<Checkpoint>,
    ) -> Result<(), StorageError> {
        let what = if text.is_some() { "checkpoint" } else { "clear checkpoint" };
        around!(self, what, self.storage.checkpoint(conversation, fence, text))
    }

    async fn read_checkpoint(&self, conversation: &ConversationId) -> Result<Option<Checkpoint>, StorageError> {
        self.storage.read_checkpoint(conversation).await
    }

    async fn erase(&self, store: &StoreId, email: &str) -> Result<u64, StorageError> {
        self.storage.erase(store, email).await
    }
}

#[async_trait]
impl Ledger for Watched {
    async fn propose(&self, effect: NewEffect) -> Result<Proposed, StorageError> {
        around!(self, format!("{} proposed", effect.kind.as_str()), self.storage.propose(effect))
    }

    async fn advance(
        &self,
        id: &EffectId,
        step: Move,
        at: Timestamp,
        append: Option<Append>,
    ) -> Result<Option<Effect>, StorageError> {
        let effect = self.storage.effect(id).await?;
        if let (Move::Send, Some(effect)) = (&step, &effect) {
            self.news.before_sending(effect).await;
        }
        let kind = effect.map_or("?", |effect| effect.kind.as_str());
        around!(self, format!("{kind} {}", step_name(&step)), self.storage.advance(id, step, at, append))
    }

    async fn effect(&self, id: &EffectId) -> Result<Option<Effect>, StorageError> {
        self.storage.effect(id).await
    }

    async fn effect_called(
        &self,
        store: &StoreId,
        kind: EffectKind,
        vendor_reference: &str,
    ) -> Result<Option<Effect>, StorageError> {
        self.storage.effect_called(store, kind, vendor_reference).await
    }

    async fn under_way(&self, store: &StoreId, kind: EffectKind) -> Result<bool, StorageError> {
        self.storage.under_way(store, kind).await
    }

    async fn effects_of(&self, conversation: &ConversationId) -> Result<Vec<Effect>, StorageError> {
        self.storage.effects_of(conversation).await
    }

    async fn forget_sent(&self, owner: &str, before: Timestamp) -> Result<u64, StorageError> {
        let lost = self.storage.forget_sent(owner, before).await?;
        if lost > 0 {
            self.after("sent forgotten").await;
        }
        Ok(lost)
    }

    async fn watched(&self, asked_before: Timestamp, limit: u32) -> Result<Vec<Effect>, StorageError> {
        self.storage.watched(asked_before, limit).await
    }

    async fn unsettled(&self, limit: u32) -> Result<Vec<Effect>, StorageError> {
        let effects = self.storage.unsettled(limit).await?;
        if self.news.read(&effects).await {
            self.pass(OLD_NEWS.to_owned()).await;
        }
        Ok(effects)
    }
}

#[async_trait]
impl OrderEffects for Watched {
    async fn propose_on_order(
        &self,
        effect: NewEffect,
        hold: orders::Hold,
        approval: Option<NewApproval>,
    ) -> Result<OnOrder, StorageError> {
        around!(
            self,
            format!("{} proposed", effect.kind.as_str()),
            self.storage.propose_on_order(effect, hold, approval)
        )
    }

    async fn consumed(&self, store: &StoreId, order: &OrderId) -> Result<Vec<(Piece, Effect)>, StorageError> {
        self.storage.consumed(store, order).await
    }

    async fn effects_on(&self, store: &StoreId, order: &OrderId) -> Result<Vec<Effect>, StorageError> {
        self.storage.effects_on(store, order).await
    }

    async fn spent(
        &self,
        store: &StoreId,
        scope: &str,
        currency: Currency,
        since: Timestamp,
        besides: Option<&EffectId>,
    ) -> Result<i64, StorageError> {
        self.storage.spent(store, scope, currency, since, besides).await
    }
}

#[async_trait]
impl Approvals for Watched {
    async fn approval(&self, id: &ApprovalId) -> Result<Option<Approval>, StorageError> {
        self.storage.approval(id).await
    }

    async fn approvals(
        &self,
        store: &StoreId,
        state: Option<ApprovalState>,
        limit: u32,
    ) -> Result<Vec<Approval>, StorageError> {
        self.storage.approvals(store, state, limit).await
    }

    async fn approvals_of(&self, conversation: &ConversationId) -> Result<Vec<Approval>, StorageError> {
        self.storage.approvals_of(conversation).await
    }

    async fn overdue(&self, now: Timestamp, limit: u32) -> Result<Vec<Approval>, StorageError> {
        self.storage.overdue(now, limit).await
    }

    async fn grant(
        &self,
        id: &ApprovalId,
        decided: Decided,
        granted: Granted,
    ) -> Result<Option<(Approval, Effect)>, StorageError> {
        around!(self, "approval granted", self.storage.grant(id, decided, granted))
    }

    async fn turn_down(
        &self,
        id: &ApprovalId,
        state: ApprovalState,
        decided: Decided,
    ) -> Result<Option<Approval>, StorageError> {
        around!(self, "approval turned down", self.storage.turn_down(id, state, decided))
    }
}

#[async_trait]
impl Outbox for Watched {
    async fn take(&self, owner: &str, limit: u32, ttl: Duration) -> Result<Vec<Job>, StorageError> {
        let jobs = self.storage.take(owner, limit, ttl).await?;
        if !jobs.is_empty() {
            self.after("job taken").await;
        }
        Ok(jobs)
    }

    async fn free_abandoned(&self, owner: &str) -> Result<u64, StorageError> {
        around!(self, "jobs freed", self.storage.free_abandoned(owner))
    }

    async fn done(&self, id: i64) -> Result<(), StorageError> {
        around!(self, "job done", self.storage.done(id))
    }

    async fn retry(&self, job: &Job, delay: Duration, problem: &str) -> Result<(), StorageError> {
        around!(self, "job later", self.storage.retry(job, delay, problem))
    }

    async fn bury(&self, id: i64, problem: &str) -> Result<(), StorageError> {
        around!(self, "job buried", self.storage.bury(id, problem))
    }

    async fn dead_letters(&self, limit: u32) -> Result<Vec<Letter>, StorageError> {
        self.storage.dead_letters(limit).await
    }

    async fn waiting_letters(&self, limit: u32) -> Result<Vec<Letter>, StorageError> {
        self.storage.waiting_letters(limit).await
    }

    async fn revive(&self, id: i64) -> Result<bool, StorageError> {
        self.storage.revive(id).await
    }

    async fn jobs_of(&self, conversation: &ConversationId) -> Result<Vec<OpenJob>, StorageError> {
        self.storage.jobs_of(conversation).await
    }

    async fn depth(&self) -> Result<(u64, u64), StorageError> {
        self.storage.depth().await
    }
}

#[async_trait]
impl Deliveries for Watched {
    async fn receive(&self, delivery: NewDelivery) -> Result<bool, StorageError> {
        around!(self, "receive", self.storage.receive(delivery))
    }

    async fn take_deliveries(&self, owner: &str, limit: u32, ttl: Duration) -> Result<Vec<Delivery>, StorageError> {
        let taken = self.storage.take_deliveries(owner, limit, ttl).await;
        if taken.as_ref().is_ok_and(|taken| !taken.is_empty()) {
            self.after("take delivery").await;
        }
        taken
    }

    async fn free_deliveries(&self, owner: &str) -> Result<u64, StorageError> {
        self.storage.free_deliveries(owner).await
    }

    async fn settle_delivery(&self, delivery: &Delivery, outcome: Outcome) -> Result<(), StorageError> {
        around!(self, "settle delivery", self.storage.settle_delivery(delivery, outcome))
    }

    async fn dead_deliveries(&self, limit: u32) -> Result<Vec<Delivery>, StorageError> {
        self.storage.dead_deliveries(limit).await
    }

    async fn deliveries_that_wait(&self, limit: u32) -> Result<Vec<Delivery>, StorageError> {
        self.storage.deliveries_that_wait(limit).await
    }

    async fn revive_delivery(&self, id: i64) -> Result<bool, StorageError> {
        self.storage.revive_delivery(id).await
    }

    async fn waiting_deliveries(&self) -> Result<u64, StorageError> {
        self.storage.waiting_deliveries().await
    }

    async fn forget_deliveries(&self, before: Timestamp) -> Result<u64, StorageError> {
        self.storage.forget_deliveries(before).await
    }
}

#[async_trait]
impl Backlog for Watched {
    async fn waiting(&self) -> Result<Waiting, StorageError> {
        self.storage.waiting().await
    }
}

#[async_trait]
impl IdentityTries for Watched {
    async fn admit(
        &self,
        store: &StoreId,
        scopes: &[Scope],
        limits: Limits,
        at: Timestamp,
    ) -> Result<Option<Admission>, StorageError> {
        around!(self, "try admitted", self.storage.admit(store, scopes, limits, at))
    }

    async fn forget_tries(&self, before: Timestamp) -> Result<(), StorageError> {
        self.storage.forget_tries(before).await
    }

    async fn forgive(&self, admission: Admission) -> Result<(), StorageError> {
        around!(self, "try forgiven", self.storage.forgive(admission))
    }
}

#[async_trait]
impl Codes for Watched {
    async fn put_code(
        &self,
        conversation: &ConversationId,
        number: u32,
        email: &Email,
        code: &str,
        expires_at: Timestamp,
    ) -> Result<(), StorageError> {
        around!(self, "code stored", self.storage.put_code(conversation, number, email, code, expires_at))
    }

    async fn check_code(&self, id: &ConversationId, code: &str, at: Timestamp) -> Result<CodeVerdict, StorageError> {
        around!(self, "code checked", self.storage.check_code(id, code, at))
    }
}
