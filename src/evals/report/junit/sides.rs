//! The other side, as properties of suites and cases: JUnit knows one verdict of a case, and that is this side's.

use std::io;

use super::escaped;
use crate::evals::report::{Report, first_problem};
use crate::evals::results::Summary;
use crate::evals::run::Verdict;
use crate::evals::sides::{Differing, Sides};

/// Said of cases that were not judged on both sides.
const LEFT_OUT: &str = "judged on one side alone, and left out of the comparison";
const SAME: &str = "passes as often on both sides";

/// How many of a suite's cases pass here and there, and what is found in all suites together.
pub fn of_suite(report: &Report, suite: &str) -> String {
    let Some(sides) = &report.against else { return String::new() };
    let cases: Vec<&Summary> = report.cases.iter().filter(|case| case.suite == suite).collect();
    let of = |passed: usize| format!("{passed} of {} cases passed", cases.len());
    let there = |case: &&&Summary| sides.there.get(&case.id).is_some_and(|there| there.verdict == Verdict::Passed);
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
pub fn of_case(report: &Report, case: &Summary) -> io::Result<String> {
    let found = report.against.as_ref().and_then(|sides| Some((sides, sides.there.get(&case.id)?)));
    let Some((sides, there)) = found else { return Ok(String::new()) };
    let mut all = vec![
        ("against", sides.name()),
        ("against.this", told(case)),
        ("against.other", told(there)),
        ("against.comparison", comparison(sides, case, there.verdict)),
    ];
    let whole = there.whole.read()?;
    let problem = whole.skipped.clone().unwrap_or_else(|| first_problem(&whole));
    if !problem.is_empty() {
        all.push(("against.problem", problem));
    }
    Ok(properties("      ", &all))
}

fn comparison(sides: &Sides, case: &Summary, there: Verdict) -> String {
    match sides.differing(&case.id) {
        Some(differing) => differing.told(),
        None if case.verdict.is_judged() != there.is_judged() => LEFT_OUT.to_owned(),
        None if there.is_judged() => SAME.to_owned(),
        None => "judged on neither side".to_owned(),
    }
}

/// `failed, 3 of 5 trials passed`
fn told(case: &Summary) -> String {
    let word = case.verdict.as_str();
    match case.trials.trials {
        0 => word.to_owned(),
        trials => format!("{word}, {} of {trials} trials passed", case.trials.passed),
    }
}

fn properties(indent: &str, all: &[(&str, String)]) -> String {
    let one = |(name, value): &(&str, String)| {
        format!("{indent}  <property name=\"{name}\" value=\"{}\"/>\n", escaped(value))
    };
    format!("{indent}<properties>\n{}{indent}</properties>\n", all.iter().map(one).collect::<String>())
}
