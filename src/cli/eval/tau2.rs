//! `deskhand eval tau2`: the retail domain of τ²-bench.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use futures_util::StreamExt as _;

use super::prices::{Beside, Spending};
use super::telling::{Json, Telling, write};
use crate::cli::Ending;
use crate::cli::config::Config;
use crate::cli::terminal::{Terminal, harmless};
use crate::evals::tau2::files::{Conversation, Folder, Record, Task, conversations};
use crate::evals::tau2::gold::Gold;
use crate::evals::tau2::recorded::{Compared, replay};
use crate::evals::tau2::retail::Database;
use crate::evals::tau2::{Limits, Retail, agent};

mod live;
mod told;

use told::Told;

/// The conversations of the benchmark's folder.
const RECORDED: &str = "trajectories.jsonl";

/// Replay τ²-bench retail: what its tasks are judged by, and conversations that models held; or measure a model on it.
#[derive(Args, Debug)]
#[command(after_help = "\
DIR has the benchmark's own files, which are no part of Deskhand: db.json, tasks.jsonl (or tasks.json), and, as far as they are
there, oracle.jsonl (the reference's replay of the tasks' actions), trajectories.jsonl (recorded conversations), policy.md and
tools.json (which only a live run needs). Nothing here reaches a store.

Examples:
  deskhand eval tau2 --data tau2_retail                     replay all of it, and tell every difference
  deskhand eval tau2 --data tau2_retail --json > tau2.json  each step's output and the database's hash after it
  deskhand eval tau2 --data tau2_retail --task 5 --task 64
  deskhand eval tau2 --data tau2_retail --recorded other.jsonl
  deskhand eval tau2 --data tau2_retail --model configured --customer-model gpt-4.1 --trials 4 \\
    --max-cost 40 --price-in 1.25 --price-out 10 --out runs/gpt-5
                                                            measure a model; the same command goes on where it was stopped

Exit codes of a replay: 0 nothing is otherwise than it must be; 1 something is; 2 it could not be replayed.
Of a live run: 0 all trials were held, whatever they are worth; 2 some are missing.")]
pub struct Arguments {
    /// Where the benchmark's files lie.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Only this task, and its conversations; several times for several.
    #[arg(long = "task", value_name = "ID")]
    tasks: Vec<String>,
    /// Conversations to hold again [default: trajectories.jsonl of DIR, if it is there].
    #[arg(long, value_name = "FILE")]
    recorded: Vec<PathBuf>,
    #[command(flatten)]
    pub live: live::Live,
    #[command(flatten)]
    spending: Spending,
    #[command(flatten)]
    beside: Beside,
    #[command(flatten)]
    telling: Telling,
}

impl Arguments {
    pub async fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let folder = Folder::new(&self.data);
        let database = Arc::new(Database::read(&folder.bytes("db.json")?).map_err(|error| {
            anyhow::anyhow!("{} is no database of the retail domain: {error}", folder.path("db.json").display())
        })?);
        let mut tasks = folder.tasks()?;
        self.check_names(&tasks)?;
        tasks.retain(|task| self.is_chosen(task.name.as_deref()));
        let gold = Gold::replay(&database, &tasks, folder.oracle()?.as_deref());
        if self.live.model.is_some() {
            return self.measure(config, &folder, database, &gold, terminal).await;
        }
        self.telling.only_json("what models hold; name one with --model")?;
        let retail = Arc::new(Retail { database, agents: Arc::new(agent::nobody()), limits: Limits::none() });
        let compared = self.replayed(&folder, &retail, &gold).await?;
        self.tell(&Told { gold: &gold, conversations: &compared }, terminal)
    }

    async fn replayed(&self, folder: &Folder, retail: &Arc<Retail>, gold: &Gold) -> anyhow::Result<Vec<Compared>> {
        let own = folder.path(RECORDED);
        let files = match self.recorded.as_slice() {
            [] if own.is_file() => std::slice::from_ref(&own),
            named => named,
        };
        let mut records = Vec::new();
        for file in files {
            records.extend(conversations(file)?);
        }
        let task_of = |record: &Record<Conversation>| record.read.as_ref().ok()?.tau2_task_id.clone();
        records.retain(|record| self.is_chosen(task_of(record).as_deref()));
        let side_by_side = std::thread::available_parallelism().map_or(2, usize::from);
        let works = records.iter().map(|record| replay(retail, record, &gold.goals));
        Ok(futures_util::stream::iter(works).buffered(side_by_side).collect().await)
    }

    fn is_chosen(&self, task: Option<&str>) -> bool {
        self.tasks.is_empty() || task.is_some_and(|task| self.tasks.iter().any(|chosen| chosen == task))
    }

    fn check_names(&self, tasks: &[Record<Task>]) -> anyhow::Result<()> {
        let is_there = |id: &String| tasks.iter().any(|task| task.name.as_ref() == Some(id));
        match self.tasks.iter().find(|id| !is_there(id)) {
            Some(id) => anyhow::bail!("{} has no task {id}", self.data.display()),
            None => Ok(()),
        }
    }

    fn tell(&self, told: &Told<'_>, terminal: &Terminal) -> anyhow::Result<Ending> {
        let summary = harmless(&told.summary());
        match self.telling.json() {
            Some(Json::StandardOutput) => {
                terminal.line(told.json()?)?;
                terminal.remark(summary.trim_end());
            }
            Some(Json::File(path)) => {
                write(path, &(told.json()? + "\n"))?;
                terminal.text(summary)?;
            }
            None => terminal.text(summary)?,
        }
        Ok(if told.is_well() { Ending::Done } else { Ending::Failed })
    }
}
