//! Tells what came of a run: on a terminal, and for machines. The same run gives the same bytes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;

use serde::Serialize;

use super::cassettes::Stale;
use super::results::Summary;
use super::rubric::Rubrics;
use super::run::{CaseResult, Trial};
use super::sides::{OtherSide, Sides};
use super::spending::Spent;
use super::tally::{Baseline, Comparison, Counts, Rate, pass_hat};
use crate::agents::versions::Brief;

pub mod console;
pub mod github;
pub mod html;
pub mod junit;
pub mod rubrics;

/// A run as it is told.
#[derive(Debug, Serialize)]
pub struct Report {
    pub format: u32,
    pub model: String,
    /// The file of the rules that the cases were played under, where somebody named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// What it says otherwise than the demo store's rules, where suites that ship were played under it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<String>,
    /// What the agents go by, by their names: the first digits of the hashes of prompt and tools.
    pub agents: BTreeMap<String, Brief>,
    /// Whether the model's wording tells nothing of a language model's.
    pub offline: bool,
    pub trials: usize,
    /// What stale cassettes lead to.
    pub stale: Stale,
    /// By all cases together.
    pub spent: Spent,
    pub counts: Counts,
    pub rate: Rate,
    /// `pass^1` and so on.
    pub pass_hat: Vec<Rate>,
    pub themes: BTreeMap<String, Part>,
    /// By what the router read first.
    pub intents: BTreeMap<String, Part>,
    /// What models hold of the conversations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rubrics: Option<Rubrics>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against: Option<Sides>,
    pub cases: Vec<Summary>,
    /// Whether `eval show` opens the world of a case.
    #[serde(skip)]
    pub opens: bool,
}

/// Cases that have something in common.
#[derive(Debug, Serialize)]
pub struct Part {
    #[serde(flatten)]
    pub counts: Counts,
    pub rate: Rate,
}

/// Of a case in which nothing was read.
const NO_INTENT: &str = "none";
const FORMAT: u32 = 2;

/// What a report is made of.
pub struct Material {
    pub model: String,
    pub agents: BTreeMap<String, Brief>,
    pub offline: bool,
    pub trials: usize,
    pub stale: Stale,
    pub spent: Spent,
    pub policy: Option<String>,
    pub rules: Vec<String>,
    pub cases: Vec<Summary>,
    /// Whether `eval show` opens the world of a case.
    pub opens: bool,
    pub measure: Measure,
}

/// What the cases are held against, beside their own expectations.
pub enum Measure {
    Nothing,
    Baseline(Baseline),
    Other(OtherSide),
}

impl Report {
    /// # Errors
    /// What was put aside of a case does not read again.
    pub fn new(material: Material) -> io::Result<Self> {
        let Material { model, agents, offline, trials, stale, spent, policy, rules, cases, opens, measure } = material;
        let (comparison, against) = match measure {
            Measure::Nothing => (None, None),
            Measure::Baseline(baseline) => (Some(Comparison::new(&baseline, &cases)), None),
            Measure::Other(other) => (None, Some(Sides::new(&model, trials, &cases, other)?)),
        };
        Ok(Self {
            format: FORMAT,
            model,
            policy,
            rules,
            agents,
            offline,
            trials,
            stale,
            spent,
            counts: Counts::of(&cases),
            rate: Rate::of_trials(&cases),
            pass_hat: (1..=trials).filter_map(|k| pass_hat(&cases, k)).collect(),
            themes: parts(&cases, |case| &case.suite),
            intents: parts(&cases, |case| case.intent.as_deref().unwrap_or(NO_INTENT)),
            rubrics: cases.iter().filter_map(|case| case.rubrics.as_deref().cloned()).reduce(Rubrics::and),
            comparison,
            against,
            cases,
            opens,
        })
    }

    /// Who played customers.
    pub fn customers(&self) -> BTreeSet<&str> {
        self.cases.iter().flat_map(|case| &case.customers).map(String::as_str).collect()
    }

    /// Whether a model was asked that may cost something.
    pub fn has_costs(&self) -> bool {
        !self.offline || !self.customers().is_empty() || self.rubrics.iter().any(|rubrics| !rubrics.judges.is_empty())
    }

    /// Cases that did not pass, in their order.
    pub fn unwell(&self) -> impl Iterator<Item = io::Result<CaseResult>> {
        self.cases.iter().filter(|case| case.verdict.is_unwell()).map(|case| case.whole.read())
    }

    /// All cases by their names, with their numbers from 1.
    pub fn by_name(&self) -> HashMap<&str, (usize, &Summary)> {
        self.cases.iter().zip(1..).map(|(case, number)| (case.id.as_str(), (number, case))).collect()
    }

    /// What is otherwise than in the baseline.
    pub fn changed(&self) -> io::Result<Vec<Changed<'_>>> {
        let by_name = self.by_name();
        let lists = self.comparison.iter().flat_map(Comparison::lists);
        let named = lists.flat_map(|(word, names)| names.iter().map(move |case| (word, case.as_str())));
        let found = named.filter_map(|(word, case)| Some((word, *by_name.get(case)?)));
        found.map(|(word, (number, case))| Changed::new(word, number, case)).collect()
    }

    /// Cases for which no money was left.
    pub fn not_run(&self) -> usize {
        self.cases.iter().filter(|case| case.not_run).count()
    }

    /// Whether a build stops for stale cassettes.
    pub fn stale_fails(&self) -> bool {
        self.stale == Stale::Fail
    }

    /// Whether a build should stop: something failed that neither the baseline nor the other side excuses.
    pub fn is_well(&self) -> bool {
        if self.counts.stale > 0 && self.stale_fails() {
            return false;
        }
        match (&self.comparison, &self.against) {
            (Some(comparison), _) => !comparison.is_worse(),
            (None, Some(sides)) => !sides.is_worse(),
            (None, None) => self.counts.failed == 0 && self.counts.errors == 0,
        }
    }

    pub fn json(&self, mut out: impl io::Write) -> anyhow::Result<()> {
        serde_json::to_writer_pretty(&mut out, self)?;
        Ok(writeln!(out)?)
    }
}

fn parts<'r>(cases: &'r [Summary], name: impl Fn(&'r Summary) -> &'r str) -> BTreeMap<String, Part> {
    let mut parts: BTreeMap<&str, Vec<&Summary>> = BTreeMap::new();
    for case in cases {
        parts.entry(name(case)).or_default().push(case);
    }
    let part = |cases: Vec<&Summary>| Part {
        counts: Counts::of(cases.iter().copied()),
        rate: Rate::of_trials(cases.iter().copied()),
    };
    parts.into_iter().map(|(name, cases)| (name.to_owned(), part(cases))).collect()
}

/// A case that is otherwise than in the baseline.
pub struct Changed<'r> {
    pub word: &'static str,
    pub case: &'r str,
    /// Among all cases, from 1.
    pub number: usize,
    /// What is wrong with it first.
    pub problem: String,
}

impl<'r> Changed<'r> {
    fn new(word: &'static str, number: usize, case: &'r Summary) -> io::Result<Self> {
        Ok(Self { word, case: &case.id, number, problem: first_problem(&case.whole.read()?) })
    }
}

/// What is wrong with a case first.
pub fn first_problem(case: &CaseResult) -> String {
    case.telling().map(problems).unwrap_or_default().into_iter().next().unwrap_or_default()
}

/// What is wrong with a trial, a line each.
pub fn problems(trial: &Trial) -> Vec<String> {
    let misses = trial.misses.iter().map(|miss| {
        format!("{}: expected {}, but there was {}", miss.place, one_line(&miss.expected), one_line(&miss.happened))
    });
    trial.error.iter().chain(&trial.stale).cloned().chain(misses).collect()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
