//! The actions that a task is judged by, made one after the other: what each returns, and the database after it. Some of them fail
//! by design.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::Goal;
use super::difference::apart;
use super::files::{Action, Expected, Record, Task};
use super::retail::{Database, Fault, State};

/// A task's actions as they came out here.
#[derive(Clone, Debug, Serialize)]
pub struct Replayed {
    pub task_id: String,
    pub line: usize,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub initial_db_hash: String,
    pub steps: Vec<Step>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub final_db_hash: String,
    /// Whether the reference's own replay was there to be held against.
    pub compared: bool,
    /// What is otherwise than in the reference's, or cannot be meant.
    pub differences: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Step {
    pub action_id: String,
    pub name: String,
    pub arguments: Value,
    pub error: bool,
    pub output: String,
    pub db_hash_after: String,
}

/// Replays of all tasks, with what each leads to.
#[derive(Default)]
pub struct Gold {
    pub tasks: Vec<Replayed>,
    /// By the tasks' ids; of those that cannot be judged by, why.
    pub goals: BTreeMap<String, Result<Goal, String>>,
    /// What is wrong with the reference's replay.
    pub problems: Vec<String>,
}

impl Gold {
    pub fn replay(database: &Arc<Database>, tasks: &[Record<Task>], oracle: Option<&[Record<Expected>]>) -> Self {
        let mut gold = Self::default();
        let mut expected: BTreeMap<&str, &Expected> = BTreeMap::new();
        for record in oracle.unwrap_or_default() {
            match &record.read {
                Ok(one) => drop(expected.insert(&one.task_id, one)),
                Err(problem) => gold.problems.push(problem.to_string()),
            }
        }
        for record in tasks {
            let (replayed, goal) = one(database, record, &expected);
            let name = replayed.task_id.clone();
            let twice = gold.goals.contains_key(&name);
            gold.tasks.push(replayed);
            if twice {
                gold.problems.push(format!("task {name} is there twice; conversations are judged by the first"));
            } else {
                gold.goals.insert(name, goal);
            }
        }
        gold
    }

    /// Those that can be judged by, in the order of the file.
    pub fn judgeable(&self) -> impl Iterator<Item = &Goal> {
        self.tasks.iter().filter_map(|task| self.goals.get(&task.task_id)?.as_ref().ok())
    }
}

impl Replayed {
    pub fn is_well(&self) -> bool {
        self.differences.is_empty()
    }

    /// Steps whose tool refused.
    pub fn failing(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.error)
    }

    fn unread(record: &Record<Task>, why: &str) -> Self {
        Self {
            task_id: record.name.clone().unwrap_or_else(|| format!("line {}", record.line)),
            line: record.line,
            initial_db_hash: String::new(),
            steps: Vec::new(),
            final_db_hash: String::new(),
            compared: false,
            differences: vec![why.to_owned()],
        }
    }
}

fn one(
    database: &Arc<Database>,
    record: &Record<Task>,
    expected: &BTreeMap<&str, &Expected>,
) -> (Replayed, Result<Goal, String>) {
    let refused = |why: String| (Replayed::unread(record, &why), Err(why));
    let task = match &record.read {
        Ok(task) => task,
        Err(problem) => return refused(problem.to_string()),
    };
    if !task.initial_state.is_null() {
        return refused("it begins with another state than the database, which is not supported".to_owned());
    }
    let mut state = State::new(database);
    let mut differences = Vec::new();
    let initial_db_hash = state.hash();
    let steps: Vec<Step> = task.actions().iter().map(|action| step(&mut state, action, &mut differences)).collect();
    let final_db_hash = state.hash();
    let mut replayed = Replayed {
        task_id: task.id.clone(),
        line: record.line,
        initial_db_hash,
        steps,
        final_db_hash,
        compared: false,
        differences: Vec::new(),
    };
    if let Some(expected) = expected.get(task.id.as_str()) {
        replayed.compared = true;
        replayed.differences = against(&replayed, expected);
    } else {
        // Nobody says that it is to fail so.
        replayed.differences = differences;
    }
    let hash = replayed.final_db_hash.as_str().into();
    (replayed, Ok(Goal { task: Arc::new(task.clone()), hash }))
}

fn step(state: &mut State, action: &Action, differences: &mut Vec<String>) -> Step {
    let answer = state.call(&action.name, &action.arguments);
    if matches!(answer.fault, Some(Fault::UnknownTool | Fault::Misused)) {
        differences.push(format!("{} {}: {}", action.action_id, action.name, answer.text));
    }
    Step {
        action_id: action.action_id.clone(),
        name: action.name.clone(),
        arguments: action.arguments.clone(),
        error: answer.fault.is_some(),
        output: answer.text,
        db_hash_after: state.hash(),
    }
}

fn against(replayed: &Replayed, expected: &Expected) -> Vec<String> {
    let mut differences = Vec::new();
    let mut hold = |place: &str, theirs: &str, ours: &str| {
        if theirs != ours {
            let [theirs, ours] = apart(theirs, ours);
            differences.push(format!("{place}: {theirs:?} by the reference, {ours:?} here"));
        }
    };
    hold("database at the beginning", &expected.initial_db_hash, &replayed.initial_db_hash);
    hold("steps", &expected.steps.len().to_string(), &replayed.steps.len().to_string());
    for (theirs, ours) in expected.steps.iter().zip(&replayed.steps) {
        let place = |part: &str| format!("{} {}, {part}", ours.action_id, ours.name);
        hold(&place("action"), &theirs.action_id, &ours.action_id);
        hold(&place("failure"), &theirs.error.to_string(), &ours.error.to_string());
        hold(&place("output"), &theirs.output, &ours.output);
        hold(&place("database after it"), &theirs.db_hash_after, &ours.db_hash_after);
    }
    hold("database at the end", &expected.final_db_hash, &replayed.final_db_hash);
    differences
}
