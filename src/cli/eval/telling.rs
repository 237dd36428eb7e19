//! Where what came of a run is told, and in which form.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;

use crate::cli::terminal::{Terminal, harmless};
use crate::evals::domain::Phases;
use crate::evals::report::{Report, console, github, html, junit};
use crate::evals::run::CaseResult;

/// In the place of a file.
pub const STANDARD_OUTPUT: &str = "-";

#[derive(Args, Debug)]
pub struct Telling {
    /// Write all of it as JSON; without a file, to standard output.
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = STANDARD_OUTPUT)]
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
    /// Tell how long the slowest cases took, and what took so long.
    #[arg(long)]
    timings: bool,
}

/// Where JSON goes. Where that is standard output, nothing else goes there.
pub enum Json<'a> {
    StandardOutput,
    File(&'a Path),
}

impl Telling {
    /// Whether what came of cases that passed is told, too.
    pub fn tells_all(&self) -> bool {
        self.json.is_some() || self.html.is_some()
    }

    /// How long it took, which no report tells: two runs give the same bytes.
    pub fn times(&self, results: &[CaseResult], terminal: &Terminal) {
        if self.timings {
            slowest(results, terminal);
            phases(results, terminal);
        }
    }

    /// Where JSON goes, if it is wanted.
    pub fn json(&self) -> Option<Json<'_>> {
        let path = self.json.as_deref()?;
        Some(if path == Path::new(STANDARD_OUTPUT) { Json::StandardOutput } else { Json::File(path) })
    }

    /// # Errors
    /// Another form is wanted. `of` says what it is for.
    pub fn only_json(&self, of: &str) -> anyhow::Result<()> {
        let other = self.junit.is_some() || self.html.is_some() || self.github || self.timings;
        anyhow::ensure!(!other, "--junit, --html, --github and --timings tell of {of}");
        Ok(())
    }

    pub fn tell(&self, report: &Report, terminal: &Terminal) -> anyhow::Result<()> {
        match self.json() {
            Some(Json::StandardOutput) => terminal.line(report.json()?)?,
            Some(Json::File(path)) => write(path, &(report.json()? + "\n"))?,
            None => {}
        }
        if let Some(path) = &self.junit {
            write(path, &junit::xml(report))?;
        }
        if let Some(path) = &self.html {
            write(path, &html::page(report)?)?;
        }
        let summary = harmless(&console::summary(report));
        if matches!(self.json(), Some(Json::StandardOutput)) {
            terminal.remark(summary.trim_end());
        } else {
            terminal.text(summary)?;
        }
        if self.github {
            terminal.text(github::annotations(report))?;
            if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") {
                append(Path::new(&path), &github::summary(report))?;
            }
        }
        Ok(())
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

/// Of all cases together, waiting included.
fn phases(results: &[CaseResult], terminal: &Terminal) {
    let trials = || results.iter().flat_map(|result| &result.trials);
    let all: Duration = trials().map(|trial| trial.took).sum();
    let share = |name: &str, part: fn(&Phases) -> Duration| {
        let part: Duration = trials().map(|trial| part(&trial.phases)).sum();
        terminal.remark(format_args!(
            "  {:>5.1} %  {name}",
            100.0 * part.as_secs_f64() / all.as_secs_f64().max(f64::EPSILON)
        ));
    };
    terminal.remark("Where their time went:");
    share("a sandbox, a database and a desk are opened", |phases| phases.opening);
    share("the conversation, and what it leads to", |phases| phases.conversation);
    share("world, ledger and log are read", |phases| phases.looking);
    share("all of it is closed", |phases| phases.closing);
}

pub fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

fn append(path: &Path, text: &str) -> anyhow::Result<()> {
    use std::io::Write as _;
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    let mut file = file.with_context(|| format!("cannot write {}", path.display()))?;
    file.write_all(text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))
}
