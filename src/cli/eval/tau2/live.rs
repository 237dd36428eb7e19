//! Trials that models hold: which are still to be held, how they are held, and what they come to.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use sha2::{Digest as _, Sha256};

use super::Arguments;
use crate::cli::Ending;
use crate::cli::config::Config;
use crate::cli::eval::answering::{Answers, Who};
use crate::cli::eval::progress::Progress;
use crate::cli::terminal::Terminal;
use crate::evals::cassettes::{Models, Stale};
use crate::evals::domain::briefs;
use crate::evals::play::customer::Player;
use crate::evals::report::{Material, Measure, Report};
use crate::evals::results::Results;
use crate::evals::rubric;
use crate::evals::run::{CaseResult, Trial, Verdict, each};
use crate::evals::spending::{Purse, Spent};
use crate::evals::tau2::files::Folder;
use crate::evals::tau2::gold::Gold;
use crate::evals::tau2::kept::{Head, Kept};
use crate::evals::tau2::live::{Run, Tried, kept};
use crate::evals::tau2::retail::Database;
use crate::evals::tau2::{Goal, Limits, Retail, agent, user};
use crate::evals::voices;

const SUITE: &str = "tau2-retail";
const TASKS: &str = "tasks.jsonl";
/// Of the folder's head.
const FORMAT: u32 = 1;
/// Digits of a hash: enough to tell the versions of one project apart.
const DIGITS: usize = 12;

/// How far results can be compared with those that others publish.
const COMPARABLE: &str = "\
Reward: the end state of the database and the facts told, as the benchmark counts them; its newest tasks have a judge's opinion of
their assertions instead of the facts. Unlike the benchmark's own runs: the words of both prompts are Deskhand's, around the
benchmark's policy, tools and tasks. Published figures are of 114 tasks, four trials each, and mostly of gpt-4.1 as the customer.";

#[derive(Args, Debug)]
pub struct Live {
    /// Measure this model: `configured`, the one of deskhand.toml and the environment, or the name of another one there.
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// Plays the customers: the name of another model there [default: the model that is measured].
    #[arg(long, value_name = "MODEL", requires = "model")]
    customer_model: Option<String>,
    /// Says which of a task's assertions hold, which decides nothing: the name of another model there [default: nobody].
    #[arg(long, value_name = "MODEL", requires = "model")]
    judge_model: Option<String>,
    /// Hold each task so often.
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    trials: u16,
    /// So many trials side by side.
    #[arg(long, value_name = "N", default_value_t = 4)]
    jobs: usize,
    /// How long one line of either side may take, tool calls included, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    timeout: u64,
    /// Where what was held is kept, a line a trial: the same command goes on from there.
    #[arg(long, value_name = "FOLDER", default_value = "tau2-run")]
    out: PathBuf,
    /// Lines of either side, and rounds of tool calls, after which a conversation is cut short.
    #[arg(long, value_name = "N", default_value_t = 200)]
    max_steps: u32,
    /// Calls that fail before a conversation is cut short.
    #[arg(long, value_name = "N", default_value_t = 10)]
    max_errors: usize,
    /// The customer's rules in the benchmark's own words, in the place of Deskhand's: its simulation_guidelines.md.
    #[arg(long, value_name = "FILE")]
    user_guidelines: Option<PathBuf>,
}

impl Live {
    pub fn who(&self) -> Who {
        Who::of(self.model.clone(), self.customer_model.clone(), self.judge_model.clone())
    }
}

/// A trial's place: task and number.
type Place = (String, usize);

impl Arguments {
    pub(super) async fn measure(
        &self,
        config: &Config,
        folder: &Folder,
        database: Arc<Database>,
        gold: &Gold,
        terminal: &Terminal,
    ) -> anyhow::Result<Ending> {
        for task in gold.tasks.iter().filter(|task| !task.is_well()) {
            task.differences.iter().for_each(|what| terminal.remark(format_args!("task {}: {what}", task.task_id)));
        }
        let run = self.run_of(config, folder, database)?;
        let goals: Vec<&Goal> = gold.judgeable().collect();
        anyhow::ensure!(!goals.is_empty(), "no task is left to be held");
        let (mut kept, rows) = Kept::open(&self.live.out, &self.head(&run)?)?;
        let before = rows.iter().fold(Spent::default(), |sum, row| sum.and(row.spent));
        let purse = Arc::new(self.spending.purse(Some(&self.beside)).spent_before(before));
        let run = Run { purse: Arc::clone(&purse), ..run };
        let mut held: BTreeMap<Place, Trial> =
            rows.iter().map(|row| ((row.tau2_task_id.clone(), row.trial), self::kept(row))).collect();
        let wanted = (0..usize::from(self.live.trials)).flat_map(|trial| goals.iter().map(move |goal| (*goal, trial)));
        let open: Vec<(&Goal, usize)> =
            wanted.filter(|(goal, trial)| !held.contains_key(&(goal.task.id.clone(), *trial))).collect();
        let all = goals.len() * usize::from(self.live.trials);
        if open.len() < all {
            terminal.remark(format_args!(
                "{} of {all} trials are in {} already",
                all - open.len(),
                self.live.out.display()
            ));
        }
        let Some(tried) = self.hold(&run, &purse, &open, &mut kept, terminal).await? else {
            terminal.remark(format_args!(
                "stopped; what was held is in {}, and the same command goes on",
                kept.path.display()
            ));
            return Ok(Ending::Interrupted);
        };
        let mut missing = Vec::new();
        for ((goal, trial), tried) in open.iter().zip(tried) {
            match tried {
                Some(Tried { trial: Trial { error: Some(why), .. }, .. }) => {
                    missing.push(format!("task {}, trial {}: {why}", goal.task.id, trial + 1));
                }
                Some(tried) => drop(held.insert((goal.task.id.clone(), *trial), tried.trial)),
                None => missing.push(format!("task {}, trial {}: not held (cost limit)", goal.task.id, trial + 1)),
            }
        }
        let mut results = Results::default();
        for (place, goal) in goals.iter().enumerate() {
            results.add(place, self.case(goal, &mut held));
        }
        let report = self.report(&run, results)?;
        self.telling.tell(&report, terminal)?;
        terminal.remark(COMPARABLE);
        terminal.remark(format_args!("Transcripts: {}", kept.path.display()));
        missing.iter().for_each(|line| terminal.remark(format_args!("MISSING {line}")));
        anyhow::ensure!(
            missing.is_empty(),
            "{} of {all} trials are missing; the same command holds them",
            missing.len()
        );
        Ok(Ending::Done)
    }

    /// `None` in place of a trial: it was not begun, because of its cost. `None`: a person stopped it.
    async fn hold(
        &self,
        run: &Run,
        purse: &Purse,
        open: &[(&Goal, usize)],
        kept: &mut Kept,
        terminal: &Terminal,
    ) -> anyhow::Result<Option<Vec<Option<Tried>>>> {
        let mut progress = Progress::of(*terminal, open.len(), "trials", "not passed");
        let mut unwritten = None;
        let works = open.iter().map(async |(goal, trial)| match purse.is_empty() {
            true => None,
            false => Some(run.trial(goal, *trial).await),
        });
        let mut held: Vec<Option<Tried>> = open.iter().map(|_| None).collect();
        let holding = each(works, self.live.jobs, |place, tried: Option<Tried>| {
            let Some(tried) = tried else { return };
            if let Some(error) = tried.row.as_ref().and_then(|row| kept.add(row).err()) {
                unwritten.get_or_insert(error);
            }
            let name = open.get(place).map(|(goal, trial)| format!("task {}, trial {}", goal.task.id, trial + 1));
            progress.one(&name.unwrap_or_default(), !tried.trial.passed);
            if let Some(one) = held.get_mut(place) {
                *one = Some(tried);
            }
        });
        tokio::select! {
            () = holding => {}
            pressed = tokio::signal::ctrl_c() => {
                pressed?;
                return Ok(None);
            }
        }
        progress.end();
        unwritten.map_or(Ok(Some(held)), Err)
    }

    fn run_of(&self, config: &Config, folder: &Folder, database: Arc<Database>) -> anyhow::Result<Run> {
        let Answers { models, voices, offline } = self.live.who().answers(config, "deskhand eval tau2")?;
        let (Models::One(model), false) = (models, offline) else {
            anyhow::bail!("tau2 needs a model that understands language: name one with --model");
        };
        let own = Some(config.folder.join("prompts"));
        let own = own.as_deref().filter(|folder| folder.is_dir());
        let voice = voices.customer.context("nobody plays the customer: name a model with --customer-model")?;
        let prompt = match &self.live.user_guidelines {
            Some(path) => read(path)?,
            None => voices::prompt(own, user::PROMPT)?,
        };
        let judge = voices.judge.filter(|_| self.live.judge_model.is_some());
        let judge = judge.map(|voice| anyhow::Ok((voice, voices::prompt(own, rubric::PROMPT)?))).transpose()?;
        let policy = read(&folder.path("policy.md"))?;
        let tools = folder.bytes("tools.json")?;
        let agents = agent::agents(&voices::prompt(own, agent::PROMPT)?, &policy, &tools)?;
        let limits = Limits { steps: self.live.max_steps, errors: self.live.max_errors, calls: None };
        Ok(Run {
            retail: Arc::new(Retail { database, agents: Arc::new(agents), limits }),
            model,
            customer: Player { voice, prompt },
            judge,
            purse: Arc::default(),
            patience: Duration::from_secs(self.live.timeout.max(1)),
        })
    }

    fn head(&self, run: &Run) -> anyhow::Result<Head> {
        Ok(Head {
            format: FORMAT,
            model: run.model.description(),
            user_model: run.customer.voice.name.clone(),
            agents: briefs(run.retail.as_ref())?,
            customer: hash(&run.customer.prompt),
            database: run.retail.database.hash().to_owned(),
            max_steps: self.live.max_steps,
            max_errors: self.live.max_errors,
        })
    }

    /// All trials of a task that came to an end.
    fn case(&self, goal: &Goal, held: &mut BTreeMap<Place, Trial>) -> CaseResult {
        let id = &goal.task.id;
        let numbers = 0..usize::from(self.live.trials);
        let trials: Vec<Trial> = numbers.filter_map(|trial| held.remove(&(id.clone(), trial))).collect();
        let verdict = match trials.as_slice() {
            [] => Verdict::Skipped,
            trials if trials.iter().all(|trial| trial.passed) => Verdict::Passed,
            _ => Verdict::Failed,
        };
        CaseResult {
            id: format!("{SUITE}/{id}"),
            suite: SUITE.to_owned(),
            file: self.data.join(TASKS).display().to_string(),
            line: None,
            tags: Vec::new(),
            about: String::new(),
            intent: None,
            verdict,
            skipped: (verdict == Verdict::Skipped).then(|| "no trial of it came to an end".to_owned()),
            trials,
        }
    }

    fn report(&self, run: &Run, results: Results) -> anyhow::Result<Report> {
        Ok(Report::new(Material {
            model: run.model.description(),
            agents: briefs(run.retail.as_ref())?,
            policy: None,
            rules: Vec::new(),
            offline: false,
            trials: usize::from(self.live.trials),
            stale: Stale::Fail,
            spent: run.purse.spent(),
            cases: results.ordered()?,
            opens: false,
            measure: Measure::Nothing,
        })?)
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

fn hash(text: &str) -> String {
    let mut hash = hex::encode(Sha256::digest(text.as_bytes()));
    hash.truncate(DIGITS);
    hash
}
