//! τ²-bench retail, as a domain: the benchmark's own database, policy, tool schemas, tasks and recorded conversations, read from a
//! folder, on the turn machine that stores have. There is no desk behind it, and no way to a store.
//!
//! [`files`] reads, [`retail`] is database and tools, [`gold`] replays the actions that tasks are judged by, [`recorded`] the
//! conversations that models once held, [`live`] has models hold new ones, [`reward`] judges, [`kept`] keeps what was held.

use std::sync::Arc;

use async_trait::async_trait;

use super::dialogue::Dialogue;
use super::domain::{Broken, Cast, Domain};
use super::expect::Miss;
use super::outcome::Outcome;
use super::scripted::Scripted;
use crate::agents::catalog::{Catalog, CatalogError};
use crate::domain::event::EventBody;
use crate::model::ChatModel;

pub mod agent;
mod counter;
pub mod difference;
pub mod files;
pub mod gold;
pub mod kept;
pub mod live;
pub mod recorded;
pub mod retail;
pub mod reward;
pub mod script;
pub mod user;

use counter::Counter;
pub use counter::{Limits, Made};
use files::{Message, Task};
use retail::{Database, State};
use reward::{Reward, Termination};
use script::Script;
use user::Line;

/// What the agent says first in every conversation of the benchmark.
pub const GREETING: &str = "Hi! How can I help you today?";

pub struct Retail {
    pub database: Arc<Database>,
    pub agents: Arc<Catalog>,
    pub limits: Limits,
}

/// A conversation to be held.
pub enum Errand {
    /// Both sides say what was recorded. Of some it is not known what they are judged by.
    Recorded { script: Arc<Script>, goal: Option<Goal> },
    /// A model plays the customer, and the agent answers by itself.
    Played(Goal),
}

impl Errand {
    fn goal(&self) -> Option<&Goal> {
        match self {
            Self::Recorded { goal, .. } => goal.as_ref(),
            Self::Played(goal) => Some(goal),
        }
    }
}

#[derive(Clone)]
pub struct Goal {
    pub task: Arc<Task>,
    /// The database as the task's own actions leave it.
    pub hash: Arc<str>,
}

/// A conversation while it is held.
pub struct Held {
    dialogue: Dialogue,
    counter: Counter,
    /// Speaks for the model where that was recorded.
    script: Scripted,
    cast: Cast,
    goal: Option<Goal>,
    /// What both sides said to each other.
    talked: Vec<Line>,
    /// What the customer said when there was nothing left to answer.
    last_line: Option<String>,
    termination: Termination,
}

/// What a conversation leaves.
pub struct Left {
    pub calls: Vec<Made>,
    pub hash: String,
    pub reward: Option<Reward>,
    /// All of it, in the benchmark's form.
    pub messages: Vec<Message>,
}

#[async_trait]
impl Domain for Retail {
    type Task = Errand;
    type State = Held;
    type Left = Left;

    fn agents(&self) -> Result<Catalog, CatalogError> {
        Ok(Catalog::clone(&self.agents))
    }

    async fn open(&self, errand: &Errand, model: Arc<dyn ChatModel>, cast: Cast) -> Result<Held, Broken> {
        let script = Scripted::default();
        let (model, limits) = match errand {
            Errand::Recorded { script: recorded, .. } => {
                let calls = recorded.ends_with_a_call().then_some(recorded.returned.len());
                (Arc::new(script.clone()) as Arc<dyn ChatModel>, Limits { calls, ..Limits::none() })
            }
            Errand::Played(_) => (model, self.limits),
        };
        Ok(Held {
            dialogue: Dialogue::new(Arc::clone(&self.agents), model, limits.steps)?,
            counter: Counter::new(State::new(&self.database), limits),
            script,
            cast,
            goal: errand.goal().cloned(),
            talked: Vec::new(),
            last_line: None,
            termination: Termination::UserStop,
        })
    }

    async fn hold(&self, held: &mut Held, errand: &Errand) -> Result<(), Broken> {
        match errand {
            Errand::Recorded { script, .. } => held.follow(script).await,
            Errand::Played(goal) => held.talk(&goal.task).await,
        }
    }

    async fn look(&self, held: &Held) -> Result<Outcome, Broken> {
        Ok(held.dialogue.outcome(held.counter.changes()))
    }

    fn check(&self, errand: &Errand, held: &Held, _: &Outcome) -> Vec<Miss> {
        match errand {
            Errand::Recorded { script, .. } => recorded::misses(script, &held.counter.made),
            Errand::Played(_) => held.reward().map(|reward| live::misses(&reward)).unwrap_or_default(),
        }
    }

    async fn close(&self, held: Held) -> Left {
        let (hash, reward) = (held.counter.hash(), held.reward());
        let messages = kept::messages(held.dialogue.log(), held.last_line);
        Left { calls: held.counter.made, hash, reward, messages }
    }
}

impl Held {
    fn greet(&mut self, text: &str) {
        self.dialogue.greet(text);
        self.talked.push(Line::Agent(text.to_owned()));
    }

    /// Says what the customer said then; the script answers.
    async fn follow(&mut self, script: &Script) -> Result<(), Broken> {
        script.greeting.iter().for_each(|text| self.greet(text));
        for part in &script.parts {
            if part.answers.is_empty() {
                self.last_line = Some(part.line.clone());
                continue;
            }
            self.script.recorded(part.answers.clone());
            self.dialogue.say(&part.line, &mut self.counter).await?;
        }
        Ok(())
    }

    /// `None`: there is no task to be judged by.
    fn reward(&self) -> Option<Reward> {
        let goal = self.goal.as_ref()?;
        let said = self.dialogue.log().iter().filter_map(|event| match &event.body {
            EventBody::MessageCompleted { content, .. } => Some(content.as_str()),
            _ => None,
        });
        Some(Reward::of(&goal.task, self.termination, *goal.hash == *self.counter.hash(), said))
    }
}
