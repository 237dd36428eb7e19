//! `deskhand eval router`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::Args;
use serde_json::json;

use super::super::Ending;
use super::super::router::{figures as shown, read_weights};
use super::super::terminal::Terminal;
use crate::agents::router::weights::Weights;
use crate::evals::router::figures::Figures;
use crate::evals::router::page::{Head, page};
use crate::evals::router::rows::{self, Row};
use crate::evals::router::training::Example;
use crate::evals::router::{self as harness, Judged, folds};

/// Judge the router on labelled messages.
#[derive(Args, Debug)]
#[command(after_help = "\
A row is a JSON object on a line of its own: text, intent, and where they are known acceptable (all intents that would do),
kind and source. Without --folds the weights in the program are judged; with it, weights that are learnt anew from the
other parts of the file, so that no row is judged by what was learnt from it. Nothing leaves this machine.

Examples:
  deskhand eval router messages.jsonl
  deskhand eval router messages.jsonl --html router.html --json router.json
  deskhand eval router messages.jsonl --folds 10 --with evals/intents/shoppers.jsonl
  deskhand eval router messages.jsonl --weights prompts/router/weights.bin")]
pub struct Arguments {
    /// Labelled messages, JSON Lines.
    file: PathBuf,
    /// Write the figures as a page.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the figures as data.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Learn from all parts but one and judge that one, for each of K parts.
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u16).range(2..=100), conflicts_with = "weights")]
    folds: Option<u16>,
    /// With --folds: rows that are learnt from in any case, and not judged.
    #[arg(long, value_name = "FILE", requires = "folds")]
    with: Vec<PathBuf>,
    /// Weights to judge, in the place of the program's.
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
}

impl Arguments {
    pub fn run(&self, terminal: &Terminal) -> anyhow::Result<Ending> {
        let rows = rows::read(&self.file)?;
        let judge = match self.folds {
            Some(count) => self.anew(&rows, count.into())?,
            None => Judge::of(self.learnt()?, rows.len()),
        };
        let judged = harness::judge(&rows, |at| judge.of_row(at));
        let microseconds = harness::time_per_message(&rows, judge.of_row(0)).as_secs_f64() * 1e6;
        let all: Vec<&Judged<'_>> = judged.iter().collect();
        let (figures, groups) = (Figures::of(&all), shown::groups(&judged));
        let told = Told { about: self.about(), figures: &figures, groups: &groups, microseconds };
        told.on(terminal)?;
        if let Some(path) = &self.html {
            let head = Head { title: "The router's figures", about: &told.about, microseconds };
            write(path, &page(&head, &figures, &groups, &judged), terminal)?;
        }
        if let Some(path) = &self.json {
            write(path, &told.data()?, terminal)?;
        }
        Ok(Ending::Done)
    }

    fn learnt(&self) -> anyhow::Result<Weights> {
        match &self.weights {
            Some(path) => read_weights(path),
            None => Ok(Weights::built_in().as_ref().clone()),
        }
    }

    fn anew(&self, rows: &[Row], count: usize) -> anyhow::Result<Judge> {
        let mut also = Vec::new();
        for file in &self.with {
            also.extend(rows::read(file)?);
        }
        let (examples, also) = (learnable(rows), learnable(&also));
        let parts = folds::at_random(rows, count);
        let weights = folds::held_out(&examples, &also, &parts);
        let opinions = folds::opinions(&examples, &parts, &weights);
        let temperature = folds::temperature(opinions.iter().zip(rows));
        let weights = weights.into_iter().map(|weights| weights.at_temperature(temperature)).collect();
        Ok(Judge { weights, parts, none: Weights::none() })
    }

    fn about(&self) -> String {
        let file = self.file.display();
        match (self.folds, &self.weights) {
            (Some(count), _) => format!("{file}, each of {count} parts judged by what the others teach"),
            (None, Some(weights)) => format!("{file}, judged by {}", weights.display()),
            (None, None) => format!("{file}, judged by the weights in the program"),
        }
    }
}

fn learnable(rows: &[Row]) -> Vec<Example> {
    rows.iter().map(Example::of).collect()
}

/// Which weights judge which row.
struct Judge {
    weights: Vec<Weights>,
    parts: folds::Parts,
    none: Weights,
}

impl Judge {
    fn of(weights: Weights, rows: usize) -> Self {
        Self { weights: vec![weights], parts: vec![0; rows], none: Weights::none() }
    }

    fn of_row(&self, row: usize) -> &Weights {
        self.parts.get(row).and_then(|part| self.weights.get(*part)).unwrap_or(&self.none)
    }
}

/// What is told of a run.
struct Told<'a> {
    about: String,
    figures: &'a Figures,
    groups: &'a [(String, Figures)],
    microseconds: f64,
}

impl Told<'_> {
    fn on(&self, terminal: &Terminal) -> anyhow::Result<()> {
        terminal.line(terminal.bold(&self.about))?;
        shown::summary(self.figures, terminal)?;
        terminal.line(format_args!("{:<34} {:.0} µs", "time for a message", self.microseconds))?;
        shown::kinds(self.groups, terminal)?;
        shown::intents(self.figures, terminal)?;
        shown::confusion(self.figures, terminal)?;
        shown::calibration(self.figures, terminal)
    }

    fn data(&self) -> anyhow::Result<String> {
        let groups: serde_json::Map<String, serde_json::Value> = self
            .groups
            .iter()
            .map(|(name, figures)| Ok((name.clone(), serde_json::to_value(figures)?)))
            .collect::<anyhow::Result<_>>()?;
        let told = json!({
            "about": self.about, "all": self.figures, "groups": groups, "microseconds_per_message": self.microseconds,
        });
        Ok(serde_json::to_string_pretty(&told)? + "\n")
    }
}

fn write(path: &Path, text: &str, terminal: &Terminal) -> anyhow::Result<()> {
    let failed = || format!("cannot write {}; check its folder and permissions", path.display());
    std::fs::write(path, text).with_context(failed)?;
    terminal.remark(format_args!("written: {}", path.display()));
    Ok(())
}
