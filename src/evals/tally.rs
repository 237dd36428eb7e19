//! Numbers that one can trust: rates with their intervals, pass^k, and what is better or worse than before.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::results::Summary;
use super::run::{CaseResult, Verdict};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub passed: usize,
    pub failed: usize,
    pub errors: usize,
    pub stale: usize,
    pub skipped: usize,
}

impl Counts {
    pub fn of<'r>(results: impl IntoIterator<Item = &'r Summary>) -> Self {
        let mut counts = Self::default();
        for result in results {
            *match result.verdict {
                Verdict::Passed => &mut counts.passed,
                Verdict::Failed => &mut counts.failed,
                Verdict::Error => &mut counts.errors,
                Verdict::Stale => &mut counts.stale,
                Verdict::Skipped => &mut counts.skipped,
            } += 1;
        }
        counts
    }

    pub fn all(&self) -> usize {
        self.played() + self.stale + self.skipped
    }

    pub fn played(&self) -> usize {
        self.passed + self.failed + self.errors
    }
}

/// A rate with the interval in which it lies, nineteen times out of twenty (Wilson).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rate {
    pub of: usize,
    pub rate: f64,
    pub low: f64,
    pub high: f64,
}

impl Rate {
    pub fn new(successes: usize, of: usize) -> Self {
        if of == 0 {
            Self { of, rate: 0.0, low: 0.0, high: 1.0 }
        } else {
            Self::wilson(count(successes) / count(of), of)
        }
    }

    fn wilson(rate: f64, of: usize) -> Self {
        const Z: f64 = 1.96;
        let n = count(of);
        let centre = (rate + Z * Z / (2.0 * n)) / (1.0 + Z * Z / n);
        let half = Z / (1.0 + Z * Z / n) * (rate * (1.0 - rate) / n + Z * Z / (4.0 * n * n)).sqrt();
        Self { of, rate, low: (centre - half).max(0.0), high: (centre + half).min(1.0) }
    }

    /// Of the trials of these cases.
    pub fn of_trials<'r>(results: impl IntoIterator<Item = &'r Summary>) -> Self {
        let (passed, all) = results
            .into_iter()
            .filter(|result| result.verdict.is_judged())
            .fold((0, 0), |(passed, all), result| (passed + result.trials.passed, all + result.trials.trials));
        Self::new(passed, all)
    }

    /// `95.7 % (92.1 to 97.9, n 210)`
    pub fn told(self) -> String {
        if self.of == 0 {
            return "none played".to_owned();
        }
        format!("{:.1} % ({:.1} to {:.1}, n {})", self.rate * 100.0, self.low * 100.0, self.high * 100.0, self.of)
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody plays 2^52 cases")]
fn count(number: usize) -> f64 {
    number as f64
}

/// pass^k: how likely k trials of a case all pass, over the cases that were tried k times or more. The interval is that of one draw
/// a case, however often each was tried: trials of one case are no independent witnesses.
pub fn pass_hat<'r>(results: impl IntoIterator<Item = &'r Summary>, k: usize) -> Option<Rate> {
    let is_tried = |result: &&Summary| k > 0 && result.verdict.is_judged() && result.trials.trials >= k;
    let tried = results.into_iter().filter(is_tried);
    let chances: Vec<f64> = tried.map(|result| all_pass(result.trials.passed, result.trials.trials, k)).collect();
    (!chances.is_empty()).then(|| Rate::wilson(chances.iter().sum::<f64>() / count(chances.len()), chances.len()))
}

/// Of `of` trials of which `passed` did, `k` drawn at random all pass.
fn all_pass(passed: usize, of: usize, k: usize) -> f64 {
    let drawn = (0..k).map(|drawn| count(passed.saturating_sub(drawn)) / count(of - drawn));
    drawn.product()
}

/// What a suite came to when it was last taken as a measure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    pub format: u32,
    pub model: String,
    pub cases: BTreeMap<String, Before>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    pub passed: usize,
    pub trials: usize,
}

impl Before {
    pub fn of(result: &CaseResult) -> Self {
        Self { passed: result.passed(), trials: result.trials.len() }
    }

    /// By how often they pass, however often they were tried.
    pub fn cmp_rate(self, other: Self) -> Ordering {
        (self.passed * other.trials).cmp(&(other.passed * self.trials))
    }
}

pub const BASELINE_FORMAT: u32 = 1;

impl Baseline {
    pub fn of<'r>(results: impl IntoIterator<Item = &'r Summary>, model: &str) -> Self {
        let played = results.into_iter().filter(|result| result.verdict.is_judged());
        let cases = played.map(|result| (result.id.clone(), result.trials));
        Self { format: BASELINE_FORMAT, model: model.to_owned(), cases: cases.collect() }
    }
}

/// What is otherwise than in the baseline, by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// Worse beyond noise.
    pub regressions: Vec<String>,
    /// Better beyond noise.
    pub improvements: Vec<String>,
    /// Failing now as they did before.
    pub still_failing: Vec<String>,
    /// In no baseline, and failing.
    pub new_failures: Vec<String>,
    /// How likely so many more cases would be worse than better by chance alone.
    pub chance_of_worse: Option<f64>,
}

/// A chance below which nobody speaks of noise.
const NOISE: f64 = 0.05;

impl Comparison {
    /// Case by case: the same cases are compared with themselves.
    pub fn new<'r>(baseline: &Baseline, results: impl IntoIterator<Item = &'r Summary>) -> Self {
        let mut comparison = Self::default();
        let (mut worse, mut better) = (0, 0);
        for result in results.into_iter().filter(|result| result.verdict.is_judged()) {
            let now = result.trials;
            let Some(before) = baseline.cases.get(&result.id) else {
                if result.verdict != Verdict::Passed {
                    comparison.new_failures.push(result.id.clone());
                }
                continue;
            };
            match now.cmp_rate(*before) {
                Ordering::Less => worse += 1,
                Ordering::Greater => better += 1,
                Ordering::Equal => {}
            }
            if is_beyond_noise(*before, now) {
                comparison.regressions.push(result.id.clone());
            } else if is_beyond_noise(now, *before) {
                comparison.improvements.push(result.id.clone());
            } else if now.passed < now.trials {
                comparison.still_failing.push(result.id.clone());
            }
        }
        comparison.chance_of_worse = (worse + better > 0).then(|| at_least(worse, worse + better));
        comparison
    }

    /// What is otherwise, with a word for it.
    pub fn lists(&self) -> [(&'static str, &[String]); 4] {
        [
            ("worse", &self.regressions),
            ("new and failing", &self.new_failures),
            ("better", &self.improvements),
            ("failing as before", &self.still_failing),
        ]
    }

    pub fn is_unchanged(&self) -> bool {
        self.lists().iter().all(|(_, names)| names.is_empty())
    }

    pub fn is_worse(&self) -> bool {
        !self.regressions.is_empty() || !self.new_failures.is_empty() || self.is_worse_together()
    }

    /// Whether more cases are a little worse than chance explains, though none may be by itself.
    pub fn is_worse_together(&self) -> bool {
        self.chance_of_worse.is_some_and(|chance| chance < NOISE)
    }
}

/// Whether `low` passes less often than `high` by more than chance (Fisher's exact test). Of single trials each difference
/// counts: those who try once say that there is no noise.
fn is_beyond_noise(high: Before, low: Before) -> bool {
    if high.cmp_rate(low) != Ordering::Greater {
        return false;
    }
    if high.trials <= 1 && low.trials <= 1 {
        return true;
    }
    let (passed, all) = (high.passed + low.passed, high.trials + low.trials);
    let ways = |chosen: usize| {
        ln_choose(high.trials, chosen) + ln_choose(low.trials, passed - chosen) - ln_choose(all, passed)
    };
    let most = passed.min(high.trials);
    let chance: f64 =
        (high.passed..=most).filter(|chosen| passed - chosen <= low.trials).map(|at| ways(at).exp()).sum();
    chance < NOISE
}

/// How likely a fair coin shows heads so often or more.
fn at_least(heads: usize, of: usize) -> f64 {
    let each = -count(of) * std::f64::consts::LN_2;
    (heads..=of).map(|heads| (ln_choose(of, heads) + each).exp()).sum()
}

fn ln_choose(of: usize, chosen: usize) -> f64 {
    let ln_factorial = |number: usize| (2..=number).map(|factor| count(factor).ln()).sum::<f64>();
    ln_factorial(of) - ln_factorial(chosen) - ln_factorial(of.saturating_sub(chosen))
}

#[cfg(test)]
mod tests;
