//! What came of a run's cases: what is counted of each in memory, and all else in the spool.

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::rubric::Rubrics;
use super::run::{CaseResult, Verdict};
use super::spending::{NOT_RUN, Spent};
use super::spool::{Spool, Spooled};
use super::tally::Before;

mod same;

/// Results by their places, in whichever order they come.
#[derive(Debug, Default)]
pub struct Results {
    spool: Arc<Spool>,
    cases: Vec<(usize, Summary)>,
    lost: Option<io::Error>,
}

impl Results {
    pub fn add(&mut self, place: usize, result: CaseResult) {
        match Summary::new(result, &self.spool) {
            Ok(summary) => self.cases.push((place, summary)),
            Err(error) => drop(self.lost.get_or_insert(error)),
        }
    }

    /// In the order of their places.
    ///
    /// # Errors
    /// One could not be put aside.
    pub fn ordered(mut self) -> io::Result<Vec<Summary>> {
        self.lost.map_or(Ok(()), Err)?;
        self.cases.sort_by_key(|(place, _)| *place);
        Ok(self.cases.into_iter().map(|(_, summary)| summary).collect())
    }
}

/// What is counted of a case.
#[derive(Clone, Debug)]
pub struct Summary {
    pub id: String,
    pub suite: String,
    /// What the router read first in it.
    pub intent: Option<String>,
    pub verdict: Verdict,
    pub trials: Before,
    /// No money was left for it.
    pub not_run: bool,
    /// By all trials together.
    pub spent: Spent,
    /// Who played customers in it.
    pub customers: BTreeSet<String>,
    /// What models hold of it.
    pub rubrics: Option<Box<Rubrics>>,
    pub whole: Spooled<CaseResult>,
}

impl Summary {
    /// Names that are made anew in each run are replaced by ones that are not.
    fn new(mut result: CaseResult, spool: &Arc<Spool>) -> io::Result<Self> {
        same::in_case(&mut result);
        let whole = spool.put(&result)?;
        let opinions = result.trials.iter().filter_map(|trial| trial.rubric.as_ref());
        Ok(Self {
            trials: Before::of(&result),
            not_run: result.skipped.as_deref() == Some(NOT_RUN),
            spent: result.trials.iter().fold(Spent::default(), |sum, trial| sum.and(trial.spent)),
            customers: result.trials.iter().filter_map(|trial| trial.customer.clone()).collect(),
            rubrics: opinions.map(Rubrics::of).reduce(Rubrics::and).map(Box::new),
            id: result.id,
            suite: result.suite,
            intent: result.intent,
            verdict: result.verdict,
            whole,
        })
    }
}

/// As the whole of it.
impl Serialize for Summary {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.whole.serialize(serializer)
    }
}
