//! For GitHub's runners: annotations, which they read in both of a step's streams, and a summary of the step.

use std::io;

use super::{Report, first_problem, rubrics};
use crate::evals::run::{CaseResult, Verdict};
use crate::evals::sides::Sides;

/// A line for each case that did not pass, which shows beside its file.
pub fn annotations(report: &Report, mut out: impl io::Write) -> io::Result<()> {
    for case in report.unwell() {
        let case = case?;
        let line = case.line.map_or_else(String::new, |line| format!(",line={line}"));
        writeln!(
            out,
            "::{} file={}{line},title={}::{}",
            level(report, &case),
            property(&case.file),
            property(&case.id),
            message(&first_problem(&case))
        )?;
    }
    Ok(())
}

fn level(report: &Report, case: &CaseResult) -> &'static str {
    if case.verdict == Verdict::Stale && !report.stale_fails() { "warning" } else { "error" }
}

/// Markdown.
pub fn summary(report: &Report, mut out: impl io::Write) -> io::Result<()> {
    let counts = report.counts;
    writeln!(out, "### deskhand eval: {} of {} cases passed\n", counts.passed, counts.played())?;
    writeln!(out, "| theme | passed | failed | errors | stale | skipped |\n|---|--:|--:|--:|--:|--:|")?;
    for (name, theme) in &report.themes {
        let counts = theme.counts;
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} |",
            cell(name),
            counts.passed,
            counts.failed,
            counts.errors,
            counts.stale,
            counts.skipped
        )?;
    }
    compared(report, &mut out)?;
    for case in report.unwell() {
        let case = case?;
        writeln!(out, "\n- **{}**{}: {}", cell(&case.id), mark(&case), cell(&first_problem(&case)))?;
    }
    if let Some(all) = &report.rubrics {
        writeln!(out, "\n{}\n", cell(&rubrics::told(all)))?;
        for doubt in rubrics::doubts(report)? {
            writeln!(out, "- {}", cell(&doubt))?;
        }
    }
    writeln!(out, "\nModel: {}", cell(&report.model))
}

fn compared(report: &Report, mut out: impl io::Write) -> io::Result<()> {
    if let Some(comparison) = &report.comparison {
        writeln!(out, "\nAgainst the baseline:\n")?;
        for one in report.changed()? {
            writeln!(out, "- {}: **{}** {}", one.word, cell(one.case), cell(&one.problem))?;
        }
        if comparison.is_unchanged() {
            writeln!(out, "- nothing has changed")?;
        }
    }
    if let Some(sides) = &report.against {
        writeln!(out, "\n#### Against {}\n\n{}\n", cell(&sides.name()), cell(&sides.told()))?;
        writeln!(out, "| | this | other | difference |\n|---|--:|--:|--:|")?;
        for row in sides.rows() {
            let cells = [&row.name, &row.this, &row.other, &row.difference].map(|text| cell(text));
            writeln!(out, "| {} |", cells.join(" | "))?;
        }
        writeln!(out)?;
        settings(sides, &mut out)?;
        for one in sides.worse.iter().chain(&sides.better) {
            writeln!(out, "- **{}**: {}: {}", cell(&one.case), cell(&one.told()), cell(&one.problem))?;
        }
    }
    Ok(())
}

fn settings(sides: &Sides, mut out: impl io::Write) -> io::Result<()> {
    let Some(told) = sides.settings_told() else { return Ok(()) };
    writeln!(out, "{told}\n")?;
    let settings = sides.settings.as_deref().unwrap_or_default();
    if !settings.is_empty() {
        writeln!(out, "| setting | this | other |\n|---|--:|--:|")?;
    }
    for setting in settings {
        let [this, other] = setting.values().map(cell);
        writeln!(out, "| {} | {this} | {other} |", cell(&setting.name))?;
    }
    writeln!(out)
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
