//! `deskhand eval`: conversations are played against simulated vendors, and what came of them is compared with what was
//! expected.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use super::Ending;
use super::assemble::{self, Shared};
use super::config::Config;
use super::terminal::Terminal;
use crate::evals::report::{Report, console, github, html, junit};
use crate::evals::run::{CaseResult, Job, Options, Verdict, jobs, run};
use crate::evals::shop::{Ground, Kit};
use crate::evals::suite::{self, Problem, Suites};
use crate::evals::tally::{BASELINE_FORMAT, Baseline, Comparison};
use crate::evals::world::Base;

pub mod answering;
pub mod import;
pub mod progress;
mod router;
mod show;

use answering::{Answering, Answers, Spending};
use progress::Progress;

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
  deskhand eval --junit junit.xml --html eval.html --github
  deskhand eval --trials 5                          how often each really passes
  deskhand eval import conv_0198c0…                 a conversation that was held becomes a case
  deskhand eval evals/suites --record               write what your model answers into evals/cassettes/
  deskhand eval evals/suites --model cassette       play that again, without key and network
  deskhand eval --model configured --max-cost 2 --price-in 1.25 --price-out 10
  deskhand eval --model gpt-5.2 --customer-model gpt-5.2-mini --tag simulated
                                                    customers whom a model plays (`customer: { goal: … }`)
  deskhand eval schema > evals/suite.schema.json    for editors

Exit codes: 0 all passed (or nothing got worse); 1 a case failed or could not be played; 2 nothing could be played, or the
cost limit was reached before the last case and none failed.")]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Suites: files, or folders of them.
    suites: Vec<PathBuf>,
    /// Only cases with this in their name (`suite/case`).
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Only cases with this tag; may be given several times.
    #[arg(long, value_name = "TAG")]
    tag: Vec<String>,
    /// Only the cases that did not pass last time.
    #[arg(long)]
    rerun_failed: bool,
    /// Only the i-th of n parts: 1/4.
    #[arg(long, value_name = "I/N", value_parser = shard)]
    shard: Option<(usize, usize)>,
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
    answering: Answering,
    #[command(flatten)]
    spending: Spending,
    /// Only read and check the suites.
    #[arg(long)]
    check: bool,
    /// Compare with this file; exit 1 only where something got worse.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write that file anew.
    #[arg(long, requires = "baseline")]
    update_baseline: bool,
    /// Write all of it as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write it as JUnit's XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write it as one page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Annotations for GitHub's runners, and a summary where GITHUB_STEP_SUMMARY names a file.
    #[arg(long)]
    github: bool,
    /// Tell how long the slowest cases took.
    #[arg(long)]
    timings: bool,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Print the JSON schema of a suite's file.
    Schema,
    Import(import::Arguments),
    Router(router::Arguments),
    Show(show::Arguments),
}

fn shard(text: &str) -> Result<(usize, usize), String> {
    let parsed = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    parsed.filter(|(part, of)| (1..=*of).contains(part)).ok_or_else(|| "write which part of how many: 1/4".to_owned())
}

impl Arguments {
    /// What its flags set.
    pub fn settings(&self) -> Vec<(&'static str, &'static str, String)> {
        let who = match &self.command {
            Some(Command::Show(arguments)) => &arguments.who,
            _ => &self.answering.who,
        };
        who.settings().into_iter().collect()
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
            Some(Command::Schema) => {
                let schema = schemars::schema_for!(crate::evals::case::Suite);
                terminal.line(serde_json::to_string_pretty(&schema)?)?;
                return Ok(Ending::Done);
            }
        }
        let last = Last::of(config);
        let (groups, suites) = groups(&self.suites, config)?;
        if self.check {
            return check(&suites, terminal);
        }
        let unread: Vec<&Problem> = suites.iter().flat_map(|suites| &suites.unread).collect();
        unread.iter().for_each(|problem| terminal.remark(problem));
        let groups = match self.selected(groups, &last) {
            // What could not be read may have held the cases that are looked for.
            Err(_) if !unread.is_empty() => anyhow::bail!("no case is left to be played"),
            groups => groups?,
        };
        let baseline = self.baseline()?;
        let options = self.options(config)?;
        let model = options.models.description();
        let kit = Arc::new(kit(config)?);
        let total = groups.iter().map(|group| group.jobs.len()).sum();
        let mut progress = Progress::new(*terminal, total);
        let mut results = Vec::new();
        for group in groups {
            let played = run(Arc::clone(&kit), group.base, group.jobs, options.clone(), |result| progress.done(result));
            tokio::select! {
                played = played => results.extend(played),
                pressed = tokio::signal::ctrl_c() => {
                    pressed?;
                    return Ok(Ending::Interrupted);
                }
            }
        }
        progress.end();
        last.write(&results);
        if self.timings {
            slowest(&results, terminal);
        }
        let comparison = baseline.as_ref().map(|baseline| Comparison::new(baseline, &results));
        if let (true, Some(path)) = (self.update_baseline, &self.baseline) {
            write(path, &(serde_json::to_string_pretty(&Baseline::of(&results, &model))? + "\n"))?;
        }
        let report = Report::new(
            model,
            options.offline,
            options.trials,
            self.answering.stale(),
            options.purse.spent(),
            results,
            comparison,
        );
        self.tell(&report, terminal)?;
        let not_run = report.not_run();
        anyhow::ensure!(
            not_run == 0 || !report.is_well(),
            "{not_run} cases were not run: the cost limit is reached; raise --max-cost, or play fewer cases"
        );
        match (report.is_well(), unread.len()) {
            (false, _) => Ok(Ending::Failed),
            (true, 0) => Ok(Ending::Done),
            (true, files) => anyhow::bail!("{files} suites could not be read; what could be played is well"),
        }
    }

    fn selected(&self, mut groups: Vec<Group>, last: &Last) -> anyhow::Result<Vec<Group>> {
        let failed = if self.rerun_failed { Some(last.failed()?) } else { None };
        let (part, of) = self.shard.unwrap_or((1, 1));
        let mut number = 0;
        for group in &mut groups {
            group.jobs.retain(|job| {
                let named = self.filter.as_ref().is_none_or(|text| job.id.contains(text));
                let tagged = self.tag.is_empty() || job.tags().any(|tag| self.tag.iter().any(|wanted| wanted == tag));
                let again = failed.as_ref().is_none_or(|failed| failed.contains(&job.id));
                let wanted = named && tagged && again;
                number += usize::from(wanted);
                wanted && (number - 1) % of == part - 1
            });
        }
        if number == 0 {
            anyhow::bail!("no case is left to be played: loosen --filter, --tag or --rerun-failed");
        }
        Ok(groups)
    }

    fn options(&self, config: &Config) -> anyhow::Result<Options> {
        let trials = usize::from(self.trials);
        let Answers { models, voices, offline } =
            self.answering.answers(config, &command_line(&self.suites), trials)?;
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Ok(Options {
            models,
            voices,
            purse: Arc::new(self.spending.purse()),
            offline,
            trials,
            side_by_side: self.jobs.unwrap_or(processors * 2),
            patience: Duration::from_secs(self.timeout.max(1)),
            keep_all: self.json.is_some() || self.html.is_some(),
        })
    }

    fn baseline(&self) -> anyhow::Result<Option<Baseline>> {
        let Some(path) = &self.baseline else { return Ok(None) };
        if self.update_baseline && !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}; `--update-baseline` makes it", path.display()))?;
        let baseline: Baseline =
            serde_json::from_str(&text).with_context(|| format!("{} is no baseline", path.display()))?;
        anyhow::ensure!(
            baseline.format == BASELINE_FORMAT,
            "{} was written by another version; `--update-baseline` writes it anew",
            path.display()
        );
        Ok(Some(baseline))
    }

    fn tell(&self, report: &Report, terminal: &Terminal) -> anyhow::Result<()> {
        if let Some(path) = &self.json {
            write(path, &(report.json()? + "\n"))?;
        }
        if let Some(path) = &self.junit {
            write(path, &junit::xml(report))?;
        }
        if let Some(path) = &self.html {
            write(path, &html::page(report)?)?;
        }
        terminal.text(super::terminal::harmless(&console::summary(report)))?;
        if self.github {
            terminal.text(github::annotations(report))?;
            if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") {
                append(Path::new(&path), &github::summary(report))?;
            }
        }
        Ok(())
    }
}

/// What a person would type to play these suites.
fn command_line(suites: &[PathBuf]) -> String {
    let suites = suites.iter().map(|path| path.display().to_string());
    ["deskhand eval".to_owned()].into_iter().chain(suites).collect::<Vec<_>>().join(" ")
}

/// The suites, with the worlds that their cases change.
fn groups(named: &[PathBuf], config: &Config) -> anyhow::Result<(Vec<Group>, Vec<Suites>)> {
    // One that is called like one of ours stands in its place.
    let own = config.folder.join(suite::FOLDER);
    let own_paths = match named {
        [] if has_suites(&own) => vec![own],
        given => given.to_vec(),
    };
    let (mut groups, mut all) = (Vec::new(), Vec::new());
    let mut add = |base: Base, suites: Suites| {
        groups.push(Group { base: Arc::new(base), jobs: jobs(suites.loaded.clone()) });
        all.push(suites);
    };
    let own = suite::read(&own_paths);
    if named.is_empty() {
        let mut built_in = suite::built_in();
        built_in.loaded.retain(|ours| own.loaded.iter().all(|theirs| theirs.name != ours.name));
        add(Base::default(), built_in);
    }
    add(base(config)?, own);
    Ok((groups, all))
}

/// Cases that change the same world.
struct Group {
    base: Arc<Base>,
    jobs: Vec<Job>,
}

/// Tells all that is wrong with the files.
fn check(suites: &[Suites], terminal: &Terminal) -> anyhow::Result<Ending> {
    let mut wrong = 0;
    for problem in suites.iter().flat_map(Suites::problems) {
        terminal.line(problem)?;
        wrong += 1;
    }
    let cases: usize = suites.iter().flat_map(|suites| &suites.loaded).map(|loaded| loaded.cases.len()).sum();
    if wrong > 0 {
        return Ok(Ending::Failed);
    }
    terminal.line(format_args!("{cases} cases, nothing wrong with their files"))?;
    Ok(Ending::Done)
}

fn has_suites(folder: &Path) -> bool {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .into_iter()
        .any(|entry| entry.path().extension().is_some_and(|extension| extension == "yaml" || extension == "yml"))
}

/// The world of a project: its fixture and its rules.
fn base(config: &Config) -> anyhow::Result<Base> {
    let read = |path: &Path| std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()));
    let mut base = match &config.sandbox.fixture {
        Some(path) => Base::new(read(path)?, String::new()),
        None => Base::default(),
    };
    let policy = config.folder.join("policy.toml");
    if policy.exists() {
        base = base.with_policy(read(&policy)?);
    }
    Ok(base)
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
        ground: Ground::new()?,
    })
}

/// Names of the cases that did not pass last time.
struct Last(PathBuf);

impl Last {
    fn of(config: &Config) -> Self {
        Self(config.data_folder().join("eval-failed.json"))
    }

    fn failed(&self) -> anyhow::Result<BTreeSet<String>> {
        let text =
            std::fs::read_to_string(&self.0).context("nothing was played here before; leave --rerun-failed out")?;
        serde_json::from_str(&text).with_context(|| format!("{} does not read; delete it", self.0.display()))
    }

    /// A convenience: where it cannot be kept, the run is none the worse.
    fn write(&self, results: &[CaseResult]) {
        let unwell = results.iter().filter(|result| !matches!(result.verdict, Verdict::Passed | Verdict::Skipped));
        let names: BTreeSet<&str> = unwell.map(|result| result.id.as_str()).collect();
        let text = serde_json::to_string_pretty(&names).unwrap_or_default();
        let _ = self.0.parent().map(std::fs::create_dir_all);
        let _ = std::fs::write(&self.0, text);
    }
}

fn slowest(results: &[CaseResult], terminal: &Terminal) {
    let took = |result: &CaseResult| result.trials.iter().map(|trial| trial.took).sum::<Duration>();
    let mut all: Vec<(Duration, &str)> = results.iter().map(|result| (took(result), result.id.as_str())).collect();
    all.sort_by(|left, right| right.cmp(left));
    terminal.remark("Slowest:");
    for (took, id) in all.iter().take(10) {
        terminal.remark(format_args!("  {:>6} ms  {id}", took.as_millis()));
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn append(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let mut file = file.with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
