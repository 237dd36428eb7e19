//! Conversations that models once held, held again: the recorded turns drive the turn machine, the tools answer from our database,
//! and what they return is held against what they returned then.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::difference::{Difference, Reason, between};
use super::files::{Conversation, Record};
use super::reward::{Reward, Termination};
use super::script::{Recorded, Script};
use super::{Errand, Goal, Left, Made, Retail};
use crate::evals::domain::{Cast, play};
use crate::evals::expect::Miss;
use crate::evals::scripted::Scripted;

/// The version of the benchmark's tools that ours are.
const OURS: &str = "tau2";
/// Nothing in it waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came of one of them.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Compared {
    pub id: String,
    pub line: usize,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub source: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub env_version: String,
    pub tau2_task_id: Option<String>,
    pub calls: usize,
    /// Calls that returned the same text.
    pub outputs_equal: usize,
    /// Those, and calls that returned the same record with its fields in another order or without nulls.
    pub contents_equal: usize,
    /// Calls that were recorded and never made.
    #[serde(skip_serializing_if = "is_zero")]
    pub not_made: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_db_hash: Option<String>,
    /// Whether that is what the task's own actions lead to.
    pub db_match: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reward: Option<f64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// What is otherwise than it must be: the conversation fails.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
    /// What is otherwise than it was, for a reason that is not ours.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Compared {
    pub fn is_well(&self) -> bool {
        self.faults.is_empty()
    }

    fn broken(record: &Record<Conversation>, fault: String) -> Self {
        let id = record.name.clone().unwrap_or_else(|| format!("line {}", record.line));
        Self { id, line: record.line, faults: vec![fault], ..Self::default() }
    }
}

/// Holds one again. `goals`: what tasks lead to, by their ids.
pub async fn replay(
    retail: &Arc<Retail>,
    record: &Record<Conversation>,
    goals: &BTreeMap<String, Result<Goal, String>>,
) -> Compared {
    let conversation = match &record.read {
        Ok(conversation) => conversation,
        Err(problem) => return Compared::broken(record, problem.to_string()),
    };
    let mut compared = Compared {
        id: conversation.id.clone(),
        line: record.line,
        source: conversation.source.clone(),
        env_version: conversation.env_version.clone(),
        tau2_task_id: conversation.tau2_task_id.clone(),
        ..Compared::default()
    };
    let goal = goal_of(conversation, goals).unwrap_or_else(|why| {
        compared.remarks.push(why);
        None
    });
    let script = match Script::of(&conversation.messages) {
        Ok(script) => Arc::new(script),
        Err(fault) => {
            compared.faults.push(fault);
            return compared;
        }
    };
    let errand = Errand::Recorded { script: Arc::clone(&script), goal };
    let cast = Cast { customer: None, patience: PATIENCE };
    let (played, left) = play(Arc::clone(retail), errand, Arc::new(Scripted::default()), cast).await;
    compared.faults.extend(played.error);
    compared.not_made = script.not_made;
    if let Some(left) = left {
        compared.read(conversation, &script, &left);
        compared.judge(conversation, &left);
        compared.hold_against_reference(conversation);
    }
    compared
}

/// # Errors
/// Why it cannot be judged by its task.
fn goal_of(
    conversation: &Conversation,
    goals: &BTreeMap<String, Result<Goal, String>>,
) -> Result<Option<Goal>, String> {
    let Some(task) = &conversation.tau2_task_id else { return Ok(None) };
    match goals.get(task) {
        Some(Ok(goal)) => Ok(Some(goal.clone())),
        Some(Err(why)) => Err(format!("task {task} is nothing to be judged by: {why}")),
        None => Err(format!("there is no task {task} to judge it by")),
    }
}

impl Compared {
    fn read(&mut self, conversation: &Conversation, script: &Script, left: &Left) {
        self.calls = left.calls.len();
        self.differences = differences(&script.returned, &left.calls);
        let same = self.differences.iter().filter(|difference| difference.reason.is_of_form()).count();
        self.outputs_equal = self.calls - self.differences.len();
        self.contents_equal = self.outputs_equal + same;
        self.final_db_hash = Some(left.hash.clone());
        if self.calls != script.returned.len() {
            self.faults.push(format!("{} of {} calls were made", self.calls, script.returned.len()));
        }
        if conversation.env_version == OURS {
            self.faults.extend(self.differences.iter().map(ToString::to_string));
        }
    }

    fn judge(&mut self, conversation: &Conversation, left: &Left) {
        let Some(reward) = &left.reward else { return };
        let ended = Termination::read(conversation.termination_reason.as_deref());
        let reward = Reward { termination: ended.unwrap_or(Termination::UserStop), ..reward.clone() };
        self.db_match = Some(reward.database);
        self.reward = Some(reward.value());
        // Others count by other rules.
        if let Some(then) = conversation.reward.filter(|_| conversation.env_version == OURS)
            && (then - reward.value()).abs() > f64::EPSILON
        {
            let parts = |parts: &BTreeMap<String, f64>| {
                parts.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
            };
            let before = conversation.reward_breakdown.as_ref().map(parts).unwrap_or_default();
            let changed = conversation.tau2_gold_identical == Some(false);
            let why = if changed {
                "the task has changed since"
            } else {
                "what the task asks to be told may have changed since"
            };
            self.remarks.push(format!(
                "the reward was {then} ({before}) and is {} ({}): {why}",
                reward.value(),
                parts(&reward.breakdown())
            ));
        }
    }

    /// The reference implementation replayed the same calls on the same database: whatever they returned once, it must have come to
    /// the same as we do.
    fn hold_against_reference(&mut self, conversation: &Conversation) {
        let Some(reference) = &conversation.replay_tau2_head else { return };
        let mut differs = |what: &str, theirs: String, ours: String| {
            if theirs != ours {
                self.faults.push(format!("{what}: {theirs} by the reference, {ours} here"));
            }
        };
        differs("calls", reference.calls.to_string(), self.calls.to_string());
        differs(
            "outputs equal to the recorded ones",
            reference.outputs_equal.to_string(),
            self.contents_equal.to_string(),
        );
        differs(
            "the database at the end",
            reference.final_db_hash.clone(),
            self.final_db_hash.clone().unwrap_or_default(),
        );
        if let (Some(theirs), Some(ours)) = (reference.db_match, self.db_match) {
            differs("the task's end reached", theirs.to_string(), ours.to_string());
        }
    }
}

fn differences(recorded: &[Recorded], made: &[Made]) -> Vec<Difference> {
    let pairs = recorded.iter().zip(made).enumerate();
    pairs.filter_map(|(at, (then, now))| between(at + 1, &then.call.name, &then.output, &now.answer)).collect()
}

/// What tools returned otherwise than they did.
pub fn misses(script: &Script, made: &[Made]) -> Vec<Miss> {
    let miss = |difference: Difference| {
        Miss::new(format!("call {} {}", difference.call, difference.tool), difference.recorded, difference.ours)
    };
    differences(&script.returned, made).into_iter().map(miss).collect()
}

/// How often each reason explains a difference, the commonest first.
pub fn reasons<'c>(all: impl IntoIterator<Item = &'c Compared>) -> Vec<(Reason, usize)> {
    let mut counted: BTreeMap<Reason, usize> = BTreeMap::new();
    for difference in all.into_iter().flat_map(|compared| &compared.differences) {
        *counted.entry(difference.reason.clone()).or_default() += 1;
    }
    let mut counted: Vec<_> = counted.into_iter().collect();
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counted
}
