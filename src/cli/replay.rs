//! `deskhand replay`: conversations that were held are played again, against simulated vendors, to see what would change.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::Ending;
use super::assemble::Shared;
use super::config::Config;
use super::eval::answering::{Answers, Who};
use super::eval::prices::Spending;
use super::eval::progress::Progress;
use super::terminal::{Terminal, harmless};
use crate::domain::clock::Clock;
use crate::domain::durations;
use crate::evals::cassettes::Models;
use crate::evals::replay::{Changed, Course, Fate, changed, job};
use crate::evals::run::{Job, Options, run};
use crate::evals::store::Store;

mod held;
mod telling;
mod today;

use held::{Held, Shelf};
use telling::{Report, Told};
use today::Stores;

/// Conversations that are in memory at a time.
const PORTION: usize = 64;

/// Play recorded conversations again under today's prompts, policy, tools and model, and tell what would change.
#[derive(Args, Debug)]
#[command(after_help = "\
Each conversation's world is made anew of what the tools returned then, in memory; the shopper says the same. Vendors are
simulated: nothing is done in the store, and nothing is written. Compared are intent, agent, tools and how their calls ended,
the policy's decisions, effects, hand-off, status and identity; what was said to the shopper is not. It shows what shoppers wrote.
A conversation is played up to where one of the store's people took it, ended it or gave it back. Vendors' outages, what other
conversations had used up of limits, and what people did in the platform's admin are made anew as far as the log tells them.

Examples:
  deskhand replay                                       what was held in the last 7 days
  deskhand replay --since 30d --store main
  deskhand replay conv_0198c0… transcript.json          these alone
  deskhand replay --since 7d --model configured         your model answers; what shoppers wrote is sent to it
  deskhand replay --json replay.json

Exit codes: 0 nothing would change; 1 something would; 2 a conversation could not be played, and in the others nothing
would change.")]
pub struct Arguments {
    /// Conversations, or files that `deskhand export` wrote [default: those of the time that --since names].
    #[arg(value_name = "CONVERSATION|TRANSCRIPT")]
    conversations: Vec<String>,
    /// How far to look back: 12h, 30d, 8w.
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = durations::parse)]
    #[arg(conflicts_with = "conversations")]
    since: SignedDuration,
    /// A store of the configuration [default: the only one; without any, the sandbox's].
    #[arg(long, value_name = "NAME", conflicts_with = "conversations")]
    store: Option<String>,
    /// `offline`; `cassette`: what was recorded of the imported cases of the same names; `configured`: the model of
    /// deskhand.toml and the environment; or the name of another model there [default: offline].
    #[arg(long, value_name = "MODEL")]
    model: Option<String>,
    #[command(flatten)]
    spending: Spending,
    /// How long one answer may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
    /// Write all of it as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

impl Arguments {
    /// What its flags set.
    pub fn settings(&self) -> Vec<(&'static str, &'static str, String)> {
        Who::named(self.model.clone()).settings().into_iter().collect()
    }

    pub async fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        let options = self.options(config)?;
        let mut stores = Stores::new(config, Shared::load(config)?, options.models.description());
        let shelf = self.shelf(config).await?;
        let mut progress = Progress::of(*terminal, shelf.len(), "conversations", "to look at");
        let mut report = Report::new(options.models.description());
        for from in (0..shelf.len()).step_by(PORTION) {
            let portion = shelf.take(config, from, PORTION).await;
            tokio::select! {
                () = replayed(&mut stores, portion, &options, &mut report, &mut progress) => {}
                pressed = tokio::signal::ctrl_c() => {
                    pressed?;
                    return Ok(Ending::Interrupted);
                }
            }
        }
        progress.end();
        shelf.close().await;
        if let Some(path) = &self.json {
            let text = serde_json::to_string_pretty(&report.data())? + "\n";
            std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
        terminal.text(harmless(&report.text()))?;
        ending(&report)
    }

    fn options(&self, config: &Config) -> anyhow::Result<Options> {
        let record = "deskhand eval import CONVERSATION --without-script, and then deskhand eval evals/suites";
        let Answers { models, voices, offline } = Who::named(self.model.clone()).answers(config, record)?;
        Ok(Options {
            models,
            voices,
            purse: Arc::new(self.spending.purse(None)),
            offline,
            trials: 1,
            side_by_side: std::thread::available_parallelism().map_or(2, usize::from) * 2,
            patience: Duration::from_secs(self.timeout.max(1)),
            keep_all: true,
        })
    }

    async fn shelf(&self, config: &Config) -> anyhow::Result<Shelf> {
        // Cassettes are of imported cases, which name nobody.
        let anonymous = Who::named(self.model.clone()).plays_cassettes();
        if !self.conversations.is_empty() {
            return Ok(Shelf::named(&self.conversations, anonymous));
        }
        let store = config.store_meant(self.store.as_deref()).map_err(anyhow::Error::msg)?;
        let since = Clock::machine().checked_sub(self.since).unwrap_or(Timestamp::MIN);
        Shelf::since(config, &store, since, anonymous).await
    }
}

/// A conversation that waits to be played.
struct Waiting {
    told: Told,
    then: Course,
}

/// Plays these, whichever store they were held in.
async fn replayed(
    stores: &mut Stores<'_>,
    portion: Vec<Result<Held, (String, String)>>,
    options: &Options,
    report: &mut Report,
    progress: &mut Progress,
) {
    let mut prepared: BTreeMap<String, Vec<(Job, Waiting)>> = BTreeMap::new();
    for held in portion {
        let held = match held {
            Ok(held) => held,
            Err((conversation, why)) => {
                finished(Told::unread(conversation, why), report, progress);
                continue;
            }
        };
        let mut told = Told::of(&held);
        match ready(stores, &held, &options.models) {
            Ok((mut job, changed)) => {
                told.versions = changed;
                // A conversation and its transcript, say.
                if prepared.values().flatten().any(|(other, _)| other.id == job.id) {
                    job.id = format!("{}-{}", job.id, held.conversation);
                }
                let then = Course::of(&held.events);
                prepared.entry(held.store.to_string()).or_default().push((job, Waiting { told, then }));
            }
            Err(error) => {
                finished(told.left_out(super::terminal::chain(&error)), report, progress);
            }
        }
    }
    for (store, played) in prepared {
        let now = match stores.today(&store) {
            Ok(today) => Store::new(&today.kit, &today.base),
            Err(error) => {
                let why = super::terminal::chain(&error);
                let untold = played.into_iter().map(|(_, waiting)| waiting.told);
                untold.for_each(|told| finished(told.left_out(why.clone()), report, progress));
                continue;
            }
        };
        let (jobs, waiting): (Vec<Job>, Vec<Waiting>) = played.into_iter().unzip();
        let mut waiting: BTreeMap<String, Waiting> = jobs.iter().map(|job| job.id.clone()).zip(waiting).collect();
        run(now, jobs, options.clone(), |result| {
            let Some(Waiting { mut told, then }) = waiting.remove(&result.id) else { return };
            told.fate = Fate::of(&then, &result);
            finished(told, report, progress);
        })
        .await;
    }
}

/// What plays it, and the versions that are others today.
fn ready(stores: &mut Stores<'_>, held: &Held, models: &Models) -> anyhow::Result<(Job, Option<Vec<Changed>>)> {
    let today = stores.today(held.store.as_str())?;
    let job = job(&held.events, &today.wish(held.name.clone()))?;
    let known = !held.versions.is_empty();
    let speaker = models.speaker(&job);
    Ok((job, known.then(|| changed(&held.versions, &today.versions, &speaker))))
}

fn finished(told: Told, report: &mut Report, progress: &mut Progress) {
    progress.one(&told.conversation, !told.fate.is_unchanged());
    report.add(told);
}

fn ending(report: &Report) -> anyhow::Result<Ending> {
    let counts = report.counts();
    if counts.differ > 0 {
        return Ok(Ending::Failed);
    }
    anyhow::ensure!(
        counts.not_replayed == 0,
        "{} conversations could not be played again; in those that could, nothing would change",
        counts.not_replayed
    );
    Ok(Ending::Done)
}
