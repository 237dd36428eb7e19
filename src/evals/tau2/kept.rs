//! A run's folder: every trial that came to an end, a line each, in the form of the benchmark's recorded conversations, so that a run
//! goes on where it was stopped, and what was held can be held again.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::difference::ERROR;
use super::files::{Call, Message, Role};
use super::reward::{Reward, Termination};
use super::{Goal, Left};
use crate::agents::versions::Brief;
use crate::domain::event::{Event, EventBody, ToolCall};
use crate::evals::outcome::Line;
use crate::evals::spending::Spent;

const TRIALS: &str = "trajectories.jsonl";
const HEAD: &str = "run.json";
const SOURCE: &str = "deskhand";

/// What makes trials comparable: those of another run do not belong into its folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    pub format: u32,
    pub model: String,
    pub user_model: String,
    /// Of the agent's prompt, with the policy in it, and its tools.
    pub agents: BTreeMap<String, Brief>,
    /// Of the customer's prompt.
    pub customer: String,
    /// Of the database that tasks begin with.
    pub database: String,
    pub max_steps: u32,
    pub max_errors: usize,
}

/// A trial that came to an end.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    pub id: String,
    pub source: String,
    pub model: String,
    pub user_model: String,
    pub env_version: String,
    pub tau2_task_id: String,
    pub tau2_gold_identical: bool,
    pub trial: usize,
    pub reward: f64,
    pub reward_breakdown: BTreeMap<String, f64>,
    /// What the customer was to be told and was not.
    pub untold: Vec<String>,
    pub termination_reason: Termination,
    pub spent: Spent,
    pub n_tool_calls: usize,
    pub final_db_hash: String,
    pub messages: Vec<Message>,
}

impl Row {
    /// `names`: of the model that answers, and of the customer's.
    pub fn of(goal: &Goal, trial: usize, names: [String; 2], left: Left, spent: Spent) -> Option<Self> {
        let reward = left.reward?;
        let [model, user_model] = names;
        Some(Self {
            id: format!("{SOURCE}/tau2-{}-t{trial}", goal.task.id),
            source: SOURCE.to_owned(),
            model,
            user_model,
            env_version: "tau2".to_owned(),
            tau2_task_id: goal.task.id.clone(),
            tau2_gold_identical: true,
            trial,
            reward: reward.value(),
            reward_breakdown: reward.breakdown(),
            untold: reward.untold,
            termination_reason: reward.termination,
            spent,
            n_tool_calls: left.calls.len(),
            final_db_hash: left.hash,
            messages: left.messages,
        })
    }

    /// As it was judged when it was held.
    pub fn reward(&self) -> Reward {
        let database = self.reward_breakdown.get("DB").is_some_and(|part| *part > 0.0);
        Reward { termination: self.termination_reason, database, untold: self.untold.clone() }
    }
}

/// A run's folder, open to be added to.
pub struct Kept {
    file: fs::File,
    pub path: PathBuf,
}

impl Kept {
    /// Opens a run's folder, or makes it, and reads what is there. What a killed run left of a line is cut off.
    ///
    /// # Errors
    /// It is another run's, or cannot be read or written.
    pub fn open(folder: &Path, head: &Head) -> anyhow::Result<(Self, Vec<Row>)> {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        same_run(&folder.join(HEAD), head)?;
        let path = folder.join(TRIALS);
        let unwritable = || format!("cannot write {}", path.display());
        let file = fs::OpenOptions::new().create(true).append(true).open(&path).with_context(unwritable)?;
        file.try_lock().with_context(|| format!("another run is at work in {}", folder.display()))?;
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let lines = bytes.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n');
        let lines = lines.enumerate().filter(|(_, line)| !line.is_empty());
        let read = |(at, line): (usize, &[u8])| {
            let broken =
                || format!("{}:{} does not read; delete the line to have the trial held anew", path.display(), at + 1);
            serde_json::from_slice(line).with_context(broken)
        };
        let rows: Vec<Row> = lines.map(read).collect::<anyhow::Result<_>>()?;
        file.set_len(u64::try_from(whole)?).with_context(unwritable)?;
        Ok((Self { file, path }, rows))
    }

    /// Written at once: what ended stays, whatever happens to the run.
    pub fn add(&mut self, row: &Row) -> anyhow::Result<()> {
        let line = serde_json::to_string(row)? + "\n";
        self.file.write_all(line.as_bytes()).with_context(|| format!("cannot write {}", self.path.display()))
    }
}

fn same_run(path: &Path, head: &Head) -> anyhow::Result<()> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let text = serde_json::to_string_pretty(head)? + "\n";
            return fs::write(path, text).with_context(|| format!("cannot write {}", path.display()));
        }
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let there: Value = serde_json::from_str(&text).with_context(|| format!("{} does not read", path.display()))?;
    let here = serde_json::to_value(head)?;
    let unlike = here.as_object().into_iter().flatten().find(|(name, value)| there.get(name.as_str()) != Some(value));
    if let Some((name, value)) = unlike {
        let before = there.get(name).unwrap_or(&Value::Null);
        anyhow::bail!(
            "{} is another run's: its {name} is {before}, and here it is {value}; name another folder with --out",
            path.display()
        );
    }
    Ok(())
}

/// The log as the benchmark writes conversations. `last`: what the customer said at the end.
pub fn messages(log: &[Event], last: Option<String>) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut said: Option<String> = None;
    for event in log {
        match &event.body {
            EventBody::MessageReceived { content, .. } => messages.push(Message::of(Role::User, content.clone())),
            EventBody::MessageCompleted { turn: None, content, .. } => {
                messages.push(Message::of(Role::Assistant, content.clone()));
            }
            EventBody::MessageCompleted { content, .. } => said = Some(content.clone()),
            EventBody::ModelAnswered { calls, .. } => {
                let calls = (!calls.is_empty()).then(|| calls.iter().map(asked).collect());
                messages.push(Message {
                    content: said.take(),
                    tool_calls: calls,
                    ..Message::of(Role::Assistant, String::new())
                });
            }
            EventBody::ToolCompleted { call, receipt, .. } => {
                let content = receipt.as_str().unwrap_or_default().to_owned();
                messages.push(Message { tool_call_id: Some(call.to_string()), ..Message::of(Role::Tool, content) });
            }
            _ => {}
        }
    }
    messages.extend(last.map(|text| Message::of(Role::User, text)));
    messages
}

fn asked(call: &ToolCall) -> Call {
    let arguments = serde_json::from_str(&call.arguments).unwrap_or_else(|_| Value::from(call.arguments.clone()));
    Call { id: call.id.to_string(), name: call.name.clone(), arguments }
}

/// The same, as reports tell it.
pub fn lines(messages: &[Message]) -> Vec<Line> {
    let mut called: BTreeMap<&str, &Call> = BTreeMap::new();
    let mut lines = Vec::new();
    for message in messages {
        let text = message.text().to_owned();
        called.extend(message.calls().iter().map(|call| (call.id.as_str(), call)));
        match message.role {
            Role::System => {}
            Role::User => lines.push(Line::Shopper { text }),
            Role::Assistant if text.is_empty() => {}
            Role::Assistant => lines.push(Line::Agent { text }),
            Role::Tool => {
                let call = message.tool_call_id.as_deref().and_then(|id| called.get(id));
                lines.push(Line::Tool {
                    name: call.map(|call| call.name.clone()).unwrap_or_default(),
                    arguments: call.map(|call| call.arguments.to_string()).unwrap_or_default(),
                    outcome: if text.starts_with(ERROR) { "refused" } else { "done" }.to_owned(),
                    receipt: Value::from(text),
                });
            }
        }
    }
    lines
}
