//! The other side, as properties of suites and cases: JUnit knows one verdict of a case, and that is this side's.

use super::escaped;
use crate::evals::report::Report;
use crate::evals::run::{CaseResult, Verdict};
use crate::evals::sides::{Differing, Sides};
use crate::evals::tally::Before;

/// Said of cases that were not judged on both sides.
const LEFT_OUT: &str = "judged on one side alone, and left out of the comparison";
const SAME: &str = "passes as often on both sides";

/// How many of a suite's cases pass here and there, and what is found in all suites together.
pub fn of_suite(report: &Report, suite: &str) -> String {
    let Some(sides) = &report.against else { return String::new() };
    let cases: Vec<&CaseResult> = report.cases.iter().filter(|case| case.suite == suite).collect();
    let of = |passed: usize| format!("{passed} of {} cases passed", cases.len());
    let there = |case: &&&CaseResult| sides.there.get(&case.id).is_some_and(|there| there.verdict == Verdict::Passed);
    let count = |differing: &[Differing]| {
        differing.iter().filter(|one| cases.iter().any(|case| case.id == one.case)).count().to_string()
    };
    properties(
        "    ",
        &[
            ("against", sides.name()),
            ("against.this", of(cases.iter().filter(|case| case.verdict == Verdict::Passed).count())),
            ("against.other", of(cases.iter().filter(there).count())),
            ("against.worse", count(&sides.worse)),
            ("against.better", count(&sides.better)),
            ("against.finding", sides.told()),
        ],
    )
}

/// What became of a case here and there.
pub fn of_case(report: &Report, case: &CaseResult) -> String {
    let Some(sides) = &report.against else { return String::new() };
    let Some(there) = sides.there.get(&case.id) else { return String::new() };
    let mut all = vec![
        ("against", sides.name()),
        ("against.this", told(case.verdict, Before::of(case))),
        ("against.other", told(there.verdict, there.passed)),
        ("against.comparison", comparison(sides, case, there.verdict)),
    ];
    if !there.problem.is_empty() {
        all.push(("against.problem", there.problem.clone()));
    }
    properties("      ", &all)
}

fn comparison(sides: &Sides, case: &CaseResult, there: Verdict) -> String {
    let is_judged = |verdict| !matches!(verdict, Verdict::Stale | Verdict::Skipped);
    match sides.differing(&case.id) {
        Some(differing) => differing.told(),
        None if is_judged(case.verdict) != is_judged(there) => LEFT_OUT.to_owned(),
        None if is_judged(there) => SAME.to_owned(),
        None => "judged on neither side".to_owned(),
    }
}

/// `failed, 3 of 5 trials passed`
fn told(verdict: Verdict, before: Before) -> String {
    match before.trials {
        0 => verdict.as_str().to_owned(),
        trials => format!("{}, {} of {trials} trials passed", verdict.as_str(), before.passed),
    }
}

fn properties(indent: &str, all: &[(&str, String)]) -> String {
    let one = |(name, value): &(&str, String)| {
        format!("{indent}  <property name=\"{name}\" value=\"{}\"/>\n", escaped(value))
    };
    format!("{indent}<properties>\n{}{indent}</properties>\n", all.iter().map(one).collect::<String>())
}
