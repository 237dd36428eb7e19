//! What conversations of the harness are held in. A domain is tools, prompts, a state that each conversation has for itself, and
//! checks of what that was left at. The turn machine, models, trials, counting and reports are the same for all of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use thiserror::Error;

use super::expect::Miss;
use super::outcome::Outcome;
use super::play::customer::Player;
use super::voices::Silence;
use crate::agents::catalog::{Catalog, CatalogError};
use crate::agents::versions::Brief;
use crate::model::ChatModel;

#[async_trait]
pub trait Domain: Send + Sync + 'static {
    /// Who wants what, and what shall have come of it.
    type Task: Send + Sync + 'static;
    /// Opened for one conversation, and changed by it alone.
    type State: Send + Sync;
    /// What of a state outlives it, for whoever knows the domain.
    type Left: Send + 'static;

    /// Prompts, each with the tools that may be called under it.
    ///
    /// # Errors
    /// What is wrong with which file.
    fn agents(&self) -> Result<Catalog, CatalogError>;

    async fn open(&self, task: &Self::Task, model: Arc<dyn ChatModel>, cast: Cast) -> Result<Self::State, Broken>;

    /// Says and does all that the task has, to its end.
    async fn hold(&self, state: &mut Self::State, task: &Self::Task) -> Result<(), Broken>;

    async fn look(&self, state: &Self::State) -> Result<Outcome, Broken>;

    /// All that is not as the task wants it.
    fn check(&self, task: &Self::Task, state: &Self::State, outcome: &Outcome) -> Vec<Miss>;

    async fn close(&self, state: Self::State) -> Self::Left;
}

/// What its agents go by, told apart by content.
///
/// # Errors
/// They cannot be made of what there is.
pub fn briefs(domain: &impl Domain) -> Result<BTreeMap<String, Brief>, CatalogError> {
    Ok(domain.agents()?.briefs().map(|(name, brief)| (name.to_owned(), brief.clone())).collect())
}

/// Who takes part in a conversation beside the model that answers.
#[derive(Clone)]
pub struct Cast {
    /// Plays the shopper, where a task has none that is written down.
    pub customer: Option<Player>,
    /// How long one answer may take.
    pub patience: Duration,
}

/// Why a conversation could not be held to its end.
#[derive(Debug, Error)]
pub enum Broken {
    /// Nobody answered in time.
    #[error("no answer to {said:?} within {} s: the model or a vendor hangs", within.as_secs())]
    NoAnswer { said: String, within: Duration },
    #[error("conversation[{step}]: {problem}")]
    Step { step: usize, problem: String },
    /// Nothing of it is the agent's.
    #[error("conversation[{step}].customer: {name}, who plays the customer, gave no line: {why}")]
    Customer { step: usize, name: String, why: Silence },
    /// The turn machine would give the conversation to a person.
    #[error("{name}, which answers, gave no answer that counts: {why}")]
    Agent { name: String, why: String },
    #[error(transparent)]
    Other(#[from] anyhow::Error),
}

/// Where the time of a conversation went.
#[derive(Clone, Copy, Debug, Default)]
pub struct Phases {
    pub opening: Duration,
    pub conversation: Duration,
    pub looking: Duration,
    pub closing: Duration,
}

/// What was not as it should be, why it could not be held, and what came of it.
#[derive(Default)]
pub struct Played {
    pub misses: Vec<Miss>,
    pub error: Option<String>,
    pub outcome: Option<Outcome>,
    pub phases: Phases,
}

impl Played {
    fn not(why: String) -> Self {
        Self { error: Some(why), ..Self::default() }
    }
}

/// Opens a state, holds the conversation, checks what there is, and closes it. What panics in it ends it alone.
pub async fn play<D: Domain>(
    domain: Arc<D>,
    task: D::Task,
    model: Arc<dyn ChatModel>,
    cast: Cast,
) -> (Played, Option<D::Left>) {
    let played = tokio::spawn(async move {
        let began = Instant::now();
        let mut state = match domain.open(&task, model, cast).await {
            Ok(state) => state,
            Err(error) => return (Played::not(chain(&error)), None),
        };
        let opening = began.elapsed();
        let mut played = held(domain.as_ref(), &mut state, &task).await;
        let closed = Instant::now();
        let left = domain.close(state).await;
        played.phases.opening = opening;
        played.phases.closing = closed.elapsed();
        (played, Some(left))
    });
    played.await.unwrap_or_else(|error| (Played::not(format!("it panicked: {}", panic_of(error))), None))
}

/// Holds the conversation in a state that stays open.
pub async fn held<D: Domain>(domain: &D, state: &mut D::State, task: &D::Task) -> Played {
    let began = Instant::now();
    let ended = domain.hold(state, task).await;
    let conversation = began.elapsed();
    let seen = domain.look(state).await;
    let phases = Phases { conversation, looking: began.elapsed() - conversation, ..Phases::default() };
    let played = match (ended, seen) {
        (Ok(()), Ok(outcome)) => Played {
            misses: domain.check(task, state, &outcome),
            error: defect(&outcome),
            outcome: Some(outcome),
            ..Played::default()
        },
        (Ok(()), Err(error)) => Played::not(chain(&error)),
        (Err(error), seen) => Played { outcome: seen.ok(), ..Played::not(chain(&error)) },
    };
    Played { phases, ..played }
}

/// A defect in the program itself is none of the agent.
fn defect(outcome: &Outcome) -> Option<String> {
    outcome.failures.iter().find(|failure| failure.contains("panicked")).cloned()
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let words = cause.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        source = cause.source();
    }
    text
}

fn panic_of(error: tokio::task::JoinError) -> String {
    match error.try_into_panic() {
        Ok(panic) => {
            let text = panic.downcast_ref::<String>().cloned();
            text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
        }
        Err(error) => error.to_string(),
    }
}
