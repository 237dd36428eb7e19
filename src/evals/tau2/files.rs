//! The benchmark's own files, a record a line. What is wrong with one record is a problem of that record alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::evals::suite::Problem;

/// Characters of a record's broken text that are shown.
const SHOWN: usize = 60;

/// Something that the agent is to do for a customer.
#[derive(Clone, Debug, Deserialize)]
pub struct Task {
    pub id: String,
    #[serde(default)]
    pub user_scenario: Scenario,
    #[serde(default)]
    pub evaluation_criteria: Option<Criteria>,
    /// What the database would be changed to before it begins: no task of the retail domain has one.
    #[serde(default)]
    pub initial_state: Value,
}

/// Who the customer is, and what they know. Persona and instructions are text, or an object of texts.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Scenario {
    #[serde(default)]
    pub persona: Value,
    #[serde(default)]
    pub instructions: Value,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Criteria {
    #[serde(default)]
    pub actions: Option<Vec<Action>>,
    #[serde(default)]
    pub communicate_info: Option<Vec<String>>,
    #[serde(default)]
    pub nl_assertions: Option<Vec<String>>,
}

/// A tool call of which the state at the end is made.
#[derive(Clone, Debug, Deserialize)]
pub struct Action {
    pub action_id: String,
    pub name: String,
    #[serde(default)]
    pub arguments: Value,
}

impl Task {
    pub fn actions(&self) -> &[Action] {
        self.criteria(|criteria| criteria.actions.as_deref())
    }

    /// What the agent has to have told the customer.
    pub fn facts(&self) -> &[String] {
        self.criteria(|criteria| criteria.communicate_info.as_deref())
    }

    pub fn assertions(&self) -> &[String] {
        self.criteria(|criteria| criteria.nl_assertions.as_deref())
    }

    fn criteria<T>(&self, list: impl Fn(&Criteria) -> Option<&[T]>) -> &[T] {
        self.evaluation_criteria.as_ref().and_then(list).unwrap_or_default()
    }
}

/// What the reference implementation made of a task's actions.
#[derive(Clone, Debug, Deserialize)]
pub struct Expected {
    pub task_id: String,
    pub initial_db_hash: String,
    pub steps: Vec<ExpectedStep>,
    pub final_db_hash: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ExpectedStep {
    pub action_id: String,
    pub error: bool,
    pub output: String,
    pub db_hash_after: String,
}

/// A conversation that was recorded.
#[derive(Clone, Debug, Deserialize)]
pub struct Conversation {
    pub id: String,
    #[serde(default)]
    pub source: String,
    pub env_version: String,
    #[serde(default)]
    pub tau2_task_id: Option<String>,
    /// Whether the task's actions are today what they were when it was recorded.
    #[serde(default)]
    pub tau2_gold_identical: Option<bool>,
    #[serde(default)]
    pub reward: Option<f64>,
    #[serde(default)]
    pub reward_breakdown: Option<BTreeMap<String, f64>>,
    #[serde(default)]
    pub termination_reason: Option<String>,
    /// What the reference implementation of today made of its calls.
    #[serde(default)]
    pub replay_tau2_head: Option<Reference>,
    pub messages: Vec<Message>,
}

#[derive(Clone, Debug, Deserialize)]
pub struct Reference {
    pub calls: usize,
    pub outputs_equal: usize,
    pub final_db_hash: String,
    #[serde(default)]
    pub db_match: Option<bool>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Message {
    pub role: Role,
    #[serde(default)]
    pub content: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_calls: Option<Vec<Call>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
}

impl Message {
    pub fn of(role: Role, text: String) -> Self {
        Self { role, content: Some(text), tool_calls: None, tool_call_id: None }
    }

    pub fn text(&self) -> &str {
        self.content.as_deref().unwrap_or_default()
    }

    pub fn calls(&self) -> &[Call] {
        self.tool_calls.as_deref().unwrap_or_default()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    System,
    User,
    Assistant,
    Tool,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Call {
    pub id: String,
    pub name: String,
    #[serde(default)]
    pub arguments: Value,
}

/// A record, or what is wrong with it, and the line on which it stands.
#[derive(Clone, Debug)]
pub struct Record<T> {
    pub line: usize,
    /// What it calls itself, as far as that can be read.
    pub name: Option<String>,
    pub read: Result<T, Problem>,
}

/// Where the benchmark's files lie.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    pub fn path(&self, file: &str) -> PathBuf {
        self.0.join(file)
    }

    /// The file as it is, where every run needs it.
    pub fn bytes(&self, file: &str) -> anyhow::Result<Vec<u8>> {
        let path = self.path(file);
        fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// The tasks: `tasks.jsonl`, or the benchmark's own `tasks.json`, a list.
    pub fn tasks(&self) -> anyhow::Result<Vec<Record<Task>>> {
        let lines = self.path("tasks.jsonl");
        if lines.is_file() {
            return records(&lines, "id");
        }
        let list = self.path("tasks.json");
        let name = list.display().to_string();
        let text = fs::read(&list).with_context(|| format!("there is neither {} nor {name}", lines.display()))?;
        let values: Vec<Value> =
            serde_json::from_slice(&text).with_context(|| format!("{name} is no list of tasks"))?;
        let one = |(at, value): (usize, Value)| record(&name, at + 1, "id", Ok(value));
        Ok(values.into_iter().enumerate().map(one).collect())
    }

    /// The reference's replay, if it is there.
    pub fn oracle(&self) -> anyhow::Result<Option<Vec<Record<Expected>>>> {
        let path = self.path("oracle.jsonl");
        path.is_file().then(|| records(&path, "task_id")).transpose()
    }
}

/// The conversations of a file.
pub fn conversations(path: &Path) -> anyhow::Result<Vec<Record<Conversation>>> {
    records(path, "id")
}

/// `key` names a record.
fn records<T: DeserializeOwned>(path: &Path, key: &str) -> anyhow::Result<Vec<Record<T>>> {
    let name = path.display().to_string();
    let bytes = fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    Ok(lines.map(|(at, line)| record(&name, at + 1, key, parsed(line))).collect())
}

fn parsed(line: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(line).map_err(|error| {
        let shown: String = String::from_utf8_lossy(line).chars().take(SHOWN).collect();
        format!("no whole JSON ({error}): {shown:?}…")
    })
}

fn record<T: DeserializeOwned>(file: &str, line: usize, key: &str, value: Result<Value, String>) -> Record<T> {
    let name = value.as_ref().ok().and_then(|value| value.get(key)?.as_str().map(str::to_owned));
    let read = value.and_then(|value| T::deserialize(value).map_err(|error| error.to_string()));
    let read = read.map_err(|what| Problem { file: file.to_owned(), line: Some(line), what });
    Record { line, name, read }
}
