//! JUnit's XML, which build servers read. Failures and errors are kept apart.

use std::io;

use super::{Report, console, problems, rubrics};
use crate::evals::results::Summary;
use crate::evals::run::{CaseResult, Verdict};
use crate::evals::tally::Counts;

mod sides;

pub fn xml(report: &Report, mut out: impl io::Write) -> io::Result<()> {
    let counts = report.counts;
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites name=\"deskhand eval\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
        report.cases.len(),
        counts.failed,
        errors(report, counts),
        counts.all() - counts.passed - counts.failed - errors(report, counts)
    )?;
    for (name, theme) in &report.themes {
        let counts = theme.counts;
        writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">",
            escaped(name),
            counts.all(),
            counts.failed,
            errors(report, counts),
            counts.all() - counts.passed - counts.failed - errors(report, counts)
        )?;
        out.write_all(sides::of_suite(report, name).as_bytes())?;
        for case in report.cases.iter().filter(|case| &case.suite == name) {
            out.write_all(testcase(report, case)?.as_bytes())?;
        }
        writeln!(out, "  </testsuite>")?;
    }
    writeln!(out, "</testsuites>")
}

/// JUnit knows no stale cases: they are errors where they stop a build, and skipped where they do not.
fn errors(report: &Report, counts: Counts) -> usize {
    counts.errors + if report.stale_fails() { counts.stale } else { 0 }
}

fn testcase(report: &Report, summary: &Summary) -> io::Result<String> {
    let case = &summary.whole.read()?;
    let name = case.id.split_once('/').map_or(case.id.as_str(), |(_, name)| name);
    let line = case.line.map_or_else(String::new, |line| format!(" line=\"{line}\""));
    let head = format!(
        "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\"{line}",
        escaped(&case.suite),
        escaped(name),
        escaped(&case.file)
    );
    let problems = case.telling().map(problems).unwrap_or_default();
    let first = problems.first().map(String::as_str).unwrap_or_default();
    let other = sides::of_case(report, summary)?;
    let skipped =
        |why: &str| format!("{head}>\n{other}      <skipped message=\"{}\"/>\n    </testcase>\n", escaped(why));
    let aside = aside(case);
    let (element, kind) = match case.verdict {
        Verdict::Passed if aside.is_empty() && other.is_empty() => return Ok(format!("{head}/>\n")),
        Verdict::Passed => return Ok(format!("{head}>\n{other}{aside}    </testcase>\n")),
        Verdict::Skipped => return Ok(skipped(case.skipped.as_deref().unwrap_or_default())),
        Verdict::Stale if !report.stale_fails() => return Ok(skipped(&format!("stale: {first}"))),
        Verdict::Stale => ("error", " type=\"stale\""),
        Verdict::Failed => ("failure", ""),
        Verdict::Error => ("error", ""),
    };
    Ok(format!(
        "{head}>\n{other}      <{element}{kind} message=\"{}\">{}</{element}>\n{aside}    </testcase>\n",
        escaped(first),
        escaped(&console::of_report(report, case))
    ))
}

/// What a model holds of its trials.
fn aside(case: &CaseResult) -> String {
    let lines: Vec<String> = case.trials.iter().flat_map(rubrics::lines).collect();
    if lines.is_empty() {
        return String::new();
    }
    format!("      <system-out>{}</system-out>\n", escaped(&lines.join("\n")))
}

/// Without the characters that XML does not know.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' | '\t' => safe.push(c),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            c => safe.push(c),
        }
    }
    safe
}
