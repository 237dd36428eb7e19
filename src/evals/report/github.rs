//! For GitHub's runners: annotations on standard output, and a summary of the step.

use std::fmt::Write as _;

use super::{Report, first_problem, rubrics};
use crate::evals::run::{CaseResult, Verdict};
use crate::evals::sides::Sides;

/// A line for each case that did not pass, which shows beside its file.
pub fn annotations(report: &Report) -> String {
    let mut text = String::new();
    for case in report.unwell() {
        let line = case.line.map_or_else(String::new, |line| format!(",line={line}"));
        let _ = writeln!(
            text,
            "::{} file={}{line},title={}::{}",
            level(report, case),
            property(&case.file),
            property(&case.id),
            message(&first_problem(case))
        );
    }
    text
}

fn level(report: &Report, case: &CaseResult) -> &'static str {
    if case.verdict == Verdict::Stale && !report.stale_fails() { "warning" } else { "error" }
}

/// Markdown.
pub fn summary(report: &Report) -> String {
    let counts = report.counts;
    let mut text = format!(
        "### deskhand eval: {} of {} cases passed\n\n| theme | passed | failed | errors | stale | skipped |\n|---|--:|--:|--:|--:|--:|\n",
        counts.passed,
        counts.played()
    );
    for (name, theme) in &report.themes {
        let counts = theme.counts;
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            cell(name),
            counts.passed,
            counts.failed,
            counts.errors,
            counts.stale,
            counts.skipped
        );
    }
    text.push_str(&compared(report));
    for case in report.unwell() {
        let _ = writeln!(text, "\n- **{}**{}: {}", cell(&case.id), mark(case), cell(&first_problem(case)));
    }
    if let Some(all) = &report.rubrics {
        let _ = writeln!(text, "\n{}\n", cell(&all.told()));
        rubrics::doubts(&report.cases).iter().for_each(|doubt| {
            let _ = writeln!(text, "- {}", cell(doubt));
        });
    }
    let _ = writeln!(text, "\nModel: {}", cell(&report.model));
    text
}

fn compared(report: &Report) -> String {
    let mut text = String::new();
    if let Some(comparison) = &report.comparison {
        text.push_str("\nAgainst the baseline:\n\n");
        for (word, names) in comparison.lists() {
            for name in names {
                let problem = report.first_problem_of(name);
                let _ = writeln!(text, "- {word}: **{}** {}", cell(name), cell(&problem));
            }
        }
        if comparison.is_unchanged() {
            text.push_str("- nothing has changed\n");
        }
    }
    if let Some(sides) = &report.against {
        let _ = writeln!(text, "\n#### Against {}\n\n{}\n", cell(&sides.name()), cell(&sides.told()));
        text.push_str("| | this | other | difference |\n|---|--:|--:|--:|\n");
        for row in sides.rows() {
            let cells = [&row.name, &row.this, &row.other, &row.difference].map(|text| cell(text));
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text.push('\n');
        text.push_str(&settings(sides));
        for one in sides.worse.iter().chain(&sides.better) {
            let _ = writeln!(text, "- **{}**: {}: {}", cell(&one.case), cell(&one.told()), cell(&one.problem));
        }
    }
    text
}

fn settings(sides: &Sides) -> String {
    let Some(told) = sides.settings_told() else { return String::new() };
    let mut text = format!("{told}\n\n");
    let settings = sides.settings.as_deref().unwrap_or_default();
    if !settings.is_empty() {
        text.push_str("| setting | this | other |\n|---|--:|--:|\n");
    }
    for setting in settings {
        let [this, other] = setting.values().map(cell);
        let _ = writeln!(text, "| {} | {this} | {other} |", cell(&setting.name));
    }
    text + "\n"
}

fn mark(case: &CaseResult) -> &'static str {
    if case.verdict == Verdict::Stale { " (stale)" } else { "" }
}

/// The runner reads these characters.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

/// Nothing of it is read as Markdown or HTML.
fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars()
        .flat_map(|c| match c {
            '<' => "&lt;".chars().collect::<Vec<_>>(),
            '>' => "&gt;".chars().collect(),
            '&' => "&amp;".chars().collect(),
            '|' | '*' | '_' | '`' | '[' | ']' | '\\' => vec!['\\', c],
            c => vec![c],
        })
        .collect()
}
