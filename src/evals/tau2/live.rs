//! Models on both sides: one answers, another plays the customer, and what they leave is worth 1 or 0.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::files::Task;
use super::kept::{Row, lines};
use super::reward::{Reward, Termination};
use super::user::{self, Line};
use super::{Errand, GREETING, Goal, Held, Retail};
use crate::evals::dialogue::Turn;
use crate::evals::domain::{Broken, Cast, play};
use crate::evals::expect::Miss;
use crate::evals::outcome::Outcome;
use crate::evals::play::customer::Player;
use crate::evals::rubric::Judge;
use crate::evals::run::Trial;
use crate::evals::spending::{Meter, Purse, Role};
use crate::evals::voices::{Voice, unreadable};
use crate::model::ChatModel;

/// Who takes part in a run, and what it may take.
#[derive(Clone)]
pub struct Run {
    pub retail: Arc<Retail>,
    pub model: Arc<dyn ChatModel>,
    pub customer: Player,
    /// Whose opinion of a task's assertions is told, which decides nothing. None: nobody asked for one.
    pub judge: Option<(Voice, String)>,
    pub purse: Arc<Purse>,
    /// How long one line of either side may take.
    pub patience: Duration,
}

/// A trial, and how it is kept. None: it came to no end that tells something of the agent.
pub struct Tried {
    pub trial: Trial,
    pub row: Option<Row>,
}

impl Run {
    pub async fn trial(&self, goal: &Goal, number: usize) -> Tried {
        let started = Instant::now();
        let meter = Meter::new(Arc::clone(&self.purse));
        let voice = |voice: &Voice, role| Voice { model: meter.on(role, Arc::clone(&voice.model)), ..voice.clone() };
        let model = meter.on(Role::Agent, Arc::clone(&self.model));
        let customer = Player { voice: voice(&self.customer.voice, Role::Customer), ..self.customer.clone() };
        let judge = self
            .judge
            .as_ref()
            .map(|(asked, prompt)| Judge::Asked { voice: voice(asked, Role::Judge), prompt: prompt.clone() });
        let cast = Cast { customer: Some(customer), patience: self.patience };
        let errand = Errand::Played(goal.clone());
        let (played, left) = play(Arc::clone(&self.retail), errand, model, cast).await;
        let rubric = match (judge, played.outcome.as_ref().filter(|_| played.error.is_none())) {
            (Some(judge), Some(outcome)) => judge.opinion(goal.task.assertions(), outcome, self.patience).await,
            _ => None,
        };
        let (spent, customer) = (meter.spent(), Some(self.customer.voice.name.clone()));
        let row = left.filter(|_| played.error.is_none()).and_then(|left| {
            let names = [self.model.description(), self.customer.voice.name.clone()];
            Row::of(goal, number, names, left, spent)
        });
        let phases = played.phases;
        let trial = Trial::of(played.misses, played.error, None, played.outcome);
        Tried { trial: Trial { spent, customer, rubric, took: started.elapsed(), phases, ..trial }, row }
    }
}

impl Held {
    /// Line by line, until the customer ends it or a limit does.
    pub(super) async fn talk(&mut self, task: &Task) -> Result<(), Broken> {
        let player = self.cast.customer.clone();
        let player = player.ok_or_else(|| anyhow::anyhow!("nobody plays the customer"))?;
        self.greet(GREETING);
        for step in 0.. {
            if !self.dialogue.step() {
                self.termination = Termination::MaxSteps;
                break;
            }
            let silent = |why| Broken::Customer { step, name: player.voice.name.clone(), why };
            let line = user::next(&player, &task.user_scenario, &self.talked, self.cast.patience).await;
            let line = line.map_err(silent)?;
            if line.trim().is_empty() {
                return Err(silent(unreadable("it says nothing", &line)));
            }
            self.talked.push(Line::Customer(line.clone()));
            if user::ends(&line) {
                self.last_line = Some(line);
                break;
            }
            let within = self.cast.patience;
            let said = tokio::time::timeout(within, self.dialogue.say(&line, &mut self.counter)).await;
            match said.map_err(|_| Broken::NoAnswer { said: line.clone(), within })?? {
                Turn::Reply(text) => self.talked.push(Line::Agent(text)),
                Turn::Over => self.termination = Termination::TooManyErrors,
                Turn::OutOfSteps => self.termination = Termination::MaxSteps,
            }
            if self.termination != Termination::UserStop {
                break;
            }
        }
        Ok(())
    }
}

/// A trial that was held in an earlier run.
pub fn kept(row: &Row) -> Trial {
    let customer = Some(row.user_model.clone());
    let outcome = Outcome { lines: lines(&row.messages), ..Outcome::default() };
    Trial { spent: row.spent, customer, ..Trial::of(misses(&row.reward()), None, None, Some(outcome)) }
}

/// What kept a conversation from its reward.
pub fn misses(reward: &Reward) -> Vec<Miss> {
    let mut misses = Vec::new();
    if !matches!(reward.termination, Termination::UserStop | Termination::AgentStop) {
        misses.push(Miss::new("termination", "an end by the customer", reward.termination.as_str()));
    }
    if !reward.database {
        misses.push(Miss::new("reward.DB", "the database as the task's own actions leave it", "another one"));
    }
    let untold = reward.untold.iter();
    misses.extend(untold.map(|fact| Miss::new("reward.COMMUNICATE", format!("{fact:?} told"), "nothing of it")));
    misses
}
