//! `deskhand router`

use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::Context as _;
use clap::{Args, Subcommand};

use super::Ending;
use super::terminal::Terminal;
use crate::agents::router::weights::{FILE, Opinion, Weights};
use crate::evals::router::figures::Figures;
use crate::evals::router::rows::{self, Row};
use crate::evals::router::training::{Example, learn};
use crate::evals::router::{self as harness, Judged, folds};

pub mod figures;

/// Parts in which the rows are read by what the others teach.
const FOLDS: usize = 10;

/// The classifier that reads messages before a model is asked.
#[derive(Debug, Subcommand)]
pub enum Command {
    Train(Train),
}

/// Teach the classifier from labelled messages.
#[derive(Args, Debug)]
#[command(after_help = "\
A row is a JSON object on a line of its own: text, intent, and where they are known acceptable, source and kind. The same
rows give the same weights. They hold hashes of words and pieces of words, and no text. A project's weights lie in
prompts/router/weights.bin; they stand in the place of the program's.

Examples:
  deskhand router train messages.jsonl
  deskhand router train evals/intents/shoppers.jsonl messages.jsonl --output new.bin
  deskhand eval router other-messages.jsonl --weights new.bin")]
pub struct Train {
    /// Labelled messages, JSON Lines.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Where the weights go [default: prompts/router/weights.bin].
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
}

impl Command {
    pub fn run(&self, terminal: &Terminal) -> anyhow::Result<Ending> {
        match self {
            Self::Train(arguments) => arguments.run(terminal),
        }
    }
}

/// Weights of a file.
pub fn read_weights(path: &Path) -> anyhow::Result<Weights> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}; check the path", path.display()))?;
    Weights::read(&bytes).with_context(|| path.display().to_string())
}

impl Train {
    fn run(&self, terminal: &Terminal) -> anyhow::Result<Ending> {
        let started = Instant::now();
        let mut rows = Vec::new();
        for file in &self.files {
            rows.extend(rows::read(file)?);
        }
        sources(&rows, terminal)?;
        let examples: Vec<Example> = rows.iter().map(Example::of).collect();
        let tests = [
            ("cross-validated, 10 parts", Test::of(&examples, folds::at_random(&rows, FOLDS))),
            ("each source by the others", Test::of(&examples, folds::by_source(&rows))),
        ];
        let pooled = tests.iter().flat_map(|(_, test)| test.opinions.iter().zip(&rows));
        let temperature = folds::temperature(pooled.collect::<Vec<_>>().into_iter());
        for (name, test) in tests {
            test.tell(name, &rows, temperature, terminal)?;
        }
        let weights = Weights::rounded(&learn(&examples.iter().collect::<Vec<_>>()), temperature);
        self.write(&weights, temperature, terminal)?;
        terminal.line(format_args!("{:.1} s", started.elapsed().as_secs_f64()))?;
        Ok(Ending::Done)
    }

    fn write(&self, weights: &Weights, temperature: f32, terminal: &Terminal) -> anyhow::Result<()> {
        let path = self.output.clone().unwrap_or_else(|| Path::new("prompts").join(FILE));
        let failed = || format!("cannot write {}; name another place with --output", path.display());
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).with_context(failed)?;
        }
        let bytes = weights.bytes();
        std::fs::write(&path, &bytes).with_context(failed)?;
        terminal.line("")?;
        terminal.line(format_args!(
            "written: {}, {} features, {} kB, temperature {temperature:.2}",
            path.display(),
            weights.features(),
            bytes.len().div_ceil(1000)
        ))?;
        Ok(())
    }
}

fn sources(rows: &[Row], terminal: &Terminal) -> anyhow::Result<()> {
    terminal.line(terminal.bold(format_args!("{} rows", rows.len())))?;
    let mut names: Vec<&str> = rows.iter().map(|row| row.source.as_str()).collect();
    names.sort_unstable();
    for same in names.chunk_by(|left, right| left == right) {
        terminal.line(format_args!("{:<34} {}", same.first().copied().unwrap_or_default(), same.len()))?;
    }
    Ok(())
}

/// Rows that were read by weights that did not learn from them.
struct Test {
    parts: folds::Parts,
    weights: Vec<Weights>,
    opinions: Vec<Opinion>,
}

impl Test {
    fn of(examples: &[Example], parts: folds::Parts) -> Self {
        let weights = folds::held_out(examples, &[], &parts);
        let opinions = folds::opinions(examples, &parts, &weights);
        Self { parts, weights, opinions }
    }

    fn tell(self, name: &str, rows: &[Row], temperature: f32, terminal: &Terminal) -> anyhow::Result<()> {
        let weights: Vec<Weights> = self.weights.into_iter().map(|own| own.at_temperature(temperature)).collect();
        let none = Weights::none();
        let of_row = |at: usize| self.parts.get(at).and_then(|part| weights.get(*part)).unwrap_or(&none);
        let judged = harness::judge(rows, of_row);
        let all: Vec<&Judged<'_>> = judged.iter().collect();
        terminal.line("")?;
        terminal.line(terminal.bold(name))?;
        figures::summary(&Figures::of(&all), terminal)?;
        figures::kinds(&figures::groups(&judged), terminal)
    }
}
