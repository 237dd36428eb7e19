//! `deskhand eval`: conversations are played against simulated vendors, and what came of them is compared with what was
//! expected.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::Ending;
use super::assemble::{self, Shared};
use super::config::Config;
use super::terminal::Terminal;
use crate::agents::versions::Brief;
use crate::evals::report::{Material, Measure, Report};
use crate::evals::results::{Results, Summary};
use crate::evals::run::{Options, run_all};
use crate::evals::shop::{Ground, Kit};
use crate::evals::sides::OtherSide;
use crate::evals::suite::Problem;

pub mod answering;
mod choosing;
mod comparing;
pub mod import;
pub mod prices;
pub mod progress;
mod router;
mod show;
mod sides;
mod tau2;
mod telling;
mod timings;

use answering::{Answering, Answers};
use choosing::{Choosing, Group, Last, check, command_line, groups};
use comparing::Comparing;
use prices::{Beside, Spending};
use progress::Progress;
use sides::{Otherwise, Played, Rules, Side, Sides};
use telling::Telling;
use timings::Timings;

/// Play conversations against simulated vendors, and compare what came of them with what was expected.
#[derive(Args, Debug)]
#[command(after_help = "\
Without names, it plays the suites that ship with Deskhand, for the demo store, and those in evals/suites/ of this project. No key
and no network is needed: the offline model answers.

Examples:
  deskhand eval                                     all of them
  deskhand eval evals/suites/refunds.yaml --filter mug
  deskhand eval --check                             only read the files
  deskhand eval --baseline evals/baseline.json      1 only where something got worse
  deskhand eval --policy policy.toml --baseline shipped
                                                    which of the suites that ship your rules decide otherwise
  deskhand eval --against prompts=drafts/prompts    two sides, case by case; policy=, tools= and model= as well
  deskhand eval --model configured --against model=gpt-5-mini --trials 5
  deskhand eval --junit junit.xml --html eval.html --github
  deskhand eval --trials 5                          how often each really passes
  deskhand eval import conv_0198c0…                 a conversation that was held becomes a case
  deskhand eval evals/suites --record               write what your model answers into evals/cassettes/
  deskhand eval evals/suites --model cassette       play that again, without key and network
  deskhand eval --model configured --max-cost 2 --price-in 1.25 --price-out 10
  deskhand eval --model gpt-5.2 --customer-model gpt-5.2-mini --tag simulated
                                                    customers whom a model plays (`customer: { goal: … }`)
  deskhand eval tau2 --data DIR                     tau2-bench retail: replay it, or measure a model on it
  deskhand eval schema > evals/suite.schema.json    for editors

Exit codes: 0 all passed; 1 a case failed or could not be played; 2 nothing could be played, or the cost limit was reached
before the last case and none failed. With --baseline or --against: 1 only where it is worse than that, beyond noise.")]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    choosing: Choosing,
    /// Play each case so often.
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    trials: u16,
    /// So many cases side by side [default: the processors of this machine, twice].
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// How long one answer may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    timeout: u64,
    #[command(flatten)]
    rules: Rules,
    #[command(flatten)]
    answering: Answering,
    #[command(flatten)]
    spending: Spending,
    #[command(flatten)]
    beside: Beside,
    /// Only read and check the suites.
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    comparing: Comparing,
    #[command(flatten)]
    telling: Telling,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Print the JSON schema of a suite's file.
    Schema,
    Import(import::Arguments),
    Router(router::Arguments),
    Show(show::Arguments),
    Tau2(Box<tau2::Arguments>),
}

impl Arguments {
    /// What its flags set.
    pub fn settings(&self) -> Vec<(&'static str, &'static str, String)> {
        let settings = match &self.command {
            Some(Command::Show(arguments)) => arguments.who.settings(),
            Some(Command::Tau2(arguments)) => arguments.live.who().settings(),
            _ => self.answering.who.settings(),
        };
        settings.into_iter().collect()
    }

    pub async fn run(&self, config: &Config, terminal: &Terminal) -> anyhow::Result<Ending> {
        match &self.command {
            None => {}
            Some(Command::Import(arguments)) => return arguments.run(config, self.options(config)?, terminal).await,
            Some(Command::Router(arguments)) => return arguments.run(terminal),
            Some(Command::Show(arguments)) => {
                let (groups, _) = groups(&arguments.suites, config)?;
                return arguments.run(config, groups, self.options(config)?, terminal).await;
            }
            Some(Command::Tau2(arguments)) => return arguments.run(config, terminal).await,
            Some(Command::Schema) => {
                let schema = schemars::schema_for!(crate::evals::case::Suite);
                terminal.line(serde_json::to_string_pretty(&schema)?)?;
                return Ok(Ending::Done);
            }
        }
        let last = Last::of(config);
        let (groups, suites) = groups(&self.choosing.suites, config)?;
        if self.check {
            return check(&suites, terminal);
        }
        let unread: Vec<&Problem> = suites.iter().flat_map(|suites| &suites.unread).collect();
        unread.iter().for_each(|problem| terminal.remark(problem));
        let groups = match self.choosing.selected(groups, &last) {
            // What could not be read may have held the cases that are looked for.
            Err(_) if !unread.is_empty() => anyhow::bail!("no case is left to be played"),
            groups => groups?,
        };
        let baseline = self.comparing.baseline()?;
        let sides = self.sides(config)?;
        let Some(Played { here, there }) = self.played(&sides, &groups, *terminal).await? else {
            return Ok(Ending::Interrupted);
        };
        let (here, there) = (put_aside(here)?, put_aside(there)?);
        last.write(&here);
        let has_rules = self.comparing.against.iter().any(Otherwise::is_policy);
        let settings = has_rules.then(|| sides.settings(&groups)).transpose()?;
        let Sides { this, other } = sides;
        self.comparing.update(&here, &this.options.models.description())?;
        let measure = match (baseline, other) {
            (Some(baseline), _) => Measure::Baseline(baseline),
            (None, Some(other)) => Measure::Other(OtherSide {
                otherwise: self.comparing.against.iter().map(ToString::to_string).collect(),
                model: other.options.models.description(),
                settings,
                is_live: this.options.is_live() || other.options.is_live(),
                results: there,
            }),
            (None, None) => Measure::Nothing,
        };
        let rules = this.rules_told(&groups)?;
        let agents = groups.first().map(|group| this.agents(group)).transpose()?.unwrap_or_default();
        let report = self.report(&this, agents, rules, here, measure)?;
        self.telling.tell(&report, terminal)?;
        ending(&report, unread.len())
    }

    fn sides(&self, config: &Config) -> anyhow::Result<Sides> {
        let (kit, rules) = (Arc::new(kit(config)?), self.rules.written(config)?);
        let this = Side { kit, rules, options: self.options(config)? };
        let (against, who) = (&self.comparing.against, &self.answering.who);
        let command = command_line(&self.choosing.suites);
        let other = (!against.is_empty()).then(|| this.otherwise(against, config, who, &command)).transpose()?;
        Ok(Sides { this, other })
    }

    /// `None`: a person stopped it.
    async fn played(&self, sides: &Sides, groups: &[Group], terminal: Terminal) -> anyhow::Result<Option<Played>> {
        let mut progress = Progress::new(terminal, sides.count(groups));
        let (mut played, mut timings) = (Played::default(), Timings::default());
        let running = run_all(sides.tasks(groups)?, sides.this.options.side_by_side, |place, result| {
            let is_there = sides.is_there(place);
            progress.done(&result, if is_there { " (the other side)" } else { "" });
            if is_there {
                played.there.add(place, result);
            } else {
                timings.add(&result);
                played.here.add(place, result);
            }
        });
        tokio::select! {
            () = running => {}
            pressed = tokio::signal::ctrl_c() => {
                pressed?;
                return Ok(None);
            }
        }
        progress.end();
        if self.telling.tells_times() {
            timings.tell(&terminal);
        }
        Ok(Some(played))
    }

    fn report(
        &self,
        this: &Side,
        agents: BTreeMap<String, Brief>,
        rules: Vec<String>,
        cases: Vec<Summary>,
        measure: Measure,
    ) -> anyhow::Result<Report> {
        let material = Material {
            model: this.options.models.description(),
            agents,
            policy: self.rules.name(),
            rules,
            offline: this.options.offline,
            trials: this.options.trials,
            stale: self.answering.stale(),
            spent: this.options.purse.spent(),
            cases,
            opens: true,
            measure,
        };
        Report::new(material).context(TEMPORARY)
    }

    fn options(&self, config: &Config) -> anyhow::Result<Options> {
        let trials = usize::from(self.trials);
        let Answers { models, voices, offline } =
            self.answering.answers(config, &command_line(&self.choosing.suites), trials)?;
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Options {
            models,
            voices,
            purse: Arc::new(self.spending.purse(Some(&self.beside))),
            offline,
            trials,
            side_by_side: self.jobs.unwrap_or(processors * 2),
            patience: Duration::from_secs(self.timeout.max(1)),
            keep_all: self.telling.tells_all(),
        })
    }
}

const TEMPORARY: &str = "what came of the cases cannot be kept where temporary files lie (TMPDIR names another place)";

fn put_aside(results: Results) -> anyhow::Result<Vec<Summary>> {
    results.ordered().context(TEMPORARY)
}

/// Whether a build should stop, and whether anything was in the way of telling so.
fn ending(report: &Report, unread: usize) -> anyhow::Result<Ending> {
    let not_run = report.not_run();
    anyhow::ensure!(
        not_run == 0 || !report.is_well(),
        "{not_run} cases were not run: the cost limit is reached; raise --max-cost, or play fewer cases"
    );
    let held = report.against.as_ref().is_none_or(|sides| sides.cases > 0);
    anyhow::ensure!(held || !report.is_well(), "no case was judged on both sides, so nothing was compared");
    match (report.is_well(), unread) {
        (false, _) => Ok(Ending::Failed),
        (true, 0) => Ok(Ending::Done),
        (true, files) => anyhow::bail!("{files} suites could not be read; what could be played is well"),
    }
}

fn kit(config: &Config) -> anyhow::Result<Kit> {
    let Shared { registry, languages, letters } = Shared::load(config)?;
    let prompts = Some(config.folder.join("prompts")).filter(|folder| folder.is_dir());
    Ok(Kit {
        registry,
        languages,
        letters,
        prompts,
        help: assemble::sandbox::articles(config)?,
        brand_voice: assemble::sandbox::BRAND_VOICE.to_owned(),
        ground: Arc::new(Ground::new()?),
    })
}
