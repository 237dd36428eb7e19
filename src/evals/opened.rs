//! A case that was played and whose world stays open, so that its conversation goes on from there.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;
use async_trait::async_trait;

use super::domain::held;
use super::play::{CODE_PLACE, Play};
use super::run::{CaseResult, Job, Options, Trial, judged, result};
use super::scripted::Scripted;
use super::shop::Shop;
use super::spending::Meter;
use super::store::{Staged, Store};
use super::world::Plan;
use crate::desk::Desk;
use crate::domain::id::ConversationId;
use crate::model::{Answer, ChatModel, ChatRequest, ModelError};

/// What a case's conversation was left at.
pub struct Opened {
    play: Play,
    relay: Arc<Relay>,
    /// What came of it so far.
    pub result: CaseResult,
}

impl Opened {
    /// Plays the case's lines. From then on `next` answers, where the case was scripted or recorded.
    ///
    /// # Errors
    /// The case does not read, or its world cannot be opened. What happens later stands in the result.
    pub async fn new(store: &Store, job: Job, options: &Options, next: Arc<dyn ChatModel>) -> anyhow::Result<Self> {
        let case = job.case.clone().map_err(|problems| {
            anyhow::anyhow!(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
        })?;
        let plan = Plan::new(&store.base, job.suite.folder.as_deref(), &[&job.suite.world, &case.world])?;
        let meter = Meter::new(Arc::clone(&options.purse));
        let take = options.take(&store.base, &job, &meter)?;
        let (cast, judge) = options.company(&store.kit, &case, &take.voices)?;
        let script = Scripted::of(&case);
        let first =
            script.clone().map_or_else(|| Arc::clone(&take.model), |script| Arc::new(script) as Arc<dyn ChatModel>);
        let relay = Arc::new(Relay { first, next, is_over: AtomicBool::new(false) });
        let shop = Shop::open(&store.kit, plan, Arc::clone(&relay) as Arc<dyn ChatModel>).await?;
        let mut play = Play::begin(shop, &case, script, cast).await?;
        let staged = Staged { suite: Arc::clone(&job.suite), case };
        let played = held(store, &mut play, &staged).await;
        relay.is_over.store(true, Ordering::Release);
        let trial = judged(played, options, &job, take, (&staged.case, &judge)).await;
        let trial = Trial { spent: meter.spent(), ..trial };
        Ok(Self { play, relay, result: result(job, vec![trial], None) })
    }

    pub fn desk(&self) -> &Desk {
        self.play.desk()
    }

    pub fn conversation(&self) -> &ConversationId {
        self.play.conversation()
    }

    /// The model that answers from here on.
    pub fn model(&self) -> String {
        self.relay.description()
    }

    /// Waits until nothing is under way that comes to an end by itself.
    pub async fn rest(&self) -> anyhow::Result<()> {
        self.play.rest().await
    }

    /// Time passes: `10d`.
    pub async fn later(&mut self, text: &str) -> anyhow::Result<()> {
        self.play.later(text).await
    }

    /// A line with the code that was mailed last in the place of `{code}`.
    pub fn filled(&self, line: &str) -> anyhow::Result<String> {
        if !line.contains(CODE_PLACE) {
            return Ok(line.to_owned());
        }
        Ok(line.replace(CODE_PLACE, &self.play.code().context("no code was mailed")?))
    }

    pub async fn close(self) {
        self.play.close().await;
    }
}

/// One model, and after it another.
struct Relay {
    first: Arc<dyn ChatModel>,
    next: Arc<dyn ChatModel>,
    is_over: AtomicBool,
}

#[async_trait]
impl ChatModel for Relay {
    fn description(&self) -> String {
        self.next.description()
    }

    async fn ask(&self, request: &ChatRequest) -> Result<Answer, ModelError> {
        let model = if self.is_over.load(Ordering::Acquire) { &self.next } else { &self.first };
        model.ask(request).await
    }
}
