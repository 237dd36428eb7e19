//! Tells what came of a run: on a terminal, and for machines. The same run gives the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::cassettes::Stale;
use super::run::{CaseResult, Trial, Verdict};
use super::spending::{NOT_RUN, Spent};
use super::tally::{Comparison, Counts, Rate, pass_hat};

pub mod console;
pub mod github;
pub mod html;
pub mod junit;
pub mod rubrics;
mod same;

/// A run as it is told.
#[derive(Debug, Serialize)]
pub struct Report {
    pub format: u32,
    pub model: String,
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
    pub pass_hat: Vec<f64>,
    pub themes: BTreeMap<String, Theme>,
    /// What models hold of the conversations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rubrics: Option<rubrics::Rubrics>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    pub cases: Vec<CaseResult>,
}

#[derive(Debug, Serialize)]
pub struct Theme {
    #[serde(flatten)]
    pub counts: Counts,
    pub rate: Rate,
}

const FORMAT: u32 = 1;

impl Report {
    pub fn new(
        model: String,
        offline: bool,
        trials: usize,
        stale: Stale,
        spent: Spent,
        mut cases: Vec<CaseResult>,
        comparison: Option<Comparison>,
    ) -> Self {
        cases.iter_mut().for_each(same::in_case);
        let mut by_theme: BTreeMap<String, Vec<&CaseResult>> = BTreeMap::new();
        for case in &cases {
            by_theme.entry(case.suite.clone()).or_default().push(case);
        }
        let theme = |results: Vec<&CaseResult>| Theme {
            counts: Counts::of(results.iter().copied()),
            rate: Rate::of_trials(results.iter().copied()),
        };
        Self {
            format: FORMAT,
            model,
            offline,
            trials,
            stale,
            spent,
            counts: Counts::of(&cases),
            rate: Rate::of_trials(&cases),
            pass_hat: (1..=trials).filter_map(|k| pass_hat(&cases, k)).collect(),
            themes: by_theme.into_iter().map(|(name, results)| (name, theme(results))).collect(),
            rubrics: rubrics::Rubrics::of(&cases),
            comparison,
            cases,
        }
    }

    /// Who played customers.
    pub fn customers(&self) -> BTreeSet<&str> {
        self.cases.iter().flat_map(|case| &case.trials).filter_map(|trial| trial.customer.as_deref()).collect()
    }

    /// Whether a model was asked that may cost something.
    pub fn has_costs(&self) -> bool {
        !self.offline || !self.customers().is_empty() || self.rubrics.iter().any(|rubrics| !rubrics.judges.is_empty())
    }

    /// Cases that did not pass, in their order.
    pub fn unwell(&self) -> impl Iterator<Item = &CaseResult> {
        self.cases.iter().filter(|case| matches!(case.verdict, Verdict::Failed | Verdict::Error | Verdict::Stale))
    }

    /// Cases for which no money was left.
    pub fn not_run(&self) -> usize {
        self.cases.iter().filter(|case| case.skipped.as_deref() == Some(NOT_RUN)).count()
    }

    /// Whether a build stops for stale cassettes.
    pub fn stale_fails(&self) -> bool {
        self.stale == Stale::Fail
    }

    /// Whether a build should stop: something failed that the baseline does not excuse.
    pub fn is_well(&self) -> bool {
        if self.counts.stale > 0 && self.stale_fails() {
            return false;
        }
        match &self.comparison {
            Some(comparison) => !comparison.is_worse(),
            None => self.counts.failed == 0 && self.counts.errors == 0,
        }
    }

    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self)
    }
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
